"""Rows that satisfy one condition, in one order, by position: pages by key, never by reading what stands before them.

A page is found by the key of its first row. Keys of pages already seen are remembered; another page is reached by a
step of OFFSET over the index alone, from the nearest remembered page, the start or the end.

The position of a referral is counted over the index alone from the start or from the end, whichever is nearer; the rows
left out are counted by themselves and subtracted.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refterm.domain.referral import Outcome, Status
from refterm.domain.row import Row
from refterm.store import codec
from refterm.store.connection import ALL, Connection, Record
from refterm.store.database import Database

# A condition, and how many of the first keys are the same in all its rows.
_Range = tuple[str, int]
# Read at once: two screens of an ordinary terminal. Of a hundred the key that comes to a new page took a quarter longer.
PAGE = 50
# A sample of so many referrals tells which end of a list a referral is nearer to, in a list of so many rows.
SAMPLE, WORTH_A_SAMPLE = 32, 10_000

ROW_COLUMNS = (
    "id, status, outcome, channel, company, substr(need, 1, 300) as need, city, country, received_at, expires_at, flame,"
    " contacted_at, taken_by, favorite, skipped_until, decided_by, closed_at, reason, deal_name, deal_value, deal_currency,"
    " purchase_date, follow_up_at, profile, fit, version"
)


class Segment:
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
        within: str = "true",
        scan: bool = False,
        left_out: tuple[str, str] | None = None,
    ) -> None:
        """
        Args:
            database: to read.
            where: the condition.
            bound: the values it names.
            keys: by which the rows are ordered.
            down: whether they are ordered downwards.
            count: how many rows there are, if that is known.
            index: the index to insist on.
            within: a condition on the first key; not repeated where a range names that key, or SQLite goes by the wrong one.
            scan: count without an index.
            left_out: where few are left out by number: the condition without them, and a query of their numbers.
        """
        self._database = database
        self._by = f" indexed by {index}" if index else ""
        self._rows = f"from referral{self._by} where {where}"
        # To count by an index that has not all that is asked for is eight times as slow as to read the table through.
        self._counted = f"from referral not indexed where {where}" if scan else self._rows
        self._plain, self._apart = left_out or ("", "")
        self._where = where
        self._within = within
        self._bound = bound
        self._key = ", ".join(keys)
        self._forth, self._back = _orders(keys, down=down), _orders(keys, down=not down)
        less, more = (">", "<") if down else ("<", ">")
        # Counted in parts: of two columns compared as one SQLite compares the second in every row, at twice the time.
        self._before, self._after = (_ranges(keys, sign, within, in_parts=index is not None) for sign in (less, more))
        in_parts = index is not None and not all(key.isidentifier() for key in keys)
        self._to, self._from = (_ranges(keys, f"{sign}=", within, in_parts=in_parts) for sign in (less, more))
        self._first_keys: dict[int, Sequence[Any]] = {}
        if count is None:
            with database.reading() as connection:
                count = int(self._one(connection, f"select count(*) {self._counted} and {within}")[0])
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
                f"select {self._key} from referral where id = :wanted and {self._where} and {self._within}", bound
            ).fetchone()
            if key is None:
                return None
            if self._is_late(connection, key):
                index = self.count - 1 - self._counted_on(connection, self._after, key)
            else:
                index = self._counted_on(connection, self._before, key)
            index = max(0, min(index, self.count - 1))
            page, back = divmod(index, PAGE)
            if page and page not in self._first_keys:
                self._keep_first(page, self._step(connection, self._to, self._back, key, back))
        return index

    def _is_late(self, connection: Connection, key: Sequence[Any]) -> bool:
        """Whether a key seems to stand in the second half, by a sample of all referrals."""
        if self.count < WORTH_A_SAMPLE:
            return False
        (last,) = connection.execute("select max(id) from referral").fetchone()
        sample = ", ".join(str(last * number // SAMPLE) for number in range(1, SAMPLE + 1))
        query = (
            f"select count(*), count(case when {_either(self._before)} then 1 end) from referral not indexed"
            f" where id in ({sample}) and {self._plain or self._where} and {self._within}"
        )
        found, before = self._one(connection, query, key)
        return bool(2 * before > found)

    def _counted_on(self, connection: Connection, side: Sequence[_Range], key: Sequence[Any]) -> int:
        """How many rows stand before or after a key."""
        rows = f"from referral{self._by} where {self._plain}" if self._apart else self._counted
        count = sum(self._one(connection, f"select count(*) {rows} and {part}", key)[0] for part, _same in side)
        if self._apart:
            query = (
                f"select count(*) from referral not indexed where id in ({self._apart})"
                f" and {self._plain} and {_either(side)}"
            )
            count -= self._one(connection, query, key)[0]
        return int(count)

    def ids(self, limit: int = -1) -> array[int]:
        query = f"select id {self._rows} and {self._within} order by {self._forth[0]} limit :limit"
        bound = {**self._bound, "limit": ALL if limit < 0 else min(limit, ALL)}
        with self._database.reading() as connection:
            return array("q", (row[0] for row in connection.execute(query, bound)))

    def _page(self, connection: Connection, page: int) -> list[Row]:
        key = self._first_keys.get(page) or (self._find(connection, page) if page else ())
        if key is None:
            return []
        found: list[Record] = []
        for part, same in self._from if key else [(self._within, 0)]:
            wanted = f"order by {self._forth[same]} limit {PAGE + 1 - len(found)}"
            query = f"select {ROW_COLUMNS} {self._rows} and {part} {wanted}"
            found += connection.execute(query, {**self._bound, **_named(key)}).fetchall()
            if len(found) > PAGE:
                break
        if len(found) > PAGE and page + 1 not in self._first_keys:
            self._first_keys[page + 1] = self._one(
                connection, f"select {self._key} from referral where id = :wanted", wanted=found[PAGE]["id"]
            )
        return [read_row(row, self._bound["now"]) for row in found[:PAGE]]

    def _find(self, connection: Connection, page: int) -> Sequence[Any] | None:
        """The first key of a page, from whatever is nearest: a page before it or after it, the start or the end."""
        wanted = page * PAGE
        pages = list(self._first_keys)  # another thread may read pages ahead
        below = max((known for known in pages if known < page), default=0)
        above = min((known for known in pages if known > page), default=None)
        ahead = wanted - below * PAGE
        behind = self.count - 1 - wanted if above is None else above * PAGE - wanted
        if behind < ahead:
            start = () if above is None else self._first_keys[above]
            key = self._step(connection, self._to, self._back, start, max(0, behind))
        else:
            key = self._step(connection, self._from, self._forth, self._first_keys.get(below, ()), ahead)
        return self._keep_first(page, key)

    def _step(
        self,
        connection: Connection,
        side: Sequence[_Range],
        orders: Sequence[str],
        start: Sequence[Any],
        rows: int,
    ) -> Sequence[Any] | None:
        """The key so many rows from another one, or from the end of the list at which the order begins."""
        for part, same in side if start else [(self._within, 0)]:
            query = f"select {self._key} {self._rows} and {part} order by {orders[same]} limit 1 offset {rows}"
            key: Sequence[Any] | None = self._one(connection, query, start)
            if key is not None:
                return key
            if len(side) > 1:
                rows -= self._one(connection, f"select count(*) {self._rows} and {part}", start)[0]
        return None

    def _keep_first(self, page: int, key: Sequence[Any] | None) -> Sequence[Any] | None:
        if key is not None:
            self._first_keys[page] = key
        return key

    def _one(self, connection: Connection, query: str, key: Sequence[Any] = (), **more: Any) -> Any:
        row = connection.execute(query, {**self._bound, **_named(key), **more}).fetchone()
        return None if row is None else tuple(row)


def _orders(keys: Sequence[str], *, down: bool) -> list[str]:
    """The order by all keys, and by those that are left where the first ones are the same: SQLite would sort else."""
    ordered = [f"{key} desc" if down else key for key in keys]
    return [", ".join(ordered[place:]) for place in range(len(keys))]


def _ranges(keys: Sequence[str], sign: str, within: str, *, in_parts: bool) -> list[_Range]:
    """What stands on one side of the key `:key0, :key1 ...`: one range, or several in parts, the nearest first.

    SQLite finds the start of a range in an index of expressions only where each is compared by itself.
    """
    if not in_parts:
        places = ", ".join(f":key{place}" for place in range(len(keys)))
        return [(f"({', '.join(keys)}) {sign} ({places}) and {within}", 0)]
    last, found = len(keys) - 1, []
    for place in range(last, -1, -1):
        same = [f"{key} = :key{number}" for number, key in enumerate(keys[:place])]
        part = [*same, f"{keys[place]} {sign if place == last else sign[0]} :key{place}"]
        found.append((" and ".join(part if same else [*part, within]), place))
    return found


def _either(ranges: Sequence[_Range]) -> str:
    return "(" + " or ".join(f"({part})" for part, _same in ranges) + ")"


def _named(key: Sequence[Any]) -> dict[str, Any]:
    return {f"key{number}": part for number, part in enumerate(key)}


@dataclass(frozen=True, slots=True)
class Joined:
    """Segments one after another: hot flames first, then the rest."""

    parts: tuple[Segment, ...]

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
