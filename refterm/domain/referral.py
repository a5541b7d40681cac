"""The referral as people know it: frozen values, no rules about time (those are in deadline.py)."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from refterm.i18n import _


class Status(StrEnum):
    """Where a referral stands; each is one tab of the desk."""

    NEW = "new"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Outcome(StrEnum):
    """How an archived referral ended (H1)."""

    WON = "won"
    LOST = "lost"
    DECLINED = "declined"
    EXPIRED = "expired"


class Channel(StrEnum):
    """The way a referral came (P4)."""

    SEARCH = "search"
    MARKETING = "marketing"
    SALES = "sales"
    PARTNER = "partner"


class Contact(NamedTuple):
    """A person at the customer."""

    name: str = ""
    title: str = ""
    email: str = ""
    phone: str = ""


class TeamMember(NamedTuple):
    """A person of the company who works on the deal (A3)."""

    name: str
    email: str = ""
    phone: str = ""


class Customer(NamedTuple):
    """The company that asks: where it is, how big, and its contacts."""

    company: str
    industry: str | None = None
    size: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    address: str | None = None
    postal_code: str | None = None
    duns: str | None = None
    contacts: tuple[Contact, ...] = ()

    @property
    def employees(self) -> str | None:
        """The size as people read it, such as `51-250`."""
        return employees(self.size)


class Deal(NamedTuple):
    """The deal's data; empty until accepted, unless the source has some (I5, A2)."""

    name: str | None = None
    value: Decimal | None = None
    currency: str | None = None
    timeframe: str | None = None
    purchase_date: date | None = None
    closed_on: date | None = None
    notes: str | None = None
    crm_id: str | None = None
    campaign_id: str | None = None
    follow_up_at: datetime | None = None
    follow_up_text: str | None = None


class Referral(NamedTuple):
    """One RFI from one customer; once accepted, the same record is the engagement.

    All instants are aware and in UTC. `flame` is the customer's wish to be contacted directly (F1), not the state of
    the alert, which depends on the time. `expires_at` is None for what never expires (outgoing referrals).
    """

    id: int
    source_id: str
    status: Status
    customer: Customer
    received_at: datetime
    version: int
    changed_at: datetime
    engagement_id: str | None = None
    direction: str = "incoming"
    outcome: Outcome | None = None
    channel: Channel = Channel.PARTNER
    need: str = ""
    products: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    solutions: tuple[str, ...] = ()
    target_id: str | None = None
    profile: str | None = None
    received_estimated: bool = False
    expires_at: datetime | None = None
    expiry_estimated: bool = False
    flame: bool = False
    contacted_at: datetime | None = None
    contacted_by: str | None = None
    taken_by: str | None = None
    assigned_by: str | None = None
    assigned_at: datetime | None = None
    favorite: bool = False
    skipped_until: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    reason: str | None = None
    reason_notes: str | None = None
    deal: Deal = Deal()
    team: tuple[TeamMember, ...] = ()
    fit: int | None = None

    @property
    def contact(self) -> Contact | None:
        """The first person to call at the customer."""
        return self.customer.contacts[0] if self.customer.contacts else None


# Of so many digits as are a number of people; no other letters that Unicode counts as digits.
_RANGE = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10})|\+)")


def employees(size: str | None) -> str | None:
    """Microsoft's size codes in figures: `51to250employees` is `51-250`; what is unknown stays as it came."""
    if not size:
        return None
    bare = size.removesuffix("employees")
    low, separator, high = bare.partition("to")
    if separator and low.isdecimal() and high.isdecimal():
        return f"{low}-{high}"
    if bare.startswith("Morethan") and bare[8:].isdecimal():
        return f"{bare[8:]}+"
    return size


def employee_range(size: str | None) -> tuple[int, int | None] | None:
    """A size code as numbers of employees, without an upper end for `10001+`; None for what is unknown."""
    found = _RANGE.fullmatch(employees(size) or "")
    return (int(found[1]), int(found[2]) if found[2] else None) if found else None


def channel_word(channel: str) -> str:
    """The way it came, in the person's language."""
    # The verb of the search box is `search` too, which other languages tell apart.
    return {"search": _("Search").lower(), "marketing": _("marketing"), "sales": _("sales"), "partner": _("partner")}[
        channel
    ]
