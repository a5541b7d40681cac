"""A desk that is used all day does not grow: what a form or panel took goes when it closes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# So often each form and panel is opened; all of them fifty times where REFTERM_TEST_ROUNDS says 48.
WARM, ROUNDS = 2, int(os.environ.get("REFTERM_TEST_ROUNDS", "2"))
# Of what forty openings of one may keep, in KiB. Here seventeen kinds are opened, each so often, and all together may
# keep no more than that.
MOST = 4096
# The last few forms live a little longer, one to three of them here, however many were opened; what was not let go
# before `stop_watching` was every form with a field for notes.
LAST_ALIVE = 8
SCREENS = (
    "Form",
    "Confirm",
    "Palette",
    "HelpScreen",
    "HistoryScreen",
    "InsightsScreen",
    "ProfilesScreen",
    "SimilarScreen",
)


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
    alive = sum(found["alive"].get(kind, 0) for kind in SCREENS)
    assert alive <= LAST_ALIVE, found["alive"]
    assert found["alive"].get("NotesField", 0) <= LAST_ALIVE, found["alive"]
    assert found["grown"] <= MOST, found
