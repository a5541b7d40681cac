"""The tables as migrations make them are the tables as SQLModel knows them, and the program knows every step."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.op
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from refterm.store import revision, tables
from refterm.store.listing import _INDEXES
from refterm.store.opening import open_database

METADATA = tables.SQLModel.metadata


@contextmanager
def connected(path: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out what SQLite keeps for the search index."""
    return kind != "table" or not (name or "").startswith("referral_search")


def normal(sql: str) -> str:
    """An index's definition, as both ways of writing it agree."""
    return re.sub(r"\s+", " ", sql.lower().replace('"', "").replace("create unique index", "create index")).strip()


def test_migrations_make_what_sqlmodel_knows(database_path: Path) -> None:
    with connected(database_path) as connection, warnings.catch_warnings():
        # Indexes over expressions cannot be read back this way; the next test compares them.
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")
        context = MigrationContext.configure(
            connection, opts={"include_name": ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, METADATA) == []


def test_every_index_is_the_same_to_the_letter(database_path: Path) -> None:
    """Expressions and conditions, too: on one that differs by a blank the planner would not rely."""
    with connected(database_path) as connection:
        made = dict(
            connection.exec_driver_sql(
                "select name, sql from sqlite_master where type = 'index' and sql is not null"
            ).fetchall()
        )
        known = {
            index.name: str(sa.schema.CreateIndex(index).compile(dialect=connection.dialect))
            for table in METADATA.tables.values()
            for index in table.indexes
        }
    assert {name: normal(sql) for name, sql in made.items()} == {name: normal(sql) for name, sql in known.items()}


def test_a_desk_made_by_sqlmodel_alone_has_the_same_tables(tmp_path: Path, database_path: Path) -> None:
    """Columns in name, type, key and emptiness; so either may describe a store of another kind."""

    def columns(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
        return {
            name: sorted(
                (one[1], one[2], one[3], one[5]) for one in connection.exec_driver_sql(f"pragma table_info({name})")
            )
            for name in METADATA.tables
        }

    with connected(tmp_path / "other.db") as other, connected(database_path) as migrated:
        METADATA.create_all(other)
        assert columns(other) == columns(migrated)


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
