"""What a new referral owes the contacts of its location: word of it, and two reminders (P3, N1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from refterm.domain.history import Notice
from refterm.domain.profile import Location
from refterm.services.workplace import Workplace
from refterm.store import codec

NEW, REMINDER = "new-referral", "reminder"


def of_new(workplace: Workplace, row: Mapping[str, Any], place: Location, now: datetime) -> Sequence[Notice]:
    """The notices of a referral that has just been routed; none unless it is new and not expired (N1).

    A reminder whose time is past already is left out: the first notice names the deadline.
    """
    expires = codec.instant_or_none(row["expires_at"])
    if row["status"] != "new" or (expires is not None and expires <= now):
        return ()
    respond = workplace.deadlines.respond_by(codec.instant(row["received_at"]))
    moments = [respond - workplace.remind_respond]
    if expires is not None:
        moments.append(expires - workplace.remind_expire)
    addresses = dict.fromkeys(person.email for person in place.contacts if person.email)
    return [
        notice
        for address in addresses
        for notice in (
            Notice(NEW, address, now),
            *(Notice(REMINDER, address, moment) for moment in dict.fromkeys(moments) if moment > now),
        )
    ]
