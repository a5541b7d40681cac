"""A real terminal with refterm in it: keys go in through a pty, the screen comes out of an emulator."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import TracebackType

import pexpect
import pyte

from refterm.cli import main as cli
from tests.pty import forked
from tests.pty.emulator import text_of

# Seconds: how long something may take to come on a slow and busy machine.
PATIENCE = 90.0
# Longer than the pause after which the detail follows the cursor.
QUIET = 0.2


class Terminal:
    """refterm in a pty; every wait is for something on the screen, never for a time.

    Args:
        arguments: what is typed after `refterm`.
        size: columns and lines.
        environment: what differs from that of the test.
        command: another program in whose terminal it runs.
        real: start `python -m refterm`, although a forked one does the same (tests/pty/forked.py).
    """

    def __init__(
        self,
        *arguments: str,
        size: tuple[int, int] = (120, 40),
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = (),
        real: bool = False,
    ) -> None:
        columns, lines = size
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        # What a test runner says of its own terminal is not said of this one.
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "TMUX")}
        given = {**inherited, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(environment or {})}
        if not command and not real and forked.may_be_forked(arguments, environment or {}):
            self.child = forked.fork(arguments, given, size)
        else:
            program, *before = (*command, sys.executable, "-m", "refterm")
            self.child = pexpect.spawn(
                program,
                [*before, *arguments],
                env=given,  # type: ignore[arg-type]
                dimensions=(lines, columns),
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )
        self.child.timeout = PATIENCE
        self.child.delaybeforesend = None
        self.child.ptyproc.delayafterclose = 0.0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
            self.child.wait()
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
        return text_of(self.screen)

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

    def settle(self, quiet: float = QUIET) -> None:
        """Read until the program has been idle for so many seconds: wrote nothing, did nothing, waited for no CPU."""
        end = time.monotonic() + PATIENCE
        since, busy = time.monotonic(), _busy(self.child.pid)
        while _is_runnable(self.child.pid) or time.monotonic() - since - (_busy(self.child.pid) - busy) < quiet:
            if self.read(quiet / 4):
                since, busy = time.monotonic(), _busy(self.child.pid)
            assert time.monotonic() < end, f"it never came to rest:\n{self.text}"

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


class Stopwatch:
    """The time that passes, without that in which programs or this test wait for a CPU which others have.

    Args:
        terminals: what is measured.
    """

    def __init__(self, *terminals: Terminal) -> None:
        self._pids = [os.getpid(), *(terminal.child.pid for terminal in terminals)]
        self._before = {pid: _waited(pid) for pid in self._pids}
        self._latest = dict(self._before)
        self._began = time.monotonic()

    @property
    def waited(self) -> float:
        """Seconds of waiting for a CPU so far; of a program that has ended, as far as was looked."""
        for pid in self._pids:
            self._latest[pid] = max(self._latest[pid], _waited(pid))
        return sum(self._latest[pid] - self._before[pid] for pid in self._pids)

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self._began - self.waited


def _waited(pid: int) -> float:
    """Seconds for which the threads of a process have waited for a CPU; none where the machine does not tell."""
    return _schedule(pid)[1]


def _busy(pid: int) -> float:
    """Seconds for which the threads of a process have had a CPU or waited for one."""
    return sum(_schedule(pid))


def _is_runnable(pid: int) -> bool:
    """Whether a thread of a process has a CPU or waits for one; how long it waits is known only afterwards."""
    try:
        tasks = [(task / "stat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return False
    return any(line.rpartition(")")[2].split()[0] == "R" for line in tasks)


def _schedule(pid: int) -> tuple[float, float]:
    try:
        tasks = [(task / "schedstat").read_text().split() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # it has ended, or the machine has no such files
        return 0.0, 0.0
    return sum(int(ran) for ran, _, _ in tasks) / 1e9, sum(int(waited) for _, waited, _ in tasks) / 1e9


def run(*arguments: str, database: Path | str) -> str:
    """A command, run to its end in this process; its standard output."""
    with redirect_stdout(StringIO()) as printed:
        status = cli.run(["--db", str(database), *arguments])
    assert status == 0, (arguments, status)
    return printed.getvalue()
