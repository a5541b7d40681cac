"""When the first page is painted before Textual is there, and what is kept for it. How it looks: tests/pty/test_first_page.py."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from refterm import paths
from refterm.config import RoleSettings, Settings
from refterm.domain.query import Tab
from refterm.errors import StoreError
from refterm.services.desk import Desk
from refterm.services.personal.view_state import ViewState, ViewStates
from refterm.services.workplace import open_workplace
from refterm.tui import first_page
from refterm.tui.first_page import FirstPage
from refterm.tui.terminal.ending import Ending
from tests.samples import api_record, stamp
from tests.tui.conftest import SitDown
from tests.workplaces import bring_in

SIZE = (120, 40)
Paint = Callable[..., bool]


@pytest.fixture
def settings(database_path: Path) -> Settings:
    """Those of a desk with one new referral."""
    now = datetime.now(UTC)
    created, end = stamp(now - timedelta(days=2)), stamp(now + timedelta(days=9))
    bring_in(database_path, [api_record(createdDateTime=created, updatedDateTime=created, expirationDateTime=end)])
    return Settings(database=str(database_path), user="ana")


@pytest.fixture
async def kept(settings: Settings, sit: SitDown, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a desk on a terminal of SIZE has kept of its looks."""
    monkeypatch.setattr(os, "get_terminal_size", lambda _file=0: os.terminal_size(SIZE))
    monkeypatch.setattr(os, "tcgetpgrp", lambda _file: os.getpgrp())
    path = paths.state_folder() / "first-page.json"
    place = open_workplace(settings)
    async with sit(place=place, size=SIZE, settings=settings) as ana:
        page = FirstPage(settings)
        await ana.press("d")
        page.keep(ana.desk)
        await ana.settle()
        assert not path.exists()  # a form is over it
        await ana.press("escape")
        page.keep(ana.desk)
        await ana.until(path.exists)
    place.close()
    return path


@pytest.fixture
def paint(kept: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Paint:
    """Begins to open the desk; gives whether its first page was painted."""
    shown: list[str] = []
    monkeypatch.setattr(first_page, "_show", shown.append)
    monkeypatch.setattr(first_page, "watched", Ending)  # it minds no signal

    def begin(state: ViewState | None = None, **changed: Any) -> bool:
        shown.clear()
        place = open_workplace(settings)
        ViewStates(paths.state_folder(), "ana", place.desk_id).save(state or ViewState())
        place.close()
        page = FirstPage(replace(settings, **changed))
        try:
            page.paint(None)
            return bool(shown)
        finally:
            page.leave()

    assert begin()
    return begin


def test_nothing_is_painted_in_another_terminal(paint: Paint, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*first_page.VARIABLES, *first_page.MULTIPLEXERS, "TEXTUAL_COLOR_SYSTEM"):
        with monkeypatch.context() as other:
            other.setenv(name, "other")
            assert not paint(), name
    for size in ((121, 40), (120, 41), (79, 24), (0, 0)):
        with monkeypatch.context() as other:
            other.setattr(os, "get_terminal_size", lambda _file=0, size=size: os.terminal_size(size))
            assert not paint(), size
    with monkeypatch.context() as other:
        other.setattr(os, "tcgetpgrp", lambda _file: 1)
        assert not paint(), "in the background"
    with monkeypatch.context() as other:
        other.setattr("refterm.__version__", "another")
        assert not paint(), "after an update"
    assert paint()


def test_nothing_is_painted_of_a_desk_that_looks_otherwise(paint: Paint, empty_desk: Path, tmp_path: Path) -> None:
    for changed in (
        {"read_only": True},
        {"kiosk": True},
        {"theme": "refterm-light"},
        {"language": "es"},
        {"ascii": True},
        {"roles": RoleSettings(admin=("somebody",)), "user": None},
        {"database": str(shutil.copyfile(empty_desk, tmp_path / "empty.db"))},
        {"database": "postgresql://nobody@localhost:1/none"},
    ):
        assert not paint(**changed), changed
    missing = tmp_path / "missing.db"
    assert not paint(database=str(missing))
    assert not missing.exists()
    for state in (ViewState(theme="refterm-light"), ViewState(detail="off"), ViewState(yielded={1})):
        assert not paint(state), state
    assert not paint(ViewState(tab=Tab.ACTIVE)), "no rows"
    assert paint()


def test_a_damaged_file_is_ignored(paint: Paint, kept: Path) -> None:
    good = json.loads(kept.read_text())
    assert len(good) == 1

    def changed(part: str, name: str, value: Any) -> str:
        return json.dumps([{**good[0], part: {**good[0][part], name: value}}])

    for text in (
        "",
        "{",
        "null",
        "[1]",
        '[{"key": [], "places": {}, "styles": {}}]',
        json.dumps([{**good[0], "places": {}}]),
        changed("places", "list", [0, 0, 10, 2]),
        changed("places", "list", [0, -1, 120, 20]),
        changed("places", "list", [0, "1m", 120, 20]),
        changed("places", "list", []),
        changed("styles", "list", {}),
        changed("styles", "top", {**good[0]["styles"]["top"], "dim": "1m\x1b]0;x\x07"}),
    ):
        kept.write_text(text)
        assert not paint(), text
    kept.write_bytes(b"\xff\xfe")
    assert not paint()
    kept.write_text(json.dumps(good))
    assert paint()


def test_rows_that_cannot_be_read_are_left_to_the_desk(paint: Paint, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any) -> None:
        raise StoreError("no")

    monkeypatch.setattr(Desk, "snapshot", fail)
    assert not paint()


async def test_pages_of_a_few_terminals_are_kept(
    paint: Paint, kept: Path, settings: Settings, sit: SitDown, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sits_at(term: str) -> None:
        with monkeypatch.context() as other:
            other.setenv("TERM", term)
            place = open_workplace(settings)
            async with sit(place=place, size=SIZE, settings=settings) as ana:
                page = FirstPage(settings)
                page.keep(ana.desk)
                await ana.until(lambda: f'"{term}"' in kept.read_text())
            place.close()

    await sits_at("tmux-256color")
    assert paint()
    for number in range(first_page.MOST_PAGES):
        await sits_at(f"xterm-{number}")
    assert len(json.loads(kept.read_text())) == first_page.MOST_PAGES
    assert not paint()
