"""The desk's tables for scripts, as SQLModel classes; for reading only. See docs/scripting.md.

Nothing in refterm itself imports this module: it brings the ORM.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool
from sqlmodel import Session, create_engine, select

from refterm import config, paths
from refterm.errors import StoreError
from refterm.i18n import _
from refterm.store.tables import Counter, History, Outbox, Presence, Profile, Referral, Remote, Setting, Source, Sync

__all__ = [
    "Counter",
    "History",
    "Outbox",
    "Presence",
    "Profile",
    "Referral",
    "Remote",
    "Session",
    "Setting",
    "Source",
    "Sync",
    "open_session",
    "select",
]


def open_session(database: str | Path | None = None) -> Session:
    """A session that reads a desk and can write nothing; close it, or use it in a `with`.

    The database itself refuses every write: SQLite opens the file for reading only, and PostgreSQL makes each
    transaction a read-only one. The schema is as this version of refterm has it; `refterm db upgrade` brings an older
    desk up to date.

    Args:
        database: a SQLite file, or the URL of a PostgreSQL database; the one of the configuration without it.

    Raises:
        StoreError: when there is no such file.
        ConfigurationError: for a URL of another kind.
    """
    settings = config.load()
    if database is not None:
        settings = settings.overridden(database=str(database))
    location = paths.database_location(settings.database)
    if isinstance(location, Path):
        if not location.is_file():
            raise StoreError(_("{path} is no file; name the desk's database").format(path=location))
        address = f"{location.absolute().as_uri()}?mode=ro"
        engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool)
    else:
        engine = create_engine(make_url(location).set(drivername="postgresql+psycopg"), poolclass=NullPool)
        event.listen(engine, "connect", _read_only)
    return Session(engine)


def _read_only(raw: Any, _record: object) -> None:
    raw.execute("set default_transaction_read_only = on")
    raw.commit()
