"""Shows who else has the desk open, and who has a form open on which referral (T1, T3). It blocks nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message
from textual.screen import Screen

from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.log import note_failure
from refterm.services.workplace import Workplace
from refterm.text import display
from refterm.tui.background.connection import Connection
from refterm.tui.background.work import work, work_at_the_end

if TYPE_CHECKING:
    from refterm.services.background.presence import Presence

# The first sign waits until the first screen is drawn.
FIRST_SIGN = 1.0
# Leaving waits at most this long for the database; others drop a desk without signs by themselves.
LEAVE_SECONDS = 0.5


class DeskPresence:
    """Records that this desk is open, in a thread, and reads who else is.

    Attributes:
        busy: who else has a form open, by referral.
        count: how many people have the desk open; 1 is oneself.
    """

    @dataclass
    class Changed(Message):
        """Somebody came or went, or opened or closed a form on one of the referrals."""

        referrals: set[int]

    def __init__(self, screen: Screen[None], workplace: Workplace, connection: Connection) -> None:
        self.busy: dict[int, str] = {}
        self.count = 1
        self._screen = screen
        self._workplace = workplace
        self._connection = connection
        self._presence: Presence | None = None
        self._turn = asyncio.Lock()

    def begin(self) -> None:
        """Start to write signs: the first soon, then at intervals."""
        self._screen.set_timer(FIRST_SIGN, self._sign)

    def hold(self, referral: int, form: str) -> None:
        """Record that a form is open on a referral."""
        presence = self._ready()
        self._tell(lambda: presence.hold(referral, form))

    def let_go(self) -> None:
        """The form was closed."""
        self._tell(self._ready().let_go)

    def _sign(self) -> None:
        self._tell(self._ready().sign)

    def _ready(self) -> Presence:
        from refterm.services.background.presence import SIGN_EVERY, Presence

        if self._presence is None:
            self._presence = Presence(self._workplace)
            self._screen.set_interval(SIGN_EVERY.total_seconds(), self._sign)
        return self._presence

    def leave(self) -> bool:
        """Tell the others that this desk closes.

        Returns:
            Whether the database has answered; false while the thread still waits for it.
        """
        if self._presence is None or self._connection.lost:
            return True
        return work_at_the_end(self._presence.leave, LEAVE_SECONDS)

    def warning(self, referral: int) -> str:
        """A sentence that names who else has a form open on the referral; empty for nobody."""
        who = self.busy.get(referral)
        return _("{who} has a form open on this referral.").format(who=display(who)) if who else ""

    def look(self) -> None:
        """Read who is here, and post what is different.

        Raises:
            StoreError: when it cannot be read.
        """
        if self._presence is None:
            return
        others = self._presence.others()
        count = len({self._workplace.actor.name, *(seat.name for seat in others)})
        busy = {seat.referral: seat.name for seat in others if seat.referral is not None}
        if (count, busy) != (self.count, self.busy):
            changed = {number for number in {*busy, *self.busy} if busy.get(number) != self.busy.get(number)}
            self.count, self.busy = count, busy
            self._screen.post_message(self.Changed(changed))

    def _tell(self, job: Callable[[], None]) -> None:
        """Write a sign in a thread, in the order of the keys. A failure is logged; the next sign tries again."""

        def quietly() -> None:
            try:
                if not self._connection.lost:
                    job()
            except RefTermError as error:
                with suppress(OSError):
                    note_failure(error)

        work(self._screen, quietly, self._look_after, group="presence", turn=self._turn)

    def _look_after(self, _signed: None) -> None:
        if not self._connection.lost:
            with suppress(RefTermError):  # the desk's next look reports the error
                self.look()
