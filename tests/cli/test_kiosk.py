"""A locked-down desk: `--kiosk`, or `kiosk = true` in the site's file, which nothing of the user's undoes (contract)."""

from __future__ import annotations

from pathlib import Path

import pytest

from refterm import config
from tests.cli.conftest import Command, complaint, said
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
