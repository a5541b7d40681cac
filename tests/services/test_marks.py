"""Marks: favourite (I10), taken (T3), skipped (I8), contacted (F4), notes (T4)."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from refterm.clock import SettableClock
from refterm.errors import ConflictError, InvalidInputError, WrongStateError
from refterm.services.desk import Desk
from refterm.services.marks import Marks, Toggled
from refterm.services.workplace import Workplace
from tests.samples import NOW, ahead
from tests.services.use_cases import after, new
from tests.store.support import dump, one_row, seated

RECORDED = {"accept": "accepted", "decline": "declined", "skip": "skipped", "contacted": "contacted", "note": "noted"}


def actions(workplace: Workplace, number: int) -> list[str]:
    return [entry.action for entry in Desk(workplace).history(number)][1:]


def test_the_favourite_mark_is_everybody_s(workplace: Workplace) -> None:
    """I10: anyone on the desk can set it, and take it off."""
    number = new(workplace)
    assert Marks(workplace).favorite(number).is_set
    assert not Marks(seated(workplace, "bob")).favorite(number).is_set
    assert actions(workplace, number) == ["favorited", "unfavorited"]


class TestATwiceToggledMark:
    """T2: a toggle goes from what the person saw; two who do the same do not undo each other."""

    @pytest.mark.parametrize(("seen", "before"), [(False, []), (True, ["ana"])])
    @pytest.mark.parametrize("mark", ["contacted", "favorite"])
    def test_the_second_changes_nothing_and_learns_who_did_it(
        self, workplace: Workplace, mark: str, seen: bool, before: list[str]
    ) -> None:
        number = new(workplace)
        for name in before:
            getattr(Marks(seated(workplace, name)), mark)(number)
        assert getattr(Marks(seated(workplace, "bob")), mark)(number, was=seen) == Toggled(not seen)
        kept = dump(workplace.database)
        assert getattr(Marks(workplace), mark)(number, was=seen) == Toggled(not seen, already="bob")
        assert dump(workplace.database) == kept

    def test_what_another_brought_back_is_back(self, workplace: Workplace) -> None:
        number = after("skip")(workplace)
        assert Marks(seated(workplace, "bob")).unskip(number, was=True) == Toggled(False)
        assert Marks(workplace).unskip(number, was=True) == Toggled(False, already="bob")
        with pytest.raises(WrongStateError, match="it is not skipped"):
            Marks(workplace).unskip(number)

    @pytest.mark.parametrize("seen", ["ana", "bob"])
    def test_what_a_third_took_over_stays_theirs(self, workplace: Workplace, seen: str) -> None:
        number = after("take", by="eve")(workplace)
        marks = Marks(workplace)
        attempt = partial(marks.release, was="ana") if seen == "ana" else partial(marks.take, over=True, was="bob")
        with pytest.raises(ConflictError, match="eve has taken it"):
            attempt(number)
        assert Desk(workplace).referral(number).taken_by == "eve"


class TestTake:
    """T3: so that two don't call the same customer; it warns, and blocks nobody."""

    def test_another_s_is_taken_only_after_a_question(self, workplace: Workplace) -> None:
        number = after("take", by="bob")(workplace)
        before = dump(workplace.database)
        with pytest.raises(ConflictError, match="bob has taken it"):
            Marks(workplace).take(number)
        assert dump(workplace.database) == before
        Marks(workplace).take(number, over=True)
        assert Desk(workplace).referral(number).taken_by == "ana"

    def test_taking_one_s_own_again_is_no_change(self, workplace: Workplace) -> None:
        number = after("take")(workplace)
        before = dump(workplace.database)
        Marks(workplace).take(number)
        assert dump(workplace.database) == before

    def test_what_nobody_took_cannot_be_released(self, workplace: Workplace) -> None:
        number = after("take", "release")(workplace)
        before = dump(workplace.database)
        with pytest.raises(WrongStateError, match="nobody has taken it"):
            Marks(workplace).release(number)
        assert dump(workplace.database) == before

    @pytest.mark.parametrize("action", ["accept", "decline", "skip", "contacted", "note"])
    def test_it_blocks_nobody(self, workplace: Workplace, action: str) -> None:
        number = after("take", by="bob")(workplace)
        after(action, start=lambda _workplace: number)(workplace)
        last = list(Desk(workplace).history(number))[-1]
        assert (last.action, last.by) == (RECORDED[action], "ana")
        assert Desk(workplace).referral(number).taken_by == "bob"

    def test_an_accepted_one_stays_taken_and_can_be_released(self, workplace: Workplace) -> None:
        number = after("take", "accept")(workplace)
        assert Desk(workplace).referral(number).taken_by == "ana"
        Marks(workplace).release(number)
        assert Desk(workplace).referral(number).taken_by is None


class TestContacted:
    """F4."""

    def test_it_names_who_and_when_and_can_be_withdrawn(self, workplace: Workplace, clock: SettableClock) -> None:
        number = new(workplace, details={"customerRequestedContact": True})
        desk = Desk(workplace)
        assert desk.alert() is not None
        clock.advance(timedelta(minutes=5))
        assert Marks(seated(workplace, "bob")).contacted(number).is_set
        contacted = desk.referral(number)
        assert (contacted.contacted_by, contacted.contacted_at) == ("bob", NOW + timedelta(minutes=5))
        assert desk.alert() is None
        assert not Marks(workplace).contacted(number).is_set
        assert desk.referral(number).contacted_by is None
        assert desk.alert() is not None
        assert actions(workplace, number) == ["contacted", "contacted"]

    def test_its_notes_are_in_the_history(self, workplace: Workplace) -> None:
        number = new(workplace)
        Marks(workplace).contacted(number, "  wants a call\x1b[2J\n on Friday ")
        assert list(Desk(workplace).history(number))[-1].changes["note"] == (None, "wants a call[2J\n on Friday")
        Marks(workplace).contacted(number, "  ")
        assert "note" not in list(Desk(workplace).history(number))[-1].changes


class TestSkip:
    """I8: put aside until a time the person picks."""

    @pytest.mark.parametrize(
        ("typed", "until"),
        [
            ("+2h", NOW + timedelta(hours=2)),
            ("tomorrow 09:00", NOW + timedelta(days=1)),
            ("2026-03-04", datetime(2026, 3, 4, 9, 0, tzinfo=UTC)),
            ("2026-03-02T12:00:00+02:00", NOW + timedelta(hours=1)),
        ],
    )
    def test_until_a_time(self, workplace: Workplace, typed: str, until: datetime) -> None:
        number = new(workplace)
        Marks(workplace).skip(number, typed)
        assert Desk(workplace).referral(number).skipped_until == until

    @pytest.mark.parametrize("typed", ["", "  ", "soon", "-2h", "2026-03-01", "+0min", "today 09:00", "2026-13-01"])
    def test_what_is_no_time_to_come_is_refused(self, workplace: Workplace, typed: str) -> None:
        number = new(workplace)
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError) as refused:
            Marks(workplace).skip(number, typed)
        assert list(refused.value.fields) == ["until"]
        assert dump(workplace.database) == before

    def test_not_beyond_its_expiry_which_is_named(self, workplace: Workplace) -> None:
        number = new(workplace, expirationDateTime=ahead(hours=5))
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError) as refused:
            Marks(workplace).skip(number, "+301min")
        assert refused.value.fields == {"until": "it expires before that, at Mon 2 Mar 14:00"}
        assert dump(workplace.database) == before
        Marks(workplace).skip(number, "+5h")  # at that very instant it is archived, not back
        assert one_row(workplace.database, number)["skipped_until"] == one_row(workplace.database, number)["expires_at"]

    def test_the_expiry_is_named_in_the_person_s_zone(self, workplace: Workplace) -> None:
        """Z1: shown in the viewer's zone."""
        madrid = replace(workplace, zone=ZoneInfo("Europe/Madrid"))
        number = new(workplace, expirationDateTime=ahead(hours=5))
        with pytest.raises(InvalidInputError, match="Mon 2 Mar 15:00"):
            Marks(madrid).skip(number, "+6h")
        Marks(madrid).skip(number, "today 12:00")
        until = Desk(workplace).referral(number).skipped_until
        assert until == datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=1)))

    def test_it_is_back_at_its_time_and_cannot_be_brought_back_then(
        self, workplace: Workplace, clock: SettableClock
    ) -> None:
        number = after("skip")(workplace)
        clock.advance(timedelta(hours=2, microseconds=-1))
        assert Desk(workplace).referral(number).skipped_until is not None
        clock.advance(timedelta(microseconds=1))
        assert Desk(workplace).referral(number).skipped_until is None
        before = dump(workplace.database)
        with pytest.raises(WrongStateError, match="not skipped"):
            Marks(workplace).unskip(number)
        assert dump(workplace.database) == before

    def test_skipped_again_it_has_the_new_time(self, workplace: Workplace) -> None:
        number = after("skip")(workplace)
        Marks(seated(workplace, "bob")).skip(number, "+4h")
        assert Desk(workplace).referral(number).skipped_until == NOW + timedelta(hours=4)
        assert list(Desk(workplace).history(number))[-1].changes == {
            "skipped_until": ("2026-03-02T11:00:00Z", "2026-03-02T13:00:00Z")
        }

    def test_it_still_expires(self, workplace: Workplace, clock: SettableClock) -> None:
        number = new(workplace, expirationDateTime=ahead(hours=2))
        Marks(workplace).skip(number, "+2h")
        clock.advance(timedelta(hours=2))
        after("expire", start=lambda _workplace: number)(workplace)
        assert Desk(workplace).referral(number).outcome == "expired"


class TestNote:
    """T4: people can add notes to the history; the referral itself does not change."""

    def test_it_keeps_its_lines_and_loses_what_a_terminal_would_obey(self, workplace: Workplace) -> None:
        number = new(workplace)
        before = one_row(workplace.database, number)
        Marks(workplace).note(number, " rang\ttwice \x1b]0;x\x07\n\u202eno answer ")
        [entry] = list(Desk(workplace).history(number))[1:]
        assert entry.changes == {"note": (None, "rang twice ]0;x\nno answer")}
        assert one_row(workplace.database, number) == before

    @pytest.mark.parametrize("text", ["", " \n\t ", "\u200b", "\x00"])
    def test_it_needs_text(self, workplace: Workplace, text: str) -> None:
        number = new(workplace)
        before = dump(workplace.database)
        with pytest.raises(InvalidInputError):
            Marks(workplace).note(number, text)
        assert dump(workplace.database) == before


def test_marks_never_load_the_orm(workplace: Workplace) -> None:
    """A desk that only marks pays for no ORM: seen in a program of its own."""
    number = new(workplace)
    script = """
import sys
from datetime import UTC
from pathlib import Path
from refterm.clock import SystemClock
from refterm.domain.deadline import Deadlines
from refterm.domain.history import Actor
from refterm.services.desk import Desk
from refterm.services.background.expiry import expire_due
from refterm.services.marks import Marks, Toggled
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
desk = Workplace(open_database(sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1])), SystemClock(), Actor("x", "x"), Deadlines(), UTC)
number = int(sys.argv[2])
Marks(desk).favorite(number); Marks(desk).note(number, "x"); Desk(desk).referral(number); Desk(desk).counts()
expire_due(desk)
print([name for name in ("sqlmodel", "sqlalchemy", "alembic", "textual", "click") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(workplace.database.location), str(number)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
