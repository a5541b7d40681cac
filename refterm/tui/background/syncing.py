"""The sync with Partner Center as a desk sees it: its status at the edge, and passes in a process of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.screen import Screen

from refterm.config import Settings
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.services.sync import connecting, standing
from refterm.services.workplace import Workplace
from refterm.tui.background.connection import Connection
from refterm.tui.background.work import work

if TYPE_CHECKING:
    import subprocess

# The first look waits until the first screen is drawn; a pass is looked for so often, at most.
FIRST_LOOK = 1.5
LOOK_EVERY = timedelta(seconds=2)


class Syncing:
    """Shows how the sync stands, and starts a pass when one is due and this desk may.

    Attributes:
        status: the one status at the edge; empty where nothing is connected.
    """

    def __init__(
        self,
        screen: Screen[None],
        workplace: Workplace,
        settings: Settings,
        connection: Connection,
        say: Callable[[str, str], None],
        draw: Callable[[], None],
    ) -> None:
        self.status = ""
        self._screen = screen
        self._workplace = workplace
        self._settings = settings
        self._connection = connection
        self._say = say
        self._draw = draw
        self._jitter = standing.jitter()
        self._looked_at: datetime | None = None
        self._starting = False
        self._child: subprocess.Popen[bytes] | None = None
        self._began = False

    def begin(self) -> None:
        """Start to look, soon."""

        def first() -> None:
            self._began = True
            self.look(written=True)

        self._screen.set_timer(FIRST_LOOK, first)

    def look(self, *, written: bool) -> None:
        """Bring the status up to date where something was written, and start a pass that is due."""
        now = self._workplace.now()
        rests = self._looked_at is not None and now - self._looked_at < LOOK_EVERY
        if not self._began or self._connection.lost or (rests and not written):
            return
        self._looked_at = now
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        try:
            found = standing.read(self._workplace)
        except RefTermError as error:
            self._connection.failed(error)
            return
        self._show(found)
        if self._may() and (kind := self._due(found, now)):
            self._start(kind)

    def now(self) -> str | None:
        """Sync at once, as a person asks for it; why not, where that cannot be."""
        if self._settings.kiosk or self._workplace.looks_only:
            return None
        if not self._signed_in:
            return _("Nobody is signed in to Partner Center: run refterm login.")
        found = standing.read(self._workplace)
        if found.syncing is not None:
            return _("A sync is running already.")
        if found.paused_until is not None and found.paused_until > self._workplace.now():
            return _("Partner Center asks for a pause; the sync goes on by itself.")
        self._start("pull")
        return _("Syncing with Partner Center.")

    def _may(self) -> bool:
        """Whether this desk takes the sync: signed in, no viewer's, no kiosk."""
        return (
            not self._settings.kiosk
            and not self._workplace.looks_only
            and self._child is None
            and not self._starting
            and self._signed_in
        )

    @property
    def _signed_in(self) -> bool:
        return connecting.may_be_signed_in(self._settings.partner_center)

    def _due(self, found: standing.Standing, now: datetime) -> str | None:
        """Which pass is due."""
        return standing.due(found, self._settings.partner_center, now, self._jitter)

    def _show(self, found: standing.Standing) -> None:
        shown = standing.status(found, self._settings.partner_center, self._workplace.zone)
        if shown != self.status:
            self.status = shown
            self._draw()

    def _start(self, kind: str) -> None:
        def done(child: subprocess.Popen[bytes] | None) -> None:
            self._starting, self._child = False, child

        def failed(error: RefTermError) -> None:
            self._starting = False
            self._connection.failed(error)

        self._starting = True
        work(
            self._screen,
            lambda: standing.start(self._workplace, self._settings, kind),
            done,
            failed,
            group="sync",
        )
