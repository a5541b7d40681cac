"""Whatever is wrong with the database or the configuration: one clear sentence, exit status 1, no traceback."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from refterm import config
from refterm.cli.root import root
from refterm.services.workplace import Workplace
from refterm.store import faults
from refterm.store import sqlite as store_sqlite
from tests.cli.conftest import Command, Outcome, complaint
from tests.conftest import ImportRecords
from tests.nobody import BECOME_NOBODY
from tests.samples import api_record, ndjson
from tests.store.support import damage

READING = [("list",), ("show", "1"), ("history",), ("export",)]
WRITING = [("tick",), ("favorite", "1"), ("decline", "1", "--reason", "budget"), ("db", "check")]


class TestNoDeskYet:
    @pytest.mark.parametrize("arguments", [*READING, *WRITING, ("db", "backup", "copy.db")])
    def test_nothing_makes_one_but_import(self, refterm: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        path = tmp_path / "none" / "desk.db"
        sentence = complaint(refterm(*arguments, "--db", path))
        assert sentence.startswith(f"{path} does not exist; import referrals first")
        assert not path.parent.exists()

    def test_import_makes_it(self, refterm: Command, tmp_path: Path) -> None:
        path = tmp_path / "none" / "desk.db"
        file = tmp_path / "r.ndjson"
        file.write_bytes(ndjson([api_record()]))
        assert refterm("import", file, "--db", path).status == 0
        assert len(refterm("list", "--db", path, "--json").json) == 1
        assert path.stat().st_mode & 0o007 == 0

    def test_import_of_nothing_readable_makes_none(self, refterm: Command, tmp_path: Path) -> None:
        path = tmp_path / "desk.db"
        path.unlink(missing_ok=True)
        assert "there is no such file" in complaint(refterm("import", tmp_path / "none.json", "--db", path))
        assert not path.exists()


class TestDamagedIndex:
    """One damaged page: whatever looks for what is due meets it, and that is every command."""

    COMMANDS = (
        *(*READING, *WRITING[:-1], ("list", "--tab", "archived"), ("list", "--json"), ("import", "r.ndjson")),
        *(("insights",), ("outbox",), ("profile", "list"), ("take", "1"), ("note", "1", "x"), ("undo", "1")),
    )

    @pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
    def test_every_command_says_what_to_do(
        self,
        refterm: Command,
        import_records: ImportRecords,
        workplace: Workplace,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        arguments: tuple[str, ...],
    ) -> None:
        import_records([api_record()])
        monkeypatch.chdir(tmp_path)
        (tmp_path / "r.ndjson").write_bytes(ndjson([api_record()]))
        path = workplace.database.file
        assert path
        workplace.close()
        damage(path, ["referral_expires"])
        sentence = complaint(refterm(*arguments))
        assert sentence == f"{path} is damaged; run refterm db check, and restore the last backup"


class TestNotOurs:
    @pytest.fixture(params=[*READING, *WRITING, ("db", "upgrade"), ("import", "r.ndjson")], ids=lambda a: a[0])
    def arguments(
        self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> tuple[str, ...]:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "r.ndjson").write_bytes(ndjson([api_record()]))
        chosen: tuple[str, ...] = request.param
        return chosen

    def test_folder(self, refterm: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        assert complaint(refterm(*arguments, "--db", tmp_path)) == f"{tmp_path} is a folder; choose a file with --db"

    def test_text_file(self, refterm: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("these are my notes, and they stay mine\n" * 50)
        before = path.read_bytes()
        assert complaint(refterm(*arguments, "--db", path)).startswith(f"{path} is no database")
        assert path.read_bytes() == before

    def test_another_programs_database(self, refterm: Command, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        path = tmp_path / "other.db"
        connection = sqlite3.connect(path)
        connection.execute("create table bookmark (url text)")
        connection.close()
        before = path.read_bytes()
        assert complaint(refterm(*arguments, "--db", path)).startswith(f"{path} is a database of another program")
        assert path.read_bytes() == before

    def test_written_by_a_newer_version(
        self, refterm: Command, database_path: Path, arguments: tuple[str, ...]
    ) -> None:
        connection = sqlite3.connect(database_path)
        connection.execute("update alembic_version set version_num = '9999'")
        connection.commit()
        connection.close()
        sentence = complaint(refterm(*arguments))
        assert sentence.startswith(f"{database_path} was written by a newer refterm (schema 9999)")


class TestLocked:
    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store_sqlite, "BUSY_SECONDS", 0.05)
        monkeypatch.setattr(faults, "BUSY_SECONDS", 0.05)

    @pytest.fixture
    def held(self, import_records: ImportRecords, database_path: Path) -> Iterator[None]:
        """Another process holds the write lock."""
        import_records([api_record()])
        script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("begin immediate")
            print("held", flush=True)
            sys.stdin.read()
        """
        holder = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script), str(database_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate()

    @pytest.mark.usefixtures("held")
    def test_readers_go_on(self, refterm: Command) -> None:
        assert refterm("list").status == 0
        assert refterm("show", "1").status == 0

    @pytest.mark.usefixtures("held")
    @pytest.mark.parametrize("arguments", [("favorite", "1"), ("decline", "1", "--reason", "budget")])
    def test_writers_are_told(self, refterm: Command, arguments: tuple[str, ...]) -> None:
        assert "is in use: another program has held it" in complaint(refterm(*arguments))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "none", place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.decode()}")
    yield place
    subprocess.run(["umount", place], check=True)


class TestFullDisk:
    def test_import_says_so_and_the_desk_stays_whole(
        self, refterm: Command, small_disk: Path, database_path: Path, tmp_path: Path
    ) -> None:
        desk = small_disk / "desk.db"
        shutil.copyfile(database_path, desk)
        file = tmp_path / "many.ndjson"
        file.write_bytes(ndjson([api_record(details__notes="x" * 2000) for _number in range(500)]))
        result = refterm("import", file, "--db", desk)
        assert result.status == 1
        assert "the disk is full" in result.err
        assert result.err.count("\n") == 1
        assert refterm("db", "check", "--db", desk).status == 0

    def test_backup_leaves_nothing(self, refterm: Command, small_disk: Path, import_records: ImportRecords) -> None:
        import_records([api_record(details__notes="x" * 5000) for _number in range(200)])
        assert "the disk is full" in complaint(refterm("db", "backup", small_disk / "copy.db"))
        assert list(small_disk.iterdir()) == []

    def test_export_leaves_the_file_that_was_there(
        self, refterm: Command, small_disk: Path, import_records: ImportRecords
    ) -> None:
        import_records([api_record(details__notes="x" * 5000) for _number in range(400)])
        file = small_disk / "out.ndjson"
        file.write_text("what was there before")
        assert "No space left" in complaint(refterm("export", "-o", file, "--overwrite"))
        assert [path.name for path in small_disk.iterdir()] == ["out.ndjson"]
        assert file.read_text() == "what was there before"

    def test_standard_output(self, process: Command, database_path: Path, import_records: ImportRecords) -> None:
        import_records([api_record() for _number in range(20)])
        if not os.path.exists("/dev/full"):
            pytest.skip("this system has no /dev/full")
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "refterm", "list", "--tab", "all"],
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert done.returncode == 1
        assert done.stderr == b"refterm: the output cannot be written: No space left on device\n"


def test_a_standard_stream_that_is_closed_is_an_empty_one(process: Command, database_path: Path) -> None:
    """Else `export >&-` fails, and the next file that is opened has the stream's number."""
    empty = "refterm: -: is empty: it holds no referrals\n"
    none = "refterm: no referral was found\n"
    for command, status, said in (
        ("export >&-", 0, none),
        ("export --format xlsx >&-", 0, none),
        ("import - <&-", 1, empty),
        ("list --json <&- 2>&-", 0, ""),
        ("import - <&- >&- 2>&-", 1, ""),
    ):
        done = subprocess.run(
            ["sh", "-c", f"exec {sys.executable} -m refterm {command}"], stderr=subprocess.PIPE, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (status, said), command


AS_NOBODY = f"{BECOME_NOBODY}\nfrom refterm.cli.main import main\nmain()"


class TestPermissions:
    """Root may do everything, so these run as nobody."""

    @pytest.fixture
    def nobody(self, database_path: Path, tmp_path: Path, import_records: ImportRecords) -> Callable[..., Outcome]:
        import_records([api_record()])

        def call(*arguments: str) -> Outcome:
            done = subprocess.run(
                [sys.executable, "-c", AS_NOBODY, "--db", str(database_path), *arguments],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"},
            )
            return Outcome(done.returncode, done.stdout, done.stderr)

        # Whoever runs the tests keeps the folders above to itself.
        for folder in (tmp_path, *tmp_path.parents):
            if folder.stat().st_uid == os.getuid():
                folder.chmod(folder.stat().st_mode | 0o011)
        return call

    def test_a_database_that_may_not_be_read(self, nobody: Callable[..., Outcome], database_path: Path) -> None:
        database_path.chmod(0o000)
        sentence = complaint(nobody("list"))
        assert sentence.startswith(f"{database_path} ")
        assert "permissions" in sentence or "may be read" in sentence

    def test_a_database_that_may_not_be_written(self, nobody: Callable[..., Outcome], database_path: Path) -> None:
        database_path.chmod(0o444)
        sentence = complaint(nobody("favorite", "1"))
        assert sentence.startswith(f"{database_path} ")
        assert "permissions" in sentence or "may be read and written" in sentence

    def test_a_folder_that_may_not_be_written(self, nobody: Callable[..., Outcome], tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        path = tmp_path / "none" / "desk.db"
        assert "may not be opened" in complaint(nobody("db", "upgrade", "--db", str(path)))
        assert not path.parent.exists()


class TestConfiguration:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("colour = 1", "colour is not a key; allowed are"),
            ("undo_seconds = -1", "undo_seconds must be a whole number"),
            ("[deadlines]\nrespond_hours = 8", "refterm db set deadlines.respond_hours=24"),
            ("time_zone = 'Mars/Base'", "time_zone must be a time zone"),
            ("kiosk = true", "kiosk belongs in the site's file"),
            ("not toml", "is no TOML"),
        ],
    )
    def test_names_file_key_and_what_is_allowed(
        self, refterm: Command, workplace: Workplace, tmp_path: Path, text: str, words: str
    ) -> None:
        file = tmp_path / "mine.toml"
        file.write_text(text)
        sentence = complaint(refterm("list", "--config", file))
        assert str(file) in sentence
        assert words in sentence

    def test_named_file_must_exist(self, refterm: Command, workplace: Workplace) -> None:
        assert "there is no such configuration file" in complaint(refterm("list", "--config", "/nowhere.toml"))

    def test_flags_beat_environment_and_file(
        self, refterm: Command, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (number,) = import_records([api_record()])
        file = tmp_path / "mine.toml"
        file.write_text('user = "file"\n')

        def who(*options: object) -> str:
            refterm("note", number, "x", *options)
            name: str = refterm("history", number, "--json").json[-1]["by"]
            return name

        assert who("--config", file, "--as", "flag") == "flag"
        assert who("--config", file) == "ana"
        monkeypatch.delenv("REFTERM_USER")
        assert who("--config", file) == "file"

    def test_common_options_stand_before_or_after_the_command(
        self, refterm: Command, import_records: ImportRecords, tmp_path: Path
    ) -> None:
        (number,) = import_records([api_record()])
        assert refterm("--as", "luis", "take", number).status == 0
        assert refterm("show", number, "--json").json["taken_by"] == "luis"
        assert refterm("--as", "luis", "release", "--as", "ana", number, "--yes").status == 0
        assert refterm("history", number, "--json").json[-1]["by"] == "ana"
        for arguments in (("--db", tmp_path, "list"), ("list", "--db", tmp_path), ("db", "--db", tmp_path, "check")):
            assert "is a folder" in complaint(refterm(*arguments))

    def test_what_the_site_locks_no_flag_changes(
        self, refterm: Command, workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site = tmp_path / "site.toml"
        site.write_text('locked = ["database", "user"]\n')
        # The loader's default is bound when it is defined; only tests name another site's file.
        monkeypatch.setitem(config.load.__kwdefaults__, "site", site)
        assert complaint(refterm("list", "--db", "x.db")).startswith("--db cannot be used here")
        assert complaint(refterm("list", "--as", "luis")).startswith("--as cannot be used here")

    @pytest.mark.parametrize("option", ["--db", "--config", "--as"])
    def test_empty_is_wrong_syntax(self, refterm: Command, workplace: Workplace, option: str) -> None:
        assert "it cannot be empty" in complaint(refterm("list", option, ""), status=2)

    def test_names_that_cannot_stand_in_the_history(self, refterm: Command, workplace: Workplace) -> None:
        for name in ("a\x1b[31m", "a" * 401):
            assert "the name of who acts" in complaint(refterm("list", "--as", name))


def texts_of(command: click.Command) -> Iterator[click.Parameter]:
    """The parameters that take what a person types."""
    yield from (one for one in command.params if isinstance(one.type, click.types.StringParamType | click.Path))


def every_text() -> Iterator[tuple[tuple[str, ...], str | None]]:
    """Every command with each of its texts; an argument has no option."""
    for path, command in commands(root):
        for parameter in texts_of(command):
            yield path, parameter.opts[0] if isinstance(parameter, click.Option) else None


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command but those that open the desk, with its words."""
    for name in sorted(group.commands.keys() | set(group.list_commands(click.Context(group)))):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif name != "demo":
            yield (*path, name), command


@pytest.mark.parametrize(("path", "option"), list(every_text()), ids=str)
def test_bytes_that_are_no_text_are_no_fault_of_the_program(
    refterm: Command, import_records: ImportRecords, path: tuple[str, ...], option: str | None, tmp_path: Path
) -> None:
    """The shell hands them on as lone surrogates, which no database takes."""
    import_records([api_record()])
    command: click.Command = root
    for word in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    typed: list[str] = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            bad = "\udcff" if option is None else "1"
            typed += [bad] * max(1, parameter.nargs)
        elif option in parameter.opts:
            typed += [str(option), "\udcff"]
        elif parameter.required:
            choices = parameter.type.choices if isinstance(parameter.type, click.Choice) else ["budget"]
            typed += [parameter.opts[0], str(choices[0])]
    with contextlib.chdir(tmp_path):
        done = refterm(*path, *typed)
    assert done.status in (0, 1, 2)
    assert "should not" not in done.err
    assert "Traceback" not in done.err
