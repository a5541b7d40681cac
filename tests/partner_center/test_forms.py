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
from tests.partner_center.support import Session
from tests.samples import NOW, api_record
from tests.tui.forms import open_form, session_at


def _brought(session: Session, **more: Any) -> dict[str, Any]:
    record = api_record(**more)
    session.standin.referrals.put([record])
    session.sync()
    return record


def _flat(here: Any) -> str:
    return " ".join(here.text.replace("│", " ").split())


async def test_what_did_not_stand_is_a_draft_when_the_form_next_opens(session: Session, tmp_path: Path) -> None:
    """Accepted here, declined there, and new there again: the form has what was typed here, until it is thrown away."""
    record = _brought(session)
    session.accept(record, contacts="Eva Lund;eva@nordlicht.example;")
    session.standin.referrals.change(record["id"], status="Closed", substatus="Declined", statusReason="Not a customer")
    session.later(minutes=2)
    assert session.sync().yielded == 1
    session.standin.referrals.change(record["id"], status="New", substatus="Pending", statusReason=None)
    session.later(minutes=2)
    session.sync()
    assert session.referral(record).status == "new"
    seat = session_at(session.workplace, tmp_path)
    async with open_form(accept_form(seat, session.referral(record))) as here:
        texts = here.screen.texts()
        assert (texts["name"], texts["value"], texts["currency"]) == ("Mailboxes", "12500.50", "EUR")
        assert (texts["timeframe"], texts["notes"]) == ("2026-09-02", "They want it before the summer.")
        assert texts["contacts"] == "Eva Lund; eva@nordlicht.example"
        assert "restored" in here.screen.message
        await here.press("ctrl+r")
        await here.press("escape")
    async with open_form(accept_form(seat, session.referral(record))) as here:
        assert here.screen.texts()["name"] != "Mailboxes", "what was thrown away does not come back"


async def test_declined_here_and_accepted_there(session: Session, tmp_path: Path) -> None:
    """The reason and its notes come back where the engagement is reported lost; editing says when it goes."""
    record = _brought(session)
    session.triage.decline([session.number(record)], {"reason": "timeline", "notes": "Two days."})
    session.standin.referrals.change(record["id"], status="Active", substatus="Accepted")
    session.later(minutes=2)
    assert session.sync().yielded == 1
    seat = session_at(session.workplace, tmp_path)
    async with open_form(lost_form(seat, session.referral(record))) as here:
        assert here.screen.texts() == {"reason": "timeline", "notes": "Two days."}
        assert "restored" in here.screen.message
    async with open_form(edit_form(seat, session.referral(record))) as here:
        assert "Partner Center gets it at once." in _flat(here)


async def test_the_form_says_when_partner_center_gets_it(session: Session, tmp_path: Path) -> None:
    """U1: held for the undo time, at most half of what is left, and not at all with less than two minutes left."""
    seat = session_at(session.workplace, tmp_path)
    for left, said in (
        (timedelta(days=3), "Partner Center gets it in 60 s."),
        (timedelta(seconds=119), "Less than 2 minutes are left: Partner Center gets it at once."),
    ):
        until = (session.clock.now() + left).isoformat()
        record = _brought(session, expirationDateTime=until, updatedDateTime=NOW.isoformat())
        async with open_form(accept_form(seat, session.referral(record))) as here:
            assert said in _flat(here)
        async with open_form(decline_form(seat, [(session.number(record), "Nordlicht")])) as here:
            assert said in _flat(here), "Microsoft tells its customers"


def test_what_is_dropped_or_sent_again_is_in_the_history(session: Session) -> None:
    record = _brought(session)
    number = session.accept(record)
    (item,) = session.pushes()
    outbox = Outbox(session.workplace)
    outbox.drop(item["id"])
    outbox.retry(item["id"])
    outbox.drop(item["id"])
    assert session.actions(record)[-3:] == ["outbox-dropped", "outbox-retried", "outbox-dropped"]
    entry = list(Desk(session.workplace).history(number))[-1]
    assert (entry.by, entry.changes) == ("ana", {"notice": (None, "push")})
    session.later(minutes=2)
    summary = session.sync()
    assert (summary.pushed, session.referral(record).status) == (0, "new"), "the source's state stands"
