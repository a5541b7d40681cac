"""A desk in a pty that starts at once: forked from a process that has loaded the program once and opened nothing."""

from __future__ import annotations

import os
import pty
import signal
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

import pexpect
from ptyprocess import PtyProcess

from tests.services.racing import FORKS

# What is read when a module is loaded, or before: a program with a value of its own is started, not forked.
_READ_AT_THE_START = ("LANG", "LC_", "TEXTUAL", "PYTHON", "ESCDELAY")


def may_be_forked(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a forked program does what a started one does."""
    return "--lang" not in arguments and not any(name.startswith(_READ_AT_THE_START) for name in environment)


class _Process(PtyProcess):
    """What pexpect asks of a process; this one is a grandchild, whose end its parent tells."""

    def __init__(self, process: ForkServerProcess, fd: int) -> None:
        super().__init__(process.pid, fd)
        self.process = process
        self.delayafterclose = 0.0

    def isalive(self) -> bool:
        code = self.process.exitcode
        if code is not None and not self.terminated:
            self.terminated = True
            self.exitstatus, self.signalstatus = (code, None) if code >= 0 else (None, -code)
        return code is None

    def wait(self) -> int | None:
        self.process.join()
        self.isalive()
        return self.exitstatus  # type: ignore[no-any-return]


def fork(arguments: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]) -> pexpect.spawn[bytes]:
    """`refterm ARGUMENTS` in a pty of so many columns and lines."""
    ours, theirs = pty.openpty()
    columns, lines = size
    termios.tcsetwinsize(theirs, (lines, columns))
    with Connection(theirs) as terminal:
        given = (terminal, list(arguments), dict(environment), os.getcwd())
        process = FORKS.Process(target=_be_the_program, args=given, daemon=True)
        process.start()
    child = pexpect.spawn(None)  # type: ignore[arg-type]
    child.ptyproc = _Process(process, ours)
    child.pid, child.child_fd = child.ptyproc.pid, ours
    child.terminated = child.closed = False
    return child


def _be_the_program(terminal: Connection, arguments: list[str], environment: dict[str, str], folder: str) -> None:
    os.login_tty(os.dup(terminal.fileno()))
    terminal.close()
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    sys.argv = ["refterm", *arguments]

    from refterm.cli.main import main

    main()
