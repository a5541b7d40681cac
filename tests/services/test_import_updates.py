"""The same referral again: what a newer record changes, and what stands (contract, section Import)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.config import NoticeSettings
from refterm.domain.decisions import Context
from refterm.domain.query import Tab, View
from refterm.domain.referral import Outcome, Referral, Status, TeamMember
from refterm.services.background.delivery import deliver_due
from refterm.services.background.expiry import expire_due
from refterm.services.desk import Desk
from refterm.services.importing import Importer, Summary
from refterm.services.marks import Marks
from refterm.services.outbox import Outbox
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store import queries
from tests.conftest import ImportRecords
from tests.samples import NOW, active_record, ago, ahead, api_record, closed_record, merged, ndjson
from tests.store.support import query

TODAY = Context(today=NOW.date(), currency="EUR")
NEWER = {"updatedDateTime": ahead(minutes=5)}
ACCEPTED = {
    "name": "Ours",
    "value": "7000",
    "currency": "CHF",
    "timeframe": "3-6 months",
    "notes": "Our notes",
    "crm_id": "OURS-1",
}

EXPIRED = (Status.ARCHIVED, Outcome.EXPIRED)

Again = Callable[..., Summary]


@pytest.fixture
def again(workplace: Workplace) -> Again:
    """Bring one record in, five minutes later."""

    def bring_in(record: dict[str, Any], **overrides: Any) -> Summary:
        content = ndjson([merged(record, overrides)])
        return Importer(workplace).run(io.BytesIO(content), name="again.ndjson")

    return bring_in


def referral(workplace: Workplace, number: int = 1) -> Referral:
    with workplace.database.reading() as connection:
        return queries.referral(connection, number)


def source(workplace: Workplace) -> dict[str, Any]:
    text = query(workplace.database, "select record from source")[0][0]
    record: dict[str, Any] = json.loads(text)
    return record


def actions(workplace: Workplace) -> list[str]:
    return [entry.action for entry in Desk(workplace).history(1)]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(microseconds=-1), timedelta(days=-1)])
def test_equal_or_older_is_unchanged(
    workplace: Workplace, import_records: ImportRecords, again: Again, later: timedelta
) -> None:
    record = api_record()
    import_records([record])
    updated = ago(hours=1, seconds=-later.total_seconds())
    assert again(record, updatedDateTime=updated, details__notes="Other") == Summary(unchanged=1)
    assert referral(workplace).version == 1


def test_newer_is_updated_once_and_in_the_history(
    workplace: Workplace, import_records: ImportRecords, again: Again, clock: SettableClock
) -> None:
    record = api_record()
    import_records([record])
    clock.advance(timedelta(minutes=5))
    newer = merged(record, {**NEWER, "details__notes": "Two sites", "customerProfile__name": "Kontor AG", "extra": 1})
    assert again(newer) == Summary(updated=1)
    assert again(newer) == Summary(unchanged=1)
    one = referral(workplace)
    assert (one.need, one.customer.company, one.version, one.changed_at) == ("Two sites", "Kontor AG", 2, clock.now())
    entry = list(Desk(workplace).history(1))[-1]
    assert (entry.action, entry.by, entry.version) == ("updated", "ana", 2)
    assert entry.changes == {
        "need": (record["details"]["notes"], "Two sites"),
        "customer.company": (record["customerProfile"]["name"], "Kontor AG"),
    }
    assert source(workplace) == newer
    assert Desk(workplace).listing(View(Tab.ALL, search="sites")).count == 1


def test_newer_with_nothing_that_shows_is_updated_too(import_records: ImportRecords, again: Again) -> None:
    record = api_record()
    import_records([record])
    assert again(record, **NEWER) == Summary(updated=1)
    assert again(record, **NEWER) == Summary(unchanged=1)


def test_without_a_time_of_change_it_is_updated_only_if_something_differs(
    workplace: Workplace, import_records: ImportRecords, again: Again
) -> None:
    record = api_record(updatedDateTime=None)
    import_records([record])
    assert again(record) == Summary(unchanged=1)
    assert again(record, details__notes="Other") == Summary(updated=1)
    assert again(record, details__notes="Other") == Summary(unchanged=1)
    assert actions(workplace) == ["imported", "updated"]


def test_what_a_record_does_not_mention_stays(
    workplace: Workplace, import_records: ImportRecords, again: Again
) -> None:
    record = active_record(details__customerRequestedContact=True)
    import_records([record])
    short = {key: record[key] for key in ("id", "createdDateTime", "status", "substatus")}
    short |= {"customerProfile": {"name": "Kontor"}, "updatedDateTime": ahead(minutes=1)}
    before = referral(workplace)
    assert again(short) == Summary(updated=1)
    after = referral(workplace)
    assert after.customer.company == "Kontor"
    assert (after.customer.city, after.need, after.flame, after.deal, after.team) == (
        before.customer.city,
        before.need,
        True,
        before.deal,
        before.team,
    )
    assert after.expires_at == before.expires_at
    assert source(workplace)["eTag"] == record["eTag"]


def test_decided_there_and_new_here_is_taken_over(
    workplace: Workplace, import_records: ImportRecords, again: Again, clock: SettableClock
) -> None:
    record = api_record(updatedDateTime=ago(hours=1))
    import_records([record])
    marks = Marks(workplace)
    marks.contacted(1)
    marks.favorite(1)
    marks.take(1)
    clock.advance(timedelta(minutes=5))
    accepted = active_record(id=record["id"], acceptedDateTime=ago(minutes=1), **NEWER)
    assert again(accepted) == Summary(updated=1)
    one = referral(workplace)
    assert (one.status, one.decided_at, one.decided_by) == (Status.ACTIVE, NOW - timedelta(minutes=1), None)
    assert (one.deal.name, one.deal.value, one.deal.purchase_date) == (
        "Mailbox migration",
        Decimal(5000),
        date(2026, 6, 30),
    )
    assert (one.contacted_by, one.favorite, one.taken_by) == ("ana", True, "ana")
    counted = dict(query(workplace.database, "select status, referrals from counter"))
    assert counted == {"new": 0, "active": 1, "archived": 0}


@pytest.mark.parametrize("substatus", ["Won", "Lost", "Declined", "Expired"])
def test_closed_there_and_new_here_is_taken_over(
    workplace: Workplace, import_records: ImportRecords, again: Again, substatus: str
) -> None:
    record = api_record()
    import_records([record])
    assert again(closed_record(substatus, id=record["id"], closedDateTime=ago(minutes=1), **NEWER)) == Summary(
        updated=1
    )
    one = referral(workplace)
    assert (one.status, one.outcome) == (Status.ARCHIVED, Outcome(substatus.lower()))
    assert (one.closed_at, one.closed_by) == (NOW - timedelta(minutes=1), None)
    assert not query(workplace.database, "select 1 from outbox")


def test_closed_there_without_a_time_is_closed_when_it_was_changed(
    workplace: Workplace, import_records: ImportRecords, again: Again, clock: SettableClock
) -> None:
    record = api_record()
    import_records([record])
    again(closed_record("Won", id=record["id"], closedDateTime=None, **NEWER))
    one = referral(workplace)
    assert one.closed_at == NOW + timedelta(minutes=5)
    assert one.deal.closed_on == NOW.date()


def test_decided_here_ours_stands_and_the_rest_is_updated(
    workplace: Workplace, import_records: ImportRecords, again: Again
) -> None:
    record = api_record()
    import_records([record])
    Triage(workplace).accept(1, {**ACCEPTED, "contacts": "Ana Ruiz"}, TODAY)
    ours = referral(workplace)
    theirs = {**NEWER, "details": {"notes": "Two sites", "customerRequestedContact": True}}
    assert again(active_record(id=record["id"], **merged(theirs, {"customerProfile": {"size": "1to9employees"}}))) == (
        Summary(updated=1)
    )
    one = referral(workplace)
    assert (one.status, one.decided_at, one.decided_by) == (Status.ACTIVE, ours.decided_at, "ana")
    assert (one.deal, one.team) == (ours.deal, (TeamMember("Ana Ruiz"),))
    assert (one.need, one.flame, one.customer.size) == ("Two sites", True, "1to9employees")


@pytest.mark.parametrize("dated", [True, False])
def test_decided_otherwise_at_the_source_is_said_marked_and_holds_the_customers_notice(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock, dated: bool, tmp_path: Path
) -> None:
    """Declined here, accepted there: ours stands, the notice to the customer is held, and the summary warns."""
    record = api_record()
    (number,) = import_records([record])
    Triage(workplace).decline([number], {"reason": "budget"})
    other = active_record(id=record["id"], updatedDateTime=ahead(minutes=5) if dated else None)

    def bring_in(record: dict[str, Any]) -> list[str]:
        told: list[str] = []
        importer = Importer(workplace)
        importer.run(io.BytesIO(ndjson([record])), name="x.ndjson", on_warned=lambda one: told.append(one.sentence))
        assert importer.total.warnings == len(told)
        return told

    (sentence,) = bring_in(other)
    assert sentence == (
        "#1 is declined here and active at the source: what was decided here stands; the customer's notice stays on hold"
        " until refterm outbox retry or drop"
    )
    desk = Desk(workplace)
    assert desk.referral(number).outcome is Outcome.DECLINED
    assert desk.source_says(desk.referral(number)) == "active"
    assert list(desk.history(number))[-1].changes["source"] == (None, "active")
    # Said once, not with every file that says so again; the mark stays through other changes.
    assert bring_in(other) == []
    assert bring_in(merged(other, {"updatedDateTime": ahead(minutes=6), "details__notes": "More"})) == []
    assert desk.source_says(desk.referral(number)) == "active"
    clock.advance(timedelta(hours=1))
    assert deliver_due(workplace, NoticeSettings(maildir=str(tmp_path / "mail"))).sent == 0
    (owed,) = Outbox(workplace).objects()
    assert (owed["state"], owed["due_at"]) == ("held", None)
    Outbox(workplace).retry(owed["id"])
    assert deliver_due(workplace, NoticeSettings(maildir=str(tmp_path / "mail"))).sent == 1
    # And once both say the same, the mark goes.
    said = closed_record("Declined", id=record["id"], updatedDateTime=ahead(minutes=9))
    assert bring_in(said) == []
    assert desk.source_says(desk.referral(number)) is None


@pytest.mark.parametrize(
    ("ours", "theirs", "contradicts"),
    [
        ("declined", "New", False),
        ("declined", "Declined", False),
        ("declined", "Active", True),
        ("declined", "Won", True),
        ("active", "New", False),
        ("active", "Active", False),
        ("active", "Declined", True),
        ("active", "Lost", False),  # taken over: closed is final at the source
        ("won", "Active", False),  # not yet told there
        ("won", "Won", False),
        ("won", "Lost", True),
        ("lost", "Expired", True),
    ],
)
def test_what_contradicts_what(
    workplace: Workplace, import_records: ImportRecords, again: Again, ours: str, theirs: str, contradicts: bool
) -> None:
    record = api_record()
    (number,) = import_records([record])
    triage = Triage(workplace)
    if ours == "declined":
        triage.decline([number], {"reason": "budget"})
    else:
        triage.accept(number, ACCEPTED, TODAY)
    if ours == "won":
        triage.won(number, {}, TODAY)
    if ours == "lost":
        triage.lost(number, {"reason": "budget"})
    later = {"id": record["id"], **NEWER}
    made = {"New": api_record, "Active": active_record}.get(theirs)
    summary = again(made(**later) if made else closed_record(theirs, **later))
    assert (summary.updated, summary.warnings) == (1, int(contradicts))


@pytest.mark.parametrize("substatus", ["Declined", "Expired"])
def test_what_is_active_here_is_not_declined_from_there(
    workplace: Workplace, import_records: ImportRecords, again: Again, substatus: str
) -> None:
    record = api_record()
    import_records([record])
    Triage(workplace).accept(1, ACCEPTED, TODAY)
    again(closed_record(substatus, id=record["id"], **NEWER))
    assert referral(workplace).status is Status.ACTIVE


@pytest.mark.parametrize("substatus", ["Won", "Lost"])
def test_won_or_lost_there_closes_what_is_active_here(
    workplace: Workplace, import_records: ImportRecords, again: Again, substatus: str
) -> None:
    """Closed is final at the source (H2)."""
    record = api_record()
    import_records([record])
    Triage(workplace).accept(1, ACCEPTED, TODAY)
    ours = referral(workplace)
    closed = closed_record(substatus, id=record["id"], closedDateTime=ago(minutes=1), **NEWER)
    assert again(closed) == Summary(updated=1)
    one = referral(workplace)
    assert (one.status, one.outcome) == (Status.ARCHIVED, Outcome(substatus.lower()))
    assert (one.closed_at, one.closed_by) == (NOW - timedelta(minutes=1), None)
    assert (one.decided_at, one.decided_by) == (ours.decided_at, "ana")
    assert (one.deal.name, one.deal.value, one.deal.notes) == ("Ours", Decimal(7000), "Our notes")
    assert one.deal.closed_on == (NOW.date() if substatus == "Won" else None)
    assert one.reason == ("other-vendor" if substatus == "Lost" else None)


@pytest.mark.parametrize("theirs", [active_record, closed_record])
def test_what_is_archived_here_stays_as_it_is(
    workplace: Workplace, import_records: ImportRecords, again: Again, theirs: Any
) -> None:
    """H2."""
    record = api_record()
    import_records([record])
    Triage(workplace).decline([1], {"reason": "budget", "notes": "Too small"})
    ours = referral(workplace)
    assert again(theirs(id=record["id"], **NEWER, details__notes="Two sites")) == Summary(updated=1, warnings=1)
    one = referral(workplace)
    assert (one.status, one.outcome, one.reason, one.reason_notes) == (
        Status.ARCHIVED,
        Outcome.DECLINED,
        "budget",
        "Too small",
    )
    assert (one.closed_at, one.closed_by, one.deal) == (ours.closed_at, "ana", ours.deal)
    assert one.need == "Two sites"


def test_an_expiry_by_the_clock_yields_to_what_the_source_says(
    workplace: Workplace, import_records: ImportRecords, again: Again, clock: SettableClock
) -> None:
    """I4: active, closed otherwise, or new with a later end; nothing else brings one back, and its letter is not sent."""
    # Given as a record of the source; what the referral then is; whether it came back.
    said: list[tuple[dict[str, Any], tuple[Status, str | None], bool]] = [
        (active_record(updatedDateTime=ahead(hours=2)), (Status.ACTIVE, None), True),
        (closed_record("Won", updatedDateTime=ahead(hours=2)), (Status.ARCHIVED, "won"), True),
        (closed_record("Declined", updatedDateTime=ahead(hours=2)), (Status.ARCHIVED, "declined"), True),
        (api_record(updatedDateTime=ahead(hours=2), expirationDateTime=ahead(days=9)), (Status.NEW, None), True),
        (api_record(updatedDateTime=ahead(hours=2), expirationDateTime=ahead(minutes=90)), EXPIRED, False),
        (api_record(updatedDateTime=ahead(days=-30), expirationDateTime=ahead(days=9)), EXPIRED, False),
        (closed_record("Expired", updatedDateTime=ahead(hours=2)), EXPIRED, False),
    ]
    ids = [f"source-{n}" for n in range(len(said))]
    import_records([api_record(id=one, expirationDateTime=ahead(hours=1)) for one in ids])
    Marks(workplace).take(1)  # somebody worked on it; still nobody decided
    clock.advance(timedelta(hours=2))
    expire_due(workplace)
    owed = {
        one["referral"] for one in Outbox(workplace).objects() if one["kind"] == "expired" and one["state"] == "due"
    }
    assert owed == set(range(1, len(said) + 1))
    for one, (record, _standing, _back) in zip(ids, said, strict=True):
        again(record, id=one)
    expire_due(workplace)
    owed = {
        one["referral"] for one in Outbox(workplace).objects() if one["kind"] == "expired" and one["state"] == "due"
    }
    for number, (_record, standing, back) in enumerate(said, 1):
        one = referral(workplace, number)
        assert (one.status, one.outcome) == standing, number
        assert (number in owed) is not back, number
        done = [entry.action for entry in Desk(workplace).history(number)]
        assert (done.count("returned"), done.count("expired")) == (back, 1), number
        if not back and number < len(said):  # the last one states when it was closed
            assert one.closed_at == one.expires_at == NOW + timedelta(hours=1)


def test_undone_here_it_is_new_again_and_taken_over(
    workplace: Workplace, import_records: ImportRecords, again: Again
) -> None:
    record = api_record()
    import_records([record])
    triage = Triage(workplace)
    triage.accept(1, ACCEPTED, TODAY)
    triage.undo([1])
    again(closed_record("Declined", id=record["id"], **NEWER))
    assert referral(workplace).outcome is Outcome.DECLINED


def test_accepted_there_the_deal_follows_the_source_until_somebody_works_on_it(
    workplace: Workplace, import_records: ImportRecords, again: Again
) -> None:
    record = active_record()
    import_records([record])
    again(record, details__dealValue=6000, name="Larger", team=[], updatedDateTime=ahead(minutes=1))
    assert (referral(workplace).deal.value, referral(workplace).deal.name, referral(workplace).team) == (
        Decimal(6000),
        "Larger",
        (),
    )
    Triage(workplace).edit(1, {"value": "6500"}, TODAY)
    again(record, details__dealValue=9000, name="Largest", updatedDateTime=ahead(minutes=2))
    assert (referral(workplace).deal.value, referral(workplace).deal.name) == (Decimal(6500), "Larger")


def test_an_engagement_never_goes_back_to_the_inbox(
    workplace: Workplace, import_records: ImportRecords, again: Again
) -> None:
    record = active_record()
    import_records([record])
    again(record, status="New", substatus="Received", updatedDateTime=ahead(minutes=1))
    assert referral(workplace).status is Status.ACTIVE


def test_a_new_expiry_counts_while_it_is_new(workplace: Workplace, import_records: ImportRecords, again: Again) -> None:
    record = api_record(expirationDateTime=None)
    import_records([record])
    assert referral(workplace).expiry_estimated
    again(record, expirationDateTime=ahead(days=2), **NEWER)
    one = referral(workplace)
    assert (one.expires_at, one.expiry_estimated) == (NOW + timedelta(days=2), False)
    again(record, expirationDateTime=None, updatedDateTime=ahead(minutes=9))
    assert referral(workplace).expires_at == NOW + timedelta(days=2)


HEADER = "Referral ID,Customer Name,Partner Referral Status,Partner Referral Substatus"


def csv_file(record: dict[str, Any], status: str, more: dict[str, str] | None = None) -> io.BytesIO:
    more = more or {}
    header = ",".join([HEADER, *more])
    row = ",".join([record["id"], record["customerProfile"]["name"], status, *more.values()])
    return io.BytesIO(f"{header}\r\n{row}\r\n".encode())


def test_a_csv_over_the_api_empties_nothing(workplace: Workplace, import_records: ImportRecords) -> None:
    record = active_record(customerProfile__team=[{"firstName": "Inga", "title": "Head"}, {"firstName": "Per"}])
    import_records([record])
    before = referral(workplace)
    importer = Importer(workplace)
    assert importer.run(csv_file(record, "Active,Accepted"), name="x.csv") == Summary(unchanged=1)
    assert referral(workplace) == before
    more = {"CRM ID": "CRM-9", "Customer Contact First Name": "Ingrid", "Marketing Campaign ID": ""}
    assert importer.run(csv_file(record, "Active,Accepted", more), name="x.csv") == Summary(updated=1)
    one = referral(workplace)
    assert (one.deal.crm_id, one.deal.campaign_id, one.deal.value) == ("CRM-9", None, Decimal(5000))
    assert [(person.name, person.title) for person in one.customer.contacts] == [("Ingrid", "Head"), ("Per", "")]
    assert (one.received_at, one.received_estimated) == (before.received_at, False)
    assert importer.run(csv_file(record, "Active,Accepted", more), name="x.csv") == Summary(unchanged=1)


def test_the_api_over_a_csv_tells_the_times(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    record = api_record(expirationDateTime=None)
    importer = Importer(workplace)
    assert importer.run(csv_file(record, "New,Pending"), name="x.csv") == Summary(new=1)
    assert importer.run(io.BytesIO(ndjson([record])), name="x.ndjson") == Summary(updated=1)
    one = referral(workplace)
    assert (one.received_at, one.received_estimated) == (NOW - timedelta(hours=1), False)
    assert (one.expires_at, one.expiry_estimated) == (NOW - timedelta(hours=1) + timedelta(days=14), True)


def test_decided_in_a_csv_is_decided_when_it_came_in(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    record = api_record()
    import_records([record])
    clock.advance(timedelta(hours=3))
    importer = Importer(workplace)
    more = {"Declined/Lost reason": "5"}
    assert importer.run(csv_file(record, "Closed,Declined", more), name="x.csv") == Summary(updated=1)
    one = referral(workplace)
    assert (one.outcome, one.reason, one.closed_at) == (Outcome.DECLINED, "not-a-customer", clock.now())
    clock.advance(timedelta(hours=3))
    assert importer.run(csv_file(record, "Closed,Declined", more), name="x.csv") == Summary(unchanged=1)


def test_outgoing_ones_stay_active_whatever_the_csv_says(workplace: Workplace, import_records: ImportRecords) -> None:
    record = api_record(direction="Outgoing", expirationDateTime=None)
    import_records([record])
    importer = Importer(workplace)
    assert importer.run(csv_file(record, "New,Pending"), name="x.csv") == Summary(unchanged=1)
    assert referral(workplace).status is Status.ACTIVE


def test_a_csv_row_that_says_new_revives_nothing_that_expired(workplace: Workplace, clock: SettableClock) -> None:
    """It states neither receipt nor end, so it says nothing newer than the estimate by which it expired (I4)."""
    record, importer = api_record(), Importer(workplace)
    importer.run(csv_file(record, "New,Received"), name="x.csv")
    clock.advance(timedelta(days=15))
    expire_due(workplace)
    assert importer.run(csv_file(record, "New,Received"), name="x.csv").updated == 0
    assert (referral(workplace).status, referral(workplace).outcome) == EXPIRED
    importer.run(csv_file(record, "Active,Accepted"), name="x.csv")
    assert (referral(workplace).status, referral(workplace).outcome) == (Status.ACTIVE, None)
