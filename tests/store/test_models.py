"""`refterm.models`: the tables for scripts, for reading only, whatever a script tries."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from refterm import models
from refterm.errors import StoreError
from refterm.models import History, Referral, Setting, open_session, select
from refterm.services.workplace import Workplace
from refterm.store import tables
from tests.conftest import ImportRecords
from tests.samples import api_record
from tests.store.support import dump

DOCUMENT = Path(__file__).parents[2] / "docs" / "scripting.md"
WRITES = [
    "update referral set company = 'x'",
    "insert into setting (key, value) values ('a', 'b')",
    "delete from history",
    "drop table presence",
    "create table mine (id integer)",
]


def test_the_example_of_the_documentation_runs_as_it_stands(
    workplace: Workplace, import_records: ImportRecords
) -> None:
    [number] = import_records([api_record(customerProfile__name="Hansen KG")])
    [example] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    environment = {**os.environ, "REFTERM_DB": str(workplace.database.location)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{number}\tHansen KG\t2026-03-02\n"


def test_every_class_is_there_and_documented() -> None:
    document = DOCUMENT.read_text("utf-8")
    for model in tables.MODELS:
        assert getattr(models, model.__name__) is model
        assert f"`{model.__name__}`" in document


@pytest.mark.parametrize("statement", WRITES)
def test_the_database_refuses_a_statement_that_writes(
    workplace: Workplace, import_records: ImportRecords, statement: str
) -> None:
    import_records([api_record()])
    before = dump(workplace.database)
    with open_session(str(workplace.database.location)) as session, pytest.raises(DBAPIError, match=r"read-?only"):
        session.execute(text(statement))
    assert dump(workplace.database) == before


@pytest.mark.parametrize("new", [True, False])
def test_the_database_refuses_what_a_session_writes(
    workplace: Workplace, import_records: ImportRecords, new: bool
) -> None:
    import_records([api_record()])
    before = dump(workplace.database)
    with open_session(str(workplace.database.location)) as session:
        row: SQLModel = Setting(key="a", value="b") if new else session.exec(select(Referral)).one()
        if isinstance(row, Referral):
            row.company = "x"
        session.add(row)
        with pytest.raises(DBAPIError, match=r"read-?only"):
            session.commit()
    assert dump(workplace.database) == before


def test_it_sees_what_others_write_meanwhile(workplace: Workplace, import_records: ImportRecords) -> None:
    with open_session(str(workplace.database.location)) as session:
        assert session.exec(select(History)).all() == []
        session.rollback()
        import_records([api_record()])
        assert [entry.action for entry in session.exec(select(History))] == ["imported"]


def test_where_there_is_no_desk_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no file"):
        open_session(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
