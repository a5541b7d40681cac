"""What errors of a SQLite file mean, in sentences."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from refterm.i18n import _
from refterm.store.faults import Explained, FaultError, busy, disk_full


def explained(path: Path) -> Explained:
    """A context that tells the errors of a file in sentences."""
    return Explained(str(path), (sqlite3.Error, OSError), fault_of)


def fault_of(error: Exception) -> FaultError:
    """What an error of SQLite or of the file system means, and what to do."""
    if isinstance(error, PermissionError):
        return FaultError(_("may not be opened; check its permissions and those of its folder"))
    message = str(error).lower()
    if "locked" in message:
        return busy()
    if "readonly" in message or "read-only" in message:
        return FaultError(_("cannot be written; check its permissions and those of its folder, or use --read-only"))
    # Without room for the index of the log (-shm), SQLite cannot even read.
    if "full" in message or "no space" in message or getattr(error, "sqlite_errorname", "") == "SQLITE_IOERR_SHMSIZE":
        return disk_full()
    if "not a database" in message:
        return FaultError(_("is no database; choose another file with --db"))
    if "malformed" in message:
        return FaultError(_("is damaged; run refterm db check, and restore the last backup"))
    if "unable to open" in message:
        return FaultError(
            _("cannot be opened; check that it and its folder may be read and written, or use --read-only")
        )
    if "disk i/o" in message:
        return FaultError(_("cannot be read or written (the disk reports an error); nothing was changed"))
    return FaultError(_("cannot be used: {error}").format(error=getattr(error, "strerror", None) or error))
