"""Opening a desk's database, whichever kind its location names."""

from __future__ import annotations

from pathlib import Path

from refterm.store.database import Database


def open_database(
    location: Path | str, *, read_only: bool = False, create: bool = True, upgrade: bool = True
) -> Database:
    """Open a desk's database, bring its schema up to date, and refuse what is not ours.

    Args:
        location: a SQLite file, or the URL of a PostgreSQL database.
        read_only: nothing is ever written.
        create: make the desk where there is none.
        upgrade: bring an older schema up to date, or else refuse it.

    Raises:
        StoreError: with the reason and what to do.
    """
    if isinstance(location, str):
        from refterm.store.postgres import PostgresDatabase  # the driver costs 59 ms and 11 MiB

        return PostgresDatabase(location, read_only=read_only, create=create, upgrade=upgrade)
    from refterm.store.sqlite import SqliteDatabase

    return SqliteDatabase(location, read_only=read_only, create=create, upgrade=upgrade)
