"""The start of the desk and of commands, and the memory they take."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from refterm.clock import SystemClock
from refterm.services.demo import desk as demo_desk
from tests.bench import desks
from tests.bench.report import Figure, ratio
from tests.bench.terminal import Program

FLOORS = Path(__file__).parents[1] / "floors"
PANE = (sys.executable, str(FLOORS / "pane.py"))
# The footer's last word, with rows above it: all of the first screen is there.
READY = r"(?s)GmbH.*q quit"
HEAVY = ("textual", "sqlmodel", "sqlalchemy", "pydantic", "pendulum")


def desk_command(size: int | str) -> tuple[str, ...]:
    """The command that opens a desk."""
    return (sys.executable, "-m", "refterm", "--db", str(desks.desk(size)))


def started(command: Sequence[str], ready: str) -> tuple[float, float, int, int]:
    """Seconds to ready, CPU to then, memory, bytes until it was silent."""
    with Program(command, desks.environment()) as program:
        program.watches_cpu = True
        at, cpu = program.until(ready)
        program.quiet()
        return at - program.began, cpu, program.memory(), program.written


def start(sizes: Sequence[int], runs: int) -> Iterator[Figure]:
    """The desk's start, paired with the pane's; and whether a large desk starts as quickly as a small one."""
    commands = {size: desk_command(size) for size in sizes}
    ours: dict[int, list[tuple[float, float, int, int]]] = {size: [] for size in sizes}
    floor = []
    for number in range(runs + 1):
        measured = [started(PANE, "READY"), *(started(commands[size], READY) for size in sizes)]
        if number:  # the first reads everything from the disk
            floor.append(measured[0])
            for size, one in zip(sizes, measured[1:], strict=True):
                ours[size].append(one)
    for size in sizes:
        mine = ours[size]
        for name, at, target, unit, by in (
            ("start to the first rows", 0, 1.15, "ms", 1000.0),
            ("CPU to the first rows", 1, 1.15, "ms", 1000.0),
            ("memory (PSS) once there", 2, 1.10, "MiB", 2.0**-20),
        ):
            values = [one[at] * by for one in mine]
            yield ratio(name, str(size), values, [one[at] * by for one in floor], target, unit)
        yield Figure("bytes of the first screen", str(size), median(one[3] for one in mine), "B", None)
    least, most = min(sizes), max(sizes)
    if least != most:
        values = ([one[0] for one in ours[size]] for size in (most, least))
        pairs = [large / small for large, small in zip(*values, strict=True)]
        yield Figure(f"start at {most} to start at {least}", "", median(pairs), "x", 1.05)
        more = (median(one[2] for one in ours[most]) - median(one[2] for one in ours[least])) / 2**20
        yield Figure(f"memory at {most} less that at {least}", "", more, "MiB", 3)


def painted(sizes: Sequence[int], runs: int) -> Iterator[Figure]:
    """The first page of a second start, painted before Textual is there; and what it costs the desk that takes keys."""
    size = min(sizes, key=lambda one: abs(one - 10_000))
    environment = desks.environment()
    kept = Path(environment["XDG_STATE_HOME"]) / "refterm" / "first-page.json"
    with Program(desk_command(size), environment) as program:
        program.until(READY)
        while not kept.exists():
            program.quiet(0.1)
    page = kept.read_bytes()
    first, ready, without = [], [], []
    for number in range(runs + 1):
        kept.unlink()
        with Program(desk_command(size), environment) as program:
            plain = program.until(READY)[0] - program.began
        kept.write_bytes(page)
        with Program(desk_command(size), environment) as program:
            seen = program.until(READY, painted=True)[0] - program.began
            assert not program.takes_keys, "the page was not painted"
            there = program.until(READY)[0] - program.began
        if number:
            for times, one in ((first, seen), (ready, there), (without, plain)):
                times.append(one * 1000)
    yield ratio("first page painted, no key taken yet, to a start without it", str(size), first, without, 0.5, "ms")
    yield ratio("first rows that take keys after it, to a start without it", str(size), ready, without, 1.05, "ms")


def demo(runs: int) -> Iterator[Figure]:
    """The demo's start, its database made on the way, paired with that of a real desk of the same referrals."""
    with TemporaryDirectory() as folder:
        path = demo_desk.build(Path(folder), SystemClock())
        desk = (sys.executable, "-m", "refterm", "--db", str(path))
        ready = r"(?s)Hartwell.*q quit"
        ours, floor = [], []
        for number in range(runs + 1):
            pair = started((sys.executable, "-m", "refterm", "demo"), ready), started(desk, ready)
            if number:
                ours.append(pair[0][0] * 1000)
                floor.append(pair[1][0] * 1000)
    how = "" if demo_desk.prepared("en").exists() else ", played anew"
    yield ratio(f"the demo's start to a desk's of the same referrals{how}", "", ours, floor, 1.10, "ms")


def commands(sizes: Sequence[int], runs: int) -> Iterator[Figure]:
    """Commands, paired with an interpreter that does nothing, or only loads the ORM."""
    python, module = [sys.executable, "-c"], [sys.executable, "-m", "refterm"]
    nothing, orm = [*python, "pass"], [*python, "import sqlmodel"]
    completing = {"_REFTERM_COMPLETE": "bash_complete", "COMP_WORDS": "refterm li", "COMP_CWORD": "1"}
    size = sizes[-1]
    listing = [*module, "list", "--limit", "50", "--db", str(desks.desk(size))]
    yield _against("refterm --version", "", [*module, "--version"], nothing, 5, runs)
    yield _against("refterm --help", "", [*module, "--help"], nothing, 5, runs)
    yield _against("completion", "", module, nothing, 5, runs, completing)
    yield _against("refterm list --limit 50", str(size), listing, nothing, 8, runs)
    changed = desks.copy(min(size, 10_000))
    found = desks.refterm("list", "--limit", str(runs + 1), "--db", changed, "--json")
    numbers = iter([str(referral["id"]) for referral in json.loads(found.stdout)])

    def decline() -> list[str]:
        return [*module, "decline", next(numbers), "--reason", "budget", "--db", str(changed)]

    yield _against("refterm decline", str(size), decline, orm, 0.6, runs)
    for name, arguments in (("--version", ["--version"]), ("--help", ["--help"])):
        yield Figure(f"heavy packages that {name} loads", "", len(_loaded(arguments)), "", 0)


def _against(
    name: str,
    size: str,
    command: list[str] | Callable[[], list[str]],
    floor: list[str],
    target: float,
    runs: int,
    more: dict[str, str] | None = None,
) -> Figure:
    ours, theirs = [], []
    for number in range(runs + 1):
        pair = (_seconds(floor), _seconds(command() if callable(command) else command, more))
        if number:
            theirs.append(pair[0] * 1000)
            ours.append(pair[1] * 1000)
    return ratio(name, size, ours, theirs, target, "ms")


def _seconds(command: list[str], more: dict[str, str] | None = None) -> float:
    began = time.perf_counter()
    subprocess.run(command, env={**desks.environment(), **(more or {})}, check=True, capture_output=True)
    return time.perf_counter() - began


def _loaded(arguments: list[str]) -> set[str]:
    script = f"import sys\nfrom refterm.cli.main import run\nrun({arguments!r})\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], env=desks.environment(), check=True, capture_output=True, text=True
    )
    return set(HEAVY) & set(done.stderr.split())
