"""What commands need to know of the terminal. Imports almost nothing, since `--help` uses it."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TextIO

from refterm.errors import RefTermError
from refterm.i18n import _

# What a command and what a desk opens at once, with some to spare.
FILES_OF_A_COMMAND, FILES_OF_A_DESK = 8, 24


def require_files(count: int) -> None:
    """See that so many files more can be open at once; a lower limit that may be raised is raised.

    Raises:
        RefTermError: when fewer can be.
    """
    if _can_open(count):
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if not _can_open(count):
        text = _("too few files may be open at once ({limit}); allow more, for instance with ulimit -n 256")
        raise RefTermError(text.format(limit=soft))


def _can_open(count: int) -> bool:
    opened: list[int] = []
    try:
        for _each in range(count):
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        if error.errno == errno.EMFILE:
            return False
    finally:
        for one in opened:
            os.close(one)
    return True


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def has_colours() -> bool:
    """Whether standard output takes colours."""
    return is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")


def columns() -> int | None:
    """How many cells standard output is wide; None for a pipe, which takes everything."""
    if not is_terminal(sys.stdout):
        return None
    try:
        told = os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        told = 0
    # What a shell exported once is only believed of a terminal that does not tell its size.
    typed = os.environ.get("COLUMNS", "")
    return told or (int(typed[:4]) if typed.isdecimal() else 0) or 80
