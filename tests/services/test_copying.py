"""`refterm db copy`: a desk moves from a file to a server and back, complete, checked row by row, all of it or nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.config import RoleSettings, Settings
from refterm.domain.decisions import Context
from refterm.errors import NotAllowedError, RefTermError, StoreError
from refterm.services.background.presence import Presence
from refterm.services.care import copying, maintenance
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store import table_copy
from refterm.store.opening import open_database
from tests.conftest import ImportRecords, import_into
from tests.samples import api_record
from tests.store.support import dump, open_at

STORES = ("sqlite",)
ACCEPT = {
    "name": "Mailboxes",
    "value": "12500.50",
    "currency": "EUR",
    "timeframe": "2026-06-30",
    "notes": "Soon, señor.",
}


@pytest.fixture
def lived_in(workplace: Workplace, import_records: ImportRecords) -> Workplace:
    """A desk on which people worked: decisions, marks, notes, an undo, notices, somebody who has it open."""
    first, second, third, _fourth = import_records(
        [api_record(customerProfile__name=name) for name in ("Ürün A.Ş.", "日本の会社", "Plain Ltd", 'O\'Neill; "x"')]
    )
    triage, marks = Triage(workplace), Marks(workplace)
    triage.accept(first, ACCEPT, Context(workplace.today(), "EUR", "."))
    triage.decline([second], {"reason": "budget", "notes": ""})
    triage.decline([third], {"reason": "timeline", "notes": ""})
    triage.undo([third])
    marks.favorite(first)
    marks.note(third, "They call back.\nOn Monday.")
    Presence(workplace).sign()
    return workplace


def _dumped(location: Path | str) -> dict[str, Any]:
    with closing(open_database(location)) as database:
        return dict(dump(database))


def _same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.pop("presence")
    assert not other.pop("presence")
    assert one == other


def test_there_and_back_nothing_is_lost_or_changed(
    lived_in: Workplace, postgres_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    file, back = str(lived_in.database.file), tmp_path / "back.db"
    before = _dumped(lived_in.database.location)
    counts = copying.copy(Settings(), file, postgres_url)
    assert counts == {name: len(before[name]) for name in table_copy.KEYS}
    assert counts["outbox"]
    server = _dumped(postgres_url)
    for table in table_copy.KEYS:
        assert server[table] == before[table]
    copying.copy(Settings(), postgres_url, str(back))
    _same(before, _dumped(back))
    # On either side work goes on: numbers follow the highest one, search and counters are whole.
    for location in (postgres_url, back):
        with closing(open_at(location, clock)) as place:
            assert import_into(place, [api_record()]) == [5]
            assert list(maintenance.check(place)) == []


def test_batches_follow_one_another(tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_copy, "BATCH", 3)
    with closing(open_at(tmp_path / "a.db", clock)) as place:
        import_into(place, [api_record() for _ in range(7)])
    assert copying.copy(Settings(), str(tmp_path / "a.db"), str(tmp_path / "b.db"))["referral"] == 7
    assert _dumped(tmp_path / "a.db") == _dumped(tmp_path / "b.db")


def test_a_desk_that_is_not_empty_is_refused(lived_in: Workplace, tmp_path: Path, clock: SettableClock) -> None:
    other = tmp_path / "other.db"
    with closing(open_at(other, clock)) as place:
        import_into(place, [api_record()])
    before = _dumped(other)
    for target in (other, lived_in.database.file):
        with pytest.raises(RefTermError, match="is not empty; copy into a new file or an empty database"):
            copying.copy(Settings(), str(lived_in.database.file), str(target))
    assert _dumped(other) == before


def test_a_row_that_did_not_arrive_as_it_was_is_noticed_and_nothing_stays(
    lived_in: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row is held against its copy; the target is as it was before, here: not there."""
    insert = table_copy.insert

    def damage(connection: Any, table: str, rows: Any) -> None:
        insert(connection, table, [{**row, "by": "nobody"} if "by" in row else row for row in rows])

    monkeypatch.setattr(table_copy, "insert", damage)
    with pytest.raises(RefTermError, match="history from id 1 on did not arrive as it was; nothing was copied"):
        copying.copy(Settings(), str(lived_in.database.file), str(tmp_path / "new.db"))
    assert not list(tmp_path.glob("new.db*"))


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        copying.copy(Settings(), str(tmp_path / "none.db"), str(tmp_path / "new.db"))
    assert not (tmp_path / "new.db").exists()


def test_only_an_admin_copies(lived_in: Workplace, tmp_path: Path) -> None:
    settings = Settings(roles=RoleSettings(admin=("somebody-else",)))
    with pytest.raises(NotAllowedError, match="Copying a desk: only an admin may do this"):
        copying.copy(settings, str(lived_in.database.file), str(tmp_path / "new.db"))


def test_a_killed_copy_leaves_nothing(tmp_path: Path, clock: SettableClock, postgres_url: str) -> None:
    """SIGKILL in the midst of it: what it copied into is as empty as before, and the copy can be made again."""
    source = tmp_path / "a.db"
    with closing(open_at(source, clock)) as place:
        import_into(place, [api_record() for _ in range(3000)])
    for target in (postgres_url, str(tmp_path / "b.db")):
        running = subprocess.Popen(
            [sys.executable, "-c", _SLOW_COPY, str(source), target], stdout=subprocess.PIPE, stdin=subprocess.PIPE
        )
        assert running.stdout is not None
        assert running.stdout.readline() == b"in the midst\n"
        running.kill()
        running.communicate()
        end = time.monotonic() + 90
        tables = [name for name in table_copy.KEYS if name != "setting"]
        while any(_dumped(target if "://" in target else Path(target))[name] for name in tables):
            assert time.monotonic() < end
        assert copying.copy(Settings(), str(source), target)["referral"] == 3000


# Stops for good once it has copied a thousand rows.
_SLOW_COPY = """
import sys
from refterm.config import Settings
from refterm.services.care import copying
from refterm.store import table_copy

insert, count = table_copy.insert, 0

def slow(connection, table, rows):
    global count
    insert(connection, table, rows)
    count += len(rows)
    if count >= 1000:
        print("in the midst", flush=True)
        sys.stdin.read()

table_copy.insert = slow
copying.copy(Settings(), sys.argv[1], sys.argv[2])
"""
