"""The one place where a change of a referral is recorded, for both ways of writing it.

Whoever changed a row, the ORM (`orm`) or plain SQL (`plain`), hands in the row before and after. History (T4), owed
notices (N1), counters and search index follow from these, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from refterm.domain.history import Action, Actor, Notice
from refterm.store import codec, search_index
from refterm.store.connection import Connection
from refterm.store.search_words import SEARCHED

Row = Mapping[str, Any]

_HISTORY = (
    "insert into history (at, by, login, action, referral_id, changes, version, batch) values (?, ?, ?, ?, ?, ?, ?, ?)"
)
_HISTORY_NUMBER = f"{_HISTORY} returning id"
_OUTBOX = (
    "insert into outbox (kind, recipient, referral_id, history_id, state, due_at, attempts) values (?, ?, ?, ?, ?, ?, 0)"
    " on conflict do nothing"
)


def record(
    connection: Connection,
    before: Row,
    after: Row,
    action: Action,
    actor: Actor,
    at: datetime,
    *,
    notices: Sequence[Notice] = (),
    batch: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> int:
    """Record one change of one referral.

    Args:
        connection: the driver's connection, inside the transaction of the change.
        before: the whole row as it was.
        after: the whole row as it is now.
        action: what was done.
        actor: who did it.
        at: when.
        notices: what the change owes.
        batch: what was decided together with others, and is undone with them (U1).
        extra: values the history keeps that no column has, such as the text of a note.

    Returns:
        The number of the history entry.
    """
    changes: dict[str, Any] = {
        **codec.changes(before, after),
        **{field: [None, value] for field, value in (extra or {}).items()},
    }
    values = (
        codec.micros(at),
        actor.name,
        actor.login,
        action,
        after["id"],
        codec.dump(changes),
        after["version"],
        batch,
    )
    entry = int(connection.execute(_HISTORY_NUMBER, values).fetchone()[0])
    for notice in notices:
        due, state = codec.micros(notice.due_at), "held" if notice.due_at > at else "due"
        connection.execute(_OUTBOX, (notice.kind, notice.to, after["id"], entry, state, due))
    if before["status"] != after["status"]:
        connection.execute("update counter set referrals = referrals - 1 where status = ?", (before["status"],))
        connection.execute("update counter set referrals = referrals + 1 where status = ?", (after["status"],))
    if any(before[column] != after[column] for column in SEARCHED):
        search_index.change(connection, after)
    return entry


def record_imported(connection: Connection, rows: Sequence[Row], actor: Actor, at: datetime) -> None:
    """Record new rows, many at once: history, counters and search. Each row is whole, with its `id`."""
    moment = codec.micros(at)
    connection.executemany(
        _HISTORY,
        [(moment, actor.name, actor.login, Action.IMPORTED, row["id"], "{}", row["version"], None) for row in rows],
    )
    search_index.add(connection, rows)
    for status in {row["status"] for row in rows}:
        count = sum(row["status"] == status for row in rows)
        connection.execute("update counter set referrals = referrals + ? where status = ?", (count, status))


def take_back(connection: Connection, entries: Iterable[int]) -> None:
    """Mark the notices that decisions owe as undone, as far as they are not delivered (U1)."""
    connection.executemany(
        "update outbox set state = 'undone' where history_id = ? and state in ('held', 'due', 'failed')",
        [(entry,) for entry in entries],
    )
