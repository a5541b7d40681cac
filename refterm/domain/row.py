"""One line of a list: what the desk shows of a referral without opening it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from refterm.domain.referral import Status


class Row(NamedTuple):
    """A referral as a list shows it; instants are aware and in UTC, days `YYYY-MM-DD`, amounts decimal digits.

    `need` is only its beginning. `flame` is the customer's wish (F1); the state of the alert depends on the time.
    """

    id: int
    status: Status
    outcome: str | None
    channel: str
    company: str
    need: str
    city: str
    country: str
    received_at: datetime
    expires_at: datetime | None
    flame: bool
    contacted_at: datetime | None
    taken_by: str | None
    favorite: bool
    skipped_until: datetime | None
    decided_by: str | None
    closed_at: datetime | None
    reason: str | None
    deal_name: str | None
    deal_value: str | None
    deal_currency: str | None
    purchase_date: str | None
    follow_up_at: datetime | None
    profile: str | None
    fit: int | None
    version: int
