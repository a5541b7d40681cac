"""What a desk owes the person by itself: follow-ups that fall due (A5), one's own letters that could not be sent (W1), and
what Partner Center did not take of one's decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual.message import Message
from textual.screen import Screen

from refterm.domain.history import Action, Entry
from refterm.domain.row import Row
from refterm.tui.background.connection import Connection
from refterm.tui.background.work import work
from refterm.tui.session import Session

# After these the next follow-up may be another one.
_MOVING = (
    *(Action.FOLLOW_UP_SET, Action.FOLLOW_UP_DONE, Action.WON, Action.LOST, Action.UNDONE),
    *(Action.IMPORTED, Action.UPDATED),
)


class Duties:
    """Watches follow-ups and letters, and posts what the person is to know; all reading is done in threads."""

    @dataclass
    class Due(Message):
        """Follow-ups fell due, or were due when the desk was opened; the latest first."""

        rows: list[Row]

    @dataclass
    class Unsent(Message):
        """A letter of the person's could not be sent, and is a draft again."""

        referral: int
        why: str

    @dataclass
    class Yielded(Message):
        """Partner Center decided otherwise while no desk of this person was open; the latest last.

        Attributes:
            told: the history entry up to which the person knows now.
        """

        referrals: list[int]
        told: int

    def __init__(self, screen: Screen[None], session: Session, connection: Connection) -> None:
        self._screen, self._session, self._connection = screen, session, connection
        self._next: datetime | None = None
        self._since: datetime | None = None
        self._reading = False
        self._told: set[int] = set()

    @property
    def next(self) -> datetime | None:
        """When the next follow-up falls due."""
        return self._next

    def begin(self, told: int) -> None:
        """Look for what is due already, and for what failed or did not stand meanwhile.

        Args:
            told: the history entry up to which the person knows what Partner Center did not take.
        """
        self._read()
        self._look_for_yields(told)
        self.look_for_letters()

    def look(self, now: datetime) -> None:
        """Ask for what fell due, where something did."""
        if self._next is not None and now >= self._next:
            self._next = None
            self._read()

    def changed(self, entries: tuple[Entry, ...]) -> None:
        """Something was written; plan anew where it may have moved a follow-up."""
        if any(entry.action in _MOVING for entry in entries):
            self._read()

    def _read(self) -> None:
        from refterm.services.follow_ups import FollowUps

        follow_ups, since = FollowUps(self._session.workplace), self._since
        now = self._session.workplace.now()

        def job() -> tuple[list[Row], datetime | None]:
            return follow_ups.due(since), follow_ups.next_due()

        def done(found: tuple[list[Row], datetime | None]) -> None:
            rows, self._next = found
            self._since = max(now, self._since or now)
            if rows:
                self._screen.post_message(self.Due(rows))

        work(self._screen, job, done, self._connection.failed, group="duties")

    def _look_for_yields(self, told: int) -> None:
        from refterm.services.personal.yielded import untold

        place = self._session.workplace

        def done(found: tuple[list[int], int]) -> None:
            self._screen.post_message(self.Yielded(*found))

        if not place.looks_only:
            work(self._screen, lambda: untold(place, told), done, self._connection.failed, group="duties")

    def look_for_letters(self) -> None:
        """Make drafts of one's own letters that could not be sent."""
        if self._reading or self._session.workplace.looks_only:
            return
        self._reading = True
        from refterm.services.personal import letters
        from refterm.services.replies import Replies

        session = self._session

        def job() -> list[tuple[int, int, str]]:
            failed = [one for one in Replies(session.workplace).failed() if one[0] not in self._told]
            for _number, referral, letter, _why in failed:
                letters.keep(session.drafts, referral, letter, session.workplace.now())
            return [(number, referral, why) for number, referral, _letter, why in failed]

        def done(failed: list[tuple[int, int, str]]) -> None:
            self._reading = False
            for number, referral, why in failed:
                self._told.add(number)
                self._screen.post_message(self.Unsent(referral, why))

        def not_done(error: Exception) -> None:
            self._reading = False

        work(self._screen, job, done, not_done, group="duties")
