"""Archiving of referrals past their allotted time, exactly once, by whichever process comes first (I4)."""

from __future__ import annotations

import time
from typing import Any

from refterm.domain.history import DESK, Action, Notice
from refterm.domain.referral import Outcome
from refterm.services.background.holding import hold
from refterm.services.background.referral_notices import recipient
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, queries, remote, updates
from refterm.store.connection import Connection

# Few enough that nobody waits a tenth of a second for the lock, many enough that ten thousand take two seconds.
BATCH = 200
PAUSE = 0.005


def expire_due(workplace: Workplace) -> list[int]:
    """Archive every new referral whose expiry has come; each with its deadline as the time.

    Safe to run by many at once: each is archived in a transaction that asks again whether it is still new. On a desk
    open for reading only nothing is written; after a restore or a jump of the clock nothing is archived until somebody
    says so (holding.py).

    Returns:
        The numbers of those that this call archived.
    """
    if workplace.database.read_only:
        return []
    with workplace.database.reading() as connection:
        first = queries.due(connection, workplace.now(), BATCH)
        if not first or hold(workplace, connection):
            return []
    if len(first) < BATCH:
        return _expire_some(workplace)
    archived: list[int] = []
    with workplace.database.bulk():
        while some := _expire_some(workplace):
            archived += some
            # Who waits for SQLite's lock asks for it now and then; without a pause it would seldom find it free.
            time.sleep(PAUSE)
    return archived


def _expire_some(workplace: Workplace) -> list[int]:
    with workplace.database.writing() as connection:
        due = queries.due(connection, workplace.now(), BATCH)
        if due and hold(workplace, connection):
            return []
        _expire(connection, due, workplace)
    return [row["id"] for row in due]


def _expire(connection: Connection, due: list[dict[str, Any]], workplace: Workplace) -> None:
    after = updates.archive(connection, due, Outcome.EXPIRED, codec.micros(workplace.now()))
    synced = remote.known(connection, [row["id"] for row in due])
    changes = [
        _change(before, row, tells=workplace.tells(synced=row["id"] in synced))
        for before, row in zip(due, after, strict=True)
    ]
    journal.record_all(connection, changes, Action.EXPIRED, DESK)


def _change(before: dict[str, Any], after: dict[str, Any], *, tells: bool) -> journal.Change:
    deadline = codec.instant(before["expires_at"])
    notices = (Notice("expired", recipient(before["contacts"]), deadline),) if tells else ()
    return journal.Change(before, after, deadline, notices)
