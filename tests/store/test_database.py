"""Opening a desk's file: what is ours is opened rightly, what is not is refused in a sentence, and nothing is half-written."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from queue import Queue
from typing import IO

import pytest

from refterm.clock import SettableClock
from refterm.errors import NotAllowedError, StoreError
from refterm.services.marks import Marks
from refterm.services.workplace import Workplace
from refterm.store import faults
from refterm.store.connection import Connection
from refterm.store.opening import open_database
from refterm.store.schema import revision
from refterm.store.sqlite import SqliteConnection, SqliteDatabase
from tests.nobody import BECOME_NOBODY
from tests.store.support import assert_consistent, dump, insert, open_at, row

# What is said here is of SQLite: its file, its locks, its plans.
STORES = ("sqlite",)
ROOT = Path(__file__).parents[2]


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"pragma {name}").fetchone()[0]


def run(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A program of its own that works with the desk."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def output(program: subprocess.Popen[str]) -> IO[str]:
    assert program.stdout is not None
    return program.stdout


def open_files(path: Path) -> int:
    """How many of this process's open files are that one, or its log and index beside it."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found += str(descriptor.readlink()).startswith(str(path))
        except OSError:  # the listing's own descriptor is gone by now
            continue
    return found


def test_both_connections_are_set_up_for_many_users(database_path: Path) -> None:
    with closing(open_database(database_path)) as database:
        with database.reading() as reader, database.turn() as writer:
            connections = (reader, writer)
        for connection in connections:
            assert pragma(connection, "journal_mode") == "wal"
            assert pragma(connection, "foreign_keys") == 1
            assert pragma(connection, "busy_timeout") == faults.BUSY_SECONDS * 1000
            assert pragma(connection, "synchronous") == 2


def test_foreign_keys_are_held(workplace: Workplace) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"), workplace.database.writing() as connection:
        connection.execute("insert into source values (77, '{}')")


def test_a_new_desk_is_made_with_its_folder_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deeper" / "desk.db"
    previous = os.umask(0o002)
    try:
        with closing(open_database(path)) as database:
            with database.turn() as writer:
                assert pragma(writer, "journal_mode") == "wal"
            assert set(dump(database)) >= {"referral", "source", "history", "outbox", "counter", "referral_search"}
    finally:
        os.umask(previous)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o007 == 0


def make_text(path: Path) -> None:
    path.write_text("id,company\n" * 1000)


def make_foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table book (title)")


def make_half(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table alembic_version (version_num)")


def make_newer(path: Path) -> None:
    open_database(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("update alembic_version set version_num = '9042'")


def make_damaged(path: Path) -> None:
    open_database(path).close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (make_text, "is no database; choose another file"),
    "folder": (Path.mkdir, "is a folder; choose a file"),
    "foreign": (make_foreign, "is a database of another program"),
    "half": (make_half, "is a database of another program"),
    "newer": (make_newer, r"was written by a newer refterm \(schema 9042\)"),
    "damaged": (make_damaged, "is damaged"),
}


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_ours_is_refused_and_left_as_it_is(tmp_path: Path, kind: str, read_only: bool) -> None:
    make, sentence = REFUSED[kind]
    path = tmp_path / "given.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=sentence) as refused:
        open_database(path, read_only=read_only)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert open_files(path) == 0


@pytest.mark.parametrize("settings", [{"read_only": True}, {"create": False}])
def test_a_missing_file_is_not_made_where_nothing_may_be(tmp_path: Path, settings: dict[str, bool]) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        open_database(tmp_path / "none" / "desk.db", **settings)
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def test_an_empty_file_becomes_a_desk_but_not_read_only(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    path.touch()
    with pytest.raises(StoreError, match="needs an upgrade"):
        open_database(path, read_only=True)
    with closing(open_database(path)) as database:
        assert_consistent(database)


def test_a_read_only_desk_writes_nothing_at_all(
    workplace: Workplace, database_path: Path, clock: SettableClock
) -> None:
    [number] = insert(workplace.database, [row()])
    before = dump(workplace.database)
    reader = open_at(database_path, clock, read_only=True)
    with pytest.raises(NotAllowedError, match="reading only"):
        Marks(reader).favorite(number)
    with pytest.raises(StoreError, match="open for reading only"), reader.database.writing():
        pass
    with pytest.raises(StoreError, match="cannot be written"), reader.database.reading() as connection:
        connection.execute("update referral set favorite = 1")
    reader.close()
    assert dump(workplace.database) == before


def test_a_read_only_desk_sees_what_others_write(
    workplace: Workplace, database_path: Path, clock: SettableClock
) -> None:
    """T1: the token that it asks for changes is another after a write."""
    reader = open_at(database_path, clock, read_only=True)
    token = reader.database.change_token()
    assert reader.database.change_token() == token
    insert(workplace.database, [row()])
    assert reader.database.change_token() != token
    assert dump(reader.database) == dump(workplace.database)
    reader.close()


def test_one_transaction_is_all_or_nothing(workplace: Workplace) -> None:
    before = dump(workplace.database)

    def break_off() -> None:
        with workplace.database.writing() as connection:
            connection.execute("update counter set referrals = 7")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert dump(workplace.database) == before
    insert(workplace.database, [row()])  # and the desk goes on


def test_somebody_who_holds_the_file_is_told_of_in_a_sentence(
    workplace: Workplace, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refterm.store.sqlite.BUSY_SECONDS", 0.05)
    with closing(open_database(database_path)) as other, workplace.database.writing():
        with pytest.raises(StoreError, match="is in use"), other.writing():
            pass
        assert dump(other)  # reading goes on


def test_writers_of_one_process_take_turns(workplace: Workplace) -> None:
    """Several threads write through one desk: each transaction is whole, none fails."""

    def count() -> None:
        for _ in range(50):
            with workplace.database.writing() as connection:
                [present] = connection.execute("select referrals from counter where status = 'new'").fetchone()
                connection.execute("update counter set referrals = ? where status = 'new'", (present + 1,))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ("new", 200) in dump(workplace.database)["counter"]


def test_closing_leaves_no_file_open(database_path: Path) -> None:
    for _ in range(3):
        database = open_database(database_path)
        with database.writing() as connection:
            connection.execute("update counter set referrals = 0")
            assert open_files(database_path) > 0
        database.close()
        assert open_files(database_path) == 0
    assert not database_path.with_name("desk.db-wal").exists()


def test_a_second_opening_keeps_the_locks_of_the_first(database_path: Path) -> None:
    """Another program that closes the file must not take the `-wal` from a desk that is still open here."""
    wal = database_path.with_name("desk.db-wal")
    elsewhere = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('select 1 from referral'); c.close()"
    with closing(open_database(database_path)) as first:
        insert(first, [row()])
        assert wal.stat().st_size
        open_database(database_path).close()
        with run(elsewhere, database_path) as other:
            assert other.wait(timeout=120) == 0
        assert wal.exists()
    assert not wal.exists()


CREATE = """
import sys
from pathlib import Path
import alembic.command
from refterm.store.opening import open_database
print("ready", flush=True)
sys.stdin.readline()
database = open_database(Path(sys.argv[1]))
with database.reading() as reader:
    print(database.check(), reader.execute("pragma journal_mode").fetchone()[0])
database.close()
"""


def test_many_programs_that_make_the_same_desk_at_once_make_one(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    programs = [run(CREATE, path) for _ in range(4)]
    assert [output(program).readline() for program in programs] == ["ready\n"] * 4
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    assert [program.communicate(timeout=120) for program in programs] == [("[] wal\n", "")] * 4
    with closing(open_database(path)) as database:
        assert_consistent(database)
        assert dump(database)["alembic_version"] == [(revision.HEAD,)]


HALF = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from refterm.store.opening import open_database
database = open_database(Path(sys.argv[1]))
with database.writing() as connection:
    connection.execute("update referral set status = 'active', version = version + 1")
    connection.execute("update counter set referrals = 99")
    connection.execute("pragma cache_spill = 1")
    connection.execute("delete from history")
    print("in the middle", flush=True)
    sys.stdin.read()
"""


def test_a_program_killed_in_the_middle_leaves_nothing_half_written(workplace: Workplace) -> None:
    insert(workplace.database, [row() for _ in range(300)])
    before = dump(workplace.database)
    program = run(HALF, workplace.database.file)
    assert output(program).readline() == "in the middle\n"
    program.send_signal(signal.SIGKILL)
    program.communicate(timeout=60)
    assert dump(workplace.database) == before
    insert(workplace.database, [row()])  # the lock died with it
    assert workplace.database.check() == []


def test_a_backup_taken_while_others_write_is_one_moment_of_the_desk(workplace: Workplace, tmp_path: Path) -> None:
    insert(workplace.database, [row() for _ in range(200)])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            insert(workplace.database, [row()])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with closing(open_database(workplace.database.file)) as other:
            for number in range(5):
                other.backup(tmp_path / f"backup-{number}.db")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        with closing(open_database(tmp_path / f"backup-{number}.db")) as copy:
            assert_consistent(copy)
            assert copy.check() == []


def test_a_backup_is_one_file_that_opens_as_a_desk(workplace: Workplace, tmp_path: Path) -> None:
    insert(workplace.database, [row()])
    target = tmp_path / "backups" / "desk.db"
    target.parent.mkdir()
    workplace.database.backup(target)
    assert os.listdir(target.parent) == ["desk.db"]
    assert target.stat().st_mode & 0o077 == 0  # customers' data: the owner's only
    with closing(open_database(target)) as restored, restored.reading() as reader:
        assert dump(restored) == dump(workplace.database)
        assert pragma(reader, "journal_mode") == "wal"  # as every desk: readers never wait for writers


def test_a_backup_never_replaces_a_file(workplace: Workplace, tmp_path: Path) -> None:
    target = tmp_path / "kept.db"
    target.write_text("kept")
    with pytest.raises(StoreError, match="exists already"):
        workplace.database.backup(target)
    with pytest.raises(StoreError, match="No such file"):
        workplace.database.backup(tmp_path / "none" / "desk.db")
    assert target.read_text() == "kept"
    assert open_files(tmp_path / "kept.db") == 0


def test_a_check_names_what_is_wrong(workplace: Workplace) -> None:
    assert workplace.database.check() == []
    with closing(sqlite3.connect(workplace.database.file, isolation_level=None)) as connection:
        connection.execute("insert into source values (77, '{}')")
    assert workplace.database.check() == ["source: foreign key of row 77"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_somebody_who_may_only_read_the_file_can_read_the_desk(workplace: Workplace, tmp_path: Path) -> None:
    """A viewer's login needs no right to write into the desk's folder while another has the desk open."""
    insert(workplace.database, [row()])
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder not in (Path("/"), Path("/tmp")):
            folder.chmod(0o755)
    for name in ("desk.db", "desk.db-wal", "desk.db-shm"):
        (tmp_path / name).chmod(0o644)
    script = f"""
{BECOME_NOBODY}
from pathlib import Path
from refterm.store.opening import open_database
import refterm.store.sqlite
from refterm.errors import StoreError
database = open_database(Path(sys.argv[1]), read_only=True)
with database.reading() as reader:
    print(reader.execute("select count(*) from referral").fetchone()[0])
database.close()
database = open_database(Path(sys.argv[1]))
try:
    with database.writing() as connection:
        connection.execute("update counter set referrals = 7")
except StoreError as error:
    print(error)
"""
    out, err = run(script, workplace.database.file).communicate(timeout=120)
    assert err == ""
    assert out.splitlines()[0] == "1"
    assert "cannot be written" in out


def test_closing_waits_for_the_thread_that_writes(workplace: Workplace) -> None:
    """A desk that is left while a sign of life or a decision is being written: neither is cut in two, nor the process."""
    database = workplace.database
    began, gone_on = threading.Event(), threading.Event()

    def write() -> None:
        with database.writing() as connection:
            began.set()
            gone_on.wait(10)
            connection.execute("update counter set referrals = 7")

    writing = threading.Thread(target=write)
    writing.start()
    assert began.wait(10)
    closing_ = threading.Thread(target=database.close)
    closing_.start()
    gone_on.set()
    writing.join(10)
    closing_.join(10)
    with closing(open_database(database.location)) as again, again.reading() as connection:
        assert [row[0] for row in connection.execute("select referrals from counter")] == [7, 7, 7]


CLOSED_WHILE_READ = """
import sys, threading, time
from pathlib import Path
from refterm.errors import RefTermError
from refterm.store.opening import open_database
SLOW = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) select sum(i) from n"
for round in range(40):
    database = open_database(Path(sys.argv[1]))
    ready = threading.Barrier(3)
    def read():
        try:
            with database.reading() as connection:
                connection.execute("select 1").fetchone()
            ready.wait()
            while True:
                with database.reading() as connection:
                    connection.execute(SLOW).fetchone()
        except RefTermError:
            return  # broken off
    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    ready.wait()
    time.sleep(round / 10000)
    database.close()
    for thread in threads:
        thread.join()
"""


def test_closing_breaks_off_the_reads_of_other_threads(database_path: Path) -> None:
    """A desk that is left while a page is being read ends; SQLite ended the process before (signal 11)."""
    program = run(CLOSED_WHILE_READ, database_path)
    _out, errors = program.communicate(timeout=120)
    assert (program.returncode, errors) == (0, "")


@contextmanager
def _held_by_a_thread(context: AbstractContextManager[Connection]) -> Iterator[Connection]:
    """A context that another thread is in."""
    inside: Queue[Connection] = Queue()
    done = threading.Event()

    def hold() -> None:
        with context as connection:
            inside.put(connection)
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    yield inside.get(timeout=10)
    done.set()
    thread.join(10)


def test_memory_is_given_back_by_the_connections_that_nobody_uses(database_path: Path) -> None:
    """After forms have closed. Whoever reads or writes just then is neither waited for nor disturbed."""
    asked: set[Connection] = set()

    def watch(connection: SqliteConnection) -> None:
        connection.set_trace_callback(
            lambda statement: asked.add(connection) if statement == "pragma shrink_memory" else None
        )

    with closing(SqliteDatabase(database_path)) as database:
        with _held_by_a_thread(database.reading()) as reader:
            for connection in database._opened:
                watch(connection)
            database.free_memory()
            assert asked == set(database._opened) - {reader} != set()
        asked.clear()
        with _held_by_a_thread(database.writing()):
            database.free_memory()
            assert asked == set()
        database.free_memory()
        assert reader in asked
