"""The one timer of a desk: it ticks when something visible changes by itself, and to ask whether others wrote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from textual.message_pump import MessagePump
from textual.timer import Timer

from refterm.clock import Clock

# How often a desk asks whether others wrote: T1 wants 2 seconds. The question costs microseconds, the wake-up 0.01 %.
POLL = timedelta(seconds=1)
SHORTEST = timedelta(milliseconds=5)


class Ticker:
    """Calls the desk at the next instant at which something changes, and at least every POLL.

    Attributes:
        texts: when a text in sight next changes, other than that of the message line.
        message: when the message line next changes; a second while it counts down how long a decision can be undone.
        event: when a referral next expires or comes back.
    """

    def __init__(self, pump: MessagePump, clock: Clock, tick: Callable[[], None]) -> None:
        self.texts: datetime | None = None
        self.message: datetime | None = None
        self.event: datetime | None = None
        self._pump = pump
        self._clock = clock
        self._tick = tick
        self._timer: Timer | None = None

    @property
    def scheduled(self) -> bool:
        """Whether the first tick was planned."""
        return self._timer is not None

    def schedule(self) -> None:
        """Plan the next tick: at the next of the three instants, and within POLL."""
        if self._timer:
            self._timer.stop()
        now = self._clock.now()
        pauses = [moment - now for moment in (self.texts, self.message, self.event) if moment]
        pause = max(min(POLL, *pauses, POLL), SHORTEST)
        self._timer = self._pump.set_timer(pause.total_seconds(), self._tick)
