"""Times as people type them: 200 of them in a table, and what each use makes of one (I5, I8, A1, A2, contract)."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refterm import i18n
from refterm.domain import when
from refterm.errors import InvalidInputError

MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")
TODAY = date(2026, 3, 2)  # a Monday
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# What was typed, and the deadline it means on Monday 2 March 2026.
DEADLINES = """
3m 2026-06-02, 3 m 2026-06-02, 3mo 2026-06-02, 3 months 2026-06-02, +3m 2026-06-02, + 3 months 2026-06-02
in 3 months 2026-06-02, in three months 2026-06-02, 90m 2033-09-02, 1y 2027-03-02, 2 years 2028-03-02, 0 days 2026-03-02
1 day 2026-03-03, 10d 2026-03-12, +10d 2026-03-12, 10 days 2026-03-12, 6w 2026-04-13, 6weeks 2026-04-13
1 week 2026-03-09, a week 2026-03-09, 1 quarter 2026-06-02, 1-3 months 2026-06-02, 1 - 3 months 2026-06-02
1–3 Months 2026-06-02, 1 to 3 months 2026-06-02, 1-3m 2026-06-02, between 1 and 3 months 2026-06-02
3-6 months 2026-09-02, 6-12 months 2027-03-02, 2-3 weeks 2026-03-23, 3-3 months 2026-06-02
this week 2026-03-08, this month 2026-03-31, This Quarter 2026-03-31, this year 2026-12-31, next week 2026-03-15
next month 2026-04-30, next quarter 2026-06-30, next year 2027-12-31, next 3 months 2026-06-02, weekend 2026-03-08
end of week 2026-03-08, end of month 2026-03-31, end of the month 2026-03-31, eom 2026-03-31, month end 2026-03-31
end of quarter 2026-03-31, end of year 2026-12-31, eoy 2026-12-31, end of next month 2026-04-30, end of Jan 2027-01-31
end of Q2 2026-06-30, end of 2027 2027-12-31, start of Q3 2026-07-01, mid March 2026-03-16, beginning of May 2026-05-01
Q1 2026-03-31, q1 2026-03-31, Q2 2026-06-30, Q1 2027 2027-03-31, Q1/2027 2027-03-31, 2027 Q1 2027-03-31, Q1 27 2027-03-31
first quarter 2026-03-31, second quarter 2027 2027-06-30, 1st quarter 2026-03-31
Jan 2027-01-31, January 2027-01-31, mar 2026-03-31, May 2026-05-31, Jan 2028 2028-01-31, next Jan 2027-01-31, 1/2027 2027-01-31
2027-01 2027-01-31, 2027 2027-12-31, in May 2026-05-31
today 2026-03-02, tomorrow 2026-03-03, day after tomorrow 2026-03-04, mon 2026-03-09, fri 2026-03-06, Friday 2026-03-06
this friday 2026-03-06, next monday 2026-03-09, by fri 2026-03-06
31 Jan 2027-01-31, 31 January 2027-01-31, Jan 31 2027-01-31, 31st Jan 2027-01-31, the 31st of January 2027-01-31
January 31st 2028 2028-01-31, 31. Jan 2027-01-31, 31-Jan-2028 2028-01-31, Jan 31 2028 2028-01-31, 31 Jan 28 2028-01-31
2 Mar 2026-03-02, 1 Mar 2027-03-01, 29 Feb 2028-02-29
31.1.2027 2027-01-31, 31.01.2027 2027-01-31, 31.1. 2027-01-31, 31.1 2027-01-31, 31.1.27 2027-01-31, 31/1/2027 2027-01-31
1/31/2027 2027-01-31, 31/1 2027-01-31, 1/31 2027-01-31, 31-1-2027 2027-01-31, 2027-01-31 2027-01-31, 2027/01/31 2027-01-31
2027/1/31 2027-01-31, 20270131 2027-01-31, 2028-02-29 2028-02-29, 5/5/2027 2027-05-05
3 meses 2026-06-02, 6 semanas 2026-04-13, 10 días 2026-03-12, 1 mes 2026-04-02, 2 años 2028-03-02, 1-3 meses 2026-06-02
1 a 3 meses 2026-06-02, entre 1 y 3 meses 2026-06-02, dentro de 3 semanas 2026-03-23, en tres meses 2026-06-02
un trimestre 2026-06-02, este mes 2026-03-31, esta semana 2026-03-08, este trimestre 2026-03-31, este año 2026-12-31
próximo mes 2026-04-30, el próximo mes 2026-04-30, mes que viene 2026-04-30, el mes que viene 2026-04-30
la semana que viene 2026-03-15, próximo trimestre 2026-06-30, año próximo 2027-12-31, próximos 3 meses 2026-06-02
fin de mes 2026-03-31, a fin de mes 2026-03-31, a finales de mes 2026-03-31, fin de año 2026-12-31, finales de enero 2027-01-31
fin de semana 2026-03-08, fin de trimestre 2026-03-31, mediados de abril 2026-04-15, principios de mayo 2026-05-01
T1 2026-03-31, 1T 2026-03-31, T1 2027 2027-03-31, 2T 2027 2027-06-30, primer trimestre 2026-03-31
segundo trimestre de 2027 2027-06-30, enero 2027-01-31, ene 2027-01-31, enero de 2028 2028-01-31, agosto 2026-08-31
hoy 2026-03-02, mañana 2026-03-03, manana 2026-03-03, pasado mañana 2026-03-04, lunes 2026-03-09, el viernes 2026-03-06
mié 2026-03-04, sábado 2026-03-07, este viernes 2026-03-06, próximo lunes 2026-03-09
31 de enero 2027-01-31, 31 enero 2027-01-31, 31 ene 2027-01-31, 31 de enero de 2028 2028-01-31, 1º de mayo 2026-05-01
3 ago 2026-08-03, 31 dic 2026-12-31, 3 mar 2026-03-03
"""
# The instant at which it begins, at 9:00 UTC on that Monday.
STARTS = """
+2h 2026-03-02T11:00, 2h 2026-03-02T11:00, in 2 hours 2026-03-02T11:00, +90min 2026-03-02T10:30, + 90 min 2026-03-02T10:30
+3d 2026-03-05T09:00, 2d 2026-03-04T09:00, 1w 2026-03-09T09:00, 3m 2026-06-02T09:00, 1-3 months 2026-04-02T09:00
14:00 2026-03-02T14:00, 8:30 2026-03-03T08:30, 9:00 2026-03-03T09:00, 2pm 2026-03-02T14:00, 2:30 pm 2026-03-02T14:30
12am 2026-03-03T00:00, noon 2026-03-02T12:00, at 14 2026-03-02T14:00, 9 a.m. 2026-03-03T09:00
today 18:00 2026-03-02T18:00, tomorrow 2026-03-03T09:00, tomorrow 09:00 2026-03-03T09:00, Tomorrow  9:30 2026-03-03T09:30
mon 9:00 2026-03-09T09:00, mon at 9 2026-03-09T09:00, 9:00 mon 2026-03-09T09:00, friday 2026-03-06T09:00
sunday 23:59 2026-03-08T23:59, next week 2026-03-09T09:00, next month 2026-04-01T09:00, Q1 2027-01-01T09:00
31 Jan 14:00 2027-01-31T14:00, 31.3. 14:00 2026-03-31T14:00, 2 Mar 14:00 2026-03-02T14:00, end of month 2026-03-31T09:00
2026-03-10 2026-03-10T09:00, 20260310 2026-03-10T09:00, 2026-03-10 00:00 2026-03-10T00:00, 2026-03-10T12:30 2026-03-10T12:30
2026-03-10t12:30:15z 2026-03-10T12:30:15, 2026-03-10 12:30+09:00 2026-03-10T03:30, +2d 14:00 2026-03-04T14:00
mañana 2026-03-03T09:00, mañana 9:30 2026-03-03T09:30, mañana a las 9:30 2026-03-03T09:30, a las 14 2026-03-02T14:00
lunes 9:00 2026-03-09T09:00, en 2 horas 2026-03-02T11:00, dentro de 90 minutos 2026-03-02T10:30, 2 semanas 2026-03-16T09:00
mediodía 2026-03-02T12:00, mar 9:00 2026-03-03T09:00
"""
# Where the period since then begins: the last such day.
SINCES = """
today 2026-03-02, yesterday 2026-03-01, 3d 2026-02-27, 3 days ago 2026-02-27, 30d 2026-01-31, last 30 days 2026-01-31
3m 2025-12-02, 1-3 months 2025-12-02, mon 2026-03-02, fri 2026-02-27, this week 2026-03-02, last week 2026-02-23
this month 2026-03-01, last month 2026-02-01, this quarter 2026-01-01, last quarter 2025-10-01, this year 2026-01-01
Q1 2026-01-01, Q4 2025-10-01, Q1 2025 2025-01-01, 31 Jan 2026-01-31, 3 Mar 2025-03-03, 31.12. 2025-12-31, Dec 2025-12-01
2h 2026-03-02T07:00, 14:00 2026-03-01T14:00, 2026-01-31 2026-01-31, ayer 2026-03-01, hace 3 días 2026-02-27
mes pasado 2026-02-01, el mes pasado 2026-02-01, último trimestre 2025-10-01, últimos 30 días 2026-01-31, lunes 2026-03-02
29 Feb 2024-02-29, end of January 2026-01-31, weekend 2026-02-28, last sunday 2026-03-01, enero 2026-01-01
"""


def rows(table: str) -> list[tuple[str, str]]:
    """Texts and what they mean."""
    cells = [cell.strip() for line in table.strip().splitlines() for cell in line.split(", ")]
    return [(text.strip(), meaning) for text, _blank, meaning in (cell.rpartition(" ") for cell in cells)]


def test_the_tables_hold_two_hundred_expressions() -> None:
    assert len({text for table in (DEADLINES, STARTS, SINCES) for text, _meaning in rows(table)}) >= 200


class TestTable:
    """Contract: wherever a time is asked the same words are taken, in English and Spanish, whatever the language."""

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_as_a_deadline(self, language: str) -> None:
        i18n.use(language)
        words = {"mar"} if language == "es" else set()
        read = [(text, str(when.deadline(text, TODAY))) for text, _day in rows(DEADLINES) if text not in words]
        assert read == [row for row in rows(DEADLINES) if row[0] not in words]

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_as_a_start(self, language: str) -> None:
        i18n.use(language)
        table = rows(STARTS) if language == "es" else [row for row in rows(STARTS) if row[0] != "mar 9:00"]
        read = [(text, when.start(text, NOW, UTC)) for text, _instant in table]
        assert read == [(text, datetime.fromisoformat(instant).replace(tzinfo=UTC)) for text, instant in table]

    def test_as_the_beginning_of_a_period(self) -> None:
        read = [(text, when.period(text, None, NOW, UTC)[0]) for text, _instant in rows(SINCES)]
        assert read == [(text, datetime.fromisoformat(instant).replace(tzinfo=UTC)) for text, instant in rows(SINCES)]

    def test_what_is_no_time_is_a_sentence(self) -> None:
        texts = "soon, never, this, this decade, months, 3-1 months, 1.5 months, 1-3, 99999 years, 3x, q5, 2027 q, mon tue, +h, \x1b[2J"
        for text in texts.split(", "):
            with pytest.raises(InvalidInputError) as caught:
                when.deadline(text, TODAY)
            assert caught.value.fields["date"] == f'Not a date: "{text}". Try 3m, Q1, 30 Jun or 2026-06-30', text

    def test_a_day_that_the_calendar_has_not_is_named(self) -> None:
        for text in (
            "2026-02-30",
            "30 Feb",
            "31.4.2027",
            "31.13.2027",
            "32/1/2027",
            "2027-13-01",
            "29.2.2027",
            "13/2027",
        ):
            with pytest.raises(InvalidInputError) as caught:
                when.deadline(text, TODAY)
            assert caught.value.fields["date"] == f"There is no such day: {text}"

    @pytest.mark.parametrize(
        ("text", "language", "locale", "named"),
        [
            ("mar", "es", "es_ES.UTF-8", "mar 3 mar 2026 o 31 mar 2026"),
            ("3/4/2027", "en", "C.UTF-8", "Sat 3 Apr 2027 or Thu 4 Mar 2027"),
            ("next fri", "en", "en_GB.UTF-8", "Fri 6 Mar 2026 or Fri 13 Mar 2026"),
            ("próximo viernes", "es", "es_ES.UTF-8", "vie 6 mar 2026 o vie 13 mar 2026"),
        ],
    )
    def test_what_means_two_days_is_refused_and_both_are_named(
        self, text: str, language: str, locale: str, named: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LANG", locale)
        i18n.use(language)
        with pytest.raises(InvalidInputError) as caught:
            when.deadline(text, TODAY)
        assert named in caught.value.fields["date"]

    @pytest.mark.parametrize(
        ("locale", "language", "day"),
        [
            ("en_US.UTF-8", None, date(2027, 3, 4)),
            ("en_GB.UTF-8", None, date(2027, 4, 3)),
            ("de_DE.UTF-8", "en", date(2027, 4, 3)),
            ("C.UTF-8", "es", date(2027, 4, 3)),
        ],
    )
    def test_the_locale_says_whether_the_day_or_the_month_comes_first(
        self, locale: str, language: str | None, day: date, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LANG", locale)
        i18n.use(language)
        assert when.deadline("3/4/2027", TODAY) == day


class TestTimeframe:
    """I5: windows and dates, and the date that later counts."""

    @pytest.mark.parametrize(
        ("typed", "today", "purchase"),
        [
            # One that begins with `this` resolves to its last day.
            ("this month", date(2026, 3, 31), date(2026, 3, 31)),
            ("this month", date(2026, 2, 1), date(2026, 2, 28)),
            ("this month", date(2028, 2, 1), date(2028, 2, 29)),
            ("this month", date(2026, 12, 1), date(2026, 12, 31)),
            ("this quarter", date(2026, 1, 1), date(2026, 3, 31)),
            ("this quarter", date(2026, 8, 31), date(2026, 9, 30)),
            ("this quarter", date(2026, 12, 31), date(2026, 12, 31)),
            # N-M months: the same day M months after the decision, the month's last day where that is shorter.
            ("2-4 months", date(2026, 11, 15), date(2027, 3, 15)),
            ("3-6 months", date(2026, 8, 31), date(2027, 2, 28)),
            ("3-6 months", date(2027, 8, 31), date(2028, 2, 29)),
            ("1-3 months", date(2026, 1, 31), date(2026, 4, 30)),
            ("6-12 months", date(2028, 2, 29), date(2029, 2, 28)),
            ("1 month", date(2026, 1, 31), date(2026, 2, 28)),
            ("48 months", date(2028, 2, 29), date(2032, 2, 29)),
            ("10 days", date(2028, 2, 20), date(2028, 3, 1)),
        ],
    )
    def test_resolves_to(self, typed: str, today: date, purchase: date) -> None:
        found = when.timeframe(typed, today)
        assert (found.text, found.purchase_date) == (typed, purchase)

    def test_it_is_kept_as_typed_with_single_blanks(self) -> None:
        assert when.timeframe("  This   month ", TODAY).text == "This month"

    @pytest.mark.parametrize("typed", ["", "  ", "\n"])
    def test_it_is_required(self, typed: str) -> None:
        with pytest.raises(InvalidInputError) as caught:
            when.timeframe(typed, TODAY)
        assert caught.value.fields == {"timeframe": "When will they buy? For example 3m, Q1 or 30 Jun"}

    @pytest.mark.parametrize("typed", ["2026-03-01", "yesterday", "3 days ago", "-3 months", "0001-01-01"])
    def test_a_date_in_the_past_is_refused(self, typed: str) -> None:
        with pytest.raises(InvalidInputError, match="is in the past"):
            when.timeframe(typed, TODAY)

    @pytest.mark.parametrize(
        "typed", ["+2h", "14:00", "mon 9:00", "2026-06-30T09:00", "31 Jan 14:00", "2pm", "lunes 9:00"]
    )
    def test_a_field_of_dates_takes_no_hours(self, typed: str) -> None:
        for read in (when.timeframe, when.deadline, when.closing_day):
            with pytest.raises(InvalidInputError, match="A day is asked: leave the time out"):
                read(typed, TODAY)

    def test_at_the_end_of_the_calendar_a_window_is_a_sentence(self) -> None:
        with pytest.raises(InvalidInputError):
            when.timeframe("1-3 months", date(9999, 12, 1))

    @given(st.dates(date(1970, 1, 1), date(2200, 1, 1)), st.integers(0, 300))
    def test_months_keep_the_day_or_take_the_months_last(self, today: date, months: int) -> None:
        found = when.timeframe(f"{months} months", today).purchase_date
        assert (found.year - today.year) * 12 + found.month - today.month == months
        assert found.day == today.day or (found.day < today.day and (found + timedelta(days=1)).day == 1)

    @given(
        st.text("0123456789 +-./:,dmwhqtQT1 janfebmarlunesnextthisendof", max_size=14), st.sampled_from(["en", "es"])
    )
    def test_whatever_is_typed_gives_a_day_ahead_or_a_sentence(self, typed: str, language: str) -> None:
        i18n.use(language)
        for read in (
            lambda: when.deadline(typed, TODAY) >= TODAY,
            lambda: when.start(typed, NOW, MADRID) > NOW,
            lambda: isinstance(when.closing_day(typed, TODAY), date),
            lambda: when.period(typed, typed, NOW, MADRID),
        ):
            with suppress(InvalidInputError):
                assert read()


class TestClosingDay:
    """A1: the day on which a deal closed; without a year the last such day."""

    def test_is_the_last_such_day(self) -> None:
        texts = "today, yesterday, mon, fri, 31 Jan, 3 Mar, 31.12., 3d, 1w, hace 3 días, ayer, 2026-02-28, last fri"
        days = "2026-03-02 2026-03-01 2026-03-02 2026-02-27 2026-01-31 2025-03-03 2025-12-31 2026-02-27 2026-02-23 2026-02-27 2026-03-01 2026-02-28 2026-02-27"
        assert [str(when.closing_day(text, TODAY)) for text in texts.split(", ")] == days.split()

    @pytest.mark.parametrize("typed", ["Q1", "this month", "Feb", "1-3 months"])
    def test_a_window_is_no_day(self, typed: str) -> None:
        with pytest.raises(InvalidInputError, match="is more than one day; type the day"):
            when.closing_day(typed, TODAY)


class TestUntil:
    """I8: until when a referral is put aside."""

    def test_without_a_zone_the_machines_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Europe/Madrid")
        time.tzset()
        for text in ("+2h", "tomorrow 9:00", "friday", "2026-03-10T12:30", "31.3. 14:00", "3m"):
            assert when.start(text, NOW) == when.start(text, NOW, MADRID)

    @pytest.mark.parametrize(
        ("typed", "ahead"), [("friday", 1), ("saturday", 2), ("monday", 4), ("wednesday", 6), ("thursday", 7)]
    )
    def test_a_day_of_the_week_is_the_next_of_its_name(self, typed: str, ahead: int) -> None:
        thursday = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)
        assert when.start(typed, thursday, UTC) == thursday + timedelta(days=ahead, hours=2)

    def test_tomorrow_is_the_persons(self) -> None:
        """Late in the evening in UTC it is tomorrow in Madrid already."""
        late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
        assert when.start("tomorrow", late, MADRID) == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
        assert when.start("tomorrow", late, NEW_YORK) == datetime(2026, 3, 3, 14, 0, tzinfo=UTC)

    def test_z1_a_span_is_exact_and_a_day_goes_by_the_wall(self) -> None:
        """Summer time begins in Madrid on 2026-03-29 at 02:00."""
        evening = datetime(2026, 3, 28, 9, 0, tzinfo=MADRID).astimezone(UTC)
        assert when.start("+1d", evening, MADRID) - evening == timedelta(hours=24)
        assert when.start("tomorrow 09:00", evening, MADRID) - evening == timedelta(hours=23)

    def test_z1_a_time_that_summer_time_skips_comes_an_hour_later(self) -> None:
        evening = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
        skipped = when.start("tomorrow 02:30", evening, MADRID)
        assert when.time_text(skipped, MADRID) == "Sun 29 Mar 2026 03:30"

    def test_z1_a_time_that_comes_twice_is_the_first(self) -> None:
        evening = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
        assert when.start("tomorrow 02:30", evening, MADRID) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    @pytest.mark.parametrize("typed", ["2026-03-02T09:00Z", "2026-03-02T08:59:59Z", "today 09:00", "+0h", "0001-01-02"])
    def test_a_time_that_is_not_ahead_is_refused(self, typed: str) -> None:
        with pytest.raises(InvalidInputError, match="is in the past"):
            when.start(typed, NOW, UTC)

    def test_a_second_ahead_is_ahead(self) -> None:
        assert when.start("2026-03-02T09:00:01Z", NOW, UTC) == NOW + timedelta(seconds=1)

    @pytest.mark.parametrize(
        "typed",
        [
            *(
                "soon",
                "+h",
                "tomorrow 25:00",
                "tomorrow 9",
                "2026-03-10T",
                "9999-12-31T23:59:59-12:00",
                "monday tuesday",
            ),
            *("Q1 9:00", "13pm", "+2h 9:00"),
        ],
    )
    def test_anything_else_is_a_sentence(self, typed: str) -> None:
        with pytest.raises(InvalidInputError, match="Not a time: ") as caught:
            when.start(typed, NOW, MADRID)
        assert list(caught.value.fields) == ["until"]

    @pytest.mark.parametrize("typed", ["", "  "])
    def test_it_is_required(self, typed: str) -> None:
        with pytest.raises(InvalidInputError, match="When\\? For example"):
            when.start(typed, NOW, MADRID)


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
        assert when.period(typed, None, NOW, zone)[0] == instant

    def test_without_a_zone_the_machines_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "America/Santiago")
        time.tzset()
        assert when.period("2026-09-06", None, NOW)[0] == datetime(2026, 9, 6, 4, 0, tzinfo=UTC)

    @pytest.mark.parametrize("typed", ["", "soon", "2026-02-30", "0001-01-01T00:00+05:00", "9999-12-31T23:59-10:00"])
    def test_anything_else_is_a_sentence(self, typed: str) -> None:
        with pytest.raises(InvalidInputError) as caught:
            when.period(typed, None, NOW, MADRID)
        assert list(caught.value.fields) == ["since"]

    @pytest.mark.parametrize(
        ("since", "until", "first", "end"),
        [
            # A window lies in it as a whole; a day is its midnight, before which it ends.
            ("Q1", "Q1", "2026-01-01", "2026-04-01"),
            ("last month", "last month", "2026-02-01", "2026-03-01"),
            ("1 Jan", "31 Jan", "2026-01-01", "2026-01-31"),
            # The last such day, unless that lies before the beginning.
            ("1 Jan", "31 Dec", "2026-01-01", "2026-12-31"),
            ("1 Nov", "31 Dec", "2025-11-01", "2025-12-31"),
            ("10d", "3d", "2026-02-20", "2026-02-27"),
        ],
    )
    def test_from_and_to(self, since: str, until: str, first: str, end: str) -> None:
        found = when.period(since, until, NOW, UTC)
        assert found == tuple(datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, end))

    @pytest.mark.parametrize("zone", [MADRID, NEW_YORK])
    def test_at_the_ends_of_the_calendar_it_is_the_first_and_the_last_instant(self, zone: tzinfo) -> None:
        first, end = when.period("0001-01-01", "Q4 9999", NOW, zone)
        assert [first and first.year, end and end.year] == [1, 9999]
        assert when.start("9999-12-31", NOW, zone).year == 9999

    def test_both_errors_are_named(self) -> None:
        with pytest.raises(InvalidInputError) as caught:
            when.period("soon", "later", NOW, UTC)
        assert list(caught.value.fields) == ["since", "until"]


@pytest.mark.parametrize(
    ("instant", "zone", "text"),
    [
        (NOW, UTC, "Mon 2 Mar 2026 09:00"),
        (NOW, MADRID, "Mon 2 Mar 2026 10:00"),
        (NOW, NEW_YORK, "Mon 2 Mar 2026 04:00"),
        (datetime(2026, 3, 2, 9, 0, 59, 999_999, tzinfo=UTC), None, "Mon 2 Mar 2026 09:00"),
        # What sources write for "never" and "unknown" has no local time everywhere.
        (datetime.max.replace(tzinfo=UTC), MADRID, "Fri 31 Dec 9999 23:59"),
        (datetime.min.replace(tzinfo=UTC), NEW_YORK, "Mon 1 Jan 1 00:00"),
    ],
)
def test_z1_an_instant_reads_in_the_viewers_zone(instant: datetime, zone: tzinfo | None, text: str) -> None:
    assert when.time_text(instant, zone) == text


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_day_as_it_stands_in_a_field_is_read_back(language: str) -> None:
    """What a form fills in is in people's own words; the grammar reads it as the same day, past or to come."""
    i18n.use(language)
    try:
        for ahead in range(-400, 400, 13):
            day = TODAY + timedelta(days=ahead)
            text = when.date_text(day)
            assert when.closing_day(text, TODAY) == day
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
            assert when.period(text, None, NOW, UTC) == (midnight, None)
            assert when.period(None, text, NOW, UTC) == (None, midnight)
            if ahead >= 0:
                assert when.deadline(text, TODAY) == day
    finally:
        i18n.use("en")
