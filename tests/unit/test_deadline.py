"""Rules of time: I3, I4, I8, F2-F5, A4, Z1, and when each text next changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refterm.domain import deadline as rules
from refterm.domain.deadline import Deadlines, Flame, flame_state
from refterm.domain.referral import Customer, Outcome, Referral, Status

SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)
MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")
RECEIVED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SPANS = Deadlines()


def referral(**fields: Any) -> Referral:
    base = Referral(
        id=1,
        source_id="a",
        status=Status.NEW,
        customer=Customer("Contoso"),
        received_at=RECEIVED,
        version=1,
        changed_at=RECEIVED,
    )
    return base._replace(**fields)


# Half a day before each change of summer time in the two zones, so that every span runs across it.
CHANGES = [
    pytest.param(datetime(2026, 3, 28, 12, 0), MADRID, id="Madrid, into summer"),
    pytest.param(datetime(2026, 10, 24, 12, 0), MADRID, id="Madrid, out of summer"),
    pytest.param(datetime(2026, 3, 7, 12, 0), NEW_YORK, id="New York, into summer"),
    pytest.param(datetime(2026, 10, 31, 12, 0), NEW_YORK, id="New York, out of summer"),
    pytest.param(datetime(2026, 6, 1, 12, 0), MADRID, id="no change"),
]


@pytest.mark.parametrize(("wall", "zone"), CHANGES)
class TestSpansAcrossSummerTime:
    """Z1: 24 h, 72 h and 14 x 24 h are exact; a change of summer time moves no deadline."""

    def test_i3_24_hours(self, wall: datetime, zone: tzinfo) -> None:
        received = wall.replace(tzinfo=zone).astimezone(UTC)
        due = SPANS.respond_by(received)
        assert due - received == timedelta(hours=24)
        assert [rules.is_overdue(due, due + step) for step in (-SECOND, -INSTANT, 0 * SECOND, SECOND)] == [
            False,
            False,
            True,
            True,
        ]

    def test_f2_72_hours(self, wall: datetime, zone: tzinfo) -> None:
        received = wall.replace(tzinfo=zone).astimezone(UTC)
        until = received + timedelta(hours=72)
        states = [
            flame_state(True, Status.NEW, None, received, until + step, SPANS)
            for step in (-SECOND, -INSTANT, 0 * SECOND, SECOND)
        ]
        assert states == [Flame.HOT, Flame.HOT, Flame.COOLED, Flame.COOLED]

    def test_i4_14_days(self, wall: datetime, zone: tzinfo) -> None:
        received = wall.replace(tzinfo=zone).astimezone(UTC)
        expiry = SPANS.estimated_expiry(received)
        assert expiry - received == timedelta(hours=336)
        assert [rules.is_expired(expiry, expiry + step) for step in (-SECOND, -INSTANT, 0 * SECOND, SECOND)] == [
            False,
            False,
            True,
            True,
        ]

    def test_a_viewer_in_that_zone_sees_the_same_time_left(self, wall: datetime, zone: tzinfo) -> None:
        received = wall.replace(tzinfo=zone).astimezone(UTC)
        due = SPANS.respond_by(received)
        seen = received.astimezone(zone)
        assert rules.left_text(due, seen) == rules.left_text(due, received) == "1d 0h"


def test_a_deadline_shifts_on_the_wall_when_the_clocks_do() -> None:
    """Z1: 24 h after noon of the Saturday before summer time is one o'clock on the wall."""
    received = datetime(2026, 3, 28, 12, 0, tzinfo=MADRID).astimezone(UTC)
    assert SPANS.respond_by(received).astimezone(MADRID).hour == 13


def test_the_site_can_set_the_spans() -> None:
    spans = Deadlines(timedelta(hours=8), timedelta(hours=48), timedelta(days=7))
    assert spans.respond_by(RECEIVED) == RECEIVED + timedelta(hours=8)
    assert spans.flame_until(RECEIVED) == RECEIVED + timedelta(hours=48)
    assert spans.estimated_expiry(RECEIVED) == RECEIVED + timedelta(days=7)


def test_a_receipt_at_the_end_of_time_breaks_nothing() -> None:
    never = datetime.max.replace(tzinfo=UTC)
    assert SPANS.respond_by(never) == SPANS.flame_until(never) == SPANS.estimated_expiry(never) == never


def test_what_never_expires() -> None:
    """I4, contract: outgoing referrals have no expiry."""
    assert not rules.is_expired(None, datetime.max.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("step", "skipped"), [(-SECOND, True), (-INSTANT, True), (timedelta(0), False), (SECOND, False)]
)
def test_i8_a_skipped_one_comes_back_at_its_time(step: timedelta, skipped: bool) -> None:
    back = RECEIVED + timedelta(hours=2)
    assert rules.is_skipped(back, back + step) is skipped
    assert (rules.as_of(referral(skipped_until=back), back + step).skipped_until is not None) is skipped


def test_i8_what_was_never_skipped() -> None:
    assert not rules.is_skipped(None, RECEIVED)


class TestAsOf:
    """I4, I8: how a referral stands at an instant, written down or not."""

    expiry = RECEIVED + timedelta(days=14)

    @pytest.mark.parametrize("step", [-SECOND, -INSTANT])
    def test_before_its_expiry_it_is_new(self, step: timedelta) -> None:
        new = referral(expires_at=self.expiry)
        assert rules.as_of(new, self.expiry + step) == new

    @pytest.mark.parametrize("step", [timedelta(0), SECOND, timedelta(days=400)])
    def test_from_its_expiry_it_is_archived_at_its_deadline(self, step: timedelta) -> None:
        found = rules.as_of(referral(expires_at=self.expiry), self.expiry + step)
        assert (found.status, found.outcome, found.closed_at) == (Status.ARCHIVED, Outcome.EXPIRED, self.expiry)
        assert (found.decided_at, found.decided_by, found.closed_by) == (None, None, None)

    def test_an_engagement_does_not_expire(self) -> None:
        active = referral(status=Status.ACTIVE, expires_at=self.expiry)
        assert rules.as_of(active, self.expiry + SECOND) == active

    def test_a_skipped_one_still_expires(self) -> None:
        skipped = referral(expires_at=self.expiry, skipped_until=self.expiry)
        found = rules.as_of(skipped, self.expiry)
        assert (found.outcome, found.skipped_until) == (Outcome.EXPIRED, None)


class TestFlame:
    """F1-F4."""

    @pytest.mark.parametrize(
        ("asked", "status", "contacted", "hours", "state"),
        [
            (False, Status.NEW, None, 1, Flame.NONE),
            (True, Status.NEW, None, 1, Flame.HOT),
            (True, Status.NEW, None, 72, Flame.COOLED),
            (True, Status.ACTIVE, None, 1, Flame.HOT),
            (True, Status.ACTIVE, None, 100, Flame.COOLED),
            (True, Status.NEW, RECEIVED, 1, Flame.CONTACTED),
            (True, Status.NEW, RECEIVED, 100, Flame.CONTACTED),
            (True, Status.ARCHIVED, None, 1, Flame.NONE),
            (True, Status.ARCHIVED, RECEIVED, 1, Flame.NONE),
            (False, Status.NEW, RECEIVED, 1, Flame.NONE),
        ],
    )
    def test_state(self, asked: bool, status: Status, contacted: datetime | None, hours: int, state: Flame) -> None:
        now = RECEIVED + timedelta(hours=hours)
        assert flame_state(asked, status, contacted, RECEIVED, now, SPANS) is state

    @pytest.mark.parametrize(
        ("left", "text"),
        [
            (timedelta(hours=72), "72 h"),
            (timedelta(hours=72) - INSTANT, "71 h"),
            (timedelta(hours=1), "1 h"),
            (timedelta(hours=1) - INSTANT, "59 min"),
            (timedelta(minutes=41, seconds=59), "41 min"),
            (timedelta(minutes=1), "1 min"),
            (timedelta(minutes=1) - INSTANT, "59 s"),
            (SECOND, "1 s"),
            (timedelta(0), "0 s"),
            (-timedelta(hours=5), "0 s"),
        ],
    )
    def test_f2_time_left_of_the_72_hours(self, left: timedelta, text: str) -> None:
        now = SPANS.flame_until(RECEIVED) - left
        assert rules.flame_left_text(RECEIVED, now, SPANS) == text


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(days=14), "14d 0h"),
        (timedelta(days=13, hours=4, minutes=59, seconds=59), "13d 4h"),
        (timedelta(days=1), "1d 0h"),
        (timedelta(days=1) - INSTANT, "23h 59m"),
        (timedelta(hours=23, minutes=12, seconds=1), "23h 12m"),
        (timedelta(hours=1), "1h 0m"),
        (timedelta(hours=1) - INSTANT, "59m"),
        (timedelta(minutes=41, seconds=3), "41m"),
        (timedelta(minutes=1), "1m"),
        (timedelta(minutes=1) - INSTANT, "59s"),
        (timedelta(seconds=52, microseconds=5), "52s"),
        (SECOND, "1s"),
        (SECOND - INSTANT, "0s"),
        (timedelta(0), "0s"),
        (-timedelta(days=3), "0s"),
    ],
)
def test_time_left_reads_in_two_units_above_the_hour(left: timedelta, text: str) -> None:
    assert rules.left_text(RECEIVED, RECEIVED - left) == text


@pytest.mark.parametrize(
    ("late", "text"),
    [
        (timedelta(0), "late 0s"),
        (timedelta(seconds=59, microseconds=999_999), "late 59s"),
        (timedelta(minutes=1), "late 1m"),
        (timedelta(hours=1) - INSTANT, "late 59m"),
        (timedelta(hours=3, minutes=59), "late 3h"),
        (timedelta(days=1) - INSTANT, "late 23h"),
        (timedelta(days=1), "late 1d"),
        (timedelta(days=13, hours=23), "late 13d"),
        (-timedelta(hours=1), "late 0s"),
    ],
)
def test_i3_what_is_late_reads_in_its_largest_unit_only(late: timedelta, text: str) -> None:
    assert rules.late_text(RECEIVED, RECEIVED + late) == text


@pytest.mark.parametrize(
    ("step", "text"), [(-SECOND, "1s"), (-INSTANT, "0s"), (timedelta(0), "late 0s"), (SECOND, "late 1s")]
)
def test_i3_the_column_turns_at_the_deadline(step: timedelta, text: str) -> None:
    assert rules.respond_text(RECEIVED, RECEIVED + step) == text


# --- F5: the instant at which a text next reads otherwise, to the microsecond -------------------------------------

spans = st.one_of(
    st.timedeltas(min_value=-timedelta(days=40), max_value=timedelta(days=40)),
    st.timedeltas(min_value=-timedelta(minutes=3), max_value=timedelta(minutes=3)),
    # Whole units and their neighbours, where a rounding is off by one.
    st.builds(
        lambda unit, n, off: unit * n + off * INSTANT,
        st.sampled_from([SECOND, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)]),
        st.integers(-80, 80),
        st.integers(-1, 1),
    ),
)


def is_first_change(shown: Callable[[datetime], object], now: datetime, change: datetime) -> bool:
    """Whether nothing shown differs before that instant, as far as its last microsecond, and it differs at it."""
    between = [min(now + (change - now) * n / 16, change - INSTANT) for n in range(17)]
    return change > now and all(shown(t) == shown(now) for t in between) and shown(change) != shown(now)


@given(spans)
def test_f5_the_time_left_changes_exactly_then(left: timedelta) -> None:
    now = RECEIVED - left
    change = rules.left_changes_at(RECEIVED, now)
    if left <= timedelta(0):
        assert change is None
    else:
        assert change is not None
        # At the deadline the state changes, even though the text still reads 0s.
        assert is_first_change(lambda t: (rules.left_text(RECEIVED, t), t >= RECEIVED), now, change)


@given(spans)
def test_f5_how_late_changes_exactly_then(late: timedelta) -> None:
    now = RECEIVED + late
    assert is_first_change(lambda t: rules.late_text(RECEIVED, t), now, rules.late_changes_at(RECEIVED, now))


@given(spans)
def test_f5_the_recommended_response_changes_exactly_then(left: timedelta) -> None:
    now = RECEIVED - left
    assert is_first_change(lambda t: rules.respond_text(RECEIVED, t), now, rules.respond_changes_at(RECEIVED, now))


@given(spans)
def test_f5_the_flame_changes_exactly_then(left: timedelta) -> None:
    until = SPANS.flame_until(RECEIVED)
    now = until - left
    change = rules.flame_changes_at(RECEIVED, now, SPANS)
    if left <= timedelta(0):
        assert change is None
    else:
        assert change is not None

        def shown(t: datetime) -> object:
            state = flame_state(True, Status.NEW, None, RECEIVED, t, SPANS)
            return rules.flame_left_text(RECEIVED, t, SPANS), state

        assert is_first_change(shown, now, change)


# --- A4: the end of the purchase day in the viewer's zone ---------------------------------------------------------

DAY_ENDS = [
    pytest.param(date(2026, 6, 30), "UTC", datetime(2026, 7, 1, 0, 0, tzinfo=UTC), id="UTC"),
    pytest.param(date(2026, 6, 30), "Pacific/Kiritimati", datetime(2026, 6, 30, 10, 0, tzinfo=UTC), id="farthest east"),
    pytest.param(date(2026, 6, 30), "Etc/GMT+12", datetime(2026, 7, 1, 12, 0, tzinfo=UTC), id="farthest west"),
    pytest.param(date(2026, 6, 30), "Asia/Kathmandu", datetime(2026, 6, 30, 18, 15, tzinfo=UTC), id="quarter hour"),
    pytest.param(date(2026, 3, 29), "Europe/Madrid", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), id="day of 23 hours"),
    pytest.param(date(2026, 10, 25), "Europe/Madrid", datetime(2026, 10, 25, 23, 0, tzinfo=UTC), id="day of 25 hours"),
    pytest.param(date(2026, 3, 8), "America/New_York", datetime(2026, 3, 9, 4, 0, tzinfo=UTC), id="New York, 23 hours"),
    pytest.param(date(2026, 11, 1), "America/New_York", datetime(2026, 11, 2, 5, 0, tzinfo=UTC), id="New York, 25"),
    pytest.param(
        date(2026, 9, 5), "America/Santiago", datetime(2026, 9, 6, 4, 0, tzinfo=UTC), id="midnight is skipped"
    ),
    pytest.param(date(2026, 4, 4), "America/Santiago", datetime(2026, 4, 5, 4, 0, tzinfo=UTC), id="last hour twice"),
    pytest.param(date(2026, 10, 31), "America/Havana", datetime(2026, 11, 1, 4, 0, tzinfo=UTC), id="midnight twice"),
    pytest.param(
        date(2011, 12, 29), "Pacific/Apia", datetime(2011, 12, 30, 10, 0, tzinfo=UTC), id="next day is skipped"
    ),
    pytest.param(date(2028, 2, 29), "Europe/Madrid", datetime(2028, 2, 29, 23, 0, tzinfo=UTC), id="leap day"),
    pytest.param(date(2026, 12, 31), "Europe/Madrid", datetime(2026, 12, 31, 23, 0, tzinfo=UTC), id="end of the year"),
]


@pytest.mark.parametrize(("day", "name", "end"), DAY_ENDS)
def test_a4_the_purchase_date_passes_with_the_viewers_day(day: date, name: str, end: datetime) -> None:
    zone = ZoneInfo(name)
    assert rules.purchase_passes_at(day, zone) == end
    assert [rules.purchase_passed(day, end + step, zone) for step in (-SECOND, -INSTANT, 0 * SECOND, SECOND)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(("day", "name", "end"), DAY_ENDS)
def test_a4_without_a_zone_the_machines_counts(
    day: date, name: str, end: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    assert rules.purchase_passes_at(day, None) == end
    assert [rules.purchase_passed(day, end + step, None) for step in (-SECOND, 0 * SECOND)] == [False, True]


def test_a4_no_date_never_passes() -> None:
    assert not rules.purchase_passed(None, RECEIVED, UTC)


@pytest.mark.parametrize("zone", [None, UTC, MADRID, ZoneInfo("Pacific/Kiritimati")])
def test_a4_the_last_day_of_time_breaks_nothing(zone: tzinfo | None) -> None:
    assert rules.purchase_passes_at(date.max, zone) == datetime.max.replace(tzinfo=UTC)
    assert not rules.purchase_passed(date.max, RECEIVED, zone)
