"""Doing the same to several referrals: what is refused stops none of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from refterm.domain.history import Entry
from refterm.errors import ConflictError, NotAllowedError, NotFoundError, RefTermError, UndoError, WrongStateError
from refterm.services.workplace import Workplace
from refterm.store.connection import Connection


class Refused(NamedTuple):
    """One of several referrals that could not be decided, and why."""

    referral: int
    error: RefTermError


class Recalled(NamedTuple):
    """A letter that was undone, and is a draft again (U1, W1)."""

    referral: int
    to: str
    subject: str
    text: str


class Done(NamedTuple):
    """What became of several referrals decided as one.

    Attributes:
        letters: those among them of which a reply was undone, no decision.
        undone: the decisions that were undone, with the customers.
    """

    referrals: tuple[int, ...]
    refused: tuple[Refused, ...] = ()
    letters: tuple[Recalled, ...] = ()
    undone: tuple[tuple[Entry, str], ...] = ()


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


def together(workplace: Workplace, referral_ids: Sequence[int], change: Callable[[Connection, int], None]) -> Done:
    """Do something to several referrals in one transaction.

    Returns:
        Which were done, and why the others were not.
    """
    workplace.require_writing()
    done: list[int] = []
    refused: list[Refused] = []
    with workplace.database.writing() as connection:
        for number in dict.fromkeys(referral_ids):
            try:
                change(connection, number)
                done.append(number)
            except (WrongStateError, NotFoundError, UndoError) as error:
                refused.append(Refused(number, error))
    return Done(tuple(done), tuple(refused))
