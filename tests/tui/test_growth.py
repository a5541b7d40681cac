"""A desk that is used all day does not grow: what a form or panel took goes when it closes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# So often each form and panel is opened. `make growth` opens each by itself, fifty times.
WARM, ROUNDS = 1, 1
# Of what forty openings of one may keep, in KiB.
MOST = 4096


def test_closed_forms_and_panels_leave_nothing_behind() -> None:
    """In a process of its own, so that its memory is that of the desk alone."""
    found = _measure(WARM, ROUNDS)
    assert len(found["kinds"]) == 17
    assert set(found["kinds"].values()) == {WARM + ROUNDS}
    # No word on memory: after so few rounds it differs by megabytes from run to run.
    assert found["alive"] == {}


@pytest.mark.skipif("REFTERM_TEST_GROWTH" not in os.environ, reason="takes minutes: make growth")
def test_forty_openings_of_each_keep_little() -> None:
    for kind, found in _measure(10, 40, "each").items():
        assert found["alive"] == {}, (kind, found)
        assert found["grown"] <= MOST, (kind, found)


def _measure(warm: int, rounds: int, *how: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.tui.growth", str(warm), str(rounds), *how],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0
    found: dict[str, Any] = json.loads(done.stdout)
    return found
