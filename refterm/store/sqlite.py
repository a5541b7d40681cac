"""A desk in a SQLite file: for one person, or for all who work on one machine.

In WAL mode readers never wait for writers; writers wait their turn for at most `BUSY_SECONDS`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from refterm import files
from refterm.i18n import _
from refterm.store.connection import Connection
from refterm.store.database import Database, Reading
from refterm.store.faults import BUSY_SECONDS, Explained, FaultError, LostError
from refterm.store.schema import revision
from refterm.store.sqlite_faults import explained
from refterm.store.sqlite_file import Identity, companion, drop_stale, identity, is_frozen, share

# synchronous = FULL: what was confirmed is on the disk, whatever happens to the power (docs/power-cut.md). Imports and
# archiving do without (_IN_BULK): a second run completes them.
# Half a megabyte of pages (KiB, a negative size): what a screen reads. More is in the system's memory already, once for
# all who work on the machine, and not once for each of them.
_PRAGMAS = (
    "pragma foreign_keys = on",
    "pragma synchronous = full",
    "pragma temp_store = memory",
    "pragma cache_size = -500",
)


# Memory in KiB (a negative size), pages, and NORMAL: a power cut can lose the last moments, but never harms the file.
_IN_BULK = {"cache_size": -32 * 1024, "wal_autocheckpoint": 8000, "synchronous": 1}


class SqliteConnection(sqlite3.Connection):
    """A connection to a SQLite file.

    Attributes:
        busy: held by the thread that reads. A connection that is closed while another thread uses it ends the process.
    """

    dialect = "sqlite"

    def __init__(self, *given: Any, **named: Any) -> None:
        """Connect."""
        super().__init__(*given, **named)
        self.busy = threading.RLock()

    def close(self) -> None:
        """Close it, and forget that this process has its file open by it."""
        super().close()
        _OPEN_HERE.pop(self, None)


# Which file each of this process's own connections has open.
_OPEN_HERE: WeakKeyDictionary[SqliteConnection, Identity] = WeakKeyDictionary()


class _Reading(Reading):
    """A context for reads whose connection nobody closes meanwhile."""

    def __init__(self, connected: Callable[[], Connection], explained: Explained) -> None:
        super().__init__(connected, explained)
        self._held = threading.local()

    def __enter__(self) -> Connection:
        """The connection of this thread (see Reading)."""
        connection = super().__enter__()
        assert isinstance(connection, SqliteConnection)
        connection.busy.acquire()
        # A list, since reads stand within reads, and between them the file may be opened anew.
        self._held.__dict__.setdefault("connections", []).append(connection)
        return connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Explain an error (see Explained)."""
        self._held.connections.pop().busy.release()
        super().__exit__(kind, error, traceback)


class SqliteDatabase(Database):
    """An open SQLite file."""

    file: Path

    def __init__(self, path: Path, *, read_only: bool = False, create: bool = True, upgrade: bool = True) -> None:
        """Open, bring the schema up to date, and refuse what is not ours.

        Args:
            path: the file.
            read_only: nothing is ever written.
            create: make the desk where there is none.
            upgrade: bring an older schema up to date, or else refuse it.

        Raises:
            StoreError: with the reason and what to do.
        """
        super().__init__(path, str(path), read_only=read_only, explained=explained(path))
        self._reading = _Reading(self._connected_reader, self._explained)
        self.file = path
        self._upgrades = upgrade
        self._writer: SqliteConnection | None = None
        self._opened: list[SqliteConnection] = []
        with self._explained:
            if not path.exists() and (read_only or not create):
                raise FaultError(_("does not exist; import referrals first, or choose another file with --db"))
            if not create and path.is_file() and path.stat().st_size == 0:
                raise FaultError(
                    _("is empty and no desk; restore the last backup, or make a desk there with refterm db upgrade")
                )
            if path.is_dir():
                raise FaultError(_("is a folder; choose a file with --db"))
            if not read_only:
                files.make_folder(path.parent)
                if not path.exists():
                    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o660))
            self._open()

    def _open(self, former_wal: Identity = None) -> None:
        path = self.file
        self._identity = identity(path)
        if not self.read_only:
            # Whoever closes a file ends all locks its process holds on it (POSIX), SQLite's among them; others would
            # then remove the `-wal` under an open desk. So a file that is open here is not opened to look at it.
            if self._identity not in _OPEN_HERE.values():
                drop_stale(path, former_wal)
            share(path)
        self._frozen = _stamp(path) if self.read_only and is_frozen(path) else None
        self._readers = threading.local()
        self._opened = []
        self._reader = self._readers.connection = self._connect()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise
        share(path)
        self._wal = identity(companion(path, "-wal"))

    def _connected_reader(self) -> SqliteConnection:
        # One for each thread: of two that share one, SQLite keeps only the last error (a read that failed then looks
        # empty), a snapshot of one holds for the other, and a key waits for the other's long query.
        connection: SqliteConnection | None = getattr(self._readers, "connection", None)
        if connection is None:
            self._require_same(_("waiting for a desk under its name"))
            connection = self._readers.connection = self._connect()
        return connection

    def _prepare(self) -> None:
        """Refuse what is not ours, and bring what is ours up to date."""
        self.revision_found = revision.current(self._reader)
        behind = revision.is_behind(self.revision_found)
        if self.read_only:
            if behind:
                raise FaultError(
                    _("needs an upgrade of its schema; open it once without --read-only, or run refterm db upgrade")
                )
            return
        if behind and not self._upgrades:
            raise FaultError(_("needs an upgrade of its schema; ask an admin of this desk to run refterm db upgrade"))
        # Asked at every opening: a restored backup is not in WAL mode.
        if behind or self._reader.execute("pragma journal_mode").fetchone()[0] != "wal":
            self._use_wal()
        if behind:
            revision.upgrade(self._connected_writer(), self.begin)

    def _use_wal(self) -> None:
        # For this one lock SQLite does not wait by itself: of two programs that make the same desk one would fail.
        patience = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._connected_writer().execute("pragma journal_mode = wal")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                    raise
                time.sleep(0.01)

    def _connect(self) -> SqliteConnection:
        connection = sqlite3.connect(
            f"{self.file.absolute().as_uri()}?mode={'ro' if self.read_only else 'rw'}"
            f"{'&immutable=1' if self._frozen else ''}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_SECONDS,
            check_same_thread=False,
            factory=SqliteConnection,
        )
        _OPEN_HERE[connection] = self._identity
        connection.row_factory = sqlite3.Row
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            if self.read_only:
                connection.execute("pragma query_only = on")
        except BaseException:
            connection.close()
            raise
        self._opened.append(connection)
        return connection

    def _connected_writer(self) -> SqliteConnection:
        # SQLite would go on writing into a file that has no name any more, and nobody would ever read it.
        self._require_same(_("nothing was changed"))
        if self._writer is None:
            self._writer = self._connect()
            share(self.file)
        return self._writer

    def _require_same(self, consequence: str) -> None:
        """Refuse to go on with a file that is not under its name any more.

        Raises:
            LostError: saying so, and what follows.
        """
        if identity(self.file) != self._identity:
            raise LostError(
                _("was removed or replaced while it was open; {consequence}").format(consequence=consequence)
            )

    def _committed(self) -> None:
        self._require_same(_("this was not kept"))

    def reconnect(self) -> None:
        """Open the file that has the name now, after it was removed or replaced.

        Raises:
            ConnectionLostError: while there is none.
            StoreError: when it is no desk.
        """
        with self._write_lock, self._explained:
            if identity(self.file) is None:
                raise LostError(_("is not there; waiting for it to come back"))
            former = self._wal
            if identity(self.file) != self._identity:
                # What the former file lacks goes into it, in case it was kept under another name.
                with suppress(sqlite3.Error):
                    self._reader.execute("pragma wal_checkpoint(passive)")
            else:
                former = None
            self._writer, left = None, self._opened
            try:
                self._open(former)
            finally:
                # Only now: SQLite's locks on the file would end with them (see _open). One that a thread still reads by
                # is closed when the thread lets go of it.
                for connection in left:
                    with _if_free(connection.busy) as nobody_reads:
                        if nobody_reads:
                            connection.close()

    def begin(self, connection: Connection) -> None:
        """Begin with the lock: a deferred transaction that reads and then writes fails whatever the timeout."""
        connection.execute("begin immediate")

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """More memory and fewer checkpoints while it lasts: else every transaction writes the indexes' pages anew."""
        with self.turn() as connection:
            usual = [(name, connection.execute(f"pragma {name}").fetchone()[0]) for name in _IN_BULK]
            for name, value in _IN_BULK.items():
                connection.execute(f"pragma {name} = {value}")
        try:
            yield
        finally:
            with self.turn() as connection:
                for name, value in usual:
                    connection.execute(f"pragma {name} = {value}")

    def free_memory(self) -> None:
        with _if_free(self._write_lock) as nobody_writes:
            for connection in self._opened if nobody_writes else ():
                with _if_free(connection.busy) as nobody_reads:
                    if nobody_reads:
                        connection.execute("pragma shrink_memory")

    def change_token(self) -> int:
        """A number that is another once anybody else has written; costs some microseconds."""
        with self.reading() as connection:
            self._require_same(_("waiting for a desk under its name"))
            if self._frozen and self._frozen != _stamp(self.file):
                raise LostError(_("is being written by somebody else; reading it anew"))
            return int(connection.execute("pragma data_version").fetchone()[0])

    def check(self) -> list[str]:
        """What SQLite itself finds wrong with the file; nothing if all is well."""
        with self._explained:
            found = [str(row[0]) for row in self._reader.execute("pragma integrity_check")]
            found += [
                _("{table}: foreign key of row {row}").format(table=row[0], row=row[1])
                for row in self._reader.execute("pragma foreign_key_check")
            ]
        return [] if found == ["ok"] else [line for line in found if line != "ok"]

    def backup(self, target: Path, *, replace: bool = False, damaged: bool = False) -> None:
        """Copy the whole database to a new file while others go on working.

        Args:
            target: the file.
            replace: whether the target may exist.
            damaged: copy it also where SQLite finds it damaged.

        Raises:
            StoreError: when the target exists or cannot be written, or this database is damaged.
        """
        with explained(target):
            if target.exists() and not replace:
                raise FaultError(_("exists already; name a new file"))
            # Customers' data: for its owner only, from the first byte.
            part = files.Part(target)
            try:
                with closing(sqlite3.connect(part.path, factory=SqliteConnection)) as copy:
                    self._reader.backup(copy)
                    copy.execute("pragma journal_mode = delete")
                    damage = first_damage(copy)
                if damage and not damaged:
                    raise _DamageError(damage)
                part.finish(target, replace=replace)
            except _DamageError as error:
                part.drop()
                with self._explained:
                    raise FaultError(
                        _("is damaged ({damage}), so it was not copied; refterm db check says what to do").format(
                            damage=error
                        )
                    ) from None
            except BaseException:
                part.drop()
                raise

    def close(self) -> None:
        """Close all connections: a read that still runs is broken off, a write is waited for.

        What does not end in time is left to the end of the process.
        """
        patience = time.monotonic() + BUSY_SECONDS
        writer = self._writer
        if self._write_lock.acquire(timeout=2 * BUSY_SECONDS):
            self._writer = None
            if writer is not None:
                writer.close()
            self._write_lock.release()
        for connection in self._opened:
            if connection is not writer:
                _close_reader(connection, patience)
        self._opened = []


@contextmanager
def _if_free(lock: threading.RLock) -> Iterator[bool]:
    """Hold a lock unless another thread has it; gives whether it is held."""
    held = lock.acquire(blocking=False)
    try:
        yield held
    finally:
        if held:
            lock.release()


def _close_reader(connection: SqliteConnection, patience: float) -> None:
    """Break off what another thread reads by it, and close it; not where that takes longer than until `patience`."""
    while not connection.busy.acquire(timeout=0.05):
        if time.monotonic() > patience:
            return
        connection.interrupt()
    connection.close()
    connection.busy.release()


@contextmanager
def look_at(path: Path) -> Iterator[SqliteConnection]:
    """A connection for looking only, its errors told in sentences: nothing is made, upgraded or archived."""
    with (
        explained(path),
        closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, factory=SqliteConnection)
        ) as connection,
    ):
        connection.row_factory = sqlite3.Row
        yield connection


def journal_mode(connection: Connection) -> str:
    """How a file keeps what is not yet written through; a desk's says `wal`."""
    return str(connection.execute("pragma journal_mode").fetchone()[0])


def first_damage(connection: Connection) -> str | None:
    """The first thing that SQLite finds wrong with a file; None if all is well."""
    found = str(connection.execute("pragma quick_check(1)").fetchone()[0])
    # SQLite puts a heading on a line of its own before it.
    found = found.splitlines()[-1].strip() if found else found
    return None if found == "ok" else found


def _stamp(path: Path) -> tuple[Identity, int, bool]:
    """What changes once somebody writes a file that was taken for one that never changes."""
    return identity(path), path.stat().st_mtime_ns, companion(path, "-shm").exists()


class _DamageError(Exception):
    """What is wrong with a copy, and so with what it was copied from."""
