"""Times as people type them, one function for each use: deadline, timeframe, closing day, start, period (I5, I8, A1, A2).

`times.py` has the grammar, in English and Spanish; it is imported where something is read. Here stands what a time means
where it is asked, and the sentence about one that cannot be taken.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple

from refterm import i18n
from refterm.errors import InvalidInputError
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.domain.times import Edge, Reading

MORNING = time(9)
_SHOWN = 40


class Timeframe(NamedTuple):
    """A purchase timeframe: as typed, and the date it resolves to, which later counts (I5)."""

    text: str
    purchase_date: date


def timeframe(text: str, today: date, field: str = "timeframe") -> Timeframe:
    """When a customer will buy: a window or a day; a window ends on its last day (I5).

    Args:
        text: what was typed.
        today: the day of the decision in the person's zone; windows count from it.
        field: the name under which an error is raised.

    Raises:
        InvalidInputError: where nothing is typed, it cannot be read, means two days, has hours, or is past.
    """
    typed = " ".join(text.split())
    if not typed:
        raise InvalidInputError({field: _("When will they buy? For example 3m, Q1 or 30 Jun")})
    return Timeframe(typed, deadline(typed, today, field))


def deadline(text: str, today: date, field: str = "date") -> date:
    """The day until which something is expected, such as a purchase date (A2): of a window the last day.

    Without a year the next such day is meant; today is not past. Arguments and errors as for `timeframe`.
    """
    day = _day(text, today, field).last
    if day < today:
        raise InvalidInputError({field: _("{date} is in the past").format(date=date_text(day))})
    return day


def closing_day(text: str, today: date, field: str = "date") -> date:
    """The day on which something happened, such as the closing of a deal (A1).

    Without a year the last such day is meant, and `3d` is three days ago. That it is not later than today is for the
    caller to check, who knows what to say.

    Raises:
        InvalidInputError: also for a window, for a deal closes on one day.
    """
    found = _day(text, today, field, ahead=False)
    if found.first != found.last:
        sentence = _('"{text}" is more than one day; type the day, such as {example}')
        raise InvalidInputError({field: sentence.format(text=_short(text), example=date_text(found.first))})
    return found.first


def start(text: str, now: datetime, zone: tzinfo | None = None, field: str = "until") -> datetime:
    """The instant at which something begins or comes back: skip (I8), follow-up (A5). Of a window its first day.

    A day without a time is nine in the morning; a time alone, today or else tomorrow; `+2h` and `10d` count from now.

    Args:
        text: what was typed; ISO 8601 too, with a zone of its own or in the person's.
        now: the present instant.
        zone: the person's zone; None is the machine's.
        field: the name under which an error is raised.

    Raises:
        InvalidInputError: where nothing is typed, it cannot be read, means two days, or is past.
    """
    typed = " ".join(text.split())
    if not typed:
        raise InvalidInputError({field: _("When? For example +2h, mon 9:00 or 30 Jun")})
    found = _moment(typed, now, zone, field)
    if isinstance(found, datetime):
        instant = found
    else:
        instant = _instant(found, zone) or _within(datetime.combine(found.first, found.clock or MORNING), zone)
    if instant <= now:
        raise InvalidInputError({field: _("{time} is in the past").format(time=moment_text(instant, now, zone))})
    return instant


def period(
    since: str | None,
    until: str | None,
    now: datetime,
    zone: tzinfo | None = None,
    fields: tuple[str, str] = ("since", "until"),
) -> tuple[datetime | None, datetime | None]:
    """The bounds of a period of the past: from `since` on, and before `until`; None is no bound.

    A day is its midnight in the viewer's zone. A window lies in the period as a whole: it begins on its first day and
    ends after its last. Without a year the last such day is meant; for `until`, the next one where that lies before
    `since`.

    Raises:
        InvalidInputError: with a sentence for each bound that cannot be read or means two days.
    """
    errors: dict[str, str] = {}
    bounds: list[datetime | None] = []
    for text, field, last in ((since, fields[0], False), (until, fields[1], True)):
        bound = None
        try:
            if text is not None:
                bound = _bound(text, now, zone, field, last=last, ahead=False)
                if last and bounds[0] is not None and bound <= bounds[0]:
                    bound = _bound(text, now, zone, field, last=last, ahead=True)
        except InvalidInputError as error:
            errors |= error.fields
        bounds.append(bound)
    if errors:
        raise InvalidInputError(errors)
    return bounds[0], bounds[1]


def _bound(text: str, now: datetime, zone: tzinfo | None, field: str, *, last: bool, ahead: bool) -> datetime:
    found = _moment(text, now, zone, field, ahead=ahead)
    if isinstance(found, datetime):
        return found
    if found.hours and (instant := _instant(found, zone)):
        return instant
    day = found.first
    if last and found.first != found.last:
        day = found.last + timedelta(days=found.last < date.max)
    return _within(datetime.combine(day, found.clock or time()), zone)


def _instant(found: Reading, zone: tzinfo | None) -> datetime | None:
    """The moment that a span ends at, unless a time of that day was typed with it."""
    return _within(found.moment, zone) if found.moment and not found.clock else None


def _day(text: str, today: date, field: str, *, ahead: bool = True) -> Reading:
    """A day or a window; hours are refused."""
    iso = _iso(text)
    found = None if iso else _reading(text, datetime.combine(today, time()), field, ahead=ahead, edge="last")
    if iso or (found and (found.hours or found.clock)):
        raise InvalidInputError({field: _('A day is asked: leave the time out of "{text}"').format(text=_short(text))})
    if found is None:
        sentence = _('Not a date: "{text}". Try 3m, Q1, 30 Jun or 2026-06-30') if ahead else None
        sentence = sentence or _('Not a date: "{text}". Try today, mon, 30 Jun or 2026-06-30')
        raise InvalidInputError({field: sentence.format(text=_short(text))})
    return found


def _moment(text: str, now: datetime, zone: tzinfo | None, field: str, *, ahead: bool = True) -> Reading | datetime:
    """A day, a window, a span, a time; or an instant as ISO 8601 writes it."""
    try:
        if iso := _iso(text):
            return in_utc(iso, zone)
        found = _reading(text, now.astimezone(zone), field, ahead=ahead, edge="first")
        if found:
            return found
    except (ValueError, OverflowError):
        pass  # at the ends of the calendar
    sentence = (
        _('Not a time: "{text}". Try +2h, tomorrow 9:00, mon or 30 Jun')
        if ahead
        else _('Not a date: "{text}". Try 30d, last month, Q1 or 2026-06-30')
    )
    raise InvalidInputError({field: sentence.format(text=_short(text))})


def _iso(text: str) -> datetime | None:
    """An instant of ISO 8601 with its hours; None for anything else, a date included."""
    typed = text.strip().upper()
    if len(typed) < len("2026-03-10T12") or not typed[:4].isdecimal():
        return None
    try:
        return datetime.fromisoformat(typed.replace(" ", "T", 1))
    except ValueError:
        return None


def _reading(text: str, now: datetime, field: str, *, ahead: bool, edge: Edge) -> Reading | None:
    """What the grammar finds.

    Raises:
        InvalidInputError: for a day that is not in the calendar, and for what means two days, naming both.
    """
    from refterm.domain.times import Asked, NoSuchDayError, TwoDaysError, read

    try:
        return read(text, Asked(now, ahead, edge, i18n.language(), i18n.date_order()))
    except NoSuchDayError:
        raise InvalidInputError({field: _("There is no such day: {text}").format(text=_short(text))}) from None
    except TwoDaysError as error:
        one, other = (_named(reading, edge) for reading in error.readings)
        sentence = _('"{text}" can be {one} or {other}; type one of them')
        raise InvalidInputError({field: sentence.format(text=_short(text), one=one, other=other)}) from None


def _named(found: Reading, edge: Edge) -> str:
    day = found.last if edge == "last" else found.first
    return f"{weekday_short(day)} {date_text(day)}" if found.first == found.last else date_text(day)


def _short(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]


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


def _within(wall: datetime, zone: tzinfo | None) -> datetime:
    """As `in_utc`; beyond the ends of the calendar, the first or the last instant that it has."""
    try:
        return in_utc(wall, zone)
    except (OverflowError, ValueError):
        return (datetime.max if wall.year > 1 else datetime.min).replace(tzinfo=UTC)


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


def date_text(day: date) -> str:
    """A date for reading: `2 Jun 2026`."""
    return f"{day.day} {month_short(day)} {day.year}"


def time_text(instant: datetime, zone: tzinfo | None = None) -> str:
    """An instant for reading, in the viewer's zone: `Thu 26 Nov 2026 09:00`."""
    local = local_time(instant, zone)
    return f"{weekday_short(local)} {date_text(local)} {local:%H:%M}"


def moment_text(instant: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """The same, with the year only where it is another than now: `Thu 26 Nov 09:00`."""
    local = local_time(instant, zone)
    year = f" {local.year}" if local.year != local_time(now, zone).year else ""
    return f"{weekday_short(local)} {local.day} {month_short(local)}{year} {local:%H:%M}"
