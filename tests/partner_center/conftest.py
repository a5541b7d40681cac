"""The stand-in of Partner Center, and a client signed in to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.partner_center.transport import HttpTransport
from refterm.services.workplace import Workplace
from tests.partner_center.server import StandIn, standing_in
from tests.partner_center.support import Session, connected


@pytest.fixture(autouse=True)
def _everything_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A connection that a test leaves open is closed by it, not by whoever collects the garbage."""
    made: list[HttpTransport] = []
    begin = HttpTransport.__init__

    def noting(self: HttpTransport, *given: Any, **more: Any) -> None:
        begin(self, *given, **more)
        made.append(self)

    monkeypatch.setattr(HttpTransport, "__init__", noting)
    yield
    for one in made:
        one.close()


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
