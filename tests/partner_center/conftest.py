"""The stand-in of Partner Center, and a client signed in to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from refterm.clock import SettableClock
from refterm.services.workplace import Workplace
from tests.partner_center.server import StandIn, standing_in
from tests.partner_center.support import Session, connected


@pytest.fixture
def standin(tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A running stand-in that tells the time by the tests' clock."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with standing_in(tmp_path, clock.now) as running:
        yield running


@pytest.fixture
def session(workplace: Workplace, clock: SettableClock, standin: StandIn) -> Iterator[Session]:
    """A desk that is connected to the stand-in."""
    with connected(workplace, clock, standin) as made:
        yield made
