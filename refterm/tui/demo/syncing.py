"""The sync as the demo's desk sees it: with the demo's own Partner Center, in this process, without a sign-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from refterm.config import PartnerCenterSettings, Settings
from refterm.errors import RefTermError
from refterm.services.demo import wheel
from refterm.services.sync.standing import Standing
from refterm.tui.background.syncing import Syncing
from refterm.tui.background.work import work
from refterm.tui.desk.screen import DeskScreen


class DemoSyncing(Syncing):
    """Shows how the sync stands; its passes are the wheel's, so that they happen on the demo's clock."""

    def __init__(
        self, desk: DeskScreen, wheel_of_time: wheel.Wheel, settings: Settings, turns: Callable[[], bool]
    ) -> None:
        """
        Args:
            desk: the demo's.
            wheel_of_time: runs the passes.
            settings: the configuration.
            turns: whether the demo's clock is being moved now.
        """
        # The demo never connects to what the person's own configuration names.
        own = replace(settings, partner_center=PartnerCenterSettings())
        super().__init__(desk, desk.session.workplace, own, desk.connection, desk.say, desk.draw)
        self._desk = desk
        self._wheel = wheel_of_time
        self._turns = turns

    def begin(self) -> None:
        """Show how it stands, as soon as the rows are drawn."""

        def first() -> None:
            self._began = True
            self.look(written=True)

        self._desk.call_after_refresh(first)

    def look(self, *, written: bool) -> None:
        """Bring the status up to date, but not while the clock is being moved."""
        if not self._turns():
            super().look(written=written)

    @property
    def _signed_in(self) -> bool:
        return True

    def _due(self, found: Standing, now: datetime) -> str | None:
        return wheel.due(found, now)

    def _start(self, kind: str) -> None:
        def done(_none: None) -> None:
            self._starting = False
            self.look(written=True)
            self._desk.watcher.look()

        def failed(error: RefTermError) -> None:
            self._starting = False
            self._connection.failed(error)

        self._starting = True
        work(self._desk, lambda: self._wheel.sync(kind), done, failed, group="wheel")
