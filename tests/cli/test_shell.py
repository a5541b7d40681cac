"""Help, version, completion, wrong syntax, signals, pipes, failures: what a shell sees of every command."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import termios
import time
from array import array
from pathlib import Path
from typing import Any

import click
import pytest

from refterm import __version__, log, paths
from refterm.cli import main as cli_main
from refterm.cli.base import Command as RefTermCommand
from refterm.cli.manual import sections
from refterm.cli.root import COMMANDS, root
from refterm.services.workplace import Workplace
from refterm.tui.actions import key_name, registry, use_keys
from tests.cli.conftest import Command, complaint
from tests.conftest import ImportRecords
from tests.samples import api_record

HEAVY = ("textual", "rich", "sqlmodel", "sqlalchemy", "pydantic", "pendulum", "sqlite3", "alembic", "babel")


def commands() -> list[tuple[str, ...]]:
    """Every command there is, by the words that call it."""
    found: list[tuple[str, ...]] = []
    context = click.Context(root)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, inner) for inner in command.commands]
    return found


def loaded(*arguments: str, environment: dict[str, str] | None = None) -> set[str]:
    """Which of the heavy libraries a command loads."""
    script = (
        "import sys\n"
        "from refterm.cli.main import run\n"
        "status = run(sys.argv[1:])\n"
        f"sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))\n"
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    assert done.returncode == 0, done
    return set(done.stderr.split())


class TestHelp:
    def test_names_everything(self, refterm: Command) -> None:
        text = refterm("--help").out
        assert refterm("-h").out == text
        for name in COMMANDS:
            assert re.search(rf"^  {name} +[A-Z]", text, re.M)
        for word in ("--db", "--config", "--as", "--read-only", "--ascii", "--no-mouse", "--kiosk", "--version"):
            assert word in text
        for word in (
            "REFTERM_DB",
            "REFTERM_CONFIG",
            "REFTERM_USER",
            "NO_COLOR",
            "config.toml",
            "desk.db",
            "Exit status",
        ):
            assert word in text
        for status in ("0", "1", "2", "3", "130"):
            assert re.search(rf"^  {status} ", text, re.M)

    def test_names_every_key_of_the_desk(self) -> None:
        told = {key for _title, pairs in sections() for keys, _does in pairs for key in keys.split()}
        told |= {word.strip("(),;") for _title, pairs in sections() for _keys, does in pairs for word in does.split()}
        for action in registry():
            assert any(key_name(key) in told for key in action.keys), action

    @pytest.mark.parametrize("words", commands(), ids=" ".join)
    def test_every_command_and_option_is_explained(self, refterm: Command, words: tuple[str, ...]) -> None:
        result = refterm(*words, "--help")
        assert (result.status, result.err) == (0, "")
        assert refterm(*words, "-h").out == result.out
        usage, _blank, line = result.lines[:3]
        assert usage.startswith(f"Usage: refterm {' '.join(words)} ")
        assert line.strip()
        for option in ("--db", "--config", "--as"):
            assert option in result.out
        command: click.Command | None = root
        for word in words:
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(root), word)
        assert command
        assert isinstance(command, (RefTermCommand, click.Group))
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, parameter.name

    def test_help_of_a_command_says_its_line_once(self, refterm: Command) -> None:
        for _time in range(2):
            assert refterm("undo", "--help").out.count("Undo your decision") == 1

    def test_help_shows_the_keys_of_the_named_configuration(self, refterm: Command, tmp_path: Path) -> None:
        own = tmp_path / "own.toml"
        own.write_text('[keys]\naccept = "A"\n')
        try:
            assert "  A            Accept the referral" in refterm("--config", own, "--help").out
        finally:
            use_keys({})

    def test_version(self, refterm: Command) -> None:
        assert refterm("--version").out == f"refterm {__version__}\n"


class TestLightness:
    @pytest.mark.parametrize(
        "arguments", [("--version",), ("--help",), ("-h",), ("decline", "--help"), ("completion", "zsh")]
    )
    def test_nothing_heavy(self, arguments: tuple[str, ...]) -> None:
        assert loaded(*arguments) == set()

    @pytest.mark.parametrize("words", ["refterm ", "refterm list --", "refterm decline 1 --reason "])
    def test_completing(self, words: str) -> None:
        typed = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split())), "_REFTERM_COMPLETE": "bash_complete"}
        assert loaded(environment=typed) == set()

    def test_reading_commands_load_the_driver_alone(self, process: Command, import_records: ImportRecords) -> None:
        import_records([api_record()])
        assert loaded("list", "--tab", "all", "--json") == {"sqlite3"}
        assert loaded("show", "1", "--json") == {"sqlite3"}
        assert loaded("history") == {"sqlite3"}
        # Rich knows how wide letters are.
        assert loaded("list", "--tab", "all") <= {"sqlite3", "rich"}


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_script(self, refterm: Command, shell: str) -> None:
        result = refterm("completion", shell)
        assert result.status == 0
        assert "_REFTERM_COMPLETE" in result.out

    def test_unknown_shell(self, refterm: Command) -> None:
        assert "'tcsh' is not one of" in complaint(refterm("completion", "tcsh"), status=2)

    def completed(self, words: str, monkeypatch: pytest.MonkeyPatch, refterm: Command) -> list[str]:
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
        monkeypatch.setenv("_REFTERM_COMPLETE", "bash_complete")
        result = refterm()
        assert result.status == 0
        return [line.partition(",")[2] for line in result.lines]

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("refterm ", list(COMMANDS)),
            ("refterm un", ["unskip", "undo"]),
            ("refterm --re", ["--read-only"]),
            ("refterm contact ", ["add", "edit", "remove"]),
            ("refterm db ", ["backup", "check", "copy", "restore", "set", "upgrade"]),
            ("refterm list --so", ["--sort"]),
            ("refterm list --tab a", ["active", "archived", "all"]),
            ("refterm list --sort p", ["purchase_date"]),
            ("refterm export --format ", ["csv", "json", "ndjson", "xlsx"]),
            ("refterm decline 1 --reason o", ["other-vendor", "other"]),
            ("refterm lost 1 --reason t", ["timeline"]),
            ("refterm completion ", ["bash", "zsh", "fish"]),
        ],
    )
    def test_words(self, refterm: Command, monkeypatch: pytest.MonkeyPatch, words: str, found: list[str]) -> None:
        assert self.completed(words, monkeypatch, refterm) == found

    def test_in_bash(self, tmp_path: Path) -> None:
        bash = shutil.which("bash")
        if bash is None:
            pytest.skip("there is no bash")
        command = tmp_path / "refterm"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m refterm "$@"\n')
        command.chmod(0o755)
        script = (
            'eval "$(refterm completion bash)"; COMP_WORDS=(refterm dec); COMP_CWORD=1;'
            " _refterm_completion refterm; echo ${COMPREPLY[@]}"
        )
        done = subprocess.run(
            [bash, "--norc", "-c", script],
            capture_output=True,
            text=True,
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            check=True,
        )
        assert (done.stdout, done.stderr) == ("decline\n", "")


class TestSyntax:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("spam",), "No such command 'spam'; see refterm --help"),
            (("--spam",), "No such option"),
            (("list", "--spam"), "see refterm list --help"),
            (("show",), "Missing argument 'ID'"),
            (("show", "1", "2"), "unexpected extra argument"),
            (("skip", "1"), "Missing option '--until'"),
            (("import",), "Missing argument 'FILE...'"),
            (("list", "--limit"), "requires an argument"),
            (("db",), "Missing command"),
            (("deliver",), "No such command"),
        ],
    )
    def test_one_line_and_status_2(self, refterm: Command, arguments: tuple[str, ...], words: str) -> None:
        assert words in complaint(refterm(*arguments), status=2)

    def test_what_was_typed_is_shown_without_controls(self, refterm: Command) -> None:
        sentence = complaint(refterm("sp\x1b[31m\nam\u202e"), status=2)
        assert sentence.isprintable()
        assert sentence.endswith("see refterm --help")


class TestSignalsAndPipes:
    def test_a_reader_that_has_seen_enough(self, process: Command, import_records: ImportRecords) -> None:
        import_records([api_record(details__notes="x" * 300) for _number in range(400)])
        command = f'"{sys.executable}" -m refterm list --tab all --json | head -n 1; echo "${{PIPESTATUS[0]}}"'
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("[\n0\n", "")

    def test_interrupted(self, process: Command) -> None:
        """Ctrl+C: status 130 and not a word."""
        running = subprocess.Popen(
            [sys.executable, "-m", "refterm", "import", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A shell's background job, which the whole suite may be, ignores it, and so do its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        # Interrupted while it reads, which it does once what was sent is gone from the pipe.
        assert running.stdin is not None
        running.stdin.write(b"{")
        running.stdin.flush()
        waiting = array("i", [1])
        while waiting[0]:
            time.sleep(0.01)
            assert running.poll() is None
            fcntl.ioctl(running.stdin, termios.FIONREAD, waiting)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=120)
        assert (running.returncode, out, err) == (130, b"", b"")

    def test_closed_streams(self, process: Command, import_records: ImportRecords) -> None:
        import_records([api_record()])
        for streams in (">&-", "2>&-", "<&-", "<&- >&- 2>&-"):
            command = f'"{sys.executable}" -m refterm list --tab all {streams}'
            done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
    def test_a_terminal_without_utf8(self, process: Command, import_records: ImportRecords, encoding: str) -> None:
        (number,) = import_records([api_record(customerProfile__name="Bäckerei 東北")])
        environment = {"PYTHONIOENCODING": encoding}
        assert "Backerei ??" in process("list", "--tab", "all", environment=environment).out
        record = process("show", number, "--json", environment=environment).json
        assert record["customer"]["company"] == "Bäckerei 東北"

    def test_nothing_but_text_on_a_pipe(self, process: Command, import_records: ImportRecords) -> None:
        import_records([api_record()])
        for arguments in (("list", "--tab", "all"), ("show", "1"), ("history",), ("doctor",), ("--help",)):
            result = process(*arguments, environment={"TERM": "xterm-256color"})
            assert "\x1b" not in result.out + result.err


class TestFailures:
    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_arguments: Any, **_named: Any) -> None:
            raise ValueError("a fault of ours \x1b[31m")

        monkeypatch.setattr("refterm.services.desk.Desk.listing", fail)

    def test_is_noted_for_whoever_mends_it(self, refterm: Command, workplace: Workplace, broken: None) -> None:
        path = paths.state_folder() / "refterm.log"
        assert str(path) in complaint(refterm("list"))
        assert "Traceback" in path.read_text()
        assert "a fault of ours" in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_where_it_cannot_be_noted(self, refterm: Command, workplace: Workplace, broken: None) -> None:
        paths.state_folder().parent.mkdir(parents=True)
        paths.state_folder().write_text("a file where the folder should be")
        sentence = complaint(refterm("list"))
        assert "ValueError: a fault of ours [31m" in sentence
        assert "could not be logged" in sentence

    def test_the_log_does_not_grow_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(log, "MOST_BYTES", 1000)
        for number in range(20):
            path = log.note_failure(ValueError(f"fault {number}"))
        assert sorted(file.name for file in path.parent.iterdir()) == ["refterm.log", "refterm.log.1"]
        assert "fault 19" in path.read_text()
        assert path.stat().st_size < 2000

    def test_interrupt_while_loading(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(*_arguments: Any) -> int:
            raise KeyboardInterrupt

        monkeypatch.setattr(cli_main, "_run", interrupt)
        assert cli_main.run(["list"]) == 130
