"""The command line on a desk in PostgreSQL: the same commands, sentences and exit statuses."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command, complaint, said
from tests.samples import api_record, ndjson


def test_a_day_on_a_desk_in_postgresql(refterm: Command, postgres_url: str, tmp_path: Path) -> None:
    file = tmp_path / "r.ndjson"
    file.write_bytes(ndjson([api_record(customerProfile__name="Kontor Nord"), api_record()]))
    on = ("--db", postgres_url)
    assert said(refterm("import", file, *on)) == "2 new, 0 updated, 0 unchanged, 0 rejected"
    assert [one["id"] for one in refterm("list", "--search", "nord", "--json", *on).json] == [1]
    assert refterm("decline", "1", "--reason", "budget", *on).status == 0
    assert complaint(refterm("decline", "1", "--reason", "budget", *on), 1).startswith("#1 was declined by ")
    assert refterm("undo", "1", *on).status == 0
    assert [one["action"] for one in refterm("history", "1", "--json", *on).json] == ["imported", "declined", "undone"]
    assert "all in it agrees" in said(refterm("db", "check", *on))
    assert "pg_dump" in complaint(refterm("db", "backup", tmp_path / "copy.db", *on))
    out = tmp_path / "out.csv"
    assert refterm("export", "-o", out, *on).status == 0
    assert said(refterm("import", out, *on)) == "0 new, 0 updated, 2 unchanged, 0 rejected"


def test_doctor_tells_of_the_server(refterm: Command, postgres_url: str) -> None:
    told = refterm("doctor", "--db", postgres_url).out
    assert "ok     database: postgresql://" in told
    assert "ok     schema: " in told
    told = refterm("doctor", "--db", "postgresql://ana:secret@127.0.0.1:1/desk").out
    assert "fault  database: postgresql://ana@127.0.0.1:1/desk cannot be reached" in told
    assert "secret" not in told
