"""`refterm.log`: tracebacks of unexpected errors, for the developer; the person sees a sentence."""

from __future__ import annotations

import os
from pathlib import Path

from refterm import files, paths
from refterm.clock import SystemClock

# One file and one before it: enough to find a fault, too little to fill a disk.
MOST_BYTES = 512 * 1024


def log_path() -> Path:
    """Where the log stands."""
    return paths.state_folder() / "refterm.log"


def note_failure(error: BaseException) -> Path:
    """Keep an error with its traceback.

    Returns:
        The file it was written to; readable by nobody else (0600, its folder 0700).

    Raises:
        OSError: when it cannot be written.
    """
    import traceback

    path = log_path()
    files.make_folder(path.parent)
    if path.exists() and path.stat().st_size > MOST_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    text = f"{SystemClock().now().isoformat()}\n{''.join(traceback.format_exception(error))}\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, files.PRIVATE)
    with os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path
