"""The demo's clock: it runs like the real one, faster or not at all, and can be moved forward. No real desk has one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class DemoClock:
    """A clock that the presenter moves.

    Attributes:
        start: the instant at which the demo begins.
        speed: seconds of the demo in a second; 0 lets it stand still.
        held: the instant at which it stands while something of the script happens; None while it runs.
    """

    def __init__(self, start: datetime, speed: float = 1.0, elapsed: Callable[[], float] = time.monotonic) -> None:
        """Start to run.

        Args:
            start: the first instant.
            speed: seconds of the demo in a second.
            elapsed: seconds since any fixed moment; they are those of the real time.
        """
        self.start = start.astimezone(UTC)
        self.speed = speed
        self.held: datetime | None = None
        self._elapsed = elapsed
        self._base = self.start
        self._since = elapsed()

    def now(self) -> datetime:
        """The demo's present instant, in UTC."""
        if self.held is not None:
            return self.held
        return self._base + timedelta(seconds=(self._elapsed() - self._since) * self.speed)

    @property
    def moved(self) -> timedelta:
        """How far it is from where it began."""
        return self.now() - self.start

    def move_to(self, instant: datetime) -> None:
        """Let it run on from another instant."""
        self.held = None
        self._base, self._since = instant.astimezone(UTC), self._elapsed()

    def back(self) -> None:
        """Let it run from the beginning again."""
        self.move_to(self.start)
