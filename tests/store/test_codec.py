"""How values are kept: exact both ways, and what the history keeps of a change is enough to take it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refterm.domain.history import Action, Actor, Notice
from refterm.domain.referral import Contact, Deal, TeamMember
from refterm.errors import ConflictError
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, updates
from tests.samples import NOW
from tests.store.support import Columns, assert_consistent, dump, insert, micros, one_row, row

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
INSTANTS = st.datetimes(timezones=st.just(UTC))
AMOUNTS = st.decimals(0, 10**15 - 1, places=4, allow_nan=False) | st.sampled_from(
    [Decimal("10.50"), Decimal("0.00"), Decimal("1E+3")]
)
PEOPLE = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=3)

# Values that each column of a change may have, before or after it.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{column: st.none() | TEXTS for column in codec.FIELD_OF_COLUMN},
    **{column: st.none() | INSTANTS.map(codec.micros) for column in codec._INSTANTS},
    "expires_at": st.just(codec.NEVER) | INSTANTS.map(codec.micros),
    **{
        column: st.integers(0, 1)
        for column in ("received_estimated", "expiry_estimated", "flame", "favorite", "changed_here")
    },
    **{column: st.lists(TEXTS, max_size=3).map(codec.texts) for column in ("products", "services", "solutions")},
    "contacts": PEOPLE.map(lambda people: codec.contacts(Contact(name, "", mail, tel) for name, mail, tel in people)),
    "team": PEOPLE.map(lambda people: codec.team(TeamMember(*person) for person in people)),
    "fit": st.none() | st.integers(0, 100),
}
ROWS = st.fixed_dictionaries(VALUES)


@settings(deadline=None)
@given(INSTANTS)
def test_an_instant_is_kept_to_the_microsecond(moment: datetime) -> None:
    """Z1, contract: times are kept to the microsecond; a float would lose it."""
    assert codec.instant(codec.micros(moment)) == moment
    assert datetime.fromisoformat(codec.iso(moment)) == moment
    elsewhere = moment.astimezone(timezone(timedelta(hours=5, minutes=45))) if 1 < moment.year < 9999 else moment
    assert codec.micros(elsewhere) == codec.micros(moment)
    assert codec.iso(elsewhere).endswith("Z")


@settings(deadline=None)
@given(AMOUNTS)
def test_an_amount_keeps_the_digits_typed(amount: Decimal) -> None:
    columns = codec.deal_columns(Deal(value=amount))
    kept = codec.amount_or_none(columns["deal_value"])
    assert kept == amount
    assert "E" not in columns["deal_value"]
    assert codec.amount_or_none(None) is None


@settings(deadline=None)
@given(AMOUNTS, AMOUNTS)
def test_amounts_are_ordered_as_they_are(one: Decimal, other: Decimal) -> None:
    """Exact to the last digit that is kept, as far as sums of this world go."""
    orders = codec.value_order(one), codec.value_order(other)
    assert orders[0] > codec.value_order(None)
    if one < other:
        assert orders[0] < orders[1] or orders[0] == orders[1] == codec.NEVER
    elif one == other:
        assert orders[0] == orders[1]


@settings(deadline=None)
@given(before=ROWS, after=ROWS)
def test_what_the_history_keeps_of_a_change_takes_it_back(before: Columns, after: Columns) -> None:
    """T4, U1: the values before are those of the row, whatever was changed."""
    changes = codec.changes(before, after)
    assert {codec.COLUMN_OF_FIELD[field] for field in changes} == {
        name for name in after if after[name] != before[name]
    }
    assert {**after, **codec.columns_before(changes)} == before


def test_every_column_but_what_is_derived_is_in_the_history() -> None:
    """A column that people or sources fill is named; those left out follow from others or count writes."""
    derived = {"id", "source_id", "company_key", "email_domain", "deal_value_order", "source_updated_at"}
    assert set(row()) - set(codec.FIELD_OF_COLUMN) == (derived | {"changed_at", "version"}) - {"id"}


def test_a_row_is_read_as_it_was_written() -> None:
    given_row = {
        **row(
            contacts=codec.contacts([Contact("Inga", "Head", "i@k.example", "+49")]),
            team=codec.team([TeamMember("Mara", "m@n.example", "1")]),
            products=codec.texts(["Microsoft365"]),
            deal_value="10.50",
            email_domain="k.example",
            purchase_date="2026-06-30",
            expires_at=codec.NEVER,
            outcome="won",
            status="archived",
            closed_at=micros(microseconds=1),
        ),
        "id": 7,
    }
    referral = codec.read_referral(given_row)
    assert referral.expires_at is None
    assert referral.closed_at == NOW + timedelta(microseconds=1)
    assert referral.deal.value == Decimal("10.50")
    written = {**codec.referral_columns(referral), "id": 7, "source_updated_at": None}
    assert written.pop("changed_here", 0) == 0
    assert written == {name: value for name, value in given_row.items() if name != "changed_here"}


class TestJournal:
    """One place records every change."""

    ANA = Actor("ana", "a.ruiz")

    def test_it_keeps_who_what_when_and_the_values_before_and_after(self, workplace: Workplace) -> None:
        [number] = insert(workplace.database, [row()])
        with workplace.database.writing() as connection:
            before = updates.get(connection, number)
            after = updates.update(connection, before, {"favorite": 1, "taken_by": "ana"})
            entry = journal.record(
                connection, before, after, Action.TAKEN, self.ANA, NOW, batch="b", extra={"note": "a call"}
            )
        changes = '{"taken_by":[null,"ana"],"favorite":[false,true],"note":[null,"a call"]}'
        expected = (entry, micros(), "ana", "a.ruiz", "taken", number, changes, 2, "b", None)
        assert dump(workplace.database)["history"][-1] == expected

    @pytest.mark.parametrize(("seconds", "state"), [(-5, "due"), (0, "due"), (1, "held")])
    def test_a_notice_is_held_until_its_time(self, workplace: Workplace, seconds: int, state: str) -> None:
        """N1, U1: what is due later is held; what is due now goes."""
        [number] = insert(workplace.database, [row()])
        due_at = NOW + timedelta(seconds=seconds)
        with workplace.database.writing() as connection:
            before = updates.get(connection, number)
            notice = Notice("declined", "a@b.example", due_at)
            entry = journal.record(connection, before, before, Action.NOTED, self.ANA, NOW, notices=[notice, notice])
        expected = (1, "declined", "a@b.example", number, entry, state, codec.micros(due_at), 0)
        [kept] = dump(workplace.database)["outbox"]  # exactly once
        assert kept == (*expected, *[None] * (len(kept) - len(expected)))

    def test_only_what_is_not_delivered_is_taken_back(self, workplace: Workplace) -> None:
        [number] = insert(workplace.database, [row()])
        with workplace.database.writing() as connection:
            before = updates.get(connection, number)
            states = ("held", "due", "failed", "sent", "written", "dropped")
            notices = [Notice("declined", f"{state}@b.example", NOW) for state in states]
            entry = journal.record(connection, before, before, Action.DECLINED, self.ANA, NOW, notices=notices)
            for state in states:
                connection.execute("update outbox set state = ? where recipient = ?", (state, f"{state}@b.example"))
            journal.cancel_notices(connection, [entry])
        assert {one[2].partition("@")[0]: one[5] for one in dump(workplace.database)["outbox"]} == {
            **dict.fromkeys(("held", "due", "failed", "dropped"), "undone"),
            **{state: state for state in ("sent", "written")},
        }

    def test_counters_and_search_follow_the_status(self, workplace: Workplace) -> None:
        [number] = insert(workplace.database, [row()])
        for status in ("active", "archived", "new"):
            with workplace.database.writing() as connection:
                before = updates.get(connection, number)
                after = updates.update(connection, before, {"status": status})
                journal.record(connection, before, after, Action.UPDATED, self.ANA, NOW)
            assert_consistent(workplace.database)

    def test_a_row_that_somebody_changed_meanwhile_is_not_overwritten(self, workplace: Workplace) -> None:
        """T2: the guarded update."""
        [number] = insert(workplace.database, [row()])
        before = one_row(workplace.database, number)
        with workplace.database.writing() as connection:
            updates.update(connection, before, {"favorite": 1})
        present = dump(workplace.database)
        with pytest.raises(ConflictError, match="changed by somebody else"), workplace.database.writing() as connection:
            updates.update(connection, before, {"favorite": 0})
        assert dump(workplace.database) == present
