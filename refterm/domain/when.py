"""Dates, windows and instants as people type them (I5, I8). Pendulum is imported inside: it costs 15 ms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from refterm.errors import InvalidInputError
from refterm.i18n import _

_SPAN = re.compile(r"(\d{1,4})\s*(day|week|month)s?")
_RANGE = re.compile(r"(\d{1,3})\s*(?:-|–|to)\s*(\d{1,3})\s*months?")
_OFFSET = re.compile(r"\+\s*(\d{1,5})\s*(m|min|h|d|w)")
_DAY_TIME = re.compile(
    r"(today|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?:\s+(\d{1,2}):(\d{2}))?"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
WINDOWS = ("this month", "this quarter", "1-3 months", "3-6 months", "6-12 months")
MORNING = (9, 0)


@dataclass(frozen=True, slots=True)
class Timeframe:
    """A purchase timeframe: as typed, and the date it resolves to, which later counts (I5)."""

    text: str
    purchase_date: date


def parse_date(text: str, field: str = "date") -> date:
    """A calendar date, `YYYY-MM-DD`.

    Raises:
        InvalidInputError: under the given field name.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInputError(
            {field: _("{text} is no date; type it as 2026-06-30").format(text=text.strip()[:40] or "''")}
        ) from None


def parse_timeframe(text: str, today: date) -> Timeframe:
    """A window or a date (I5).

    Args:
        text: what was typed.
        today: the day of the decision in the person's zone; windows count from it.

    Raises:
        InvalidInputError: under the name `timeframe`; also for a date in the past.
    """
    typed = " ".join(text.split())
    if not typed:
        raise InvalidInputError({"timeframe": _("a purchase timeframe is required")})
    resolved = _window(typed.lower(), today)
    if resolved is None:
        try:
            resolved = date.fromisoformat(typed)
        except ValueError:
            raise InvalidInputError(
                {
                    "timeframe": _(
                        "type a date such as 2026-06-30, or a window: this month, this quarter, 1-3 months, 6 weeks"
                    )
                }
            ) from None
    if resolved < today:
        raise InvalidInputError({"timeframe": _("{date} is in the past").format(date=resolved.isoformat())})
    return Timeframe(typed, resolved)


def parse_purchase_date(text: str, today: date) -> date:
    """A purchase date typed in an edit: not in the past.

    Raises:
        InvalidInputError: under the name `date`.
    """
    day = parse_date(text)
    if day < today:
        raise InvalidInputError({"date": _("{date} is in the past").format(date=day.isoformat())})
    return day


def _window(typed: str, today: date) -> date | None:
    import pendulum

    start = pendulum.date(today.year, today.month, today.day)
    try:
        if typed.startswith("this "):
            unit = typed.removeprefix("this ")
            if unit == "quarter":
                return date.fromisoformat(start.last_of("quarter").isoformat())
            if unit in ("week", "month", "year"):
                return date.fromisoformat(start.end_of(unit).isoformat())
            return None
        if match := _RANGE.fullmatch(typed):
            shortest, longest = int(match[1]), int(match[2])
            return date.fromisoformat(start.add(months=longest).isoformat()) if shortest <= longest else None
        if match := _SPAN.fullmatch(typed):
            return date.fromisoformat(start.add(**{match[2] + "s": int(match[1])}).isoformat())
    except (ValueError, OverflowError):
        return None
    return None


def parse_until(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """The time until which a referral is put aside (I8): ISO 8601, `+2h`, `tomorrow 09:00`.

    A time without a zone is in the person's; a day without a time is nine in the morning.

    Args:
        text: what was typed.
        now: the present instant.
        zone: the person's zone; None is the machine's.

    Raises:
        InvalidInputError: under the name `until`; also for a time in the past.
    """
    typed = " ".join(text.split()).lower()
    if not typed:
        raise InvalidInputError({"until": _("a time is required, such as +2h or tomorrow 09:00")})
    until = _instant(typed, now, zone)
    if until is None:
        raise InvalidInputError(
            {
                "until": _("{text} is no time; type one such as +2h, tomorrow 09:00 or 2026-06-30T09:00").format(
                    text=text.strip()[:40]
                )
            }
        )
    if until <= now:
        raise InvalidInputError({"until": _("{time} is in the past").format(time=local_text(until, zone))})
    return until


def _instant(typed: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    try:
        if match := _OFFSET.fullmatch(typed):
            return now + int(match[1]) * _UNITS[match[2]]
        local = now.astimezone(zone)
        if match := _DAY_TIME.fullmatch(typed):
            if match[1] in _WEEKDAYS:
                ahead = (_WEEKDAYS.index(match[1]) - local.weekday()) % 7 or 7
            else:
                ahead = 0 if match[1] == "today" else 1
            hour, minute = (int(match[2]), int(match[3])) if match[2] else MORNING
            day = local.date() + timedelta(days=ahead)
            wall = datetime(day.year, day.month, day.day, hour, minute)
        else:
            iso = typed.upper().replace(" ", "T", 1)
            wall = datetime.fromisoformat(iso if "T" in iso else f"{iso}T{MORNING[0]:02}:{MORNING[1]:02}")
        return in_utc(wall, zone)
    except (ValueError, OverflowError):
        return None


def in_utc(wall: datetime, zone: tzinfo | None) -> datetime:
    """The instant of a wall clock's time, in UTC. One that summer time skips is taken as if it had not.

    Args:
        wall: the time; one that names its own zone keeps to it.
        zone: where the clock hangs; None is the machine's zone.

    Raises:
        OverflowError, ValueError: at the ends of the calendar.
    """
    if wall.tzinfo is None and zone is None:
        # Not `astimezone`: it is an hour off where summer time skips the time.
        return datetime.fromtimestamp(wall.timestamp(), UTC)
    return (wall if wall.tzinfo else wall.replace(tzinfo=zone)).astimezone(UTC)


def parse_day_start(text: str, field: str, zone: tzinfo | None = None) -> datetime:
    """The bound of a period: a date is its midnight in the viewer's zone; an instant is taken as it is.

    Raises:
        InvalidInputError: under the given field name.
    """
    try:
        return in_utc(datetime.fromisoformat(text.strip().upper()), zone)
    except (ValueError, OverflowError):
        raise InvalidInputError(
            {field: _("{text} is no date; type it as 2026-06-30").format(text=text.strip()[:40])}
        ) from None


def local_time(instant: datetime, zone: tzinfo | None = None) -> datetime:
    """An instant in the viewer's zone; None is the machine's."""
    try:
        return instant.astimezone(zone)
    except (OverflowError, ValueError):  # year 1 or 9999, which sources write for "unknown" or "never"
        return instant


def weekday_short(day: date) -> str:
    """The weekday in three letters or so, in the person's language."""
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[day.weekday()]


def month_short(day: date) -> str:
    """The month likewise."""
    months = (
        _("Jan"),
        _("Feb"),
        _("Mar"),
        _("Apr"),
        _("May"),
        _("Jun"),
        _("Jul"),
        _("Aug"),
        _("Sep"),
        _("Oct"),
        _("Nov"),
        _("Dec"),
    )
    return months[day.month - 1]


def local_text(instant: datetime, zone: tzinfo | None = None) -> str:
    """An instant for reading, in the viewer's zone: `2026-03-16 01:00`."""
    return local_time(instant, zone).isoformat(" ", "minutes")[: len("2026-03-16 01:00")]
