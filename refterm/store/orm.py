"""Decisions through SQLModel. Importing this module loads the ORM: do it where a decision begins, not before.

On the same connection, in the same kind of transaction and with the same journal as plain SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from refterm.errors import ConflictError, NotFoundError
from refterm.i18n import _
from refterm.store.connection import Connection
from refterm.store.database import Database
from refterm.store.engine import engine_on
from refterm.store.tables import Referral

_ENGINES: WeakKeyDictionary[Database, tuple[Connection, Engine]] = WeakKeyDictionary()


@contextmanager
def session(database: Database) -> Iterator[Session]:
    """One transaction through SQLModel: all of it or nothing. It begins IMMEDIATE (see Database.writing).

    Raises:
        ConflictError: when somebody else changed what was changed here (T2).
        StoreError: when the database cannot be written.
    """
    with database.turn() as connection:
        try:
            engine = _engine(database, connection)
            # The journal writes on the same connection, in plain SQL.
            info = {"connection": connection}
            with Session(engine, expire_on_commit=False, info=info) as opened, opened.begin():
                opened.connection()  # begins here, not at the first statement of the ORM
                yield opened
        except StaleDataError as error:
            raise ConflictError(_("the referral was changed by somebody else meanwhile; look at it again")) from error


def _engine(database: Database, connection: Connection) -> Engine:
    # Kept with its connection, since it keeps the statements it has compiled.
    kept = _ENGINES.get(database)
    if kept is None or kept[0] is not connection:
        kept = _ENGINES[database] = (connection, engine_on(database, connection))
    return kept[1]


def driver(opened: Session) -> Connection:
    """The connection of a session, for plain SQL in its transaction."""
    connection: Connection = opened.info["connection"]
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
