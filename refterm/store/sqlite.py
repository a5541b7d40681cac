"""A desk in a SQLite file: for one person, or for all who work on one machine.

In WAL mode readers never wait for writers; writers wait their turn for at most `BUSY_SECONDS`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from refterm.i18n import _
from refterm.store.connection import Connection
from refterm.store.database import Database
from refterm.store.faults import BUSY_SECONDS, Explained, FaultError, busy, disk_full
from refterm.store.schema import revision

# synchronous = NORMAL: in WAL mode a killed process loses nothing and a power cut can lose the last moments' changes
# but never harm the file; FULL would cost an fsync a decision, which on a busy shared server is felt.
# Half a megabyte of pages (KiB, a negative size): what a screen reads. More is in the system's memory already, once for
# all who work on the machine, and not once for each of them.
_PRAGMAS = (
    "pragma foreign_keys = on",
    "pragma synchronous = normal",
    "pragma temp_store = memory",
    "pragma cache_size = -500",
)


# Memory in KiB (a negative size), and pages.
_IN_BULK = {"cache_size": -32 * 1024, "wal_autocheckpoint": 8000}


class SqliteConnection(sqlite3.Connection):
    """A connection to a SQLite file."""

    dialect = "sqlite"


class SqliteDatabase(Database):
    """An open SQLite file."""

    file: Path

    def __init__(self, path: Path, *, read_only: bool = False, create: bool = True) -> None:
        """Open, bring the schema up to date, and refuse what is not ours.

        Raises:
            StoreError: with the reason and what to do.
        """
        super().__init__(path, str(path), read_only=read_only, explained=_explained(path))
        self.file = path
        self._writer: SqliteConnection | None = None
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
                make_folder(path.parent)
                if not path.exists():
                    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o660))
            self._reader = self._connect()
            self._identity = _identity(path)
            try:
                self._prepare()
            except BaseException:
                self.close()
                raise

    def _connected_reader(self) -> SqliteConnection:
        return self._reader

    def _prepare(self) -> None:
        """Refuse what is not ours, and bring what is ours up to date."""
        self.revision_found = revision.current(self._reader)
        behind = revision.is_behind(self.revision_found)
        if self.read_only:
            if behind:
                raise FaultError(
                    _("needs an upgrade of its schema; open it once without --read-only, or run refterm db upgrade")
                )
            self._reader.execute("pragma query_only = on")
            return
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
            f"{self.file.absolute().as_uri()}?mode={'ro' if self.read_only else 'rw'}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_SECONDS,
            check_same_thread=False,
            factory=SqliteConnection,
        )
        connection.row_factory = sqlite3.Row
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected_writer(self) -> SqliteConnection:
        # SQLite would go on writing into a file that has no name any more, and nobody would ever read it.
        if _identity(self.file) != self._identity:
            raise FaultError(_("was removed or replaced while it was open; nothing was changed; open the desk again"))
        if self._writer is None:
            self._writer = self._connect()
        return self._writer

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

    def change_token(self) -> int:
        """A number that is another once anybody else has written; costs some microseconds."""
        with self._explained:
            return int(self._reader.execute("pragma data_version").fetchone()[0])

    def check(self) -> list[str]:
        """What SQLite itself finds wrong with the file; nothing if all is well."""
        with self._explained:
            found = [str(row[0]) for row in self._reader.execute("pragma integrity_check")]
            found += [
                _("{table}: foreign key of row {row}").format(table=row[0], row=row[1])
                for row in self._reader.execute("pragma foreign_key_check")
            ]
        return [] if found == ["ok"] else [line for line in found if line != "ok"]

    def backup(self, target: Path) -> None:
        """Copy the whole database to a new file while others go on working.

        Raises:
            StoreError: when the target exists or cannot be written.
        """
        unfinished = target.with_name(target.name + ".part")
        journal = target.with_name(unfinished.name + "-journal")
        with _explained(target):
            if target.exists():
                raise FaultError(_("exists already; name a new file"))
            # Customers' data: for its owner only, from the first byte.
            os.close(os.open(unfinished, os.O_CREAT | os.O_WRONLY, 0o600))
            copy = sqlite3.connect(unfinished)
            try:
                self._reader.backup(copy)
                copy.execute("pragma journal_mode = delete")
                copy.close()
                os.replace(unfinished, target)
            except BaseException:
                copy.close()
                for left in (unfinished, journal):
                    left.unlink(missing_ok=True)
                raise

    def close(self) -> None:
        """Close both connections, the one for writes once no thread writes any more: SQLite ends the process else."""
        if self._write_lock.acquire(timeout=2 * BUSY_SECONDS):
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()
            self._write_lock.release()
        self._reader.close()


@contextmanager
def look_at(path: Path) -> Iterator[SqliteConnection]:
    """A connection for looking only, its errors told in sentences: nothing is made, upgraded or archived."""
    with (
        _explained(path),
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
    return None if found == "ok" else found


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file a path names at present; None for none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _explained(path: Path) -> Explained:
    return Explained(str(path), (sqlite3.Error, OSError), fault_of)


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter, and those above it, where they are missing."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def fault_of(error: Exception) -> FaultError:
    """What an error of SQLite or of the file system means, and what to do."""
    if isinstance(error, PermissionError):
        return FaultError(_("may not be opened; check its permissions and those of its folder"))
    message = str(error).lower()
    if "locked" in message:
        return busy()
    if "readonly" in message or "read-only" in message:
        return FaultError(_("cannot be written; check its permissions and those of its folder, or use --read-only"))
    if "full" in message or "no space" in message:
        return disk_full()
    if "not a database" in message:
        return FaultError(_("is no database; choose another file with --db"))
    if "malformed" in message:
        return FaultError(_("is damaged; run refterm db check, and restore the last backup"))
    if "unable to open" in message:
        return FaultError(_("cannot be opened; check that it and its folder may be read and written"))
    if "disk i/o" in message:
        return FaultError(_("cannot be read or written (the disk reports an error); nothing was changed"))
    return FaultError(_("cannot be used: {error}").format(error=getattr(error, "strerror", None) or error))
