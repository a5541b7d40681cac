"""What SQLite itself finds wrong with a desk's file, even where nothing else of it can be read."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import NamedTuple

from refterm.i18n import _
from refterm.store.connection import Connection
from refterm.store.sqlite import look_at

_PAGE = re.compile(r"(?:tree|page) (\d+)", re.IGNORECASE)
_INDEX = re.compile(r"(?:missing from|entries in|in) index ")


class Damage(NamedTuple):
    """Something that is damaged.

    Attributes:
        text: what, in the words of SQLite, with the name of the table or index before it.
        can_be_made_anew: whether only an index disagrees with its table; a page that is broken needs a backup.
    """

    text: str
    can_be_made_anew: bool


def damage(path: Path) -> list[Damage]:
    """What is damaged; nothing where all is well.

    Raises:
        StoreError: when the file cannot be opened, or is no database.
    """
    with look_at(path) as connection:
        try:
            objects = _objects(connection)
            told = _told(connection, objects)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) or "not a database" in str(error):
                raise
            return [Damage(_("its tables cannot be read ({error})").format(error=error), False)]
    lines = [line.strip() for text in told for line in text.splitlines()]
    return [_named(line, objects) for line in lines if line and line != "ok" and not line.startswith("***")]


def _told(connection: Connection, objects: dict[int, tuple[str, str]]) -> list[str]:
    try:
        return [str(row[0]) for row in connection.execute("pragma integrity_check")]
    except sqlite3.DatabaseError:  # a damaged page ended it; each table by itself says more
        pass
    told = []
    for kind, name in objects.values():
        if kind == "table":
            try:
                told += [str(row[0]) for row in connection.execute(f'pragma integrity_check("{name}")')]
            except sqlite3.DatabaseError as error:
                told.append(f"{name}: {error}")
    return told


def _objects(connection: Connection) -> dict[int, tuple[str, str]]:
    """The kind and the name of every table and index, by its first page."""
    rows = connection.execute("select rootpage, type, name from sqlite_master where rootpage > 0").fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def _named(line: str, objects: dict[int, tuple[str, str]]) -> Damage:
    found = _PAGE.search(line)
    name = objects[int(found[1])][1] if found and int(found[1]) in objects else ""
    return Damage(f"{name}: {line}" if name else line, _INDEX.search(line) is not None)
