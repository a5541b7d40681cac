"""The fit scores of the rows on the screen (I7), computed in a thread when the cursor rests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.screen import Screen

from refterm.services.workplace import Workplace
from refterm.tui.background.work import work

if TYPE_CHECKING:
    from refterm.domain.fit import Fit
    from refterm.services.background.fitting import Fitting

# Seconds after the detail is shown.
PAUSE = 0.4


class FitScores:
    """The scores that are known.

    Attributes:
        known: by referral.
        nothing: the referrals of which nothing says how well they fit.
    """

    @dataclass
    class Known(Message):
        """The scores of some referrals changed."""

        referrals: set[int]

    def __init__(self, screen: Screen[None], workplace: Workplace, in_sight: Callable[[], list[int]]) -> None:
        """
        Args:
            screen: is posted what is known.
            workplace: whose referrals they are.
            in_sight: the new referrals whose scores the screen wants now.
        """
        self.known: dict[int, Fit] = {}
        self.nothing: set[int] = set()
        self._screen = screen
        self._workplace = workplace
        self._in_sight = in_sight
        self._due: asyncio.TimerHandle | None = None
        self._fitting: Fitting | None = None

    def soon(self) -> None:
        """Compute the scores on the screen after a short pause."""
        if self._due:
            self._due.cancel()
        self._due = asyncio.get_running_loop().call_later(PAUSE, self._screen.call_later, self.look)

    def look(self) -> None:
        """Compute them now. On failure the desk's next look reports the error."""
        if numbers := self._in_sight():
            done = partial(self._found, {*numbers})
            work(self._screen, lambda: self._work_out(numbers), done, group="fits", exclusive=True)

    def _work_out(self, numbers: list[int]) -> dict[int, Fit]:
        from refterm.services.background.fitting import Fitting

        self._fitting = self._fitting or Fitting(self._workplace)
        return self._fitting.apart(numbers)

    def _found(self, asked: set[int], found: dict[int, Fit]) -> None:
        changed = {number for number, fit in found.items() if self.known.get(number) != fit}
        nothing = asked - found.keys()
        changed |= nothing - self.nothing
        self.nothing = (self.nothing - found.keys()) | nothing
        self.known.update(found)
        if changed:
            self._screen.post_message(self.Known(changed))
