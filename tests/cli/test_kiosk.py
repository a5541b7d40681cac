"""A locked-down desk: `--kiosk`, or `kiosk = true` in the site's file, which nothing of the user's undoes (contract)."""

from __future__ import annotations

from pathlib import Path

import pytest

from refterm import config
from tests.cli.conftest import Command, Outcome, complaint, said
from tests.conftest import ImportRecords
from tests.samples import api_record


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_path: Path) -> Path:
    """A site whose desk is a kiosk."""
    file = tmp_path / "site.toml"
    file.write_text(f"kiosk = true\ndatabase = '{database_path}'\n")
    monkeypatch.setitem(config.load.__kwdefaults__, "site", file)
    monkeypatch.delenv("REFTERM_DB", raising=False)
    return file


def test_the_flag_alone_shuts_as_much(
    refterm: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    import_records: ImportRecords,
    database_path: Path,
) -> None:
    """No database, no file of the user's, no demo: with `--kiosk` and no word in a site's file."""
    import_records([api_record()])
    mine = tmp_path / "mine.toml"
    mine.write_text("nonsense = 1\n")
    # REFTERM_DB names the test's desk: it is not opened, and --db is refused.
    assert "refterm/desk.db does not exist" in complaint(refterm("--kiosk", "--config", mine, "list"))
    assert complaint(refterm("--kiosk", "list", "--db", database_path)) == "--db cannot be used here: this is a kiosk"
    assert complaint(refterm("demo", "--kiosk")) == "this is a kiosk, where there is no refterm demo"
    assert "no file can be named" in complaint(refterm("--kiosk", "import", tmp_path / "a.json"))


class TestCommandsOverSsh:
    """The contract's `kiosk_commands`: what ForceCommand answers to `ssh host COMMAND`."""

    @pytest.fixture
    def ssh(self, refterm: Command, site: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
        """What a person types behind the host; sshd runs `refterm --kiosk` instead and says what was typed."""
        with site.open("a") as file:
            file.write("kiosk_commands = ['list', 'show']\n")

        def call(typed: object) -> Outcome:
            monkeypatch.setenv("SSH_ORIGINAL_COMMAND", str(typed))
            return refterm("--kiosk")

        return call

    def test_what_the_site_allows_is_answered(self, ssh: Command, import_records: ImportRecords) -> None:
        (number,) = import_records([api_record()])
        assert ssh("list --json").json[0]["id"] == number
        assert ssh(f"show {number}").status == 0
        assert ssh('list --search "Kontor"').out == ssh("list").out
        assert ssh("list --nonsense").status == 2

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ("insights", "this is a kiosk; of commands it answers list, show"),
            ("note 1 x", "this is a kiosk; of commands it answers list, show"),
            ("--kiosk list", "this is a kiosk; of commands it answers list, show"),
            ("/bin/sh -c list", "this is a kiosk; of commands it answers list, show"),
            ("list --db other.db", "--db cannot be used here: this is a kiosk"),
            ("list --config=mine.toml", "--config cannot be used here: this is a kiosk"),
            ("list --as bo", "--as cannot be used here: this is a kiosk"),
            ("list 'x", "the command cannot be read (No closing quotation); check its quotes"),
        ],
    )
    def test_nothing_else_is(self, ssh: Command, typed: str, told: str) -> None:
        assert complaint(ssh(typed)) == told

    @pytest.mark.parametrize("typed", ["list -o FILE", "list ; touch FILE", "list $(touch FILE)", "list > FILE"])
    def test_no_shell_reads_it_and_no_file_is_written(self, ssh: Command, tmp_path: Path, typed: str) -> None:
        file = tmp_path / "made"
        assert ssh(typed.replace("FILE", str(file))).status == 2
        assert not file.exists()

    def test_a_site_that_allows_none_says_so(
        self, refterm: Command, site: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSH_ORIGINAL_COMMAND", "list")
        assert "which answers no commands" in complaint(refterm("--kiosk"))


@pytest.mark.usefixtures("site")
class TestTheSitesKiosk:
    @pytest.mark.parametrize(
        "command",
        [
            ("import", "FILE"),
            ("import", "-", "--rejects", "FILE"),
            ("export", "-o", "FILE"),
            ("db", "backup", "FILE"),
            ("db", "copy", "FILE", "OTHER"),
        ],
    )
    def test_no_command_takes_a_file(self, refterm: Command, tmp_path: Path, command: tuple[str, ...]) -> None:
        file = tmp_path / "named"
        words = [str(file) if word == "FILE" else word for word in command]
        assert complaint(refterm(*words)) == f"this is a kiosk, where no file can be named: {file}"
        assert not file.exists()

    def test_no_other_database_can_be_named(
        self, refterm: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, import_records: ImportRecords
    ) -> None:
        import_records([api_record()])
        other = tmp_path / "other.db"
        assert "--db cannot be used here" in complaint(refterm("list", "--db", other))
        monkeypatch.setenv("REFTERM_DB", str(other))
        assert "Kontor" in refterm("list").out
        assert not other.exists()

    def test_pipes_go_on_working(self, refterm: Command, import_records: ImportRecords) -> None:
        import_records([api_record()])
        assert refterm("export", "--format", "ndjson").status == 0
        assert said(refterm("import", "-", stdin=refterm("export", "--format", "ndjson").out)).startswith("0 new")
