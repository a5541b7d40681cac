"""Decisions and the work on a deal: what each asks, where it is refused, and who wins a race (I5, I6, A1-A3, T2)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.domain.referral import Referral, TeamMember
from refterm.errors import ConflictError, InvalidInputError, NotFoundError, RefTermError, WrongStateError
from refterm.services.desk import Desk
from refterm.services.triage import Triage, edit_texts
from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import NOW, active_record, ahead, api_record
from tests.services import racing
from tests.services.use_cases import (
    ACCEPTANCE,
    ACTIONS,
    CONTEXT,
    PERSON,
    REFUSAL,
    STATES,
    active,
    after,
    new,
)
from tests.store.support import assert_consistent, dump, insert, notices, one_row, open_at, row, seated

# Where each action can be done; everywhere else it is refused in a sentence.
POSSIBLE: dict[str, set[str]] = {
    "accept": {"new"},
    "decline": {"new"},
    "edit": {"active"},
    "add contact": {"active"},
    "edit contact": {"active"},
    "remove contact": {"active"},
    "won": {"active"},
    "lost": {"active"},
    "undo": set(),  # none of these was decided at this desk
    "favorite": set(STATES),
    "take": {"new", "active"},
    "release": set(),  # nobody has taken them
    "contacted": {"new", "active"},
    "skip": {"new"},
    "unskip": set(),
    "note": set(STATES),
}


def referral(workplace: Workplace, number: int) -> Referral:
    return Desk(workplace).referral(number)


@pytest.mark.parametrize("state", STATES)
def test_each_action_is_done_or_refused_in_each_state(workplace: Workplace, state: str) -> None:
    """H2, T2: what is closed is final; a refusal is one sentence and writes nothing."""
    for action, states in POSSIBLE.items():
        number = STATES[state](workplace)  # each action has a referral of its own
        before = dump(workplace.database)
        if state in states:
            ACTIONS[action](workplace, number)
            assert dump(workplace.database) != before, action
            continue
        with pytest.raises(RefTermError) as refused:
            ACTIONS[action](workplace, number)
        assert not isinstance(refused.value, InvalidInputError), action
        assert "\n" not in str(refused.value)
        assert dump(workplace.database) == before, action


def test_a_referral_that_does_not_exist_is_named(workplace: Workplace) -> None:
    before = dump(workplace.database)
    for action in (*POSSIBLE, "take over"):
        with pytest.raises(NotFoundError, match="no referral 77"):
            ACTIONS[action](workplace, 77)
        assert dump(workplace.database) == before, action


@pytest.mark.parametrize("action", ["accept", "decline", "skip", "take", "contacted"])
def test_what_is_past_its_expiry_is_refused_before_it_is_archived(
    workplace: Workplace, clock: SettableClock, action: str
) -> None:
    """I4: at the instant of its expiry it is archived, whether or not somebody has written that down."""
    number = new(workplace, expirationDateTime=ahead(minutes=1))
    clock.advance(timedelta(minutes=1))
    before = dump(workplace.database)
    with pytest.raises(WrongStateError, match=rf"#{number} .*expired 0s ago"):
        ACTIONS[action](workplace, number)
    assert dump(workplace.database) == before


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (after("accept", by="bob"), "#{number} was accepted by bob 2h ago; it is in Active"),
        (after("decline", by="bob"), "#{number} was declined by bob 2h ago; it is closed"),
        (after("accept", "won", by="bob"), "#{number} was reported as won by bob 2h ago; it is closed"),
        (active, "#{number} is accepted already; it is in Active"),
        (STATES["expired"], "#{number} was archived as expired"),
    ],
)
@pytest.mark.parametrize("action", ["accept", "decline"])
def test_who_comes_too_late_is_told_who_decided_what_and_when(
    workplace: Workplace, clock: SettableClock, prepare: Any, sentence: str, action: str
) -> None:
    """T2."""
    number = prepare(workplace)
    clock.advance(timedelta(hours=2))
    with pytest.raises(WrongStateError, match=sentence.format(number=number)):
        ACTIONS[action](workplace, number)


class TestAccept:
    """I5."""

    def test_it_stands_in_active_with_what_was_given(self, workplace: Workplace) -> None:
        number = new(workplace)
        Triage(workplace).accept(number, ACCEPTANCE, CONTEXT)
        accepted = referral(workplace, number)
        deal = accepted.deal
        assert (accepted.status, accepted.outcome, accepted.decided_by) == ("active", None, "ana")
        assert accepted.decided_at == NOW
        assert (deal.name, deal.value, deal.currency) == ("Mailbox migration", Decimal("12500.50"), "EUR")
        assert (deal.timeframe, deal.purchase_date) == ("1-3 months", date(2026, 6, 2))
        assert (deal.crm_id, deal.campaign_id) == ("OPP-7", None)
        assert accepted.team == (TeamMember("Mara Voss", "mara.voss@nordlicht.example", "+49 431 10"),)

    @pytest.mark.parametrize("field", ["name", "value", "timeframe", "notes"])
    @pytest.mark.parametrize("given", ["", "  ", "\u200b"])
    def test_each_required_field_is_asked_for(self, workplace: Workplace, field: str, given: str) -> None:
        number = new(workplace)
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError) as refused:
            Triage(workplace).accept(number, {**ACCEPTANCE, field: given}, CONTEXT)
        assert list(refused.value.fields) == [field]
        assert dump(workplace.database) == before

    def test_all_bad_fields_are_told_at_once_in_the_order_of_the_form(self, workplace: Workplace) -> None:
        number = new(workplace)
        with pytest.raises(InvalidInputError) as refused:
            Triage(workplace).accept(
                number, {"value": "-1", "currency": "EUR", "timeframe": "2020-01-01", "contacts": ";x"}, CONTEXT
            )
        assert list(refused.value.fields) == ["name", "value", "timeframe", "notes", "contacts"]

    def test_the_deal_s_currency_counts_where_none_is_typed(
        self, workplace: Workplace, import_records: ImportRecords
    ) -> None:
        """Currency: given, else what the source said of the deal, else it must be given."""
        with_currency, without = import_records([api_record(details__currency="CHF"), api_record()])
        typed = {**ACCEPTANCE, "currency": ""}
        Triage(workplace).accept(with_currency, typed, CONTEXT)
        assert referral(workplace, with_currency).deal.currency == "CHF"
        with pytest.raises(InvalidInputError) as refused:
            Triage(workplace).accept(without, typed, CONTEXT)
        assert list(refused.value.fields) == ["currency"]
        Triage(workplace).accept(without, typed, CONTEXT._replace(currency="SEK"))
        assert referral(workplace, without).deal.currency == "SEK"

    def test_the_source_s_team_stays(self, workplace: Workplace, import_records: ImportRecords) -> None:
        [number] = import_records([api_record(team=[{"firstName": "Ada", "email": "ada@n.example"}])])
        Triage(workplace).accept(number, ACCEPTANCE, CONTEXT)
        assert [person.name for person in referral(workplace, number).team] == ["Ada", "Mara Voss"]

    def test_what_is_typed_is_cleaned(self, workplace: Workplace) -> None:
        number = new(workplace)
        Triage(workplace).accept(number, {**ACCEPTANCE, "name": "a\x1b[2J\u202eb\nc", "notes": "x\ty\x00\nz"}, CONTEXT)
        deal = referral(workplace, number).deal
        assert (deal.name, deal.notes) == ("a[2Jb c", "x y\nz")


class TestDecline:
    """I6."""

    def test_it_is_archived_with_its_reason(self, workplace: Workplace) -> None:
        number = new(workplace)
        done = Triage(workplace).decline([number], REFUSAL)
        assert (done.referrals, done.refused) == ((number,), ())
        declined = referral(workplace, number)
        assert (declined.status, declined.outcome, declined.reason) == ("archived", "declined", "no-response")
        assert (declined.decided_by, declined.closed_by, declined.closed_at) == ("ana", "ana", NOW)
        assert declined.reason_notes == "no answer\nfor a week"

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({}, "reason"),
            ({"reason": "9"}, "reason"),
            ({"reason": "other"}, "notes"),
            ({"reason": "8", "notes": " "}, "notes"),
        ],
    )
    def test_a_reason_is_asked_for_and_notes_with_others(
        self, workplace: Workplace, typed: Mapping[str, str], field: str
    ) -> None:
        number = new(workplace)
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError) as refused:
            Triage(workplace).decline([number], typed)
        assert list(refused.value.fields) == [field]
        assert dump(workplace.database) == before

    def test_several_are_one_decision_and_those_that_cannot_be_declined_are_told(self, workplace: Workplace) -> None:
        first, taken, second = new(workplace), after("accept", by="bob")(workplace), new(workplace)
        done = Triage(workplace).decline([first, taken, 99, second, first], REFUSAL)
        assert done.referrals == (first, second)
        assert [one.referral for one in done.refused] == [taken, 99]
        assert "accepted by bob" in str(done.refused[0].error)
        batches = {entry[8] for entry in dump(workplace.database)["history"] if entry[4] == "declined"}
        assert len(batches) == 1
        assert None not in batches
        assert_consistent(workplace.database)

    def test_the_notice_is_held_back_for_as_long_as_it_can_be_undone(self, workplace: Workplace) -> None:
        """N1, U1: with undo switched off it goes at once."""
        held, at_once, later = (new(workplace) for _ in range(3))
        Triage(workplace).decline([held], REFUSAL)
        Triage(replace(workplace, undo_seconds=0)).decline([at_once], REFUSAL)
        Triage(replace(workplace, undo_seconds=600)).decline([later], REFUSAL)
        owed = [notices(workplace.database, number)[-1] for number in (held, at_once, later)]
        assert [(one["kind"], one["state"]) for one in owed] == [
            ("declined", "held"),
            ("declined", "due"),
            ("declined", "held"),
        ]
        assert owed[2]["due_at"] - owed[1]["due_at"] == 600_000_000

    def test_nothing_is_owed_where_customers_are_not_told(self, workplace: Workplace) -> None:
        """`notices.customers = "never"`."""
        number = new(workplace)
        Triage(replace(workplace, tell_customers=False)).decline([number], REFUSAL)
        assert [one for one in notices(workplace.database, number) if one["kind"] == "declined"] == []

    def test_a_customer_without_an_address_is_owed_one_that_cannot_be_delivered(self, workplace: Workplace) -> None:
        number = new(workplace, customerProfile={"team": [{"firstName": "Inga"}]})
        Triage(workplace).decline([number], REFUSAL)
        assert [one["recipient"] for one in notices(workplace.database, number) if one["kind"] == "declined"] == [""]


class TestEdit:
    """A2, and T2 field by field."""

    def test_only_what_was_changed_is_written(self, workplace: Workplace) -> None:
        number = active(workplace)
        shown = edit_texts(referral(workplace, number))
        Triage(workplace).edit(number, {**shown, "notes": "two sites", "crm_id": ""}, CONTEXT, shown=shown)
        changes = list(Desk(workplace).history(number))[-1].changes
        assert dict(changes) == {
            "deal.notes": (None, "two sites"),
            "deal.crm_id": ("OPP-2026-0117", None),
        }, "and what only an undo needs is not told"

    def test_a_form_that_was_not_changed_writes_nothing(self, workplace: Workplace) -> None:
        number = active(workplace)
        shown = edit_texts(referral(workplace, number))
        before = dump(workplace.database)
        Triage(workplace).edit(number, shown, CONTEXT, shown=shown)
        assert dump(workplace.database) == before

    def test_nothing_to_change_is_refused(self, workplace: Workplace) -> None:
        number = active(workplace)
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError, match="at least one field"):
            Triage(workplace).edit(number, {}, CONTEXT)
        assert dump(workplace.database) == before

    def test_values_that_are_there_already_are_no_change(self, workplace: Workplace) -> None:
        """T4: the history tells of changes; setting a field to what it is makes none."""
        number = active(workplace)
        before = dump(workplace.database)
        Triage(workplace).edit(number, {"name": "Mailbox migration", "value": "5000"}, CONTEXT)
        assert dump(workplace.database) == before

    def test_the_date_replaces_the_window(self, workplace: Workplace) -> None:
        """I5: editing the date replaces the window."""
        number = after("accept")(workplace)
        Triage(workplace).edit(number, {"date": "2026-05-05"}, CONTEXT)
        deal = referral(workplace, number).deal
        assert (deal.timeframe, deal.purchase_date) == ("2026-05-05", date(2026, 5, 5))

    def test_two_people_who_edit_other_fields_both_stand(self, workplace: Workplace) -> None:
        number = active(workplace)
        shown = edit_texts(referral(workplace, number))
        bob = Triage(seated(workplace, "bob"))
        bob.edit(number, {**shown, "name": "Theirs"}, CONTEXT, shown=shown)
        Triage(workplace).edit(number, {**shown, "notes": "mine"}, CONTEXT, shown=shown)
        deal = referral(workplace, number).deal
        assert (deal.name, deal.notes) == ("Theirs", "mine")

    @pytest.mark.parametrize(
        ("theirs", "mine", "field", "sentence"),
        [
            ({"name": "Theirs"}, {"name": "Mine"}, "name", "changed meanwhile to Theirs"),
            ({"crm_id": ""}, {"crm_id": "OPP-9"}, "crm_id", "changed meanwhile to nothing"),
            ({"value": "7000"}, {"value": "6000"}, "value", "changed meanwhile to 7000"),
            # An amount says nothing without its currency: who changes one relies on the other.
            ({"currency": "USD"}, {"value": "6000"}, "currency", "changed meanwhile to USD"),
            ({"value": "7000"}, {"currency": "USD"}, "value", "changed meanwhile to 7000"),
        ],
    )
    def test_two_people_who_edit_the_same_field_are_told(
        self, workplace: Workplace, theirs: Mapping[str, str], mine: Mapping[str, str], field: str, sentence: str
    ) -> None:
        """T2: the second is told what the first made of it, and nothing is overwritten."""
        number = active(workplace)
        shown = edit_texts(referral(workplace, number))
        Triage(seated(workplace, "bob")).edit(number, {**shown, **theirs}, CONTEXT, shown=shown)
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError) as refused:
            Triage(workplace).edit(number, {**shown, **mine}, CONTEXT, shown=shown)
        assert refused.value.fields == {field: sentence}
        assert dump(workplace.database) == before

    def test_two_people_who_change_it_alike_agree(self, workplace: Workplace) -> None:
        number = active(workplace)
        shown = edit_texts(referral(workplace, number))
        typed = {**shown, "name": "Alike"}
        Triage(seated(workplace, "bob")).edit(number, typed, CONTEXT, shown=shown)
        Triage(workplace).edit(number, typed, CONTEXT, shown=shown)
        assert [entry.action for entry in Desk(workplace).history(number)] == ["imported", "edited"]


class TestTeam:
    """A3: contacts, counted from 1."""

    def test_added_corrected_removed(self, workplace: Workplace) -> None:
        number, triage = active(workplace), Triage(workplace)
        triage.add_contact(number, PERSON)
        triage.edit_contact(number, 2, {"phone": "", "name": "Tom B. Ode"})
        assert referral(workplace, number).team[1] == TeamMember("Tom B. Ode", "tom.ode@nordlicht.example", "")
        triage.remove_contact(number, 1)
        assert [person.name for person in referral(workplace, number).team] == ["Tom B. Ode"]

    def test_corrected_to_what_it_is_is_no_change(self, workplace: Workplace) -> None:
        number = active(workplace)
        before = dump(workplace.database)
        Triage(workplace).edit_contact(number, 1, {"name": "Mara Voss"})
        assert dump(workplace.database) == before

    @pytest.mark.parametrize("position", [-1, 0, 2, 10**9])
    @pytest.mark.parametrize("action", ["edit", "remove"])
    def test_one_that_is_not_there(self, workplace: Workplace, position: int, action: str) -> None:
        number = active(workplace)
        before = dump(workplace.database)
        arguments = ({"name": "x"},) if action == "edit" else ()
        with pytest.raises(NotFoundError, match=f"no contact {position}; the deal has 1"):
            getattr(Triage(workplace), f"{action}_contact")(number, position, *arguments)
        assert dump(workplace.database) == before

    def test_another_in_its_place_is_not_touched(self, workplace: Workplace) -> None:
        """T2: while one looked at the second contact, somebody removed the first."""
        number = active(workplace)
        triage = Triage(workplace)
        triage.add_contact(number, PERSON)
        first, second = referral(workplace, number).team
        Triage(seated(workplace, "bob")).remove_contact(number, 1, was=first)
        before = dump(workplace.database)
        with pytest.raises(ConflictError, match="somebody else changed the contacts"):
            triage.remove_contact(number, 1, was=first)
        with pytest.raises(ConflictError):
            triage.edit_contact(number, 1, {"name": "x"}, was=first)
        with pytest.raises((ConflictError, NotFoundError)):
            triage.remove_contact(number, 2, was=second)
        assert dump(workplace.database) == before

    @pytest.mark.parametrize(
        ("typed", "field"), [({"name": " "}, "name"), ({"name": "x", "email": "no address"}, "email")]
    )
    def test_a_bad_contact_is_refused(self, workplace: Workplace, typed: Mapping[str, str], field: str) -> None:
        number = active(workplace)
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError) as refused:
            Triage(workplace).add_contact(number, typed)
        assert list(refused.value.fields) == [field]
        assert dump(workplace.database) == before


class TestOutcome:
    """A1."""

    def test_won_keeps_value_and_purchase_date_and_closes_today(self, workplace: Workplace) -> None:
        number = active(workplace)
        Triage(workplace).won(number, {}, CONTEXT)
        won = referral(workplace, number)
        assert (won.status, won.outcome, won.closed_by, won.closed_at) == ("archived", "won", "ana", NOW)
        assert (won.deal.value, won.deal.currency) == (Decimal(5000), "EUR")
        assert (won.deal.closed_on, won.deal.purchase_date) == (NOW.date(), date(2026, 6, 30))
        assert won.decided_at != won.closed_at  # won does not change who accepted it, and when

    @pytest.mark.parametrize(
        ("record", "typed", "field"),
        [
            ({"dealValue": None}, {}, "value"),
            ({"dealValue": None, "currency": None}, {"value": "5"}, "currency"),
            ({}, {"date": "2026-03-03"}, "date"),
            ({}, {"date": "soon"}, "date"),
            ({}, {"currency": "XXX"}, "currency"),
            ({}, {"value": "-5"}, "value"),
        ],
    )
    def test_a_bad_win_is_refused(
        self, workplace: Workplace, record: dict[str, Any], typed: Mapping[str, str], field: str
    ) -> None:
        number = active(workplace, details=record)
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError) as refused:
            Triage(workplace).won(number, typed, CONTEXT)
        assert list(refused.value.fields) == [field]
        assert dump(workplace.database) == before

    def test_lost_asks_for_a_reason(self, workplace: Workplace) -> None:
        number = active(workplace)
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError):
            Triage(workplace).lost(number, {"reason": "other"})
        assert dump(workplace.database) == before
        Triage(workplace).lost(number, {"reason": "other", "notes": "merged with another"})
        lost = referral(workplace, number)
        assert (lost.outcome, lost.reason, lost.reason_notes) == ("lost", "other", "merged with another")


class TestRace:
    """T2: two people deciding the same referral."""

    def test_of_two_threads_one_decides(self, workplace: Workplace, location: Path | str, clock: SettableClock) -> None:
        numbers = [new(workplace) for _ in range(20)]
        barrier = threading.Barrier(2)
        told: dict[str, dict[int, str]] = {"bob": {}, "mei": {}}

        def decide(name: str) -> None:
            desk = open_at(location, clock, name)
            with closing(desk):
                for number in numbers:
                    barrier.wait(30)
                    try:
                        ACTIONS["accept" if name == "bob" else "decline"](desk, number)
                    except WrongStateError as error:
                        told[name][number] = str(error)

        threads = [threading.Thread(target=decide, args=(name,)) for name in told]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in numbers:
            decided = referral(workplace, number)
            loser = "mei" if decided.decided_by == "bob" else "bob"
            assert f"by {decided.decided_by} 0s ago" in told[loser][number]
            assert number not in told[str(decided.decided_by)]
            assert [entry.action for entry in Desk(workplace).history(number)] in (
                ["imported", "accepted"],
                ["imported", "declined"],
            )
        assert_consistent(workplace.database)

    def test_of_eight_programs_each_referral_is_decided_by_one(
        self, workplace: Workplace, location: Path | str
    ) -> None:
        numbers = insert(workplace.database, [row() for _ in range(500)])
        told = racing.at_once(8, racing.decide, location, NOW, numbers)
        decisions = [entry for entry in dump(workplace.database)["history"] if entry[4] != "imported"]
        assert sorted(entry[5] for entry in decisions) == numbers
        for _, _, name, _, action, number, _, version, *_ in decisions:
            kept = one_row(workplace.database, number)
            assert (kept["decided_by"], kept["version"], version) == (name, 2, 2)
            owed = [one["kind"] for one in notices(workplace.database, number) if one["kind"] == "declined"]
            assert owed == ["declined"] * (action == "declined")
            refused = [sentences[number] for sentences in told if number in sentences]
            assert len(refused) == 7
            assert all(f"#{number} was {action} by {name} " in sentence for sentence in refused)
        assert_consistent(workplace.database)


def test_dates_count_from_the_viewer_s_day(workplace: Workplace, import_records: ImportRecords) -> None:
    """I5, Z1: what is today for the person is in the context, not in the machine's zone."""
    [number] = import_records([active_record()])
    tomorrow = NOW.date() + timedelta(days=1)
    Triage(workplace).won(number, {"date": tomorrow.isoformat()}, Context(tomorrow))
    assert referral(workplace, number).deal.closed_on == tomorrow
