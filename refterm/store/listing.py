"""The rows of one view, by position, however many there are: which condition, order and index each view has.

What must be left out (skipped, past due) is named by number from small indexes of its own, so that no step over the
index of an order reads a row. How the rows are found is in segment.py.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

from refterm.domain.deadline import Deadlines
from refterm.domain.query import Filter, Order, Tab, View
from refterm.domain.referral import Status
from refterm.domain.row import Row
from refterm.store import search
from refterm.store.conditions import DUE, HOT, OPEN_FLAME, PAST_DUE, SKIPPED, moments, where_clause
from refterm.store.connection import Connection, placeholders
from refterm.store.counting import counts, inbox_count, own_currency, past_due_count
from refterm.store.database import Database
from refterm.store.segment import ROW_COLUMNS, Joined, Segment, read_row

MOST_HITS = 2000
# So many rows may be looked up to be subtracted from a count.
FEW = 1000

# What stands together in the order by value: a currency; `}` and `~`, which come last, are no currency and no value.
_CURRENCY = "case when deal_value_order < 0 then '~' else coalesce(deal_currency, '}') end"
# The key of each order and whether it runs downwards. The last part is the number, so no two rows share a key.
_KEYS: dict[Order, tuple[tuple[str, ...], bool]] = {
    Order.DUE: (("received_at", "expires_at", "id"), False),
    Order.EXPIRES: (("expires_at", "id"), False),
    Order.RECEIVED: (("received_at", "expires_at", "id"), True),
    Order.VALUE: ((_CURRENCY, "-deal_value_order", "id"), False),
    Order.FIT: (("coalesce(fit, -1)", "id"), True),
    Order.CUSTOMER: (("company_key", "id"), False),
    Order.PURCHASE_DATE: (("coalesce(purchase_date, '9999-12-31')", "id"), False),
    Order.CLOSED_AT: (("coalesce(closed_at, 0)", "id"), True),
}
# The index that has each order of a tab; left to itself the planner now and then sorts a whole tab instead.
_INDEXES: dict[tuple[Tab, Order], str] = {
    **{
        (tab, order): index
        for tab in (Tab.INBOX, Tab.ACTIVE, Tab.ARCHIVED)
        for order, index in (
            (Order.DUE, "referral_received"),
            (Order.RECEIVED, "referral_received"),
            (Order.EXPIRES, "referral_expires"),
            (Order.VALUE, "referral_value"),
            (Order.FIT, "referral_fit"),
            (Order.CUSTOMER, "referral_company"),
        )
    },
    (Tab.ACTIVE, Order.PURCHASE_DATE): "referral_purchase",
    (Tab.ARCHIVED, Order.CLOSED_AT): "referral_closed",
}


class KeptHits:
    """The hits of the last search, in order; what is typed next mostly finds some of them.

    To join and sort two thousand hits takes four times as long as to find them. Whoever has it makes a new one once
    anything was written, or time has changed what a view holds.
    """

    def __init__(self) -> None:
        self._what: object = None
        self._asked: set[int] = set()
        self._ordered: list[int] = []

    def keep(self, what: object, asked: set[int], ordered: list[int]) -> None:
        """Keep what was found, and those of it that the view has, in order; `what` is the view apart from the search."""
        self._what, self._asked, self._ordered = what, asked, ordered

    def has(self, what: object) -> bool:
        """Whether anything is kept of a view."""
        return self._what == what

    def ordered(self, found: set[int]) -> list[int] | None:
        """Those of the hits that the view has, in order; None where others are among them."""
        return [number for number in self._ordered if number in found] if found <= self._asked else None


class Listing(Protocol):
    """The rows of a view at one instant."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        ...

    def rows(self, start: int, stop: int) -> list[Row]:
        """The rows from one position up to another."""
        ...

    def index_of(self, referral_id: int) -> int | None:
        """The position of a referral; None where the view has it not."""
        ...

    def ids(self, limit: int = -1) -> array[int]:
        """The numbers of all rows in order, or of the first `limit`; for one pass over them."""
        ...


def listing(
    database: Database,
    view: View,
    now: datetime,
    today: date,
    deadlines: Deadlines,
    *,
    show_due: bool = False,
    most_hits: int = MOST_HITS,
    kept: KeptHits | None = None,
) -> Listing:
    """The rows of a view. It reads through `Database.reading`, now and whenever rows are asked for.

    Args:
        database: to read.
        view: tab, order, filter, search.
        now: the instant: what is past due then is left out of the Inbox, what is skipped too.
        today: the viewer's day, which decides whether a purchase date has passed (A4).
        deadlines: the site's spans.
        show_due: show what is past due among the archived (a read-only desk, which cannot archive it).
        most_hits: how many hits of a search, the newest; -1 for all.
        kept: the hits of the search before, while nothing has changed.
    """
    bound = moments(now, today, deadlines)
    order = view.effective_order
    where = where_clause(view, bound, show_due=show_due)
    keys, down = _KEYS[order]
    if order is Order.CLOSED_AT and (show_due or view.tab is Tab.ALL):
        keys = (f"case when {DUE} then expires_at else coalesce(closed_at, 0) end", "id")
    if order is Order.VALUE:
        with database.reading() as connection:
            bound["own"] = own_currency(connection) or ""
    if view.search.strip():
        return _hits(database, view, order, where, bound, keys, down, most_hits, kept or KeptHits())
    if view.tab is Tab.INBOX and order is Order.DUE:
        everything = view.filter == Filter()
        index = _index(view, order, show_due=show_due)
        hot_index = "referral_open_flame" if everything else index
        hot = Segment(database, f"{where} and {OPEN_FLAME}", bound, keys, down, index=hot_index)
        rest_count = left_out = None
        if everything:
            with database.reading() as connection:
                rest_count = inbox_count(connection, now) - hot.count
                left_out = _left_out(connection, view, rest_count + hot.count, hot.count)
        # Older ones cannot be hot, which spares most rows the look into the set of those that are.
        rest = f"{where} and not (received_at > :cooled and id in ({HOT}))"
        return Joined((hot, Segment(database, rest, bound, keys, down, rest_count, index=index, left_out=left_out)))
    count = left_out = None
    if view.filter == Filter() and view.tab is not Tab.ALL:
        with database.reading() as connection:
            count = counts(connection, now)[view.tab]
            if show_due and view.tab is Tab.ARCHIVED:
                count += past_due_count(connection, now)
            left_out = _left_out(connection, view, count)
    index = _index(view, order, show_due=show_due)
    if order is Order.VALUE:
        return _by_currency(database, where, bound, keys, count, index, left_out, scan=_reads_most(view))
    return Segment(database, where, bound, keys, down, count, index, scan=_reads_most(view), left_out=left_out)


def _left_out(connection: Connection, view: View, count: int, hot: int = 0) -> tuple[str, str] | None:
    """What the Inbox without a filter would hold, and who of that is left out; None where that is too many to count."""
    if view.tab is not Tab.INBOX:
        return None
    every = int(connection.execute("select referrals from counter where status = 'new'").fetchone()[0])
    if every - count + hot > FEW:
        return None
    return "status = 'new'", " union all ".join((PAST_DUE, SKIPPED, HOT) if hot else (PAST_DUE, SKIPPED))


def _by_currency(
    database: Database,
    where: str,
    bound: Mapping[str, Any],
    keys: tuple[str, ...],
    count: int | None,
    index: str | None,
    left_out: tuple[str, str] | None,
    *,
    scan: bool,
) -> Listing:
    """The order by value: the desk's own currency first, then the others by name."""

    def part(sign: str, count: int | None) -> Segment:
        if sign == "=":
            of_it, by = f"{_CURRENCY} = :own", keys[1:]
            without = (f"{left_out[0]} and {of_it}", left_out[1]) if left_out else None
            return Segment(
                database, f"{where} and {of_it}", bound, by, False, count, index, scan=scan, left_out=without
            )
        within = f"{_CURRENCY} {sign} :own" if sign else "true"
        return Segment(database, where, bound, keys, False, count, index, within=within, scan=scan, left_out=left_out)

    if not bound["own"]:
        return part("", count)
    own, before = part("=", None), part("<", None)
    return Joined((own, before, part(">", None if count is None else count - own.count - before.count)))


def condition(
    connection: Connection, view: View, now: datetime, today: date, deadlines: Deadlines
) -> tuple[str, dict[str, Any]]:
    """What the referrals of a view satisfy, skipped ones included, and its values; for passes in the order of numbers.

    What is past due counts as archived, as everywhere.
    """
    bound = moments(now, today, deadlines)
    where = where_clause(view, bound, show_due=True, with_skipped=True)
    if view.search.strip():
        found = search.hits(connection, view.search, (), -1)
        if found is None:
            return "false", bound
        hits, asked = found
        where, bound = f"{where} and referral.id in (select hit from {hits})", {**bound, **asked}
    return where, bound


def _index(view: View, order: Order, *, show_due: bool) -> str | None:
    """The index to insist on; None where a filter leaves so few rows that sorting them is quicker."""
    if show_due and view.tab is Tab.ARCHIVED:
        return None
    if view.filter == Filter() or _reads_most(view):
        return _INDEXES.get((view.tab, order))
    by_outcome = view.filter == Filter(outcome=view.filter.outcome)
    return "referral_outcome" if by_outcome and (view.tab, order) == (Tab.ARCHIVED, Order.CLOSED_AT) else None


def _reads_most(view: View) -> bool:
    """Whether the filter matches most of the archive and no index serves it."""
    bare = view.filter._replace(profile=None, country=None, channel=None, unassigned=False, unrouted=False)
    return bare == Filter() and view.filter != Filter() and view.tab is Tab.ARCHIVED


class _Found:
    """The hits of a search: the newest of them, by number, in the order of the list."""

    def __init__(self, database: Database, ids: list[int], now: int) -> None:
        self._database = database
        self._ids = ids
        self._now = now
        self.count = len(ids)

    def rows(self, start: int, stop: int) -> list[Row]:
        wanted = self._ids[start:stop]
        query = f"select {ROW_COLUMNS} from referral where id in ({placeholders(len(wanted))})"
        with self._database.reading() as connection:
            found = {row["id"]: row for row in connection.execute(query, wanted)}
        return [read_row(found[number], self._now) for number in wanted if number in found]

    def index_of(self, referral_id: int) -> int | None:
        try:
            return self._ids.index(referral_id)
        except ValueError:
            return None

    def ids(self, limit: int = -1) -> array[int]:
        return array("q", self._ids if limit < 0 else self._ids[:limit])


_STATUSES = {Tab.INBOX: (Status.NEW,), Tab.ACTIVE: (Status.ACTIVE,), Tab.ARCHIVED: (Status.ARCHIVED,), Tab.ALL: ()}


def _hits(
    database: Database,
    view: View,
    order: Order,
    where: str,
    bound: dict[str, Any],
    keys: tuple[str, ...],
    down: bool,
    most: int,
    kept: KeptHits,
) -> _Found:
    statuses = tuple(status.value for status in _STATUSES[view.tab])
    if view.tab is Tab.ARCHIVED and ":now" in where:
        statuses = (*statuses, Status.NEW.value)
    ordered = ", ".join(f"{key} desc" if down else key for key in keys)
    if order is Order.VALUE:
        ordered = f"{_CURRENCY} <> :own, {ordered}"
    if view.tab is Tab.INBOX and order is Order.DUE:
        ordered = f"id not in ({HOT}), {ordered}"
    what = view._replace(search=""), where, bound.get("own"), most
    with database.reading() as connection:
        found = search.hits(connection, view.search, statuses, most)
        if found is None:
            return _Found(database, [], bound["now"])
        hits, asked = found
        if kept.has(what):
            numbers = {row[0] for row in connection.execute(f"select hit from {hits}", asked)}
            if (ids := kept.ordered(numbers)) is not None:
                return _Found(database, ids, bound["now"])
        hits = search.with_referrals(connection, hits)
        sql = f"select referral.id, case when {where} then 1 end from {hits} order by {ordered}"
        rows = [(row[0], row[1]) for row in connection.execute(sql, {**bound, **asked})]
    ids = [number for number, is_in in rows if is_in]
    # The scores change without an entry in the history.
    if order is not Order.FIT and view.filter.min_fit is None:
        kept.keep(what, {number for number, _is_in in rows}, ids)
    return _Found(database, ids, bound["now"])
