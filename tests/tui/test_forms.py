"""What every form does: keys, errors beside their fields, drafts, conflicts; by keys only, on a real desk."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.domain.referral import Status
from refterm.errors import InvalidInputError, StoreError
from refterm.log import log_path
from refterm.services.workplace import Workplace
from refterm.tui.forms.accept import accept_form
from refterm.tui.forms.assisted import DRAFT_SECONDS
from refterm.tui.forms.contact import contact_form
from refterm.tui.forms.decline import decline_form
from refterm.tui.forms.edit import edit_form
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.forms.frame import SubmitButton
from refterm.tui.forms.note import note_form
from refterm.tui.forms.outcome import lost_form, won_form
from refterm.tui.panels.confirm import Confirm
from refterm.tui.session import Session
from tests.conftest import ImportRecords
from tests.samples import active_record, api_record
from tests.tui.forms import open_form, session_at


@pytest.fixture
def session(workplace: Workplace, tmp_path: Path) -> Session:
    """Ana's session."""
    return session_at(workplace, tmp_path)


@pytest.fixture
def new(import_records: ImportRecords) -> int:
    """A new referral."""
    return import_records([api_record(customerProfile__name="Bäckerei Hansen KG")])[0]


@pytest.fixture
def active(import_records: ImportRecords) -> int:
    """An engagement: 5000 EUR, to be bought by 30 June 2026."""
    return import_records([active_record(customerProfile__name="Bäckerei Hansen KG")])[0]


def trial(session: Session, submit: object, **given: object) -> Form[str]:
    """A form of two fields, for what no service answers at will."""
    fields = [FieldSpec("one", "One"), FieldSpec("two", "Two")]
    return Form(
        session,
        form="trial",
        title="Trial",
        beside="#1",
        button="Go",
        fields=fields,
        initial={"one": "first"},
        submit=submit,  # type: ignore[arg-type]
        **{"referrals": (1,), **given},  # type: ignore[arg-type]
    )


# The order of the fields, which is the order of tab


ORDERS = {
    "accept": ["name", "value", "currency", "timeframe", "notes", "crm_id", "campaign_id", "contacts"],
    "decline": ["reason", "notes"],
    "edit": ["name", "date", "value", "currency", "notes", "crm_id", "campaign_id"],
    "contact": ["name", "phone", "email"],
    "won": ["value", "currency", "date"],
    "lost": ["reason", "notes"],
}
TITLES = {
    "accept": ("Accept referral", "Next"),
    "decline": ("Decline referral", "Close engagement"),
    "edit": ("Edit engagement", "Save"),
    "contact": ("Add contact", "Add contact"),
    "won": ("Report won", "Archive"),
    "lost": ("Report lost", "Archive"),
}


def form_named(name: str, session: Session, new: int, active: int) -> Form[str]:
    """One of the forms of the contract."""
    desk = session.desk
    return {
        "accept": lambda: accept_form(session, desk.referral(new)),
        "decline": lambda: decline_form(session, [(new, desk.referral(new).customer.company)]),
        "edit": lambda: edit_form(session, desk.referral(active)),
        "contact": lambda: contact_form(session, desk.referral(active)),
        "won": lambda: won_form(session, desk.referral(active)),
        "lost": lambda: lost_form(session, desk.referral(active)),
    }[name]()


@pytest.mark.parametrize("name", ORDERS)
async def test_tab_goes_through_the_fields_in_the_order_of_the_contract_and_comes_to_the_button(
    session: Session, new: int, active: int, name: str
) -> None:
    async with open_form(form_named(name, session, new, active)) as here:
        forth = [here.focus]
        for _field in ORDERS[name]:
            await here.press("tab")
            forth.append(here.focus)
        back = [here.focus]
        for _field in ORDERS[name]:
            await here.press("shift+tab")
            back.append(here.focus)
    assert forth == [*ORDERS[name], "submit"]
    assert back == forth[::-1]


@pytest.mark.parametrize("name", ORDERS)
async def test_title_customer_and_button_read_as_in_the_contract(
    session: Session, new: int, active: int, name: str
) -> None:
    title, button = TITLES[name]
    async with open_form(form_named(name, session, new, active)) as here:
        top = next(line for line in here.lines if "╭" in line)
        assert title in top
        assert "Bäckerei Hansen KG ─╮" in top
        assert here.screen.query_one(SubmitButton).label == button
        assert f"[ {button} ]" in here.text


# Keys


async def test_enter_in_a_line_goes_to_the_next_field_and_never_submits(session: Session, new: int) -> None:
    async with open_form(accept_form(session, session.desk.referral(new))) as here:
        order = []
        for _times in range(4):
            await here.press("enter")
            order.append(here.focus)
        assert order == ["value", "currency", "timeframe", "notes"]
        await here.press("enter")
        assert here.focus == "notes", "in notes it begins a line"
        assert here.screen.texts()["notes"] == "\n"
        assert here.screen.errors() == {}
        assert here.closed_with == []
    assert session.desk.referral(new).status is Status.NEW


@pytest.mark.parametrize("key", ["enter", "space"])
async def test_the_button_submits_by_enter_and_space(session: Session, new: int, key: str) -> None:
    async with open_form(decline_form(session, [(new, "Hansen")])) as here:
        await here.press("1", "tab", "tab")
        assert here.focus == "submit"
        await here.press(key)
        assert here.closed_with == ["Declined Hansen (budget). Archived."]


async def test_a_prefilled_line_is_selected_when_entered_so_that_typing_replaces_it(
    session: Session, active: int
) -> None:
    async with open_form(edit_form(session, session.desk.referral(active))) as here:
        await here.type("New name")
        await here.press("tab", "tab")
        await here.type("7000")
        texts = here.screen.texts()
        assert (texts["name"], texts["value"]) == ("New name", "7000")


async def test_in_notes_the_cursor_goes_to_the_end(session: Session, workplace: Workplace, active: int) -> None:
    session.triage.edit(active, {"notes": "first\nlast"}, _context(session))
    async with open_form(edit_form(session, session.desk.referral(active))) as here:
        await here.press("tab", "tab", "tab", "tab")
        assert here.focus == "notes"
        await here.type(" words")
        assert here.screen.texts()["notes"] == "first\nlast words"


async def test_a_form_cannot_be_submitted_twice_and_keeps_what_is_typed_meanwhile(session: Session) -> None:
    calls: list[dict[str, str]] = []
    go_on = threading.Event()

    def submit(texts: dict[str, str]) -> str:
        calls.append(texts)
        assert go_on.wait(10)
        raise StoreError("the database is busy; try again")

    async with open_form(trial(session, submit)) as here:
        await here.keys("ctrl+s")
        await here.until(lambda: len(calls) == 1)
        await here.keys("ctrl+s", "tab", *"typed", "tab", "enter", "space", "ctrl+s")
        await here.until(lambda: here.screen.message == "Waiting for the database")
        go_on.set()
        await here.settle()
        assert len(calls) == 1
        assert here.screen.message == "The database is busy; try again"
        assert here.screen.texts() == {"one": "first", "two": "typed"}
        await here.press("ctrl+s")
        assert len(calls) == 2


async def test_leaving_while_the_decision_is_on_its_way_waits_for_its_answer(session: Session) -> None:
    go_on = threading.Event()

    def submit(_texts: dict[str, str]) -> str:
        assert go_on.wait(10)
        return "Done."

    async with open_form(trial(session, submit)) as here:
        await here.keys("ctrl+s", "escape")
        assert here.closed_with == []
        go_on.set()
        await here.settle()
        assert here.closed_with == ["Done."]


async def test_an_answer_that_comes_under_another_screen_closes_the_form_once_that_is_gone(session: Session) -> None:
    go_on = threading.Event()

    def submit(_texts: dict[str, str]) -> str:
        assert go_on.wait(10)
        return "Done."

    async with open_form(trial(session, submit)) as here:
        await here.keys("ctrl+s")
        here.app.push_screen(Confirm("Is this above?", "Yes", "No"))
        await here.keys()
        go_on.set()
        await here.settle()
        assert here.closed_with == []
        await here.press("escape")
        assert here.closed_with == ["Done."]
        assert len(here.app.screen_stack) == 1


# Errors


async def test_every_error_stands_with_its_field_and_the_first_bad_one_takes_the_focus(
    session: Session, new: int
) -> None:
    async with open_form(accept_form(session, session.desk.referral(new))) as here:
        before = [row.region for row in here.screen.query(".form-row")]
        await here.press("tab")
        await here.type("12 monkeys")
        await here.press("tab")
        await here.type("ZZZ")
        await here.press("ctrl+s")
        assert here.focus == "value"
        assert set(here.screen.errors()) == {"value", "currency", "timeframe"}
        for name, sentence in here.screen.errors().items():
            field = here.screen.query_one(f"#field-{name}").region
            line = next(number for number, line in enumerate(here.lines) if f"! {sentence}" in line)
            assert field.bottom <= line <= field.bottom + 1, f"{name} at {field}: line {line}"
        assert [row.region for row in here.screen.query(".form-row")] == before, "nothing moves"
        assert here.screen.texts()["value"] == "12 monkeys"


async def test_an_error_goes_once_its_field_is_right(session: Session, new: int) -> None:
    async with open_form(accept_form(session, session.desk.referral(new))) as here:
        await here.press("ctrl+s")
        await here.type("100 EUR")
        await here.press("ctrl+s")
        assert set(here.screen.errors()) == {"timeframe"}
        assert here.focus == "timeframe"


async def test_a_failure_of_the_program_is_told_logged_and_keeps_the_texts(session: Session) -> None:
    def submit(_texts: dict[str, str]) -> str:
        raise ZeroDivisionError("a fault")

    async with open_form(trial(session, submit)) as here:
        await here.type("typed")
        await here.keys("ctrl+s")
        await here.until(lambda: "refterm.log" in here.screen.message)
        assert here.screen.texts()["one"] == "typed"
    assert "ZeroDivisionError" in log_path().read_text()


async def test_an_error_that_belongs_to_no_field_stands_in_the_message(session: Session) -> None:
    def submit(_texts: dict[str, str]) -> str:
        raise InvalidInputError({"two": "wrong", "elsewhere": "not so"})

    async with open_form(trial(session, submit)) as here:
        await here.press("ctrl+s")
        assert here.screen.errors() == {"two": "wrong"}
        assert here.screen.message == "Not so"
        assert "Not so" in here.text


# Two people (T2)


async def test_the_second_decision_is_told_who_decided_and_loses_nothing_typed(
    session: Session, luis: Workplace, new: int, tmp_path: Path, clock: SettableClock
) -> None:
    async with open_form(decline_form(session, [(new, "Hansen")])) as here:
        await here.press("1", "tab")
        await here.type("too small")
        session_at(luis, tmp_path).triage.decline([new], {"reason": "timeline"})
        clock.advance(timedelta(minutes=3))
        await here.press("ctrl+s")
        assert here.closed_with == []
        assert "was declined by luis 3m ago" in here.screen.message
        assert "was declined by luis 3m ago" in here.text
        assert here.screen.texts() == {"reason": "budget", "notes": "too small"}
    draft = session.drafts.load("decline", new)
    assert draft is not None
    assert draft.texts == {"reason": "budget", "notes": "too small"}
    assert session.desk.referral(new).reason == "timeline"


async def test_an_edit_of_the_same_field_is_told_and_stands_when_sent_again(
    session: Session, luis: Workplace, active: int, tmp_path: Path
) -> None:
    async with open_form(edit_form(session, session.desk.referral(active))) as here:
        theirs = session_at(luis, tmp_path)
        theirs.triage.edit(active, {"name": "Luis's name", "crm_id": "LUIS-1"}, _context(theirs))
        await here.type("My name")
        await here.press("ctrl+s")
        assert here.screen.errors() == {"name": "changed meanwhile to Luis's name"}
        assert here.screen.texts()["name"] == "My name"
        await here.press("ctrl+s")
        assert here.closed_with == ["Saved Bäckerei Hansen KG."]
    deal = session.desk.referral(active).deal
    assert (deal.name, deal.crm_id) == ("My name", "LUIS-1"), "what was not typed here is left as Luis has it"


# Drafts


async def test_escape_keeps_the_draft_and_opening_again_brings_it_back(
    session: Session, new: int, clock: SettableClock
) -> None:
    async with open_form(accept_form(session, session.desk.referral(new))) as here:
        assert here.screen.message == ""
        await here.press("tab", "tab", "tab", "tab")
        await here.type("80 mailboxes")
        await here.press("escape")
        assert here.closed_with == [None]
    clock.advance(timedelta(days=1, hours=2, minutes=40))
    async with open_form(accept_form(session, session.desk.referral(new))) as here:
        sentence = "Draft of yesterday 09:00 restored · ctrl+r start over"
        assert here.screen.message == sentence
        assert sentence in here.text
        assert here.screen.texts()["notes"] == "80 mailboxes"


@pytest.mark.parametrize(
    ("later", "day"), [(timedelta(hours=3), "today"), (timedelta(days=2), "2 Mar"), (timedelta(days=400), "2 Mar 2026")]
)
async def test_the_sentence_names_the_day_of_the_draft(
    session: Session, active: int, clock: SettableClock, later: timedelta, day: str
) -> None:
    session.drafts.save("note", active, {"note": "called"}, clock.now())
    clock.advance(later)
    async with open_form(note_form(session, active, "Hansen")) as here:
        assert here.screen.message == f"Draft of {day} 09:00 restored · ctrl+r start over"


async def test_start_over_puts_the_first_texts_back_and_forgets_the_draft(session: Session, active: int) -> None:
    async with open_form(edit_form(session, session.desk.referral(active))) as here:
        first = here.screen.texts()
        await here.type("Other")
        await here.press("tab", "tab")
        await here.type("-1")
        await here.press("ctrl+s")
        await here.press("ctrl+r")
        assert here.screen.texts() == first
        assert here.screen.errors() == {}
        assert here.focus == "name"
        await here.type("X")
        assert here.screen.texts()["name"] == "X", "selected again"
        await here.press("ctrl+r", "escape")
    assert session.drafts.load("edit", active) is None
    async with open_form(edit_form(session, session.desk.referral(active))) as here:
        assert here.screen.message == ""


async def test_what_is_typed_is_kept_without_leaving_the_form(session: Session, new: int) -> None:
    assert DRAFT_SECONDS < 1, "within a second"
    async with open_form(decline_form(session, [(new, "Hansen")])) as here:
        await here.press("tab")
        await here.type("before the line went dead")
        await here.until(lambda: _draft(session, "decline", new).get("notes") == "before the line went dead")


async def test_a_hang_up_keeps_what_was_typed_at_that_moment(session: Session, new: int) -> None:
    async with open_form(decline_form(session, [(new, "Hansen")])) as here:
        await here.press("2", "tab")
        await here.type("bye")
        here.screen.save_draft_now()
        draft = session.drafts.load("decline", new)
        assert draft is not None
        assert draft.texts == {"reason": "no-response", "notes": "bye"}


async def test_a_form_left_untouched_leaves_no_draft(session: Session, new: int) -> None:
    async with open_form(accept_form(session, session.desk.referral(new))) as here:
        await here.press("tab", "tab", "escape")
    assert session.drafts.load("accept", new) is None


async def test_what_was_submitted_leaves_no_draft(session: Session, new: int) -> None:
    async with open_form(decline_form(session, [(new, "Hansen")])) as here:
        await here.press("tab")
        await here.type("notes")
        await here.until(lambda: session.drafts.load("decline", new) is not None)
        await here.press("shift+tab", "1", "ctrl+s")
        assert here.closed_with == ["Declined Hansen (budget). Archived."]
    assert session.drafts.load("decline", new) is None


async def test_a_draft_of_several_comes_back_with_any_of_them(session: Session, import_records: ImportRecords) -> None:
    ids = import_records([api_record(), api_record()])
    async with open_form(decline_form(session, [(ids[0], "A"), (ids[1], "B")])) as here:
        await here.press("8", "escape")
    async with open_form(decline_form(session, [(ids[1], "B")])) as here:
        assert here.screen.texts()["reason"] == "other"


async def test_a_draft_brings_back_what_was_typed_and_not_what_merely_stood_there(
    session: Session, luis: Workplace, active: int, tmp_path: Path
) -> None:
    async with open_form(edit_form(session, session.desk.referral(active))) as here:
        await here.type("My name")
        await here.press("escape")
    theirs = session_at(luis, tmp_path)
    theirs.triage.edit(active, {"name": "Luis's name", "crm_id": "LUIS-1"}, _context(theirs))
    async with open_form(edit_form(session, session.desk.referral(active))) as here:
        assert here.screen.texts()["name"] == "My name"
        assert here.screen.texts()["crm_id"] == "LUIS-1"
        await here.press("ctrl+s")
        assert here.screen.errors() == {"name": "changed meanwhile to Luis's name"}, "typed over what Luis did not have"


async def test_a_draft_that_cannot_be_kept_keeps_nobody_from_deciding(
    session: Session, new: int, tmp_path: Path
) -> None:
    (tmp_path / "drafts").write_text("a file where the folder should be")
    async with open_form(decline_form(session, [(new, "Hansen")])) as here:
        await here.press("1", "tab")
        await here.type("notes")
        await here.press("ctrl+s")
        assert here.closed_with == ["Declined Hansen (budget). Archived."]


async def test_a_damaged_draft_is_put_aside(session: Session, new: int, tmp_path: Path, clock: SettableClock) -> None:
    session.drafts.save("decline", new, {"reason": "other"}, clock.now())
    path = next(path for path in (tmp_path / "drafts").rglob("*.json"))
    path.write_text('{"saved_at": "yest')
    async with open_form(decline_form(session, [(new, "Hansen")])) as here:
        assert here.screen.texts()["reason"] == ""
        assert here.screen.message == ""
    assert not path.exists()
    assert [left.suffix for left in path.parent.iterdir()] == [".damaged"]
    assert "damaged" in log_path().read_text()


def test_drafts_are_for_nobody_elses_eyes(session: Session, tmp_path: Path, clock: SettableClock) -> None:
    old = os.umask(0)
    try:
        session.drafts.save("note", 1, {"note": "x"}, clock.now())
    finally:
        os.umask(old)
    found = [tmp_path / "drafts", *(tmp_path / "drafts").rglob("*")]
    assert {(path.is_dir(), oct(path.stat().st_mode & 0o777)) for path in found} == {(True, "0o700"), (False, "0o600")}


def _draft(session: Session, form: str, referral_id: int) -> dict[str, str]:
    draft = session.drafts.load(form, referral_id)
    return draft.texts if draft else {}


def _context(session: Session) -> Context:
    return Context(session.workplace.today())
