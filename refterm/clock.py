"""Time is handed in: code that needs the present instant gets a Clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock, and by how much somebody has set it since this one was made."""

    def __init__(
        self, wall: Callable[[], datetime] | None = None, uptime: Callable[[], timedelta] | None = None
    ) -> None:
        """
        Args:
            wall: the machine's time of day, for tests.
            uptime: how long the machine runs, suspend included; neither a person nor NTP sets that.
        """
        self._wall = wall or (lambda: datetime.now(UTC))
        self._uptime = uptime or _uptime
        self.believe()

    def now(self) -> datetime:
        """The present instant in UTC."""
        return self._wall()

    def jump(self) -> timedelta:
        """By how much the clock was set, forwards or (negative) backwards; a suspend is no jump."""
        return (self._wall() - self._wall_then) - (self._uptime() - self._uptime_then)

    def believe(self) -> None:
        """Take the present time for the right one."""
        self._wall_then, self._uptime_then = self._wall(), self._uptime()


class SharedClock:
    """The clock of the server that keeps the desk, which decides for all who share it (Z2).

    It is asked once a minute. Between queries, and while the server cannot be reached, the time is extrapolated with
    CLOCK_BOOTTIME, which neither a change of this machine's clock nor suspend affects.
    """

    ASK_AGAIN = timedelta(minutes=1)

    def __init__(self, ask: Callable[[], datetime | None]) -> None:
        """Ask nothing yet.

        Args:
            ask: gives the server's time; None while it cannot be reached.
        """
        self._ask = ask
        self._told: datetime | None = None
        self._at = timedelta()

    def now(self) -> datetime:
        """The server's present instant, in UTC; the machine's own as long as the server was never reached."""
        passed = _uptime()
        if self._told is None or passed - self._at >= self.ASK_AGAIN:
            told = self._ask()
            passed = _uptime()
            if told is not None:
                self._told, self._at = told.astimezone(UTC), passed
        return datetime.now(UTC) if self._told is None else self._told + (passed - self._at)


def _uptime() -> timedelta:
    return timedelta(seconds=time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)))


class SettableClock:
    """A clock that stands still until it is moved; for tests and for pictures that must not change."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was last set to, in UTC."""
        return self._now

    def advance(self, span: timedelta) -> datetime:
        """Move by a span and return the new instant."""
        self._now += span
        return self._now

    def set(self, instant: datetime) -> None:
        """Move to an instant."""
        self._now = instant.astimezone(UTC)
