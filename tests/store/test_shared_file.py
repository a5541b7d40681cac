"""A desk's file among people and accidents: groups, umasks, read-only media, damage, files that vanish or are replaced."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from refterm import files
from refterm.errors import ConnectionLostError, StoreError
from refterm.store.opening import open_database
from refterm.store.sqlite import SqliteDatabase
from tests.nobody import become
from tests.samples import api_record, ndjson
from tests.store.support import insert, row

# What is said here is of SQLite's files.
STORES = ("sqlite",)
ROOT = Path(__file__).parents[2]
GROUP, OWNER, READER = 65000, 65001, 65002
LONG = bool(os.environ.get("REFTERM_TEST_SHARED"))
PROGRAM = "{become}\nos.umask({umask})\nfrom refterm.cli.main import run\nsys.exit(run(sys.argv[1:]))"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several people")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that a group shares, as the README advises; pytest's own are closed to other users."""
    with TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        folder = Path(above, "shared")
        folder.mkdir()
        os.chown(folder, -1, GROUP)
        folder.chmod(0o2770)
        yield folder


def program(user: int, umask: int, home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A command of somebody who is in the group."""
    home.mkdir(exist_ok=True)
    os.chown(home, user, user)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(become=become(user, GROUP), umask=umask), *map(str, arguments)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def modes(folder: Path) -> set[int]:
    return {file.stat().st_mode & 0o777 for file in folder.iterdir() if file.name.startswith("desk.db")}


@as_root
class TestGroup:
    """In a group's folder the file and its companions are 0660, whatever anybody's umask."""

    @pytest.mark.parametrize(("first", "second"), [(0o022, 0o077), (0o077, 0o022)])
    def test_two_people_and_a_reader_lock_nobody_out(self, shared: Path, first: int, second: int) -> None:
        above = shared.parent
        desk, source = shared / "desk.db", above / "r.ndjson"
        source.write_bytes(ndjson([api_record()]))
        source.chmod(0o644)
        done = program(OWNER, first, above / "owner", "--db", desk, "import", source)
        assert done.returncode == 0, done.stderr
        for turn in range(1000 // 3 if LONG else 2):
            reading = program(READER, second, above / "reader", "--read-only", "--db", desk, "list", "--tab", "all")
            assert (reading.returncode, reading.stderr) == (0, "")
            assert modes(shared) == {0o660}
            for user, umask, home in ((OWNER, first, "owner"), (READER, second, "reader")):
                done = program(user, umask, above / home, "--db", desk, "note", "1", f"turn {turn}")
                assert (done.returncode, done.stderr) == (0, "")
            assert modes(shared) == {0o660}

    def test_a_file_of_a_careless_umask_is_mended_by_its_owner(self, shared: Path) -> None:
        desk = shared / "desk.db"
        open_database(desk).close()
        desk.chmod(0o640)
        with closing(open_database(desk)):
            assert modes(shared) == {0o660}

    def test_a_folder_of_ones_own_stays_as_it_is(self, tmp_path: Path) -> None:
        desk = tmp_path / "own" / "desk.db"
        with closing(open_database(desk)):
            assert desk.parent.stat().st_mode & 0o7777 == 0o700
            assert all(mode & 0o007 == 0 for mode in modes(desk.parent))


class TestReadOnlyMedium:
    """A desk on a medium that cannot be written can be looked at."""

    @as_root
    def test_it_can_be_looked_at(self, database_path: Path, tmp_path: Path) -> None:
        medium = tmp_path / "medium"
        medium.mkdir()
        shutil.copy(database_path, medium / "desk.db")
        with closing(open_database(medium / "desk.db")) as database:
            insert(database, [row(company="Kontor Nord")])
        if subprocess.run(["mount", "--bind", "-o", "ro", medium, medium], capture_output=True, check=False).returncode:
            pytest.skip("nothing can be mounted here")
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", medium], check=True, capture_output=True)
            with closing(open_database(medium / "desk.db", read_only=True)) as database:
                with database.reading() as connection:
                    assert connection.execute("select company from referral").fetchone()[0] == "Kontor Nord"
                assert database.change_token() == database.change_token()
            with (
                pytest.raises(StoreError, match=r"cannot be .*--read-only"),
                closing(open_database(medium / "desk.db")) as database,
                database.writing(),
            ):
                pass
        finally:
            subprocess.run(["umount", medium], check=True)


class TestVanishing:
    """Nothing is confirmed that was not kept (T2)."""

    @pytest.fixture
    def opened(self, database_path: Path) -> SqliteDatabase:
        database = open_database(database_path)
        assert isinstance(database, SqliteDatabase)
        insert(database, [row(company="Kontor Nord")])
        return database

    def test_a_removed_file_is_noticed_by_the_next_look_and_by_a_write(self, opened: SqliteDatabase) -> None:
        for ending in ("", "-wal", "-shm"):
            Path(f"{opened.file}{ending}").unlink()
        with pytest.raises(ConnectionLostError, match="was removed or replaced while it was open; waiting"):
            opened.change_token()
        with pytest.raises(ConnectionLostError, match="nothing was changed"), opened.writing():
            pass
        with pytest.raises(ConnectionLostError, match="waiting for it to come back"):
            opened.reconnect()
        opened.close()

    def test_one_that_vanishes_in_the_middle_of_a_write_is_not_confirmed(self, opened: SqliteDatabase) -> None:
        def write() -> None:
            with opened.writing() as connection:
                connection.execute("update referral set favorite = 1")
                opened.file.unlink()

        with pytest.raises(ConnectionLostError, match="this was not kept"):
            write()
        opened.close()

    @pytest.mark.parametrize("mode", ["delete", "wal"])
    def test_a_replaced_one_is_opened_anew_and_is_sound(
        self, opened: SqliteDatabase, empty_desk: Path, tmp_path: Path, mode: str
    ) -> None:
        backup = tmp_path / "backup.db"
        shutil.copy(empty_desk, backup)
        with closing(sqlite3.connect(backup)) as connection:
            connection.execute(f"pragma journal_mode = {mode}")
        with closing(open_database(backup)) as database:
            insert(database, [row(company=f"Kontor {number}") for number in range(300)])
        with closing(sqlite3.connect(backup)) as connection:
            connection.execute(f"pragma journal_mode = {mode}")
        backup.replace(opened.file)
        with pytest.raises(ConnectionLostError, match="was removed or replaced"):
            opened.change_token()
        opened.reconnect()
        with opened.writing() as connection:
            connection.execute("update referral set favorite = 1")
        assert opened.check() == []
        with opened.reading() as connection:
            assert connection.execute("select count(*) from referral").fetchone()[0] == 300
        opened.close()

    def test_a_backup_that_was_moved_over_it_is_not_spoilt_by_the_former_log(
        self, opened: SqliteDatabase, tmp_path: Path
    ) -> None:
        backup = tmp_path / "backup.db"
        opened.backup(backup)
        insert(opened, [row(company=f"Kontor {number}") for number in range(300)])
        backup.replace(opened.file)
        with closing(open_database(opened.file)) as other:
            assert other.check() == []
            with other.reading() as connection:
                assert connection.execute("select count(*) from referral").fetchone()[0] == 1
        opened.close()


def test_a_newer_schema_stops_the_writes_of_an_open_desk(database_path: Path) -> None:
    with closing(open_database(database_path)) as database:
        with closing(sqlite3.connect(database_path)) as other:
            other.execute("update alembic_version set version_num = '0999'")
            other.commit()
        with pytest.raises(StoreError, match=r"written by a newer refterm \(schema 0999\)"), database.writing():
            pass


def test_who_may_not_change_the_schema_does_not(database_path: Path) -> None:
    with closing(sqlite3.connect(database_path)) as other:
        other.execute("update alembic_version set version_num = '0004'")
        other.commit()
    with pytest.raises(StoreError, match="ask an admin of this desk to run refterm db upgrade"):
        open_database(database_path, upgrade=False)


class TestBackup:
    def test_of_a_damaged_desk_is_refused_and_leaves_the_former_one(self, database_path: Path, tmp_path: Path) -> None:
        backup = tmp_path / "backup.db"
        with closing(open_database(database_path)) as database:
            insert(database, [row(company=f"Kontor {number}") for number in range(200)])
            database.backup(backup)
        good = backup.read_bytes()
        with closing(sqlite3.connect(database_path)) as connection:
            page = connection.execute("select rootpage from sqlite_master where name = 'history'").fetchone()[0]
        with database_path.open("r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
        with closing(open_database(database_path)) as database:
            with pytest.raises(StoreError, match=r"is damaged \(.+\), so it was not copied; refterm db check"):
                database.backup(backup, replace=True)
            database.backup(tmp_path / "all-the-same.db", damaged=True)
        assert backup.read_bytes() == good
        assert not list(tmp_path.glob(".*part*"))

    def test_parts_of_a_killed_one_are_removed_by_the_next(self, database_path: Path, tmp_path: Path) -> None:
        script = (
            "import sys; from pathlib import Path; from refterm.files import Part\n"
            "part = Part(Path(sys.argv[1])); open(str(part.path) + '-journal', 'w').close()\n"
            "print(part.path, flush=True); sys.stdin.read()"
        )
        with (
            subprocess.Popen(
                [sys.executable, "-c", script, tmp_path / "backup.db"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            ) as killed,
            closing(open_database(database_path)) as database,
        ):
            assert killed.stdout
            left = Path(killed.stdout.readline().strip())
            database.backup(tmp_path / "first.db")
            assert left.exists()  # its writer is alive
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            database.backup(tmp_path / "second.db")
        assert not list(tmp_path.glob(".*part*"))

    def test_no_link_is_followed_and_nobody_else_reads_it(self, database_path: Path, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.touch()
        (tmp_path / "backup.db.part").symlink_to(victim)
        with closing(open_database(database_path)) as database:
            database.backup(tmp_path / "backup.db")
        assert victim.read_bytes() == b""
        assert (tmp_path / "backup.db").stat().st_mode & 0o777 == 0o600


def test_folders_are_for_their_owner_from_the_first_file_on(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        files.write(tmp_path / "state" / "refterm" / "drafts" / "x.json", b"{}")
    finally:
        os.umask(before)
    for folder in ("state", "state/refterm", "state/refterm/drafts"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state/refterm/drafts/x.json").stat().st_mode & 0o777 == 0o600
