"""Several programs at the same instant: a letter undone while it goes out, one referral assigned twice, one step done twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from refterm.clock import SettableClock
from refterm.services import desk_settings
from refterm.services.desk import Desk
from refterm.services.follow_ups import FollowUps
from refterm.services.outbox import Outbox
from refterm.services.replies import Replies
from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import active_record, api_record
from tests.services.mail import mail_server
from tests.services.racing import at_once, follow_up_done, send_or_undo, take_by_assigning
from tests.store.support import assert_consistent, seated

PROGRAMS = 3
MANY = 8
LETTER = {"subject": "Your request", "text": "We call tomorrow."}


def _actions(desk: Workplace, number: int) -> Counter[str]:
    return Counter(entry.action for entry in Desk(desk).history(number))


def test_a_letter_that_is_undone_as_it_goes_out_is_one_or_the_other(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    """U1, W1: two programs deliver at the instant before which the writer takes them back; nobody gets an undone one."""
    numbers = import_records([api_record() for _ in range(MANY)])
    writer = seated(workplace, "person0")
    for number in numbers:
        contact = Desk(workplace).referral(number).customer.contacts[0]
        Replies(writer).send(number, {**LETTER, "to": contact.email or ""})
    due = clock.now() + timedelta(seconds=60)
    with mail_server() as (box, settings):
        undone, *_others = at_once(PROGRAMS, send_or_undo, workplace.database.location, due, settings, numbers)
    states = {one["referral"]: (one["state"], one["to"]) for one in Outbox(workplace).objects()}
    assert {number for number in numbers if states[number][0] == "undone"} == set(undone)
    assert {number for number in numbers if states[number][0] == "sent"} == set(numbers) - set(undone)
    assert sorted(box.to()) == sorted(to for state, to in states.values() if state == "sent")
    for number in numbers:
        actions = _actions(workplace, number)
        assert (actions["undone"], actions["contacted"]) == ((1, 0) if number in undone else (0, 1))
    assert_consistent(workplace.database)


def test_one_referral_that_several_take_by_assigning_is_one_s(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    """T5, T2: the others are told who has it; the history has one entry."""
    for person in range(PROGRAMS):
        desk_settings.change(workplace, f"people.person{person}=p{person}@us.example")
    numbers = import_records([api_record() for _ in range(MANY)])
    refused = at_once(PROGRAMS, take_by_assigning, workplace.database.location, clock.now(), numbers)
    for number in numbers:
        holder = Desk(workplace).referral(number).taken_by
        told = [one[number] for one in refused if number in one]
        assert told == [f"{holder} has taken it; release it first"] * (PROGRAMS - 1)
        assert _actions(workplace, number)["assigned"] == 1
    assert_consistent(workplace.database)


def test_a_follow_up_that_several_end_is_ended_once(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    """A5: the later ones find nothing left to do, which is no error."""
    numbers = import_records([active_record() for _ in range(MANY)])
    for number in numbers:
        at = FollowUps(workplace).set(number, {"at": "+1h", "text": "ring"})
    ended = at_once(PROGRAMS, follow_up_done, workplace.database.location, clock.now(), at, numbers)
    assert sorted(number for one in ended for number in one) == sorted(numbers)
    assert all(_actions(workplace, number)["follow-up-done"] == 1 for number in numbers)
    assert FollowUps(workplace).next_due() is None
    assert_consistent(workplace.database)
