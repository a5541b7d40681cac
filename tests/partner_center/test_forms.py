"""What a form says about Partner Center, and what it offers again of what was typed there before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from refterm.services.background.delivery import Outbox
from refterm.services.desk import Desk
from refterm.tui.forms.accept import accept_form
from refterm.tui.forms.decline import decline_form
from refterm.tui.forms.edit import edit_form
from refterm.tui.forms.outcome import lost_form
from tests.partner_center.support import Office
from tests.samples import NOW, api_record
from tests.tui.forms import office_at, open_form


def _brought(office: Office, **more: Any) -> dict[str, Any]:
    record = api_record(**more)
    office.standin.referrals.put([record])
    office.sync()
    return record


def _flat(here: Any) -> str:
    return " ".join(here.text.replace("│", " ").split())


async def test_what_did_not_stand_is_a_draft_when_the_form_next_opens(office: Office, tmp_path: Path) -> None:
    """Accepted here, declined there, and new there again: the form has what was typed here, until it is thrown away."""
    record = _brought(office)
    office.accept(record, contacts="Eva Lund;eva@nordlicht.example;")
    office.standin.referrals.change(record["id"], status="Closed", substatus="Declined", statusReason="Not a customer")
    office.later(minutes=2)
    assert office.sync().yielded == 1
    office.standin.referrals.change(record["id"], status="New", substatus="Pending", statusReason=None)
    office.later(minutes=2)
    office.sync()
    assert office.referral(record).status == "new"
    seat = office_at(office.workplace, tmp_path)
    async with open_form(accept_form(seat, office.referral(record))) as here:
        texts = here.screen.texts()
        assert (texts["name"], texts["value"], texts["currency"]) == ("Mailboxes", "12500.50", "EUR")
        assert (texts["timeframe"], texts["notes"]) == ("2026-09-02", "They want it before the summer.")
        assert texts["contacts"] == "Eva Lund; eva@nordlicht.example"
        assert "restored" in here.screen.message
        await here.press("ctrl+r")
        await here.press("escape")
    async with open_form(accept_form(seat, office.referral(record))) as here:
        assert here.screen.texts()["name"] != "Mailboxes", "what was thrown away does not come back"


async def test_declined_here_and_accepted_there(office: Office, tmp_path: Path) -> None:
    """The reason and its notes come back where the engagement is reported lost; editing says when it goes."""
    record = _brought(office)
    office.triage.decline([office.number(record)], {"reason": "timeline", "notes": "Two days."})
    office.standin.referrals.change(record["id"], status="Active", substatus="Accepted")
    office.later(minutes=2)
    assert office.sync().yielded == 1
    seat = office_at(office.workplace, tmp_path)
    async with open_form(lost_form(seat, office.referral(record))) as here:
        assert here.screen.texts() == {"reason": "timeline", "notes": "Two days."}
        assert "restored" in here.screen.message
    async with open_form(edit_form(seat, office.referral(record))) as here:
        assert "Partner Center gets it at once." in _flat(here)


async def test_the_form_says_when_partner_center_gets_it(office: Office, tmp_path: Path) -> None:
    """U1: held for the undo time, at most half of what is left, and not at all with less than two minutes left."""
    seat = office_at(office.workplace, tmp_path)
    for left, said in (
        (timedelta(days=3), "Partner Center gets it in 60 s."),
        (timedelta(seconds=119), "Less than 2 minutes are left: Partner Center gets it at once."),
    ):
        until = (office.clock.now() + left).isoformat()
        record = _brought(office, expirationDateTime=until, updatedDateTime=NOW.isoformat())
        async with open_form(accept_form(seat, office.referral(record))) as here:
            assert said in _flat(here)
        async with open_form(decline_form(seat, [(office.number(record), "Nordlicht")])) as here:
            assert said in _flat(here), "Microsoft tells its customers"


def test_what_is_dropped_or_sent_again_is_in_the_history(office: Office) -> None:
    record = _brought(office)
    number = office.accept(record)
    (item,) = office.pushes()
    outbox = Outbox(office.workplace)
    outbox.drop(item["id"])
    outbox.retry(item["id"])
    outbox.drop(item["id"])
    assert office.actions(record)[-3:] == ["outbox-dropped", "outbox-retried", "outbox-dropped"]
    entry = list(Desk(office.workplace).history(number))[-1]
    assert (entry.by, entry.changes) == ("ana", {"notice": (None, "push")})
    office.later(minutes=2)
    summary = office.sync()
    assert (summary.pushed, office.referral(record).status) == (0, "new"), "the source's state stands"
