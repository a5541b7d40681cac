"""A referral and a history entry as JSON objects, to the letter of the contract: every key always, null where unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from refterm.domain.deadline import Deadlines, as_of, flame_state
from refterm.domain.history import Entry
from refterm.domain.money import plain
from refterm.domain.referral import Contact, Customer, Deal, Referral, Status, TeamMember
from refterm.services.background.fitting import Fitting
from refterm.services.sync.conflicts import standings
from refterm.services.workplace import Workplace
from refterm.store.codec import iso
from refterm.store.full_referrals import Whole

Object = dict[str, Any]


class Objects:
    """JSON objects of referrals, as they stand at this instant."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._whole = Whole(workplace.database)
        self._fitting = Fitting(workplace)

    def of(self, ids: Sequence[int]) -> Iterator[Object]:
        """The objects of some referrals, in the order given."""
        workplace = self._workplace
        found = list(self._whole.read(ids))
        with workplace.database.reading() as connection:
            there = standings(connection, ids)
        now = workplace.now()
        if any(referral.status is Status.NEW for referral, _duplicates in found):
            self._fitting.refresh()
        for referral, duplicates in found:
            standing = as_of(referral, now)
            fit = self._fitting.of(standing)
            made = referral_object(standing, duplicates, workplace.deadlines, now, fit=fit.score if fit else None)
            yield {**made, "remote": there.get(referral.id)}


def referral_object(
    referral: Referral, duplicates: Sequence[int], deadlines: Deadlines, now: datetime, *, fit: int | None = None
) -> Object:
    """One referral (contract, section JSON of one referral).

    Args:
        referral: the referral as it stands at `now`.
        duplicates: the numbers of its duplicates (I9).
        deadlines: the site's spans, for `respond_by` and `flame`.
        now: the present instant, on which `flame` depends.
        fit: how well it fits, for a new one (I7).
    """
    flame = flame_state(referral.flame, referral.status, referral.contacted_at, referral.received_at, now, deadlines)
    return {
        "id": referral.id,
        "source_id": referral.source_id,
        "engagement_id": referral.engagement_id,
        "name": referral.deal.name,
        "status": referral.status.value,
        "outcome": referral.outcome.value if referral.outcome else None,
        "channel": referral.channel.value,
        "customer": _customer(referral.customer),
        "need": referral.need or None,
        "products": list(referral.products),
        "services": list(referral.services),
        "solutions": list(referral.solutions),
        "profile": referral.profile,
        "received_at": iso(referral.received_at),
        "received_estimated": referral.received_estimated,
        "respond_by": iso(deadlines.respond_by(referral.received_at)),
        "expires_at": _instant(referral.expires_at),
        "expiry_estimated": referral.expiry_estimated,
        "flame": flame.value,
        "contacted_at": _instant(referral.contacted_at),
        "contacted_by": referral.contacted_by,
        "taken_by": referral.taken_by,
        "assigned_by": referral.assigned_by,
        "assigned_at": _instant(referral.assigned_at),
        "favorite": referral.favorite,
        "skipped_until": _instant(referral.skipped_until),
        "duplicates": list(duplicates),
        "remote": None,
        "decided_at": _instant(referral.decided_at),
        "decided_by": referral.decided_by,
        "closed_at": _instant(referral.closed_at),
        "closed_by": referral.closed_by,
        "reason": referral.reason,
        "reason_notes": referral.reason_notes,
        "deal": _deal(referral.deal),
        "team": [_member(person) for person in referral.team],
        "fit": fit,
        "version": referral.version,
    }


def entry_object(entry: Entry) -> Object:
    """One entry of the history (contract, `history --json`)."""
    return {
        "at": iso(entry.at),
        "by": entry.by,
        "login": entry.login,
        "action": entry.action,
        "referral": entry.referral,
        "changes": {field: list(values) for field, values in entry.changes.items()},
    }


def _customer(customer: Customer) -> Object:
    return {
        "company": customer.company or None,
        "industry": customer.industry or None,
        "employees": customer.employees,
        "size": customer.size or None,
        "country": customer.country or None,
        "region": customer.region or None,
        "city": customer.city or None,
        "address": customer.address or None,
        "postal_code": customer.postal_code or None,
        "duns": customer.duns or None,
        "contacts": [_contact(person) for person in customer.contacts],
    }


def _contact(person: Contact) -> Object:
    return {
        "name": person.name or None,
        "title": person.title or None,
        "email": person.email or None,
        "phone": person.phone or None,
    }


def _member(person: TeamMember) -> Object:
    return {"name": person.name or None, "email": person.email or None, "phone": person.phone or None}


def _deal(deal: Deal) -> Object:
    return {
        "name": deal.name,
        "value": None if deal.value is None else plain(deal.value),
        "currency": deal.currency,
        "timeframe": deal.timeframe,
        "purchase_date": _day(deal.purchase_date),
        "closed_on": _day(deal.closed_on),
        "notes": deal.notes,
        "crm_id": deal.crm_id,
        "campaign_id": deal.campaign_id,
        "follow_up_at": _instant(deal.follow_up_at),
        "follow_up_text": deal.follow_up_text,
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else iso(value)


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
