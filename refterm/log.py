"""The log file: what went wrong, for whoever mends it. People get one sentence that names the file."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from refterm import config

MOST_BYTES = 1_000_000
KEPT = 3


def log_path() -> Path:
    """Where the log stands."""
    return config.state_folder() / "refterm.log"


def note_failure(error: BaseException) -> Path:
    """Write the traceback of an error that nobody expected, for the owner's eyes only.

    Returns:
        The file, to be named in the sentence for the person.
    """
    path = log_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=MOST_BYTES, backupCount=KEPT, encoding="utf-8")
    try:
        os.chmod(path, 0o600)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        record = logging.LogRecord(
            "refterm", logging.ERROR, __file__, 0, "%s", (error,), (type(error), error, error.__traceback__)
        )
        handler.emit(record)
    finally:
        handler.close()
    return path
