"""Whatever fails below a desk, at whatever key: the desk stays, and says what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key

from refterm.domain.query import Tab
from refterm.services.workplace import Workplace
from refterm.tui.actions import registry
from tests.conftest import ImportRecords
from tests.postgres import Server
from tests.samples import active_record, api_record, closed_record
from tests.store.support import damage, open_at
from tests.tui.conftest import SitDown
from tests.tui.seat import Seat

# What ends the program or needs a shell; and the keys that only reach what the desk knows already.
ELSEWHERE = ("quit", "suspend")
ACTIONS = [action for action in registry() if action.id not in ELSEWHERE]
# What opens a form or a panel.
OPENING = ("accept", "decline", "won", "lost", "edit", "add_contact", "skip", "note", "contacted", "filter")
TABS = {Tab.INBOX: "1", Tab.ACTIVE: "2"}
ROWS = 350

Failure = Callable[[], None]


@pytest.fixture
def filled(import_records: ImportRecords, workplace: Workplace) -> Workplace:
    """More rows than the desk has read when it opens, and some in each tab."""
    records = [api_record(details__customerRequestedContact=number % 50 == 0) for number in range(ROWS)]
    import_records([*records, *(active_record() for _ in range(3)), *(closed_record("Won") for _ in range(3))])
    return workplace


@pytest.fixture
def fail(request: pytest.FixtureRequest, workplace: Workplace) -> Failure:
    """Lets something fail; which, the test says."""
    path = workplace.database.file

    def end_connections() -> None:
        server: Server = request.getfixturevalue("postgres_server")
        server.end_connections(str(workplace.database.location))

    def damage_pages() -> None:
        assert path
        damage(path, ("referral", "referral_received", "referral_expires", "history", "counter"))

    def replace_with_garbage() -> None:
        assert path
        path.write_bytes(b"This is no database. " * 4000)
        with workplace.database.reading() as connection:
            connection.execute("pragma shrink_memory")  # else it would know most pages of so small a desk

    def remove() -> None:
        for name in (f"{path}", f"{path}-wal", f"{path}-shm"):
            Path(name).unlink(missing_ok=True)

    failures: dict[str, Failure] = {
        "lost": end_connections,
        "damaged": damage_pages,
        "garbage": replace_with_garbage,
        "removed": remove,
    }
    return failures[request.param]


async def strike(seat: Seat, *keys: str) -> None:
    """Press keys and let everything that they set off come to an end. Unlike Seat.press, no detail has to follow."""
    for key in keys:
        name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
        driver = seat.app._driver
        assert driver is not None
        driver.send_message(events.Key(name, key if len(key) == 1 else None))
        await come_to_rest(seat)


async def come_to_rest(seat: Seat) -> None:
    """Let messages and workers be done."""
    await seat._rounds()
    while not all(worker.is_finished for worker in seat.app.workers):
        await asyncio.sleep(0.002)
        await seat._rounds()
    assert seat.app.is_running


async def close_everything(seat: Seat) -> None:
    """Out of forms, panels, the search and the detail."""
    while seat.app.screen is not seat.desk or seat.desk.whole or seat.desk.searching.is_open:
        await strike(seat, "escape")


def said(seat: Seat, words: tuple[str, ...]) -> bool:
    """Whether one of some sentences stands on the screen, be it broken into lines."""
    text = " ".join(line.strip(" │") for line in seat.text.splitlines())
    return any(word in text for word in words)


WORDS = {
    "lost": ("cannot be reached", "can be reached again"),  # it is tried again at once
    "damaged": ("is damaged; run refterm db check",),
    "garbage": ("is no database", "is damaged", "the disk reports an error"),
    "removed": ("was removed or replaced",),
}
ON_A_FILE = ("damaged", "garbage", "removed")
FAILURES = [("postgresql", "lost"), *(("sqlite", kind) for kind in ON_A_FILE)]
each_failure = pytest.mark.parametrize(
    ("location", "fail", "kind"), [(store, kind, kind) for store, kind in FAILURES], indirect=("location", "fail")
)


@each_failure
@pytest.mark.parametrize("tab", TABS)
async def test_no_key_ends_a_desk_whose_database_fails(
    sit: SitDown, filled: Workplace, fail: Failure, kind: str, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every action of the registry, in a tab where it can be done: none raises, and what it has to read is answered."""
    monkeypatch.setattr("refterm.tui.background.connection.FIRST_PAUSE", 0.02)
    told: set[str] = set()
    async with sit(size=(120, 40)) as seat:
        await seat.press(TABS[tab])
        if kind != "lost":
            fail()
        for action in ACTIONS:
            if next(one for one in TABS if one in action.tabs) is not tab:
                continue
            if kind == "lost":
                await strike(seat, TABS[tab], "g")
                await seat.until(lambda: not seat.desk.connection.lost)
                fail()
            seat.desk.say("")
            await strike(seat, action.keys[0])
            if said(seat, WORDS[kind]):
                told.add(action.id)
            await close_everything(seat)
            if kind not in ("removed", "lost"):  # an open file can be read as long as it is open
                seat.desk.reload()
                await come_to_rest(seat)
                assert said(seat, WORDS[kind]), action.id
        if kind == "lost":
            await strike(seat, TABS[tab], "r")
            await seat.until(lambda: not seat.desk.connection.lost)
            await strike(seat, "r")
            assert seat.message == "Read again."
    reads, writes = {"next_order", "refresh", "next_flame", "accept"}, {"favorite", "take"}
    # A write reaches a server again by itself; of what is garbage now, SQLite may still know some pages.
    answered = {"lost": reads, "damaged": reads | writes, "garbage": reads - {"accept"}, "removed": writes}[kind]
    assert told >= (answered if tab is Tab.INBOX else set())


@each_failure
async def test_no_form_ends_a_desk_whose_database_fails(
    sit: SitDown, filled: Workplace, fail: Failure, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails while a form or a panel is open is said there, or once it is closed."""
    monkeypatch.setattr("refterm.tui.background.connection.FIRST_PAUSE", 0.02)
    async with sit(size=(120, 40)) as seat:
        for name in (*OPENING, "history", "similar", "insights", "profiles"):
            [action] = [one for one in ACTIONS if one.id == name]
            await strike(seat, "r")
            if kind != "removed":  # the desk waits for its file as long as it is gone
                await seat.until(lambda: not seat.desk.connection.lost)
            await strike(seat, TABS[Tab.ACTIVE if Tab.INBOX not in action.tabs else Tab.INBOX], action.keys[0])
            if kind == "lost" or name == OPENING[0]:
                assert seat.app.screen is not seat.desk, name
                fail()
            await strike(seat, "ctrl+r", "ctrl+s", "o", "x")
            await close_everything(seat)


@pytest.mark.parametrize("fail", ["damaged"], indirect=True)
async def test_a_desk_opens_on_a_damaged_database_and_says_what_to_do(
    sit: SitDown, filled: Workplace, fail: Failure
) -> None:
    fail()
    again = open_at(filled.database.location, filled.clock)
    try:
        async with sit(place=again) as seat:
            assert said(seat, WORDS["damaged"]), seat.text
            await strike(seat, "r", "2", "G")
            assert said(seat, WORDS["damaged"])
    finally:
        again.close()


@each_failure
async def test_what_becomes_due_on_a_failing_database_ends_nothing(
    sit: SitDown, filled: Workplace, fail: Failure, kind: str
) -> None:
    """Expiry runs by itself, at no key of anybody's (I4)."""
    async with sit() as seat:
        fail()
        seat.desk.watcher.expire()
        await come_to_rest(seat)
        seat.desk.wake()
        await come_to_rest(seat)
        if kind in ("lost", "damaged"):  # else there is nothing to be written, or nothing that it would not know
            assert said(seat, WORDS[kind])


@pytest.mark.parametrize("location", ["postgresql"], indirect=True)
@pytest.mark.parametrize("fail", ["lost"], indirect=True)
async def test_a_list_is_whole_again_once_the_server_is(sit: SitDown, filled: Workplace, fail: Failure) -> None:
    async with sit() as seat:
        fail()
        await strike(seat, "G")
        assert "cannot be reached" in seat.message
        assert seat.desk.connection.lost
        await seat.until(lambda: not seat.desk.connection.lost)
        await seat.settle()
        assert len(seat.ids) == ROWS
        assert seat.row.id == seat.ids[-1]
