"""A machine's clock that jumps by days archives nothing by itself; what time really brings is archived (I4, Z2)."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from refterm.clock import SettableClock, SystemClock
from refterm.config import NoticeSettings
from refterm.domain.holding import Hold
from refterm.services.background import holding
from refterm.services.background.delivery import Delivered, deliver_due
from refterm.services.background.expiry import expire_due
from refterm.services.care import doctor
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from refterm.store.codec import micros
from tests.samples import NOW
from tests.store.support import insert, row

STORES = ("sqlite",)


class Machine:
    """A machine whose clock can be set, and which can sleep."""

    def __init__(self) -> None:
        self.wall, self.uptime = NOW, timedelta(days=3)
        self.clock = SystemClock(lambda: self.wall, lambda: self.uptime)

    def sleep(self, span: timedelta) -> None:
        self.wall += span
        self.uptime += span

    def set(self, wall: datetime) -> None:
        self.wall = wall


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def place(workplace: Workplace, machine: Machine) -> Workplace:
    insert(workplace.database, [row(expires_at=micros(NOW + timedelta(days=5)))])
    return replace(workplace, clock=machine.clock)


def test_days_of_sleep_are_no_jump(place: Workplace, machine: Machine) -> None:
    machine.sleep(timedelta(days=30))
    assert machine.clock.jump() == timedelta()
    assert expire_due(place) == [1]


def test_a_jump_archives_nothing_until_somebody_says_so(place: Workplace, machine: Machine) -> None:
    machine.set(NOW + timedelta(days=30))
    assert expire_due(place) == []
    held = Desk(place).held()
    assert held is not None
    assert (held.hold.reason, held.due) == ("clock", 1)
    holding.hold_for_clock(place, held.hold)
    assert holding.release(place)
    assert expire_due(place) == [1]


def test_commands_of_that_machine_hold_as_well_for_an_hour(place: Workplace, machine: Machine) -> None:
    machine.set(NOW + timedelta(days=30))
    held = Desk(place).held()
    assert held
    holding.hold_for_clock(place, held.hold)
    command = replace(place, clock=SettableClock(machine.wall + timedelta(minutes=59)))
    assert expire_due(command) == []
    assert expire_due(replace(place, clock=SettableClock(machine.wall + timedelta(minutes=61)))) == [1]


def test_when_the_clock_is_back_nothing_was_lost_and_time_archives_again(place: Workplace, machine: Machine) -> None:
    machine.set(NOW + timedelta(days=30))
    assert expire_due(place) == []
    held = Desk(place).held()
    assert held
    holding.hold_for_clock(place, held.hold)
    machine.set(NOW)
    assert Desk(place).counts()
    assert Desk(place).held() is None
    machine.sleep(timedelta(days=5))
    assert expire_due(place) == [1]


def test_nothing_is_delivered_while_the_clock_is_in_doubt(place: Workplace, machine: Machine, tmp_path: Path) -> None:
    """What seems to be due may not be; a program that only delivers asks the mark in the database."""
    settings = NoticeSettings(maildir=str(tmp_path / "letters"))
    expire = replace(place, clock=SettableClock(NOW + timedelta(days=5)))
    assert expire_due(expire) == [1]
    machine.set(NOW + timedelta(days=30))
    assert deliver_due(place, settings) == Delivered()
    holding.hold_for_clock(place, Hold("clock", machine.wall, os.uname().nodename))
    command = replace(place, clock=SettableClock(machine.wall + timedelta(minutes=1)))
    assert deliver_due(command, settings) == Delivered()
    with place.database.reading() as connection:
        [finding] = doctor._held(connection, command.now())
    assert (finding.subject, "was set by days" in finding.text) == ("archiving", True)
    assert finding.remedy == "if that is right: refterm db set archiving=on"
    assert holding.release(place)
    assert deliver_due(command, settings) == Delivered(0, 1)  # tried, to a customer without an address
    with place.database.reading() as connection:
        assert list(doctor._held(connection, command.now())) == []


@pytest.mark.parametrize(
    ("after", "machine_name", "holds"),
    [
        (timedelta(minutes=1), "here", True),
        (timedelta(minutes=1), "elsewhere", False),
        (timedelta(hours=2), "here", False),
        (timedelta(days=-30), "here", False),
    ],
)
def test_a_mark_of_the_clock_is_of_one_machine_and_one_hour(after: timedelta, machine_name: str, holds: bool) -> None:
    assert Hold("clock", NOW, "here").holds(NOW + after, machine_name) is holds
