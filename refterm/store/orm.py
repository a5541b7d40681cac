"""Decisions through SQLModel. Importing this module loads the ORM: do it where a decision begins, not before.

On the same connection, in the same kind of transaction and with the same journal as plain SQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from refterm.errors import ConflictError, NotFoundError
from refterm.i18n import _
from refterm.store.database import Database
from refterm.store.tables import Referral

_ENGINES: WeakKeyDictionary[Database, Engine] = WeakKeyDictionary()


@contextmanager
def session(database: Database) -> Iterator[Session]:
    """One transaction through SQLModel: all of it or nothing. It begins IMMEDIATE (see Database.writing).

    Raises:
        ConflictError: when somebody else changed what was changed here (T2).
        StoreError: when the database cannot be written.
    """
    with database.turn() as connection:
        try:
            with Session(_engine(database, connection), expire_on_commit=False) as opened, opened.begin():
                yield opened
        except StaleDataError as error:
            raise ConflictError(_("the referral was changed by somebody else meanwhile; look at it again")) from error


def _engine(database: Database, connection: sqlite3.Connection) -> Engine:
    # Kept with its database, since it keeps the statements it has compiled.
    engine = _ENGINES.get(database)
    if engine is None:
        engine = _ENGINES[database] = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("begin immediate")


def driver(opened: Session) -> sqlite3.Connection:
    """The driver's connection of a session, for the journal."""
    connection = opened.connection().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection


def get(opened: Session, referral_id: int) -> Referral:
    """A referral as the ORM knows it.

    Raises:
        NotFoundError: when there is none.
    """
    referral = opened.get(Referral, referral_id)
    if referral is None:
        raise NotFoundError(_("there is no referral {id}; see refterm list --tab all").format(id=referral_id))
    return referral


def update(opened: Session, referral: Referral, changes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The guarded update (T2) of a referral that was read in this session.

    Returns:
        The whole row before and after.
    """
    before = referral.model_dump()
    referral.sqlmodel_update(changes)
    opened.add(referral)
    opened.flush()
    return before, referral.model_dump()
