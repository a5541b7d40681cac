"""Ended at any instant, in any way: gone within 8 seconds, no core burnt, and every draft back.

A few times each in the suite; REFTERM_TEST_ENDINGS says how often (`make endings`: 200).
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import time
from pathlib import Path

import pytest

from tests.pty.terminal import PATIENCE, Stopwatch, Terminal
from tests.pty.test_pty import SMALL, new_records
from tests.workplaces import bring_in

TIMES = int(os.environ.get("REFTERM_TEST_ENDINGS", "1"))
WAYS = ["SIGTERM", "SIGHUP", "SIGINT", "closed", "stalled"]
STATUS = {"SIGTERM": 143, "SIGHUP": 129, "SIGINT": 130, "closed": 129, "stalled": 143}


def _drafts(home: Path) -> list[str]:
    return [json.loads(path.read_text())["texts"].get("text", path.read_text()) for path in home.rglob("note-*.json")]


def _burnt() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", range(TIMES))
def test_however_it_ends_it_is_gone_soon_and_what_was_typed_is_back(
    database_path: Path, tmp_path: Path, way: str, at: int
) -> None:
    chance = random.Random(f"{way} {at}")
    bring_in(database_path, new_records("Penhale Boatyard Ltd"))
    burnt = _burnt()
    with Terminal("--db", str(database_path), "--as", "ana", size=SMALL, real=True) as terminal:
        terminal.wait("Penhale", "q quit")
        terminal.press("n")
        terminal.wait("ctrl+s")
        if way == "stalled":
            # Nobody reads: more is drawn than queues hold.
            for _key in range(400):
                os.write(terminal.child.child_fd, b"jk")
                time.sleep(0.01)
        else:
            terminal.press("They call back")
            terminal.until(lambda: "They call back" in terminal.text, "the text")
            time.sleep(chance.uniform(0, 0.7))
        watch = Stopwatch(terminal)
        end = time.monotonic() + PATIENCE
        if way == "closed":
            terminal.child.ptyproc.fileobj.close()
        else:
            terminal.child.kill(getattr(signal, way, signal.SIGTERM))
        status = None
        while status is None and time.monotonic() < end:
            pid, code = os.waitpid(terminal.child.pid, os.WNOHANG)
            status = os.waitstatus_to_exitcode(code) if pid else None
            gone_within = watch.seconds
            time.sleep(0.01)
        assert status == STATUS[way]
        assert gone_within < 8
        assert _burnt() - burnt < 10
        terminal.child.ptyproc.terminated = True
    kept = json.dumps(_drafts(tmp_path))
    assert ("jkjk" if way == "stalled" else "They call back") in kept
