"""What tests of the store and the services share: rows made by hand, and whole databases looked at as they are."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from refterm.domain.duplicates import company_key
from refterm.domain.history import DESK, Actor
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, search, tables
from refterm.store.database import Database
from tests.samples import NOW
from tests.workplaces import open_at as open_at

Columns = dict[str, Any]
Dump = dict[str, list[tuple[Any, ...]]]

_numbers = count(1)
# No field of theirs is a change of the referral itself: every write counts and dates them anew.
OF_EVERY_WRITE = ("version", "changed_at")


def micros(**span: float) -> int:
    """An instant so far from NOW, as it is kept: `micros(hours=-3)`."""
    return codec.micros(NOW + timedelta(**span))


def row(**columns: Any) -> Columns:
    """A whole row of `referral`: new, received an hour before NOW, with 13 days left. Columns go by name."""
    number = next(_numbers)
    company = columns.get("company", f"Kontor {number} GmbH")
    texts = {
        "source_id": f"{number:08x}-row",
        "direction": "incoming",
        "status": "new",
        "channel": "search",
        "company": company,
        "company_key": company_key(company),
        "need": "",
        **dict.fromkeys(("contacts", "products", "services", "solutions", "team"), "[]"),
    }
    numbers = {
        "received_at": micros(hours=-1),
        "expires_at": micros(days=13),
        "deal_value_order": codec.value_order(codec.amount_or_none(columns.get("deal_value"))),
        "changed_at": micros(),
        "version": 1,
        **dict.fromkeys(("received_estimated", "expiry_estimated", "flame", "favorite", "changed_here"), 0),
    }
    known = {*texts, *numbers, *codec.FIELD_OF_COLUMN, "email_domain", "source_updated_at"}
    assert columns.keys() <= known, columns.keys() - known
    return {**dict.fromkeys(known), **texts, **numbers, **columns}


def insert(database: Database, rows: Iterable[Mapping[str, Any]], at: datetime = NOW) -> list[int]:
    """Put rows into a desk as an import does, with history, counters and search; gives their numbers."""
    inserted = []
    with database.writing() as connection:
        for given in rows:
            names, places = ", ".join(given), ", ".join(f":{name}" for name in given)
            statement = f"insert into referral ({names}) values ({places}) returning id"
            number = connection.execute(statement, given).fetchone()[0]
            inserted.append({**given, "id": number})
        journal.record_imported(connection, inserted, DESK, at)
    return [one["id"] for one in inserted]


def seated(workplace: Workplace, name: str) -> Workplace:
    """The same desk with somebody else at it."""
    return replace(workplace, actor=Actor(name, name))


def template_copy(template: Path, folder: Path) -> Path:
    """A fresh desk's file in a folder."""
    path = folder / "desk.db"
    shutil.copyfile(template, path)
    return path


def dump(database: Database) -> Dump:
    """Every row of every table, the search index included, as plain SQL reads them."""
    with database.reading() as connection:
        names = ("alembic_version", *tables.SQLModel.metadata.tables)
        found = {
            name: sorted((tuple(one) for one in connection.execute(f"select * from {name}")), key=_sortable)
            for name in names
        }
        found["referral_search"] = sorted(search.contents(connection))
    return found


def _sortable(row: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    return [(value is not None, 0 if value is None else value) for value in row]


def query(database: Database, statement: str) -> list[Any]:
    """All rows that a statement finds."""
    with database.reading() as connection:
        return connection.execute(statement).fetchall()


def one_row(database: Database, referral_id: int) -> Columns:
    """The whole row of a referral."""
    with database.reading() as connection:
        return dict(connection.execute("select * from referral where id = ?", (referral_id,)).fetchone())


def without_counting(columns: Mapping[str, Any]) -> Columns:
    """A row but for what every write counts and dates anew."""
    return {name: value for name, value in columns.items() if name not in OF_EVERY_WRITE}


def notices(database: Database, referral_id: int) -> list[Columns]:
    """What is owed because of a referral, oldest first."""
    with database.reading() as connection:
        found = connection.execute("select * from outbox where referral_id = ? order by id", (referral_id,))
        return [dict(one) for one in found]


def assert_consistent(database: Database) -> None:
    """What every transaction leaves true: counters, search index and outbox say what the referrals say."""
    with database.reading() as connection:
        rows = [dict(one) for one in connection.execute("select * from referral order by id")]
        counted = dict(connection.execute("select status, referrals from counter").fetchall())
        assert counted == {
            status: sum(one["status"] == status for one in rows) for status in ("new", "active", "archived")
        }
        assert sorted(search.contents(connection)) == [search.content(connection, one) for one in rows]
        repeated = connection.execute(
            "select kind, recipient, history_id from outbox group by 1, 2, 3 having count(*) > 1"
        ).fetchall()
        assert not repeated
        if connection.dialect == "sqlite":  # PostgreSQL lets no transaction leave one behind
            assert not connection.execute("pragma foreign_key_check").fetchall()


def until_another(ask: Callable[[], int], before: int) -> int:
    """The number that tells of a change, once it is another: a server tells a little after the commit (T1: within 2 s)."""
    end = time.monotonic() + 2
    while (later := ask()) == before:
        assert time.monotonic() < end, "nothing was heard of the change"
    return later


def damage(path: Path, names: Iterable[str]) -> None:
    """Overwrite the first page of some tables and indexes of a SQLite file, as a failing disk does.

    Who has the file open sees it at once: a write makes SQLite read its pages again.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        (size,) = connection.execute("pragma page_size").fetchone()
        pages = [
            connection.execute("select rootpage from sqlite_master where name = ?", (name,)).fetchone()[0]
            for name in names
        ]
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("pragma user_version = 7")
