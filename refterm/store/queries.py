"""Questions to the database in plain SQL, quick enough to ask between two keys: one referral, its history, what is next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from refterm.domain.history import DECISIONS, Action, Entry
from refterm.domain.referral import Referral
from refterm.domain.row import Row
from refterm.errors import NotFoundError
from refterm.i18n import _
from refterm.store import codec
from refterm.store.conditions import DUE, FLAME, SKIPPED, WAITING
from refterm.store.connection import ALL, Connection, Record, placeholders
from refterm.store.segment import ROW_COLUMNS, read_row
from refterm.text import beginning_of_guid, clean_line, identity

# The setting that tells which desk this is.
DESK_ID = "desk.id"
LEAST_PREFIX = 6
MOST_BOUND = 500  # values in one statement; SQLite takes some thousands
# What referrals of the same engagement or the same customer have in common (I9); each has its index.
SAME = ("engagement_id", "company_key", "email_domain", "duns")
_MOST_DIGITS = 18  # of a number that the database can have


def referral(connection: Connection, referral_id: int) -> Referral:
    """One referral, whole.

    Raises:
        NotFoundError: when there is none.
    """
    row = connection.execute("select * from referral where id = ?", (referral_id,)).fetchone()
    if row is None:
        raise NotFoundError(_("there is no referral {id}; see refterm list --tab all").format(id=referral_id))
    return codec.read_referral(row)


def resolve(connection: Connection, text: str) -> int:
    """The number of a referral from what a person typed: its number, its source id, or a unique beginning of that.

    Raises:
        NotFoundError: when there is none, or more than one.
    """
    typed = clean_line(text).strip()
    if typed.isdecimal():
        number = int(typed) if len(typed) <= _MOST_DIGITS else 0
        found = connection.execute("select id from referral where id = ?", (number,)).fetchall()
    else:
        found = connection.execute(
            "select id from referral where source_id in (?, ?)", (typed, identity(typed))
        ).fetchall()
        begins = "select id from referral where source_id >= ? and source_id < ?"
        if not found and len(typed) >= LEAST_PREFIX:
            found = connection.execute(f"{begins} limit 2", (typed, typed + "\U0010ffff")).fetchall()
        if not found and len(guid := beginning_of_guid(typed)) >= LEAST_PREFIX:
            only = f"{begins} and length(source_id) = 36 limit 2"
            found = connection.execute(only, (guid, guid + "g")).fetchall()
    if len(found) > 1:
        raise NotFoundError(_("{id} is the beginning of more than one referral; type more of it").format(id=typed[:60]))
    if not found:
        sentence = _("there is no referral {id}; see refterm list --tab all")
        if not typed.isdecimal() and len(typed) < LEAST_PREFIX:
            sentence = _(
                "there is no referral {id}; type its number, or at least the first {n} characters of its source id"
            )
        raise NotFoundError(sentence.format(id=typed[:60], n=LEAST_PREFIX))
    return int(found[0][0])


def duplicates(connection: Connection, referral_id: int, limit: int = 1000) -> list[int]:
    """Referrals of the same engagement or the same customer, newest first (I9)."""
    # One arm for each index; a single condition with "or" would read the table.
    arms = " union ".join(
        f"select other.id from referral this join referral other on other.{column} = this.{column} where this.id = :id"
        for column in SAME
    )
    query = f"select id from ({arms}) as same where id <> :id order by id desc limit :limit"
    return [row[0] for row in connection.execute(query, {"id": referral_id, "limit": limit})]


def rows(connection: Connection, ids: list[int], now: datetime) -> list[Row]:
    """Lines of the list for some referrals as they stand at an instant, in the order of the numbers given."""
    moment = codec.micros(now)
    found: dict[int, Row] = {}
    for start in range(0, len(ids), MOST_BOUND):
        some = ids[start : start + MOST_BOUND]
        query = f"select {ROW_COLUMNS} from referral where id in ({placeholders(len(some))})"
        found |= {row["id"]: read_row(row, moment) for row in connection.execute(query, some)}
    return [found[number] for number in ids if number in found]


def history(
    connection: Connection, referral_id: int | None = None, *, after: int = 0, limit: int = ALL
) -> Iterator[Entry]:
    """The history in the order in which it was written: of one referral or of the whole desk."""
    one = "" if referral_id is None else "referral_id = :id and "
    query = f"select * from history where {one}id > :after order by id limit :limit"
    for row in connection.execute(query, {"id": referral_id, "after": after, "limit": limit}):
        yield _entry(row)


def one_entry(connection: Connection, number: int) -> Entry:
    """One entry of the history, which must be there."""
    return _entry(connection.execute("select * from history where id = ?", (number,)).fetchone())


def latest(connection: Connection, referral_id: int, count: int) -> list[Entry]:
    """The latest history entries of a referral, the newest first."""
    query = "select * from history where referral_id = ? order by id desc limit ?"
    return [_entry(row) for row in connection.execute(query, (referral_id, count))]


def history_by_time(connection: Connection, referral_id: int | None = None) -> Iterator[Entry]:
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


def last_entry(connection: Connection) -> int:
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


_OPEN_FLAME = (
    f"from referral indexed by referral_open_flame where {FLAME} and expires_at > :now and id not in ({SKIPPED})"
)


def open_flames(connection: Connection, now: datetime, cooled: datetime) -> tuple[Row, bool, int] | None:
    """For the alert (F1): the hot one with least time left, else the newest cooled one; whether it is hot; how many are so."""
    bound = {"now": codec.micros(now), "cooled": codec.micros(cooled)}
    for hot, where, direction in ((True, "received_at > :cooled", ""), (False, "received_at <= :cooled", " desc")):
        order = ", ".join(f"{column}{direction}" for column in ("received_at", "expires_at", "id"))
        first = connection.execute(
            f"select {ROW_COLUMNS} {_OPEN_FLAME} and {where} order by {order} limit 1", bound
        ).fetchone()
        if first:
            count = connection.execute(f"select count(*) {_OPEN_FLAME} and {where}", bound).fetchone()[0]
            return read_row(first, bound["now"]), hot, int(count)
    return None


def flames(connection: Connection, now: datetime, cooled: datetime, limit: int = 1000) -> list[int]:
    """Open flames in the order in which to contact them: hot ones by time left, then cooled ones, newest first."""
    bound = {"now": codec.micros(now), "cooled": codec.micros(cooled), "limit": limit}
    hot = f"select id {_OPEN_FLAME} and received_at > :cooled order by received_at, expires_at, id limit :limit"
    warm = f"select id {_OPEN_FLAME} and received_at <= :cooled order by received_at desc, expires_at desc, id desc limit :limit"
    return [row[0] for query in (hot, warm) for row in connection.execute(query, bound)]


def next_instants(connection: Connection, now: datetime) -> list[datetime]:
    """When the Inbox next changes by itself: the next expiry, and the next return of what is put aside."""
    query = f"select min(expires_at) from referral where {WAITING}"
    expiry = connection.execute(query, {"now": codec.micros(now)}).fetchone()[0]
    moments = (codec.instant_or_none(expiry), next_back(connection, now))
    return [moment for moment in moments if moment is not None]


def next_back(connection: Connection, now: datetime) -> datetime | None:
    """When the next of those put aside comes back (I8)."""
    query = "select min(skipped_until) from referral where skipped_until > ?"
    return codec.instant_or_none(connection.execute(query, (codec.micros(now),)).fetchone()[0])


def follow_ups_due(connection: Connection, since: datetime | None, now: datetime, limit: int) -> list[int]:
    """The engagements whose follow-up is due, the latest first; only those that fell due after an instant (A5)."""
    query = (
        "select id from referral where status = 'active' and follow_up_at <= :now and follow_up_at > :since"
        " order by follow_up_at desc, id limit :limit"
    )
    bound = {"now": codec.micros(now), "since": -codec.NEVER if since is None else codec.micros(since), "limit": limit}
    return [row[0] for row in connection.execute(query, bound).fetchall()]


def next_follow_up(connection: Connection, now: datetime) -> datetime | None:
    """When the next follow-up falls due (A5)."""
    query = "select min(follow_up_at) from referral where status = 'active' and follow_up_at > ?"
    return codec.instant_or_none(connection.execute(query, (codec.micros(now),)).fetchone()[0])


def profiles(connection: Connection) -> list[str]:
    """The names of the profiles that referrals are routed to."""
    return [
        row[0]
        for row in connection.execute("select distinct profile from referral where profile is not null order by 1")
    ]


def outbox(connection: Connection, referral_id: int | None = None) -> list[dict[str, Any]]:
    """All notices, oldest first."""
    where = "" if referral_id is None else "where referral_id = ?"
    found = connection.execute(
        f"select * from outbox {where} order by id", () if referral_id is None else (referral_id,)
    )
    return [dict(row) for row in found]


def settings(connection: Connection) -> dict[str, str]:
    """Every setting of the desk that is kept, by its key."""
    return {row[0]: row[1] for row in connection.execute("select key, value from setting order by key").fetchall()}


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


def setting(connection: Connection, key: str) -> str | None:
    """One setting of the desk."""
    row = connection.execute("select value from setting where key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def profile_currency(connection: Connection, name: str) -> str | None:
    """The currency of a profile, by its name."""
    row = connection.execute("select currency from profile where name = ?", (name,)).fetchone()
    return row["currency"] if row else None


def notices_due(connection: Connection, now: datetime) -> bool:
    """Whether anything in the outbox is due."""
    query = "select 1 from outbox where kind <> 'push' and state in ('held', 'due') and due_at <= ? limit 1"
    return connection.execute(query, (codec.micros(now),)).fetchone() is not None


def decided(connection: Connection, most: int) -> Iterator[Any]:
    """The latest archived and the active referrals, at most `most` of each, as the scores need them."""
    # Left to itself the planner reads and sorts the whole archive: seconds at a million, while somebody types.
    for index, status, newest in (
        ("referral_closed", "archived", "coalesce(closed_at, 0) desc, id desc"),
        ("referral_received", "active", "received_at desc"),
    ):
        yield from connection.execute(
            "select status, outcome, solutions, products, industry, size, country"
            f" from referral indexed by {index} where status = '{status}' order by {newest} limit ?",
            (most,),
        )


def new_after(connection: Connection, number: int, most: int) -> list[int]:
    """The numbers of new referrals after one, in order."""
    query = "select id from referral where +status = 'new' and id > ? order by id limit ?"
    return [row["id"] for row in connection.execute(query, (number, most))]


def due(connection: Connection, now: datetime, limit: int) -> list[dict[str, Any]]:
    """The whole rows of new referrals whose expiry has come, the earliest first (I4)."""
    query = f"select * from referral where {DUE} order by expires_at, id limit :limit"
    return [dict(row) for row in connection.execute(query, {"now": codec.micros(now), "limit": limit})]


def with_records(connection: Connection, where: str, bound: Mapping[str, Any], after: int, limit: int) -> list[Any]:
    """Referrals that satisfy a condition (listing.condition), after a number, in order, each with its record as received."""
    # By number, not by an index of the status, which would have to be sorted each time.
    query = (
        "select referral.*, source.record from referral not indexed left join source on source.referral_id = referral.id"
        f" where referral.id > :after and {where} order by referral.id limit :limit"
    )
    return connection.execute(query, {**bound, "after": after, "limit": limit}).fetchall()


def history_of(connection: Connection, where: str, bound: Mapping[str, Any], after: int, limit: int) -> list[Entry]:
    """The history of referrals that satisfy a condition, after an entry's number, oldest first."""
    query = (
        "select history.* from history where history.id > :after and referral_id in"
        f" (select id from referral where {where}) order by history.id limit :limit"
    )
    found = connection.execute(query, {**bound, "after": after, "limit": limit})
    return [_entry(row) for row in found]


def received(
    connection: Connection,
    since: datetime | None,
    until: datetime | None,
    profile: str | None,
    *,
    after: int,
    limit: int,
) -> list[Any]:
    """What insights need of the referrals that were received in a period, after a number, in order."""
    query = (
        "select id, received_at, expires_at, status, outcome, decided_at, channel, profile, reason, deal_value,"
        " deal_currency, purchase_date, closed_at, closed_on, size, country, need, products, solutions from referral"
        # A deal of the company's own was not received from anybody, and accepting it answers no customer (G0).
        " where id > :after and received_at >= :since and received_at < :until and direction <> 'outgoing'"
        f"{'' if profile is None else ' and profile = :profile'} order by id limit :limit"
    )
    bound = {
        "since": -codec.NEVER if since is None else codec.micros(since),
        "until": codec.NEVER if until is None else codec.micros(until),
        "after": after,
        "limit": limit,
        **({} if profile is None else {"profile": profile}),
    }
    return connection.execute(query, bound).fetchall()


def newest_instant(connection: Connection) -> datetime | None:
    """The latest instant among the last entries of the history; None where there is none."""
    query = "select max(at) from (select at from history order by id desc limit 100) as latest"
    return codec.instant_or_none(connection.execute(query).fetchone()[0])


def keep_scores(connection: Connection, scores: list[tuple[int | None, int]]) -> None:
    """Keep how well new referrals fit: each score with its referral's number (I7)."""
    connection.executemany("update referral set fit = ? where id = ? and status = 'new'", scores)
