"""A desk in PostgreSQL: for companies that work on several servers (`refterm[postgres]`, psycopg 3).

The store's SQL is written for SQLite; `PostgresConnection` translates what is spelt otherwise. Writers take turns as
they do in SQLite, by one advisory lock a database: transactions then commit in the order of their history entries, two
of them never wait for each other's rows, and both stores behave alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, LiteralString, cast

from refterm.i18n import _
from refterm.store.connection import Connection, Cursor, Parameters
from refterm.store.database import Database
from refterm.store.faults import BUSY_SECONDS, Explained, FaultError, LostError, busy, disk_full
from refterm.store.schema import revision

try:
    import psycopg
    from psycopg import errors
    from psycopg.conninfo import conninfo_to_dict
except ImportError as error:
    from refterm.errors import StoreError

    raise StoreError(
        _("a desk in PostgreSQL needs the driver; install refterm[postgres], or choose a file with --db")
    ) from error

CHANNEL = "refterm"
# Any number will do, as long as every refterm takes the same; it is `refterm` in ASCII.
WRITE_LOCK = 0x72656674_65726D
_CONNECT_SECONDS = 5
_KEEPALIVE = {
    # A server that went away without a word is noticed within these seconds, not after two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_BEGIN = f"begin; select pg_advisory_xact_lock({WRITE_LOCK}); notify {CHANNEL}"
_HINT = re.compile(r" indexed by \w+| not indexed|(?<=[ (])\+(?=[a-z])")
_PARAMETER = re.compile(r"\?|(?<!:):([a-z_]\w*)")


class Record(tuple[Any, ...]):
    """A row, read by position and by column name, as sqlite3.Row is."""

    columns: Mapping[str, int]

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.columns[key] if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        """The names of the columns."""
        return list(self.columns)


class PostgresConnection:
    """A connection that takes the store's SQL."""

    dialect = "postgresql"

    def __init__(self, raw: psycopg.Connection) -> None:
        self.raw = raw

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, be it one that failed."""
        return not self.raw.broken and self.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Run one statement."""
        cursor = self.raw.cursor(row_factory=_records)
        return cast("Cursor", cursor.execute(_translated(sql), parameters))

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Run one statement for each of many sets of values."""
        cursor = self.raw.cursor()
        cursor.executemany(_translated(sql), cast("Iterable[Sequence[Any]]", parameters))
        return cast("Cursor", cursor)

    def close(self) -> None:
        """Close it."""
        self.raw.close()


class PostgresDatabase(Database):
    """An open desk in a PostgreSQL database."""

    def __init__(self, url: str, *, read_only: bool = False, create: bool = True, upgrade: bool = True) -> None:
        """Connect, bring the schema up to date, and refuse what is not ours.

        Args:
            url: `postgresql+psycopg://...` or `postgresql://...`, as libpq reads it.
            read_only: nothing is ever written.
            create: make the tables where there are none.
            upgrade: bring an older schema up to date, or else refuse it.

        Raises:
            StoreError: with the reason and what to do.
        """
        self._address = url.replace("postgresql+psycopg://", "postgresql://", 1)
        name = shown(self._address)
        explained = Explained(name, (psycopg.Error, OSError), fault_of)
        super().__init__(url, name, read_only=read_only, explained=explained)
        self._writer: PostgresConnection | None = None
        self._reader: PostgresConnection | None = None
        self._listens: bool | None = None
        self._heard = 0
        with self._explained:
            try:
                self._prepare(create, upgrade)
            except BaseException:
                self.close()
                raise

    def _connected_reader(self) -> PostgresConnection:
        if self._reader is None or self._reader.raw.closed:
            raise LostError(_("cannot be reached: the connection was lost"))
        return self._reader

    def _prepare(self, create: bool, upgrade: bool) -> None:
        self._reader = self._connect(read_only=self.read_only)
        found = self.revision_found = revision.current(self._reader)
        if found is None and (self.read_only or not create):
            raise FaultError(_("has no desk yet; import referrals first, or run refterm db upgrade"))
        if revision.is_behind(found):
            if self.read_only:
                raise FaultError(
                    _("needs an upgrade of its schema; open it once without --read-only, or run refterm db upgrade")
                )
            if not upgrade:
                raise FaultError(
                    _("needs an upgrade of its schema; ask an admin of this desk to run refterm db upgrade")
                )
            revision.upgrade(self._connected_writer(), self.begin)
        # The server's own roles may let this person only look (contract, Roles).
        self.may_write, self.may_keep = self._reader.execute(
            "select has_table_privilege('referral', 'update'), has_table_privilege('profile', 'update')"
        ).fetchone()
        self.read_only = self.read_only or not self.may_write

    def _connect(self, *, read_only: bool = False) -> PostgresConnection:
        try:
            given = conninfo_to_dict(self._address)
        except psycopg.ProgrammingError as error:
            raise FaultError(_("is no address of a database: {error}").format(error=_first_line(error))) from error
        raw = psycopg.connect(
            self._address,
            autocommit=True,
            **{name: value for name, value in _defaults().items() if name not in given},
        )
        connection = PostgresConnection(raw)
        raw.execute(f"set lock_timeout = {int(BUSY_SECONDS * 1000)}")
        if read_only:
            raw.execute("set default_transaction_read_only = on")
        return connection

    def _connected_writer(self) -> PostgresConnection:
        # A server that was restarted has closed the connection, which only the next statement would find out.
        if self._writer is not None and not _alive(self._writer):
            self._writer.close()
            self._writer = None
        if self._writer is None:
            self._writer = self._connect()
        return self._writer

    def begin(self, connection: Connection) -> None:
        """Begin with the lock, and tell the other desks once the transaction is committed, all in one round trip."""
        assert isinstance(connection, PostgresConnection)
        connection.raw.execute(_BEGIN, prepare=False)

    def reconnect(self) -> None:
        """Reach the server again.

        Raises:
            ConnectionLostError: when it still cannot be reached.
        """
        with self._explained:
            fresh = self._connect(read_only=self.read_only)
            lost, self._reader, self._listens = self._reader, fresh, None
            # What was written meanwhile was not heard.
            self._heard += 1
        if lost is not None:
            lost.close()

    def free_memory(self) -> None:
        """Do nothing: what is read stays in the server's memory."""

    def change_token(self) -> int:
        """A number that is another once anybody has written.

        The server says so (NOTIFY), which costs no question. A pooler between may swallow that; then the newest history
        entry is asked for.
        """
        with self._explained:
            reader = self._connected_reader()
            raw = reader.raw
            if self._listens is None:
                raw.execute(f"listen {CHANNEL}; notify {CHANNEL}", prepare=False)
                self._listens = any(True for _told in raw.notifies(timeout=0.2, stop_after=1))
            if not self._listens:
                return int(reader.execute("select coalesce(max(id), 0) from history").fetchone()[0])
            self._heard += sum(1 for _told in raw.notifies(timeout=0))
            return self._heard

    def server_time(self) -> datetime:
        """The server's clock, which decides for all who share the desk (Z2)."""
        with self._explained:
            moment: datetime = self._connected_reader().execute("select clock_timestamp()").fetchone()[0]
            return moment.astimezone(UTC)

    def check(self) -> list[str]:
        """Nothing: PostgreSQL minds its own files."""
        return []

    def backup(self, target: Path, *, replace: bool = False, damaged: bool = False) -> None:
        """Refused: the server's own means copy it better.

        Raises:
            StoreError: always.
        """
        with self._explained:
            raise FaultError(_("is kept by a server; copy it with pg_dump, or into a file with refterm db copy"))

    def close(self) -> None:
        """Close both connections, the one for writes once no thread writes any more."""
        if self._write_lock.acquire(timeout=2 * BUSY_SECONDS):
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.close()
            self._write_lock.release()
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def shown(address: str) -> str:
    """An address as it may be shown and logged: without its password."""
    plain = re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1@", address)
    return re.sub(r"(?<=[?&])(password=)[^&]*", r"\1...", plain)


def fault_of(error: Exception) -> FaultError:
    """What an error of the server or of the connection to it means, and what to do."""
    if isinstance(error, errors.LockNotAvailable):
        return busy()
    if isinstance(error, errors.DiskFull):
        return disk_full()
    if isinstance(error, errors.InsufficientPrivilege):
        return FaultError(
            _("may not be used so by this login ({error}); ask its administrator").format(error=_first_line(error))
        )
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return FaultError(_("cannot be written: the server is read-only; nothing was changed"))
    # What a value or a statement asks too much of is no loss: another try fails as well.
    if isinstance(error, errors.ProgramLimitExceeded | errors.StatementTooComplex | errors.TooManyColumns):
        return FaultError(_("cannot take this: {error}").format(error=_first_line(error)))
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | OSError):
        return LostError(_("cannot be reached: {error}").format(error=_first_line(error)))
    return FaultError(_("cannot be used: {error}").format(error=_first_line(error)))


def _first_line(error: Exception) -> str:
    """The first line of the server's message, or of the driver's."""
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    lines = (said or str(error)).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def _defaults() -> dict[str, Any]:
    return {"connect_timeout": _CONNECT_SECONDS, "application_name": "refterm", **_KEEPALIVE}


def _alive(connection: PostgresConnection) -> bool:
    if connection.raw.closed:
        return False
    try:
        connection.raw.execute("select 1")
    except (psycopg.OperationalError, psycopg.InterfaceError):
        return False
    return True


@lru_cache(maxsize=512)
def _translated(sql: str) -> LiteralString:
    """The statement as psycopg and PostgreSQL read it; SQLite's hints to its planner are left out."""
    plain = _HINT.sub("", sql).replace("%", "%%")
    translated: Any = _PARAMETER.sub(lambda found: f"%({found[1]})s" if found[1] else "%s", plain)
    return cast("LiteralString", translated)


@lru_cache(maxsize=256)
def _record_class(names: tuple[str, ...]) -> type[Record]:
    return type("Record", (Record,), {"__slots__": (), "columns": {name: at for at, name in enumerate(names)}})


def _records(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Record]:
    names = tuple(column.name for column in cursor.description or ())
    return _record_class(names)
