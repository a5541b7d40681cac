"""The schema of a database held against its single definition, `tables.py`. Imported by `refterm db` and by tests only."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex

from refterm.i18n import _
from refterm.store.connection import Connection
from refterm.store.tables import METADATA

_URLS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}
_INDEXES = {
    "sqlite": "select name, sql from sqlite_master where type = 'index' and sql is not null",
    "postgresql": (
        "select indexname as name, indexdef as sql from pg_indexes where schemaname = current_schema()"
        " and not exists (select 1 from pg_constraint where conname = indexname)"
    ),
}
# The search index differs between the two databases; its migration alone makes it.
_SEARCH = "referral_search"
# How PostgreSQL writes an index beyond what was asked for: types, the usual method, the schema.
_ADDED = re.compile(r"::(character varying|text|bigint|integer)|using btree |(?<= on )\w+\.")


def engine_on(connection: Connection) -> Engine:
    """SQLAlchemy's engine that has one connection, the given one."""
    driver = getattr(connection, "raw", connection)
    return create_engine(_URLS[connection.dialect], creator=lambda: driver, poolclass=StaticPool)


def drift(connection: Connection) -> list[str]:
    """The differences between this database and `tables.py`, a sentence each."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    def compared(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        return kind != "index" and not (kind == "table" and (name or "").startswith(_SEARCH))

    with engine_on(connection).connect() as bound, warnings.catch_warnings():
        # Indexes over expressions cannot be read back by SQLAlchemy; all indexes are compared below.
        warnings.simplefilter("ignore")
        options = {"include_object": compared, "compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(bound, opts=options)
        differences = compare_metadata(context, METADATA)
        known = {
            str(index.name): _normal(str(CreateIndex(index).compile(dialect=bound.dialect)))
            for table in METADATA.tables.values()
            for index in table.indexes
        }
    made = {row["name"]: _normal(row["sql"]) for row in connection.execute(_INDEXES[connection.dialect]).fetchall()}
    return [*_told(differences), *_told_indexes(known, made)]


def _told(differences: list[Any]) -> Iterator[str]:
    for one in differences:
        if isinstance(one, list):  # what differs in one column
            for kind, _schema, table, column, _options, _present, wanted in one:
                what = {"modify_type": _("type"), "modify_nullable": _("may be empty")}.get(kind, _("default"))
                yield _("{table}.{column}: {what} should be {wanted}").format(
                    table=table, column=column, what=what, wanted=wanted
                )
            continue
        kind, item = one[0], one[-1]
        name = f"{one[2]}.{item.name}" if kind.endswith("column") else _named(item)
        yield (_("{name} is missing") if kind.startswith("add") else _("{name} is not refterm's")).format(name=name)


def _named(item: Any) -> str:
    table = getattr(item, "table", None)
    if table is None:
        return str(item.name)
    columns = ", ".join(column.name for column in item.columns)
    return f"{table.name} ({columns})"


def _told_indexes(known: dict[str, str], made: dict[str, str]) -> Iterator[str]:
    for name in sorted(known.keys() | made.keys()):
        if name.startswith(_SEARCH):
            continue
        if name not in made:
            yield _("the index {name} is missing").format(name=name)
        elif name not in known:
            yield _("the index {name} is not refterm's").format(name=name)
        elif known[name] != made[name]:
            yield _("the index {name} is another than it should be").format(name=name)


def _normal(sql: str) -> str:
    """An index's definition as the database, the migrations and SQLAlchemy all write it."""
    plain = _ADDED.sub("", re.sub(r"\s+", " ", sql.lower()))
    return re.sub(r"[()\"'\s]", "", plain)
