"""The allotted time: archived at its instant, once, whoever notices, with the deadline as its time (I4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from refterm.clock import SettableClock
from refterm.domain.query import Tab
from refterm.services.background.expiry import BATCH, expire_due
from refterm.services.desk import Desk
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store.database import Database
from tests.conftest import ImportRecords
from tests.samples import NOW, ago, ahead, api_record, stamp
from tests.services import racing
from tests.services.use_cases import ACTIONS, new
from tests.store.support import assert_consistent, dump, insert, micros, notices, one_row, open_at, row

SECOND = timedelta(seconds=1)
DEADLINE = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "expired"),
    [
        (DEADLINE - SECOND, False),
        (DEADLINE - timedelta(microseconds=1), False),
        (DEADLINE, True),
        (DEADLINE + timedelta(days=30), True),
    ],
)
def test_it_expires_exactly_at_the_instant(
    workplace: Workplace, clock: SettableClock, at: datetime, expired: bool
) -> None:
    number = new(workplace, expirationDateTime=stamp(DEADLINE))
    clock.set(at)
    assert expire_due(workplace) == ([number] if expired else [])
    seen = Desk(workplace).referral(number)
    if not expired:
        assert (seen.status, seen.outcome, seen.closed_at) == ("new", None, None)
        return
    # The recorded time is the deadline, not the moment somebody noticed; nobody decided it.
    assert (seen.status, seen.outcome, seen.closed_at) == ("archived", "expired", DEADLINE)
    assert (seen.closed_by, seen.decided_by, seen.decided_at) == (None, None, None)
    entry = list(Desk(workplace).history(number))[-1]
    assert (entry.action, entry.by, entry.at) == ("expired", "refterm", DEADLINE)


def test_where_none_is_stated_it_is_fourteen_days_from_receipt(workplace: Workplace, clock: SettableClock) -> None:
    """336 hours, exactly; shown as estimated."""
    number = new(workplace, expirationDateTime=None, createdDateTime=ago(hours=1))
    seen = Desk(workplace).referral(number)
    assert (seen.expires_at, seen.expiry_estimated) == (NOW + timedelta(hours=335), True)
    clock.set(NOW + timedelta(hours=335) - SECOND)
    assert expire_due(workplace) == []
    clock.advance(SECOND)
    assert expire_due(workplace) == [number]


def test_it_happens_once(workplace: Workplace, clock: SettableClock) -> None:
    number = new(workplace, expirationDateTime=stamp(DEADLINE))
    clock.set(DEADLINE)
    assert expire_due(workplace) == [number]
    before = dump(workplace.database)
    assert expire_due(workplace) == []
    clock.set(NOW)  # a clock that is set back brings nothing back (Z2)
    assert expire_due(workplace) == []
    assert dump(workplace.database) == before
    told = [(one["kind"], one["state"], one["due_at"]) for one in notices(workplace.database, number)]
    assert told.count(("expired", "due", micros(hours=1))) == 1


def test_the_customer_is_told_unless_customers_are_not(workplace: Workplace, clock: SettableClock) -> None:
    """N1: at once, to the first contact with an address."""
    people = [{"firstName": "A"}, {"firstName": "B", "email": "b@kontor.example"}]
    number = new(workplace, expirationDateTime=stamp(DEADLINE), customerProfile={"team": people})
    clock.set(DEADLINE)
    expire_due(workplace)
    assert [one["recipient"] for one in notices(workplace.database, number) if one["kind"] == "expired"] == [
        "b@kontor.example"
    ]
    silent = new(workplace, expirationDateTime=stamp(DEADLINE + SECOND))
    clock.advance(SECOND)
    assert expire_due(replace(workplace, tell_customers=False)) == [silent]
    assert [one for one in notices(workplace.database, silent) if one["kind"] == "expired"] == []


def test_what_comes_in_past_its_expiry_is_archived_and_nobody_is_told(
    workplace: Workplace, import_records: ImportRecords
) -> None:
    [number] = import_records([api_record(expirationDateTime=ago(days=1), createdDateTime=ago(days=15))])
    seen = Desk(workplace).referral(number)
    assert (seen.status, seen.outcome, seen.closed_at) == ("archived", "expired", NOW - timedelta(days=1))
    assert expire_due(workplace) == []
    assert notices(workplace.database, number) == []
    assert_consistent(workplace.database)


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_what_was_decided_in_time_does_not_expire(workplace: Workplace, clock: SettableClock, action: str) -> None:
    number = new(workplace, expirationDateTime=stamp(DEADLINE))
    clock.set(DEADLINE - timedelta(microseconds=1))
    ACTIONS[action](workplace, number)
    clock.set(DEADLINE + SECOND)
    assert expire_due(workplace) == []
    assert Desk(workplace).referral(number).outcome != "expired"


def test_what_never_expires_stays(workplace: Workplace, clock: SettableClock, import_records: ImportRecords) -> None:
    """Contract, Import: outgoing referrals never expire and never stand in the Inbox."""
    [number] = import_records([api_record(direction="Outgoing", expirationDateTime=ahead(hours=1))])
    clock.advance(timedelta(days=20_000))
    assert expire_due(workplace) == []
    assert Desk(workplace).referral(number).status == "active"
    assert Desk(workplace).counts()[Tab.INBOX] == 0


def test_marks_stay_with_what_expires(workplace: Workplace, clock: SettableClock) -> None:
    number = new(workplace, expirationDateTime=stamp(DEADLINE))
    Marks(workplace).favorite(number)
    Marks(workplace).take(number)
    clock.set(DEADLINE)
    expire_due(workplace)
    seen = Desk(workplace).referral(number)
    assert (seen.favorite, seen.taken_by, seen.version) == (True, "ana", 4)


def test_the_earliest_deadline_is_archived_first(workplace: Workplace, clock: SettableClock) -> None:
    numbers = insert(workplace.database, [row(expires_at=micros(minutes=minute)) for minute in (3, 1, 2)])
    clock.advance(timedelta(minutes=3))
    assert expire_due(workplace) == [numbers[1], numbers[2], numbers[0]]


@pytest.mark.parametrize("size", [BATCH - 1, BATCH, BATCH + 1])
def test_all_that_is_due_is_archived_at_the_borders_of_a_batch(
    workplace: Workplace, clock: SettableClock, size: int
) -> None:
    numbers = insert(workplace.database, [row(expires_at=micros(minutes=1)) for _ in range(size)])
    clock.advance(timedelta(minutes=1))
    assert expire_due(workplace) == numbers
    assert Desk(workplace).counts() == {Tab.INBOX: 0, Tab.ACTIVE: 0, Tab.ARCHIVED: size}


def test_a_read_only_desk_archives_nothing(workplace: Workplace, location: Path | str, clock: SettableClock) -> None:
    new(workplace, expirationDateTime=stamp(DEADLINE))
    clock.set(DEADLINE)
    before = dump(workplace.database)
    reader = open_at(location, clock, read_only=True)
    assert expire_due(reader) == []
    reader.close()
    assert dump(workplace.database) == before


def test_of_four_programs_each_referral_is_archived_by_one(workplace: Workplace, location: Path | str) -> None:
    """Exactly once, whoever has the desk open."""
    numbers = insert(workplace.database, [row(expires_at=micros(minutes=-n % 60)) for n in range(600)])
    archived = racing.at_once(4, racing.expire, location, NOW + timedelta(hours=1))
    assert sorted(number for one in archived for number in one) == numbers
    history = [entry for entry in dump(workplace.database)["history"] if entry[4] == "expired"]
    assert sorted(entry[5] for entry in history) == numbers
    owed = [one for one in dump(workplace.database)["outbox"] if one[1] == "expired"]
    assert sorted(one[3] for one in owed) == numbers
    assert {one_row(workplace.database, number)["version"] for number in numbers} == {2}
    assert_consistent(workplace.database)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Database]]:
    """The transactions that are written."""
    written: list[Database] = []
    writing: Callable[[Database], object] = Database.writing

    @contextmanager
    def measured(database: Database) -> Iterator[object]:
        with writing(database) as connection:  # type: ignore[attr-defined]
            yield connection
        written.append(database)

    with monkeypatch.context() as patched:
        patched.setattr(Database, "writing", measured)
        yield written


def test_thousands_at_once_hold_nobody_up(
    workplace: Workplace, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a long holiday: many short transactions, so that others get their turn between them."""
    insert(
        workplace.database, [row(expires_at=micros(seconds=n), need="Move 80 mailboxes. " * 10) for n in range(2_000)]
    )
    clock.advance(timedelta(days=20))
    with counted(monkeypatch) as written:
        assert len(expire_due(workplace)) == 2_000
    assert len(written) == 2_000 // BATCH + 1  # how long each holds the lock is in docs/benchmarks.md
    assert_consistent(workplace.database)


def test_what_comes_in_past_its_expiry_has_its_entry_in_the_history(workplace: Workplace, clock: SettableClock) -> None:
    """I4: archived at its deadline, told in the history, to nobody else; on other screens nothing seems to run out."""
    token = Desk(workplace).token()
    number = new(workplace, createdDateTime=ago(days=20), expirationDateTime=ago(days=6))
    late = NOW - timedelta(days=6)
    seen = Desk(workplace).referral(number)
    assert (seen.outcome, seen.closed_at, seen.version) == ("expired", late, 1)
    first, second = Desk(workplace).history(number)
    assert (first.action, first.by, first.login, first.at) == ("expired", "refterm", "refterm", late)
    assert first.changes == {
        "status": ("new", "archived"),
        "outcome": (None, "expired"),
        "closed_at": (None, ago(days=6)[:19] + "Z"),
    }
    assert (second.action, second.at) == ("imported", NOW)
    assert notices(workplace.database, number) == []
    assert Desk(workplace).changes(token).expired == 0
    assert_consistent(workplace.database)


def test_the_history_is_in_the_order_in_which_things_happened(workplace: Workplace, clock: SettableClock) -> None:
    """T4: an expiry that is written after an undo happened before it."""
    number = new(workplace, expirationDateTime=ahead(seconds=20))
    Triage(workplace).decline([number], {"reason": "budget"})
    clock.advance(25 * SECOND)
    Triage(workplace).undo([number])
    entries = list(Desk(workplace).history(number))
    assert [entry.action for entry in entries] == ["imported", "declined", "expired", "undone"]
    assert [entry.at for entry in Desk(workplace).history()] == [entry.at for entry in entries]
