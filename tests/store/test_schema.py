"""The tables as migrations make them are the tables as SQLModel knows them, and the program knows every step."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import alembic.op
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from refterm.services.care import maintenance
from refterm.services.workplace import Workplace
from refterm.store import codec, table_columns, table_copy, tables
from refterm.store.database import Database
from refterm.store.listing import _INDEXES
from refterm.store.opening import open_database
from refterm.store.schema import drift, revision
from tests.store.support import assert_consistent, insert, notices, row

METADATA = tables.SQLModel.metadata


@contextmanager
def connected(path: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def test_migrations_make_what_sqlmodel_knows(workplace: Workplace) -> None:
    """Tables, columns, keys and indexes, with expressions and conditions; on both databases."""
    with workplace.database.reading() as connection:
        assert drift.drift(connection) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("create table other (id integer primary key)", "other is not refterm's"),
        ("drop table presence", "presence is missing"),
        ("alter table referral add column mood text", "referral.mood is not refterm's"),
        ("alter table outbox drop column error", "outbox.error is missing"),
        ("drop index referral_value", "the index referral_value is missing"),
        ("create index mine on referral (need)", "the index mine is not refterm's"),
        (
            "drop index referral_favorite; create index referral_favorite on referral (status, id) where favorite = 0",
            "the index referral_favorite is another than it should be",
        ),
        (
            "drop index referral_closed;"
            " create index referral_closed on referral (coalesce(closed_at, 1), id) where status = 'archived'",
            "the index referral_closed is another than it should be",
        ),
    ],
)
def test_what_differs_is_told_in_a_sentence(workplace: Workplace, statement: str, sentence: str) -> None:
    with workplace.database.writing() as connection:
        for one in statement.split(";"):
            connection.execute(one)
    with workplace.database.reading() as connection:
        assert drift.drift(connection) == [sentence]
    assert [finding.text for finding in maintenance.check(workplace)] == [f"schema: {sentence}"]


def test_a_desk_made_by_sqlmodel_alone_has_the_same_tables(tmp_path: Path, database_path: Path) -> None:
    """Columns in name, type, key and emptiness; so either may describe a store of another kind."""

    def shapes(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
        return {
            name: sorted(
                (one[1], one[2], one[3], one[5]) for one in connection.exec_driver_sql(f"pragma table_info({name})")
            )
            for name in METADATA.tables
        }

    with connected(tmp_path / "other.db") as other, connected(database_path) as migrated:
        METADATA.create_all(other)
        assert shapes(other) == shapes(migrated)


def test_what_does_without_sqlmodel_knows_the_same_columns() -> None:
    """`table_columns.py`, in the same order; a copy and an export take what it names."""
    known = {str(model.__tablename__): tuple(model.model_fields) for model in tables.MODELS}
    assert known == table_columns.COLUMNS
    assert list(known) == list(table_columns.COLUMNS)
    assert set(known) == set(METADATA.tables)
    assert [tuple(column.name for column in METADATA.tables[name].columns) for name in known] == list(known.values())


def test_a_copy_and_an_export_leave_no_column_out() -> None:
    """A copy takes every table but what is derived or of the moment; an export every column that history names."""
    assert set(table_copy.KEYS) == set(table_columns.COLUMNS) - {"counter", "presence"}
    named = {*codec.FIELD_OF_COLUMN, "id", "source_id", "changed_at", "version", "source_updated_at"}
    derived = {"company_key", "email_domain", "deal_value_order"}
    assert named | derived == set(table_columns.COLUMNS["referral"])


def test_the_program_knows_every_step_in_its_order() -> None:
    configuration = Config()
    configuration.set_main_option("script_location", str(revision.MIGRATIONS))
    steps = [script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()]
    assert tuple(reversed(steps)) == revision.REVISIONS
    assert steps[0] == revision.HEAD


def test_the_indexes_that_lists_insist_on_exist(database_path: Path) -> None:
    with connected(database_path) as connection:
        made = {name for (name,) in connection.exec_driver_sql("select name from sqlite_master where type = 'index'")}
    assert set(_INDEXES.values()) <= made


def test_a_desk_of_now_needs_no_migration_tool(database_path: Path) -> None:
    """Opening one asks for its schema in plain SQL: Alembic and the ORM are loaded by neither start nor read."""
    script = (
        "import sys; from pathlib import Path; from refterm.store.opening import open_database;"
        "d = open_database(Path(sys.argv[1])); d.close();"
        "print([name for name in ('alembic', 'sqlalchemy', 'sqlmodel') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(database_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("found", [None, *revision.REVISIONS[:-1]])
def test_older_schemas_are_behind(found: str | None) -> None:
    assert revision.is_behind(found)
    assert not revision.is_behind(revision.HEAD)


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps and the mark that they are done are one transaction."""
    made: list[str] = []
    create = alembic.op.create_table

    def create_some(name: str, *columns: Any, **options: Any) -> Any:
        made.append(name)
        if len(made) > 2:
            raise sa.exc.OperationalError("create", {}, Exception("database or disk is full"))
        return create(name, *columns, **options)

    monkeypatch.setattr(alembic.op, "create_table", create_some)
    path = tmp_path / "desk.db"
    with pytest.raises(Exception, match="full"):
        open_database(path)
    monkeypatch.undo()
    assert len(made) == 3
    with connected(path) as connection:
        assert connection.exec_driver_sql("select count(*) from sqlite_master").scalar() == 0
    open_database(path).close()


def test_every_desk_has_an_id_of_its_own(tmp_path: Path, workplace: Workplace) -> None:
    def desk_id(database: Database) -> str:
        with database.reading() as connection:
            return str(connection.execute("select value from setting where key = 'desk.id'").fetchone()[0])

    # On a server the fixture's desks may be made from one template; a new file never shares one.
    with closing(open_database(tmp_path / "other.db")) as other:
        assert UUID(desk_id(other)) != UUID(desk_id(workplace.database))


def test_an_upgrade_keeps_what_is_owed(workplace: Workplace) -> None:
    """0004 makes the outbox anew in SQLite; each row and each index is there afterwards."""
    database = workplace.database
    [number] = insert(database, [row()])
    with database.writing() as connection:
        entry = connection.execute("select id from history where referral_id = ?", (number,)).fetchone()[0]
        for statement in _BACK_TO_0003:
            connection.execute(statement)
        connection.execute(
            "insert into outbox (id, kind, recipient, referral_id, history_id, state, due_at, attempts, error,"
            " claimed_until) values (7, 'declined', 'x@y.example', ?, ?, 'failed', 5, 3, 'no route', null)",
            (number, entry),
        )
    database.close()
    with closing(open_database(database.location)) as upgraded:
        assert upgraded.revision_found == "0003"
        [kept] = notices(upgraded, number)
        assert (kept["id"], kept["recipient"], kept["state"], kept["due_at"], kept["attempts"], kept["error"]) == (
            7,
            "x@y.example",
            "failed",
            5,
            3,
            "no route",
        )
        with upgraded.reading() as connection:
            assert drift.drift(connection) == []


def test_an_upgrade_writes_the_search_words_as_they_are_asked_for_now(workplace: Workplace) -> None:
    """0010: until then the index kept `ł`, `ø` and `æ` as they are."""
    database = workplace.database
    insert(database, [row(company="Łódź Ærø Øre"), row(company="Kontor")])
    with database.writing() as connection:
        words, cast = ("words::text", "::tsvector") if connection.dialect == "postgresql" else ("words", "")
        for now, before in (("lodz", "łodz"), ("aero", "ærø"), ("ore", "øre")):
            connection.execute(f"update referral_search set words = replace({words}, '{now}', '{before}'){cast}")
        connection.execute("update alembic_version set version_num = '0009'")
    database.close()
    with closing(open_database(database.location)) as upgraded:
        assert upgraded.revision_found == "0009"
        assert_consistent(upgraded)


_BACK_TO_0003 = (
    "update alembic_version set version_num = '0003'",
    "drop table setting",
    "drop table remote",
    "drop table sync",
    "alter table history drop column undo_until",
    "drop index referral_holder",
    "drop index referral_fit",
    "drop index outbox_once",
    "create unique index outbox_once on outbox (history_id, kind, recipient, due_at)",
    "alter table referral drop column follow_up_at",
    "alter table referral drop column follow_up_text",
    "alter table referral drop column assigned_by",
    "alter table referral drop column assigned_at",
    "alter table outbox drop column person",
    "alter table outbox drop column subject",
    "alter table outbox drop column text",
    "alter table outbox drop column message_id",
)
