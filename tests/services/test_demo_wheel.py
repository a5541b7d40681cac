"""The demo's wheel of time: what is due happens at its own instant, in its order, by the services, and again the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from refterm.config import NoticeSettings
from refterm.domain.deadline import Deadlines
from refterm.domain.history import Actor
from refterm.domain.query import View
from refterm.domain.referral import Outcome
from refterm.services.background.presence import Presence
from refterm.services.demo import desk as demo
from refterm.services.demo.clock import DemoClock
from refterm.services.demo.story import story
from refterm.services.demo.wheel import Wheel
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.samples import NOW

MINUTE = timedelta(minutes=1)


class Demo:
    """A demo whose clock stands still unless it is moved."""

    def __init__(self, folder: Path, beginning: Path) -> None:
        self.folder = folder
        self.kept = folder / "beginning.db"
        path = folder / "desk.db"
        shutil.copyfile(beginning, path)
        self.clock = DemoClock(NOW, 0)
        self.workplace = Workplace(
            open_database(path), self.clock, Actor("vera", "vera"), Deadlines(), tell_customers=False
        )
        with self.workplace.database.writing() as connection:
            demo.introduce(connection, "vera")
        self.workplace.database.backup(self.kept)
        self.desk = Desk(self.workplace)
        notices = NoticeSettings(transport="maildir", maildir=str(folder / "notices"))
        planned = story(demo.SEED, NOW, demo.present("en"), "en")
        self.wheel = Wheel(self.workplace, self.clock, lambda: planned, notices)

    def history(self) -> list[tuple[str, str, str]]:
        """What happened since the beginning: the minute, who, what."""
        return [(str((one.at - NOW) // MINUTE), one.by, one.action) for one in self.desk.history() if one.at > NOW]


@pytest.fixture
def one(tmp_path: Path, beginning: Path) -> Iterator[Demo]:
    made = Demo(tmp_path, beginning)
    yield made
    made.workplace.close()


def test_a_jump_of_an_hour_plays_everything_at_its_own_instant(one: Demo) -> None:
    """I4: expired at the deadline; colleagues act at their minutes; what comes in is told to the contacts (N1)."""
    happened = one.wheel.move_to(NOW + timedelta(hours=1, minutes=5))
    assert one.clock.now() == NOW + timedelta(hours=1, minutes=5)
    assert [((moment.at - NOW) // MINUTE, moment.what) for moment in happened] == [
        (25, "expired"),
        (31, "cooled"),
        (40, "late"),
        (50, "late"),
        (62, "back"),
    ]
    assert [entry for entry in one.history() if entry[2] != "returned"][:11] == [
        ("3", "mei", "taken"),
        ("5", "Partner Center", "imported"),
        ("11", "luis", "declined"),
        ("12", "luis", "pushed"),
        ("14", "tom", "assigned"),
        ("17", "luis", "edited"),
        ("17", "luis", "pushed"),
        ("17", "luis", "merged"),
        ("20", "Partner Center", "imported"),
        ("25", "refterm", "expired"),
        ("28", "Partner Center", "updated"),
    ]
    assert len(list((one.folder / "notices").glob("**/new/*"))) >= 1


def test_the_next_thing_is_the_next_thing(one: Demo) -> None:
    moments = []
    for _number in range(8):
        coming = one.wheel.next()
        assert coming is not None
        one.wheel.move_to(coming.at)
        moments.append(one.clock.moved)
    assert moments == sorted(moments)
    assert moments[0] == 3 * MINUTE


def test_the_presenter_is_decided_over(one: Demo) -> None:
    """T2 to be shown: what the presenter has a form open on is declined by a colleague."""
    mine = one.desk.resolve("219")
    Presence(one.workplace).hold(mine, "accept")
    one.wheel.move_to(NOW + 10 * MINUTE)
    Presence(one.workplace).hold(mine, "accept")
    one.wheel.move_to(NOW + 12 * MINUTE)
    decided = one.desk.referral(mine)
    assert (decided.outcome, decided.decided_by) == (Outcome.DECLINED, "luis")


def test_what_the_presenter_did_first_stands(one: Demo) -> None:
    """The script does not fail over it, and goes on."""
    from refterm.services.triage import Triage

    numbers = [row.id for row in one.desk.listing(View()).rows(0, 40)]
    Triage(one.workplace).decline(numbers, {"reason": "budget"})
    one.wheel.move_to(NOW + timedelta(hours=2))
    assert ("5", "Partner Center", "imported") in one.history()


def test_the_same_keys_give_the_same_demo(one: Demo, beginning: Path, tmp_path: Path) -> None:
    def played(demo_one: Demo) -> list[tuple[str, str, str]]:
        demo_one.wheel.move_to(demo_one.clock.now() + timedelta(hours=1))
        demo_one.wheel.move_to(demo_one.clock.now() + timedelta(days=1))
        return demo_one.history()

    first = played(one)
    one.wheel.begin_again(one.kept)
    assert one.clock.now() == NOW
    assert one.history() == []
    assert played(one) == first
    (tmp_path / "other").mkdir()
    other = Demo(tmp_path / "other", beginning)
    assert played(other) == first
    other.workplace.close()


def test_the_clock_runs_at_its_speed_from_where_it_was_moved() -> None:
    elapsed = 100.0
    clock = DemoClock(NOW, 60, lambda: elapsed)
    assert clock.now() == NOW
    elapsed = 101.0
    assert clock.now() == NOW + MINUTE
    clock.move_to(NOW + timedelta(days=1))
    elapsed = 103.0
    assert clock.moved == timedelta(days=1, minutes=2)
    clock.back()
    assert clock.now() == NOW
