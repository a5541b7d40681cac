"""What the desk knows of Partner Center, in plain SQL: each referral as it was last seen there, and how far the sync is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from refterm.store import codec
from refterm.store.connection import Connection, placeholders

Row = dict[str, Any]
# What the sync starts with: nothing is bound, nobody has asked yet.
_NOTHING: Row = {
    **dict.fromkeys(("tenant", "organization", "account", "watermark", "completed_at", "full_at", "tried_at")),
    **dict.fromkeys(("paused_until", "lease", "lease_until", "progress", "problem", "error")),
}
PROBLEMS = ("offline", "signed-out", "forbidden")
_WAITS = "kind = 'push' and state in ('held', 'due')"


def state(connection: Connection) -> Row:
    """How far the sync is, and what it is bound to."""
    row = connection.execute("select * from sync where id = 1").fetchone()
    return dict(row) if row else {"id": 1, **_NOTHING}


def put_state(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep some of it."""
    _ensure(connection)
    assignments = ", ".join(f"{column} = ?" for column in values)
    connection.execute(f"update sync set {assignments} where id = 1", tuple(values.values()))


def take_lease(connection: Connection, holder: str, now: int, until: int) -> bool:
    """Take or renew the right to sync; false where another holds it."""
    _ensure(connection)
    done = connection.execute(
        "update sync set lease = :holder, lease_until = :until"
        " where id = 1 and (lease is null or lease = :holder or lease_until <= :now)",
        {"holder": holder, "now": now, "until": until},
    )
    return done.rowcount == 1


def leave_lease(connection: Connection, holder: str) -> None:
    """Give it back."""
    connection.execute(
        "update sync set lease = null, lease_until = null, progress = null where id = 1 and lease = ?", (holder,)
    )


def _ensure(connection: Connection) -> None:
    connection.execute("insert into sync (id) values (1) on conflict do nothing")


def known(connection: Connection, referral_ids: Sequence[int]) -> dict[int, Row]:
    """What is known of some referrals there, by their number."""
    found = connection.execute(
        f"select * from remote where referral_id in ({placeholders(len(referral_ids))})", tuple(referral_ids)
    )
    return {row["referral_id"]: dict(row) for row in found}


def one(connection: Connection, referral_id: int) -> Row | None:
    """What is known of one referral there; None where no sync brought it."""
    return known(connection, [referral_id]).get(referral_id)


def with_conflicts(connection: Connection) -> list[int]:
    """The referrals of which both sides changed the same field."""
    rows = connection.execute("select referral_id from remote where conflict is not null order by referral_id")
    return [int(row[0]) for row in rows.fetchall()]


def both_changed(connection: Connection, referral_id: int) -> list[str]:
    """The fields of a referral that both sides changed, of which theirs stands."""
    row = connection.execute("select conflict from remote where referral_id = ?", (referral_id,)).fetchone()
    return [str(change["field"]) for change in json.loads(row["conflict"])] if row and row["conflict"] else []


def is_known(connection: Connection, referral_id: int) -> bool:
    """Whether a sync brought a referral."""
    return connection.execute("select 1 from remote where referral_id = ?", (referral_id,)).fetchone() is not None


_KEEP = (
    "insert into remote (referral_id, etag, record, synced_at, account, behind) values (:referral_id, :etag, :record,"
    " :synced_at, :account, 0) on conflict (referral_id) do update set etag = excluded.etag, record = excluded.record,"
    " synced_at = excluded.synced_at, account = excluded.account, not_visible_since = null, error = null, behind = 0"
)


def keep(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep referrals as they were just seen there: `referral_id`, `etag`, `record`, `synced_at`, `account`."""
    connection.executemany(_KEEP, rows)


def mark(connection: Connection, referral_id: int, **values: Any) -> None:
    """Note something of a referral there: `not_visible_since`, `error`, `conflict`, `behind`."""
    assignments = ", ".join(f"{column} = ?" for column in values)
    connection.execute(f"update remote set {assignments} where referral_id = ?", (*values.values(), referral_id))


def behind(connection: Connection, limit: int) -> list[Row]:
    """Referrals that changed there while something of theirs waited here, and nothing waits any more."""
    query = (
        "select remote.referral_id, referral.source_id from remote join referral on referral.id = remote.referral_id"
        " where remote.behind = 1 and not exists (select 1 from outbox where outbox.referral_id = remote.referral_id and"
        f" {_WAITS}) order by remote.referral_id limit ?"
    )
    return [dict(row) for row in connection.execute(query, (limit,))]


def open_and_unseen(connection: Connection, since: int, limit: int) -> list[Row]:
    """New and active referrals that no sync has seen there since an instant, and that are not marked so."""
    query = (
        "select remote.referral_id, referral.source_id from remote join referral on referral.id = remote.referral_id"
        " where remote.synced_at < ? and remote.not_visible_since is null and referral.status in ('new', 'active')"
        f" and not exists (select 1 from outbox where outbox.referral_id = remote.referral_id and {_WAITS})"
        " order by remote.referral_id limit ?"
    )
    return [dict(row) for row in connection.execute(query, (since, limit))]


def pending(connection: Connection, referral_ids: Sequence[int]) -> set[int]:
    """Those of some referrals of which something is still to be sent, or could not be."""
    found = connection.execute(
        f"select distinct referral_id from outbox where kind = 'push' and state in ('held', 'due', 'failed')"
        f" and referral_id in ({placeholders(len(referral_ids))})",
        tuple(referral_ids),
    )
    return {row[0] for row in found}


def pushes(connection: Connection, referral_id: int) -> list[Row]:
    """What is still to be sent of a referral, or could not be, in order."""
    query = "select * from outbox where kind = 'push' and state in ('held', 'due', 'failed') and referral_id = ? order by id"
    return [dict(row) for row in connection.execute(query, (referral_id,))]


def due(connection: Connection, now: datetime) -> list[Row]:
    """Pushes that are due, the first of each referral; a later one waits for those before it."""
    query = (
        f"select * from outbox as item where {_WAITS} and due_at <= :now and not exists"
        " (select 1 from outbox as earlier where earlier.referral_id = item.referral_id and earlier.id < item.id"
        " and earlier.kind = 'push' and earlier.state in ('held', 'due', 'failed')) order by id"
    )
    return [dict(row) for row in connection.execute(query, {"now": codec.micros(now)})]


def next_due(connection: Connection) -> datetime | None:
    """When the next push is due."""
    row = connection.execute(f"select min(due_at) from outbox where {_WAITS}").fetchone()
    return codec.instant_or_none(row[0])


def waiting(connection: Connection) -> tuple[int, int]:
    """How many pushes wait, and how many have failed."""
    row = connection.execute(
        "select count(case when state <> 'failed' then 1 end), count(case when state = 'failed' then 1 end)"
        " from outbox where kind = 'push' and state in ('held', 'due', 'failed')"
    ).fetchone()
    return int(row[0]), int(row[1])


def add_push(
    connection: Connection,
    *,
    referral_id: int,
    history_id: int,
    due_at: int | None,
    held: bool,
    person: str,
    changes: Mapping[str, Sequence[Any]],
    request_id: str,
) -> None:
    """Owe Partner Center a change: its columns with their values before and after."""
    connection.execute(
        "insert into outbox (kind, recipient, referral_id, history_id, state, due_at, attempts, person, text, message_id)"
        " values ('push', '', ?, ?, ?, ?, 0, ?, ?, ?)",
        (referral_id, history_id, "held" if held else "due", due_at, person, codec.dump(changes), request_id),
    )


def cancel_from(connection: Connection, referral_id: int, history_id: int) -> None:
    """Take back what is to be sent of a decision that is undone, and of the edits after it."""
    connection.execute(
        "update outbox set state = 'undone', claimed_until = null where kind = 'push' and referral_id = ? and history_id >= ?"
        " and state in ('held', 'due', 'failed', 'dropped')",
        (referral_id, history_id),
    )


def claim(connection: Connection, number: int, until: int) -> bool:
    """Begin to send a push; false where it was dropped or undone meanwhile."""
    done = connection.execute(
        f"update outbox set claimed_until = ?, state = 'due', attempts = attempts + 1 where id = ? and {_WAITS}",
        (until, number),
    )
    return done.rowcount == 1


def unclaim(connection: Connection, number: int, attempts: int) -> None:
    """Give a push back as it was, its attempt not counted."""
    connection.execute("update outbox set claimed_until = null, attempts = ? where id = ?", (attempts, number))


def settle(connection: Connection, number: int, state_: str, error: str | None = None) -> None:
    """Say what became of a push that was being sent."""
    connection.execute(
        "update outbox set state = ?, error = ?, claimed_until = null where id = ?", (state_, error, number)
    )


def put_off(connection: Connection, number: int, due_at: int, error: str) -> None:
    """Let a push be tried again later."""
    connection.execute(
        "update outbox set due_at = ?, error = ?, claimed_until = null where id = ?", (due_at, error, number)
    )


def left(connection: Connection, history_id: int, now: int) -> bool:
    """Whether a push of a history entry has left this desk, or may have."""
    query = (
        "select 1 from outbox where history_id = ? and kind = 'push'"
        " and (state = 'sent' or (state in ('held', 'due', 'failed') and (attempts > 0 or claimed_until > ?))) limit 1"
    )
    return connection.execute(query, (history_id, now)).fetchone() is not None


def cancel_letters(connection: Connection, referral_id: int) -> None:
    """Take back what is owed to a customer about an end that does not stand any more."""
    connection.execute(
        "update outbox set state = 'undone', claimed_until = null where referral_id = ? and kind in ('declined', 'expired')"
        " and state in ('held', 'due', 'failed')",
        (referral_id,),
    )


def acknowledged(connection: Connection, *, after: int, until: int) -> dict[int, int]:
    """When Partner Center had the accept or decline that was made here, by referral; of numbers after and up to others."""
    query = (
        "select referral.id, min(history.at) from remote join referral on referral.id = remote.referral_id"
        " join history on history.referral_id = referral.id"
        " where remote.referral_id > ? and remote.referral_id <= ? and referral.decided_by is not null"
        # What a push sent stands in its entry: an edit of later is no acknowledgement of the decision.
        " and history.action = 'pushed' and history.at >= referral.decided_at and history.changes like '%status%'"
        " group by referral.id"
    )
    return {row[0]: row[1] for row in connection.execute(query, (after, until))}


def on_hold(connection: Connection) -> list[int]:
    """Pushes that nobody has let go yet: of what was decided before the desk was connected."""
    query = f"select id from outbox where {_WAITS} and due_at is null order by id"
    return [row[0] for row in connection.execute(query)]


def let_go(connection: Connection, numbers: Sequence[int], now: int) -> None:
    """Let pushes on hold be sent."""
    connection.executemany(
        "update outbox set due_at = ?, state = 'due' where id = ? and due_at is null and state in ('held', 'due')",
        [(now, number) for number in numbers],
    )


def standings(connection: Connection, referral_ids: Sequence[int]) -> dict[int, Row]:
    """What `remote` says of some referrals, by their number (contract, JSON of one referral)."""
    wanted = placeholders(len(referral_ids))
    query = (
        "select remote.*, (select count(*) from outbox where outbox.referral_id = remote.referral_id and kind = 'push'"
        " and state = 'failed') as failed, (select count(*) from outbox where outbox.referral_id = remote.referral_id and"
        f" {_WAITS}) as waits from remote where referral_id in ({wanted})"
    )
    return {row["referral_id"]: dict(row) for row in connection.execute(query, tuple(referral_ids))}


def look_again(connection: Connection, outbox_id: int) -> None:
    """Let the next pass read the referral of a push that was dropped: the source's state stands."""
    connection.execute(
        "update remote set behind = 1 where referral_id = (select referral_id from outbox where id = ? and kind = 'push')",
        (outbox_id,),
    )
