"""What a form says about Partner Center, and what it offers again of what was typed there before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from refterm.domain.history import Actor
from refterm.services.desk import Desk
from refterm.services.outbox import Outbox
from refterm.tui.forms.accept import accept_form
from refterm.tui.forms.decline import decline_form
from refterm.tui.forms.edit import edit_form
from refterm.tui.forms.outcome import lost_form
from tests.partner_center.support import Session
from tests.samples import NOW, ago, ahead, api_record
from tests.tui.forms import open_form, session_at
from tests.tui.seat import sit_down


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


@pytest.mark.parametrize("location", ["sqlite", "postgresql"], indirect=True)
async def test_who_opens_a_desk_later_is_told_once_and_sees_the_mark(session: Session, tmp_path: Path) -> None:
    """What did not stand while no desk of this person was open: one sentence, and a mark until it is looked at."""
    records = [api_record(createdDateTime=ago(hours=n), updatedDateTime=ago(hours=n)) for n in range(1, 4)]
    session.standin.referrals.put(records)
    session.sync()
    numbers = [session.number(record) for record in records]
    for record in records[1:]:
        session.accept(record)
        session.standin.referrals.change(record["id"], status="Closed", substatus="Declined")
    session.later(minutes=2)
    assert session.sync().yielded == 2
    said = f"Partner Center decided #{numbers[1]}, #{numbers[2]} otherwise; that stands"
    for turn in range(3):
        async with sit_down(session.workplace, tmp_path) as seat:
            await seat.until(lambda: seat.desk.state.told > 0)
            assert (said in seat.message or f"#{numbers[2]}, #{numbers[1]}" in seat.message) is (turn == 0)
            if turn < 2:
                assert set(numbers[1:]) <= seat.desk.referral_list.unseen
                assert seat.app.titles[-1] == "refterm (2)"
                if turn:
                    await seat.press("3", "down", "up")
                    assert not set(numbers[1:]) & seat.desk.referral_list.unseen
            else:
                assert not seat.desk.referral_list.unseen
    other = replace(session.workplace, actor=Actor("ben", "ben"))
    async with sit_down(other, tmp_path) as seat:
        await seat.until(lambda: seat.desk.state.told > 0)
        assert not seat.desk.referral_list.unseen, "it is the business of who decided"


async def test_an_open_desk_is_told_of_it_though_others_arrive_at_once(session: Session, tmp_path: Path) -> None:
    record = _brought(session)
    number = session.accept(record)
    async with sit_down(session.workplace, tmp_path) as seat:
        session.standin.referrals.change(record["id"], status="Closed", substatus="Declined")
        session.standin.referrals.put([api_record(updatedDateTime=ahead(minutes=2))])
        session.later(minutes=3)
        session.sync()
        await seat.wake()
        await seat.until(lambda: f"Partner Center decided #{number} otherwise" in seat.message)
        assert "1 new referral" in seat.message
        assert number in seat.desk.referral_list.unseen, "the cursor is on the one that arrived"
