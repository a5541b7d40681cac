"""Watches an open desk: changes of others (T1), expiry (I4), and due notices (N1)."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from textual.screen import Screen

from refterm.config import NoticeSettings
from refterm.domain.holding import JUMP
from refterm.errors import RefTermError
from refterm.services.background.expiry import expire_due
from refterm.services.background.holding import hold_for_clock, take_back
from refterm.services.desk import Changes, Desk
from refterm.tui.background.connection import Connection
from refterm.tui.background.work import work

# Seconds between two looks whether a notice is due.
DELIVER_EVERY = 30.0


class Watcher:
    """Asks what was written, archives and delivers what is due, and posts what came of it to the screen."""

    @dataclass
    class Changed(Message):
        """Something was written since the last look, by this desk or by another."""

        changes: Changes

    class Replaced(Message):
        """The database holds another desk than before: it was restored from a backup."""

    class Held(Message):
        """Something is past its expiry, and nothing is archived until somebody says so."""

    class ClockIsBack(Message):
        """The machine's clock, which had jumped, is right again."""

    @dataclass
    class Undelivered(Message):
        """Some notices could not be delivered."""

        notices: int

    def __init__(
        self, screen: Screen[None], desk: Desk, connection: Connection, notices: NoticeSettings | None
    ) -> None:
        self._screen = screen
        self._desk = desk
        self._connection = connection
        self._notices = notices
        self._token = 0
        self._written = 0
        self._expiring = self._delivering = False
        self._expiry_owed = False
        self._clock_held = False

    def begin(self) -> None:
        """Start to watch; only later changes are reported."""
        self._screen.set_interval(DELIVER_EVERY, self._tick)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Report only what is changed from now on.

        Raises:
            RefTermError: when it cannot be read.
        """
        self._token = self._desk.token()
        self._written = self._desk.written()

    def look(self) -> bool:
        """Post what was written since the last look.

        This includes the desk's own writes: who wrote is known only after the entries are read, and another person's
        write right before must not be lost.

        Returns:
            Whether anything was written, presence included.

        Raises:
            RefTermError: when it cannot be read; the next look asks again.
        """
        written = self._desk.written()
        if written == self._written:
            return False
        if self._desk.is_another():
            self.begin_anew()
            self._screen.post_message(self.Replaced())
            return True
        changes = self._desk.changes(self._token)
        self._token, self._written = changes.token, written
        if changes.entries:
            self._screen.post_message(self.Changed(changes))
        return True

    def expire(self) -> None:
        """Archive what is due, in a thread (I4)."""
        workplace = self._desk.workplace
        if self._expiring or workplace.database.read_only:
            return
        try:
            held = self._desk.held()
        except RefTermError as error:
            self._connection.failed(error)
            return
        if held:
            if held.hold.reason == "clock" and not self._clock_held:
                self._clock_held = True
                work(self._screen, lambda: hold_for_clock(workplace, held.hold), group="writes")
            self._screen.post_message(self.Held())
            return

        def done(_archived: list[int]) -> None:
            self._expiring = False
            self.look()

        def failed(error: RefTermError) -> None:
            self._expiring, self._expiry_owed = False, True
            self._connection.failed(error)

        self._expiring, self._expiry_owed = True, False
        work(self._screen, lambda: expire_due(workplace), done, failed, group="writes")

    def deliver(self) -> None:
        """Deliver what is owed and due, in a thread, where desks do that (N1)."""
        settings, workplace = self._notices, self._desk.workplace
        if settings is None or settings.deliver != "desk" or workplace.looks_only or self._connection.lost:
            return
        if workplace.clock_jump() >= JUMP:
            return  # what seems to be due may not be
        try:
            if self._delivering or not self._desk.notices_due():
                return
        except RefTermError as error:
            self._connection.failed(error)
            return

        def job() -> int:
            from refterm.services.background.delivery import deliver_due  # brings the standard library's mail

            return deliver_due(workplace, settings).failed

        def done(failures: int) -> None:
            self._delivering = False
            if failures:
                self._screen.post_message(self.Undelivered(failures))

        def failed(error: RefTermError) -> None:
            self._delivering = False
            self._connection.failed(error)

        self._delivering = True
        work(self._screen, job, done, failed, group="writes")

    def _tick(self) -> None:
        workplace = self._desk.workplace
        if self._clock_held and workplace.clock_jump() < JUMP:
            self._clock_held = False
            work(self._screen, lambda: take_back(workplace), group="writes")
            self._screen.post_message(self.ClockIsBack())
        if self._expiry_owed and not self._connection.lost:
            self.expire()
        self.deliver()
