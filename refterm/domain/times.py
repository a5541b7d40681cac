"""The grammar of times as people type them, in English and Spanish: `3m`, `Q1`, `mon 9:00`, `31 Jan`, `mañana`.

A text is first brought into a common form, in which the words of a language stand for the same short English ones
(`time_words.py`); then one list of patterns reads it. Nothing here knows the present time or the person: `Asked` says both.
Imported where a time is read: the patterns take some milliseconds to compile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from refterm.domain import time_words

Edge = Literal["first", "last"]
Order = Literal["day", "month", ""]
Year = Callable[[int], tuple[date, date]]

# Beyond this many of a unit nobody means it.
_MOST = 99_999


class Asked(NamedTuple):
    """What reading a time needs to know.

    Attributes:
        now: the present time where the person is.
        ahead: without a year the next such day is meant, and `3m` lies ahead; False: the last one, and behind.
        edge: which end of a window counts, and so which window without a year is the next or the last one.
        language: the person's; the other one is read where nothing is found in it.
        order: whether the day or the month comes first in `3/4/2027`; empty where the person's locale does not say.
    """

    now: datetime
    ahead: bool = True
    edge: Edge = "last"
    language: str = "en"
    order: Order = "day"


class Reading(NamedTuple):
    """What a text means: a day or a window of days, and where an hour was typed or counted from now, the moment.

    Attributes:
        first: the first day.
        last: the last day; the same one where it is no window.
        clock: the time of day that was typed.
        moment: the moment that a span from now ends at; with a zone where the span is exact.
        hours: whether the text speaks of hours or minutes.
    """

    first: date
    last: date
    clock: time | None = None
    moment: datetime | None = None
    hours: bool = False


class NoSuchDayError(ValueError):
    """The text has the form of a date, but the calendar has no such day."""


class TwoDaysError(ValueError):
    """The text means two days."""

    def __init__(self, one: Reading, other: Reading) -> None:
        super().__init__()
        self.readings = (one, other)


def read(text: str, asked: Asked) -> Reading | None:
    """What a text means; None where it is no time.

    Raises:
        NoSuchDayError: for the 30th of February.
        TwoDaysError: where it means two days that differ.
    """
    languages = ("es", "en") if asked.language.startswith("es") else ("en", "es")
    for language in languages:
        found: dict[tuple[date, date, time | None, datetime | None], Reading] = {}
        for form in time_words.forms(text, language):
            for reading in _read(form, asked):
                found.setdefault((reading.first, reading.last, reading.clock, reading.moment), reading)
        if len(found) > 1:
            raise TwoDaysError(*list(found.values())[:2])
        if found:
            return next(iter(found.values()))
    return None


def _read(form: str, asked: Asked) -> Iterator[Reading]:
    """The readings of a text in its common form; more than one where it means several days."""
    try:
        rest, clock = _clock(form)
        if clock and not rest:
            passed = asked.now.time() >= clock if asked.ahead else asked.now.time() < clock
            day = asked.now.date() + timedelta(days=(1 if asked.ahead else -1) * passed)
            yield Reading(day, day, clock, hours=True)
            return
        for pattern, rule in _RULES:
            if match := pattern.fullmatch(rest):
                for reading in rule(match, asked):
                    if not clock:
                        yield reading
                    elif not reading.hours and (reading.last - reading.first).days < 7:
                        yield Reading(reading.first, reading.last, clock, hours=True)
                return
    except NoSuchDayError:
        raise
    except (ValueError, OverflowError):  # at the ends of the calendar
        return


_CLOCKS = (
    re.compile(r"(?P<rest>.*?) ?(?:at )?\b(?P<hour>[0-9]{1,2}) : (?P<minute>[0-9]{2})(?: (?P<half>am|pm)|(?: hour)?)"),
    re.compile(r"(?P<rest>.*?) ?(?:at )?\b(?P<hour>[0-9]{1,2}) (?P<half>am|pm)"),
    re.compile(r"(?P<rest>.*?) ?\bat (?P<hour>[0-9]{1,2})(?: hour)?"),
    re.compile(r"(?:at )?(?P<hour>[0-9]{1,2}) : (?P<minute>[0-9]{2})(?: (?P<half>am|pm))? (?P<rest>.+)"),
)


def _clock(form: str) -> tuple[str, time | None]:
    """The text without its time of day, and that."""
    if form == "noon" or form.endswith(" noon"):
        return form.removesuffix("noon").removesuffix(" ").removesuffix(" at"), time(12)
    for pattern in _CLOCKS:
        match = pattern.fullmatch(form)
        if not match:
            continue
        parts = match.groupdict()
        hour, minute = int(parts["hour"]), int(parts.get("minute") or 0)
        if half := parts.get("half"):
            if not 1 <= hour <= 12:
                raise ValueError
            hour = hour % 12 + (12 if half == "pm" else 0)
        return parts["rest"], time(hour, minute)
    return form, None


# What the words of a text mean


def _shift(day: date, count: int, unit: str) -> date:
    """So many units later, or earlier; a month keeps the day, or takes its last one where it is shorter (I5)."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(months // 12, months % 12 + 1, 1)
    return first.replace(day=min(day.day, _last_of_month(first).day))


def _last_of_month(day: date) -> date:
    return day.replace(day=31) if day.month == 12 else day.replace(month=day.month + 1, day=1) - timedelta(days=1)


def _month(year: int, month: int) -> tuple[date, date]:
    first = date(year, month, 1)
    return first, _last_of_month(first)


def _quarter(year: int, quarter: int) -> tuple[date, date]:
    return date(year, quarter * 3 - 2, 1), _last_of_month(date(year, quarter * 3, 1))


def _window(unit: str, day: date) -> tuple[date, date]:
    """The week, month, quarter or year in which a day lies."""
    if unit == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    if unit == "weekend":
        first = day + timedelta(days=5 - day.weekday())
        return first, first + timedelta(days=1)
    if unit == "month":
        return _month(day.year, day.month)
    if unit == "quarter":
        return _quarter(day.year, (day.month + 2) // 3)
    return date(day.year, 1, 1), date(day.year, 12, 31)


def _yearless(of_year: Year, asked: Asked, *, edge: Edge | None = None) -> tuple[date, date]:
    """The next of what comes every year, or the last; a 29th of February, every four or eight."""
    today = asked.now.date()
    counted = (edge or asked.edge) == "last"
    for away in range(10):
        try:
            found = of_year(today.year + (away - 1 if asked.ahead else 1 - away))
        except ValueError:
            continue
        if (found[counted] >= today) if asked.ahead else (found[0] <= today):
            return found
    raise NoSuchDayError


def _in_year(of_year: Year, year: str | None, asked: Asked) -> Reading:
    if not year:
        return Reading(*_yearless(of_year, asked))
    try:
        return Reading(*of_year(_full_year(year)))
    except ValueError:
        raise NoSuchDayError from None


def _full_year(year: str) -> int:
    return int(year) + 2000 if len(year) == 2 else int(year)


def _day(day: int, month: int, year: str | None, asked: Asked) -> Reading:
    def of_year(chosen: int) -> tuple[date, date]:
        return (date(chosen, month, day),) * 2

    return _in_year(of_year, year, asked)


# The rules: each gives the readings of a match


def _span(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    """`3m`, `+2h`, `- 10 day`; without a sign in the direction that is asked for."""
    count, unit = int(match["count"]), match["unit"]
    if count > _MOST:
        return
    count = {"+": count, "-": -count}.get(match["sign"] or "", count if asked.ahead else -count)
    # Hours and days are exact spans (Z1), months keep the time of the day.
    now = asked.now.astimezone(UTC) if asked.now.tzinfo else asked.now
    if unit in ("hour", "min"):
        moment = now + timedelta(minutes=count * (60 if unit == "hour" else 1))
        yield Reading(moment.date(), moment.date(), moment=moment, hours=True)
        return
    today = asked.now.date()
    day = _shift(today, count, unit)
    wall = datetime.combine(day, asked.now.time())
    yield Reading(day, day, moment=now + (day - today) if unit in ("day", "week") else wall)


def _range(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    """`1-3 months`: from one month on to three (I5)."""
    shortest, longest, today = int(match["shortest"]), int(match["longest"]), asked.now.date()
    if shortest > longest:
        return
    if asked.ahead:
        yield Reading(_shift(today, shortest, match["unit"]), _shift(today, longest, match["unit"]))
    else:
        yield Reading(_shift(today, -longest, match["unit"]), _shift(today, -shortest, match["unit"]))


def _named_window(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    """`this quarter`, `next month`, `last week`."""
    away = _AWAY[match["which"]]
    unit = "week" if match["unit"] == "weekend" else match["unit"]
    around = asked.now.date() if unit == "week" else _window(unit, asked.now.date())[0]
    yield Reading(*_window(match["unit"], _shift(around, away, unit)))


def _counted_window(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    """`next 3 months`, `last 30 days`: from today on, or until today."""
    today, count = asked.now.date(), int(match["count"])
    if match["which"] == "next":
        yield Reading(today, _shift(today, count, match["unit"]))
    elif match["which"] == "last":
        yield Reading(_shift(today, -count, match["unit"]), today)


def _weekday(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    """`mon`: the next one after today, or the last one. `next fri` may mean this week's or the one of the next week."""
    number, today = time_words.WEEKDAYS.index(match["name"]), asked.now.date()
    monday = today - timedelta(days=today.weekday())
    which = match["which"] or ("next" if asked.ahead else "past")
    if which == "this":
        days = [monday + timedelta(days=number)]
    elif which == "next":
        days = [today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)]
    else:
        gone = (today.weekday() - number) % 7
        days = [today - timedelta(days=gone if which == "past" else gone or 7)]
    if match["which"] == "next":
        days.append(monday + timedelta(days=7 + number))
    elif match["which"] == "last":
        days.append(monday + timedelta(days=number - 7))
    for one in days:
        yield Reading(one, one)


def _named_day(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    day = asked.now.date() + timedelta(days=_NAMED[match["name"]])
    yield Reading(day, day)


def _quarters(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    yield _in_year(lambda year: _quarter(year, int(match["number"])), match.groupdict().get("year"), asked)


def _named_month(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    """`Jan`, `next Jan`, `Jan 2027`."""
    which = match["which"]
    chosen = asked if which in (None, "this") else Asked(asked.now, which == "next", asked.edge)
    yield _in_year(lambda year: _month(year, _MONTHS[match["name"]]), match["year"], chosen)


def _month_of_year(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    month = int(match["month"])
    if not 1 <= month <= 12:
        raise NoSuchDayError
    yield _in_year(lambda year: _month(year, month), match["year"], asked)


def _day_of_month(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    yield _day(int(match["day"]), _MONTHS[match["name"]], match["year"], asked)


def _numbers(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    """`31.1.2027`, `2027-01-31`: with dots the day comes first everywhere."""
    yield _day(int(match["day"]), int(match["month"]), match["year"], asked)


def _slashed(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    """`31/1/2027` or `1/31/2027`: in the order of the person's locale; both where it does not say."""
    first, second = int(match["one"]), int(match["two"])
    orders = [(first, second), (second, first)] if asked.order != "month" else [(second, first), (first, second)]
    found: list[Reading] = []
    for day, month in orders[: 1 if asked.order and 1 <= orders[0][1] <= 12 else 2]:
        try:
            found.append(_day(day, month, match["year"], asked))
        except NoSuchDayError:
            continue
    if not found:
        raise NoSuchDayError
    yield from found


def _year(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    yield _in_year(lambda year: (date(year, 1, 1), date(year, 12, 31)), match["year"], asked)


def _weekend(_match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    first, last = _window("weekend", asked.now.date())
    days = 7 if asked.ahead and (last, first)[asked.edge == "first"] < asked.now.date() else 0
    days -= 7 if not asked.ahead and first > asked.now.date() else 0
    yield Reading(first + timedelta(days=days), last + timedelta(days=days))


def _part(match: re.Match[str], asked: Asked) -> Iterator[Reading]:
    """`end of year`, `end of January`, `start of Q2`, `mid March`: a day of a window."""
    part, rest = match["part"], match["rest"]
    if rest in _UNITS_OF_WINDOWS:
        rest = f"this {rest}"
    for reading in _read(rest, asked):
        if reading.first == reading.last or reading.clock:
            continue
        middle = reading.first + (reading.last - reading.first) / 2
        day = {"end": reading.last, "start": reading.first, "mid": middle}[part]
        yield Reading(day, day)


_MONTHS = {name: number for number, name in enumerate(time_words.MONTHS, 1)}
_AWAY = {"this": 0, "next": 1, "last": -1}
_NAMED = {"today": 0, "tomorrow": 1, "overmorrow": 2, "yesterday": -1}
_UNITS_OF_WINDOWS = ("week", "month", "quarter", "year")
_MONTH_NAME = rf"(?P<name>{'|'.join(time_words.MONTHS)})"
_WHICH = r"(?P<which>this|next|last)"
_UNIT = r"(?P<unit>day|week|month|quarter|year)"
_DAY = r"(?P<day>[0-9]{1,2})"
_FULL_YEAR = r"(?P<year>[0-9]{4})"
_ANY_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"

Rule = Callable[[re.Match[str], Asked], Iterator[Reading]]
_RULES: list[tuple[re.Pattern[str], Rule]] = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?:(?P<sign>[+-]) )?(?P<count>[0-9]{1,5}) (?P<unit>day|week|month|quarter|year|hour|min)", _span),
        (rf"(?P<shortest>[0-9]{{1,3}}) - (?P<longest>[0-9]{{1,3}}) {_UNIT}", _range),
        (rf"{_WHICH} (?P<unit>weekend|week|month|quarter|year)", _named_window),
        (rf"{_WHICH} (?P<count>[0-9]{{1,3}}) {_UNIT}", _counted_window),
        (rf"(?:{_WHICH} )?(?P<name>{'|'.join(time_words.WEEKDAYS)})", _weekday),
        (rf"(?P<name>{'|'.join(_NAMED)})", _named_day),
        (rf"q (?P<number>[1-4])(?: [/-])?(?: {_ANY_YEAR})?", _quarters),
        (rf"(?P<number>[1-4]) (?:st )?q(?:uarter)?(?: [/-])?(?: {_ANY_YEAR})?", _quarters),
        (rf"{_FULL_YEAR} (?:[/-] )?q (?P<number>[1-4])", _quarters),
        (rf"(?:{_WHICH} )?{_MONTH_NAME}(?: [./-])?(?: {_FULL_YEAR})?", _named_month),
        (rf"(?P<month>[0-9]{{1,2}}) [./-] {_FULL_YEAR}", _month_of_year),
        (rf"{_FULL_YEAR} [./-] (?P<month>[0-9]{{1,2}})", _month_of_year),
        (rf"{_DAY}(?: st)?(?: [./-])? {_MONTH_NAME}(?: [./-])?(?: {_ANY_YEAR})?", _day_of_month),
        (rf"{_MONTH_NAME}(?: [./-])? {_DAY}(?: st)?(?: {_FULL_YEAR})?", _day_of_month),
        (rf"{_DAY} [.] (?P<month>[0-9]{{1,2}})(?: [.](?: {_ANY_YEAR})?)?", _numbers),
        (rf"(?P<one>[0-9]{{1,2}}) / (?P<two>[0-9]{{1,2}})(?: / {_ANY_YEAR})?", _slashed),
        (rf"(?P<one>[0-9]{{1,2}}) - (?P<two>[0-9]{{1,2}}) - {_ANY_YEAR}", _slashed),
        (rf"{_FULL_YEAR} ([./-]) (?P<month>[0-9]{{1,2}}) \2 {_DAY}", _numbers),
        (r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})", _numbers),
        (r"(?P<year>2[0-9]{3})", _year),
        (r"weekend", _weekend),
        (r"(?P<part>end|start|mid) (?P<rest>.+)", _part),
    )
]
