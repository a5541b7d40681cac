"""A backup of a SQLite desk: what it is, what is changed in it before it takes a desk's place, and taking that place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from refterm import files
from refterm.i18n import _
from refterm.store import queries, updates
from refterm.store.connection import Connection
from refterm.store.faults import BUSY_SECONDS, FaultError, busy
from refterm.store.schema import revision
from refterm.store.sqlite import SqliteConnection, first_damage, look_at
from refterm.store.sqlite_faults import explained
from refterm.store.sqlite_file import COMPANIONS, companion, share

_UNDELIVERED = "state in ('held', 'due')"


class Newest(NamedTuple):
    """The newest history entry of a desk; its number is 0 where there is none."""

    number: int
    at: int = 0
    by: str = ""
    action: str = ""


def examined(backup: Path) -> Newest:
    """The newest history entry of a backup.

    Raises:
        StoreError: when it is no desk, a newer one, or damaged.
    """
    with look_at(backup) as connection:
        found = revision.current(connection)
        revision.is_behind(found)
        if found is None:
            raise FaultError(_("is empty and no desk; choose another backup"))
        if damage := first_damage(connection):
            raise FaultError(_("is damaged ({damage}); choose another backup").format(damage=damage))
        return _newest(connection)


def newer_entries(desk: Path, newest: Newest) -> int:
    """How many history entries a desk has that a backup has not.

    Raises:
        StoreError: when the desk cannot be read.
    """
    with look_at(desk) as connection:
        same = connection.execute(
            'select 1 from history where id = ? and at = ? and "by" = ? and action = ?',
            (newest.number, newest.at, newest.by, newest.action),
        ).fetchone()
        # Where the backup is of another desk, the time says it.
        column, bound = ("at", newest.at) if newest.number and not same else ("id", newest.number)
        return int(connection.execute(f"select count(*) from history where {column} > ?", (bound,)).fetchone()[0])


def _newest(connection: Connection) -> Newest:
    row = connection.execute('select id, at, "by", action from history order by id desc limit 1').fetchone()
    return Newest(*row) if row else Newest(0)


def prepare(connection: Connection, desk_id: str) -> int:
    """Make another desk of a copy: nothing that it owed goes out by itself, nobody sits at it, and sync asks for everything.

    Returns:
        How many notices, letters and pushes are held.
    """
    # One notice of a kind to one person for one change can be held; of two reminders the later one.
    connection.execute(
        f"update outbox set state = 'dropped', claimed_until = null, error = ? where {_UNDELIVERED} and exists ("
        "select 1 from outbox other where other.history_id = outbox.history_id and other.kind = outbox.kind and"
        f" other.recipient = outbox.recipient and other.id > outbox.id and other.{_UNDELIVERED})",
        (_("restored from a backup; a later one is held"),),
    )
    connection.execute(f"update outbox set state = 'held', due_at = null, claimed_until = null where {_UNDELIVERED}")
    held = connection.execute("select count(*) from outbox where state = 'held'").fetchone()[0]
    connection.execute("delete from presence")
    connection.execute("update sync set watermark = null, full_at = null, lease = null, lease_until = null")
    updates.put_setting(connection, queries.DESK_ID, desk_id)
    return int(held)


def copy(backup: Path, part: Path) -> None:
    """Copy a backup into a file that is empty.

    Raises:
        StoreError: when it cannot be read or written.
    """
    with explained(backup):
        _copy(backup, part)


def _copy(path: Path, part: Path) -> None:
    with closing(_open(path, "ro")) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target)
        target.execute("pragma journal_mode = delete")


def keep(desk: Path, target: Path) -> None:
    """Copy a desk as it is, be it damaged, before another takes its place.

    Raises:
        StoreError: when it cannot be read or the copy cannot be written.
    """
    with explained(target):
        part = files.Part(target)
        try:
            try:
                _copy(desk, part.path)
            except sqlite3.DatabaseError:  # so damaged that only its bytes can be kept
                shutil.copyfile(desk, part.path)
            part.finish(target, replace=True)
        except BaseException:
            part.drop()
            raise


def change_token(desk: Path) -> tuple[int, int, int]:
    """What changes whenever anybody writes into a desk, or into the log beside it."""
    found = [file.stat() for file in (desk, companion(desk, "-wal")) if file.exists()]
    return (sum(one.st_size for one in found), max(one.st_mtime_ns for one in found), len(found))


def put(source: Path, desk: Path) -> None:
    """Let a prepared copy take a desk's place, in one transaction, while others have it open.

    Raises:
        StoreError: when others hold the lock for too long, or it cannot be written; the desk is then as it was.
    """
    with explained(desk):
        files.make_folder(desk.parent)
        if not desk.exists():
            os.close(os.open(desk, os.O_CREAT | os.O_WRONLY, 0o660))
        share(desk)
        patience = time.monotonic() + BUSY_SECONDS

        def still_patient(_status: int, _remaining: int, _total: int) -> None:
            if time.monotonic() > patience:
                raise busy()

        try:
            with closing(_open(source, "rw")) as copy, closing(_open(desk, "rw")) as target:
                target.execute("pragma synchronous = full")
                copy.backup(target, progress=still_patient)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            # What stands there is no database any more. Open desks notice that the file is another one.
            for ending in COMPANIONS:
                companion(desk, ending).unlink(missing_ok=True)
            mode = desk.stat().st_mode & 0o777
            with closing(_open(source, "rw")) as copy:
                copy.execute("pragma wal_checkpoint(truncate)")
            source.chmod(mode)
            source.replace(desk)
        share(desk)


def _open(path: Path, mode: str) -> SqliteConnection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, factory=SqliteConnection
    )
