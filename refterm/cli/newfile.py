"""Files that a command writes: whole under their names in the end or not there at all, and never over one that exists."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from refterm.errors import RefTermError
from refterm.files import Part
from refterm.i18n import _

SQLITE = b"SQLite format 3\x00"
_COMPANIONS = ("-wal", "-shm", "-journal")


def check(target: str, *, overwrite: bool, kept: tuple[str | Path | None, ...] = ()) -> None:
    """Refuse a file that may not be written.

    Args:
        target: the file.
        overwrite: whether one that exists may be replaced.
        kept: files that never may be: the desk's own database, the configuration.

    Raises:
        RefTermError: saying why, and what to do.
    """
    path = Path(target)
    for own in filter(None, kept):
        if any(_is_same(path, f"{own}{companion}") for companion in ("", *_COMPANIONS)):
            raise RefTermError(
                _("{file} is the desk's own database or configuration; name another file").format(file=target)
            )
    if not os.path.lexists(path) or (path.exists() and not path.is_file() and not path.is_dir()):
        return  # new, or a device such as /dev/null
    if path.is_dir():
        raise RefTermError(_("{file} is a folder; name a file in it").format(file=target))
    if not overwrite:
        raise RefTermError(_("{file} exists already; name another file, or add --overwrite").format(file=target))
    if path.is_symlink() or not path.is_file():
        raise RefTermError(_("{file} is no regular file; name another file").format(file=target))
    if _is_database(path) or path.suffix == ".toml":
        raise RefTermError(_("{file} is a database or a configuration; name another file").format(file=target))


def _is_same(path: Path, other: str | Path) -> bool:
    with suppress(OSError):
        return path.samefile(other)
    return path.absolute() == Path(other).absolute()


def _is_database(path: Path) -> bool:
    """Whether it is a SQLite database, or a companion of one."""
    for companion in _COMPANIONS:
        if path.name.endswith(companion) and path.with_name(path.name.removesuffix(companion)).exists():
            return True
    try:
        with open(path, "rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return True  # what cannot be looked at is not written over


class NewFile:
    """A file that gets its name when it is finished, for its owner only; nothing is there until something is written.

    What is written goes into a part file beside it.
    """

    def __init__(self, target: str, *, overwrite: bool = False) -> None:
        self._target = Path(target)
        self._overwrite = overwrite
        self._part: Part | None = None
        self._file: BinaryIO | None = None

    @property
    def file(self) -> BinaryIO:
        """The open file.

        Raises:
            OSError: when it cannot be made, naming the file that was asked for.
        """
        if self._file is None:
            if self._target.exists() and not self._target.is_file():  # a device
                self._file = os.fdopen(os.open(self._target, os.O_WRONLY), "wb")
                return self._file
            self._part = Part(self._target)
            self._file = self._part.file
        return self._file

    def write(self, data: bytes) -> int:
        """Write to it."""
        return self.file.write(data)

    def finish(self) -> None:
        """Give it its name.

        Raises:
            RefTermError: when a file of that name was made meanwhile.
        """
        if self._file is None:
            return
        if self._part is None:
            self._file.close()
            return
        try:
            self._part.finish(self._target, replace=self._overwrite)
        except FileExistsError:
            raise RefTermError(
                _("{file} exists already; name another file, or add --overwrite").format(file=self._target)
            ) from None

    def drop(self) -> None:
        """Leave nothing behind."""
        if self._part is not None:
            self._part.drop()
        elif self._file is not None:
            with suppress(OSError):
                self._file.close()


@contextmanager
def written(target: str, *, overwrite: bool = False) -> Iterator[NewFile]:
    """A new file that is finished when all went well, and else is not there."""
    new = NewFile(target, overwrite=overwrite)
    try:
        yield new
        new.finish()
    except BaseException:
        new.drop()
        raise
