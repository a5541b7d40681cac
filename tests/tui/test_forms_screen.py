"""How forms stand on the screen: at 80x24, in ASCII, without colours, with hostile names; and what fields understand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual import events

from refterm import i18n
from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.domain.query import View
from refterm.services.workplace import Workplace
from refterm.tui.forms.accept import accept_form
from refterm.tui.forms.contact import contact_form
from refterm.tui.forms.decline import decline_form
from refterm.tui.forms.edit import edit_form
from refterm.tui.forms.fields import ChoiceField, FieldSpec
from refterm.tui.forms.filter import filter_form
from refterm.tui.forms.form import Form
from refterm.tui.forms.note import note_form
from refterm.tui.forms.outcome import lost_form, won_form
from refterm.tui.forms.skip import skip_form
from refterm.tui.panels.confirm import Confirm
from refterm.tui.panels.history import HistoryScreen
from refterm.tui.session import Session
from tests.conftest import ImportRecords
from tests.samples import active_record, api_record, closed_record
from tests.tui.forms import NARROW, WIDE, Sitting, open_form, session_at, sitting

ALL = ["accept", "decline", "edit", "contact", "won", "lost", "note", "skip", "filter"]
HOSTILE = "Acme [/x] [@click=app.quit]go[/] \x1b]0;gotcha\x07 \u202eevil"
SHOWN = "Acme [/x] [@click=app.quit]go[/] ]0;gotcha evil"


@pytest.fixture
def session(workplace: Workplace, tmp_path: Path) -> Session:
    """Ana's session."""
    return session_at(workplace, tmp_path)


def form_named(name: str, session: Session, new: int, active: int) -> Form[object]:
    """Any of the forms."""
    desk = session.desk
    company = desk.referral(new).customer.company
    forms = {
        "accept": lambda: accept_form(session, desk.referral(new)),
        "decline": lambda: decline_form(session, [(new, company)]),
        "edit": lambda: edit_form(session, desk.referral(active)),
        "contact": lambda: contact_form(session, desk.referral(active)),
        "won": lambda: won_form(session, desk.referral(active)),
        "lost": lambda: lost_form(session, desk.referral(active)),
        "note": lambda: note_form(session, new, company),
        "skip": lambda: skip_form(session, desk.referral(new)),
        "filter": lambda: filter_form(session, View()),
    }
    return forms[name]()  # type: ignore[return-value]


def in_the_inbox_and_active(import_records: ImportRecords, company: str) -> tuple[int, int]:
    """A new referral that was declined thrice before, and an engagement of the same customer."""
    records = [
        api_record(customerProfile__name=company),
        active_record(customerProfile__name=company),
        *(closed_record("Declined", customerProfile__name=company) for _time in range(3)),
    ]
    numbers = import_records(records)
    return numbers[0], numbers[1]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("plain", [False, True], ids=["utf-8", "ascii"])
async def test_at_80x24_every_field_is_on_the_screen_when_it_has_the_focus(
    workplace: Workplace, tmp_path: Path, import_records: ImportRecords, name: str, plain: bool
) -> None:
    session = session_at(workplace, tmp_path, plain=plain)
    numbers = in_the_inbox_and_active(import_records, "Bäckerei Hansen KG")
    async with open_form(form_named(name, session, *numbers), NARROW) as here:
        await here.press("ctrl+s") if name != "edit" else None
        if here.closed_with:
            return
        for _field in here.screen.fields:
            focused = here.app.focused
            assert focused is not None
            row = focused.parent
            assert here.visible(focused), here.text
            assert here.visible(row), f"the line for the error of {here.focus}:\n{here.text}"
            await here.press("tab")
        assert here.visible(here.screen.query_one("#form-submit")), here.text
        dialog = here.screen.query_one("#form-dialog")
        assert here.visible(dialog), "frame and all"
        assert dialog.size.width <= 80


async def test_a_terminal_of_40x12_still_reaches_every_field(session: Session, import_records: ImportRecords) -> None:
    numbers = in_the_inbox_and_active(import_records, "Bäckerei Hansen KG")
    async with open_form(form_named("decline", session, *numbers), (40, 12)) as here:
        await here.press("8", "tab")
        assert here.visible(here.app.focused), here.text
        await here.press("tab")
        assert here.visible(here.app.focused), here.text


async def test_a_form_fits_again_when_the_terminal_changes(session: Session, import_records: ImportRecords) -> None:
    numbers = in_the_inbox_and_active(import_records, "Bäckerei Hansen KG")
    async with open_form(form_named("accept", session, *numbers), WIDE) as here:
        for size in (NARROW, (200, 50), (100, 20)):
            await here.pilot.resize_terminal(*size)
            await here.settle()
            top = next(line for line in here.lines if "Accept referral" in line).strip()
            assert top.startswith("╭─ Accept referral ─"), here.text
            assert top.endswith("Bäckerei Hansen KG ─╮"), here.text
            assert here.visible(here.screen.query_one("#form-dialog")), here.text


@pytest.mark.parametrize("name", ALL)
async def test_a_customers_text_is_text_whatever_it_holds(
    session: Session, import_records: ImportRecords, name: str
) -> None:
    numbers = in_the_inbox_and_active(import_records, HOSTILE)
    async with open_form(form_named(name, session, *numbers)) as here:
        if name != "filter":
            assert SHOWN in here.text
        assert not {"\x1b", "\x07", "\u202e"} & set(here.text)
        for line in here.lines:
            assert len(line) == WIDE[0]


async def test_hostile_texts_in_history_and_question_are_text(session: Session, import_records: ImportRecords) -> None:
    number, _active = in_the_inbox_and_active(import_records, HOSTILE)
    session.marks.note(number, HOSTILE)
    async with sitting(HistoryScreen(session, number, HOSTILE)) as here:
        assert here.text.count(SHOWN) == 2
    async with sitting(Confirm(f"Remove {SHOWN}?", "Remove", "Keep")) as here:
        assert f"Remove {SHOWN}?" in " ".join(here.text.split())


async def test_what_is_pasted_cannot_reach_the_terminal(session: Session, import_records: ImportRecords) -> None:
    (number,) = import_records([api_record()])
    async with open_form(accept_form(session, session.desk.referral(number))) as here:
        await _paste(here, "one\r\ntwo\x1b[2J\u202e\n")
        assert here.screen.texts()["name"] == "one two[2J"
        await here.press("tab", "tab", "tab", "tab")
        await _paste(here, "one\rtwo\x1b[2J\r\nthree")
        assert here.screen.texts()["notes"] == "one\ntwo[2J\nthree"
        assert "\x1b" not in here.text


async def test_ascii_draws_nothing_else(workplace: Workplace, tmp_path: Path, import_records: ImportRecords) -> None:
    session = session_at(workplace, tmp_path, plain=True)
    numbers = in_the_inbox_and_active(import_records, "Baeckerei Hansen KG with a very long name " * 3)
    session.drafts.save("accept", numbers[0], {"notes": "kept"}, workplace.now())
    session.triage.edit(numbers[1], {"value": "1"}, Context(workplace.today()))
    for name in ALL:
        async with open_form(form_named(name, session, *numbers)) as here:
            assert here.text.isascii(), here.text
            assert "+-" in here.text
    async with sitting(HistoryScreen(session, numbers[1], "Hansen"), plain=True) as here:
        assert "value: 5,000.00 -> 1" in here.text
        assert here.text.isascii(), here.text


async def test_without_colours_the_chosen_the_focused_and_the_wrong_are_still_seen(
    session: Session, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    (number,) = import_records([api_record()])
    async with open_form(decline_form(session, [(number, "Hansen")])) as here:
        await here.press("ctrl+s")
        assert "! Which reason? Give its number" in here.text
        await here.press("2", "tab", "tab")
        assert "> 2 Customer did not respond" in here.text
        strips = here.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if "Close engagement" in segment.text]
        assert styles
        assert all(style and style.reverse for style in styles), "the button has the focus"


async def test_typing_and_tab_draw_a_few_cells_and_never_the_whole_screen(
    session: Session, import_records: ImportRecords
) -> None:
    (number,) = import_records([api_record()])
    async with open_form(accept_form(session, session.desk.referral(number))) as here:
        drawn: list[str] = []
        display = here.app._display

        def record(screen: Any, update: Any) -> None:
            drawn.append(type(update).__name__)
            display(screen, update)

        here.app._display = record
        await here.press("tab", "1", "0", "shift+tab")
        assert set(drawn) == {"ChopsUpdate"}


# Before a decision (I9)


async def test_the_form_tells_of_the_same_customer_before_a_decision(
    session: Session, import_records: ImportRecords, clock: SettableClock
) -> None:
    lost, engagement, other, number = import_records(
        [
            closed_record("Declined", customerProfile__name="Hansen", statusReason="Proposed time line was too short"),
            active_record(customerProfile__name="Hansen"),
            api_record(customerProfile__name="Hansen"),
            api_record(customerProfile__name="Hansen"),
        ]
    )
    for form in (accept_form(session, session.desk.referral(number)), decline_form(session, [(number, "Hansen")])):
        async with open_form(form, (100, 40)) as here:
            assert f"Same customer: #{lost}, declined in Feb 2026 (timeline)" in here.text
            assert f"Same customer: #{engagement}, active" in here.text
            assert f"Same customer: #{other}, new in the Inbox" in here.text
    async with open_form(decline_form(session, [(number, "Hansen"), (other, "Hansen")]), (100, 40)) as here:
        assert f"Same customer as #{number}: #{lost}, declined in Feb 2026 (timeline)" in here.text
        assert f"#{other}, new" not in here.text, "those decided together are not others"


# What fields understand


async def test_value_and_currency_follow_each_other(session: Session, import_records: ImportRecords) -> None:
    (number,) = import_records([api_record()])
    async with open_form(accept_form(session, session.desk.referral(number))) as here:
        await here.press("tab")
        await here.type("12500 EUR")
        assert here.screen.texts()["currency"] == "EUR"
        await here.press("tab")
        await here.type("usd")
        assert (here.screen.texts()["value"], here.screen.texts()["currency"]) == ("12500", "usd")
        assert "= 12,500.00 USD" in here.text


@pytest.mark.parametrize(
    ("locale", "typed", "understood"),
    [
        ("de_DE.UTF-8", "12.500", "= 12.500,00 EUR"),
        ("de_DE.UTF-8", "12,5k", "= 12.500,00 EUR"),
        ("en_GB.UTF-8", "12,500", "= 12,500.00 EUR"),
        ("C", "12.500", "= 12.500 EUR"),
    ],
)
async def test_a_separator_before_three_digits_groups_as_the_persons_locale_does(
    session: Session,
    import_records: ImportRecords,
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    typed: str,
    understood: str,
) -> None:
    _in_locale(monkeypatch, locale)
    (number,) = import_records([active_record()])
    async with open_form(won_form(session, session.desk.referral(number))) as here:
        await here.type(typed)
        assert understood in here.text


async def test_a_value_that_nobody_touched_is_not_read_in_another_locale(
    session: Session, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stored 5.125 is no 5125 where a point groups."""
    (number,) = import_records([active_record()])
    session.triage.edit(number, {"value": "5.125"}, Context(session.workplace.today()))
    _in_locale(monkeypatch, "de_DE.UTF-8")
    async with open_form(edit_form(session, session.desk.referral(number))) as here:
        assert here.screen.texts()["value"] == "5,125"
        await here.type("Name")
        await here.press("ctrl+s")
        assert len(here.closed_with) == 1
    assert str(session.desk.referral(number).deal.value) == "5.125"
    async with open_form(won_form(session, session.desk.referral(number))) as here:
        assert "= 5,125 EUR" in here.text
        await here.press("ctrl+s")
        assert len(here.closed_with) == 1
    assert str(session.desk.referral(number).deal.value) == "5.125"


def test_the_locale_decides_the_decimal_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    for locale, mark in (
        ("", "."),
        ("C", "."),
        ("en_US.UTF-8", "."),
        ("es_ES.UTF-8", ","),
        ("de_CH", "."),
        ("xx_YY", "."),
    ):
        _in_locale(monkeypatch, locale)
        assert i18n.decimal_mark() == mark, locale
    i18n.use("es")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert i18n.decimal_mark() == ",", "the chosen language, where the terminal has another"
    monkeypatch.setenv("LC_ALL", "es_MX.UTF-8")
    assert i18n.decimal_mark() == ".", "the country of the same language"


# Choices


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("1", "budget"),
        ("8", "other"),
        ("9", ""),
        ("p", "budget"),
        ("prop", "timeline"),
        ("n", "not-a-customer"),
        ("b", "budget"),
        ("time", "timeline"),
        ("CUSTOMER CH", "other-vendor"),
        ("cc", "other-vendor"),
        ("cccc", "no-response"),
        ("xo", "other"),
        ("12", "no-response"),
        ("ß", ""),
    ],
)
async def test_a_reason_is_chosen_by_its_number_or_its_first_letters(
    session: Session, import_records: ImportRecords, typed: str, chosen: str
) -> None:
    (number,) = import_records([api_record()])
    async with open_form(decline_form(session, [(number, "Hansen")])) as here:
        await here.type(typed)
        assert here.screen.texts()["reason"] == chosen
        assert here.focus == "reason"


async def test_letters_belong_together_for_a_second(session: Session, import_records: ImportRecords) -> None:
    (number,) = import_records([api_record()])
    async with open_form(decline_form(session, [(number, "Hansen")])) as here:
        field = here.screen.query_one(ChoiceField)
        seconds = [100.0]
        field._clock = lambda: seconds[0]
        await here.type("p")
        seconds[0] += 1.0
        await here.type("ro")
        seconds[0] += 1.0
        await here.type("p")
        assert field.text == "timeline", "still one word: prop"
        seconds[0] += 1.001
        await here.type("p")
        assert field.text == "budget", "a new word"


async def test_arrows_choose_and_enter_goes_on(session: Session, import_records: ImportRecords) -> None:
    (number,) = import_records([api_record()])
    async with open_form(decline_form(session, [(number, "Hansen")])) as here:
        chosen = []
        for key in ("down", "down", "up", "end", "down", "home", "up"):
            await here.press(key)
            chosen.append(here.screen.texts()["reason"])
        assert chosen == ["budget", "no-response", "budget", "other", "other", "budget", "budget"]
        await here.press("enter")
        assert here.focus == "notes"


async def test_of_many_options_those_around_the_chosen_one_are_shown(session: Session) -> None:
    options = [(str(number), f"profile {number}") for number in range(1, 31)]
    form = Form(
        session,
        form="trial",
        title="Trial",
        beside="",
        button="Go",
        fields=[FieldSpec("one", "One", "choice", options=options)],
        initial={},
        submit=lambda texts: texts["one"],
    )
    async with open_form(form, NARROW) as here:
        assert "profile 8" in here.text
        assert "profile 9" not in here.text
        await here.type("25")
        assert "> 25 profile 25" in here.text
        await here.pilot.click("#field-one", offset=(3, 0))
        assert here.screen.texts()["one"] == "21"
        await here.press("ctrl+s")
        assert here.closed_with == ["21"]


# Panels


async def test_history_shows_who_did_what_when_with_values_before_and_after(
    session: Session, luis: Workplace, import_records: ImportRecords, clock: SettableClock, tmp_path: Path
) -> None:
    (number,) = import_records([active_record()])
    clock.advance(timedelta(hours=1))
    session.triage.edit(number, {"value": "7000", "notes": "first\nsecond"}, Context(session.workplace.today()))
    session_at(luis, tmp_path).marks.note(number, "they called\nback")
    session.triage.add_contact(number, {"name": "Zoe"})
    async with sitting(HistoryScreen(session, number, "Hansen")) as here:
        lines = [line.strip(" │") for line in here.lines]
        heads = [line for line in lines if line.startswith("Mon 2 Mar")]
        assert heads == [
            "Mon 2 Mar 10:00  contact added  ana",
            "Mon 2 Mar 10:00  note added  luis",
            "Mon 2 Mar 10:00  edited  ana",
            "Mon 2 Mar 09:00  came in (import)  ana",
        ]
        assert "value: 5,000.00 → 7,000.00" in lines
        assert "notes: first second" in lines
        assert "they called back" in lines
        assert "contacts: + Zoe" in lines
        await here.press("q")
        assert here.closed_with == [None]


async def test_a_long_history_scrolls_with_the_keys_of_the_list(
    session: Session, import_records: ImportRecords
) -> None:
    (number,) = import_records([api_record()])
    for time in range(60):
        session.marks.note(number, f"call number {time}")
    async with sitting(HistoryScreen(session, number, "Hansen"), NARROW) as here:
        assert "call number 59" in here.text
        await here.press("G")
        assert "came in" in here.text
        await here.press("g", "j")
        assert "noted" not in here.lines[1]
        assert "call number 59" in here.text
        await here.press("space")
        assert "call number 59" not in here.text
        await here.press("ctrl+b", "k")
        assert "call number 59" in here.text


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (("y",), True),
        (("n",), False),
        (("escape",), False),
        (("enter",), False),
        (("left", "enter"), True),
        (("tab", "space"), True),
    ],
)
async def test_a_question_is_answered_by_a_letter_or_its_button(keys: tuple[str, ...], answer: bool) -> None:
    async with sitting(Confirm("Release it?", "Release", "Keep")) as here:
        assert "[ y Release ]" in here.text
        await here.press(*keys)
        assert here.closed_with == [answer]


def _in_locale(monkeypatch: pytest.MonkeyPatch, locale: str) -> None:
    i18n.use(None)
    monkeypatch.setenv("LC_ALL", locale)


async def _paste(here: Sitting[object], text: str) -> None:
    driver = here.app._driver
    assert driver is not None
    driver.send_message(events.Paste(text))
    await here.settle()
