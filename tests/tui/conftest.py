"""What tests of the screens share: a person at a desk, and somebody else at another one on the same file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from refterm.services.workplace import Workplace
from tests.tui.seat import Seat, sit_down
from tests.workplaces import open_at

SitDown = Callable[..., AbstractAsyncContextManager[Seat]]


@pytest.fixture(autouse=True)
def _quick_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The detail follows the cursor sooner than for a person, so that a thousand key presses do not take minutes."""
    monkeypatch.setattr("refterm.tui.desk.screen.DETAIL_PAUSE", 0.005)
    # Scores are asked for by the tests that are about them.
    monkeypatch.setattr("refterm.tui.background.fit.PAUSE", 3600.0)


@pytest.fixture(autouse=True)
def _colourful_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal with all colours, whatever the tests run in."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def sit(workplace: Workplace, tmp_path: Path) -> SitDown:
    """Opens Ana's desk; see `sit_down`."""

    def open_desk(**given: Any) -> AbstractAsyncContextManager[Seat]:
        return sit_down(given.pop("place", workplace), tmp_path, **given)

    return open_desk


@pytest.fixture
async def seats() -> AsyncIterator[AsyncExitStack]:
    """Keeps desks open until the end of the test."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def luis(workplace: Workplace) -> Iterator[Workplace]:
    """Luis, who works on the same file from his own process, as far as the database can tell."""
    place = open_at(workplace.database.file, workplace.clock, "luis")
    yield place
    place.close()
