"""Which notices a referral owes: one at once and up to two reminders to the contacts of its location (P3), and to the
customer (N1)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from refterm.domain.history import Notice
from refterm.services.workplace import Workplace
from refterm.store import codec

if TYPE_CHECKING:
    from refterm.domain.profile import Location

NEW, REMINDER = "new-referral", "reminder"


def of_new(workplace: Workplace, row: Mapping[str, Any], place: Location, now: datetime) -> Sequence[Notice]:
    """The notices of a referral that has just been routed; none unless it is new and not expired (N1).

    A reminder whose time is past already is left out: the first notice names the deadline.
    """
    expires = codec.instant_or_none(row["expires_at"])
    if row["status"] != "new" or (expires is not None and expires <= now):
        return ()
    received = codec.instant(row["received_at"])
    respond = workplace.deadlines.respond_by(received)
    moments = [respond - workplace.remind_respond]
    if expires is not None:
        short = expires - received <= workplace.remind_expire
        # A referral that lives for less than the usual notice is reminded of at half of its time.
        moments.append(received + (expires - received) / 2 if short else expires - workplace.remind_expire)
    addresses = dict.fromkeys(person.email for person in place.contacts if person.email)
    return [
        notice
        for address in addresses
        for notice in (
            Notice(NEW, address, now),
            *(Notice(REMINDER, address, moment) for moment in dict.fromkeys(moments) if moment > now),
        )
    ]


def recipient(contacts: str) -> str:
    """The first e-mail address of the customer's contacts that a letter can be sent to.

    Args:
        contacts: the customer's contacts as the database keeps them, JSON.

    Returns:
        Where none can be used, the first one as given, so that the outbox shows it; empty where nobody has one.
    """
    from refterm.services.background.addresses import usable

    given = [str(person["email"]) for person in json.loads(contacts) if person["email"].strip()]
    return next((found for text in given if (found := usable(text)) is not None), next(iter(given), ""))
