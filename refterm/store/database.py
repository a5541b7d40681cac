"""One desk's database, whichever kind it is: two connections, turns for writing, and sentences for what can go wrong.

A desk reads on one connection and writes on another, so that a read in the event loop never waits for a writer.
Writers take turns, across threads, processes and machines: a transaction that reads before it asks for the lock fails
or deadlocks when others write, so every one asks for it first (T2).
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType

from refterm.i18n import _
from refterm.store.connection import Connection
from refterm.store.faults import Explained, FaultError
from refterm.store.schema import revision


class Reading:
    """A context that gives the connection for reads, and turns what fails into sentences.

    It keeps nothing from one use to the next, so that a database has one for all its reads, whatever the thread.
    """

    def __init__(self, connected: Callable[[], Connection], explained: Explained) -> None:
        self._connected = connected
        self._explained = explained

    def __enter__(self) -> Connection:
        """The connection.

        Raises:
            ConnectionLostError: when the server was lost; `Database.reconnect` reaches it again.
        """
        with self._explained:
            return self._connected()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Explain an error (see Explained)."""
        self._explained.__exit__(kind, error, traceback)


class Database(ABC):
    """An open database.

    Attributes:
        location: what it was opened with: a file, or a server's address.
        name: what sentences call it: the file, or the server's address without its password.
        file: the SQLite file; None with a server.
        read_only: nothing is ever written through it.
        may_write: whether the server lets this login change referrals; with a file its permissions decide.
        may_keep: whether the server lets this login change profiles and settings.
        revision_found: the schema it had before it was opened; None where there was no desk.
    """

    location: Path | str
    name: str
    file: Path | None = None
    read_only: bool
    may_write = True
    may_keep = True
    revision_found: str | None = None

    def __init__(self, location: Path | str, name: str, *, read_only: bool, explained: Explained) -> None:
        self.location = location
        self.name = name
        self.read_only = read_only
        self._explained = explained
        self._reading = Reading(self._connected_reader, explained)
        self._write_lock = threading.RLock()

    @abstractmethod
    def _connected_reader(self) -> Connection:
        """The connection for reads."""

    @abstractmethod
    def _connected_writer(self) -> Connection:
        """The connection for writes, opened when it is first needed."""

    @abstractmethod
    def begin(self, connection: Connection) -> None:
        """Begin a transaction that holds the lock for writing; others wait for it, at most some seconds."""

    def _committed(self) -> None:  # noqa: B027 - a server keeps what it confirms
        """Make sure that what was committed can be read by all.

        Raises:
            FaultError: when it cannot.
        """

    @abstractmethod
    def change_token(self) -> int:
        """A number that is another once anybody else has written; costs some microseconds."""

    @abstractmethod
    def check(self) -> list[str]:
        """What the database itself finds wrong with what it keeps; nothing if all is well."""

    @abstractmethod
    def backup(self, target: Path, *, replace: bool = False, damaged: bool = False) -> None:
        """Copy the whole desk to a new file while others go on working.

        Args:
            target: the file.
            replace: whether the target may exist.
            damaged: copy it also where it is damaged.

        Raises:
            StoreError: when the target exists or cannot be written, this one is damaged, or it is a server's.
        """

    @abstractmethod
    def close(self) -> None:
        """Close both connections."""

    @abstractmethod
    def free_memory(self) -> None:
        """Give back the memory of the pages that were read; what is read or written just then is left alone."""

    def server_time(self) -> datetime | None:
        """What time it is for everybody who shares the database; None where that is the machine's own affair (Z2)."""
        return None

    @abstractmethod
    def reconnect(self) -> None:
        """Reach a server again that was lost, or open the file that has taken the place of the former one.

        Raises:
            ConnectionLostError: when it still cannot be reached.
        """

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """The writing connection, for one thread of this process at a time, its errors told in sentences.

        Whatever fails leaves no transaction open. That includes `begin`: after a wait for the lock that was too long,
        PostgreSQL is in a failed transaction and would refuse every later statement.
        """
        with self._write_lock, self._explained:
            if self.read_only:
                raise FaultError(_("is open for reading only"))
            connection = self._connected_writer()
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("rollback")
                raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction of plain SQL: all of it or nothing."""
        with self.turn() as connection:
            self.begin(connection)
            # Another program may have upgraded it since it was opened.
            revision.require_head(connection)
            yield connection
            connection.execute("commit")
            self._committed()

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Prepared for many transactions one after another; a server minds that by itself."""
        yield

    def reading(self) -> Reading:
        """The reading connection, its errors told in sentences. It is never kept beyond the `with`."""
        return self._reading

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The reading connection, which sees the desk as it stands now, however many reads follow."""
        with self.reading() as connection:
            connection.execute(
                "begin" if connection.dialect == "sqlite" else "begin isolation level repeatable read read only"
            )
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("rollback")
