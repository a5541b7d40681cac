"""A real terminal with refterm in it: keys go in through a pty, the screen comes out of an emulator."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import pexpect
import pyte

PATIENCE = 30.0


class Terminal:
    """`python -m refterm ...` in a pty; every wait is for something on the screen, never for a time."""

    def __init__(
        self, *arguments: str, size: tuple[int, int] = (120, 40), environment: Mapping[str, str] | None = None
    ) -> None:
        columns, lines = size
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        # What a test runner says of its own terminal is not said of this one.
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "refterm", *arguments],
            env={**inherited, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(environment or {})},  # type: ignore[arg-type]
            dimensions=(lines, columns),
            timeout=PATIENCE,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
        self.child.close(force=True)

    def read(self, seconds: float = 0.05) -> bytes:
        """What the program writes within some time, drawn as well."""
        try:
            got = self.child.read_nonblocking(65536, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return b""
        self.raw += got
        self.stream.feed(got)
        return bytes(got)

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Read until a condition holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"{what} did not come:\n{self.text}"
            self.read()

    def wait(self, *wanted: str) -> None:
        """Read until all of these texts stand on the screen."""
        self.until(lambda: all(text in self.text for text in wanted), repr(wanted))

    def gone(self, text: str) -> None:
        """Read until a text no longer stands on the screen."""
        self.until(lambda: text not in self.text, f"the end of {text!r}")

    def settle(self, quiet: float = 0.3) -> None:
        """Read until nothing was written for so many seconds."""
        while self.read(quiet):
            pass

    def press(self, keys: str) -> None:
        """Send keys."""
        self.child.send(keys)

    def leave(self) -> int:
        """Press q, and give the exit status."""
        self.press("q")
        return self.end()

    def end(self) -> int:
        """The exit status, once the program has ended."""
        self.until(lambda: not self.child.isalive(), "the end of the program")
        while self.read():
            pass
        self.child.close()
        status = self.child.exitstatus
        return status if status is not None else -(self.child.signalstatus or 0)


def run(*arguments: str, database: Path | str) -> str:
    """A command, run to its end; its standard output."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "refterm", "--db", str(database), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout
