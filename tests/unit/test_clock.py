"""Time is handed in (Z1): clocks tell aware instants in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from refterm import clock as clocks
from refterm.clock import SettableClock, SharedClock, SystemClock

START = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Europe/Madrid"))


def test_the_machines_clock_tells_utc() -> None:
    before = datetime.now(UTC)
    told = SystemClock().now()
    assert before <= told <= datetime.now(UTC)
    assert told.tzinfo is UTC


def test_a_settable_clock_stands_still_until_it_is_moved() -> None:
    clock = SettableClock(START)
    assert clock.now() == clock.now() == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_it_moves_by_exact_spans_across_summer_time() -> None:
    clock = SettableClock(datetime(2026, 3, 28, 12, 0, tzinfo=ZoneInfo("Europe/Madrid")))
    before = clock.now()
    assert clock.advance(timedelta(days=1)) - before == timedelta(hours=24)
    assert clock.now() == before + timedelta(hours=24)


def test_it_can_be_set_back() -> None:
    clock = SettableClock(START)
    clock.set(START - timedelta(hours=1))
    assert clock.now() == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_z2_a_shared_clock_is_asked_once_a_minute_and_goes_on_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    uptime = timedelta(days=3)
    monkeypatch.setattr(clocks, "_uptime", lambda: uptime)
    told: list[datetime | None] = [START, START + timedelta(seconds=50)]
    clock = SharedClock(lambda: told.pop(0) if told else None)
    assert clock.now() == START
    assert clock.now().tzinfo is UTC
    uptime += timedelta(seconds=59)
    assert clock.now() == START + timedelta(seconds=59)
    uptime += timedelta(seconds=1)
    assert clock.now() == START + timedelta(seconds=50)  # the server's word counts, also where it is earlier
    uptime += timedelta(hours=2)
    assert clock.now() == START + timedelta(hours=2, seconds=50)  # not to be reached meanwhile


def test_z2_a_server_that_was_never_reached_leaves_the_machines_time() -> None:
    before = datetime.now(UTC)
    assert before <= SharedClock(lambda: None).now() <= datetime.now(UTC)
