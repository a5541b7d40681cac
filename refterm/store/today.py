"""What was decided on a day, what comes next, and what Active holds: the queries behind an emptied Inbox and the pipeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from refterm.store import codec
from refterm.store.connection import Connection

# A day's decisions of one desk; beyond it figures of a day are of no use.
MOST = 5000


class Decided(NamedTuple):
    """A referral that was accepted or closed here since an instant.

    Attributes:
        outcome: `declined`, `won`, `lost` or `expired`; None for an engagement.
        decided_at: with `decided_by`, the accept or decline; None where nobody here decided.
        received_at: None where it is only estimated.
    """

    outcome: str | None
    decided_at: datetime | None
    decided_by: str | None
    closed_by: str | None
    received_at: datetime | None


def decided_since(connection: Connection, since: datetime) -> list[Decided]:
    """What was accepted or closed since an instant, without what was undone."""
    columns = "outcome, decided_at, decided_by, closed_by, received_at, received_estimated"
    bound = {"since": codec.micros(since), "most": MOST}
    accepted = f"select {columns} from referral where status = 'active' and decided_at >= :since limit :most"
    closed = (
        f"select {columns} from referral where status = 'archived' and coalesce(closed_at, 0) >= :since limit :most"
    )
    return [
        Decided(
            row["outcome"],
            codec.instant_or_none(row["decided_at"]),
            row["decided_by"],
            row["closed_by"],
            None if row["received_estimated"] else codec.instant(row["received_at"]),
        )
        for query in (accepted, closed)
        for row in connection.execute(query, bound)
    ]


def put_aside(connection: Connection, now: datetime) -> tuple[int, str, datetime] | None:
    """How many are put aside, with the customer and the instant of the first that comes back (I8); None for none."""
    where = (
        "from referral indexed by referral_skipped"
        " where skipped_until > :now and status = 'new' and expires_at > skipped_until"
    )
    bound = {"now": codec.micros(now)}
    first = connection.execute(
        f"select company, skipped_until {where} order by skipped_until, id limit 1", bound
    ).fetchone()
    if first is None:
        return None
    count = connection.execute(f"select count(*) {where}", bound).fetchone()[0]
    return int(count), str(first["company"]), codec.instant(first["skipped_until"])


def next_step(connection: Connection) -> tuple[str, datetime] | None:
    """The customer and the time of the follow-up that is due first, or was (A5)."""
    row = connection.execute(
        "select company, follow_up_at from referral where status = 'active' and follow_up_at is not null"
        " order by follow_up_at, id limit 1"
    ).fetchone()
    return None if row is None else (str(row["company"]), codec.instant(row["follow_up_at"]))


def pipeline(connection: Connection, profile: str | None) -> list[Any]:
    """Value, currency and purchase date of every engagement in Active that has a value, of one profile or of all."""
    query = (
        "select deal_value, deal_currency, purchase_date from referral where status = 'active'"
        " and deal_value is not null and deal_currency is not null"
        f"{'' if profile is None else ' and profile = ?'}"
    )
    return connection.execute(query, () if profile is None else (profile,)).fetchall()
