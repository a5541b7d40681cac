"""A desk that is used all day does not grow: what a form or panel took goes when it closes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# So often each form and panel is opened; all of them fifty times where REFTERM_TEST_ROUNDS says 48.
WARM, ROUNDS = 2, int(os.environ.get("REFTERM_TEST_ROUNDS", "3"))
# Of what forty openings of one may keep, in KiB. Here seventeen kinds are opened, each so often, and all together may
# keep no more than that.
MOST = 4096


def test_closed_forms_and_panels_leave_nothing_behind() -> None:
    """In a process of its own, so that its memory is that of the desk alone."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.tui.growth", str(WARM), str(ROUNDS)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["kinds"]) == 17
    assert set(found["kinds"].values()) == {WARM + ROUNDS}
    assert found["alive"] == {}
    assert found["grown"] <= MOST, found
