"""A story for each form: by keys only, and what is stored is what the same service call stores."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from refterm import i18n
from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.domain.query import Filter, Tab, View
from refterm.domain.referral import Outcome, Referral, Status, TeamMember
from refterm.services.workplace import Workplace
from refterm.tui.forms.accept import accept_form
from refterm.tui.forms.contact import contact_form
from refterm.tui.forms.decline import decline_form
from refterm.tui.forms.edit import edit_form
from refterm.tui.forms.filter import filter_form
from refterm.tui.forms.note import note_form
from refterm.tui.forms.outcome import lost_form, won_form
from refterm.tui.forms.skip import skip_form
from refterm.tui.session import Session
from tests.conftest import ImportRecords
from tests.samples import NOW, active_record, ahead, api_record
from tests.tui.forms import deal_of, open_form, session_at

COMPANY = "Bäckerei Hansen KG"


@pytest.fixture
def session(workplace: Workplace, tmp_path: Path) -> Session:
    """Ana's session."""
    return session_at(workplace, tmp_path)


@pytest.fixture
def new(import_records: ImportRecords) -> tuple[int, int]:
    """Two new referrals that differ in nothing but their numbers: for the form, and for the service."""
    first, second = import_records([api_record(customerProfile__name=COMPANY) for _twin in range(2)])
    return first, second


@pytest.fixture
def active(import_records: ImportRecords) -> tuple[int, int]:
    """Two engagements that differ in nothing but their numbers."""
    first, second = import_records([active_record(customerProfile__name=COMPANY) for _twin in range(2)])
    return first, second


def same(session: Session, by_form: int, by_service: int) -> Referral:
    """Check that form and service stored the same, with the same history, and give what the form stored."""
    one, other = session.desk.referral(by_form), session.desk.referral(by_service)
    assert deal_of(one) == deal_of(other)
    histories = [
        [(entry.action, entry.by, entry.changes) for entry in session.desk.history(one_id)]
        for one_id in (by_form, by_service)
    ]
    assert histories[0] == histories[1]
    return one


def context(session: Session) -> Context:
    """The person's day."""
    return Context(session.workplace.today())


async def test_accept(session: Session, new: tuple[int, int]) -> None:
    async with open_form(accept_form(session, session.desk.referral(new[0]))) as here:
        assert here.screen.texts()["name"] == "Bäckerei Hansen KG - Cloud Migration"
        await here.type("Mailboxes")
        await here.press("enter")
        await here.type("12.5k EUR")
        assert "= 12,500.00 EUR" in here.text
        assert here.screen.texts()["currency"] == "EUR"
        await here.press("enter", "enter")
        await here.type("1-3 months")
        assert "= by 2 Jun 2026" in here.text
        await here.press("tab")
        await here.type("80 mailboxes")
        await here.press("enter")
        await here.type("and files")
        await here.press("tab")
        await here.type("OPP-1")
        await here.press("tab")
        await here.type("SPRING")
        await here.press("tab")
        await here.type("Mara Voss; mara@nordlicht.example; +49 431 1")
        await here.press("enter")
        await here.type("Jan Behn")
        await here.press("ctrl+s")
        assert here.closed_with == [f"Accepted {COMPANY}, 12,500.00 EUR; now in Active."]
    texts = {
        "name": "Mailboxes",
        "value": "12.5k EUR",
        "currency": "",
        "timeframe": "1-3 months",
        "notes": "80 mailboxes\nand files",
        "crm_id": "OPP-1",
        "campaign_id": "SPRING",
        "contacts": "Mara Voss; mara@nordlicht.example; +49 431 1\nJan Behn",
    }
    session.triage.accept(new[1], texts, context(session))
    stored = same(session, *new)
    assert stored.status is Status.ACTIVE
    assert (stored.deal.value, stored.deal.currency) == (Decimal(12500), "EUR")
    assert stored.deal.purchase_date == date(2026, 6, 2)


async def test_accept_begins_with_what_the_source_says(session: Session, import_records: ImportRecords) -> None:
    wish = {"dealValue": 4200.5, "currency": "CHF", "closingDateTime": "2026-05-31T00:00:00Z"}
    (number,) = import_records([api_record(customerProfile__name=COMPANY, details=wish)])
    async with open_form(accept_form(session, session.desk.referral(number))) as here:
        texts = here.screen.texts()
        assert (texts["value"], texts["currency"], texts["timeframe"]) == ("4200.5", "CHF", "31 May 2026")
        assert texts["notes"] == session.desk.referral(number).need != "", "the customer's own words"
        assert "= 4,200.50 CHF" in here.text
        assert "= by 31 May 2026" in here.text
        await here.press("tab", "tab", "tab", "tab")
        await here.type("what they want")
        await here.press("ctrl+s")
        assert len(here.closed_with) == 1
    assert session.desk.referral(number).deal.value == Decimal("4200.5")


async def test_accept_asks_for_a_new_date_where_the_customers_wish_is_past(
    session: Session, import_records: ImportRecords
) -> None:
    (number,) = import_records([api_record(details__closingDateTime="2026-02-28T00:00:00Z")])
    async with open_form(accept_form(session, session.desk.referral(number))) as here:
        assert here.screen.texts()["timeframe"] == ""


async def test_decline_by_number(session: Session, new: tuple[int, int]) -> None:
    async with open_form(decline_form(session, [(new[0], COMPANY)])) as here:
        await here.press("3", "tab")
        await here.type("they said so")
        await here.press("ctrl+s")
        assert here.closed_with == [f"Declined {COMPANY} (other vendor). Archived."]
    session.triage.decline([new[1]], {"reason": "other-vendor", "notes": "they said so"})
    assert same(session, *new).outcome is Outcome.DECLINED


async def test_decline_shows_the_letter_that_goes_out(session: Session, new: tuple[int, int]) -> None:
    async with open_form(decline_form(session, [(new[0], COMPANY)]), size=(120, 40)) as here:
        assert "please choose a different partner" in " ".join(here.text.replace("│", " ").split())
        await here.press("ctrl+l")
        assert "Dear Inga Hansen," in here.text


async def test_decline_several_as_one(session: Session, import_records: ImportRecords) -> None:
    ids = import_records([api_record() for _each in range(5)])
    async with open_form(decline_form(session, [(number, f"Company {number}") for number in ids])) as here:
        assert "5 referrals" in here.text
        await here.press("1", "ctrl+s")
        assert here.closed_with == ["Declined 5 referrals (budget). Archived."]
    session.triage.undo(session.triage.last_decision())
    assert {session.desk.referral(number).status for number in ids} == {Status.NEW}, "undone as one (U1)"


async def test_decline_several_names_those_that_were_not(
    session: Session, luis: Workplace, import_records: ImportRecords, tmp_path: Path
) -> None:
    first, second, third = import_records([api_record() for _each in range(3)])
    async with open_form(decline_form(session, [(first, "A"), (second, "B"), (third, "C")])) as here:
        session_at(luis, tmp_path).triage.decline([second], {"reason": "timeline"})
        await here.press("1", "ctrl+s")
        (told,) = here.closed_with
        assert told.startswith("Declined 2 referrals (budget). Archived. Not declined: #")
        assert told.endswith(f"Not declined: #{second} was declined by luis 0s ago; it is closed.")
    assert session.desk.referral(second).reason == "timeline"


async def test_edit(session: Session, active: tuple[int, int]) -> None:
    async with open_form(edit_form(session, session.desk.referral(active[0]))) as here:
        await here.type("Mailboxes and files")
        await here.press("tab")
        await here.type("2026-07-31")
        assert "= by 31 Jul 2026" in here.text
        await here.press("tab")
        await here.type("7,250.50")
        await here.press("tab")
        await here.type("usd")
        assert "= 7,250.50 USD" in here.text
        await here.press("tab")
        await here.type("as agreed")
        await here.press("ctrl+s")
        assert here.closed_with == [f"Saved {COMPANY}."]
    changed = {
        "name": "Mailboxes and files",
        "date": "2026-07-31",
        "value": "7250.50",
        "currency": "USD",
        "notes": "as agreed",
    }
    session.triage.edit(active[1], changed, context(session))
    assert same(session, *active).deal.crm_id == "OPP-2026-0117"


async def test_edit_of_nothing_changes_nothing(session: Session, active: tuple[int, int]) -> None:
    before = session.desk.referral(active[0])
    async with open_form(edit_form(session, before)) as here:
        await here.press("ctrl+s")
        assert here.closed_with == ["Nothing was changed."]
    assert session.desk.referral(active[0]) == before


@pytest.mark.parametrize("language", ["en", "es"])
async def test_edit_leaves_the_day_that_it_shows(
    session: Session, import_records: ImportRecords, language: str
) -> None:
    """A2: the day stands there in the person's words; unchanged it stays, though it is past, and so do the digits."""
    wish = {"dealValue": 4200.5, "currency": "CHF", "closingDateTime": "2026-01-31T00:00:00Z"}
    (number,) = import_records([active_record(customerProfile__name=COMPANY, details=wish)])
    i18n.use(language)
    async with open_form(edit_form(session, session.desk.referral(number))) as here:
        assert here.screen.texts()["date"] == {"en": "31 Jan 2026", "es": "31 ene 2026"}[language]
        await here.type("Another name")
        await here.press("ctrl+s")
        assert len(here.closed_with) == 1
    deal = session.desk.referral(number).deal
    assert (deal.name, deal.purchase_date, deal.value) == ("Another name", date(2026, 1, 31), Decimal("4200.5"))
    assert [entry.changes.keys() for entry in session.desk.history(number)][-1] == {"deal.name"}


async def test_edit_clears_an_id(session: Session, active: tuple[int, int]) -> None:
    async with open_form(edit_form(session, session.desk.referral(active[0]))) as here:
        await here.press("tab", "tab", "tab", "tab", "tab")
        assert here.focus == "crm_id"
        await here.press("backspace", "ctrl+s")
    session.triage.edit(active[1], {"crm_id": ""}, context(session))
    assert same(session, *active).deal.crm_id is None


async def test_add_contact(session: Session, active: tuple[int, int]) -> None:
    async with open_form(contact_form(session, session.desk.referral(active[0]))) as here:
        await here.type("Jan Behn")
        await here.press("enter")
        await here.type("+49 431 2")
        await here.press("enter")
        await here.type("jan@nordlicht.example")
        await here.press("ctrl+s")
        assert here.closed_with == ["Added contact Jan Behn."]
    session.triage.add_contact(active[1], {"name": "Jan Behn", "phone": "+49 431 2", "email": "jan@nordlicht.example"})
    assert same(session, *active).team[-1] == TeamMember("Jan Behn", "jan@nordlicht.example", "+49 431 2")


async def test_edit_contact(session: Session, active: tuple[int, int]) -> None:
    async with open_form(contact_form(session, session.desk.referral(active[0]), 1)) as here:
        assert "Edit contact" in here.text
        assert "[ Save ]" in here.text
        assert here.screen.texts()["name"] == "Mara Voss"
        await here.press("tab")
        await here.type("+49 431 9")
        await here.press("ctrl+s")
        assert here.closed_with == ["Saved contact Mara Voss."]
    session.triage.edit_contact(active[1], 1, {"phone": "+49 431 9"})
    assert same(session, *active).team[0].phone == "+49 431 9"


async def test_edit_contact_that_somebody_removed_keeps_what_was_typed(
    session: Session, luis: Workplace, active: tuple[int, int], tmp_path: Path
) -> None:
    async with open_form(contact_form(session, session.desk.referral(active[0]), 1)) as here:
        theirs = session_at(luis, tmp_path).triage
        theirs.add_contact(active[0], {"name": "Luis's contact"})
        theirs.remove_contact(active[0], 1)
        await here.type("Mara V.")
        await here.press("ctrl+s")
        assert "Somebody else changed the contacts" in here.screen.message
        assert here.screen.texts()["name"] == "Mara V."
    assert [person.name for person in session.desk.referral(active[0]).team] == ["Luis's contact"]


async def test_won(session: Session, active: tuple[int, int]) -> None:
    async with open_form(won_form(session, session.desk.referral(active[0]))) as here:
        assert here.screen.texts() == {"value": "5000", "currency": "EUR", "date": "2 Mar 2026"}
        await here.type("4800")
        await here.press("enter", "enter")
        await here.type("2026-03-01")
        await here.press("ctrl+s")
        assert here.closed_with == [f"Won {COMPANY}, 4,800.00 EUR. Archived."]
    session.triage.won(active[1], {"value": "4800", "date": "2026-03-01"}, context(session))
    stored = same(session, *active)
    assert (stored.outcome, stored.deal.closed_on) == (Outcome.WON, date(2026, 3, 1))
    assert stored.deal.purchase_date == date(2026, 6, 30), "left as it was"


async def test_won_never_closes_later_than_today(session: Session, active: tuple[int, int]) -> None:
    async with open_form(won_form(session, session.desk.referral(active[0]))) as here:
        await here.press("tab", "tab")
        await here.type("2026-03-03")
        await here.press("ctrl+s")
        assert here.screen.errors() == {"date": "the close date cannot be later than today"}
        assert here.focus == "date"


async def test_lost_by_first_letters(session: Session, active: tuple[int, int]) -> None:
    async with open_form(lost_form(session, session.desk.referral(active[0]))) as here:
        await here.type("customer r")
        assert here.screen.texts()["reason"] == "requirement"
        await here.press("ctrl+s")
        assert here.closed_with == [f"Lost {COMPANY} (requirement). Archived."]
    session.triage.lost(active[1], {"reason": "requirement"})
    assert same(session, *active).outcome is Outcome.LOST


async def test_note(session: Session, new: tuple[int, int]) -> None:
    async with open_form(note_form(session, new[0], COMPANY)) as here:
        await here.press("ctrl+s")
        assert here.screen.errors() == {"note": "a note needs text"}
        await here.type("called")
        await here.press("enter")
        await here.type("again at nine")
        await here.press("ctrl+s")
        assert here.closed_with == [f"Noted in the history of {COMPANY}."]
    session.marks.note(new[1], "called\nagain at nine")
    same(session, *new)


async def test_skip(session: Session, new: tuple[int, int]) -> None:
    async with open_form(skip_form(session, session.desk.referral(new[0]))) as here:
        assert here.screen.texts() == {"until": "tomorrow 9:00"}
        assert "= Tue 3 Mar 09:00" in here.text
        await here.type("+2h")
        assert "= Mon 2 Mar 11:00" in here.text
        await here.press("ctrl+s")
        assert here.closed_with == [f"Skipped {COMPANY} until Mon 2 Mar 11:00."]
    session.marks.skip(new[1], "+2h")
    assert same(session, *new).skipped_until == NOW + timedelta(hours=2)


async def test_skip_later_than_the_expiry_is_refused_and_names_it(
    session: Session, import_records: ImportRecords
) -> None:
    (number,) = import_records([api_record(expirationDateTime=ahead(hours=5))])
    async with open_form(skip_form(session, session.desk.referral(number))) as here:
        assert here.screen.texts() == {"until": ""}, "tomorrow would be too late"
        await here.type("+6h")
        await here.press("ctrl+s")
        assert here.screen.errors() == {"until": "it expires before that, at Mon 2 Mar 14:00"}


async def test_filter(session: Session, import_records: ImportRecords) -> None:
    view = View(tab=Tab.ARCHIVED)
    async with open_form(filter_form(session, view)) as here:
        await here.type("won")
        await here.press("enter")
        await here.type("2026-01-01")
        await here.press("enter")
        await here.type("2026-03-01")
        await here.press("enter", "enter", "2", "enter", "right", "right", "ctrl+s")
        (chosen,) = here.closed_with
    expected = Filter(
        outcome=Outcome.WON,
        since=datetime(2026, 1, 1, tzinfo=UTC),
        until=datetime(2026, 3, 1, tzinfo=UTC),
        favorite=True,
        skipped=True,
    )
    assert chosen == expected
    async with open_form(filter_form(session, View(tab=Tab.ARCHIVED, filter=expected))) as here:
        await here.press("ctrl+s")
        assert here.closed_with == [expected], "shows what is set"
    async with open_form(filter_form(session, View(tab=Tab.ARCHIVED, filter=expected))) as here:
        await here.press("ctrl+r", "ctrl+s")
        assert here.closed_with == [Filter()]


async def test_filter_takes_the_words_of_list(session: Session) -> None:
    """Every filter of `list` that has no field of its own; what is no filter is named beside the field."""
    async with open_form(filter_form(session, View())) as here:
        await here.press("shift+tab", "shift+tab")
        assert here.focus == "filter"
        await here.type("mine uncalled min-fit 60 country ES nonsense")
        await here.press("ctrl+s")
        assert here.screen.errors() == {"filter": "nonsense is no option of refterm list"}
        for _letter in " nonsense":
            await here.press("backspace")
        await here.press("ctrl+s")
        expected = Filter(mine=session.workplace.actor.name, uncalled=True, min_fit=60, country="ES")
        assert here.closed_with == [expected]
    async with open_form(filter_form(session, View(filter=expected))) as here:
        await here.press("ctrl+s")
        assert here.closed_with == [expected], "shows what is set"


async def test_filter_names_a_bad_date_beside_it(session: Session) -> None:
    async with open_form(filter_form(session, View())) as here:
        await here.press("tab")
        await here.type("soon")
        await here.press("ctrl+s")
        assert set(here.screen.errors()) == {"since"}
        assert here.focus == "since"


async def test_a_purchase_date_of_today_counts_and_yesterday_is_refused(
    session: Session, active: tuple[int, int], clock: SettableClock
) -> None:
    """The day is the person's: it ends at midnight of their zone."""
    clock.set(datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC))
    async with open_form(edit_form(session, session.desk.referral(active[0]))) as here:
        await here.press("tab")
        await here.type("2026-03-02")
        clock.advance(timedelta(seconds=1))
        await here.press("ctrl+s")
        assert here.screen.errors() == {"date": "2 Mar 2026 is in the past"}
        clock.advance(timedelta(seconds=-1))
        await here.press("ctrl+s")
        assert here.closed_with == [f"Saved {COMPANY}."]
