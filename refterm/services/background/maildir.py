"""The way out that works offline: a Maildir, which any mail reader opens."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from refterm import files
from refterm.services.background.letters import Letter
from refterm.services.background.transport import UnreachableError


class Maildir:
    """A Maildir. A notice has one file, however often it is delivered.

    A disk takes as long for many files that are forced to it at the same time as for a few, so the letters of a batch are
    written one by one and forced to it together.
    """

    state = "written"
    batch = 100

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[str, BinaryIO] = {}  # what lies in `tmp`, by the name that it gets

    def deliver(self, message: Letter, number: int) -> None:
        """Write it into `tmp`."""
        name = f"refterm-{number}"
        try:
            if not self._parts:
                self._prepare()
            writing = self._folder / "tmp" / f"{name}.{socket.gethostname()}.{os.getpid()}"
            file = self._parts[name] = open(writing, "wb", opener=_private)  # noqa: SIM115 - open until it is forced
            file.write(message.data.replace(b"\r\n", b"\n"))
            file.flush()
        except OSError as error:
            raise self._failed(error) from error

    def _prepare(self) -> None:
        """Make the folders. Customers' names and addresses: for the owner's eyes only, whatever the umask allows."""
        files.make_folder(self._folder)
        for folder in (self._folder, *(self._folder / part for part in ("tmp", "new", "cur"))):
            folder.mkdir(exist_ok=True, mode=0o700)
            if folder.stat().st_mode & 0o077 and folder.stat().st_uid == os.getuid():
                folder.chmod(0o700)  # made by another program, or by an older refterm

    def finish(self) -> None:
        """Force all that was written to the disk and move it into `new`, as the format asks."""
        new = self._folder / "new"
        try:
            files.force(self._parts.values())
            # A reader of mail moves letters from `new` to `cur`, so this is the order in which to look.
            there = {name for name in self._parts if (new / name).exists()}
            there |= {name.partition(":")[0] for name in os.listdir(self._folder / "cur")}
            for name in [name for name in self._parts if name not in there]:
                os.replace(self._parts[name].name, new / name)
                self._parts.pop(name).close()
            files.force_folder(new)
        except OSError as error:
            raise self._failed(error) from error
        finally:
            self.close()

    def _failed(self, error: OSError) -> UnreachableError:
        return UnreachableError(f"{error.filename or self._folder}: {error.strerror or error}")

    def close(self) -> None:
        """Remove what was written and not delivered."""
        for file in self._parts.values():
            with suppress(OSError):  # a full disk does not take what is left in the buffer
                file.close()
            Path(file.name).unlink(missing_ok=True)
        self._parts.clear()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, files.PRIVATE)
