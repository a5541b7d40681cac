"""The file of a SQLite desk and its companions (`-wal`, `-shm`) as the file system has them: modes, names, what is stale."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from refterm.store.faults import FaultError

COMPANIONS = ("-wal", "-shm")
SHARED = 0o660
_HEADER = 20
_WAL_VERSION_AT = 18


Identity = tuple[int, int] | None


def identity(path: Path | str) -> Identity:
    """Which file a path names at present; None for none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def companion(path: Path, ending: str) -> Path:
    """The file that SQLite keeps beside a database."""
    return Path(f"{path}{ending}")


def share(path: Path) -> None:
    """In a folder that a group shares, let the group write the database and its companions, whatever the umask.

    SQLite gives a companion the mode of the database. So one forgotten umask would lock out everybody else; and one who
    may only read must not leave companions behind that the others cannot write.
    """
    with suppress(OSError):
        folder = path.parent.stat()
        if not (folder.st_mode & stat.S_ISGID and folder.st_mode & stat.S_IWGRP):
            return
        for file in (path, *(companion(path, ending) for ending in COMPANIONS)):
            with suppress(OSError):
                found = file.stat()
                mine = found.st_uid == os.geteuid() and found.st_gid == folder.st_gid
                if mine and stat.S_IMODE(found.st_mode) != SHARED:
                    file.chmod(SHARED)


def is_frozen(path: Path) -> bool:
    """Whether nothing can be written beside a database now, as on a read-only medium, and nobody has it open.

    SQLite then reads it only with the option that says nothing changes.
    """
    # On a read-only medium os.access says no to everybody, root included.
    if not path.exists() or os.access(path.parent, os.W_OK):
        return False
    wal, shm = (companion(path, ending) for ending in COMPANIONS)
    # With companions somebody who may write has it open, or its last changes are in them.
    return not shm.exists() and not (wal.exists() and wal.stat().st_size > 0)


def drop_stale(path: Path, former_wal: Identity = None) -> None:
    """Remove companions that belong to another file, which stood under this name before: they would spoil this one.

    A database that is not in WAL mode has no `-wal`; that distinguishes it from a backup that was moved over an open desk.

    Args:
        path: the database.
        former_wal: which `-wal` belonged to the former file, where that is known.

    Raises:
        FaultError: when they cannot be removed.
    """
    wal = companion(path, COMPANIONS[0])
    found = identity(wal)
    if found is None or not (found == former_wal or (wal.stat().st_size and not _in_wal_mode(path))):
        return
    from refterm.i18n import _

    try:
        for ending in COMPANIONS:
            companion(path, ending).unlink(missing_ok=True)
    except OSError as error:
        text = _("was replaced while it was open, and {file} of the former file cannot be removed; let its owner do it")
        raise FaultError(text.format(file=wal)) from error


def _in_wal_mode(path: Path) -> bool:
    """Whether the header says so; an empty file and one that is no database count as well, which SQLite itself minds."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    return len(header) < _HEADER or not header.startswith(b"SQLite format 3\0") or header[_WAL_VERSION_AT] != 1
