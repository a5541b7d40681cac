"""What tests share: a fresh desk in a temporary folder, a clock that stands still, and nothing of the machine's own."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings

from refterm import i18n
from refterm.clock import SettableClock
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.postgres import Server, running
from tests.samples import NOW, ndjson
from tests.workplaces import open_at

ImportRecords = Callable[[list[dict[str, Any]]], list[int]]

# Every program that a test starts would compile all of refterm again: a third of a start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# Properties are checked with the same examples in every run, however slow the machine is: the first example pays for an
# import. REFTERM_TEST_RANDOM=1 hunts with others.
settings.register_profile("refterm", deadline=None, derandomize="REFTERM_TEST_RANDOM" not in os.environ)
settings.load_profile("refterm")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many run at once with `-n auto`: one more than there are cores, as tests in a terminal mostly wait."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Home, configuration and time zone of nobody: no test reads or writes the user's own."""
    for name in [name for name in os.environ if name.startswith("REFTERM_")]:
        monkeypatch.delenv(name)
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name, folder in (
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_DATA_HOME", ".local/share"),
        ("XDG_STATE_HOME", ".local/state"),
        ("XDG_CACHE_HOME", ".cache"),
    ):
        monkeypatch.setenv(name, str(home / folder))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    i18n.use("en")
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session")
def empty_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty desk's file with its schema, made once: tests copy it instead of migrating."""
    path = tmp_path_factory.mktemp("template") / "desk.db"
    open_database(path).close()
    return path


@pytest.fixture
def database_path(tmp_path: Path, empty_desk: Path) -> Path:
    """The file of a fresh, empty desk."""
    path = tmp_path / "desk.db"
    shutil.copyfile(empty_desk, path)
    return path


@pytest.fixture
def location(request: pytest.FixtureRequest) -> Path | str:
    """Where a fresh, empty desk is kept: a SQLite file, unless a folder's tests run on both databases (tests/stores.py)."""
    kind = getattr(request, "param", "sqlite")
    found: Path | str = request.getfixturevalue({"sqlite": "database_path", "postgresql": "postgres_url"}[kind])
    return found


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server for these tests; where none can be had they are skipped."""
    # Not below pytest's own folder, which another run of pytest closes to the server's user.
    with (
        TemporaryDirectory(prefix="refterm-postgres-", ignore_cleanup_errors=True) as folder,
        running(Path(folder)) as server,
    ):
        yield server


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The URL of a fresh, empty desk in PostgreSQL."""
    with postgres_server.desk() as url:
        yield url


@pytest.fixture
def clock() -> SettableClock:
    """A clock that stands at 2026-03-02 09:00 UTC until a test moves it."""
    return SettableClock(NOW)


@pytest.fixture
def workplace(location: Path | str, clock: SettableClock) -> Iterator[Workplace]:
    """A fresh desk at which Ana sits."""
    opened = open_at(location, clock)
    yield opened
    opened.close()


@pytest.fixture
def import_records(workplace: Workplace) -> ImportRecords:
    """Bring API records into the desk; gives their numbers in the same order."""

    def bring_in(records: list[dict[str, Any]]) -> list[int]:
        return import_into(workplace, records)

    return bring_in


def import_into(workplace: Workplace, records: list[dict[str, Any]]) -> list[int]:
    """Bring API records into a desk; gives their numbers in the same order."""
    from io import BytesIO

    from refterm.services.importing import Importer

    summary = Importer(workplace).run(BytesIO(ndjson(records)), name="records.ndjson")
    assert summary.rejected == 0, summary
    with workplace.database.reading() as reader:
        numbers: Mapping[str, int] = dict(reader.execute("select source_id, id from referral").fetchall())
    return [numbers[record["id"]] for record in records]
