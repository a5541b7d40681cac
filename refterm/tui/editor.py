"""A text in the site's editor: a program of its own, run without a shell, on a file for nobody else's eyes."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.text import clean


def edited(command: str, text: str) -> str:
    """The text as the editor leaves it.

    Args:
        command: the site's, such as `vim -Z`; the file's name comes behind it.
        text: what the file has at first.

    Raises:
        RefTermError: when the editor cannot be run, fails, or leaves no text.
    """
    with TemporaryDirectory(prefix="refterm-") as folder:  # 0700
        file = Path(folder) / "letter.txt"
        file.write_text(text, "utf-8")
        try:
            done = subprocess.run([*shlex.split(command), str(file)], check=False)  # noqa: S603 - the site's own command
            if done.returncode:
                raise RefTermError(
                    _("the editor ended with status {n}; what you typed is as before").format(n=done.returncode)
                )
            return clean(file.read_text("utf-8", "replace").replace("\r\n", "\n")).rstrip("\n")
        except (OSError, ValueError) as error:
            raise RefTermError(
                _("the editor {command} cannot be run: {error}").format(command=command, error=error)
            ) from error
