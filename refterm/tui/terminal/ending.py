"""How the desk ends when it is asked to: by a signal, or by a terminal that has gone; in whatever state it is then.

Three stages, each for the case that the one before gets stuck: the event loop closes the desk in order; a thread saves
the drafts, gives the terminal back and ends the process; the kernel's alarm ends it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from types import FrameType
from typing import Any, Protocol

from refterm.log import note_failure

# Seconds since the signal: when a thread saves the drafts, when it ends the process, when the kernel does. All in all
# the desk is gone within 8.
DRAFTS_AFTER, END_AFTER, ALARM_AFTER = 1.5, 4.5, 7
# Ordinary keys, screen, cursor, mouse and line ends; what Textual's driver sends when it stops.
RESTORE = (
    b"\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[?2026l"
)


class Closing(Protocol):
    """The program that is to end."""

    def save_drafts(self) -> None:
        """Keep what is typed in open forms, at once."""

    def call_in_loop(self, job: Callable[[], object]) -> None:
        """Run a job in the event loop soon; from any thread."""

    def leave(self, status: int) -> None:
        """Close the desk in order; called in the event loop."""


class Ending:
    """Ends the desk. One for each process: it has one terminal, and signals are the process's.

    Attributes:
        status: the exit status, once the desk was asked to end; 0 before.
        painted: whether the terminal shows the first page, and no driver has taken it over yet.
    """

    def __init__(self, seconds: tuple[float, float, int] = (DRAFTS_AFTER, END_AFTER, ALARM_AFTER)) -> None:
        self.status = 0
        self.painted = False
        self._seconds = seconds
        self._app: Closing | None = None
        self._before: list[Any] | None = None
        self._running = True
        self._asked = self._ask = -1

    def watch(self) -> None:
        """Mind SIGTERM, SIGHUP and SIGINT from now on; to be called in the main thread.

        Also where they were ignored, as under nohup: a desk without a person or a terminal is of no use.
        """
        self._before = _attributes()
        self._asked, self._ask = os.pipe()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._signalled)
        threading.Thread(target=self._wait, daemon=True, name="ending").start()

    def begin(self, app: Closing) -> None:
        """From now on there is a desk to close."""
        self._app = app

    def take_over(self) -> list[Any] | None:
        """The terminal's attributes from before the first page; None where there was none."""
        painted, self.painted = self.painted, False
        return self._before if painted else None

    def give_back(self) -> None:
        """Give the terminal back where the first page is all that it shows."""
        if self.painted:
            self._restore()
            self.painted = False

    def closed(self) -> None:
        """The desk has closed; what is left to do must not take long either."""
        self._running = False

    def stop(self, status: int) -> None:
        """End the desk with a status; from any thread, and within a signal handler: takes no lock."""
        if self.status:
            return
        self.status = status
        signal.alarm(self._seconds[2])
        os.write(self._ask, b".")

    def hung_up(self) -> None:
        """The terminal has gone."""
        self.stop(128 + signal.SIGHUP)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        again = bool(self.status)
        self.stop(128 + number)
        if self._app is None and self._running and not again:
            # Nothing is shown yet, or ever will be.
            raise SystemExit(self.status)

    def _wait(self) -> None:
        os.read(self._asked, 1)
        began = time.monotonic()
        if self._app is not None:
            app, status = self._app, self.status
            with suppress(RuntimeError):  # the loop has closed already
                app.call_in_loop(lambda: app.leave(status))
        time.sleep(self._seconds[0])
        if self._app is not None and self._running:
            try:
                self._app.save_drafts()
            except Exception as error:
                with suppress(OSError):
                    note_failure(error)
        time.sleep(max(began + self._seconds[1] - time.monotonic(), 0))
        self._restore()
        os._exit(self.status)

    def _restore(self) -> None:
        """Give the terminal back as it was, where it still takes anything."""
        if self._before is None or (self._app is None and not self.painted):
            return
        with suppress(OSError, termios.error):
            termios.tcsetattr(0, termios.TCSANOW, self._before)
            os.set_blocking(2, False)
            os.write(2, RESTORE)
        with suppress(OSError):
            os.set_blocking(2, True)


@lru_cache(1)
def watched() -> Ending:
    """The ending of this process, with signals minded from the first call on."""
    ending = Ending()
    ending.watch()
    return ending


def terminal_gone() -> bool:
    """Whether the terminal on standard input has hung up; costs one system call."""
    poll = select.poll()
    poll.register(sys.__stdin__.fileno() if sys.__stdin__ else 0, 0)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _fd, event in poll.poll(0))


def _attributes() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except (termios.error, OSError):
        return None
