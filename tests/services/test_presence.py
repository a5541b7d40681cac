"""T1: who else has the desk open, and who has a form open on which referral; none of it is a change of the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from refterm.clock import SettableClock
from refterm.services.background.presence import GONE_AFTER, SIGN_EVERY, Presence
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import api_record
from tests.store.support import dump, open_at, until_another

Sit = Callable[[str], Presence]


@pytest.fixture
def sit(location: Path | str, clock: SettableClock) -> Iterator[Sit]:
    """Somebody sits down at a desk of their own."""
    opened: list[Workplace] = []

    def seated(name: str) -> Presence:
        opened.append(open_at(location, clock, name))
        presence = Presence(opened[-1])
        presence.sign()
        return presence

    yield seated
    for place in opened:
        place.close()


def names(presence: Presence) -> list[str]:
    return [seat.name for seat in presence.others()]


def test_the_others_are_seen_until_they_leave(sit: Sit, clock: SettableClock) -> None:
    ana = sit("ana")
    clock.advance(timedelta(seconds=1))
    ben = sit("ben")
    clock.advance(timedelta(seconds=1))
    again = sit("ana")
    assert (names(ana), names(ben), names(again)) == (["ben", "ana"], ["ana", "ana"], ["ana", "ben"])
    again.leave()
    ben.leave()
    assert names(ana) == []


def test_who_gives_no_sign_of_life_is_gone(sit: Sit, clock: SettableClock) -> None:
    ana, ben = sit("ana"), sit("ben")
    clock.advance(GONE_AFTER)
    assert [(seat.name, seat.until) for seat in ana.others()] == [("ben", clock.now())]
    clock.advance(timedelta(microseconds=1))
    assert names(ana) == []
    ben.sign()
    assert names(ana) == ["ben"]
    assert SIGN_EVERY * 2 < GONE_AFTER  # one sign may be late


def test_the_lease_of_a_form_ends_with_the_form_and_with_the_desk(sit: Sit, clock: SettableClock) -> None:
    ana, ben = sit("ana"), sit("ben")
    ben.hold(42, "accept")
    assert [(seat.referral, seat.form) for seat in ana.others()] == [(42, "accept")]
    clock.advance(SIGN_EVERY)
    ben.sign()  # a sign of life keeps it
    assert [(seat.referral, seat.form) for seat in ana.others()] == [(42, "accept")]
    ben.let_go()
    assert [(seat.referral, seat.form) for seat in ana.others()] == [(None, None)]
    ben.hold(7, "decline")
    clock.advance(GONE_AFTER + timedelta(seconds=1))
    assert ana.others() == ()


def test_what_vanished_leaves_nothing_behind(sit: Sit, workplace: Workplace, clock: SettableClock) -> None:
    sit("ana")
    clock.advance(GONE_AFTER + timedelta(seconds=1))
    sit("ben")
    assert [row[1] for row in dump(workplace.database)["presence"]] == ["ben"]


def test_it_is_no_change_of_the_desk(sit: Sit, workplace: Workplace, import_records: ImportRecords) -> None:
    """Others ask whether anything was written; it was, but there is nothing to read again."""
    import_records([api_record()])
    desk = Desk(workplace)
    token, written = desk.token(), desk.written()
    sit("ben").hold(1, "accept")
    until_another(desk.written, written)
    assert desk.changes(token).entries == ()


def test_a_desk_for_reading_only_sees_others_and_is_not_seen(
    sit: Sit, location: Path | str, clock: SettableClock
) -> None:
    ana = sit("ana")
    place = open_at(location, clock, "vera", read_only=True)
    vera = Presence(place)
    vera.sign()
    assert (names(vera), names(ana)) == (["ana"], [])
    vera.leave()
    place.close()
