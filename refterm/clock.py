"""Time is handed in: whoever needs the present instant gets a Clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)


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
