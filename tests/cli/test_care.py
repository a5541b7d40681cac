"""`refterm tick`, `refterm db` and `refterm doctor`."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from refterm import config, paths
from refterm.clock import SettableClock
from refterm.services.care import doctor
from refterm.services.workplace import Workplace
from refterm.store.schema import revision
from tests.cli.conftest import Command, complaint, said
from tests.conftest import ImportRecords
from tests.samples import active_record, ahead, api_record, closed_record


class TestTick:
    """Archives what is due, once (I4)."""

    def test_says_how_many(self, refterm: Command, import_records: ImportRecords, clock: SettableClock) -> None:
        import_records([api_record(expirationDateTime=ahead(hours=hours)) for hours in (1, 2, 3)])
        assert said(refterm("tick")) == "Nothing is due."
        clock.advance(timedelta(hours=1))
        assert said(refterm("tick")) == "Archived 1 referral as expired. Delivered 1 notice."
        clock.advance(timedelta(hours=2))
        assert said(refterm("tick")) == "Archived 2 referrals as expired. Delivered 2 notices."
        assert said(refterm("tick")) == "Nothing is due."

    def test_a_delivery_that_failed_ends_with_3_so_that_cron_reports_it(
        self, refterm: Command, import_records: ImportRecords, clock: SettableClock
    ) -> None:
        team = [{"firstName": "A", "lastName": "B", "phoneNumber": "", "email": "n/a"}]
        import_records([api_record(customerProfile__team=team), api_record()])
        refterm("decline", 1, 2, "--reason", "budget")
        clock.advance(timedelta(minutes=2))
        done = refterm("tick")
        assert (done.status, done.out) == (
            3,
            "Delivered 1 notice. 1 notice could not be delivered. refterm outbox tells why.\n",
        )
        assert refterm("tick").status == 0


class TestUpgrade:
    def test_makes_a_desk(self, refterm: Command, tmp_path: Path) -> None:
        path = tmp_path / "somewhere" / "new.db"
        assert said(refterm("db", "upgrade", "--db", path)) == f"Made {path}, schema {revision.HEAD}."
        assert said(refterm("db", "upgrade", "--db", path)) == f"{path} is up to date, schema {revision.HEAD}."
        assert refterm("list", "--db", path).status == 0

    def test_a_restored_backup_is_in_wal_mode_again(
        self, refterm: Command, import_records: ImportRecords, tmp_path: Path
    ) -> None:
        import_records([api_record()])
        copy = tmp_path / "copy.db"
        refterm("db", "backup", copy)
        refterm("db", "upgrade", "--db", copy)
        connection = sqlite3.connect(copy)
        assert connection.execute("pragma journal_mode").fetchone()[0] == "wal"
        connection.close()


class TestSet:
    def test_it_changes_a_setting_of_the_desk(self, refterm: Command, workplace: Workplace) -> None:
        assert said(refterm("db", "set", "deadlines.expire_days=10")) == "deadlines.expire_days is 10."
        assert said(refterm("db", "set", "people.bob=bob@us.example")) == "people.bob is bob@us.example."
        told = "respond within 24 h, flame 72 h, expire after 10 d; bob <bob@us.example>"
        assert f"settings: {told}" in refterm("doctor").out
        assert said(refterm("db", "set", "deadlines.expire_days=")) == "deadlines.expire_days is 14."
        assert said(refterm("db", "set", "people.bob=")) == "people.bob is removed."
        assert [entry["action"] for entry in refterm("history", "--json").json] == ["setting-changed"] * 4

    def test_what_cannot_be_is_refused(self, refterm: Command, workplace: Workplace) -> None:
        assert "from 1 to 100000" in complaint(refterm("db", "set", "deadlines.expire_days=0"))


class TestBackup:
    def test_the_copy_is_a_whole_desk(self, refterm: Command, import_records: ImportRecords, tmp_path: Path) -> None:
        (number,) = import_records([active_record()])
        copy = tmp_path / "copy.db"
        line = said(refterm("db", "backup", copy))
        assert line == f"Copied the desk to {copy}, {copy.stat().st_size} bytes."
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert refterm("show", number, "--db", copy).out == refterm("show", number).out
        assert refterm("db", "check", "--db", copy).status == 0
        assert list(tmp_path.glob("*.part*")) == []

    def test_never_over_another_file(self, refterm: Command, workplace: Workplace, tmp_path: Path) -> None:
        copy = tmp_path / "copy.db"
        copy.write_text("mine")
        assert "exists already" in complaint(refterm("db", "backup", copy))
        assert copy.read_text() == "mine"

    def test_nothing_is_left_where_it_cannot_be_written(
        self, refterm: Command, workplace: Workplace, tmp_path: Path
    ) -> None:
        assert "nowhere" in complaint(refterm("db", "backup", tmp_path / "nowhere" / "copy.db"))
        assert not (tmp_path / "nowhere").exists()

    def test_it_is_consistent_while_others_write(
        self, refterm: Command, import_records: ImportRecords, database_path: Path, tmp_path: Path
    ) -> None:
        """Every copy has as many history entries as there were when it was taken, and agrees in itself."""
        ids = import_records([api_record() for _number in range(50)])
        script = (
            "import sys; from refterm.cli.main import run\n"
            "print('on', flush=True)\n"
            "while True: run(['favorite', sys.argv[1]])"
        )
        writer = subprocess.Popen(
            [sys.executable, "-c", script, str(ids[0])], stdout=subprocess.PIPE, env={**os.environ, "REFTERM_USER": "b"}
        )
        try:
            assert writer.stdout
            assert writer.stdout.readline() == b"on\n"
            writer.stdout.readline()
            for number in range(3):
                copy = tmp_path / f"{number}.db"
                assert refterm("db", "backup", copy).status == 0
                assert refterm("db", "check", "--db", copy).status == 0
        finally:
            writer.kill()
            writer.wait()
            assert writer.stdout
            writer.stdout.close()


class TestCheck:
    @pytest.fixture
    def desk(self, import_records: ImportRecords, workplace: Workplace) -> Callable[[str], None]:
        """A desk with one referral of each kind, and a way to spoil it."""
        import_records([api_record(), active_record(), closed_record("Won"), closed_record("Declined")])

        def spoil(sql: str) -> None:
            with workplace.database.writing() as connection:
                connection.execute(sql)

        return spoil

    def test_all_agrees(self, refterm: Command, desk: Callable[[str], None], database_path: Path) -> None:
        assert said(refterm("db", "check")) == f"ok     {database_path}: all in it agrees"

    @pytest.mark.parametrize(
        ("spoilt", "words"),
        [
            ("update counter set referrals = 7 where status = 'new'", "the counter of new says 7, there are 1"),
            ("update referral_search set words = 'x' where rowid = 1", "#1: the search index is out of step"),
            ("delete from referral_search where rowid = 2", "#2: the search index is out of step"),
            ("insert into referral_search (rowid, tab, words) values (99, 'new', 'x')", "#99: the search index"),
        ],
    )
    def test_what_is_derived_can_be_mended(
        self, refterm: Command, desk: Callable[[str], None], spoilt: str, words: str
    ) -> None:
        desk(spoilt)
        result = refterm("db", "check")
        assert result.status == 1
        assert len(result.lines) == 1
        assert words in result.out
        assert "refterm db check --mend" in result.out
        assert refterm("db", "check", "--mend").status == 0
        assert refterm("db", "check").status == 0

    @pytest.mark.parametrize(
        ("spoilt", "words"),
        [
            ("update referral set closed_at = null where id = 3", "#3: archived without an outcome"),
            ("update referral set outcome = null where id = 3", "#3: archived without an outcome"),
            ("update referral set outcome = 'won' where id = 1", "#1: not archived, but with an outcome"),
            ("update referral set outcome = 'maybe' where id = 3", "#3: its outcome is unknown"),
            ("update referral set contacts = '[' where id = 2", "#2: a list in it cannot be read"),
            ("update referral set deal_value_order = -1 where id = 2", "#2: its value and what orders by it disagree"),
            ("delete from history where referral_id = 2", "#2: it has no history"),
        ],
    )
    def test_what_is_wrong_is_named_with_what_to_do(
        self, refterm: Command, desk: Callable[[str], None], spoilt: str, words: str
    ) -> None:
        desk(spoilt)
        result = refterm("db", "check")
        assert result.status == 1
        assert words in result.out
        assert "restore the last backup" in result.out

    def test_a_broken_reference(self, refterm: Command, desk: Callable[[str], None], database_path: Path) -> None:
        connection = sqlite3.connect(database_path)
        connection.execute("update history set referral_id = 77 where id = 1")
        connection.commit()
        connection.close()
        result = refterm("db", "check")
        assert result.status == 1
        assert "foreign key" in result.out

    def test_a_damaged_file(self, refterm: Command, desk: Callable[[str], None], workplace: Workplace) -> None:
        workplace.close()
        path = workplace.database.file
        with open(path, "r+b") as file:
            file.seek(20 * 4096)
            file.write(os.urandom(path.stat().st_size - 20 * 4096))
        result = refterm("db", "check")
        assert result.status == 1
        assert (result.out + result.err).startswith(("fault", "refterm: "))
        assert "Traceback" not in result.err


class TestDoctor:
    @pytest.fixture(autouse=True)
    def _site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(config, "SITE_FILE", tmp_path / "site.toml")

    def fault(self, refterm: Command, *options: object) -> str:
        result = refterm("doctor", *options)
        assert result.status == 1, result
        (line,) = (line for line in result.lines if line.startswith("fault"))
        assert "; " in line  # what it is; how to mend it
        return line

    def test_all_is_well(self, refterm: Command, import_records: ImportRecords, database_path: Path) -> None:
        import_records([api_record()])
        database_path.chmod(0o660)
        result = refterm("doctor")
        assert (result.status, result.err) == (0, ""), result
        assert all(line.startswith("ok ") for line in result.lines)
        for path in (database_path, config.SITE_FILE, paths.config_folder(), paths.state_folder(), "refterm.log"):
            assert str(path) in result.out

    def test_no_desk_yet(self, refterm: Command, tmp_path: Path) -> None:
        assert "refterm import FILE makes it" in self.fault(refterm, "--db", tmp_path / "none.db")
        assert not (tmp_path / "none.db").exists()

    def test_wrong_configuration(self, refterm: Command, workplace: Workplace, tmp_path: Path) -> None:
        workplace.database.file.chmod(0o660)
        settings = tmp_path / "mine.toml"
        settings.write_text("colour = 1\n")
        result = refterm("doctor", "--config", settings)
        assert result.status == 1
        assert f"{settings}: colour is not a key" in result.out
        settings.write_text('[keys]\naccept = "d"\n')
        assert "[keys] d is the key of both accept and decline" in self.fault(refterm, "--config", settings)

    def test_not_a_desk(self, refterm: Command, tmp_path: Path) -> None:
        path = tmp_path / "text.db"
        path.write_text("no database at all, only some text that is long enough")
        path.chmod(0o600)
        assert "is no database" in self.fault(refterm, "--db", path)

    def test_an_empty_file_has_no_schema(self, refterm: Command, tmp_path: Path) -> None:
        path = tmp_path / "empty.db"
        path.touch(0o600)
        assert "refterm db upgrade" in self.fault(refterm, "--db", path)

    def test_everybody_can_read_it(self, refterm: Command, workplace: Workplace) -> None:
        workplace.database.file.chmod(0o664)
        assert f"chmod o-rwx {workplace.database.file}" in self.fault(refterm)

    def test_open_state_folder(self, refterm: Command, workplace: Workplace) -> None:
        workplace.database.file.chmod(0o660)
        paths.state_folder().mkdir(parents=True, mode=0o755)
        assert f"chmod 700 {paths.state_folder()}" in self.fault(refterm)

    def test_clock_behind(self, refterm: Command, import_records: ImportRecords, clock: SettableClock) -> None:
        import_records([api_record()])
        database = Path(os.environ["REFTERM_DB"])
        database.chmod(0o660)
        clock.advance(timedelta(minutes=-6))
        assert "the history already knows" in self.fault(refterm)
        clock.advance(timedelta(minutes=2))
        assert refterm("doctor").status == 0

    def test_it_archives_nothing(
        self, refterm: Command, import_records: ImportRecords, clock: SettableClock, workplace: Workplace
    ) -> None:
        import_records([api_record(expirationDateTime=ahead(hours=1))])
        clock.advance(timedelta(hours=2))
        before = workplace.database.change_token()
        refterm("doctor")
        assert workplace.database.change_token() == before

    @pytest.mark.parametrize(
        ("path", "kind"),
        [("/srv/desk/a.db", "nfs4"), ("/srv/desk two/a.db", "cifs"), ("/srv/deskish/a.db", "ext4"), ("/a.db", "ext4")],
    )
    def test_file_system(self, tmp_path: Path, path: str, kind: str) -> None:
        mounts = tmp_path / "mounts"
        mounts.write_text(
            "/dev/sda1 / ext4 rw 0 0\nhost:/x /srv/desk nfs4 rw 0 0\n//host/y /srv/desk\\040two cifs rw 0 0\nshort\n"
        )
        assert doctor.file_system(Path(path), mounts) == kind
        assert doctor.file_system(Path(path), tmp_path / "none") is None

    def test_network_disk(
        self, refterm: Command, workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workplace.database.file.chmod(0o660)
        mounts = tmp_path / "mounts"
        mounts.write_text("host:/x / nfs4 rw 0 0\n")
        monkeypatch.setattr(doctor, "MOUNTS", mounts)
        assert "a network file system" in self.fault(refterm)

    def test_a_folder_shared_by_a_group(self, refterm: Command, workplace: Workplace) -> None:
        """Each fault by itself, in the order in which they are mended."""
        file = workplace.database.file
        assert file is not None
        file.chmod(0o600)
        folder, wal = file.parent, Path(f"{file}-wal")
        folder.chmod(0o770)
        assert f"chmod g+s {folder}" in self.fault(refterm)
        folder.chmod(0o2770)
        assert f"chmod g+rw {file}" in self.fault(refterm)
        file.chmod(0o660)
        wal.touch()
        wal.chmod(0o600)
        assert f"chmod g+rw {wal}" in self.fault(refterm)
        wal.chmod(0o660)
        if os.getuid() == 0:
            os.chown(wal, -1, 65534)
            assert f"chgrp --reference={folder} {wal}" in self.fault(refterm)
            os.chown(wal, -1, folder.stat().st_gid)
        for beside in (wal, Path(f"{file}-shm")):
            if beside.exists():
                beside.chmod(0o660)
        assert refterm("doctor").status == 0

    def test_notices_that_do_not_go_out(
        self, refterm: Command, import_records: ImportRecords, clock: SettableClock, workplace: Workplace
    ) -> None:
        import_records([api_record()])
        assert workplace.database.file is not None
        workplace.database.file.chmod(0o660)
        refterm("decline", 1, "--reason", "budget")
        clock.advance(timedelta(hours=1))
        assert refterm("doctor").status == 0
        clock.advance(timedelta(minutes=2))
        assert "notices: 0 failed, 1 wait for more than an hour; refterm outbox tells why" in self.fault(refterm)

    @pytest.mark.parametrize(("said", "well"), [("on", True), ("external", False), ("off", False)])
    def test_what_tmux_does_with_what_is_copied(
        self,
        refterm: Command,
        workplace: Workplace,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        said: str,
        well: bool,
    ) -> None:
        assert workplace.database.file is not None
        workplace.database.file.chmod(0o660)
        monkeypatch.setattr("refterm.cli.care.is_terminal", lambda stream: True)
        monkeypatch.setenv("TERM", "tmux-256color")
        monkeypatch.setenv("TMUX", "a-socket,1,0")
        tmux = tmp_path / "bin" / "tmux"
        tmux.parent.mkdir()
        tmux.write_text(f"#!/bin/sh\necho {said}\n")
        tmux.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmux.parent}:{os.environ['PATH']}")
        if well:
            assert refterm("doctor").status == 0
        else:
            assert "tmux set-option -g set-clipboard on" in self.fault(refterm)

    def test_what_roles_protect(
        self, refterm: Command, workplace: Workplace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        assert workplace.database.file is not None
        workplace.database.file.chmod(0o660)
        assert "ok     roles: none: everyone who can open the desk is admin" in refterm("doctor").lines
        site = tmp_path / "with-roles.toml"
        site.write_text('[roles]\nadmin = ["somebody"]\n')
        monkeypatch.setitem(config.load.__kwdefaults__, "site", site)
        assert (
            "they protect only where people reach the file through ForceCommand alone, you are viewer"
            in refterm("doctor").out
        )

    @pytest.mark.parametrize("kind", ["dumb", ""])
    def test_terminal_that_cannot_draw(
        self, refterm: Command, workplace: Workplace, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        workplace.database.file.chmod(0o660)
        monkeypatch.setattr("refterm.cli.care.is_terminal", lambda stream: True)
        monkeypatch.setenv("TERM", kind)
        assert "set TERM" in self.fault(refterm)
        monkeypatch.setenv("TERM", "xterm-256color")
        assert refterm("doctor").status == 0
