"""One pass of the sync: its lease, its pauses, its counts. One process asks for a whole company at a time."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from refterm.domain.history import Actor
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.partner_center.client import PartnerCenter
from refterm.partner_center.errors import NoAnswerError, PausedError
from refterm.services.workplace import Workplace
from refterm.store import codec, remote

T = TypeVar("T")

LEASE = timedelta(seconds=90)
RENEW = timedelta(seconds=30)
# How often one request is sent before the service counts as not reached, and how long a pass waits in all.
TRIES = 5
PATIENCE = timedelta(minutes=3)
LONGEST_BACKOFF = 300.0
SERVICE = "Partner Center"


class BusyError(RefTermError):
    """Another process syncs this desk."""

    exit_status = 3


class WrongTenantError(RefTermError):
    """The account belongs to another tenant or organisation than the desk."""


class Pace(NamedTuple):
    """How a pass waits, and how it throws dice; tests hand in their own."""

    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


@dataclass(slots=True)
class Summary:
    """What a pass did; its fields are the keys of `sync --json`."""

    account: str | None = None
    tenant: str | None = None
    organization: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    complete: bool = False
    requests: int = 0
    received: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    pushed: int = 0
    merged: int = 0
    yielded: int = 0
    failed: int = 0
    waiting: int = 0
    paused_until: datetime | None = None
    error: str | None = None


@dataclass
class Pass:
    """What pull and push work with.

    Attributes:
        holder: names this process in the lease.
        told: told how many referrals were received.
    """

    workplace: Workplace
    client: PartnerCenter
    pace: Pace = field(default_factory=Pace)
    holder: str = field(default_factory=lambda: uuid.uuid4().hex)
    told: Callable[[int], None] = lambda _count: None
    summary: Summary = field(default_factory=Summary)
    _renewed: datetime | None = None
    _waited: timedelta = timedelta()

    @property
    def there(self) -> Actor:
        """Who stands in the history for what arrives."""
        return Actor(SERVICE, self.workplace.actor.login)

    @property
    def moment(self) -> int:
        """The present instant, as it is stored."""
        return codec.micros(self.workplace.now())

    def begin(self) -> None:
        """Take the lease.

        Raises:
            BusyError: when another process has it.
        """
        self.summary.started_at = self.workplace.now()
        self._take()
        self.client.before = self._before

    def end(self) -> None:
        """Give the lease back."""
        with self.workplace.database.writing() as connection:
            remote.leave_lease(connection, self.holder)

    def ask(self, call: Callable[[], T]) -> T:
        """Ask the service something that can be asked again; a pause it wants is kept for every process.

        Raises:
            NoAnswerError: when it cannot be reached after several tries.
            PausedError: when the pause is longer than a pass waits.
        """
        tries = 0
        while True:
            self._wait_for_pause()
            try:
                return call()
            except PausedError as pause:
                until = self.workplace.now() + timedelta(seconds=pause.seconds)
                with self.workplace.database.writing() as connection:
                    remote.put_state(connection, {"paused_until": codec.micros(until)})
            except NoAnswerError:
                tries += 1
                if tries >= TRIES:
                    raise
                self._sleep(timedelta(seconds=backoff(tries, self.pace)))

    def wait(self, seconds: float) -> None:
        """Wait, and keep the lease."""
        self._sleep(timedelta(seconds=seconds))

    def _before(self) -> None:
        if self._renewed is None or self.workplace.now() - self._renewed >= RENEW:
            self._take()

    def _take(self) -> None:
        now = self.workplace.now()
        with self.workplace.database.writing() as connection:
            if not remote.take_lease(connection, self.holder, codec.micros(now), codec.micros(now + LEASE)):
                raise BusyError(_("another process is syncing this desk; nothing was done"))
        self._renewed = now

    def _wait_for_pause(self) -> None:
        with self.workplace.database.reading() as connection:
            stored = remote.state(connection)["paused_until"]
        if stored is None:
            return
        left = codec.instant(stored) - self.workplace.now()
        if left <= timedelta():
            return
        if self._waited + left > PATIENCE:
            self.summary.paused_until = codec.instant(stored)
            raise PausedError(
                _("Partner Center asks for a pause of {n} s").format(n=round(left.total_seconds())),
                left.total_seconds(),
            )
        self._sleep(left)

    def _sleep(self, span: timedelta) -> None:
        """Wait, renewing the lease meanwhile."""
        self._waited += span
        left = span.total_seconds()
        while left > 0:
            step = min(left, RENEW.total_seconds())
            self.pace.sleep(step)
            left -= step
            self._before()


def backoff(tries: int, pace: Pace) -> float:
    """How long to wait after so many tries, in seconds: 1, 2, 4 ... 300, with full jitter."""
    return min(LONGEST_BACKOFF, float(2 ** min(tries - 1, 10))) * pace.chance()
