"""The list: the cursor, which is a referral and not a line; marks, orders, filters, search; texts that mean harm."""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from textual.events import MouseScrollDown
from textual.strip import Strip
from textual.widgets import Input

from refterm.domain.query import ORDERS, Filter, Order, Tab
from refterm.domain.referral import Outcome
from refterm.domain.row import Row
from refterm.errors import StoreError
from refterm.services.desk import Desk
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.text import width
from refterm.tui.desk.pages import Pages
from refterm.tui.desk.referral_list import ReferralList
from refterm.tui.draw.signs import ASCII, ASCII_ONLY, UNICODE, Signs
from refterm.tui.forms.form import Form
from tests.conftest import ImportRecords, import_into
from tests.samples import active_record, ago, api_record, closed_record
from tests.tui.conftest import SitDown
from tests.tui.invented import desk_records
from tests.tui.seat import Seat, screen_segments

DECLINE = {"reason": "budget", "notes": ""}


def _many(count: int, **overrides: Any) -> list[dict[str, Any]]:
    """So many, the first received first: number 1 has the least time left."""
    return [
        api_record(**{"createdDateTime": ago(hours=20, minutes=-number / 10), **overrides}) for number in range(count)
    ]


def _lines_shown(seat: Seat) -> int:
    return seat.desk.referral_list.size.height - 1


async def _cursor_is_in_sight(seat: Seat) -> None:
    listing = seat.desk.referral_list
    assert listing._top <= listing.cursor < listing._top + _lines_shown(seat)
    assert f" {seat.row.id} " in seat.text
    await seat.assert_drawn_fresh()


# Moving


@pytest.fixture
def by_keys(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pages that a key had to wait for."""
    numbers: list[int] = []
    read = Pages._page

    def counted(pages: Pages, number: int) -> list[Row]:
        if threading.current_thread() is threading.main_thread():
            numbers.append(number)
        return read(pages, number)

    monkeypatch.setattr(Pages, "_page", counted)
    return numbers


async def test_a_key_reads_no_rows_once_the_cursor_has_rested(
    sit: SitDown, import_records: ImportRecords, by_keys: list[int]
) -> None:
    """Rows of a large desk lie apart on the disk: a thread reads the screens that come next before they are asked for."""
    ids = import_records(_many(1000))
    async with sit() as seat:
        await seat.press("j")
        by_keys.clear()
        page = _lines_shown(seat) - 1
        for number in range(1, 12):
            await seat.press("pagedown")
            assert seat.row.id == ids[1 + number * page]
        assert by_keys == []
        await seat.press("G", "k")
        by_keys.clear()
        for _number in range(12):
            await seat.press("pageup")
        assert by_keys == []


async def test_what_is_read_ahead_takes_the_place_of_no_page_in_sight(
    sit: SitDown, import_records: ImportRecords, by_keys: list[int]
) -> None:
    import_records(_many(2500))
    async with sit(size=(100, 800)) as seat:
        for _number in range(3):
            await seat.press("j")
        by_keys.clear()
        seat.desk.referral_list.refresh()
        await seat.settle()
        assert by_keys == []


async def test_what_cannot_be_read_ahead_is_said_only_when_a_key_needs_it(
    sit: SitDown, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_records(_many(200))
    read = Pages._page

    def failing(pages: Pages, number: int) -> list[Row]:
        if number:
            raise StoreError("Page unreadable")
        return read(pages, number)

    monkeypatch.setattr(Pages, "_page", failing)
    async with sit() as seat:
        await seat.press("j")
        assert "Page unreadable" not in seat.text
        await seat.press("G")
        assert "Page unreadable" in seat.text


@pytest.mark.parametrize(("down", "up"), [("j", "k"), ("down", "up")])
async def test_the_cursor_moves_by_rows_and_stops_at_both_ends(
    sit: SitDown, import_records: ImportRecords, down: str, up: str
) -> None:
    ids = import_records(_many(3))
    async with sit() as seat:
        visited = [seat.row.id]
        for key in (down, down, down, up, up, up):
            await seat.press(key)
            visited.append(seat.row.id)
        assert visited == [ids[0], ids[1], ids[2], ids[2], ids[1], ids[0], ids[0]]
        await seat.assert_drawn_fresh()


@pytest.mark.parametrize("count", [250, 5000])
async def test_every_move_key_among_many_rows(sit: SitDown, import_records: ImportRecords, count: int) -> None:
    ids = import_records(_many(count))
    async with sit() as seat:
        assert seat.ids == ids
        page = _lines_shown(seat) - 1
        await seat.press("G")
        assert seat.row.id == ids[-1]
        await _cursor_is_in_sight(seat)
        await seat.press("pageup")
        assert seat.row.id == ids[-1 - page]
        await _cursor_is_in_sight(seat)
        await seat.press("g")
        assert seat.row.id == ids[0]
        await seat.press("pagedown", "pagedown")
        assert seat.row.id == ids[2 * page]
        await _cursor_is_in_sight(seat)
        await seat.press("end")
        assert seat.row.id == ids[-1]
        await seat.press("home")
        assert seat.row.id == ids[0]
        for _ in range(count // page + 2):
            seat.desk.action_page_down()
        await seat.settle()
        assert seat.row.id == ids[-1]
        await _cursor_is_in_sight(seat)
        for _ in range(40):
            seat.desk.action_up()
        await seat.settle()
        assert seat.row.id == ids[-41]
        await _cursor_is_in_sight(seat)


async def test_a_held_key_passes_every_row_once(sit: SitDown, import_records: ImportRecords) -> None:
    ids = import_records(_many(60))
    async with sit() as seat:
        await seat.type("j" * 37)
        assert seat.row.id == ids[37]
        assert seat.desk.detail_pane.referral_id == ids[37]
        await _cursor_is_in_sight(seat)


async def test_the_mouse_puts_the_cursor_on_a_row_and_the_wheel_moves_it(
    sit: SitDown, import_records: ImportRecords
) -> None:
    ids = import_records(_many(40))
    async with sit() as seat:
        await seat.pilot.click("#list", offset=(10, 4))
        assert seat.row.id == ids[3]
        await seat.pilot._post_mouse_events([MouseScrollDown], "#list", offset=(10, 4))
        await seat.settle()
        assert seat.row.id == ids[6]
        await seat.pilot.click("#list", offset=(10, 0))
        assert seat.row.id == ids[6]


# What others do around the cursor


async def test_the_cursor_stays_on_its_referral_and_its_line_when_rows_above_come_and_go(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    """A list that another person changes keeps the cursor on the same referral (screens.md)."""
    ids = import_records(_many(100))
    async with sit() as seat:
        for _ in range(50):
            seat.desk.action_down()
        await seat.settle()
        line = seat.text.splitlines().index(seat.row_line(ids[50]))
        Triage(luis).decline(ids[10:20], DECLINE)
        await seat.wake()
        assert seat.row.id == ids[50]
        assert seat.text.splitlines().index(seat.row_line(ids[50])) == line
        import_into(luis, _many(30, createdDateTime=ago(hours=22)))
        await seat.wake()
        assert seat.row.id == ids[50]
        assert seat.text.splitlines().index(seat.row_line(ids[50])) == line
        await seat.assert_drawn_fresh()


async def test_when_the_referral_under_the_cursor_goes_the_next_takes_its_line(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    ids = import_records(_many(30))
    async with sit() as seat:
        await seat.press("j", "j")
        Triage(luis).decline([ids[2]], DECLINE)
        await seat.wake()
        assert seat.row.id == ids[3]
        await seat.press("G")
        Triage(luis).decline([ids[-1]], DECLINE)
        await seat.wake()
        assert seat.row.id == ids[-2]
        await _cursor_is_in_sight(seat)


async def test_a_list_that_empties_and_fills_again(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    ids = import_records(_many(2))
    async with sit() as seat:
        Triage(luis).decline(ids, DECLINE)
        await seat.wake()
        assert "All done: no referral waits for an answer." in seat.text
        assert seat.desk.row is None
        await seat.press("j", "G", "pagedown")
        new = import_into(luis, _many(1))
        await seat.wake()
        assert seat.row.id == new[0]
        await seat.assert_drawn_fresh()


async def test_the_full_detail_is_left_when_its_referral_leaves_the_list(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    """Another referral in its place would take keys that were meant for the first."""
    ids = import_records(_many(3))
    async with sit() as seat:
        await seat.press("enter")
        Triage(luis).decline([ids[0]], DECLINE)
        await seat.wake()
        assert not seat.desk.whole
        assert seat.message == f"luis declined #{ids[0]}"


# Unseen


async def test_a_new_row_is_marked_and_counted_in_the_title_until_the_cursor_was_on_it(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    import_records(_many(3))
    async with sit() as seat:
        new = import_into(luis, _many(2, createdDateTime=ago(minutes=1)))
        await seat.wake()
        assert seat.app.titles[-1] == "refterm (2)"
        for number in new:
            assert seat.row_line(number).startswith("+")
        await seat.press("G")
        assert seat.app.titles[-1] == "refterm (1)"
        assert not seat.row_line(new[1]).startswith("+")
        await seat.press("k")
        assert seat.app.titles[-1] == "refterm"
        assert seat.desk.referral_list.unseen == set()
        await seat.assert_drawn_fresh()


async def test_what_another_decides_or_what_expires_is_unseen_no_longer(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    import_records(_many(1))
    async with sit() as seat:
        new = import_into(luis, _many(2, createdDateTime=ago(minutes=1)))
        await seat.wake()
        Triage(luis).decline([new[0]], DECLINE)
        await seat.wake()
        assert seat.app.titles[-1] == "refterm (1)"


# Marks


async def test_space_marks_and_goes_on_and_again_takes_the_mark_off(
    sit: SitDown, import_records: ImportRecords
) -> None:
    ids = import_records(_many(4))
    async with sit() as seat:
        await seat.press("space", "space")
        assert seat.desk.referral_list.marked == {ids[0], ids[1]}
        assert seat.row.id == ids[2]
        assert seat.row_line(ids[0]).startswith("•")
        assert "2 marked" in seat.text
        await seat.press("k", "space")
        assert seat.desk.referral_list.marked == {ids[0]}
        assert not seat.row_line(ids[1]).startswith("x")
        await seat.press("escape")
        assert seat.desk.referral_list.marked == set()
        assert "marked" not in seat.text
        await seat.assert_drawn_fresh()


async def test_a_range_is_marked_from_the_last_mark_to_the_cursor(sit: SitDown, import_records: ImportRecords) -> None:
    ids = import_records(_many(30))
    async with sit() as seat:
        await seat.press("j", "space", "j", "j", "v")
        assert seat.desk.referral_list.marked == set(ids[1:5])
        await seat.press("G", "v")
        assert seat.desk.referral_list.marked == set(ids[1:])


async def test_a_range_begins_at_the_referral_that_was_marked_whatever_came_above_it_since(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    ids = import_records(_many(8))
    async with sit() as seat:
        await seat.press("j", "j", "space")
        import_into(luis, _many(3, createdDateTime=ago(hours=22)))
        await seat.wake()
        await seat.press("v")
        assert seat.desk.referral_list.marked == {ids[2], ids[3]}


async def test_marks_serve_a_favourite_once_and_end_with_what_another_decided(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    ids = import_records(_many(4))
    async with sit() as seat:
        await seat.press("space", "space", "s")
        assert seat.desk.referral_list.marked == set()
        assert [row.favorite for row in seat.desk.session.desk.rows(ids)] == [True, True, False, False]
        await seat.press("g", "space", "space")
        assert seat.desk.referral_list.marked == {ids[0], ids[1]}
        Triage(luis).decline([ids[0]], DECLINE)
        await seat.wake()
        assert seat.desk.referral_list.marked == {ids[1]}
        Triage(luis).decline([ids[1]], DECLINE)
        await seat.wake()
        await seat.press("d")
        assert f"#{seat.row.id}" in seat.text


async def test_marks_stay_behind_when_the_tab_changes(sit: SitDown, import_records: ImportRecords) -> None:
    import_records(_many(3))
    async with sit() as seat:
        await seat.press("space", "2", "1")
        assert seat.desk.referral_list.marked == set()


# Orders


async def test_o_goes_through_the_orders_of_each_tab_and_keeps_the_cursor_on_its_referral(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        for key, tab in (("1", Tab.INBOX), ("2", Tab.ACTIVE), ("3", Tab.ARCHIVED)):
            await seat.press(key, "j")
            here = seat.row.id
            for order in (*ORDERS[tab][1:], ORDERS[tab][0]):
                before = seat.ids
                await seat.press("o")
                assert seat.desk.view.effective_order is order
                assert f"order: {order.value.replace('_at', '').replace('_', ' ')}" in seat.bar("tabs")
                assert sorted(seat.ids) == sorted(before)
                assert seat.row.id == here
                await seat.assert_drawn_fresh()


async def test_the_inbox_opens_with_hot_flames_then_by_time_to_answer(
    sit: SitDown, import_records: ImportRecords
) -> None:
    ids = import_records(
        [
            api_record(createdDateTime=ago(hours=5)),
            api_record(createdDateTime=ago(hours=30)),
            api_record(createdDateTime=ago(hours=1), details__customerRequestedContact=True),
            api_record(createdDateTime=ago(hours=71), details__customerRequestedContact=True),
            api_record(createdDateTime=ago(hours=73), details__customerRequestedContact=True),
        ]
    )
    async with sit() as seat:
        assert seat.ids == [ids[3], ids[2], ids[4], ids[1], ids[0]]


async def test_value_order_is_by_amount_and_customer_order_by_name(sit: SitDown, import_records: ImportRecords) -> None:
    small, large, none = import_records(
        [
            active_record(customerProfile__name="Österby Bruk AB", details__dealValue=900),
            active_record(customerProfile__name="zuletzt KG", details__dealValue=12000),
            active_record(customerProfile__name="Anders & Co", details__dealValue=None),
        ]
    )
    async with sit() as seat:
        await seat.press("2")
        while seat.desk.view.effective_order is not Order.VALUE:
            await seat.press("o")
        assert seat.ids == [large, small, none]
        await seat.press("o")
        assert seat.ids == [none, small, large]


# Filters, tabs, what is remembered


async def test_a_filter_narrows_its_own_tab_says_so_and_escape_clears_it(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(desk_records())
    async with sit(size=(120, 30)) as seat:
        await seat.press("3")
        everything = seat.ids
        seat.desk.set_filter(Filter(outcome=Outcome.WON))
        await seat.settle()
        assert len(seat.ids) == 2
        assert "filter: won" in seat.bar("tabs")
        assert "2 hits" in seat.bar("tabs")
        await seat.press("1")
        assert "filter" not in seat.bar("tabs")
        await seat.press("3")
        assert len(seat.ids) == 2
        await seat.press("escape")
        assert seat.ids == everything


async def test_the_tab_follows_a_filter_of_what_it_cannot_hold(sit: SitDown, import_records: ImportRecords) -> None:
    """As in `refterm list`: from the Inbox, `F` with an outcome shows the archived ones that ended so."""
    import_records(desk_records())
    async with sit(size=(120, 30)) as seat:
        await seat.press("F", "2", "ctrl+s")
        assert (seat.tab, len(seat.ids)) == (Tab.ARCHIVED, 2)
        assert "filter: won" in seat.bar("tabs")
        await seat.press("1")
        assert "filter" not in seat.bar("tabs")


async def test_a_filter_that_nothing_passes_says_what_to_do(sit: SitDown, import_records: ImportRecords) -> None:
    import_records(desk_records())
    async with sit() as seat:
        seat.desk.set_filter(Filter(profile="nobody"))
        await seat.settle()
        assert "Nothing passes the filter." in seat.text
        assert "escape clears it" in seat.text


async def test_every_tab_has_its_count(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([*_many(12), *(active_record() for _ in range(3)), closed_record("Won")])
    async with sit() as seat:
        assert "Inbox 12" in seat.bar("tabs")
        assert "Active 3" in seat.bar("tabs")
        assert "Archived 1" in seat.bar("tabs")


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_the_tabs_with_their_counts_stand_whatever_else_does(
    sit: SitDown, import_records: ImportRecords, size: tuple[int, int]
) -> None:
    import_records(desk_records())
    async with sit(size=size) as seat:
        for key in ("1", "2", "3"):
            await seat.press(key)
            seat.desk.set_filter(Filter(favorite=True, profile="A profile with a long name"))
            for words in ("Inbox", "Active", "Archived"):
                assert re.search(rf"{words} \d+", seat.text.splitlines()[1])


async def test_while_a_search_is_on_each_tab_shows_its_own_hits(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([api_record(), active_record(), active_record(), closed_record("Won")])
    import_records([api_record(customerProfile={"name": "Quarryside Mining"})])
    async with sit() as seat:
        await seat.press("slash", *"quarryside", "enter")
        assert "Inbox 1 " in seat.bar("tabs")
        assert "Active 0 " in seat.bar("tabs")
        await seat.press("2")
        assert "1: 1 in Inbox." in seat.text
        await seat.press("escape")
        assert "Active 2 " in seat.bar("tabs")


async def test_a_list_that_is_read_again_draws_the_rows_that_changed_and_no_others(
    sit: SitDown, import_records: ImportRecords, luis: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is read again for: another letter of a search, a mark, a write of somebody else."""
    import_records(_many(30))
    drawn: list[int] = []
    render_line = ReferralList.render_line

    def noted(self: ReferralList, y: int) -> Strip:
        drawn.append(y)
        return render_line(self, y)

    async with sit(size=(120, 30)) as seat:
        monkeypatch.setattr(ReferralList, "render_line", noted)
        await seat.press("slash")
        for letter in "kon":
            await seat.press(letter)
            await seat.assert_drawn_fresh()
            drawn.clear()
        await seat.press("t")
        assert seat.desk.search == "kont"
        assert drawn == []
        await seat.press("enter")
        drawn.clear()
        await seat.press("t")
        assert drawn == [1]
        await seat.assert_drawn_fresh()
        drawn.clear()
        Marks(luis).take(seat.ids[4])
        await seat.wake()
        await seat.settle()
        assert drawn == [5]
        await seat.assert_drawn_fresh()
        await seat.resize(120, 40)
        await seat.assert_drawn_fresh()


async def test_the_line_of_counts_says_what_is_mine_and_what_is_late(
    sit: SitDown, import_records: ImportRecords
) -> None:
    """At the instant it changes; what there is none of is left out."""
    import_records([*_many(3), api_record(createdDateTime=ago(hours=30))])
    async with sit() as seat:
        assert "late 1" in seat.bar("top")
        assert "no profile 4" in seat.bar("top")
        assert "mine" not in seat.bar("top")
        await seat.press("t")
        assert "mine 1" in seat.bar("top")
        await seat.press("2")
        assert "late" not in seat.bar("top")


async def test_tab_order_and_filter_are_remembered_for_the_person(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await seat.press("o", "3", "o")
        seat.desk.set_filter(Filter(outcome=Outcome.LOST, since=seat.place.now().replace(year=2020)))
        await seat.settle()
        kept = seat.desk.view
    async with sit() as seat:
        assert seat.desk.view == kept
        await seat.press("1")
        assert seat.desk.view.effective_order is ORDERS[Tab.INBOX][1]
    async with sit(place=luis) as seat:
        assert seat.tab is Tab.INBOX
        assert seat.desk.view.effective_order is Order.DUE


async def test_what_was_changed_last_is_remembered_by_a_desk_left_at_once(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        seat.desk.action_tab_active()
        seat.desk.action_next_order()
        seat.desk.action_quit()
    async with sit() as seat:
        assert seat.tab is Tab.ACTIVE
        assert seat.desk.view.effective_order is ORDERS[Tab.ACTIVE][1]


async def test_a_theme_is_remembered(sit: SitDown) -> None:
    async with sit() as seat:
        seat.app.theme = "nord"
        await seat.settle()
    async with sit() as seat:
        assert seat.app.theme == "nord"


# Search


async def _search_for(seat: Seat, text: str) -> None:
    await seat.press("slash")
    await seat.type(text)


async def test_search_narrows_with_every_letter_and_shows_what_is_typed(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await seat.press("slash")
        for typed in ("c", "co", "con", "cons"):
            await seat.press(typed[-1])
            assert typed in seat.text.splitlines()[0]
            assert seat.desk.query_one(Input).value == typed
            await seat.assert_drawn_fresh()
        assert [row.company for row in _rows(seat)] == ["Conservas El Almendro S.A."]
        assert "1 hit" in seat.bar("tabs")
        await seat.press("backspace", "backspace", "backspace", "backspace")
        assert len(seat.ids) == 6


def _rows(seat: Seat) -> list[Any]:
    return [seat.desk.referral_list._row(position) for position in range(seat.desk.referral_list.count)]


async def test_enter_keeps_the_hits_with_the_cursor_on_the_first_one(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await seat.press("G")
        await _search_for(seat, "move")
        await seat.press("enter")
        assert seat.desk.referral_list.has_focus
        assert seat.desk.referral_list.cursor == 0
        assert seat.row.company == "Reederei Möwe & Sohn KG"
        assert "/move" in seat.bar("tabs")
        await seat.press("s")
        assert seat.row.favorite
        assert len(seat.ids) == 1


@pytest.mark.parametrize("accepted", [False, True], ids=["in the field", "in the list"])
async def test_escape_clears_the_search_in_either_place(
    sit: SitDown, import_records: ImportRecords, accepted: bool
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await _search_for(seat, "nidaros")
        if accepted:
            await seat.press("enter")
        assert len(seat.ids) == 1
        await seat.press("escape")
        assert len(seat.ids) == 6
        assert seat.desk.search == ""
        assert seat.desk.referral_list.has_focus
        await seat.press("slash")
        assert seat.desk.query_one(Input).value == ""


async def test_typing_and_enter_faster_than_the_search_lose_nothing(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await seat.type("/penhale")
        driver = seat.app._driver
        assert driver is not None
        await seat.press("enter")
        assert [row.company for row in _rows(seat)] == ["Penhale Boatyard Ltd"]
        await seat.type("/reed")
        await seat.press("enter")
        assert [row.company for row in _rows(seat)] == ["Reederei Möwe & Sohn KG"]
        await seat.type("/con")
        await seat.press("escape")
        assert len(seat.ids) == 6


async def test_letters_of_the_search_are_no_keys_of_the_desk(sit: SitDown, import_records: ImportRecords) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await _search_for(seat, "123 qadwlus?/ x")
        assert seat.desk.query_one(Input).value == "123 qadwlus?/ x"
        assert seat.tab is Tab.INBOX
        assert not seat.desk.referral_list.marked


async def test_arrows_move_among_the_hits_while_the_search_is_open(sit: SitDown, import_records: ImportRecords) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await _search_for(seat, "m")
        first = seat.row.id
        await seat.press("down")
        assert seat.row.id != first
        assert seat.desk.query_one(Input).has_focus


async def test_the_search_goes_along_to_another_tab(sit: SitDown, import_records: ImportRecords) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await _search_for(seat, "penhale")
        await seat.press("enter", "2")
        assert [row.company for row in _rows(seat)] == ["Penhale Boatyard Ltd"]


async def test_no_match_says_what_was_searched_for_and_how_to_go_back(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await _search_for(seat, "zzz [b]")
        assert "Nothing found for zzz [b]." in seat.text
        assert "escape clears the search." in seat.text
        await seat.press("enter", "j", "a")
        assert seat.message == "There is no referral here."


async def test_hits_above_a_thousand_are_said_as_1000_plus(sit: SitDown, import_records: ImportRecords) -> None:
    import_records(_many(1003))
    async with sit() as seat:
        await _search_for(seat, "move")
        assert "1000+ hits" in seat.bar("tabs")
        await seat.press("enter", "G")
        assert "1000+ hits" in seat.bar("tabs")
        await _cursor_is_in_sight(seat)
    async with sit() as seat:
        seat.desk.set_filter(Filter(flame=False))
        assert "Inbox 1003" in seat.bar("tabs")


async def test_a_search_stays_true_when_others_write(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        await _search_for(seat, "penhale")
        import_into(luis, [api_record(customerProfile__name="Penhale Bakery"), api_record()])
        await seat.wake()
        assert len(seat.ids) == 2
        assert seat.desk.query_one(Input).has_focus


# Texts that mean harm

HOSTILE = [
    "[bold red]URGENT[/]",
    "[/]",
    "[link=https://attacker.example]click",
    "[@click=app.quit]quit[/]",
    "\x1b]0;owned\x07\x1b]52;c;cm0gLXJm\x07",
    "\x1b[2J\x1b[H\x9b31mred\x84\x90",
    "x" * 10_000,
    "漢" * 300,
    "e" + "\u0301" * 200,
    "\u200b\u200d\ufeff\u2060",
    "\u202eevil\u202c \u2066abc\u2069",
    "مستشفى الواحة ش.م.ح",
    "👨\u200d👩\u200d👧 👍🏽 🇩🇪 ☎️ ⚠️",
    "a\tb\nc\r\nd\u2028e\u0085f",
    "\u00a0" * 400,
    "\u3000" * 200 + "z",
    "ก\u0e33\u0e49" * 40,
    "\u1112\u1161\u11ab" * 30,
    "A\u0336B\u0336",
    ":fire: {now} %s ${x}",
    "'; drop table referral; --",
]


# Control and format characters, surrogates, private and unassigned ones, line and paragraph separators.
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _hostile_record(text: str, **more: Any) -> dict[str, Any]:
    who = {"firstName": text, "lastName": text, "phoneNumber": text, "email": f"{text}@c.example"}
    return api_record(
        customerProfile={
            "name": f"K{text}",
            "team": [who],
            "address": {"city": text, "addressLine1": text, "postalCode": text},
        },
        details__notes=text,
        details__customerRequestedContact=True,
        **more,
    )


def _assert_harmless(seat: Seat) -> None:
    columns, lines = seat.app.size
    drawn = screen_segments(seat.app)
    assert len(drawn) == lines
    for line in drawn:
        text = "".join(segment.text for segment in line)
        assert width(text) == columns, text
        assert sum(segment.cell_length for segment in line) == columns, text
        for segment in line:
            assert not {unicodedata.category(letter) for letter in segment.text} & FORBIDDEN, repr(segment.text)
            assert not segment.style or segment.style.link is None
            assert not segment.style or not {"@click", "@click.action"} & set(segment.style.meta)


@pytest.mark.parametrize(
    ("size", "signs"),
    [((80, 24), UNICODE), ((121, 41), UNICODE), ((162, 50), ASCII), ((40, 12), UNICODE), ((80, 40), ASCII_ONLY)],
    ids=["80x24", "121x41", "162x50 ascii", "40x12", "80x40 ascii only"],
)
async def test_no_text_of_a_customer_moves_a_cell_or_is_obeyed(
    sit: SitDown, import_records: ImportRecords, size: tuple[int, int], signs: Signs
) -> None:
    """Markup, escape sequences, links and control characters are text or gone (contract, The screen)."""
    import_records([_hostile_record(text) for text in HOSTILE])
    async with sit(size=size, signs=signs) as seat:
        for _ in HOSTILE:
            _assert_harmless(seat)
            if signs is ASCII_ONLY:
                assert seat.text.isascii()
            await seat.press("j")
        assert seat.app.titles == []


@pytest.mark.parametrize("signs", [UNICODE, ASCII_ONLY], ids=["unicode", "ascii only"])
async def test_nor_in_the_full_detail(sit: SitDown, import_records: ImportRecords, signs: Signs) -> None:
    import_records([_hostile_record(text) for text in HOSTILE])
    async with sit(size=(100, 30), signs=signs) as seat:
        await seat.press("enter")
        for index in range(len(HOSTILE)):
            seat.desk.referral_list.move_to(index)
            await seat.settle()
            for key in ("g", "G"):
                await seat.press(key)
                _assert_harmless(seat)
                if signs is ASCII_ONLY:
                    assert seat.text.isascii()


async def test_markup_stands_as_it_was_written(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([_hostile_record("[bold red]URGENT[/]")])
    async with sit(size=(120, 30)) as seat:
        assert "K[bold red]URGENT[/]" in seat.bar("alert")
        assert seat.line_with("K[bold red]URGENT[/]")


async def test_names_typed_by_others_and_searches_are_plain_text_too(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    ids = import_records(_many(2))
    with luis.database.writing() as connection:
        connection.execute("update referral set taken_by = ?", ("\x1b]0;x\x07[red]luis",))
    Marks(luis).favorite(ids[1])
    async with sit(size=(120, 30)) as seat:
        await seat.press("t")
        _assert_harmless(seat)
        await seat.press("escape", "slash", *"[red]")
        _assert_harmless(seat)
        assert "[red]" in seat.text


async def test_what_stands_in_the_database_is_cleaned_again(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace
) -> None:
    """It may have come another way than through the import."""
    import_records(_many(1))
    people = json.dumps([{"name": "\x1b[31m", "title": "\x9d", "email": "a\x07@x.example", "phone": "\x00"}])
    with workplace.database.writing() as connection:
        connection.execute(
            "update referral set company = ?, need = ?, city = ?, contacts = ?, deal_notes = ?, profile = ?",
            ("\x1b]0;t\x07", "\x1b[2J\nx", "\x90", people, "\x1b[1m", "\x1b[2J"),
        )
    for size in ((80, 24), (120, 40), (160, 50)):
        async with sit(size=size) as seat:
            _assert_harmless(seat)
            await seat.press("enter")
            _assert_harmless(seat)


async def test_a_desk_of_any_size_draws_whole_lines(sit: SitDown, import_records: ImportRecords) -> None:
    import_records(desk_records())
    async with sit() as seat:
        for columns, lines in ((1, 1), (2, 5), (10, 3), (20, 10), (40, 12), (79, 23), (80, 24), (159, 30), (200, 60)):
            await seat.resize(columns, lines)
            for keys in (("1",), ("2",), ("3",), ("1", "enter"), ("escape",)):
                await seat.press(*keys)
                _assert_harmless(seat)
            await seat.assert_drawn_fresh()


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (60, 20), (30, 10)], ids=str)
async def test_a_terminal_that_is_too_small_says_so_and_still_shows_the_list(
    sit: SitDown, import_records: ImportRecords, size: tuple[int, int]
) -> None:
    import_records(desk_records())
    async with sit(size=size) as seat:
        assert seat.message.startswith(f"{size[0]}x{size[1]} is small")
        assert str(seat.row.id) in seat.text.splitlines()[4]
        await seat.resize(80, 24)
        assert "is small" not in seat.text


async def test_dates_that_sources_write_for_never_and_unknown_are_shown_in_every_zone(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace
) -> None:
    """The first and the last instant that there are cannot be moved into a zone (Z1)."""
    import_records(
        [
            api_record(expirationDateTime="9999-12-31T23:59:59Z"),
            closed_record("Won", closedDateTime="0001-01-01T00:00:00Z"),
            active_record(
                acceptedDateTime="0001-01-01T00:00:00Z",
                details__closingDateTime="9999-12-31T23:59:59Z",
            ),
        ]
    )
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        async with sit(place=replace(workplace, zone=ZoneInfo(zone)), size=(120, 40)) as seat:
            for key in ("1", "2", "3"):
                await seat.press(key, "enter", "escape")
                _assert_harmless(seat)


async def test_only_mine_is_two_keys_and_after_a_call_the_next_is_under_the_cursor(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace
) -> None:
    ids = import_records(_many(3, details__customerRequestedContact=True))
    Marks(workplace).take(ids[2])
    async with sit() as seat:
        await seat.press("m", "enter")
        await seat.until(lambda: seat.row.id == ids[1])
        await seat.press("V", "m")
        assert seat.ids == [ids[2]]
        assert "filter: mine" in seat.bar("tabs")


async def test_what_was_decided_last_is_kept_by_a_desk_left_at_once(
    sit: SitDown, import_records: ImportRecords
) -> None:
    """A key before `q` is done though both came in one read, and its work has not begun yet."""
    import_records(desk_records())
    async with sit() as seat:
        row = seat.row
        seat.desk.action_favorite()
        seat.desk.action_quit()
    async with sit() as seat:
        assert seat.row.id == row.id
        assert seat.row.favorite is not row.favorite


async def test_the_scores_are_brought_up_to_date_once_while_nobody_writes(
    sit: SitDown, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a million referrals it takes a minute in which every key waits a little."""
    import_records([api_record(), api_record()])
    runs: list[Workplace] = []

    def counted(place: Workplace, _go_on: Callable[[], bool]) -> int:
        runs.append(place)
        return 0

    monkeypatch.setattr("refterm.services.background.fitting.store_scores", counted)
    async with sit() as seat:
        for _ in range(2 * len(ORDERS[Tab.INBOX])):
            await seat.press("o")
        assert len(runs) == 1
        await seat.press("t")
        for _ in range(len(ORDERS[Tab.INBOX])):
            await seat.press("o")
        assert len(runs) == 2


async def test_the_first_frame_has_its_columns_before_the_size_is_told(
    sit: SitDown, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a slow line shows every customer as a single letter for a moment."""
    monkeypatch.setattr(ReferralList, "on_resize", lambda *_given: None)
    import_records(desk_records())
    async with sit(size=(100, 24)) as seat:
        assert "Penhale Boatyard" in seat.text


async def test_the_keys_behind_one_that_submits_are_the_desk_s(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace
) -> None:
    """They came while the form was still there, and were lost with it; where it is refused, they do nothing."""
    import_records(desk_records())
    async with sit() as seat:
        first, second = seat.ids[:2]
        await seat.burst("d", "1", "ctrl+s", "d", "1", "ctrl+s", "2")
        await seat.until(lambda: seat.app.screen is seat.desk and seat.tab is Tab.ACTIVE)
        assert [Desk(workplace).referral(number).outcome for number in (first, second)] == [Outcome.DECLINED] * 2
        await seat.press("1")
        await seat.burst("n", *"call", "ctrl+s", "down")
        await seat.until(lambda: seat.app.screen is seat.desk and seat.row.id == seat.ids[1])
        entry = max(Desk(workplace).history(seat.ids[0]), key=lambda one: one.id)
        assert (entry.action, dict(entry.changes)) == ("noted", {"note": (None, "call")})
        await seat.burst("a", "ctrl+s", "d")
        await seat.until(lambda: isinstance(seat.app.screen, Form) and bool(seat.app.screen.errors()))
        await seat.press("escape")
        assert seat.app.screen is seat.desk


async def test_once_a_form_says_that_it_waits_keys_are_its_own(
    sit: SitDown, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is typed into a form that stands there is no command to the list behind it."""
    go_on, decline = threading.Event(), Triage.decline

    def waiting(*given: Any) -> Any:
        assert go_on.wait(60)
        return decline(*given)

    monkeypatch.setattr(Triage, "decline", waiting)
    import_records(desk_records())
    async with sit() as seat:
        seat.send("d", "1", "ctrl+s")
        await seat.until(lambda: isinstance(seat.app.screen, Form) and bool(seat.app.screen.message))
        seat.send("d", "2")
        go_on.set()
        await seat.until(lambda: seat.app.screen is seat.desk)
        await seat.settle()
        assert seat.app.screen is seat.desk
        assert seat.tab is Tab.INBOX


async def test_the_keys_behind_one_that_opens_a_form_go_into_the_form(
    sit: SitDown, import_records: ImportRecords
) -> None:
    """Over a slow line they come in one burst, and went to the list, which knew nothing to do with them."""
    import_records(desk_records())
    async with sit() as seat:
        await seat.burst("a", "tab", *"12.5")
        form = seat.app.screen
        assert isinstance(form, Form)
        assert form.texts()["value"] == "12.5"
        assert seat.tab is Tab.INBOX
    async with sit() as seat:
        await seat.type("Vn")
        assert "nobody's" in seat.text
        assert seat.app.screen is seat.desk
