"""The driver between Textual and the terminal: a small subclass of Textual 8.2.8's.

Textual's own ends with a traceback at a byte that is no UTF-8, spins on a terminal that has hung up, lets a terminal
that reads nothing block the desk for ever, and believes COLUMNS and LINES more than the terminal.
"""

from __future__ import annotations

import os
import re
import select
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from functools import partial
from queue import Full
from types import FrameType
from typing import IO, TYPE_CHECKING, Any, Protocol

from textual import events
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from refterm.tui.terminal.ending import Closing, Ending, terminal_gone
from refterm.tui.terminal.parser import Prefixed, TerminalParser

if TYPE_CHECKING:
    from textual.app import App

READ_BYTES = 4096
ALTERNATE_SCREEN = "\x1b[?1049h"
# Seconds: how soon after an escape the key that came with it may follow, so that the form has closed; how long the
# event loop may take for an answer; how long a terminal that does not read holds up the end.
AFTER_ESCAPE, PATIENCE, LAST_WRITE = 0.1, 0.5, 1.0
# A read of so many bytes with text on both sides of a line break is no typing; what follows it so soon belongs to it.
BURST_BYTES, BURST_SECONDS = 32, 0.2
_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~])?")
_BROKEN_TEXT = re.compile(r"[^\x00-\x20\x7f][^\r\n]*[\r\n]+[^\r\n]*[^\x00-\x20\x7f]")


class Terminal(Closing, Protocol):
    """What the driver asks of the program."""

    ending: Ending

    def takes_key(self, key: str) -> bool:
        """Whether something is bound to a key now."""

    def takes_text(self) -> bool:
        """Whether what is typed goes into a field."""

    def refuse_paste(self) -> None:
        """Say that pasted text does nothing here."""

    def fail(self, error: BaseException) -> None:
        """End the desk because of an unexpected error; from any thread."""


class Writer(WriterThread):
    """Writes to the terminal; holds nothing up once the desk is to end, and tells when the terminal has gone."""

    def __init__(self, file: IO[str], ending: Ending) -> None:
        super().__init__(file)
        self._ending = ending

    def write(self, text: str | None) -> None:
        """Take a text; waits for a terminal that does not read, unless the desk is to end."""
        while self.is_alive():
            try:
                self._queue.put(text, block=not self._ending.status, timeout=0.2)  # self._ending.status else 0.2)
            except Full:
                if self._ending.status:
                    return
            else:
                return

    def run(self) -> None:
        """Write what was taken, until the end or until the terminal has gone."""
        try:
            super().run()
        except (OSError, ValueError):
            self._ending.hung_up()

    def stop(self) -> None:
        """Write what is left, and end."""
        self.write(None)
        end: float | None = None
        while self.is_alive():
            self.join(0.1)
            if self._ending.status:
                end = end or time.monotonic() + LAST_WRITE
                if time.monotonic() > end:
                    return


class _Waking(threading.Event):
    """An event with a pipe that can be polled, so that the reading thread sleeps until there is something to read."""

    def __init__(self) -> None:
        super().__init__()
        self.fileno, self._other = os.pipe()
        os.set_blocking(self.fileno, False)

    def set(self) -> None:
        super().set()
        os.write(self._other, b".")

    def clear(self) -> None:
        super().clear()
        with suppress(BlockingIOError):
            os.read(self.fileno, READ_BYTES)


class TerminalDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, with the terminal's input and its end taken as they come."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        """The options are Textual's."""
        super().__init__(app, **options)
        self.exit_event: _Waking = _Waking()
        self._terminal: Terminal = app  # type: ignore[assignment]
        self._ending = self._terminal.ending
        self._burst_until = 0.0
        self._ending.begin(self._terminal)

    def _get_terminal_size(self) -> tuple[int, int]:
        """What the terminal itself says, and what Textual finds out only where it says nothing."""
        with suppress(OSError):
            size = os.get_terminal_size(self.fileno)
            if size.columns and size.lines:
                return size.columns, size.lines
        return super()._get_terminal_size()

    def _query_in_band_window_resize(self) -> None:
        """Do not ask for sizes and the mouse in pixels: SIGWINCH tells the size, and a report for each pixel is a flood."""

    def _sigcont_application(self, *arguments: int | FrameType | None) -> None:
        """A closing terminal sends SIGCONT besides; Textual would start to draw on the dead terminal."""
        if terminal_gone():
            self._ending.hung_up()
        else:
            super()._sigcont_application(*arguments)

    def write(self, data: str) -> None:
        """Write to the terminal. Where it shows the first page its other screen is there already, and would be cleared."""
        if data != ALTERNATE_SCREEN or not self._ending.painted:
            super().write(data)

    def start_application_mode(self) -> None:
        """Take the terminal; what is written goes through our own thread."""
        linux_driver.__dict__["WriterThread"] = partial(Writer, ending=self._ending)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None and (before := self._ending.take_over()):
            self.attrs_before = before

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._terminal.fail(error)

    def run_input_thread(self) -> None:
        """Read until the driver stops or the terminal has gone."""
        parser = TerminalParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            ready = select.select((self.fileno, self.exit_event.fileno), (), (), parser.wait())[0]
            if self.exit_event.is_set():
                return
            if self.fileno not in ready:
                self._take(parser.tick())
                continue
            try:
                data = os.read(self.fileno, READ_BYTES)
            except InterruptedError:
                continue
            except OSError:
                data = b""
            if not data:
                self._ending.hung_up()
                return
            typed = parser.inside
            self._take_read(data, decode(data), parser, within=typed)

    def _take_read(self, data: bytes, text: str, parser: TerminalParser, *, within: bool) -> None:
        now = time.monotonic()
        found = list(parser.feed(text))
        burst = not within and len(data) >= BURST_BYTES and _BROKEN_TEXT.search(_SEQUENCES.sub("", text)) is not None
        if (burst or now < self._burst_until) and not self._ask(self._terminal.takes_text, True):
            if burst and now >= self._burst_until:
                self._loop.call_soon_threadsafe(self._terminal.refuse_paste)
            if len(data) >= BURST_BYTES:
                self._burst_until = time.monotonic() + BURST_SECONDS
            found = [event for event in found if not isinstance(event, events.Key | Prefixed)]
        self._take(found)

    def _take(self, found: Any) -> None:
        for event in found:
            if isinstance(event, Prefixed):
                self._take_prefixed(event)
            else:
                self.process_message(event)

    def _take_prefixed(self, event: Prefixed) -> None:
        bound = any(self._ask(partial(self._terminal.takes_key, key.key), False) for key in event.alt)
        keys: list[Message] = [*event.alt] if bound else [events.Key("escape", "\x1b"), *event.keys]
        for number, key in enumerate(keys):
            if number == 1 and self.exit_event.wait(AFTER_ESCAPE):
                return
            self.process_message(key)

    def _ask(self, question: Callable[[], bool], otherwise: bool) -> bool:
        """Ask the program in its event loop."""
        answer: Future[bool] = Future()

        def ask() -> None:
            try:
                answer.set_result(question())
            except Exception as error:
                answer.set_exception(error)

        self._loop.call_soon_threadsafe(ask)
        end = time.monotonic() + PATIENCE
        # The event loop may be waiting for this thread to end.
        while time.monotonic() < end and not self.exit_event.is_set():
            with suppress(NotYet):
                return answer.result(0.05)
        return otherwise
