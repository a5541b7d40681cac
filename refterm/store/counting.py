"""How many rows each tab has, without reading them; and which currency is the desk's own."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from refterm.domain.query import Tab
from refterm.domain.referral import Status
from refterm.store import codec
from refterm.store.conditions import PAST_DUE, WAITING
from refterm.store.connection import Connection


def own_currency(connection: Connection) -> str | None:
    """The desk's own currency: that of most of its active profiles; None where none has one."""
    query = "select currency from profile where active = 1 and currency is not null"
    found = Counter(row[0] for row in connection.execute(query).fetchall())
    return min(found, key=lambda currency: (-found[currency], currency), default=None)


def counts(connection: Connection, now: datetime) -> dict[Tab, int]:
    """How many rows each tab has, without counting: from the counters that every writer keeps."""
    kept = dict(connection.execute("select status, referrals from counter").fetchall())
    return {
        Tab.INBOX: kept[Status.NEW] - _put_aside(connection, now),
        Tab.ACTIVE: kept[Status.ACTIVE],
        Tab.ARCHIVED: kept[Status.ARCHIVED],
    }


def inbox_count(connection: Connection, now: datetime) -> int:
    """How many rows the Inbox has."""
    kept = connection.execute("select referrals from counter where status = 'new'").fetchone()[0]
    return int(kept) - _put_aside(connection, now)


def past_due_count(connection: Connection, now: datetime) -> int:
    """How many new referrals are past their expiry, not yet archived."""
    return int(
        connection.execute(f"select count(*) from ({PAST_DUE}) as due", {"now": codec.micros(now)}).fetchone()[0]
    )


def _put_aside(connection: Connection, now: datetime) -> int:
    bound = {"now": codec.micros(now)}
    # Left to itself the planner reads the whole Inbox instead of the few that are put aside.
    skipped = connection.execute(
        f"select count(*) from referral indexed by referral_skipped where skipped_until > :now and {WAITING}",
        bound,
    ).fetchone()[0]
    return int(skipped) + past_due_count(connection, now)
