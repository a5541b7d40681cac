"""What can go wrong with a database file, told in one sentence that names it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from refterm.errors import StoreError
from refterm.i18n import _

BUSY_SECONDS = 5.0


class FaultError(Exception):
    """The end of a sentence about the file, such as `is a folder`; `explained` puts the file's name before it."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn faults and the driver's errors into a StoreError: one sentence that names the file and says what to do."""
    try:
        yield
    except FaultError as fault:
        raise StoreError(f"{path} {fault}") from fault
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path} {_ending(error)}") from error
    except Exception as error:
        cause = getattr(error, "orig", None)  # SQLAlchemy wraps the driver's error
        if not isinstance(cause, sqlite3.Error):
            raise
        raise StoreError(f"{path} {_ending(cause)}") from error


def _ending(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return _("may not be opened; check its permissions and those of its folder")
    message = str(error).lower()
    if "locked" in message:
        return _("is in use: another program has held it for {seconds:.0f} s; try again in a moment").format(
            seconds=BUSY_SECONDS
        )
    if "readonly" in message or "read-only" in message:
        return _("cannot be written; check its permissions and those of its folder, or use --read-only")
    if "full" in message or "no space" in message:
        return _("cannot be written: the disk is full; nothing was changed")
    if "not a database" in message:
        return _("is no database; choose another file with --db")
    if "malformed" in message:
        return _("is damaged; run refterm db check, and restore the last backup")
    if "unable to open" in message:
        return _("cannot be opened; check that it and its folder may be read and written")
    if "disk i/o" in message:
        return _("cannot be read or written (the disk reports an error); nothing was changed")
    return _("cannot be used: {error}").format(error=getattr(error, "strerror", None) or error)
