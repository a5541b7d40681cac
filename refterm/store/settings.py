"""The settings of the desk, kept in its database: the same for all who work at it."""

from __future__ import annotations

from refterm.store.connection import Connection


def values(connection: Connection) -> dict[str, str]:
    """Every setting that is kept, by its key."""
    return {row[0]: row[1] for row in connection.execute("select key, value from setting order by key").fetchall()}


def put(connection: Connection, key: str, value: str | None) -> None:
    """Keep a setting; None removes it."""
    connection.execute("delete from setting where key = ?", (key,))
    if value is not None:
        connection.execute("insert into setting (key, value) values (?, ?)", (key, value))
