"""What only the demo asks of a database: moving all of it in time, and what happens next."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from refterm.store import codec, remote
from refterm.store.connection import Connection
from refterm.store.database import Database
from refterm.store.faults import FaultError
from refterm.store.schema import revision
from refterm.store.sqlite import SqliteConnection

# The columns that hold instants (microseconds) and days; a test compares them with tables.py.
INSTANTS = {
    "referral": (
        "received_at",
        "expires_at",
        "contacted_at",
        "assigned_at",
        "skipped_until",
        "decided_at",
        "closed_at",
        "follow_up_at",
        "source_updated_at",
        "changed_at",
    ),
    "history": ("at", "undo_until"),
}
DAYS = ("purchase_date", "closed_on")
SYNCED = ("watermark", "completed_at", "full_at", "tried_at")
_STAMP = re.compile(r'"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z)?"')


@contextmanager
def alone(path: Path) -> Iterator[Connection]:
    """A transaction on a desk's file that nobody has open; quick, for a power cut would cost nothing that is needed."""
    with closing(sqlite3.connect(path, isolation_level=None, factory=SqliteConnection)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("pragma synchronous = off")
        connection.execute("begin")
        yield connection
        connection.execute("commit")


def is_of_this_build(connection: Connection) -> bool:
    """Whether a prepared desk has the schema of this program, and was synced."""
    try:
        return revision.current(connection) == revision.HEAD and bool(remote.state(connection)["account"])
    except (FaultError, sqlite3.Error):
        return False


def shift(connection: Connection, first: int, last: int, by: timedelta) -> None:
    """Move referrals `first` to `last`, with their history and their source's records.

    Days move by the whole days of the span. What the history says of no referral moves with number 1.
    """
    micros = by // timedelta(microseconds=1)
    numbers = (first, last)
    for table, columns in INSTANTS.items():
        sets = ", ".join(f"{column} = {column} + ({column} < {codec.NEVER}) * ?" for column in columns)
        key = "id" if table == "referral" else "coalesce(referral_id, 1)"
        connection.execute(f"update {table} set {sets} where {key} between ? and ?", (micros,) * len(columns) + numbers)
    sets = ", ".join(f"{column} = date({column}, ?)" for column in DAYS)
    connection.execute(
        f"update referral set {sets} where id between ? and ?", (f"{by.days:+d} days",) * len(DAYS) + numbers
    )
    moved = _mover(by)
    for table, column, key, number in (
        ("source", "record", "referral_id", "referral_id"),
        ("remote", "record", "referral_id", "referral_id"),
        ("history", "changes", "coalesce(referral_id, 1)", "id"),
    ):
        rows = connection.execute(f"select {number}, {column} from {table} where {key} between ? and ?", numbers)
        changed = [(_STAMP.sub(moved, row[1]), row[0]) for row in rows.fetchall() if _STAMP.search(row[1])]
        connection.executemany(f"update {table} set {column} = ? where {number} = ?", changed)


def shift_sync(connection: Connection, by: timedelta) -> None:
    """Move what is known of the sync."""
    micros = by // timedelta(microseconds=1)
    connection.execute("update remote set synced_at = synced_at + ?", (micros,))
    sets = ", ".join(f"{column} = {column} + ?" for column in SYNCED)
    connection.execute(f"update sync set {sets}", (micros,) * len(SYNCED))


def _mover(by: timedelta) -> Callable[[re.Match[str]], str]:
    days: dict[str, str] = {}
    whole = not by % timedelta(days=1)

    def moved(match: re.Match[str]) -> str:
        day, hours, fraction = match.groups()
        if whole or hours is None:
            if day not in days:
                days[day] = str(date.fromisoformat(day) + timedelta(days=by.days))
            return f'"{days[day]}{match[0][11:]}'
        at = datetime.fromisoformat(f"{day}T{hours}.{(fraction or '0')[:6]:0<6}+00:00") + by
        # A source writes seven digits, the desk only those that are needed.
        text = at.strftime("%Y-%m-%dT%H:%M:%S.%f0Z") if len(fraction or "") == 7 else codec.iso(at)
        return f'"{text}"'

    return moved


def open_referrals(connection: Connection) -> list[Any]:
    """What can change by time alone: number, company, status and instants of what is new or active."""
    return connection.execute(
        "select id, company, status, received_at, expires_at, skipped_until, flame, contacted_at, follow_up_at"
        " from referral where status <> 'archived' order by id"
    ).fetchall()


def next_delivery(connection: Connection, after: datetime) -> datetime | None:
    """When the next notice or letter is due."""
    row = connection.execute(
        "select min(due_at) from outbox where state in ('held', 'due') and kind <> 'push' and due_at > ?",
        (codec.micros(after),),
    ).fetchone()
    return codec.instant_or_none(row[0])


def pushes_to_come(connection: Connection, after: datetime) -> list[Any]:
    """What is still to be sent to Partner Center: when, who decided it, and of whose referral."""
    return connection.execute(
        "select outbox.due_at, outbox.person, referral.company from outbox join referral on referral.id ="
        " outbox.referral_id where outbox.kind = 'push' and outbox.state in ('held', 'due') and outbox.due_at > ?",
        (codec.micros(after),),
    ).fetchall()


def open_rows(connection: Connection) -> list[dict[str, Any]]:
    """Referrals that are new or active, whole, each with the record that its source gave."""
    rows = connection.execute(
        "select referral.*, source.record from referral join source on source.referral_id = referral.id"
        " where status <> 'archived' order by id"
    )
    return [dict(row) for row in rows.fetchall()]


def seen_there(connection: Connection) -> list[Any]:
    """Each referral as it was last seen in Partner Center: its record and eTag."""
    return connection.execute("select record, etag from remote order by referral_id").fetchall()


def own_form(connection: Connection, name: str) -> int | None:
    """The referral on which somebody has a form open now; None for none."""
    row = connection.execute(
        "select referral_id from presence where name = ? and form is not null order by seen_at desc", (name,)
    ).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def put_back(database: Database, kept: Path) -> None:
    """Put the desk back to what a copy of it holds, while it is open.

    Raises:
        StoreError: when it cannot be written.
    """
    with database.turn() as connection, closing(sqlite3.connect(kept)) as copy:
        assert isinstance(connection, sqlite3.Connection)
        copy.backup(connection)
