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


def recipient(contacts: str) -> str:
    """The e-mail address of the customer's first contact that has one; empty where none has: the outbox shows that.

    Args:
        contacts: the customer's contacts as the database keeps them, JSON.
    """
    return next((str(person["email"]) for person in json.loads(contacts) if person["email"].strip()), "")
