"""Moving a whole desk to another database, from a file to a server and back (`refterm db copy`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from refterm import paths
from refterm.config import Settings
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.services.workplace import require
from refterm.store import search, table_copy
from refterm.store.connection import Connection
from refterm.store.database import Database
from refterm.store.opening import open_database


def copy(settings: Settings, source: str, target: str, *, acting: str | None = None) -> dict[str, int]:
    """Copy a desk, as it stands at one instant, into an empty or a new one, and hold every row against its copy.

    Who has the desk open is left behind; counters and the search index are made anew. All of it is one transaction of
    the target's: a copy that fails or is interrupted leaves nothing.

    Args:
        settings: the configuration, for who may do this.
        source: a SQLite file or the URL of a PostgreSQL database.
        target: likewise.
        acting: the name given with `--as`.

    Returns:
        How many rows each table has.

    Raises:
        NotAllowedError: unless an admin does it.
        RefTermError: when the target is not empty, or a row did not arrive as it was.
        StoreError: when either cannot be read or written.
    """
    require(settings, "db copy", acting)
    places = [paths.database_location(name) for name in (source, target)]
    with closing(open_database(places[0], read_only=True)) as database:
        is_new = isinstance(places[1], Path) and not places[1].exists()
        try:
            with closing(open_database(places[1])) as other:
                return _copy(database, other)
        except BaseException:
            if is_new and isinstance(places[1], Path):
                _remove(places[1])
            raise


def _copy(source: Database, target: Database) -> dict[str, int]:
    copied: dict[str, int] = {}
    with source.snapshot() as reader, target.bulk(), target.writing() as writer:
        if table_copy.holds_anything(writer):
            raise RefTermError(
                _("{name} is not empty; copy into a new file or an empty database").format(name=target.name)
            )
        table_copy.clear(writer)
        for table in table_copy.KEYS:
            copied[table] = 0
            for rows in table_copy.batches(reader, table):
                table_copy.insert(writer, table, rows)
                if table == "referral":
                    search.add(writer, [dict(row) for row in rows])
                copied[table] += len(rows)
        table_copy.finish(writer)
        for table in table_copy.KEYS:
            _compare(reader, writer, table, target.name)
    return copied


def _compare(reader: Connection, writer: Connection, table: str, name: str) -> None:
    theirs: Iterator[list[dict[str, object]]] = table_copy.batches(writer, table)
    for rows in table_copy.batches(reader, table):
        if next(theirs, []) != rows:
            key = table_copy.KEYS[table]
            raise RefTermError(
                _("{table} from {key} {first} on did not arrive as it was; nothing was copied to {name}").format(
                    table=table, key=key, first=rows[0][key], name=name
                )
            )
    if next(theirs, None):
        raise RefTermError(_("more arrived than was sent; nothing was copied to {name}").format(name=name))


def _remove(file: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)
