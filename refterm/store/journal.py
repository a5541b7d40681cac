"""The one place where a change of a referral is recorded.

Every writer hands in the row before and after. History (T4), owed notices (N1), counters and search index follow from
these, in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from refterm.domain.history import DESK, Action, Actor, Notice
from refterm.store import codec, search
from refterm.store.connection import Connection, insert
from refterm.store.search_words import SEARCHED

Row = Mapping[str, Any]

_HISTORY = (
    "insert into history (at, by, login, action, referral_id, changes, version, batch) values (?, ?, ?, ?, ?, ?, ?, ?)"
)
_OUTBOX_OF_LATEST = (
    "insert into outbox (kind, recipient, referral_id, history_id, state, due_at, attempts)"
    " values (?, ?, ?, (select max(id) from history where referral_id = ?), ?, ?, 0) on conflict do nothing"
)
_HISTORY_NUMBER = (
    "insert into history (at, by, login, action, referral_id, changes, version, batch, undo_until)"
    " values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id"
)
_OUTBOX = (
    "insert into outbox (kind, recipient, referral_id, history_id, state, due_at, attempts, person, subject, text)"
    " values (?, ?, ?, ?, ?, ?, 0, ?, ?, ?) on conflict do nothing"
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
    undo_until: datetime | None = None,
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
        undo_until: of a decision, until when it can be undone (U1).

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
        codec.micros_or_none(undo_until),
    )
    entry = int(connection.execute(_HISTORY_NUMBER, values).fetchone()[0])
    for notice in notices:
        due, state = codec.micros(notice.due_at), "held" if notice.due_at > at else "due"
        letter = (notice.person, notice.subject, notice.text)
        connection.execute(_OUTBOX, (notice.kind, notice.to, after["id"], entry, state, due, *letter))
    if before["status"] != after["status"]:
        _count(connection, before["status"], -1)
        _count(connection, after["status"], 1)
    if any(before[column] != after[column] for column in SEARCHED):
        search.change(connection, [after])
    return entry


class Change(NamedTuple):
    """One change of one referral, among many of the same kind.

    Attributes:
        before: the whole row as it was.
        after: the whole row as it is now.
        at: when.
        notices: what the change owes.
    """

    before: Row
    after: Row
    at: datetime
    notices: tuple[Notice, ...] = ()


def record_all(connection: Connection, changes: Sequence[Change], action: Action, actor: Actor) -> None:
    """Record many changes of one kind as `record` records one; a statement for all of them costs half as much."""
    connection.executemany(
        _HISTORY,
        [
            (
                codec.micros(one.at),
                actor.name,
                actor.login,
                action,
                one.after["id"],
                codec.dump(codec.changes(one.before, one.after)),
                one.after["version"],
                None,
            )
            for one in changes
        ],
    )
    connection.executemany(
        _OUTBOX_OF_LATEST,
        [
            (
                notice.kind,
                notice.to,
                one.after["id"],
                one.after["id"],
                "held" if notice.due_at > one.at else "due",
                codec.micros(notice.due_at),
            )
            for one in changes
            for notice in one.notices
        ],
    )
    moved = Counter((one.before["status"], one.after["status"]) for one in changes)
    for (source, target), count in moved.items():
        if source != target:
            _count(connection, source, -count)
            _count(connection, target, count)
    search.change(
        connection, [one.after for one in changes if any(one.before[name] != one.after[name] for name in SEARCHED)]
    )


def record_imported(
    connection: Connection,
    rows: Sequence[Row],
    actor: Actor,
    at: datetime,
    notices: Sequence[tuple[int, Notice]] = (),
    expired: Sequence[Row] = (),
) -> None:
    """Record new rows, many at once: history, counters, search and what is owed. Each row is whole, with its `id`.

    Args:
        connection: inside the transaction that wrote them.
        rows: the new rows.
        actor: who brought them in.
        at: when.
        notices: what each owes, by the row's `id` (P3).
        expired: those of them that were new at their source and past their expiry, archived so at their deadline (I4).
    """
    moment = codec.micros(at)
    insert(
        connection,
        _HISTORY,
        [
            (moment, actor.name, actor.login, Action.IMPORTED.value, row["id"], "{}", row["version"], None)
            for row in rows
        ],
    )
    connection.executemany(
        _OUTBOX_OF_LATEST,
        [
            (
                notice.kind,
                notice.to,
                number,
                number,
                "held" if notice.due_at > at else "due",
                codec.micros(notice.due_at),
            )
            for number, notice in notices
        ],
    )
    connection.executemany(
        _HISTORY,
        [
            (
                row["closed_at"],
                DESK.name,
                DESK.login,
                Action.EXPIRED,
                row["id"],
                codec.dump(codec.changes({**row, "status": "new", "outcome": None, "closed_at": None}, row)),
                row["version"],
                None,
            )
            for row in expired
        ],
    )
    search.add(connection, rows)
    for status in {row["status"] for row in rows}:
        count = sum(row["status"] == status for row in rows)
        _count(connection, status, count)


def record_profile(
    connection: Connection,
    changes: Mapping[str, Sequence[Any]],
    action: Action,
    actor: Actor,
    at: datetime,
    version: int,
) -> None:
    """Record a change of a profile; its name is always among the changes."""
    values = (codec.micros(at), actor.name, actor.login, action, None, codec.dump(changes), version, None)
    connection.execute(_HISTORY, values)


def record_setting(connection: Connection, key: str, before: Any, after: Any, actor: Actor, at: datetime) -> None:
    """Record a change of a setting of the desk."""
    changes = codec.dump({key: [before, after]})
    values = (codec.micros(at), actor.name, actor.login, Action.SETTING_CHANGED, None, changes, 0, None)
    connection.execute(_HISTORY, values)


def record_restored(connection: Connection, changes: Mapping[str, Sequence[Any]], actor: Actor, at: datetime) -> None:
    """Record that a backup took the desk's place."""
    values = (codec.micros(at), actor.name, actor.login, Action.RESTORED, None, codec.dump(changes), 0, None)
    connection.execute(_HISTORY, values)


def cancel_notices(connection: Connection, entries: Iterable[int]) -> None:
    """Cancel the undelivered notices of these history entries (U1).

    Dropped ones too: else `outbox retry` would send what the undone decision owed.
    """
    connection.executemany(
        "update outbox set state = 'undone', claimed_until = null"
        " where history_id = ? and state in ('held', 'due', 'failed', 'dropped')",
        [(entry,) for entry in entries],
    )


def _count(connection: Connection, status: str, more: int) -> None:
    connection.execute("update counter set referrals = referrals + ? where status = ?", (more, status))
