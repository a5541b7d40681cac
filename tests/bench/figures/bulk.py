"""Many referrals at once: import, export, expiry."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench import desks
from tests.bench.report import Figure, shown

_FLOORS = Path(__file__).parents[1] / "floors"
FLOOR, CSV_FLOOR = str(_FLOORS / "bulk.py"), str(_FLOORS / "cells.py")
EXPIRY_FLOOR, LETTER_FLOOR = str(_FLOORS / "expiry.py"), str(_FLOORS / "letters.py")
DUE = 10_000


def importing(count: int) -> Iterator[Figure]:
    """An import into an empty desk, after the floor's of the same file."""
    file = desks.write(desks.FOLDER / "bulk.ndjson", count)
    rates = []
    for command in (
        [sys.executable, FLOOR, str(file), str(_empty("floor.db"))],
        [sys.executable, "-m", "refterm", "import", str(file), "--db", str(_empty("import.db"))],
    ):
        seconds, peak, out = _measured(command)
        rates.append(float(out) if command[1] == FLOOR else count / seconds)
    file.unlink()
    floor, ours = rates
    note = f"{shown(ours)} to {shown(floor)} rows/s"
    yield Figure("import, to json and executemany", str(count), ours / floor, "x", 0.6, note, at_least=True)
    yield Figure("import: memory at most", str(count), peak / 2**20, "MiB", 150)


def exporting(count: int) -> Iterator[Figure]:
    """An export as CSV, to the floor of the same cells; its memory must not grow with the desk."""
    target, rates, peaks = desks.FOLDER / "export.csv", [], []
    for size in (count // 10, count):
        command = [sys.executable, "-m", "refterm", "export", "--db", str(desks.desk(size)), "-o", str(target)]
        seconds, peak, _out = _measured(command)
        rates.append(size / seconds)
        peaks.append(peak / 2**20)
        if size == count:
            floor = float(_measured([sys.executable, CSV_FLOOR, str(target), str(desks.desk(size))])[2])
        target.unlink()
    note = f"{shown(rates[1])} to {shown(floor)} rows/s"
    yield Figure("export as CSV, to csv.writer", str(count), rates[1] / floor, "x", 0.5, note, at_least=True)
    yield Figure(f"export: memory more than at {count // 10}", str(count), peaks[1] - peaks[0], "MiB", 5)


def expiring(sizes: Sequence[int]) -> Iterator[Figure]:
    """Ten thousand due at once, how long another waits for the lock meanwhile, and then the delivery of their notices.

    The floors write the same rows and the same letters, and nothing else.
    """
    shutil.rmtree(desks.FOLDER / "expiry", ignore_errors=True)  # its letters lie beside it
    path = _empty("expiry/desk.db")
    file = desks.write(desks.FOLDER / "bulk.ndjson", DUE, counting=True)
    desks.refterm("import", file, "--db", path)
    file.unlink()
    other = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
    other.execute("update referral set expires_at = received_at + 1")
    locks: list[float] = []
    done = threading.Event()

    def ask_for_the_lock() -> None:
        """How long it is held: asked for every half millisecond, and given back at once."""
        free = time.perf_counter()
        while not done.wait(0.0005):
            try:
                other.execute("begin immediate")
                other.execute("commit")
            except sqlite3.OperationalError:
                continue
            locks.append(time.perf_counter() - free)
            free = time.perf_counter()

    watcher = threading.Thread(target=ask_for_the_lock)
    floor = float(_measured([sys.executable, EXPIRY_FLOOR, str(_copied(path))])[2])
    watcher.start()
    tick = [sys.executable, "-m", "refterm", "tick", "--db", str(path)]
    seconds, _peak, out = _measured(tick, desks.without_delivery())
    done.set()
    watcher.join()
    other.close()
    assert f"{DUE}" in out, out
    note = f"{shown(seconds)} to {shown(floor)} s"
    yield Figure("expiry of 10,000 at once, to its bare SQL", str(DUE), seconds / floor, "x", 1.3, note)
    yield Figure("expiry: the longest lock", str(DUE), 1000 * max(locks), "ms", 100)
    yield from _delivering(path, tick)


def _delivering(path: Path, tick: Sequence[str]) -> Iterator[Figure]:
    seconds, _peak, _out = _measured(tick)
    letters = [file for file in path.with_name("notices").rglob("*") if file.is_file()]
    assert len(letters) >= DUE, f"{len(letters)} letters"
    floor = float(_measured([sys.executable, LETTER_FLOOR, str(letters[0].parent), str(desks.FOLDER / "letters")])[2])
    note = f"{shown(len(letters) / seconds)} to {shown(floor)} letters/s"
    yield Figure("delivery into a Maildir, to writing the files", str(DUE), len(letters) / seconds / floor, "x",
                 0.8, note, at_least=True)  # fmt: skip


def _copied(path: Path) -> Path:
    target = path.with_name("floor.db")
    target.unlink(missing_ok=True)
    with sqlite3.connect(path) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    return target


def _empty(name: str) -> Path:
    path = desks.FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    desks.refterm("db", "upgrade", "--db", path)
    return path


def _measured(command: Sequence[str], environment: dict[str, str] | None = None) -> tuple[float, int, str]:
    """Seconds, most bytes of memory, and what was said."""
    began = time.perf_counter()
    child = subprocess.Popen(command, env=environment or desks.environment(), stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        out = child.stdout.read()
    _pid, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command
    return time.perf_counter() - began, usage.ru_maxrss * 1024, out
