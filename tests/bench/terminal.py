"""The instrument: a program in a pty, every read stamped at once, drawn into an emulator only where a text is waited for.

What is reported is when bytes left the program, so the speed of the emulator is in no figure.
"""

from __future__ import annotations

import os
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

import pyte
from ptyprocess import PtyProcess

from tests.pty.emulator import text_of

PATIENCE = 60.0
# A program has answered a key once it writes nothing for so long; it has started once it is silent for the other.
SETTLED, QUIET = 0.04, 0.25
# Synchronized output: the terminal says that it knows it, and shows nothing until the update ends.
_ASKED, _KNOWN = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_ENDS = b"\x1b[?2026l"
# The emulator takes this one for a change of underline.
_KEYBOARD = re.compile(rb"\x1b\[[<>=]\d*u|\x1b\[>4;?\d*m")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a key brought about.

    Attributes:
        first: seconds until the first frame.
        settled: seconds until the last byte.
        size: bytes written.
    """

    first: float
    settled: float
    size: int


class Program:
    """A program on a terminal of 120 columns and 40 lines."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.screen = pyte.Screen(120, 40)
        self._stream = pyte.ByteStream(self.screen)
        self._unread: list[tuple[float, float, bytes]] = []
        self.written = 0
        # Whether Textual has the terminal, which it asks first of all; a first page painted before that takes no key.
        self.takes_keys = False
        # Read at every block, so that it is known what the one took that showed what was waited for.
        self.watches_cpu = False
        self.began = time.perf_counter()
        self.process = PtyProcess.spawn(
            list(command), env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}, dimensions=(40, 120)
        )
        self.pid: int = self.process.pid

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill(signal.SIGKILL)
        self.process.close(force=True)

    def _read(self, seconds: float) -> bool:
        """Whether the program wrote anything within some time."""
        if not select.select([self.process.fd], [], [], seconds)[0]:
            return False
        try:
            block = os.read(self.process.fd, 1 << 20)
        except OSError:
            raise RuntimeError(f"the program ended:\n{self.text}") from None
        self._unread.append((time.perf_counter(), self.cpu() if self.watches_cpu else 0.0, block))
        self.written += len(block)
        if _ASKED in block:
            os.write(self.process.fd, _KNOWN)
        return True

    def _draw(self) -> None:
        for _at, _cpu, block in self._unread:
            self._feed(block)
        self._unread.clear()

    def _feed(self, block: bytes) -> None:
        before, asked, after = block.partition(_ASKED)
        self._stream.feed(_KEYBOARD.sub(b"", before))
        if asked:
            self.takes_keys = True
            self.screen.reset()  # what is found from here on is Textual's own
            self._stream.feed(_KEYBOARD.sub(b"", after))

    @property
    def text(self) -> str:
        """The screen as text."""
        return text_of(self.screen)

    def until(self, wanted: str, *, painted: bool = False) -> tuple[float, float]:
        """Read until a pattern stands on the screen; gives when the block came that showed it, and the CPU by then.

        With `painted` the first page counts, which Textual has not drawn. Nothing is drawn before the program pauses: the emulator would take time that the next block waits for.
        """
        end = time.perf_counter() + PATIENCE
        if self._shows(wanted, painted):
            return time.perf_counter(), self.cpu()
        while time.perf_counter() < end:
            while self._read(SETTLED):
                pass
            while self._unread:
                at, cpu, block = self._unread.pop(0)
                self._feed(block)
                if self._shows(wanted, painted):
                    return at, cpu
        raise RuntimeError(f"{wanted!r} did not come:\n{self.text}")

    def _shows(self, wanted: str, painted: bool) -> bool:
        return (painted or self.takes_keys) and re.search(wanted, self.text) is not None

    def quiet(self, silence: float = QUIET) -> float:
        """Read until the program is silent; gives when the last block came."""
        last = time.perf_counter()
        while self._read(silence):
            last = self._unread[-1][0]
        self._draw()
        return last

    def press(self, keys: str, silence: float = SETTLED) -> Answer:
        """Type something and wait until it is answered.

        Args:
            keys: what is typed.
            silence: the answer is complete once the program wrote nothing for so many seconds. What works in the
                background after a first frame (a search, a rank) needs more than the usual.

        Raises:
            RuntimeError: when the program writes nothing at all; a key without an answer is no measurement.
        """
        self.quiet(0)
        began, before = time.perf_counter(), self.written
        os.write(self.process.fd, keys.encode())
        if not self._read(PATIENCE):
            raise RuntimeError(f"{keys!r} was not answered within {PATIENCE:.0f} s:\n{self.text}")
        while self._read(silence):
            pass
        times = [at for at, _cpu, block in self._unread if _ENDS in block] or [one[0] for one in self._unread]
        last = self._unread[-1][0]
        self._draw()
        return Answer(times[0] - began, last - began, self.written - before)

    def press_until(self, keys: str, wanted: str) -> float:
        """Type something; gives the seconds until a pattern stands on the screen."""
        self.quiet(0)
        began = time.perf_counter()
        os.write(self.process.fd, keys.encode())
        return self.until(wanted)[0] - began

    def cpu(self) -> float:
        """Seconds of CPU so far, by the scheduler's clock."""
        return cpu_of(self.pid)

    def memory(self) -> int:
        """Proportional set size in bytes: what is shared is counted by parts."""
        with open(f"/proc/{self.pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))


def cpu_of(pid: int) -> float:
    """Seconds of CPU of a process, all its threads, by the scheduler's clock."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e9
