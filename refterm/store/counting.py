"""How many rows each tab has, without reading them; and which currency is the desk's own."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

from refterm.domain.deadline import Deadlines
from refterm.domain.query import STATUS_OF_TAB, Filter, Tab, View
from refterm.domain.referral import Status
from refterm.store import codec, search
from refterm.store.conditions import PAST_DUE, WAITING, moments, where_clause
from refterm.store.connection import Connection

# Nothing is counted further than this, so that no count costs more as the desk grows; said as `1000+`.
MOST_COUNTED = 1000
# The index that has what is late together; left to itself the planner reads the whole tab.
_LATE_INDEXES = {Tab.INBOX: "referral_received", Tab.ACTIVE: "referral_purchase"}


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


def view_count(
    connection: Connection, view: View, now: datetime, today: date, deadlines: Deadlines, *, show_due: bool = False
) -> int:
    """How many rows a view has, counted up to one more than MOST_COUNTED; without filter and search all of them."""
    searched = view.search.strip()
    if view.filter == Filter() and not searched and view.tab is not Tab.ALL:
        due = past_due_count(connection, now) if show_due and view.tab is Tab.ARCHIVED else 0
        return counts(connection, now)[view.tab] + due
    bound = moments(now, today, deadlines) | {"counted": MOST_COUNTED + 1}
    source, where = "referral", where_clause(view, bound, show_due=show_due)
    if view.filter == Filter(overdue=True) and view.tab in _LATE_INDEXES:
        source = f"referral indexed by {_LATE_INDEXES[view.tab]}"
    if searched:
        statuses = [STATUS_OF_TAB[view.tab].value] if view.tab in STATUS_OF_TAB else []
        if show_due and view.tab is Tab.ARCHIVED:
            statuses.append(Status.NEW.value)
        # Of what is found by its tab alone no hit falls away.
        exact = view.filter == Filter() and view.tab in (Tab.ACTIVE, Tab.ARCHIVED) and not show_due
        found = search.hits(connection, view.search, statuses, MOST_COUNTED + 1 if exact else 2 * MOST_COUNTED)
        if found is None:
            return 0
        hits, asked = found
        source, where = (hits, "true") if exact else (search.with_referrals(connection, hits), where)
        bound |= asked
    query = f"select count(*) from (select 1 from {source} where {where} limit :counted) as found"
    return int(connection.execute(query, bound).fetchone()[0])


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


def first_received(connection: Connection, after: datetime) -> datetime | None:
    """When the first of the new referrals was received that came after an instant: the next to be counted as late."""
    query = "select min(received_at) from referral where status = 'new' and received_at > ?"
    return codec.instant_or_none(connection.execute(query, (codec.micros(after),)).fetchone()[0])
