"""Dates, windows and instants as people type them: I5, I8, A2, and the bounds of a period."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refterm.domain import when
from refterm.errors import InvalidInputError

MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")
TODAY = date(2026, 3, 2)  # a Monday
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class TestTimeframe:
    """I5: windows and dates, and the date that later counts."""

    @pytest.mark.parametrize(
        ("typed", "today", "purchase"),
        [
            # One that begins with `this` resolves to its last day.
            ("this month", date(2026, 3, 2), date(2026, 3, 31)),
            ("this month", date(2026, 3, 31), date(2026, 3, 31)),
            ("this month", date(2026, 2, 1), date(2026, 2, 28)),
            ("this month", date(2028, 2, 1), date(2028, 2, 29)),
            ("this month", date(2026, 12, 1), date(2026, 12, 31)),
            ("this quarter", date(2026, 1, 1), date(2026, 3, 31)),
            ("this quarter", date(2026, 3, 31), date(2026, 3, 31)),
            ("this quarter", date(2026, 5, 15), date(2026, 6, 30)),
            ("this quarter", date(2026, 8, 31), date(2026, 9, 30)),
            ("this quarter", date(2026, 12, 31), date(2026, 12, 31)),
            ("this week", date(2026, 3, 2), date(2026, 3, 8)),
            ("this year", date(2026, 3, 2), date(2026, 12, 31)),
            # N-M months: the same day M months after the decision.
            ("1-3 months", date(2026, 3, 2), date(2026, 6, 2)),
            ("3-6 months", date(2026, 3, 2), date(2026, 9, 2)),
            ("6-12 months", date(2026, 3, 2), date(2027, 3, 2)),
            ("2-4 months", date(2026, 11, 15), date(2027, 3, 15)),
            ("3-3 months", date(2026, 3, 2), date(2026, 6, 2)),
            # The month's last day where that is shorter.
            ("3-6 months", date(2026, 8, 31), date(2027, 2, 28)),
            ("3-6 months", date(2027, 8, 31), date(2028, 2, 29)),
            ("1-3 months", date(2026, 1, 31), date(2026, 4, 30)),
            ("6-12 months", date(2028, 2, 29), date(2029, 2, 28)),
            # N days, weeks, months.
            ("0 days", date(2026, 3, 2), date(2026, 3, 2)),
            ("1 day", date(2026, 12, 31), date(2027, 1, 1)),
            ("10 days", date(2026, 2, 20), date(2026, 3, 2)),
            ("10 days", date(2028, 2, 20), date(2028, 3, 1)),
            ("1 week", date(2026, 3, 2), date(2026, 3, 9)),
            ("6 weeks", date(2026, 3, 2), date(2026, 4, 13)),
            ("1 month", date(2026, 1, 31), date(2026, 2, 28)),
            ("1 month", date(2028, 1, 31), date(2028, 2, 29)),
            ("6 months", date(2026, 8, 31), date(2027, 2, 28)),
            ("48 months", date(2028, 2, 29), date(2032, 2, 29)),
            # A date is itself; today is not past.
            ("2026-06-30", date(2026, 3, 2), date(2026, 6, 30)),
            ("2026-03-02", date(2026, 3, 2), date(2026, 3, 2)),
            ("2028-02-29", date(2026, 3, 2), date(2028, 2, 29)),
            # However it is typed.
            ("This Quarter", date(2026, 3, 2), date(2026, 3, 31)),
            ("1 - 3 months", date(2026, 3, 2), date(2026, 6, 2)),
            ("1–3 Months", date(2026, 3, 2), date(2026, 6, 2)),
            ("1 to 3 months", date(2026, 3, 2), date(2026, 6, 2)),
            ("6weeks", date(2026, 3, 2), date(2026, 4, 13)),
        ],
    )
    def test_resolves_to(self, typed: str, today: date, purchase: date) -> None:
        found = when.parse_timeframe(typed, today)
        assert (found.text, found.purchase_date) == (typed, purchase)

    @pytest.mark.parametrize("window", when.WINDOWS)
    def test_every_window_offered_is_understood(self, window: str) -> None:
        assert when.parse_timeframe(window, TODAY).purchase_date >= TODAY

    def test_it_is_kept_as_typed_with_single_blanks(self) -> None:
        assert when.parse_timeframe("  This   month ", TODAY).text == "This month"

    @pytest.mark.parametrize("typed", ["", "  ", "\n"])
    def test_it_is_required(self, typed: str) -> None:
        with pytest.raises(InvalidInputError) as caught:
            when.parse_timeframe(typed, TODAY)
        assert caught.value.fields == {"timeframe": "a purchase timeframe is required"}

    @pytest.mark.parametrize(
        "typed",
        [
            *("soon", "next month", "this", "this decade", "months", "-3 months", "3-1 months", "1.5 months"),
            *("3 years", "99999 days", "2026-02-29", "2026-13-01", "30.6.2026", "6/30/2026", "2026-06-30T09:00"),
        ],
    )
    def test_anything_else_is_a_sentence(self, typed: str) -> None:
        with pytest.raises(InvalidInputError) as caught:
            when.parse_timeframe(typed, TODAY)
        assert list(caught.value.fields) == ["timeframe"]
        assert caught.value.fields["timeframe"].startswith("type a date such as 2026-06-30, or a window")

    @pytest.mark.parametrize("typed", ["2026-03-01", "2025-03-02", "0001-01-01"])
    def test_a_date_in_the_past_is_refused(self, typed: str) -> None:
        with pytest.raises(InvalidInputError) as caught:
            when.parse_timeframe(typed, TODAY)
        assert caught.value.fields == {"timeframe": f"{typed} is in the past"}

    def test_at_the_end_of_the_calendar_a_window_is_a_sentence(self) -> None:
        with pytest.raises(InvalidInputError):
            when.parse_timeframe("1-3 months", date(9999, 12, 1))

    @given(st.dates(date(1970, 1, 1), date(2200, 1, 1)), st.integers(0, 300))
    def test_months_keep_the_day_or_take_the_months_last(self, today: date, months: int) -> None:
        found = when.parse_timeframe(f"{months} months", today).purchase_date
        assert (found.year - today.year) * 12 + found.month - today.month == months
        assert found.day == today.day or (found.day < today.day and (found + timedelta(days=1)).day == 1)


class TestPurchaseDate:
    """A2: a date typed in an edit."""

    @pytest.mark.parametrize("typed", ["2026-03-02", " 2026-03-03 ", "9999-12-31"])
    def test_today_or_later(self, typed: str) -> None:
        assert when.parse_purchase_date(typed, TODAY) == date.fromisoformat(typed.strip())

    def test_the_past_is_refused(self) -> None:
        with pytest.raises(InvalidInputError) as caught:
            when.parse_purchase_date("2026-03-01", TODAY)
        assert caught.value.fields == {"date": "2026-03-01 is in the past"}

    @pytest.mark.parametrize("typed", ["", "soon", "2026-02-30", "1-3 months"])
    def test_what_is_no_date_is_a_sentence(self, typed: str) -> None:
        with pytest.raises(InvalidInputError) as caught:
            when.parse_purchase_date(typed, TODAY)
        assert caught.value.fields == {"date": f"{typed or repr('')} is no date; type it as 2026-06-30"}


UNTIL = [
    ("+2h", MADRID, datetime(2026, 3, 2, 11, 0, tzinfo=UTC)),
    ("+ 90 m", MADRID, datetime(2026, 3, 2, 10, 30, tzinfo=UTC)),
    ("+30min", MADRID, datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
    ("+3d", MADRID, datetime(2026, 3, 5, 9, 0, tzinfo=UTC)),
    ("+1w", MADRID, datetime(2026, 3, 9, 9, 0, tzinfo=UTC)),
    ("+2H", MADRID, datetime(2026, 3, 2, 11, 0, tzinfo=UTC)),
    # Nine in the morning where no time is said, in the person's zone.
    ("tomorrow", MADRID, datetime(2026, 3, 3, 8, 0, tzinfo=UTC)),
    ("tomorrow 09:00", MADRID, datetime(2026, 3, 3, 8, 0, tzinfo=UTC)),
    ("Tomorrow  9:30", NEW_YORK, datetime(2026, 3, 3, 14, 30, tzinfo=UTC)),
    ("today 18:00", MADRID, datetime(2026, 3, 2, 17, 0, tzinfo=UTC)),
    ("today", NEW_YORK, datetime(2026, 3, 2, 14, 0, tzinfo=UTC)),
    ("friday", MADRID, datetime(2026, 3, 6, 8, 0, tzinfo=UTC)),
    ("sunday 23:59", MADRID, datetime(2026, 3, 8, 22, 59, tzinfo=UTC)),
    # Said on a Monday, Monday is the next one.
    ("monday", MADRID, datetime(2026, 3, 9, 8, 0, tzinfo=UTC)),
    ("2026-03-10", MADRID, datetime(2026, 3, 10, 8, 0, tzinfo=UTC)),
    ("20260310", MADRID, datetime(2026, 3, 10, 8, 0, tzinfo=UTC)),
    ("2026-03-10 00:00", MADRID, datetime(2026, 3, 9, 23, 0, tzinfo=UTC)),
    ("2026-03-10T12:30", MADRID, datetime(2026, 3, 10, 11, 30, tzinfo=UTC)),
    ("2026-03-10t12:30:15.5z", MADRID, datetime(2026, 3, 10, 12, 30, 15, 500_000, tzinfo=UTC)),
    ("2026-03-10 12:30+09:00", MADRID, datetime(2026, 3, 10, 3, 30, tzinfo=UTC)),
]


class TestUntil:
    """I8: until when a referral is put aside."""

    @pytest.mark.parametrize(("typed", "zone", "instant"), UNTIL)
    def test_is_read_as(self, typed: str, zone: tzinfo, instant: datetime) -> None:
        found = when.parse_until(typed, NOW, zone)
        assert found == instant
        assert found.utcoffset() == timedelta(0)

    @pytest.mark.parametrize(("typed", "zone", "instant"), UNTIL)
    def test_without_a_zone_the_machines_counts(
        self, typed: str, zone: ZoneInfo, instant: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TZ", zone.key)
        time.tzset()
        assert when.parse_until(typed, NOW) == instant

    @pytest.mark.parametrize(
        ("typed", "ahead"), [("friday", 1), ("saturday", 2), ("monday", 4), ("wednesday", 6), ("thursday", 7)]
    )
    def test_a_day_of_the_week_is_the_next_of_its_name(self, typed: str, ahead: int) -> None:
        thursday = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)
        assert when.parse_until(typed, thursday, UTC) == thursday + timedelta(days=ahead, hours=2)

    def test_tomorrow_is_the_persons(self) -> None:
        """Late in the evening in UTC it is tomorrow in Madrid already."""
        late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
        assert when.parse_until("tomorrow", late, MADRID) == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
        assert when.parse_until("tomorrow", late, NEW_YORK) == datetime(2026, 3, 3, 14, 0, tzinfo=UTC)

    def test_z1_a_span_is_exact_and_a_day_goes_by_the_wall(self) -> None:
        """Summer time begins in Madrid on 2026-03-29 at 02:00."""
        evening = datetime(2026, 3, 28, 9, 0, tzinfo=MADRID).astimezone(UTC)
        assert when.parse_until("+1d", evening, MADRID) - evening == timedelta(hours=24)
        assert when.parse_until("tomorrow 09:00", evening, MADRID) - evening == timedelta(hours=23)

    def test_z1_a_time_that_summer_time_skips_comes_an_hour_later(self) -> None:
        evening = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
        skipped = when.parse_until("tomorrow 02:30", evening, MADRID)
        assert when.local_text(skipped, MADRID) == "2026-03-29 03:30"

    def test_z1_a_time_that_comes_twice_is_the_first(self) -> None:
        evening = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
        assert when.parse_until("tomorrow 02:30", evening, MADRID) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    @pytest.mark.parametrize("typed", ["2026-03-02T09:00Z", "2026-03-02T08:59:59Z", "today 09:00", "+0h", "0001-01-02"])
    def test_a_time_that_is_not_ahead_is_refused(self, typed: str) -> None:
        with pytest.raises(InvalidInputError, match="is in the past"):
            when.parse_until(typed, NOW, UTC)

    def test_a_second_ahead_is_ahead(self) -> None:
        assert when.parse_until("2026-03-02T09:00:01Z", NOW, UTC) == NOW + timedelta(seconds=1)

    @pytest.mark.parametrize(
        "typed",
        [
            *("soon", "2h", "+h", "+2y", "-2h", "tomorrow 25:00", "tomorrow 9", "09:00", "2026-02-30", "2026-03-10T"),
            *("9999-12-31T23:59:59-12:00", "monday tuesday", "\x1b[2J"),
        ],
    )
    def test_anything_else_is_a_sentence(self, typed: str) -> None:
        with pytest.raises(InvalidInputError, match="is no time; type one such as") as caught:
            when.parse_until(typed, NOW, MADRID)
        assert list(caught.value.fields) == ["until"]

    @pytest.mark.parametrize("typed", ["", "  "])
    def test_it_is_required(self, typed: str) -> None:
        with pytest.raises(InvalidInputError, match="a time is required"):
            when.parse_until(typed, NOW, MADRID)


class TestBoundOfAPeriod:
    """Contract: `--since` and `--until`; a date is midnight in the viewer's zone."""

    @pytest.mark.parametrize(
        ("typed", "zone", "instant"),
        [
            ("2026-03-02", MADRID, datetime(2026, 3, 1, 23, 0, tzinfo=UTC)),
            ("2026-07-02", MADRID, datetime(2026, 7, 1, 22, 0, tzinfo=UTC)),
            ("2026-03-02", NEW_YORK, datetime(2026, 3, 2, 5, 0, tzinfo=UTC)),
            ("2026-03-02T12:00", NEW_YORK, datetime(2026, 3, 2, 17, 0, tzinfo=UTC)),
            (" 2026-03-02t12:00z ", NEW_YORK, datetime(2026, 3, 2, 12, 0, tzinfo=UTC)),
            ("2026-03-02T12:00+02:00", NEW_YORK, datetime(2026, 3, 2, 10, 0, tzinfo=UTC)),
            # Santiago has no midnight on this day: it begins at one.
            ("2026-09-06", ZoneInfo("America/Santiago"), datetime(2026, 9, 6, 4, 0, tzinfo=UTC)),
            ("2026-03-02", timezone(timedelta(hours=14)), datetime(2026, 3, 1, 10, 0, tzinfo=UTC)),
        ],
    )
    def test_is_read_as(self, typed: str, zone: tzinfo, instant: datetime) -> None:
        assert when.parse_day_start(typed, "since", zone) == instant

    def test_without_a_zone_the_machines_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "America/Santiago")
        time.tzset()
        assert when.parse_day_start("2026-09-06", "since") == datetime(2026, 9, 6, 4, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        "typed", ["", "yesterday", "2026-02-30", "0001-01-01T00:00+05:00", "9999-12-31T23:59-10:00"]
    )
    def test_anything_else_is_a_sentence(self, typed: str) -> None:
        with pytest.raises(InvalidInputError) as caught:
            when.parse_day_start(typed, "since", MADRID)
        assert list(caught.value.fields) == ["since"]


@pytest.mark.parametrize(
    ("instant", "zone", "text"),
    [
        (NOW, UTC, "2026-03-02 09:00"),
        (NOW, MADRID, "2026-03-02 10:00"),
        (NOW, NEW_YORK, "2026-03-02 04:00"),
        (datetime(2026, 3, 2, 9, 0, 59, 999_999, tzinfo=UTC), None, "2026-03-02 09:00"),
        # What sources write for "never" and "unknown" has no local time everywhere.
        (datetime.max.replace(tzinfo=UTC), MADRID, "9999-12-31 23:59"),
        (datetime.min.replace(tzinfo=UTC), NEW_YORK, "0001-01-01 00:00"),
    ],
)
def test_z1_an_instant_reads_in_the_viewers_zone(instant: datetime, zone: tzinfo | None, text: str) -> None:
    assert when.local_text(instant, zone) == text
