"""The one sleeper of a desk: it wakes when something visible changes by itself, and to ask whether others wrote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from textual.message_pump import MessagePump
from textual.timer import Timer

from refterm.clock import Clock

# How often a desk asks whether others wrote: T1 wants 2 seconds. The question costs microseconds, the wake-up 0.01 %.
POLL = timedelta(seconds=1)
SHORTEST = timedelta(milliseconds=5)


class Sleeper:
    """Sleeps until the next of the instants it was told.

    Attributes:
        texts: when a text in sight next reads otherwise.
        event: when rows next come or go by themselves.
    """

    def __init__(self, pump: MessagePump, clock: Clock, wake: Callable[[], None]) -> None:
        self.texts: datetime | None = None
        self.event: datetime | None = None
        self._pump = pump
        self._clock = clock
        self._wake = wake
        self._timer: Timer | None = None

    @property
    def asleep(self) -> bool:
        """Whether it sleeps already."""
        return self._timer is not None

    def sleep(self) -> None:
        """Sleep until the next instant, and at most for the time between two questions to the database."""
        if self._timer:
            self._timer.stop()
        now = self._clock.now()
        pauses = [moment - now for moment in (self.texts, self.event) if moment]
        pause = max(min(POLL, *pauses, POLL), SHORTEST)
        self._timer = self._pump.set_timer(pause.total_seconds(), self._wake)
