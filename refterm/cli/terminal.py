"""What commands need to know of the terminal. Imports almost nothing, since `--help` uses it."""

from __future__ import annotations

import os
import sys
from typing import TextIO


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
    typed = os.environ.get("COLUMNS", "")
    if typed.isdecimal() and int(typed):
        return int(typed)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except OSError:
        return 80
