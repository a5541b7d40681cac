"""What the history says: entries of a referral or of the desk, decisions that stand, what others did meanwhile.

It is written in journal.py alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from refterm.domain.history import DECISIONS, Action, Entry
from refterm.store import codec
from refterm.store.connection import ALL, Connection, Record


def entries(
    connection: Connection, referral_id: int | None = None, *, after: int = 0, limit: int = ALL
) -> Iterator[Entry]:
    """The history in the order in which it was written: of one referral or of the whole desk."""
    one = "" if referral_id is None else "referral_id = :id and "
    query = f"select * from history where {one}id > :after order by id limit :limit"
    for row in connection.execute(query, {"id": referral_id, "after": after, "limit": limit}):
        yield _entry(row)


def one(connection: Connection, number: int) -> Entry:
    """One entry of the history, which must be there."""
    return _entry(connection.execute("select * from history where id = ?", (number,)).fetchone())


def latest(connection: Connection, referral_id: int, count: int) -> list[Entry]:
    """The latest history entries of a referral, the newest first."""
    query = "select * from history where referral_id = ? order by id desc limit ?"
    return [_entry(row) for row in connection.execute(query, (referral_id, count))]


def by_time(connection: Connection, referral_id: int | None = None) -> Iterator[Entry]:
    """The history, oldest first (T4). An expiry is written when it is noticed, and happened at its deadline (I4)."""
    one = "" if referral_id is None else "where referral_id = :id"
    for row in connection.execute(f"select * from history {one} order by at, id", {"id": referral_id}):
        yield _entry(row)


def source_says(connection: Connection, referral_id: int) -> str | None:
    """The state that the source has come to otherwise than this desk; None where they do not contradict each other."""
    row = connection.execute(
        "select changes from history where referral_id = ? and action = 'updated' order by id desc limit 1",
        (referral_id,),
    ).fetchone()
    said = json.loads(row["changes"]).get("source") if row else None
    return None if said is None else str(said[1])


def last_number(connection: Connection) -> int:
    """The number of the newest history entry; 0 where there is none."""
    return int(connection.execute("select coalesce(max(id), 0) from history").fetchone()[0])


def came_and_went(connection: Connection, after: int) -> tuple[int, int]:
    """How many referrals came in since a history entry and are new still, and how many ran out."""
    came = (
        "select count(*) from history join referral on referral.id = history.referral_id"
        " where history.id > ? and history.action = 'imported' and referral.status = 'new'"
    )
    # What came in past its expiry was never new here: its version is still the first.
    went = "select count(*) from history where id > ? and action = 'expired' and version > 1"
    first, second = (int(connection.execute(query, (after,)).fetchone()[0]) for query in (came, went))
    return first, second


# An undone reply has the batch REPLY, and is no undo of a decision.
REPLY = "reply"


_HELD_REPLY = (
    "made.action = 'replied' and exists (select 1 from outbox where outbox.history_id = made.id"
    " and outbox.kind = 'reply' and outbox.state = 'held' and outbox.due_at > :now)"
)


def standing_decision(connection: Connection, referral_id: int) -> tuple[Entry, Entry | None] | None:
    """The latest decision on a referral that was not undone, and the latest later change of what it set (U1).

    One that was undone left everything as it was, so neither it nor its undo is such a change.
    """
    later: list[Entry] = []
    undone = 0
    for row in connection.execute("select * from history where referral_id = ? order by id desc", (referral_id,)):
        if row["action"] == Action.UNDONE and row["batch"] is None:
            undone += 1
        elif row["action"] not in DECISIONS:
            later.append(_entry(row))
        elif undone:
            undone -= 1
        else:
            made = _entry(row)
            return made, next((entry for entry in later if entry.changes.keys() & made.changes.keys()), None)
    return None


def held_reply(connection: Connection, referral_id: int, name: str, now: datetime) -> Entry | None:
    """A person's latest reply on a referral that is still held, so that it can be undone (U1)."""
    row = connection.execute(
        f'select * from history as made where referral_id = :id and "by" = :by and {_HELD_REPLY} order by id desc limit 1',
        {"id": referral_id, "by": name, "now": codec.micros(now)},
    ).fetchone()
    return _entry(row) if row else None


def yielded(connection: Connection, referral_id: int, name: str) -> Entry | None:
    """The latest decision of a person that Partner Center did not take, unless the person decided or edited since."""
    since = ", ".join(f"'{action.value}'" for action in (*DECISIONS, Action.EDITED))
    row = connection.execute(
        f"select * from history where referral_id = ? and \"by\" = ? and action in ({since}, 'yielded')"
        " order by id desc limit 1",
        (referral_id, name),
    ).fetchone()
    return _entry(row) if row and row["action"] == Action.YIELDED else None


def yields(connection: Connection, name: str, after: int, since: datetime) -> list[int]:
    """Referrals of which Partner Center did not take what a person decided, after an entry and an instant, in order."""
    rows = connection.execute(
        "select referral_id, max(id) as last from history where \"by\" = :by and id > :after and action = 'yielded'"
        # Without a sync nothing yields, and nobody's history is looked through.
        " and exists (select 1 from remote)"
        ' and id > coalesce((select id from history where "by" = :by and at < :since order by id desc limit 1), 0)'
        " group by referral_id order by last",
        {"by": name, "after": after, "since": codec.micros(since)},
    )
    return [row[0] for row in rows]


def recent_decisions(connection: Connection, name: str, seconds: int, now: datetime) -> list[list[Entry]]:
    """A person's decisions whose time to undo lasts, and held replies, the latest first; those made as one together.

    `seconds` is that time for a decision of an older version of the program.
    """
    names = ", ".join(f"'{action.value}'" for action in DECISIONS)
    rows = connection.execute(
        f'select * from history as made where "by" = :by and'
        f" ((action in ({names}) and coalesce(undo_until, at + :span) > :now) or ({_HELD_REPLY}))"
        # Nothing is held for more than an hour: what is older is not looked at.
        ' and id > coalesce((select id from history where "by" = :by and at <= :floor order by id desc limit 1), 0)'
        " order by id desc",
        {
            "by": name,
            "span": seconds * 1_000_000,
            "now": codec.micros(now),
            "floor": codec.micros(now - timedelta(hours=2)),
        },
    )
    return [
        [_entry(row) for row in together] for _one, together in groupby(rows, key=lambda row: row["batch"] or row["id"])
    ]


def notice_was_sent(connection: Connection, entry: int) -> bool:
    """Whether a notice of this history entry was delivered."""
    found = connection.execute(
        "select 1 from outbox where history_id = ? and state in ('sent', 'written') limit 1", (entry,)
    )
    return found.fetchone() is not None


def _entry(row: Record) -> Entry:
    return Entry(
        id=row["id"],
        at=codec.instant(row["at"]),
        by=row["by"],
        login=row["login"],
        action=row["action"],
        referral=row["referral_id"],
        changes={field: (values[0], values[1]) for field, values in json.loads(row["changes"]).items()},
        version=row["version"],
        undo_until=codec.instant_or_none(row["undo_until"]),
    )


def acted_since(connection: Connection, since: datetime) -> dict[str, str]:
    """Who acted since an instant, each with the login of the latest time; one step of the index for each name."""
    query = (
        'with recursive names(name) as (select min("by") from history union all'
        ' select (select min("by") from history where "by" > names.name) from names where names.name is not null)'
        ' select history."by", history.login from names join history on history.id ='
        ' (select id from history latest where latest."by" = names.name order by latest.id desc limit 1)'
        ' where history.at >= ? order by history."by"'
    )
    return {row[0]: row[1] for row in connection.execute(query, (codec.micros(since),)).fetchall()}


def entries_where(connection: Connection, where: str, bound: Mapping[str, Any], after: int, limit: int) -> list[Entry]:
    """The history of referrals that satisfy a condition, after an entry's number, oldest first."""
    query = (
        "select history.* from history where history.id > :after and referral_id in"
        f" (select id from referral where {where}) order by history.id limit :limit"
    )
    found = connection.execute(query, {**bound, "after": after, "limit": limit})
    return [_entry(row) for row in found]


def newest_instant(connection: Connection) -> datetime | None:
    """The latest instant among the last entries of the history; None where there is none."""
    query = "select max(at) from (select at from history order by id desc limit 100) as latest"
    return codec.instant_or_none(connection.execute(query).fetchone()[0])
