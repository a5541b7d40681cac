"""Who else has the desk open, and who has a form open on which referral (T1, T3): told, and in nobody's way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.log import note_failure
from refterm.text import display

if TYPE_CHECKING:
    from refterm.services.presence import Presence, Seat
    from refterm.tui.desk_screen import DeskScreen

# The first sign of life waits until the first screen stands and rests.
FIRST_SIGN = 1.0
# Leaving waits no longer than this for the database: the others forget a desk that vanished by themselves.
LEAVE_SECONDS = 0.5


class Neighbours:
    """Gives this desk's signs of life, in a thread, and knows those of the others.

    Attributes:
        busy: who else has a form open, by referral.
        count: how many people have the desk open; 1 is oneself.
    """

    def __init__(self, desk: DeskScreen) -> None:
        self.busy: dict[int, str] = {}
        self.count = 1
        self._desk = desk
        self._presence: Presence | None = None
        self._others: tuple[Seat, ...] = ()
        self._turn = asyncio.Lock()

    def begin(self) -> None:
        """Give the first sign of life soon, and others from time to time."""
        self._desk.set_timer(FIRST_SIGN, self._sign)

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
        from refterm.services.presence import SIGN_EVERY, Presence

        if self._presence is None:
            self._presence = Presence(self._desk.office.workplace)
            self._desk.set_interval(SIGN_EVERY.total_seconds(), self._sign)
        return self._presence

    def leave(self) -> bool:
        """The desk is being closed: the others need not wait until it is missed.

        Returns:
            Whether the database is at rest; false where it let us wait, and is still asked.
        """
        if self._presence is None or self._desk.link.lost:
            return True
        leaving = threading.Thread(target=_quietly(self._presence.leave), daemon=True)
        leaving.start()
        leaving.join(LEAVE_SECONDS)
        return not leaving.is_alive()

    def warning(self, referral: int) -> str:
        """What to know before a form on a referral is filled in; empty where nobody else has one open."""
        who = self.busy.get(referral)
        return _("{who} has a form open on this referral.").format(who=display(who)) if who else ""

    def look(self) -> None:
        """Read who is here; draw what reads otherwise now.

        Raises:
            StoreError: when it cannot be read.
        """
        if self._presence is None:
            return
        desk, me = self._desk, self._desk.office.workplace.actor.name
        self._others = self._presence.others()
        count = len({me, *(seat.name for seat in self._others)})
        busy = {seat.referral: seat.name for seat in self._others if seat.referral is not None}
        if (count, busy) == (self.count, self.busy):
            return
        changed = {number for number in {*busy, *self.busy} if busy.get(number) != self.busy.get(number)}
        self.count, self.busy = count, busy
        desk.referral_list.update_rows(changed, desk.look())
        if desk.detail_pane.referral_id in changed:
            desk.show_detail()
        desk.draw()

    def _tell(self, work: Callable[[], None]) -> None:
        self._desk.run_worker(self._in_turn(work), group="presence", exit_on_error=False)

    async def _in_turn(self, work: Callable[[], None]) -> None:
        """One after the other, in the order of the keys; a sign that cannot be given is noted and left to the next."""
        async with self._turn:
            if not self._desk.link.lost:
                await asyncio.to_thread(_quietly(work))
        if not self._desk.link.lost:
            with suppress(RefTermError):  # the desk's own next look tells what is wrong with the database
                self.look()


def _quietly(work: Callable[[], None]) -> Callable[[], None]:
    def done() -> None:
        try:
            work()
        except RefTermError as error:
            with suppress(OSError):
                note_failure(error)

    return done
