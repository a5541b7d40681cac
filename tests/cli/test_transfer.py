"""`refterm import` and `refterm export` as commands; what becomes of each record is tested with the services."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from refterm.services.marks import Marks
from refterm.services.workplace import Workplace
from tests.cli.conftest import Command, complaint, said
from tests.conftest import ImportRecords
from tests.samples import active_record, api_record, closed_record, ndjson, page


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.ndjson"
    path.write_bytes(ndjson([api_record(), active_record()]))
    return path


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "mixed.ndjson"
    path.write_bytes(ndjson([api_record()]) + b'{"id": 1}\n\nnonsense\n' + ndjson([api_record()]))
    return path


class TestImport:
    def test_summary(self, refterm: Command, workplace: Workplace, good: Path) -> None:
        assert said(refterm("import", good)) == "2 new, 0 updated, 0 unchanged, 0 rejected"
        assert said(refterm("import", good)) == "0 new, 0 updated, 2 unchanged, 0 rejected"

    def test_standard_input(self, refterm: Command, workplace: Workplace) -> None:
        result = refterm("import", "-", stdin=page([api_record()]))
        assert said(result) == "1 new, 0 updated, 0 unchanged, 0 rejected"

    def test_several_files_are_summed_up(
        self, refterm: Command, workplace: Workplace, good: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "other.json"
        other.write_bytes(page([api_record()]))
        assert said(refterm("import", good, other, good)) == "3 new, 0 updated, 2 unchanged, 0 rejected"

    def test_refusals_name_file_and_line(self, refterm: Command, workplace: Workplace, mixed: Path) -> None:
        result = refterm("import", mixed)
        assert (result.status, result.lines) == (3, ["2 new, 0 updated, 0 unchanged, 2 rejected"])
        assert [line.split(": ")[:2] for line in result.err.splitlines()] == [
            ["refterm", f"{mixed}:2"],
            ["refterm", f"{mixed}:4"],
        ]

    def test_rejects_are_kept_as_they_were(
        self, refterm: Command, workplace: Workplace, mixed: Path, tmp_path: Path
    ) -> None:
        rejects = tmp_path / "rejects.ndjson"
        refterm("import", mixed, "--rejects", rejects)
        assert rejects.read_bytes() == b'{"id": 1}\nnonsense\n'

    def test_rejects_never_over_an_input(self, refterm: Command, workplace: Workplace, good: Path) -> None:
        before = good.read_bytes()
        assert "is the file for the rejects, too" in complaint(refterm("import", good, "--rejects", good))
        assert good.read_bytes() == before

    def test_a_file_that_cannot_be_read_stops_no_other(
        self, refterm: Command, workplace: Workplace, good: Path, tmp_path: Path
    ) -> None:
        result = refterm("import", tmp_path / "none", good, tmp_path)
        assert (result.status, result.lines) == (3, ["2 new, 0 updated, 0 unchanged, 0 rejected"])
        assert result.err.splitlines() == [
            f"refterm: {tmp_path / 'none'}: there is no such file",
            f"refterm: {tmp_path}: is a folder; name the files in it",
        ]

    def test_a_file_without_referrals_stops_no_other(
        self, refterm: Command, workplace: Workplace, good: Path, tmp_path: Path
    ) -> None:
        picture = tmp_path / "picture.png"
        picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
        result = refterm("import", picture, good)
        assert result.status in (1, 3)
        assert result.lines[0].startswith("2 new")
        assert all(line.startswith(f"refterm: {picture}") for line in result.err.splitlines())

    def test_a_read_only_desk_takes_nothing(
        self, refterm: Command, workplace: Workplace, mixed: Path, tmp_path: Path
    ) -> None:
        rejects = tmp_path / "rejects.ndjson"
        assert "open for reading only" in complaint(refterm("--read-only", "import", mixed, "--rejects", rejects))
        assert not rejects.exists()

    def test_the_shape_can_be_said(self, refterm: Command, workplace: Workplace, good: Path) -> None:
        assert refterm("import", good, "--format", "ndjson").status == 0
        assert "'xml' is not one of" in complaint(refterm("import", good, "--format", "xml"), status=2)

    def test_progress_on_a_terminal_goes_away_again(self, database_path: Path, tmp_path: Path) -> None:
        file = tmp_path / "many.ndjson"
        file.write_bytes(ndjson([api_record() for _number in range(3000)]))
        child = pexpect.spawn(
            sys.executable,
            ["-m", "refterm", "--db", str(database_path), "import", str(file)],
            env={**os.environ, "TERM": "xterm"},
            encoding="utf-8",
            timeout=120,
        )
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        seen = child.before
        assert seen.endswith("3000 new, 0 updated, 0 unchanged, 0 rejected\r\n")
        assert "%" in seen
        assert seen.rpartition("\x1b[K")[2] == "3000 new, 0 updated, 0 unchanged, 0 rejected\r\n"

    def test_a_pipe_of_a_shell(self, process: Command, good: Path) -> None:
        """A file that can be read once only."""
        command = f'"{sys.executable}" -m refterm import <(cat "{good}")'
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "2 new, 0 updated, 0 unchanged, 0 rejected\n", "")

    def test_json_names_counts_refusals_and_warnings(
        self, refterm: Command, workplace: Workplace, tmp_path: Path
    ) -> None:
        file = tmp_path / "x.ndjson"
        file.write_bytes(ndjson([api_record(details__dealValue="many")]) + b"nonsense\n" * 25)
        result = refterm("import", file, "--json")
        assert (result.status, result.err) == (3, "")
        told = result.json
        assert [told[key] for key in ("new", "updated", "unchanged", "rejected", "warnings")] == [1, 0, 0, 25, 1]
        assert [one["line"] for one in told["refused"]] == list(range(2, 27))
        assert [(one["file"], one["line"]) for one in told["warned"]] == [(str(file), 1)]
        plain = refterm("import", file)
        assert len(plain.err.splitlines()) == 21
        assert "and 6 more" in plain.err.splitlines()[-1]
        assert plain.lines == ["0 new, 0 updated, 1 unchanged, 25 rejected, 1 warning"]

    def test_what_nothing_decides_is_told_behind_the_summary(
        self, refterm: Command, workplace: Workplace, tmp_path: Path
    ) -> None:
        file = tmp_path / "x.csv"
        file.write_text(
            "Referral ID,Customer Name,Partner Referral Status,Partner Referral Substatus,Estimated Close Date\n"
            "a,A,Active,Accepted,05/11/2026\n"
        )
        result = refterm("import", file)
        assert result.lines[0] == "1 new, 0 updated, 0 unchanged, 0 rejected"
        assert result.lines[1].startswith("1 of Estimated Close Date")
        assert len(refterm("import", file, "--dates", "day-first").lines) == 1

    def test_an_empty_file_is_told_by_the_status(self, refterm: Command, workplace: Workplace, tmp_path: Path) -> None:
        file = tmp_path / "x.json"
        file.write_bytes(b"")
        result = refterm("import", file)
        assert (result.status, "is empty" in result.err) == (1, True)

    @pytest.mark.parametrize("companion", ["", "-wal"])
    def test_rejects_never_over_the_desk(
        self, refterm: Command, workplace: Workplace, mixed: Path, database_path: Path, companion: str
    ) -> None:
        for more in ((), ("--overwrite",)):
            result = refterm("import", mixed, "--rejects", f"{database_path}{companion}", *more)
            assert result.status == 1
            assert "the desk's own database" in result.err
        assert refterm("db", "check").status == 0

    def test_rejects_refuse_a_file_that_is_there(
        self, refterm: Command, workplace: Workplace, mixed: Path, tmp_path: Path
    ) -> None:
        rejects = tmp_path / "rejects.ndjson"
        rejects.write_text("kept")
        assert "exists already" in complaint(refterm("import", mixed, "--rejects", rejects))
        assert rejects.read_text() == "kept"
        refterm("import", mixed, "--rejects", rejects, "--overwrite")
        assert rejects.read_bytes() == b'{"id": 1}\nnonsense\n'
        assert stat.S_IMODE(rejects.stat().st_mode) == 0o600

    def test_rejects_are_no_file_where_nothing_is_refused(
        self, refterm: Command, workplace: Workplace, good: Path, tmp_path: Path
    ) -> None:
        refterm("import", good, "--rejects", tmp_path / "rejects")
        assert sorted(path.name for path in tmp_path.iterdir() if "rejects" in path.name) == []

    def test_a_file_of_zero_bytes_is_no_desk(self, refterm: Command, tmp_path: Path) -> None:
        desk = tmp_path / "zero.db"
        desk.write_bytes(b"")
        for command in (("list",), ("db", "check")):
            assert "is empty and no desk" in complaint(refterm(*command, "--db", desk))
        assert desk.stat().st_size == 0


class TestExport:
    @pytest.fixture
    def ids(self, import_records: ImportRecords, workplace: Workplace) -> list[int]:
        ids = import_records(
            [api_record(customerProfile__name="Ärzte 東北"), active_record(), closed_record("Lost"), api_record()]
        )
        Marks(workplace).favorite(ids[0])
        Marks(workplace).skip(ids[0], "+2h")
        Marks(workplace).take(ids[1])
        return ids

    @pytest.mark.parametrize("shape", ["csv", "json", "ndjson"])
    def test_what_it_writes_import_reads_back(
        self, refterm: Command, ids: list[int], tmp_path: Path, shape: str
    ) -> None:
        file = tmp_path / f"out.{shape}"
        assert said(refterm("export", "-o", file)) == f"Exported 4 referrals to {file}."
        other = tmp_path / "other.db"
        assert said(refterm("import", file, "--db", other)) == "4 new, 0 updated, 0 unchanged, 0 rejected"
        ours = {record["source_id"]: record for record in refterm("list", "--tab", "all", "--json").json}
        theirs = {
            record["source_id"]: record for record in refterm("list", "--tab", "all", "--json", "--db", other).json
        }
        for source_id, record in ours.items():
            for key in ("id", "version"):
                record.pop(key), theirs[source_id].pop(key)
        assert ours == theirs

    @pytest.mark.parametrize(
        ("name", "begins"),
        [("out.json", "["), ("out.ndjson", "{"), ("out.csv", "\ufeffErrors,"), ("out", "\ufeffErrors,")],
    )
    def test_shape_by_name(self, refterm: Command, ids: list[int], tmp_path: Path, name: str, begins: str) -> None:
        refterm("export", "-o", tmp_path / name)
        assert (tmp_path / name).read_text("utf-8").startswith(begins)

    @pytest.mark.parametrize(("tab", "count"), [("inbox", 2), ("active", 1), ("archived", 1), ("all", 4)])
    def test_tabs_on_standard_output(self, refterm: Command, ids: list[int], tab: str, count: int) -> None:
        result = refterm("export", "--tab", tab, "--format", "ndjson")
        assert (result.status, result.err) == (0, "")
        assert len([json.loads(line) for line in result.lines]) == count

    def test_filters_are_those_of_list(self, refterm: Command, ids: list[int]) -> None:
        chosen = ("--mine", "--since", "2020-01-01")
        taken = refterm("export", *chosen, "--format", "ndjson")
        assert len(taken.lines) == len(refterm("list", *chosen, "--tab", "all", "--json").json) == 1
        found = refterm("export", "--search", "nowhere at all")
        assert found.err == "refterm: no referral was found\n"

    def test_history_of_the_filtered(self, refterm: Command, ids: list[int], tmp_path: Path) -> None:
        whole = refterm("history", "--json").json
        one = [entry for entry in whole if entry["referral"] == ids[1]]
        assert refterm("export", "--history", "--format", "json").json == [e for e in whole if e["referral"]]
        assert refterm("export", "--history", "--mine", "--format", "json").json == one
        rows = list(csv.DictReader(io.StringIO(refterm("export", "--history", "--mine").out.removeprefix("\ufeff"))))
        assert [json.loads(row["changes"]) for row in rows] == [entry["changes"] for entry in one]
        sentence = said(refterm("export", "--history", "--mine", "-o", tmp_path / "history.xlsx"))
        assert sentence == f"Exported {len(one)} entries of the history to {tmp_path / 'history.xlsx'}."

    def test_standard_output_is_utf8_whatever_the_locale(self, process: Command, ids: list[int]) -> None:
        result = process("export", "--format", "csv", environment={"PYTHONIOENCODING": "ascii"})
        assert "Ärzte 東北" in result.out

    def test_a_file_that_was_there_is_replaced_whole(self, refterm: Command, ids: list[int], tmp_path: Path) -> None:
        file = tmp_path / "out.csv"
        file.write_text("x" * 100_000)
        assert "exists already" in complaint(refterm("export", "-o", file))
        assert file.read_text() == "x" * 100_000
        refterm("export", "-o", file, "--overwrite")
        assert "xxx" not in file.read_text("utf-8")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []

    def test_never_over_the_desk_itself(self, refterm: Command, ids: list[int], database_path: Path) -> None:
        assert "is the desk's own database" in complaint(refterm("export", "-o", database_path))
        assert refterm("db", "check").status == 0

    def test_where_nothing_can_be_written(self, refterm: Command, ids: list[int], tmp_path: Path) -> None:
        missing = tmp_path / "none" / "out.csv"
        assert complaint(refterm("export", "-o", missing)) == f"{missing}: No such file or directory"
        assert refterm("export", "-o", "/dev/null").status == 0

    def test_an_empty_desk(self, refterm: Command, workplace: Workplace) -> None:
        assert json.loads(refterm("export", "--format", "json").out) == []
        assert refterm("export", "--format", "ndjson").out == ""
        assert len(refterm("export").lines) == 1
