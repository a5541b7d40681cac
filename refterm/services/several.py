"""Doing the same to several referrals, each by itself: what is refused stops none of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from refterm.errors import ConflictError, NotAllowedError, NotFoundError, WrongStateError
from refterm.services.triage import Done, Refused


def each(referral_ids: Sequence[int], act: Callable[[int], object]) -> Done:
    """Do something to each referral, a transaction for each.

    Returns:
        Which were done, and why the others were not; a bad value is no refusal of one, and is raised.
    """
    done: list[int] = []
    refused: list[Refused] = []
    for number in dict.fromkeys(referral_ids):
        try:
            act(number)
            done.append(number)
        except (ConflictError, NotAllowedError, NotFoundError, WrongStateError) as error:
            refused.append(Refused(number, error))
    return Done(tuple(done), tuple(refused))
