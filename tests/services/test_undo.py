"""Undo: the person who decided, for as long as the notices are held back, and the state exactly as it was (U1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.domain.referral import Status
from refterm.errors import UndoError
from refterm.services.background.expiry import expire_due
from refterm.services.desk import Desk
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import NOW, ahead, api_record
from tests.services.use_cases import ACTIONS, REFUSAL, active, after, new
from tests.store.support import (
    assert_consistent,
    dump,
    micros,
    notices,
    one_row,
    seated,
    without_counting,
)

DECISIONS = {"accept": new, "decline": new, "won": active, "lost": active}
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)


def refusal(workplace: Workplace, number: int) -> str:
    """Why it cannot be undone; nothing is written meanwhile."""
    before = dump(workplace.database)
    done = Triage(workplace).undo([number])
    assert done.referrals == ()
    [refused] = done.refused
    assert isinstance(refused.error, UndoError)
    assert dump(workplace.database) == before
    return str(refused.error)


@pytest.mark.parametrize("waited", [timedelta(0), 60 * SECOND - TICK])
@pytest.mark.parametrize("decision", DECISIONS)
def test_within_the_time_the_state_is_exactly_as_before(
    workplace: Workplace, clock: SettableClock, decision: str, waited: timedelta
) -> None:
    number = DECISIONS[decision](workplace, details={"currency": "EUR"}, favorite=True)
    Marks(workplace).take(number)
    Marks(workplace).contacted(number)
    before = one_row(workplace.database, number)
    ACTIONS[decision](workplace, number)
    clock.advance(waited)
    done = Triage(workplace).undo([number])
    assert (done.referrals, done.refused) == ((number,), ())
    present = one_row(workplace.database, number)
    assert without_counting(present) == without_counting(before)
    assert (present["version"], present["changed_at"]) == (
        before["version"] + 2,
        micros(seconds=waited.total_seconds()),
    )
    assert_consistent(workplace.database)


def test_from_then_on_it_says_why_not(workplace: Workplace, clock: SettableClock) -> None:
    numbers = {decision: prepare(workplace) for decision, prepare in DECISIONS.items()}
    for decision, number in numbers.items():
        ACTIONS[decision](workplace, number)
    for waited in (60 * SECOND, SECOND, timedelta(days=1)):
        clock.advance(waited)
        for number in numbers.values():
            assert "can no longer be undone" in refusal(workplace, number)


def test_only_who_decided_can(workplace: Workplace) -> None:
    for decision, prepare in DECISIONS.items():
        number = prepare(workplace)
        ACTIONS[decision](seated(workplace, "bob"), number)
        assert "by bob; only who decided can undo it" in refusal(workplace, number), decision


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (new, "no decision"),
        (active, "no decision"),  # accepted elsewhere
        (after("favorite", "take", "note"), "no decision"),
        (after("accept", "undo"), "no decision"),  # an undo is no decision: it is not undone again
        (after("accept", "edit"), "has changed since"),
        (after("accept", "undo", "accept", "won", "undo", "edit"), "has changed since"),
    ],
)
def test_what_is_none_or_has_changed_since_is_not_undone(
    workplace: Workplace, prepare: Callable[[Workplace], int], sentence: str
) -> None:
    assert sentence in refusal(workplace, prepare(workplace))


@pytest.mark.parametrize(
    "prepare", [after("decline", "note"), after("decline", "favorite"), after("accept", "favorite")]
)
def test_marks_and_notes_are_no_change(workplace: Workplace, prepare: Callable[[Workplace], int]) -> None:
    """U1: only a later change of what the decision set blocks its undo; the mark stays."""
    number = prepare(workplace)
    favorite = Desk(workplace).referral(number).favorite
    assert Triage(workplace).undo([number]).referrals == (number,)
    after_undo = Desk(workplace).referral(number)
    assert (after_undo.status, after_undo.favorite) == (Status.NEW, favorite)


def test_a_change_of_what_was_set_says_who_and_what(workplace: Workplace) -> None:
    number = after("accept")(workplace)
    ACTIONS["edit"](seated(workplace, "bob"), number)
    assert "edited by bob (deal.name" in refusal(workplace, number)


def test_a_newer_record_of_the_source_with_other_fields_is_no_change(
    workplace: Workplace, clock: SettableClock, import_records: ImportRecords
) -> None:
    record = api_record()
    [number] = import_records([record])
    ACTIONS["decline"](workplace, number)
    import_records([{**record, "updatedDateTime": ahead(seconds=5), "externalReferenceId": "X"}])
    assert Triage(workplace).undo([number]).referrals == (number,)


def test_switched_off_nothing_can_be_undone(workplace: Workplace) -> None:
    """`undo_seconds = 0`."""
    off = replace(workplace, undo_seconds=0)
    number = new(workplace)
    ACTIONS["accept"](off, number)
    assert "undo is switched off" in refusal(off, number)
    with pytest.raises(UndoError, match="undo is switched off"):
        Triage(off).last_decision()


def test_another_span_counts_to_the_instant(workplace: Workplace, clock: SettableClock) -> None:
    longer = replace(workplace, undo_seconds=600)
    first, second = new(workplace), new(workplace)
    ACTIONS["decline"](longer, first)
    ACTIONS["decline"](longer, second)
    clock.advance(600 * SECOND - TICK)
    assert Triage(longer).undo([first]).referrals == (first,)
    clock.advance(TICK)
    assert "can no longer be undone" in refusal(longer, second)


@pytest.mark.parametrize(("made_with", "now_set"), [(600, 60), (60, 600), (60, 0)])
def test_a_decision_keeps_the_time_it_was_made_with(
    workplace: Workplace, clock: SettableClock, made_with: int, now_set: int
) -> None:
    """U1: another setting holds for what is decided from then on."""
    then, since = replace(workplace, undo_seconds=made_with), replace(workplace, undo_seconds=now_set)
    first, second = new(workplace), new(workplace)
    ACTIONS["decline"](then, first)
    ACTIONS["accept"](then, second)
    clock.advance(made_with * SECOND - TICK)
    assert Triage(since).undo([first]).referrals == (first,)
    assert Triage(since).last_decision() == [second]
    clock.advance(TICK)
    assert f"was accepted {made_with} s or more ago" in refusal(since, second)
    with pytest.raises(UndoError):
        Triage(since).last_decision()


def test_held_notices_are_taken_back_and_owed_anew_by_the_next_decision(workplace: Workplace) -> None:
    """N1: each exactly once; what was undone tells nobody."""
    number = after("decline", "undo", "decline")(workplace)
    declined = [one["state"] for one in notices(workplace.database, number) if one["kind"] == "declined"]
    assert declined == ["undone", "held"]


def test_a_customer_who_was_told_cannot_be_told_otherwise(workplace: Workplace, clock: SettableClock) -> None:
    """U1, Z2: it can be undone while its notices are held back; on a clock that was set back, too, none is recalled."""
    number = after("decline")(workplace)
    clock.advance(60 * SECOND)
    with workplace.database.writing() as connection:
        connection.execute("update outbox set state = 'sent' where kind = 'declined'")
    clock.set(NOW + 30 * SECOND)
    assert "has been told" in refusal(workplace, number)


class TestSeveral:
    """Marked ones are declined, and undone, as one."""

    def test_they_are_undone_together(self, workplace: Workplace) -> None:
        numbers = [new(workplace) for _ in range(5)]
        before = [without_counting(one_row(workplace.database, number)) for number in numbers]
        Triage(workplace).decline(numbers, REFUSAL)
        assert Triage(workplace).last_decision() == numbers
        done = Triage(workplace).undo(numbers)
        assert done.referrals == tuple(numbers)
        assert [without_counting(one_row(workplace.database, number)) for number in numbers] == before
        assert {
            one["state"]
            for number in numbers
            for one in notices(workplace.database, number)
            if one["kind"] == "declined"
        } == {"undone"}
        assert_consistent(workplace.database)

    def test_one_that_has_changed_since_stays_and_is_told(self, workplace: Workplace) -> None:
        first, changed, last = (new(workplace) for _ in range(3))
        Triage(workplace).decline([first, changed, last], REFUSAL)
        with workplace.database.writing() as connection:
            connection.execute(
                "insert into history (at, by, login, action, referral_id, changes, version)"
                " select at, 'bob', 'bob', 'updated', referral_id, changes, version from history where referral_id = ?"
                " and action = 'declined'",
                (changed,),
            )
        done = Triage(workplace).undo(Triage(workplace).last_decision())
        assert done.referrals == (first, last)
        [refused] = done.refused
        assert (refused.referral, "has changed since" in str(refused.error)) == (changed, True)

    def test_what_was_undone_by_itself_is_not_asked_for_again(self, workplace: Workplace) -> None:
        numbers = [new(workplace) for _ in range(3)]
        Triage(workplace).decline(numbers, REFUSAL)
        Triage(workplace).undo(numbers[:1])
        assert Triage(workplace).last_decision() == numbers[1:]


class TestLast:
    """What `u` undoes: this person's latest decision that is not undone yet."""

    def test_it_goes_back_one_by_one(self, workplace: Workplace, clock: SettableClock) -> None:
        first, second = new(workplace), new(workplace)
        triage = Triage(workplace)
        ACTIONS["accept"](workplace, first)
        clock.advance(SECOND)
        ACTIONS["decline"](workplace, second)
        ACTIONS["decline"](seated(workplace, "bob"), new(workplace))
        for expected in (second, first):
            assert triage.last_decision() == [expected]
            triage.undo([expected])
        with pytest.raises(UndoError, match="nothing to undo: decisions can be undone for 60 s"):
            triage.last_decision()

    def test_it_ends_with_the_time(self, workplace: Workplace, clock: SettableClock) -> None:
        number = after("accept")(workplace)
        clock.advance(60 * SECOND - TICK)
        assert Triage(workplace).last_decision() == [number]
        clock.advance(TICK)
        with pytest.raises(UndoError):
            Triage(workplace).last_decision()

    def test_decided_again_after_an_undo_it_can_be_undone_again(self, workplace: Workplace) -> None:
        number = after("accept", "undo", "decline")(workplace)
        assert Triage(workplace).last_decision() == [number]
        assert Triage(workplace).undo([number]).referrals == (number,)
        assert [entry.action for entry in Desk(workplace).history(number)][1:] == [
            "accepted",
            "undone",
            "declined",
            "undone",
        ]

    def test_what_was_undone_stands_in_nobody_s_way(self, workplace: Workplace) -> None:
        """An accept that was won and then un-won stands as it was decided, so it is the next to be undone."""
        other = after("accept")(workplace)
        number = after("accept", "won", "undo")(workplace)
        assert Triage(workplace).last_decision() == [number]
        done = Triage(workplace).undo_last()
        assert [(made.action, made.referral) for made, _company in done.undone] == [("accepted", number)]
        assert Desk(workplace).referral(number).status == "new"
        assert Triage(workplace).last_decision() == [other]

    def test_it_says_what_it_skips_and_why(self, workplace: Workplace) -> None:
        first, changed = after("accept")(workplace), after("accept")(workplace)
        ACTIONS["edit"](seated(workplace, "bob"), changed)
        done = Triage(workplace).undo_last()
        assert done.referrals == (first,)
        [skipped] = done.refused
        assert (skipped.referral, "edited by bob" in str(skipped.error)) == (changed, True)
        done = Triage(workplace).undo_last()
        assert (done.referrals, [one.referral for one in done.refused]) == ((), [changed])


class TestExpiryMeanwhile:
    """If its expiry passed meanwhile, it is undone and then expires at its deadline."""

    @pytest.mark.parametrize("decision", ["accept", "decline"])
    def test_it_is_undone_and_expires_at_its_deadline(
        self, workplace: Workplace, clock: SettableClock, decision: str
    ) -> None:
        number = new(workplace, expirationDateTime=ahead(seconds=30))
        ACTIONS[decision](workplace, number)
        clock.advance(45 * SECOND)
        assert expire_due(workplace) == []  # decided in time
        assert Triage(workplace).undo([number]).referrals == (number,)
        expired = Desk(workplace).referral(number)
        assert (expired.status, expired.outcome) == ("archived", "expired")
        assert (expired.closed_at, expired.closed_by) == (NOW + 30 * SECOND, None)
        assert (expired.decided_at, expired.decided_by, expired.reason) == (None, None, None)
        entries = list(Desk(workplace).history(number))
        assert [(entry.action, entry.by, entry.at) for entry in entries[2:]] == [
            ("expired", "refterm", NOW + 30 * SECOND),
            ("undone", "ana", NOW + 45 * SECOND),
        ]
        owed = {one["kind"]: one["state"] for one in notices(workplace.database, number)}
        assert owed["expired"] == "due"
        assert owed.get("declined", "undone") == "undone"
        assert_consistent(workplace.database)

    def test_at_its_very_instant(self, workplace: Workplace, clock: SettableClock) -> None:
        early, late = (new(workplace, expirationDateTime=ahead(seconds=30)) for _ in range(2))
        Triage(workplace).decline([early, late], REFUSAL)
        clock.advance(30 * SECOND - TICK)
        Triage(workplace).undo([early])
        assert Desk(workplace).referral(early).status == "new"
        clock.advance(TICK)
        Triage(workplace).undo([late])
        assert Desk(workplace).referral(late).outcome == "expired"


def test_the_entry_of_the_undo_says_what_it_took_back(workplace: Workplace) -> None:
    """T4: an undo is a change like any other, by its person, and the decision stays in the history."""
    number = after("decline", "undo")(workplace)
    declined, undone = list(Desk(workplace).history(number))[1:]
    assert (undone.action, undone.by, undone.login) == ("undone", "ana", "ana")
    assert {name: list(reversed(values)) for name, values in undone.changes.items()} == {
        name: list(values) for name, values in declined.changes.items()
    }


def test_a_refused_one_among_several_writes_nothing_of_its_own(workplace: Workplace) -> None:
    theirs = after("accept", by="bob")(workplace)
    mine = after("accept")(workplace)
    kept: dict[str, Any] = one_row(workplace.database, theirs)
    done = Triage(workplace).undo([theirs, mine, 999])
    assert done.referrals == (mine,)
    assert [one.referral for one in done.refused] == [theirs, 999]
    assert one_row(workplace.database, theirs) == kept
