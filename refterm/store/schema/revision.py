"""Which schema a database has, asked in plain SQL; Alembic is imported only when there is something to apply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from refterm.i18n import _
from refterm.store.connection import Connection
from refterm.store.faults import FaultError

# Every revision this program knows, oldest first; a test holds them against the migrations folder.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
HEAD = REVISIONS[-1]
MIGRATIONS = Path(__file__).parent / "migrations"

_TABLES = {
    "sqlite": "select name from sqlite_master",
    "postgresql": (
        "select table_name as name from information_schema.tables"
        " where table_schema = current_schema() and table_type = 'BASE TABLE'"
    ),
}


def current(connection: Connection) -> str | None:
    """The database's revision, None for an empty database.

    Raises:
        FaultError: when it is a database of something else.
    """
    tables = {row["name"] for row in connection.execute(_TABLES[connection.dialect])}
    if not tables:
        return None
    ours = tables >= {"alembic_version", "referral"}
    row = connection.execute("select version_num from alembic_version").fetchone() if ours else None
    if row is None:
        raise FaultError(_("is a database of another program; choose another one with --db"))
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


def require_head(connection: Connection) -> None:
    """Refuse to write into a database that another program has upgraded meanwhile, or put an older one in its place.

    Raises:
        FaultError: saying so.
    """
    row = connection.execute("select version_num from alembic_version").fetchone()
    found = None if row is None else str(row[0])
    if is_behind(found):
        raise FaultError(_("has an older schema by now ({revision}); open the desk again").format(revision=found))


def upgrade(connection: Connection, begin: Callable[[Connection], None]) -> None:
    """Apply what is missing, in one transaction, through Alembic.

    Args:
        connection: the one for writing.
        begin: begins a transaction on it that holds the lock for writing.
    """
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import event

    from refterm.store.schema.drift import engine_on

    # On our own connection and in our own transaction, so that two programs never migrate at once.
    engine = engine_on(connection)
    event.listen(engine, "begin", lambda _bound: begin(connection))

    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as bound:
        if is_behind(current(connection)):
            configuration.attributes["connection"] = bound
            command.upgrade(configuration, "head")
