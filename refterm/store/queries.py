"""Questions to the database in plain SQL, quick enough to ask between two keys: one referral, its history, what is next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from refterm.domain.referral import Referral
from refterm.domain.row import Row
from refterm.errors import NotFoundError
from refterm.i18n import _
from refterm.store import codec
from refterm.store.conditions import DUE, FLAME, SKIPPED, WAITING
from refterm.store.connection import Connection, placeholders
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


def keep_scores(connection: Connection, scores: list[tuple[int | None, int]]) -> None:
    """Keep how well new referrals fit: each score with its referral's number (I7)."""
    connection.executemany("update referral set fit = ? where id = ? and status = 'new'", scores)
