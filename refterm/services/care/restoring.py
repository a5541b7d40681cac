"""Going back to a backup while desks are open (`refterm db restore`)."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from refterm import files, paths
from refterm.clock import Clock, SystemClock
from refterm.config import Settings
from refterm.domain.holding import Hold, write_hold
from refterm.errors import NotAllowedError, RefTermError, StoreError
from refterm.i18n import _
from refterm.services.background import holding
from refterm.services.workplace import require, who
from refterm.store import journal, queries, restoring, updates
from refterm.store.opening import open_database

# So often the present desk is kept anew, because somebody wrote meanwhile.
_TRIES = 5


class Plan(NamedTuple):
    """What a restore would do.

    Attributes:
        backup: the file to go back to.
        desk: the desk's file.
        newer: how many history entries the desk has that the backup has not; None where the desk cannot be read, 0
            where there is none.
    """

    backup: Path
    desk: Path
    newer: int | None


class Restored(NamedTuple):
    """What a restore did.

    Attributes:
        kept: where the former desk is; None where there was none.
        newer: how many history entries only that one has; None where it could not be read.
        held: how many notices, letters and pushes wait for `outbox retry` or `outbox drop`.
    """

    kept: Path | None
    newer: int | None
    held: int


def plan(settings: Settings, backup: Path, *, acting: str | None = None) -> Plan:
    """Look what a restore would do; nothing is changed.

    Raises:
        NotAllowedError: on a desk that is open for reading only, and unless an admin does it.
        RefTermError: when the desk is a server's.
        StoreError: when the backup is none, newer, or damaged.
    """
    if settings.read_only:
        raise NotAllowedError(_("this desk is open for reading only; the database was not changed"))
    require(settings, "db restore", acting)
    desk = paths.database_location(settings.database)
    if not isinstance(desk, Path):
        raise RefTermError(
            _(
                "a desk on a server is restored with pg_restore, or from a file with refterm db copy into an empty database"
            )
        )
    if not backup.exists():
        raise RefTermError(_("there is no such file: {file}").format(file=backup))
    if desk.exists() and backup.samefile(desk):
        raise RefTermError(_("{file} is the desk itself; name a backup").format(file=backup))
    return Plan(backup, desk, _newer(desk, restoring.examined(backup)))


def restore(settings: Settings, planned: Plan, *, clock: Clock | None = None, acting: str | None = None) -> Restored:
    """Go back to a backup. Desks that are open notice, and go on with it.

    The former desk is kept beside it. Nothing is archived until somebody says so, nothing that was owed goes out by
    itself, sync asks for everything again, and the desk has a new id.

    Raises:
        StoreError: when the file cannot be written; the desk is then as it was.
    """
    desk, backup, now = planned.desk, planned.backup, (clock or SystemClock()).now()
    files.make_folder(desk.parent)
    kept = _kept_name(desk, now) if desk.exists() else None
    part = files.Part(desk)
    try:
        restoring.copy(backup, part.path)
        newest = restoring.examined(part.path)
        desk_id = str(uuid4())
        with closing(open_database(part.path)) as database, database.writing() as connection:
            former = queries.setting(connection, queries.DESK_ID)
            held = restoring.prepare(connection, desk_id)
            updates.put_setting(connection, holding.KEY, write_hold(Hold("restored", now)))
            journal.record_restored(
                connection,
                {"desk": [former, desk_id], "backup": [None, str(backup)], "kept": [None, str(kept) if kept else None]},
                who(settings, acting),
                now,
            )
        for _turn in range(_TRIES):
            before = restoring.change_token(desk) if kept else None
            if kept:
                restoring.keep(desk, kept)
            if not kept or restoring.change_token(desk) == before:
                break
        restoring.put(part.path, desk)
    finally:
        part.drop()
    return Restored(kept, _newer(kept, newest) if kept else 0, held)


def _newer(desk: Path, newest: restoring.Newest) -> int | None:
    if not desk.exists():
        return 0
    try:
        return restoring.newer_entries(desk, newest)
    except StoreError:
        return None


def _kept_name(desk: Path, now: datetime) -> Path:
    """A name beside the desk that is free."""
    stem = f"{desk.stem}-before-restore-{now:%Y-%m-%dT%H%M%SZ}"
    names = (desk.with_name(f"{stem}{number}{desk.suffix}") for number in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(name for name in names if not name.exists())
