"""Every key of the contract's table (section The screen) has an action, and every action works or says why not."""

from __future__ import annotations

import pytest

from refterm.domain.query import Tab
from refterm.errors import ConfigurationError, RefTermError
from refterm.services.workplace import Workplace
from refterm.tui.actions import ANYWHERE, Situation, key_name, keys_of, off_words, registry, use_keys, why_off
from refterm.tui.desk.actions import DeskActions
from refterm.tui.desk.hand_actions import HandActions
from refterm.tui.desk.look_actions import LookActions
from refterm.tui.desk.screen import DeskScreen
from refterm.tui.panels.finder import Finder
from tests.conftest import ImportRecords
from tests.samples import api_record
from tests.tui.conftest import SitDown
from tests.tui.invented import desk_records
from tests.tui.seat import Seat
from tests.workplaces import open_at

ACTIONS = registry()
# What ends the program or needs a shell is tested in a real terminal (tests/pty).
ELSEWHERE = ("quit", "suspend")
# Keys of the contract's table; `ctrl+p` is the application's own.
CONTRACT_KEYS = {
    *("1", "2", "3", "j", "k", "down", "up", "g", "G", "pagedown", "pageup", "enter", "escape", "slash", "o", "F"),
    *(
        "space",
        "v",
        "f",
        "y",
        "Y",
        "s",
        "i",
        "h",
        "question_mark",
        "ctrl+z",
        "a",
        "d",
        "e",
        "c",
        "x",
        "w",
        "l",
        "m",
    ),
    *("t", "u", "n", "z", "p", "r", "q", "R", "T", "Z", "E", "O"),
}
# What a person can do to no effect, without a word: there is nothing above the first row.
SILENT = {
    *("down", "up", "page_down", "page_up", "top", "bottom", "back", "next_contact", "tab_inbox", "tab_active"),
    *("tab_archived", "mark_range"),
}


def test_every_action_has_what_does_it_and_nothing_else_has() -> None:
    methods = {
        name for kind in (LookActions, HandActions, DeskActions) for name in vars(kind) if name.startswith("action_")
    }
    assert {f"action_{action.id}" for action in ACTIONS} == methods


def test_no_two_actions_share_a_key() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"accept": "d"}, "d is the key of both accept and decline"),
        ({"next_flame": "/"}, "/ is the key of both search and next_flame"),
        ({"acept": "A"}, "acept is no action; allowed are accept, add_contact"),
        ({"accept": "ctrl+p"}, "the desk keeps ctrl\\+p for itself"),
        ({"accept": "nonsense"}, "nonsense is no key"),
        ({"accept": ""}, "is no key"),
    ],
)
def test_keys_of_one_s_own_that_clash_or_are_none_are_an_error(keys: dict[str, str], why: str) -> None:
    """`[keys]`: the error names both."""
    with pytest.raises(ConfigurationError, match=why):
        use_keys(keys)
    assert registry() == ACTIONS


async def test_keys_of_one_s_own_work_and_are_shown_everywhere(sit: SitDown, import_records: ImportRecords) -> None:
    """`[keys]`: also two that change places."""
    import_records([api_record()])
    use_keys({"accept": "d", "decline": "a", "search": "f5", "help": "H"})
    try:
        async with sit(size=(160, 50)) as seat:
            assert "d accept" in seat.bar("keys")
            await seat.press("a")
            assert "Close engagement" in seat.text
            await seat.press("escape", "d")
            assert "Accept referral" in seat.text
            await seat.press("escape", "slash")
            assert not seat.desk.has_class("-searching")
            await seat.press("f5")
            assert seat.desk.has_class("-searching")
            assert "f5 search" in seat.bar("tabs")
            await seat.press("escape", "H")
            assert "f5" in seat.text
            await seat.press("escape")
    finally:
        use_keys({})


@pytest.mark.parametrize(
    "typed", ["!", "#", "-", "+", "_", "@", "\\", "]", "<", "ñ", "7", "A", "ctrl+n", "f5", "space", "escape"]
)
def test_a_key_is_shown_as_it_is_typed(typed: str) -> None:
    use_keys({"accept": typed, "mark": "f2", "back": "f3"})
    try:
        assert keys_of("accept") == typed
    finally:
        use_keys({})


async def test_sentences_name_one_s_own_keys(sit: SitDown) -> None:
    use_keys({"accept": "A", "bring_in": "f7", "tab_inbox": "!", "tab_active": "f6", "back": "f8"})
    try:
        async with sit(size=(160, 50)) as seat:
            assert "f7  import a file" in seat.text
            await seat.press("f6")
            assert "! goes to the Inbox, where A accepts a referral." in seat.text
            assert " f6 Active" in seat.bar("tabs")
            await seat.press("slash", *"nobody", "enter")
            assert "f8 clears the search." in seat.text
    finally:
        use_keys({})


def test_the_keys_are_those_of_the_contract() -> None:
    keys = {key for action in ACTIONS for key in action.keys}
    assert keys >= CONTRACT_KEYS


def test_every_action_says_what_it_does_and_where_it_is_listed() -> None:
    for action in ACTIONS:
        assert action.label.strip()
        assert action.group.strip()
        assert action.label[0].isupper()


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_an_action_that_is_off_says_why_in_a_sentence(action: object) -> None:
    for tab in ANYWHERE:
        for has_row in (True, False):
            for read_only in (True, False):
                reason = why_off(action, Situation(tab, has_row, read_only, kiosk=True))  # type: ignore[arg-type]
                assert reason is None or reason.endswith(".")


def _left(seat: Seat) -> bool:
    return seat.app.return_value is not None or not seat.app.is_running


async def _back_to_list(seat: Seat) -> None:
    while not isinstance(seat.app.screen, DeskScreen):
        before = seat.app.screen
        await seat.press("escape")
        assert seat.app.screen is not before, f"escape does not leave {before}"
    while seat.desk.whole or seat.desk.search or seat.desk.has_class("-searching"):
        await seat.press("escape")


@pytest.mark.parametrize(
    ("tab", "filled", "whole"),
    [
        *((tab, True, False) for tab in ("1", "2", "3")),
        *((tab, False, False) for tab in ("1", "3")),
        ("2", True, True),
    ],
    ids=["inbox", "active", "archived", "empty inbox", "empty archive", "detail"],
)
async def test_every_key_works_or_says_why(
    sit: SitDown, import_records: ImportRecords, filled: bool, tab: str, whole: bool
) -> None:
    """On every tab, with rows and without, in the list and in the full-screen detail (contract, The screen)."""
    if filled:
        import_records(desk_records())
    async with sit() as seat:
        for action in ACTIONS:
            if action.id in ELSEWHERE:
                continue
            await _back_to_list(seat)
            await seat.press(tab)
            if whole:
                await seat.press("enter")
                assert seat.desk.whole
            seat.desk.say("-")
            reason = why_off(action, seat.desk.situation())
            before, copied = seat.text, len(seat.app.copied)
            await seat.press(action.keys[0])
            if reason:
                assert seat.message == reason
                assert isinstance(seat.app.screen, DeskScreen)
            elif action.id not in SILENT and not (whole and action.id == "detail"):
                assert seat.text != before or len(seat.app.copied) > copied, f"{action.id} did nothing"
            if isinstance(seat.app.screen, DeskScreen):
                await seat.assert_drawn_fresh()


async def test_textual_is_told_what_is_off_now(sit: SitDown, import_records: ImportRecords) -> None:
    """To ask changes nothing and says nothing; to press the key says why."""
    import_records([api_record()])
    async with sit() as seat:
        enabled = {key: one.enabled for key, one in seat.desk.active_bindings.items()}
        assert (enabled["a"], enabled["w"]) == (True, False)
        assert seat.message == ""
        await seat.press("w")
        assert seat.message == "Won is for active deals. This one is not accepted yet (a)."


async def test_a_desk_open_for_reading_refuses_every_change(
    workplace: Workplace, sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(desk_records())
    reading = open_at(workplace.database.file, workplace.clock, read_only=True)
    async with sit(place=reading) as seat:
        assert "read only" in seat.bar("top")
        for tab, name in (("1", Tab.INBOX), ("2", Tab.ACTIVE), ("3", Tab.ARCHIVED)):
            for action in (action for action in ACTIONS if action.writes):
                await seat.press(tab, action.keys[0])
                assert seat.message == "This desk is open for reading only.", action.id
                assert seat.tab is name
                assert isinstance(seat.app.screen, DeskScreen)
    reading.close()
    with workplace.database.reading() as connection:
        assert connection.execute("select count(*) from history where action <> 'imported'").fetchone()[0] == 0


async def test_the_footer_shows_keys_that_work_now_and_always_the_way_to_all_of_them(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(desk_records())
    async with sit() as seat:
        assert "a accept" in seat.bar("keys")
        assert "w won" not in seat.bar("keys")
        await seat.press("2")
        assert "w won" in seat.bar("keys")
        assert "a accept" not in seat.bar("keys")
        for width in (40, 60, 80, 120):
            await seat.resize(width, 24)
            for words in ("? keys", "q quit"):
                assert words in seat.text.splitlines()[-1]


async def test_the_footer_fills_the_width_it_has_after_a_resize(sit: SitDown, import_records: ImportRecords) -> None:
    import_records(desk_records())
    async with sit(size=(50, 24)) as seat:
        narrow = seat.bar("keys")
        await seat.resize(120, 24)
        async with sit(size=(120, 24)) as other:
            assert seat.bar("keys") == other.bar("keys") != narrow
        await seat.resize(50, 24)
        assert seat.bar("keys") == narrow


async def test_help_lists_every_key_first_those_that_do_something_here(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records([api_record()])
    async with sit(size=(120, 140)) as seat:
        await seat.press("question_mark")
        for action in ACTIONS:
            if not why_off(action, seat.desk.situation()):  # of others the reason stands there
                assert key_name(action.keys[0]) in seat.text
        lines = seat.text.splitlines()
        heading = next(place for place, line in enumerate(lines) if "Not here" in line)
        for label, off in ("Accept the referral", False), ("Report the deal as won", True):
            (place,) = (number for number, line in enumerate(lines) if f" {label}  " in line)
            assert (place > heading) == off
        for words in ("call now", "72 h have passed", "ana has a form open"):
            assert words in seat.text


async def test_help_narrows_as_one_types_and_does_what_is_chosen(sit: SitDown, import_records: ImportRecords) -> None:
    (number,) = import_records([api_record()])
    async with sit(size=(80, 24)) as seat:
        await seat.press("question_mark", *"favour")
        assert "Accept the referral" not in seat.text
        await seat.press("enter")
        assert seat.desk.session.desk.referral(number).favorite
        await seat.press("question_mark", *"deal as won", "enter")
        assert "Keys" in seat.text  # what cannot be done stays, with its reason
        await seat.press("escape", "question_mark", *"zzz")
        assert "Nothing is called so." in seat.text
        await seat.press("enter", "escape")


async def test_the_palette_finds_customers(sit: SitDown, import_records: ImportRecords) -> None:
    """Wherever they stand; one opens whole."""
    numbers = import_records(
        [api_record(customerProfile__name=name) for name in ("Hansen KG", "Hansen [red]& Co", "Spedition Nord")]
    )
    async with sit(size=(80, 24)) as seat:
        await seat.press("ctrl+p", *"hansen")
        assert "Hansen [red]& Co" in seat.text
        await seat.press("down", "enter")
        assert seat.desk.whole
        assert seat.row.id in numbers[:2]


async def _palette(seat: Seat) -> list[str]:
    await seat.press("ctrl+p")
    shown = seat.app.screen
    assert isinstance(shown, Finder)
    return [f"{entry.label} {entry.why or entry.beside}" for entry in shown.entries("")]


async def test_the_palette_lists_every_action_with_its_key_or_why_it_is_off(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records([api_record()])
    async with sit(size=(120, 40)) as seat:
        listed = "\n".join(await _palette(seat))
        now = seat.desk.situation()
        for action in ACTIONS:
            assert action.label in listed
            assert (off_words(action, now) or key_name(action.keys[0])) in listed
        for theme in seat.app.available_themes:
            assert theme in listed


async def test_ctrl_c_says_how_to_leave(sit: SitDown) -> None:
    async with sit() as seat:
        await seat.press("ctrl+c")
        assert seat.message == "q quits the desk."


async def test_the_palette_does_what_is_chosen(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([api_record()])
    async with sit(size=(120, 40)) as seat:
        await seat.press("ctrl+p")
        await seat.press(*"favour")
        await seat.press("enter")
        await seat.until(lambda: isinstance(seat.app.screen, DeskScreen))
        await seat.settle()
        assert seat.row.favorite


async def test_an_error_of_the_database_is_a_sentence_and_the_desk_stays(
    sit: SitDown, import_records: ImportRecords, luis: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds the file for long: the person is told, and nothing else happens."""
    import_records([api_record()])
    async with sit() as seat:

        def refuse(_self: object, _id: int, **_seen: object) -> bool:
            raise RefTermError("the database is busy")

        monkeypatch.setattr("refterm.services.marks.Marks.favorite", refuse)
        await seat.press("s")
        assert seat.message == "The database is busy"
        assert not seat.row.favorite
