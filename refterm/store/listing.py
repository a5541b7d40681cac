"""The rows of one view, by position, however many there are: pages by key, never by reading what stands before them.

A page is found by the key of its first row. Keys of pages already seen are remembered; another page is reached by a
step of OFFSET over the index alone, from the nearest remembered page or from the end. What must be left out (skipped,
past due) is named by number from small indexes of its own, so that such a step never reads a row.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from refterm.domain.deadline import Deadlines
from refterm.domain.query import Filter, Order, Tab, View
from refterm.domain.referral import Outcome, Status
from refterm.domain.row import Row
from refterm.store import codec, search
from refterm.store.conditions import DUE, HOT, OPEN_FLAME, moments, where_clause
from refterm.store.connection import ALL, Connection, Record, placeholders
from refterm.store.counting import counts, inbox_count, own_currency, past_due_count
from refterm.store.database import Database

PAGE = 100
MOST_HITS = 2000

ROW_COLUMNS = (
    "id, status, outcome, channel, company, substr(need, 1, 300) as need, city, country, received_at, expires_at, flame,"
    " contacted_at, taken_by, favorite, skipped_until, decided_by, closed_at, reason, deal_name, deal_value, deal_currency,"
    " purchase_date, follow_up_at, profile, fit, version"
)
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
        return _hits(database, view, order, where, bound, keys, down, most_hits)
    if view.tab is Tab.INBOX and order is Order.DUE:
        everything = view.filter == Filter()
        index = _index(view, order, show_due=show_due)
        hot_index = "referral_open_flame" if everything else index
        hot = _Segment(database, f"{where} and {OPEN_FLAME}", bound, keys, down, index=hot_index)
        rest_count = None
        if everything:
            with database.reading() as connection:
                rest_count = inbox_count(connection, now) - hot.count
        # Older ones cannot be hot, which spares most rows the look into the set of those that are.
        rest = f"{where} and not (received_at > :cooled and id in ({HOT}))"
        return _Joined((hot, _Segment(database, rest, bound, keys, down, rest_count, index=index)))
    count = None
    if view.filter == Filter() and view.tab is not Tab.ALL:
        with database.reading() as connection:
            count = counts(connection, now)[view.tab]
            if show_due and view.tab is Tab.ARCHIVED:
                count += past_due_count(connection, now)
    index = _index(view, order, show_due=show_due)
    if order is Order.VALUE:
        return _by_currency(database, where, bound, keys, count, index, scan=_reads_most(view))
    return _Segment(database, where, bound, keys, down, count, index, scan=_reads_most(view))


def _by_currency(
    database: Database,
    where: str,
    bound: Mapping[str, Any],
    keys: tuple[str, ...],
    count: int | None,
    index: str | None,
    *,
    scan: bool,
) -> Listing:
    """The order by value: the desk's own currency first, then the others by name."""
    if not bound["own"]:
        return _Segment(database, where, bound, keys, False, count, index, scan=scan)
    own, before = (
        _Segment(database, f"{where} and {_CURRENCY} {sign} :own", bound, keys, False, None, index, scan=scan)
        for sign in ("=", "<")
    )
    rest = None if count is None else count - own.count - before.count
    after = _Segment(database, f"{where} and {_CURRENCY} > :own", bound, keys, False, rest, index, scan=scan)
    return _Joined((own, before, after))


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
        where, bound = f"{where} and referral.id in (select referral.id from {hits})", {**bound, **asked}
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
    unserved = {"profile": None, "country": None, "channel": None, "unassigned": False, "unrouted": False}
    bare = replace(view.filter, **unserved) == Filter()  # type: ignore[arg-type]
    return bare and view.filter != Filter() and view.tab is Tab.ARCHIVED


class _Segment:
    """Rows that satisfy one condition, in one order."""

    def __init__(
        self,
        database: Database,
        where: str,
        bound: Mapping[str, Any],
        keys: tuple[str, ...],
        down: bool,
        count: int | None = None,
        index: str | None = None,
        *,
        scan: bool = False,
    ) -> None:
        self._database = database
        self._rows = f"from referral indexed by {index} where {where}" if index else f"from referral where {where}"
        # To count by an index that has not all that is asked for is eight times as slow as to read the table through.
        self._counted = f"from referral not indexed where {where}" if scan else self._rows
        self._where = where
        self._bound = bound
        self._key = ", ".join(keys)
        self._places = ", ".join(f":key{number}" for number in range(len(keys)))
        self._forth = ", ".join(f"{key} desc" if down else key for key in keys)
        self._back = ", ".join(key if down else f"{key} desc" for key in keys)
        self._from = f"({self._key}) {'<=' if down else '>='} ({self._places})"
        self._before = f"({self._key}) {'>' if down else '<'} ({self._places})"
        self._first_keys: dict[int, Sequence[Any]] = {}
        if count is None:
            with database.reading() as connection:
                count = int(self._one(connection, f"select count(*) {self._counted}")[0])
        self.count = count

    def rows(self, start: int, stop: int) -> list[Row]:
        rows: list[Row] = []
        stop = min(stop, self.count)
        with self._database.reading() as connection:
            for page in range(start // PAGE, (stop - 1) // PAGE + 1 if stop > start else start // PAGE):
                first = page * PAGE
                found = self._page(connection, page)
                rows += found[max(0, start - first) : stop - first]
        return rows

    def index_of(self, referral_id: int) -> int | None:
        bound = {**self._bound, "wanted": referral_id}
        # By number: the condition is tested on one row, whatever index serves the order.
        with self._database.reading() as connection:
            key = connection.execute(
                f"select {self._key} from referral where id = :wanted and {self._where}", bound
            ).fetchone()
            if key is None:
                return None
            query = f"select count(*) {self._counted} and {self._before}"
            return int(self._one(connection, query, key)[0])

    def ids(self, limit: int = -1) -> array[int]:
        query = f"select id {self._rows} order by {self._forth} limit :limit"
        bound = {**self._bound, "limit": ALL if limit < 0 else limit}
        with self._database.reading() as connection:
            return array("q", (row[0] for row in connection.execute(query, bound)))

    def _page(self, connection: Connection, page: int) -> list[Row]:
        key = self._first_keys.get(page) or (self._find(connection, page) if page else ())
        if key is None:
            return []
        start = f"and {self._from}" if key else ""
        query = f"select {ROW_COLUMNS} {self._rows} {start} order by {self._forth} limit {PAGE + 1}"
        found = connection.execute(query, {**self._bound, **_named(key)}).fetchall()
        if len(found) > PAGE and page + 1 not in self._first_keys:
            self._first_keys[page + 1] = self._one(
                connection, f"select {self._key} from referral where id = :wanted", wanted=found[PAGE]["id"]
            )
        return [read_row(row, self._bound["now"]) for row in found[:PAGE]]

    def _find(self, connection: Connection, page: int) -> Sequence[Any] | None:
        key: Sequence[Any] | None
        wanted = page * PAGE
        nearest = max((known for known in self._first_keys if known < page), default=None)
        ahead = wanted - (nearest or 0) * PAGE
        behind = self.count - 1 - wanted
        if behind < ahead:
            query = f"select {self._key} {self._rows} order by {self._back} limit 1 offset {max(0, behind)}"
            key = self._one(connection, query)
        elif nearest is None:
            query = f"select {self._key} {self._rows} order by {self._forth} limit 1 offset {ahead}"
            key = self._one(connection, query)
        else:
            query = f"select {self._key} {self._rows} and {self._from} order by {self._forth} limit 1 offset {ahead}"
            key = self._one(connection, query, self._first_keys[nearest])
        if key is not None:
            self._first_keys[page] = key
        return key

    def _one(self, connection: Connection, query: str, key: Sequence[Any] = (), **more: Any) -> Any:
        row = connection.execute(query, {**self._bound, **_named(key), **more}).fetchone()
        return None if row is None else tuple(row)


def _named(key: Sequence[Any]) -> dict[str, Any]:
    return {f"key{number}": part for number, part in enumerate(key)}


@dataclass(frozen=True)
class _Joined:
    """Segments one after another: hot flames first, then the rest."""

    parts: tuple[_Segment, ...]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    def rows(self, start: int, stop: int) -> list[Row]:
        rows: list[Row] = []
        for part in self.parts:
            if start < part.count and stop > 0:
                rows += part.rows(max(0, start), min(stop, part.count))
            start, stop = start - part.count, stop - part.count
        return rows

    def index_of(self, referral_id: int) -> int | None:
        passed = 0
        for part in self.parts:
            index = part.index_of(referral_id)
            if index is not None:
                return passed + index
            passed += part.count
        return None

    def ids(self, limit: int = -1) -> array[int]:
        found: array[int] = array("q")
        for part in self.parts:
            found += part.ids(max(0, limit - len(found)) if limit >= 0 else limit)
        return found


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
) -> _Found:
    statuses = tuple(status.value for status in _STATUSES[view.tab])
    if view.tab is Tab.ARCHIVED and ":now" in where:
        statuses = (*statuses, Status.NEW.value)
    ordered = ", ".join(f"{key} desc" if down else key for key in keys)
    if order is Order.VALUE:
        ordered = f"{_CURRENCY} <> :own, {ordered}"
    if view.tab is Tab.INBOX and order is Order.DUE:
        ordered = f"id not in ({HOT}), {ordered}"
    ids: list[int] = []
    with database.reading() as connection:
        if found := search.hits(connection, view.search, statuses, most):
            hits, asked = found
            sql = f"select referral.id from {hits} where {where} order by {ordered}"
            ids = [row[0] for row in connection.execute(sql, {**bound, **asked})]
    return _Found(database, ids, bound["now"])


def read_row(row: Record, now: int) -> Row:
    """A row of the list from the columns read for it, as it stands at an instant (see deadline.as_of)."""
    status, outcome, closed_at, back = row["status"], row["outcome"], row["closed_at"], row["skipped_until"]
    if status == Status.NEW and row["expires_at"] <= now:
        status, outcome, closed_at = Status.ARCHIVED, Outcome.EXPIRED.value, row["expires_at"]
    return Row(
        id=row["id"],
        status=Status(status),
        outcome=outcome,
        channel=row["channel"],
        company=row["company"],
        need=row["need"],
        city=row["city"] or "",
        country=row["country"] or "",
        received_at=codec.instant(row["received_at"]),
        expires_at=codec.instant_or_none(row["expires_at"]),
        flame=bool(row["flame"]),
        contacted_at=codec.instant_or_none(row["contacted_at"]),
        taken_by=row["taken_by"],
        favorite=bool(row["favorite"]),
        skipped_until=codec.instant(back) if back is not None and back > now else None,
        decided_by=row["decided_by"],
        closed_at=codec.instant_or_none(closed_at),
        reason=row["reason"],
        deal_name=row["deal_name"],
        deal_value=row["deal_value"],
        deal_currency=row["deal_currency"],
        purchase_date=row["purchase_date"],
        follow_up_at=codec.instant_or_none(row["follow_up_at"]),
        profile=row["profile"],
        fit=row["fit"],
        version=row["version"],
    )
