"""One desk's database: opening it, its settings, its two connections, and sentences for what can go wrong.

A desk reads on one connection and writes on another. In WAL mode readers never wait for writers, so a read in the
event loop is quick; writes wait their turn for at most `BUSY_SECONDS`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from refterm.i18n import _
from refterm.store import revision
from refterm.store.faults import BUSY_SECONDS, FaultError, explained

# synchronous = NORMAL: in WAL mode a killed process loses nothing and a power cut can lose the last moments' changes
# but never harm the file; FULL would cost an fsync a decision, which on a busy shared server is felt.
_PRAGMAS = ("pragma foreign_keys = on", "pragma synchronous = normal", "pragma temp_store = memory")


class Database:
    """An open database.

    Attributes:
        path: the SQLite file.
        read_only: nothing is ever written through it.
        reader: the connection for reads, used by the thread that opened it.
    """

    def __init__(self, path: Path, *, read_only: bool = False, create: bool = True) -> None:
        """Open, bring the schema up to date, and refuse what is not ours.

        Raises:
            StoreError: with the reason and what to do.
        """
        self.path = path
        self.read_only = read_only
        self._write_lock = threading.RLock()
        self._writer: sqlite3.Connection | None = None
        with explained(path):
            if not path.exists() and (read_only or not create):
                raise FaultError(_("does not exist; import referrals first, or choose another file with --db"))
            if path.is_dir():
                raise FaultError(_("is a folder; choose a file with --db"))
            if not read_only:
                make_folder(path.parent)
                if not path.exists():
                    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o660))
            self.reader = self._connect()
            try:
                self._prepare()
            except BaseException:
                self.close()
                raise

    def _prepare(self) -> None:
        """Refuse what is not ours, and bring what is ours up to date."""
        behind = revision.is_behind(revision.current(self.reader))
        if self.read_only:
            if behind:
                raise FaultError(
                    _("needs an upgrade of its schema; open it once without --read-only, or run refterm db upgrade")
                )
            self.reader.execute("pragma query_only = on")
            return
        # Asked at every opening: a restored backup is not in WAL mode.
        if behind or self.reader.execute("pragma journal_mode").fetchone()[0] != "wal":
            self._use_wal()
        if behind:
            revision.upgrade(self.writer())

    def _use_wal(self) -> None:
        # For this one lock SQLite does not wait by itself: of two programs that make the same desk one would fail.
        patience = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self.writer().execute("pragma journal_mode = wal")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                    raise
                time.sleep(0.01)

    def _connect(self) -> sqlite3.Connection:
        mode = "ro" if self.read_only else "rw"
        uri = self.path.absolute().as_uri() + f"?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except BaseException:
            connection.close()
            raise
        return connection

    def writer(self) -> sqlite3.Connection:
        """The connection for writes; used under `writing` or `orm.session`, which take turns.

        Raises:
            FaultError: on a read-only desk.
        """
        if self.read_only:
            raise FaultError(_("is open for reading only"))
        if self._writer is None:
            self._writer = self._connect()
        return self._writer

    @contextmanager
    def turn(self) -> Iterator[sqlite3.Connection]:
        """The writing connection, for one thread of this process at a time, its errors told in sentences."""
        with self._write_lock, explained(self.path):
            yield self.writer()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction of plain SQL: all of it or nothing.

        It begins IMMEDIATE: a transaction that reads before it asks for the write lock fails when others write, however
        long it would wait.
        """
        with self.turn() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("rollback")
                raise
            connection.execute("commit")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The reading connection, its errors told in sentences."""
        with explained(self.path):
            yield self.reader

    def change_token(self) -> int:
        """A number that is another once anybody else has written; costs some microseconds."""
        with explained(self.path):
            return int(self.reader.execute("pragma data_version").fetchone()[0])

    def check(self) -> list[str]:
        """What SQLite itself finds wrong with the file; nothing if all is well."""
        with explained(self.path):
            found = [str(row[0]) for row in self.reader.execute("pragma integrity_check")]
            found += [
                _("{table}: foreign key of row {row}").format(table=row[0], row=row[1])
                for row in self.reader.execute("pragma foreign_key_check")
            ]
        return [] if found == ["ok"] else [line for line in found if line != "ok"]

    def backup(self, target: Path) -> None:
        """Copy the whole database to a new file while others go on working.

        Raises:
            StoreError: when the target exists or cannot be written.
        """
        unfinished = target.with_name(target.name + ".part")
        journal = target.with_name(unfinished.name + "-journal")
        with explained(target):
            if target.exists():
                raise FaultError(_("exists already; name a new file"))
            # Customers' data: for its owner only, from the first byte.
            os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY, 0o600))
            copy = sqlite3.connect(unfinished)
            try:
                self.reader.backup(copy)
                copy.execute("pragma journal_mode = delete")
                copy.close()
                os.replace(unfinished, target)
            except BaseException:
                copy.close()
                for left in (unfinished, journal):
                    left.unlink(missing_ok=True)
                raise

    def close(self) -> None:
        """Close both connections."""
        for connection in (self._writer, self.reader):
            if connection is not None:
                connection.close()
        self._writer = None


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter, and those above it, where they are missing."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
