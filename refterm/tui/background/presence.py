"""Who else has the desk open, and who has a form open on which referral (T1, T3): told, and in nobody's way."""

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

# The first sign of life waits until the first screen stands and rests.
FIRST_SIGN = 1.0
# Leaving waits no longer than this for the database: the others forget a desk that vanished by themselves.
LEAVE_SECONDS = 0.5


class DeskPresence:
    """Gives this desk's signs of life, in a thread, and knows those of the others.

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
        """Give the first sign of life soon, and others from time to time."""
        self._screen.set_timer(FIRST_SIGN, self._sign)

    def hold(self, referral: int, form: str) -> None:
        """Let the others know that a form is open on a referral."""
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
        """The desk is being closed: the others need not wait until it is missed.

        Returns:
            Whether the database is at rest; false where it let us wait, and is still asked.
        """
        if self._presence is None or self._connection.lost:
            return True
        return work_at_the_end(self._presence.leave, LEAVE_SECONDS)

    def warning(self, referral: int) -> str:
        """What to know before a form on a referral is filled in; empty where nobody else has one open."""
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
        """Do it in a thread, in the order of the keys. A sign that cannot be given is noted and left to the next."""

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
            with suppress(RefTermError):  # the desk's own next look tells what is wrong with the database
                self.look()
