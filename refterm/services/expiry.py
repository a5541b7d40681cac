"""Archiving what is past its allotted time, exactly once, whoever notices first (I4)."""

from __future__ import annotations

from typing import Any

from refterm.domain.history import DESK, Action, Notice
from refterm.domain.referral import Outcome, Status
from refterm.services.customer import recipient
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, plain
from refterm.store.connection import Connection

# Few enough that nobody waits a tenth of a second for the lock, many enough that ten thousand take two seconds.
BATCH = 250


def expire_due(workplace: Workplace) -> list[int]:
    """Archive every new referral whose expiry has come; each with its deadline as the time.

    Safe to run by many at once: each is archived in a transaction that asks again whether it is still new. On a desk
    open for reading only nothing is written.

    Returns:
        The numbers of those that this call archived.
    """
    if workplace.database.read_only or not _due(workplace.database.reader, workplace, 1):
        return []
    archived: list[int] = []
    while True:
        with workplace.database.writing() as connection:
            due = _due(connection, workplace, BATCH)
            for row in due:
                _expire(connection, row, workplace)
        archived += [row["id"] for row in due]
        if len(due) < BATCH:
            return archived


def _due(connection: Connection, workplace: Workplace, limit: int) -> list[dict[str, Any]]:
    query = "select * from referral where status = 'new' and expires_at <= ? order by expires_at, id limit ?"
    return [dict(row) for row in connection.execute(query, (codec.micros(workplace.now()), limit))]


def _expire(connection: Connection, row: dict[str, Any], workplace: Workplace) -> None:
    deadline = codec.instant(row["expires_at"])
    changes = {"status": Status.ARCHIVED, "outcome": Outcome.EXPIRED, "closed_at": row["expires_at"]}
    after = plain.update(connection, row, {**changes, "changed_at": codec.micros(workplace.now())})
    notices = [Notice("expired", recipient(row["contacts"]), deadline)] if workplace.tell_customers else []
    journal.record(connection, row, after, Action.EXPIRED, DESK, deadline, notices=notices)
