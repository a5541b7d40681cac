"""Files and folders that refterm writes: whole or as they were before, and for their owner only."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from refterm.i18n import _

PRIVATE = 0o600
# Whatever grew larger than this, in bytes, was written neither by a person nor by a desk.
LARGEST = 16_000_000
# What a part file is called, and what SQLite may put beside one.
_PART = ".refterm-part"
_BESIDE = ("-journal", "-wal", "-shm")
# How many files are forced to the disk at the same time.
_AT_ONCE = 8


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter, and those above it, where they are missing."""
    # One by one: mkdir(parents=True) gives its mode to the last one only.
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)


def read(path: Path, most: int = LARGEST) -> bytes:
    """Read a file that somebody else may have put there. A pipe or a device is refused: it may never end.

    Raises:
        OSError: when it cannot be read, is no regular file, or has more bytes.
    """
    if not path.is_dir() and not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, _("is no regular file"), str(path))
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, _("is too large"), str(path))
    return content


def write(path: Path, content: bytes) -> None:
    """Write a file of the state folder. It is whole or as it was before, whenever the process ends.

    A power cut may bring back what it was before: nothing is forced to the disk.

    Raises:
        OSError: when it cannot be written; nothing is left behind then.
    """
    make_folder(path.parent)
    part = Part(path)
    try:
        part.file.write(content)
        part.file.close()
        part.path.replace(path)
    except BaseException:
        part.drop()
        raise


def force(opened: Iterable[BinaryIO]) -> None:
    """Bring what was written to files to the disk, all at the same time: one after the other takes many times as long.

    Raises:
        OSError: when one of them cannot be.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(os.fsync, [file.fileno() for file in opened]))


def force_folder(folder: Path) -> None:
    """Bring the names of the files in a folder to the disk, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Part:
    """A file that gets its name when it is finished; until then it lies beside it, under a name that nobody guesses.

    It is locked as long as somebody writes it. Parts that a killed process left in the folder are removed first.

    Attributes:
        path: where it is.
        file: open for reading and writing.
    """

    def __init__(self, target: Path) -> None:
        """Make it.

        Raises:
            OSError: when it cannot be made, naming the file that was asked for.
        """
        _remove_parts(target.parent)
        self.path = target.with_name(f".{target.name[:100]}.{os.urandom(6).hex()}{_PART}")
        try:
            # O_EXCL follows no link that somebody put there.
            descriptor = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(target)) from error
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.file: BinaryIO = os.fdopen(descriptor, "w+b")

    def finish(self, target: Path, *, replace: bool) -> None:
        """Bring it to the disk and give it its name.

        Raises:
            FileExistsError: when a file of that name was made meanwhile; nothing is left behind.
            OSError: when it cannot be written.
        """
        self.file.flush()
        os.fsync(self.file.fileno())
        if replace:
            self.path.replace(target)
        else:
            try:
                os.link(self.path, target)  # fails where there is one by now
                self.path.unlink()
            except FileExistsError:
                self.drop()
                raise
            except OSError:  # a file system without links
                self.path.replace(target)
        self.file.close()

    def drop(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):  # a full disk does not take what is left in the buffer
            self.file.close()
        for ending in ("", *_BESIDE):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)


def _remove_parts(folder: Path) -> None:
    """Remove what killed processes left: parts that nobody has locked."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(".") and name.endswith(_PART):
                with suppress(OSError):
                    _remove_unlocked(folder / name)


def _remove_unlocked(part: Path) -> None:
    descriptor = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for ending in (*_BESIDE, ""):
            Path(f"{part}{ending}").unlink(missing_ok=True)
    finally:
        os.close(descriptor)
