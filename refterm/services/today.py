"""What was done today and what comes next, for an Inbox that is empty."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from refterm.domain.deadline import purchase_passes_at
from refterm.domain.history import Action
from refterm.domain.query import Filter, Tab, View
from refterm.domain.referral import Outcome
from refterm.services.desk import Desk
from refterm.store import today as store


class Today(NamedTuple):
    """A day at the desk, from its midnight in the viewer's zone until now.

    Attributes:
        done: how many were accepted, declined, won, lost; those of none are left out.
        by: how many of these each person did, who did most first.
        answered_within: the median time from receipt to accept or decline; None where nothing counts.
        put_aside: how many are, with the customer and the time of the first that comes back.
        next_step: the customer and the time of the first follow-up.
        active: how many engagements there are; of these `passed` are past their purchase date.
    """

    done: dict[Action, int]
    by: list[tuple[str, int]]
    answered_within: timedelta | None
    put_aside: tuple[int, str, datetime] | None
    next_step: tuple[str, datetime] | None
    active: int
    passed: int


def today(desk: Desk) -> Today:
    """What was done today and what comes next."""
    workplace = desk.workplace
    now = workplace.now()
    midnight = purchase_passes_at(workplace.today() - timedelta(days=1), workplace.zone)
    with workplace.database.reading() as connection:
        decided = store.decided_since(connection, midnight)
        aside = store.put_aside(connection, now)
        step = store.next_step(connection)
        active = desk.count(View(Tab.ACTIVE))
        passed = desk.count(View(Tab.ACTIVE, filter=Filter(overdue=True)))
    done: Counter[Action] = Counter()
    by: Counter[str] = Counter()
    seconds: list[float] = []
    for one in decided:
        if one.decided_by and one.decided_at and one.decided_at >= midnight:
            action = Action.DECLINED if one.outcome == Outcome.DECLINED else Action.ACCEPTED
            done[action] += 1
            by[one.decided_by] += 1
            if one.received_at:
                seconds.append(max((one.decided_at - one.received_at).total_seconds(), 0))
        if one.closed_by and one.outcome in (Outcome.WON, Outcome.LOST):
            done[Action(one.outcome)] += 1
            by[one.closed_by] += 1
    ordered = (Action.ACCEPTED, Action.DECLINED, Action.WON, Action.LOST)
    return Today(
        {action: done[action] for action in ordered if done[action]},
        sorted(by.items(), key=lambda pair: (-pair[1], pair[0])),
        timedelta(seconds=median(seconds)) if seconds else None,
        aside,
        step,
        active,
        passed,
    )
