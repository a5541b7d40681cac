"""No desk and no command outside `db` imports an ORM where the schema is current: not after decisions of every kind either.

Each session runs in a program of its own, since the tests themselves use SQLModel.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import active_record, api_record

ORM = ("sqlmodel", "sqlalchemy", "pydantic", "alembic")
_ACCEPTANCE = ("--name", "X", "--value", "5", "--currency", "EUR", "--timeframe", "1-3 months", "--notes", "N")


def run(script: str, location: Path | str, *values: Any) -> str:
    """What a program prints that is handed where the desk is and some values."""
    given = [str(location), *(json.dumps(value) for value in values)]
    done = subprocess.run(
        [sys.executable, "-c", script, *given], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1]


COMMANDS = f"""
import json, os, sys
os.environ.update(REFTERM_DB=sys.argv[1], REFTERM_USER="ana")
from refterm.cli.main import run
from refterm.clock import SettableClock
from tests.samples import NOW
for command in json.loads(sys.argv[2]):
    status = run([str(word) for word in command], clock=SettableClock(NOW))
    assert status == 0 or command == ["doctor"], command  # doctor finds fault with the machine of the tests
    found = [name for name in {ORM!r} if name in sys.modules]
    assert not found, (command, found)
print("no ORM")
"""


def test_no_command_imports_an_orm(workplace: Workplace, import_records: ImportRecords) -> None:
    new, active = import_records([api_record(), active_record()])
    commands = [
        ["list", "--json"],
        ["show", new, "--json"],
        ["accept", new, *_ACCEPTANCE, "--contact", "Uwe"],
        ["undo", new],
        ["decline", new, "--reason", "budget"],
        ["undo", new],
        ["favorite", new],
        ["note", new, "hello"],
        ["take", new],
        ["release", new],
        ["contacted", new],
        ["skip", new, "--until", "+2h"],
        ["unskip", new],
        ["edit", active, "--value", "7000"],
        ["contact", "add", active, "--name", "Uwe"],
        ["contact", "edit", active, "1", "--name", "Tom"],
        ["contact", "remove", active, "1"],
        ["won", active, "--value", "5", "--currency", "EUR"],
        ["undo", active],
        ["lost", active, "--reason", "budget"],
        ["history", active, "--json"],
        ["insights", "--json"],
        ["outbox"],
        ["tick"],
        ["export", "--format", "csv"],
        ["profile", "list"],
        ["doctor"],
    ]
    assert run(COMMANDS, workplace.database.location, commands) == "no ORM"


DESK = f"""
import asyncio, json, sys
from datetime import UTC
from pathlib import Path
from refterm.clock import SettableClock
from refterm.domain.deadline import Deadlines
from refterm.domain.history import Actor
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.samples import NOW
from tests.tui.seat import sit_down
location = sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1])
place = Workplace(open_database(location), SettableClock(NOW), Actor("ana", "ana"), Deadlines(), UTC)

async def main():
    async with sit_down(place, Path(json.loads(sys.argv[2])), size=(120, 40)) as seat:
        for step in json.loads(sys.argv[3]):
            if step.startswith("type "):
                await seat.type(step[5:])
            else:
                for key in step.split():
                    await seat.press(key)

asyncio.run(main())
with place.database.reading() as connection:
    done = [row[0] for row in connection.execute("select distinct action from history")]
found = [name for name in {ORM!r} if name in sys.modules]
assert not found, found
print(*sorted(done))
"""


def test_no_desk_session_imports_an_orm(
    workplace: Workplace, import_records: ImportRecords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By keys only, each kind of decision and of work on a deal."""
    monkeypatch.setenv("TERM", "xterm-256color")
    import_records([api_record(), api_record(), active_record(), active_record()])
    accept = ["a", "type Mailboxes", "tab", "type 5 EUR", "tab tab", "type 1-3 months", "tab", "type notes", "ctrl+s"]
    steps = [
        "s t n",
        "type a note",
        "ctrl+s",
        "d 1 ctrl+s u",
        *accept,
        "u d 1 ctrl+s 2 e",
        "type Other name",
        "ctrl+s c",
        "type Uwe",
        "ctrl+s w",
        "type 5 EUR",
        "ctrl+s l 1 ctrl+s u",
    ]
    done = run(DESK, workplace.database.location, str(tmp_path), steps).split()
    decisions = {
        "accepted",
        "declined",
        "edited",
        "contact-added",
        "won",
        "lost",
        "undone",
        "noted",
        "taken",
        "favorited",
    }
    assert decisions <= set(done), done
