"""Rules of time: recommended response (I3), allotted time (I4), flame (F1-F4), purchase date (A4), skips (I8).

Pure functions of values and an instant. Spans are exact durations, so summer time moves nothing (Z1). A deadline is
reached *at* its instant: one second before it there is one second left, at it the state has changed.

Each text that counts down has a sibling that tells when it next changes, so that a screen can sleep until then (F5).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from refterm.domain.referral import Outcome, Referral, Status
from refterm.domain.when import in_utc
from refterm.i18n import _

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class Deadlines(NamedTuple):
    """The spans of the rules, as the desk sets them (`refterm db set`)."""

    respond: timedelta = 24 * HOUR
    flame: timedelta = 72 * HOUR
    expire: timedelta = 14 * DAY

    def respond_by(self, received_at: datetime) -> datetime:
        """Until when an answer is recommended (I3)."""
        return _after(received_at, self.respond)

    def flame_until(self, received_at: datetime) -> datetime:
        """Until when the alert urges to contact the customer (F2)."""
        return _after(received_at, self.flame)

    def estimated_expiry(self, received_at: datetime) -> datetime:
        """The expiry of a referral that states none (I4)."""
        return _after(received_at, self.expire)


def deadlines_of(values: Mapping[str, str]) -> Deadlines:
    """The spans from the desk's settings, by key; what is not set has its default."""
    usual = Deadlines()
    respond, flame, expire = (
        values.get(f"deadlines.{name}") for name in ("respond_hours", "flame_hours", "expire_days")
    )
    return Deadlines(
        usual.respond if respond is None else int(respond) * HOUR,
        usual.flame if flame is None else int(flame) * HOUR,
        usual.expire if expire is None else int(expire) * DAY,
    )


def _after(instant: datetime, span: timedelta) -> datetime:
    try:
        return instant + span
    except OverflowError:  # received in the year 9999, which sources write for "unknown"
        return _END_OF_TIME


class Flame(StrEnum):
    """State of the alert for a customer who asked to be contacted directly (F1-F4)."""

    NONE = "none"
    HOT = "hot"
    COOLED = "cooled"
    CONTACTED = "contacted"


def flame_state(
    asked: bool,
    status: Status,
    contacted_at: datetime | None,
    received_at: datetime,
    now: datetime,
    deadlines: Deadlines,
) -> Flame:
    """The flame at an instant: hot for 72 h from receipt, then cooled, contacted once somebody said so."""
    if not asked or status is Status.ARCHIVED:
        return Flame.NONE
    if contacted_at is not None:
        return Flame.CONTACTED
    return Flame.HOT if now < deadlines.flame_until(received_at) else Flame.COOLED


def is_expired(expires_at: datetime | None, now: datetime) -> bool:
    """Whether the allotted time has run out (I4)."""
    return expires_at is not None and now >= expires_at


def as_of(referral: Referral, now: datetime) -> Referral:
    """The referral as it stands at an instant, whether or not that has been written down yet.

    New and past its expiry, it is archived as expired at its deadline (I4); put aside until a time that has come, it is
    back (I8).
    """
    if referral.skipped_until is not None and not is_skipped(referral.skipped_until, now):
        referral = referral._replace(skipped_until=None)
    if referral.status is Status.NEW and is_expired(referral.expires_at, now):
        return referral._replace(status=Status.ARCHIVED, outcome=Outcome.EXPIRED, closed_at=referral.expires_at)
    return referral


def is_overdue(respond_by: datetime, now: datetime) -> bool:
    """Whether the recommended response time has run out (I3)."""
    return now >= respond_by


def is_skipped(skipped_until: datetime | None, now: datetime) -> bool:
    """Whether a referral is put aside (I8)."""
    return skipped_until is not None and now < skipped_until


def purchase_passed(purchase_date: date | None, now: datetime, zone: tzinfo | None) -> bool:
    """Whether the purchase date has ended in the viewer's zone (A4). Zone None is the machine's."""
    return purchase_date is not None and now.astimezone(zone).date() > purchase_date


def left_text(deadline: datetime, now: datetime) -> str:
    """Time left, in two units above the hour: `13d 4h`, `23h 12m`, `41m`, `52s`; whole units, rounded down."""
    left = max(deadline - now, timedelta(0))
    if left >= DAY:
        return _("{days}d {hours}h").format(days=left // DAY, hours=left % DAY // HOUR)
    if left >= HOUR:
        return _("{hours}h {minutes}m").format(hours=left // HOUR, minutes=left % HOUR // MINUTE)
    if left >= MINUTE:
        return _("{minutes}m").format(minutes=left // MINUTE)
    return _("{seconds}s").format(seconds=left // SECOND)


def late_text(deadline: datetime, now: datetime) -> str:
    """Time past a deadline, its largest unit only: `late 3h`."""
    return _("late {span}").format(span=span_text(now - deadline))


def span_text(span: timedelta) -> str:
    """A span in its largest unit only: `3h`."""
    span = max(span, timedelta(0))
    for unit, text in ((DAY, _("{n}d")), (HOUR, _("{n}h")), (MINUTE, _("{n}m"))):
        if span >= unit:
            return text.format(n=span // unit)
    return _("{n}s").format(n=span // SECOND)


def respond_text(respond_by: datetime, now: datetime) -> str:
    """The text of the column "Answer in": time left, or how late (I3)."""
    return late_text(respond_by, now) if is_overdue(respond_by, now) else left_text(respond_by, now)


def left_changes_at(deadline: datetime, now: datetime) -> datetime | None:
    """When `left_text` next reads otherwise; None once nothing is left."""
    left = deadline - now
    if left <= timedelta(0):
        return None
    unit = HOUR if left >= DAY else MINUTE if left >= MINUTE else SECOND
    # The text is rounded down, so it changes just after a whole unit; at the deadline itself the state changes.
    boundary = deadline - left // unit * unit + _TICK
    return min(boundary, deadline)


def late_changes_at(deadline: datetime, now: datetime) -> datetime:
    """When `late_text` next reads otherwise."""
    late = max(now - deadline, timedelta(0))
    unit = DAY if late >= DAY else HOUR if late >= HOUR else MINUTE if late >= MINUTE else SECOND
    return deadline + (late // unit + 1) * unit


def respond_changes_at(respond_by: datetime, now: datetime) -> datetime:
    """When `respond_text` next reads otherwise."""
    return left_changes_at(respond_by, now) or late_changes_at(respond_by, now)


def purchase_passes_at(purchase_date: date, zone: tzinfo | None) -> datetime:
    """The instant at which the purchase date ends in the viewer's zone (A4), in UTC."""
    try:
        return in_utc(datetime.combine(purchase_date + DAY, time.min), zone)
    except (OverflowError, ValueError):  # 9999-12-31, which sources write for "never"
        return _END_OF_TIME


def flame_left_text(received_at: datetime, now: datetime, deadlines: Deadlines) -> str:
    """Time left of the 72 hours, in its largest unit below a day (F2): `70 h`, `41 min`, `52 s`; rounded down."""
    left = max(deadlines.flame_until(received_at) - now, timedelta(0))
    for unit, name in ((HOUR, _("{n} h")), (MINUTE, _("{n} min"))):
        if left >= unit:
            return name.format(n=left // unit)
    return _("{n} s").format(n=left // SECOND)


def flame_changes_at(received_at: datetime, now: datetime, deadlines: Deadlines) -> datetime | None:
    """When the hot alert next reads otherwise; None once cooled."""
    until = deadlines.flame_until(received_at)
    left = until - now
    if left <= timedelta(0):
        return None
    unit = HOUR if left >= HOUR else MINUTE if left >= MINUTE else SECOND
    return min(until - left // unit * unit + _TICK, until)
