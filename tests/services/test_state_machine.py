"""Whatever people, sources and the clock do in whatever order, the desk keeps its rules.

Three people at three desks on one database; after every step the whole database is looked at.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from refterm.clock import SettableClock
from refterm.config import NoticeSettings
from refterm.domain.deadline import as_of
from refterm.domain.history import DECISIONS
from refterm.domain.query import Tab, View
from refterm.errors import RefTermError, UndoError, WrongStateError
from refterm.services.assigning import Assigning
from refterm.services.background.delivery import deliver_due
from refterm.services.background.expiry import expire_due
from refterm.services.desk import Desk
from refterm.services.follow_ups import FollowUps
from refterm.services.marks import Marks
from refterm.services.replies import Replies
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store import codec
from tests.conftest import import_into
from tests.samples import NOW, Json, active_record, api_record, closed_record, stamp
from tests.services.use_cases import ACCEPTANCE, CONTEXT, LETTER, OF_NO_COLUMN, PERSON, REFUSAL, refuse_none
from tests.store.support import Columns, Dump, assert_consistent, dump, open_at, template_copy

PEOPLE = ("ana", "bob", "mei")
UNDO = timedelta(seconds=60)
# Spans around every deadline of the rules.
SPANS = [timedelta(seconds=seconds) for seconds in (0, 1, 30, 59, 60, 61, 3600, 7200, 86_400, 259_200, 1_209_600)]


class DeskMachine(RuleBasedStateMachine):
    """A desk, its people, and what must be true of it at every moment."""

    template: ClassVar[Path]
    referrals: Bundle[int] = Bundle("referrals")
    desks = st.sampled_from(PEOPLE)

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        path = template_copy(self.template, self.folder)
        self.clock = SettableClock(NOW)
        self.people: dict[str, Workplace] = {name: open_at(path, self.clock, name) for name in PEOPLE}
        self.records: dict[int, Json] = {}
        self.imported: dict[int, Json] = {}
        self.history: list[tuple[Any, ...]] = []
        self.undone_notices: set[int] = set()
        self.expired_on_arrival: set[int] = set()

    def teardown(self) -> None:
        for desk in self.people.values():
            desk.close()
        shutil.rmtree(self.folder)

    # What happens

    @initialize(target=referrals)
    def begin(self) -> Any:
        return self.bring_in([api_record(), active_record()])

    @rule(
        target=referrals,
        hours=st.sampled_from([1, 23, 71, 72, 300]),
        left=st.sampled_from(SPANS),
        flame=st.booleans(),
    )
    def new_referral(self, hours: int, left: timedelta, flame: bool) -> Any:
        now = self.clock.now()
        received = stamp(now - timedelta(hours=hours))
        details = {"customerRequestedContact": flame}
        times = {"createdDateTime": received, "updatedDateTime": received, "expirationDateTime": stamp(now + left)}
        return self.bring_in([api_record(**times, details=details)])

    @rule(target=referrals, outcome=st.sampled_from(["Won", "Lost", "Declined", "Expired", "Active"]))
    def referral_decided_elsewhere(self, outcome: str) -> Any:
        return self.bring_in([active_record() if outcome == "Active" else closed_record(outcome)])

    @rule(
        number=referrals,
        substatus=st.sampled_from(["Pending", "Accepted", "Won", "Lost", "Declined", "Expired"]),
        newer=st.booleans(),
        value=st.sampled_from([None, 7000]),
    )
    def the_source_changes_it(self, number: int, substatus: str, newer: bool, value: int | None) -> None:
        status = {"Pending": "New", "Accepted": "Active"}.get(substatus, "Closed")
        updated = self.clock.now() + (timedelta(seconds=1) if newer else timedelta(days=-900))
        record = {
            **self.records[number],
            "status": status,
            "substatus": substatus,
            "updatedDateTime": stamp(updated),
            "closedDateTime": stamp(self.clock.now()) if status == "Closed" else None,
        }
        record["details"] = {**record["details"], "dealValue": value}
        before = self.look()
        assert import_into(self.people["ana"], [record]) == [number]
        if not newer:
            assert self.look() == before

    @rule(number=referrals, by=desks)
    def accept(self, number: int, by: str) -> None:
        was = self.standing(number)
        done = self.attempt(lambda: Triage(self.people[by]).accept(number, ACCEPTANCE, CONTEXT))
        assert done == (was == "new")

    @rule(numbers=st.lists(referrals, min_size=1, max_size=4), by=desks)
    def decline(self, numbers: list[int], by: str) -> None:
        new = [number for number in dict.fromkeys(numbers) if self.standing(number) == "new"]
        done = Triage(self.people[by]).decline(numbers, REFUSAL)
        assert list(done.referrals) == new
        assert {one.referral for one in done.refused} == set(numbers) - set(new)
        assert all(isinstance(one.error, WrongStateError) for one in done.refused)

    @rule(number=referrals, by=desks, what=st.sampled_from(["edit", "add", "correct", "remove", "won", "lost"]))
    def work(self, number: int, by: str, what: str) -> None:
        triage = Triage(self.people[by])
        acts: dict[str, Callable[[], object]] = {
            "edit": lambda: triage.edit(number, {"value": f"{number}.50 EUR"}, CONTEXT),
            "add": lambda: triage.add_contact(number, PERSON),
            "correct": lambda: triage.edit_contact(number, 1, {"phone": f"+{number}"}),
            "remove": lambda: triage.remove_contact(number, 1),
            "won": lambda: triage.won(number, {"value": "5 EUR"}, CONTEXT),
            "lost": lambda: triage.lost(number, REFUSAL),
        }
        was = self.standing(number)
        done = self.attempt(acts[what])
        assert not done or was == "active"
        if what in ("edit", "won", "lost", "add"):
            assert done == (was == "active")

    @rule(
        number=referrals,
        by=desks,
        what=st.sampled_from(
            ["favorite", "take", "over", "release", "contacted", "skip", "unskip", "note", "assign", "reply"]
        ),
    )
    def mark(self, number: int, by: str, what: str) -> None:
        marks = Marks(self.people[by])
        acts: dict[str, Callable[[], object]] = {
            "favorite": lambda: marks.favorite(number),
            "take": lambda: marks.take(number),
            "over": lambda: marks.take(number, over=True),
            "release": lambda: marks.release(number),
            "contacted": lambda: marks.contacted(number),
            "skip": lambda: marks.skip(number, "+1h"),
            "unskip": lambda: marks.unskip(number),
            "note": lambda: marks.note(number, "rang"),
            "assign": lambda: refuse_none(
                Assigning(self.people[by]).assign([number], {"to": "ana"}, over=True).refused
            ),
            "reply": lambda: Replies(self.people[by]).send(number, LETTER),
        }
        was = self.standing(number)
        done = self.attempt(acts[what])
        if what in ("favorite", "note"):
            assert done
        elif what == "reply":
            assert done == bool(json.loads(self.row(number)["contacts"]))
        elif what in ("skip", "unskip"):
            assert not done or was == "new"
        else:
            assert not done or was in ("new", "active")

    @rule(number=referrals, by=desks, at=st.sampled_from(["+1h", "+1d", None]))
    def follow_up(self, number: int, by: str, at: str | None) -> None:
        follow_ups = FollowUps(self.people[by])
        row = self.row(number)
        done = self.attempt(lambda: follow_ups.set(number, {"at": at}) if at else follow_ups.done(number))
        assert done == (row["status"] == "active" and (at is not None or row["follow_up_at"] is not None))

    @rule(by=desks)
    def deliver(self, by: str) -> None:
        """W1: the customer counts as contacted by the writer of what is sent, in the transaction that notes it."""
        deliver_due(self.people[by], NoticeSettings(maildir=str(self.folder / "letters")))

    @rule(numbers=st.lists(referrals, min_size=1, max_size=3, unique=True), by=desks)
    def undo(self, numbers: list[int], by: str) -> None:
        expected = [number for number in dict.fromkeys(numbers) if self.can_undo(number, by)]
        before = {number: self.row(number) for number in numbers}
        decisions = {number: self.latest_decision(number) for number in expected if not self.held_reply(number, by)}
        letters = {number: entry for number in expected if (entry := self.held_reply(number, by))}
        done = Triage(self.people[by]).undo(numbers)
        assert list(done.referrals) == expected
        assert [letter.referral for letter in done.letters] == [number for number in expected if number in letters]
        self.undone_notices |= {entry[0] for entry in letters.values()}
        assert all(isinstance(one.error, UndoError) for one in done.refused)
        for number, entry in decisions.items():
            assert entry is not None
            # Exactly as it was before the decision, unless it has expired since.
            restored = {**before[number], **codec.columns_before(json.loads(entry[6]))}
            present = self.row(number)
            for column in codec.FIELD_OF_COLUMN:
                if present["outcome"] != "expired" or column not in ("status", "outcome", "closed_at"):
                    assert present[column] == restored[column], column
            self.undone_notices.add(entry[0])

    @rule(by=desks)
    def undo_the_last(self, by: str) -> None:
        triage = Triage(self.people[by])
        try:
            numbers = triage.last_decision()
        except UndoError:
            return
        assert numbers
        entries = [self.held_reply(number, by) or self.latest_decision(number) for number in numbers]
        done = triage.undo(numbers)
        self.undone_notices |= {
            entry[0] for number, entry in zip(numbers, entries, strict=True) if entry and number in done.referrals
        }

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: timedelta) -> None:
        self.clock.advance(span)

    @rule(by=desks)
    def expire(self, by: str) -> None:
        due = [row["id"] for row in self.rows() if row["status"] == "new" and row["expires_at"] <= self.now()]
        assert sorted(expire_due(self.people[by])) == sorted(due)
        assert not [row for row in self.rows() if row["status"] == "new" and row["expires_at"] <= self.now()]

    # What is always true

    @invariant()
    def every_state_is_one_of_the_rules(self) -> None:
        for row in self.rows():
            status, outcome = row["status"], row["outcome"]
            if status == "archived":
                assert outcome in ("won", "lost", "declined", "expired")
                assert row["closed_at"] is not None
                assert (outcome == "expired") <= (row["decided_by"] is None and row["closed_by"] is None)
                assert (outcome == "expired" and row["source_updated_at"] is None) <= (
                    row["closed_at"] == row["expires_at"]
                )
            else:
                assert (outcome, row["closed_at"], row["closed_by"]) == (None, None, None)
            if status == "new":
                assert (row["decided_at"], row["decided_by"], row["changed_here"]) == (None, None, 0)
            if status == "active":
                assert row["skipped_until"] is None or row["decided_by"] is None
                assert row["deal_name"] is not None or row["decided_by"] is None
            assert (row["contacted_at"] is None) == (row["contacted_by"] is None)
            assert row["deal_value_order"] == codec.value_order(codec.amount_or_none(row["deal_value"]))

    @invariant()
    def counters_and_search_say_what_the_referrals_say(self) -> None:
        assert_consistent(self.people["mei"].database)

    @invariant()
    def history_is_only_added_to_and_tells_everything(self) -> None:
        """T4: from what came in, by its changes, to what is there now; and a version for each change."""
        tables = self.look()
        history = tables["history"]
        assert history[: len(self.history)] == self.history
        self.history = history
        replayed = {number: dict(fields) for number, fields in self.imported.items()}
        versions = dict.fromkeys(replayed, 1)
        for entry, _, _, _, action, number, changes, version, *_ in history:
            for field, (before, after) in json.loads(changes).items():
                if field in OF_NO_COLUMN:
                    continue
                assert replayed[number].get(field) == before, (number, action, field)
                replayed[number][field] = after
            changes_nothing = action in ("imported", "noted", "replied") or "undone" in json.loads(changes)
            versions[number] += not (changes_nothing or entry in self.expired_on_arrival)
            assert version == versions[number]
        present = {row["id"]: row for row in self.rows()}
        assert {number: row["version"] for number, row in present.items()} == versions
        for number, fields in replayed.items():
            told = {field: value for field, value in fields.items() if value is not None}
            assert told == fields_of(present[number])

    @invariant()
    def each_notice_is_owed_once_and_for_what_happened(self) -> None:
        """N1: one for each decline and each expiry at this desk, none of a decision that was undone."""
        tables = self.look()
        owing = {"declined": "declined", "expired": "expired", "replied": "reply"}
        owed = [one for one in tables["outbox"] if one[1] in owing.values()]
        kinds = {entry[0]: entry[4] for entry in tables["history"]}
        # What comes in past its expiry is told to nobody (I4).
        for entry in self.expired_on_arrival:
            del kinds[entry]
        assert sorted(one[4] for one in owed) == sorted(number for number, action in kinds.items() if action in owing)
        for one in owed:
            assert one[1] == owing[kinds[one[4]]]
            assert (one[5] == "undone") == (one[4] in self.undone_notices)

    @invariant()
    def an_engagement_waits_for_one_follow_up(self) -> None:
        """A5: the notice that waits is of the next step that stands; done and replaced ones are dropped."""
        waiting: dict[int, list[int]] = {}
        for one in self.look()["outbox"]:
            if one[1] == "follow-up" and one[5] in ("held", "due"):
                waiting.setdefault(one[3], []).append(one[6])
        rows = {row["id"]: row for row in self.rows()}
        for number, moments in waiting.items():
            assert len(moments) == 1
            assert rows[number]["status"] != "active" or rows[number]["follow_up_at"] is not None

    @invariant()
    def the_tabs_hold_every_referral_once(self) -> None:
        desk = Desk(self.people["bob"])
        listed: list[int] = []
        for tab in (Tab.INBOX, Tab.ACTIVE, Tab.ARCHIVED):
            listing = desk.listing(View(tab))
            assert listing.count == desk.counts()[tab]
            listed += [row.id for row in listing.rows(0, listing.count)]
        assert len(set(listed)) == len(listed)
        hidden = {row["id"] for row in self.rows()} - set(listed)
        assert all(
            row["status"] == "new" and ((row["skipped_until"] or 0) > self.now() or row["expires_at"] <= self.now())
            for row in self.rows()
            if row["id"] in hidden
        )

    # How it is looked at

    def look(self) -> Dump:
        return dump(self.people["ana"].database)

    def rows(self) -> list[Columns]:
        with self.people["ana"].database.reading() as connection:
            return [dict(row) for row in connection.execute("select * from referral")]

    def row(self, number: int) -> Columns:
        return next(row for row in self.rows() if row["id"] == number)

    def now(self) -> int:
        return codec.micros(self.clock.now())

    def standing(self, number: int) -> str:
        return as_of(codec.read_referral(self.row(number)), self.clock.now()).status.value

    def bring_in(self, records: list[Json]) -> Any:
        numbers = import_into(self.people["ana"], records)
        for number, record in zip(numbers, records, strict=True):
            self.records[number] = record
            row = self.row(number)
            # One that comes in past its expiry expires in the import, without a version of its own (I4).
            for entry in self.look()["history"]:
                if entry[5] == number and entry[4] == "expired":
                    row |= codec.columns_before(json.loads(entry[6]))
                    self.expired_on_arrival.add(entry[0])
            self.imported[number] = fields_of(row)
        return multiple(*numbers)

    def attempt(self, act: Callable[[], object]) -> bool:
        """Whether it was done; what is refused has written nothing."""
        before = self.look()
        try:
            act()
        except RefTermError:
            assert self.look() == before
            return False
        return True

    def latest_decision(self, number: int) -> tuple[Any, ...] | None:
        """The one that undoing would take back, whoever may: an undo takes itself and its decision out of the way."""
        standing = self.standing_entries(number)
        return next((entry for entry in reversed(standing) if entry[4] in {one.value for one in DECISIONS}), None)

    def standing_entries(self, number: int) -> list[tuple[Any, ...]]:
        """The history of a referral without decisions that were undone, and without their undos."""
        standing: list[tuple[Any, ...]] = []
        for entry in self.look()["history"]:
            if entry[5] != number:
                continue
            if entry[4] == "undone" and "undone" not in json.loads(entry[6]):
                made = next(
                    n for n in reversed(range(len(standing))) if standing[n][4] in {one.value for one in DECISIONS}
                )
                del standing[made]
            else:
                standing.append(entry)
        return standing

    def held_reply(self, number: int, by: str) -> tuple[Any, ...] | None:
        """One's latest reply that is held, where undo takes it and no decision (U1)."""
        tables = self.look()
        held = {one[4] for one in tables["outbox"] if one[1] == "reply" and one[5] == "held" and one[6] > self.now()}
        mine = [entry for entry in tables["history"] if entry[5] == number and entry[0] in held and entry[2] == by]
        latest = self.latest_decision(number)
        if not mine or (latest and latest[0] > mine[-1][0] and self.can_undo_decision(number, by)):
            return None
        return mine[-1]

    def can_undo(self, number: int, by: str) -> bool:
        """U1, in other words."""
        return self.held_reply(number, by) is not None or self.can_undo_decision(number, by)

    def can_undo_decision(self, number: int, by: str) -> bool:
        """U1, without replies."""
        entry = self.latest_decision(number)
        if entry is None or entry[2] != by:
            return False
        in_time = self.clock.now() - codec.instant(entry[1]) < UNDO
        later = [one for one in self.standing_entries(number) if one[0] > entry[0]]
        changed = {field for one in later for field in json.loads(one[6])}
        return in_time and not changed & json.loads(entry[6]).keys()


def fields_of(row: Columns) -> Json:
    """A row as the history would tell it from nothing."""
    return {field: after for field, (_, after) in codec.changes(dict.fromkeys(row), row).items() if after is not None}


def test_the_desk_keeps_its_rules_whatever_happens(empty_desk: Path) -> None:
    DeskMachine.template = empty_desk
    run_state_machine_as_test(
        DeskMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
