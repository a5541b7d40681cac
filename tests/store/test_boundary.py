"""What fails in a database leaves the store as one sentence that names it, whoever reads and whatever is asked."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from refterm.domain.query import Filter, View
from refterm.errors import ConnectionLostError, StoreError
from refterm.services.background.expiry import expire_due
from refterm.services.background.fitting import store_scores
from refterm.services.background.presence import Presence
from refterm.services.desk import Desk
from refterm.services.exporting import Exporter
from refterm.services.insight.insights import gather
from refterm.services.profiles import Profiles
from refterm.services.referral_json import Objects
from refterm.services.workplace import Workplace
from refterm.store.database import Database
from tests.postgres import Server
from tests.samples import NOW
from tests.store.support import damage, insert, row

Question = Callable[[Workplace], Any]
QUESTIONS: dict[str, Question] = {
    "listing": lambda place: Desk(place).listing(View()),
    "searched": lambda place: Desk(place).listing(View(search="kontor")),
    "filtered": lambda place: Desk(place).listing(View(filter=Filter(favorite=True))),
    "counts": lambda place: Desk(place).counts(),
    "alert": lambda place: Desk(place).alert(),
    "flames": lambda place: Desk(place).flames(),
    "referral": lambda place: Desk(place).referral(1),
    "resolve": lambda place: Desk(place).resolve("1"),
    "duplicates": lambda place: Desk(place).duplicates(1),
    "rows": lambda place: Desk(place).rows([1]),
    "history": lambda place: list(Desk(place).history()),
    "changes": lambda place: Desk(place).changes(0),
    "notices_due": lambda place: Desk(place).notices_due(),
    "next_event": lambda place: Desk(place).next_event(None),
    "written": lambda place: Desk(place).written(),
    "expire": expire_due,
    "export": lambda place: Exporter(place).write(io.StringIO(), format="csv"),
    "scores": store_scores,
    "insights": lambda place: gather(place, since=NOW - timedelta(days=90)),
    "presence": lambda place: Presence(place).others(),
    "profiles": lambda place: Profiles(place).all(),
    "json": lambda place: list(Objects(place).of([1])),
}
# A damaged file: the pages, and the questions whose answers stand in others.
DAMAGED = ("referral", "referral_received", "referral_expires", "referral_open_flame", "history", "outbox", "counter")
UNHARMED = ("written", "presence", "profiles", "notices_due")


def test_no_module_is_given_a_connection_to_keep() -> None:
    """All reads go through `Database.reading`, where errors are explained."""
    assert not {name for name in vars(Database) if not name.startswith("_")} & {"reader", "writer"}


@pytest.mark.parametrize("location", ["postgresql"], indirect=True)
class TestLostServer:
    @pytest.fixture
    def lost(self, workplace: Workplace, postgres_server: Server, location: str) -> Workplace:
        insert(workplace.database, [row() for _ in range(350)])
        return workplace

    @pytest.mark.parametrize("name", [name for name in QUESTIONS if name != "scores"])
    def test_every_question_is_answered_with_a_sentence(
        self, lost: Workplace, postgres_server: Server, location: str, name: str
    ) -> None:
        postgres_server.end_connections(location)
        for _again in range(2):  # the first finds it out, the second knows
            with pytest.raises(ConnectionLostError, match="cannot be reached"):
                QUESTIONS[name](lost)

    @pytest.mark.parametrize("search", ["", "kontor"])
    def test_a_list_that_was_read_before_says_so_at_its_next_page(
        self, lost: Workplace, postgres_server: Server, location: str, search: str
    ) -> None:
        listing = Desk(lost).listing(View(search=search))
        assert listing.count == 350
        postgres_server.end_connections(location)
        with pytest.raises(ConnectionLostError, match="cannot be reached"):
            listing.rows(200, 300)
        if not search:
            with pytest.raises(ConnectionLostError, match="cannot be reached"):
                listing.index_of(7)
            with pytest.raises(ConnectionLostError, match="cannot be reached"):
                listing.ids()
        lost.reconnect()
        assert len(listing.rows(200, 300)) == 100  # the list asks the database, not a connection of it


@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
class TestDamagedFile:
    @pytest.fixture
    def damaged(self, workplace: Workplace) -> Workplace:
        insert(workplace.database, [row() for _ in range(350)])
        assert workplace.database.file
        damage(workplace.database.file, DAMAGED)
        return workplace

    @pytest.mark.parametrize("name", [name for name in QUESTIONS if name not in UNHARMED])
    def test_every_question_is_answered_with_what_to_do(self, damaged: Workplace, name: str) -> None:
        with pytest.raises(StoreError, match=r"desk\.db is damaged; run refterm db check"):
            QUESTIONS[name](damaged)

    def test_a_failure_is_answered_while_another_thread_reads(self, damaged: Workplace) -> None:
        """On one connection for two threads SQLite forgot it now and then, and the read looked empty."""
        stop = threading.Event()

        def read() -> None:
            while not stop.is_set():
                QUESTIONS["profiles"](damaged)

        with ThreadPoolExecutor() as threads:
            reading = threads.submit(read)
            try:
                for _again in range(3000):
                    with pytest.raises(StoreError, match="is damaged; run refterm db check"):
                        Desk(damaged).token()
            finally:
                stop.set()
            reading.result()

    def test_a_write_is_answered_so_too(self, damaged: Workplace) -> None:
        with pytest.raises(StoreError, match="is damaged; run refterm db check"):
            insert(damaged.database, [row()])


@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
@pytest.mark.parametrize("other", [None, b"garbage", "copy"])
def test_a_file_that_is_another_one_now_is_not_written(workplace: Workplace, other: bytes | str | None) -> None:
    """What would be written went into a file that nobody opens any more."""
    (number,) = insert(workplace.database, [row()])
    path = workplace.database.file
    assert path
    content = path.read_bytes()
    path.unlink()
    if other:
        path.write_bytes(other if isinstance(other, bytes) else content)
    with pytest.raises(StoreError, match="was removed or replaced"):
        insert(workplace.database, [row()])
    assert Desk(workplace).referral(number).id == number  # what is on the screen can still be read


@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
def test_a_snapshot_of_one_thread_holds_for_no_other(workplace: Workplace) -> None:
    insert(workplace.database, [row()])
    with ThreadPoolExecutor() as threads, workplace.database.snapshot() as mine:
        assert Desk(workplace).counts()
        insert(workplace.database, [row()])
        assert len(threads.submit(lambda: Desk(workplace).listing(View()).ids()).result()) == 2
        assert mine.execute("select count(*) from referral").fetchone()[0] == 1
