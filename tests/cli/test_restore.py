"""`refterm db restore`: back to a backup while desks are open, with nothing lost, sent or archived by itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from refterm.clock import SettableClock
from refterm.store.opening import open_database
from tests.cli.conftest import Command, complaint
from tests.samples import NOW, api_record, ndjson
from tests.store.support import damage


@pytest.fixture
def backup(refterm: Command, tmp_path: Path) -> Path:
    """A backup of a desk with two referrals, one declined, so that a notice is owed."""
    source = tmp_path / "r.ndjson"
    expiry = (NOW + timedelta(days=3)).isoformat()
    source.write_bytes(ndjson([api_record(), {**api_record(), "expirationDateTime": expiry}]))
    assert refterm("import", source).status == 0
    assert refterm("decline", "1", "--reason", "budget").status == 0
    assert refterm("db", "backup", tmp_path / "backup.db").status == 0
    assert refterm("note", "2", "after the backup").status == 0
    return tmp_path / "backup.db"


def kept_beside(path: Path) -> Path:
    (found,) = path.parent.glob("desk-before-restore-*.db")
    return found


def test_it_asks_first_and_says_what_would_be_lost(refterm: Command, backup: Path) -> None:
    sentence = complaint(refterm("db", "restore", backup))
    assert sentence == "1 history entry is newer than the backup. Add --yes to restore."
    assert not list(backup.parent.glob("desk-before-*"))


def test_it_goes_back_while_a_desk_is_open(
    refterm: Command, backup: Path, database_path: Path, clock: SettableClock
) -> None:
    with closing(open_database(database_path)) as desk:
        token = desk.change_token()
        with desk.reading() as connection:
            before = dict(connection.execute("select key, value from setting").fetchall())
        done = refterm("db", "restore", backup, "--yes")
        assert (done.status, done.err) == (0, "")
        assert "1 history entry is newer than the backup." in done.out
        assert desk.change_token() != token
        with desk.reading() as connection:
            after = dict(connection.execute("select key, value from setting").fetchall())
            actions = [one[0] for one in connection.execute("select action from history order by id")]
        assert actions == ["imported", "imported", "declined", "restored"]
        assert after["desk.id"] != before["desk.id"]
        assert desk.check() == []
        with desk.writing() as connection:
            connection.execute("update referral set favorite = 1 where id = 2")
    with closing(sqlite3.connect(kept_beside(database_path))) as kept:
        assert kept.execute("select action from history order by id desc limit 1").fetchone()[0] == "noted"
    (entry,) = (one for one in refterm("history", "--json").json if one["action"] == "restored")
    assert (entry["by"], entry["referral"]) == ("ana", None)
    assert entry["changes"]["kept"] == [None, str(kept_beside(database_path))]
    assert refterm("show", "2", "--json").json["favorite"]


def test_nothing_owed_goes_out_until_it_is_retried(
    refterm: Command, backup: Path, clock: SettableClock, tmp_path: Path
) -> None:
    assert "on hold" in refterm("db", "restore", backup, "--yes").out
    clock.advance(timedelta(hours=1))
    assert "Nothing is due." in refterm("tick").out
    (notice,) = refterm("outbox", "--json").json
    assert (notice["state"], notice["due_at"]) == ("held", None)
    assert refterm("outbox", "retry", str(notice["id"])).status == 0
    assert "Delivered 1 notice." in refterm("tick").out


def test_the_next_sync_asks_for_everything(refterm: Command, backup: Path, database_path: Path) -> None:
    with closing(sqlite3.connect(backup)) as connection:
        connection.execute("delete from sync")
        connection.execute("insert into sync (account, watermark, full_at, lease) values ('a@us.example', 5, 5, 'x')")
        connection.commit()
    assert refterm("db", "restore", backup, "--yes").status == 0
    with closing(sqlite3.connect(database_path)) as connection:
        found = connection.execute("select account, watermark, full_at, lease from sync").fetchall()
    assert found == [("a@us.example", None, None, None)]


def test_nothing_is_archived_until_somebody_says_so(refterm: Command, backup: Path, clock: SettableClock) -> None:
    refterm("db", "restore", backup, "--yes")
    clock.advance(timedelta(days=4))
    held = refterm("list", "--tab", "archived")
    assert "not archived until somebody says so: refterm db set archiving=on" in held.err
    assert "expired" not in [entry["action"] for entry in refterm("history", "--json").json]
    assert refterm("db", "set", "archiving=on").out == "archiving is on.\n"
    assert refterm("list", "--tab", "archived").err == ""
    actions = [entry["action"] for entry in refterm("history", "--json").json]
    assert sorted(actions[-2:]) == ["expired", "setting-changed"]


def test_a_desk_so_damaged_that_nothing_can_be_read_is_kept_and_replaced(
    refterm: Command, backup: Path, database_path: Path
) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{database_path}{ending}").unlink(missing_ok=True)
    database_path.write_bytes(b"no database " * 1000)
    done = refterm("db", "restore", backup, "--yes")
    assert done.status == 0, done.err
    assert kept_beside(database_path).read_bytes() == b"no database " * 1000
    assert refterm("db", "check").status == 0


@pytest.mark.parametrize("kind", ["missing", "none", "damaged", "newer", "itself"])
def test_what_is_no_good_backup_is_refused_and_changes_nothing(
    refterm: Command, backup: Path, database_path: Path, kind: str
) -> None:
    before = database_path.read_bytes()
    if kind == "missing":
        backup.unlink()
    elif kind == "none":
        backup.write_bytes(b"x" * 5000)
    elif kind == "newer":
        with closing(sqlite3.connect(backup)) as connection:
            connection.execute("update alembic_version set version_num = '0999'")
            connection.commit()
    elif kind == "damaged":
        with closing(sqlite3.connect(backup)) as connection:
            page = connection.execute("select rootpage from sqlite_master where name = 'history'").fetchone()[0]
        with backup.open("r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
    file_named = database_path if kind == "itself" else backup
    assert complaint(refterm("db", "restore", file_named, "--yes"))
    assert database_path.read_bytes() == before
    assert not list(database_path.parent.glob("desk-before-*"))
    assert not list(database_path.parent.glob(".*part*"))


class TestCheck:
    """`db check` says what is damaged, and what to do."""

    def test_names_what_is_damaged_and_what_to_do(self, refterm: Command, backup: Path, database_path: Path) -> None:
        damage(database_path, ["history"])
        done = refterm("db", "check")
        assert (done.status, done.err) == (1, "")
        assert "fault  history: " in done.out
        assert "refterm db restore FILE" in done.out

    def test_a_file_of_which_nothing_can_be_read(self, refterm: Command, backup: Path, database_path: Path) -> None:
        content = bytearray(database_path.read_bytes())
        content[100:4096] = b"\xff" * (4096 - 100)
        database_path.write_bytes(content)
        done = refterm("db", "check")
        assert (done.status, done.err) == (1, "")
        assert "its tables cannot be read" in done.out
