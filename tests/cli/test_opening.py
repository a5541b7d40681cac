"""`refterm` and `refterm demo`: what is asked of the terminal, and what is handed to the desk."""

from __future__ import annotations

import fcntl
import os
import resource
import struct
import subprocess
import sys
import termios
from pathlib import Path
from types import ModuleType
from typing import Any

import pexpect
import pytest

from refterm.config import Settings
from refterm.services.demo.options import DemoOptions
from refterm.services.workplace import Workplace
from refterm.tui.first_page import FirstPage
from tests.cli.conftest import Command, complaint


def in_a_terminal(script: str, columns: int, files: int, **environment: str) -> str:
    """What a script of Python says on a terminal so wide, where so many files may be open at once."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    try:
        subprocess.run(
            [sys.executable, "-c", script],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, **environment},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
            timeout=120,
            check=False,
        )
        return os.read(ours, 4096).decode().strip()
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_terminal_that_tells_its_size_is_believed_more_than_columns() -> None:
    script = "from refterm.cli.terminal import columns; print(columns())"
    assert in_a_terminal(script, 97, 64, COLUMNS="200") == "97"
    assert in_a_terminal(script, 0, 64, COLUMNS="200") == "200"
    assert in_a_terminal(script, 0, 64, COLUMNS="x") == "80"


@pytest.mark.parametrize(("arguments", "files"), [(["list"], 7), ([], 16)])
def test_too_few_files_are_said_before_anything_is_opened(
    arguments: list[str], files: int, database_path: Path
) -> None:
    script = f"import sys; from refterm.cli.main import run; sys.exit(run({arguments!r}))"
    said = in_a_terminal(script, 120, files, REFTERM_DB=str(database_path), TERM="xterm-256color", LANG="C.UTF-8")
    assert said == f"refterm: too few files may be open at once ({files}); allow more, for instance with ulimit -n 256"


@pytest.mark.parametrize("arguments", [(), ("demo",), ("--read-only",), ("--db", "x.db", "demo", "--ascii")])
def test_a_pipe_is_no_terminal(process: Command, arguments: tuple[str, ...]) -> None:
    assert complaint(process(*arguments)) == (
        "the desk needs a terminal; on a pipe use refterm list, or see refterm --help"
    )


@pytest.mark.parametrize("kind", ["dumb", ""])
def test_a_terminal_that_cannot_draw(database_path: Path, kind: str) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "refterm", "--db", str(database_path)],
        env={**os.environ, "TERM": kind},
        encoding="utf-8",
        timeout=120,
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    assert child.before == (
        "refterm: the desk cannot be drawn on this terminal (TERM is empty or dumb); use refterm list\r\n"
    )


class TestHandedOver:
    @pytest.fixture
    def opened(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, str | None, bool]]:
        """What a desk that only takes note was opened with."""
        calls: list[tuple[Settings, str | None, bool]] = []

        def run_desk(settings: Settings, *, acting: str | None, page: FirstPage) -> int:
            calls.append((settings, acting, False))
            return 0

        def run_demo(settings: Settings, _options: DemoOptions, acting: str | None) -> int:
            calls.append((settings, acting, True))
            return 0

        for name, function in (("refterm.tui.app", run_desk), ("refterm.tui.demo.app", run_demo)):
            module = ModuleType(name)
            setattr(module, function.__name__, function)
            monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr("refterm.cli.desk.is_terminal", lambda stream: True)
        monkeypatch.setenv("TERM", "xterm-256color")
        return calls

    def test_without_flags(self, refterm: Command, workplace: Workplace, opened: list[Any]) -> None:
        assert refterm().status == 0
        ((settings, acting, demo),) = opened
        assert (settings.read_only, settings.ascii, settings.mouse, settings.kiosk) == (False, None, True, False)
        assert (settings.database, acting, demo) == (str(workplace.database.file), None, False)

    @pytest.mark.parametrize("command", [(), ("demo",)])
    @pytest.mark.parametrize("after", [True, False])
    def test_flags(
        self, refterm: Command, workplace: Workplace, opened: list[Any], command: tuple[str, ...], after: bool
    ) -> None:
        flags = ("--read-only", "--ascii", "--no-mouse", "--as", "luis", "--db", "other.db")
        assert refterm(*((*command, *flags) if after else (*flags, *command))).status == 0
        ((settings, acting, demo),) = opened
        assert (settings.read_only, settings.ascii, settings.mouse, settings.kiosk) == (True, True, False, False)
        assert (settings.database, acting, demo) == ("other.db", "luis", bool(command))

    def test_no_user_file_is_read_in_kiosk(
        self, refterm: Command, workplace: Workplace, opened: list[Any], tmp_path: Path
    ) -> None:
        file = tmp_path / "mine.toml"
        file.write_text("nonsense = 1\n")
        assert refterm("--config", file, "--kiosk").status == 0
        assert "nonsense is not a key" in complaint(refterm("--config", file))

    def test_its_exit_status_is_ours(
        self, refterm: Command, workplace: Workplace, opened: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.modules["refterm.tui.app"], "run_desk", lambda *a, **k: 1)
        assert refterm().status == 1
