"""What every way out for letters is asked, and how it says that it failed."""

from __future__ import annotations

from typing import Protocol

from refterm.errors import RefTermError
from refterm.services.background.letters import Letter


class RefusedError(RefTermError):
    """Not delivered, in the words of whoever refused.

    Attributes:
        for_good: trying again would not help.
    """

    def __init__(self, text: str, *, for_good: bool = False) -> None:
        super().__init__(text)
        self.for_good = for_good


class UnreachableError(RefTermError):
    """The way out is closed for every letter: no connection, no sign-in, no folder. The run ends."""


class Transport(Protocol):
    """Delivers letters."""

    batch: int  # how many notices are claimed at once

    state: str  # what a delivered notice is: `sent`, or `written` where nothing was mailed

    def deliver(self, message: Letter, number: int) -> None:
        """Deliver one; it counts as delivered once `finish` has returned.

        Args:
            message: the letter.
            number: of the notice, which is delivered once.

        Raises:
            RefusedError: when it was not.
            UnreachableError: when no other would be, either.
        """
        ...

    def finish(self) -> None:
        """End the delivery of all letters since the last time.

        Raises:
            UnreachableError: when it failed; some may be delivered.
        """
        ...

    def close(self) -> None:
        """End what is open."""
        ...
