"""SQLAlchemy's engine on a connection that is ours: the same transactions and the same lock as plain SQL."""

from __future__ import annotations

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import StaticPool

from refterm.store.connection import Connection
from refterm.store.database import Database

_URLS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}


def engine_on(database: Database, connection: Connection) -> Engine:
    """An engine that has one connection, the given one, and begins as `Database.begin` does."""
    engine = create_engine(
        _URLS[connection.dialect], creator=lambda: getattr(connection, "raw", connection), poolclass=StaticPool
    )
    event.listen(engine, "begin", lambda _bound: database.begin(connection))
    return engine
