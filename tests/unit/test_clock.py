"""Time is handed in (Z1): clocks tell aware instants in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from refterm.clock import SettableClock, SystemClock

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
