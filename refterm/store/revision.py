"""Which schema a database has, asked in plain SQL; Alembic is imported only when there is something to apply."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from refterm.i18n import _
from refterm.store.faults import FaultError

# Every revision this program knows, oldest first; a test holds them against the migrations folder.
REVISIONS = ("0001",)
HEAD = REVISIONS[-1]
MIGRATIONS = Path(__file__).parent / "migrations"


def current(connection: sqlite3.Connection) -> str | None:
    """The database's revision, None for an empty database.

    Raises:
        FaultError: when it is a database of something else.
    """
    tables = connection.execute(
        "select count(*), sum(name = 'alembic_version'), sum(name = 'referral') from sqlite_master"
    ).fetchone()
    if not tables[0]:
        return None
    row = connection.execute("select version_num from alembic_version").fetchone() if tables[1] else None
    if row is None:
        raise FaultError(_("is a database of another program; choose another file with --db"))
    return str(row[0])


def is_behind(revision: str | None) -> bool:
    """Whether migrations must be applied.

    Raises:
        FaultError: when the database is newer than the program.
    """
    if revision == HEAD:
        return False
    if revision is None or revision in REVISIONS:
        return True
    raise FaultError(
        _("was written by a newer refterm (schema {revision}); install that version to open it").format(
            revision=revision
        )
    )


def upgrade(connection: sqlite3.Connection) -> None:
    """Apply what is missing, in one transaction, through Alembic."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    # On our own connection and in our own transaction, so that two programs never migrate at once.
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as bound:
        bound.exec_driver_sql("begin immediate")
        if is_behind(current(connection)):
            configuration.attributes["connection"] = bound
            command.upgrade(configuration, "head")
