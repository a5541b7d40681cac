"""Rows as they are kept <-> the domain's values. The only place that knows how a value is written down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from refterm.domain.duplicates import company_key, email_domain
from refterm.domain.money import plain
from refterm.domain.referral import Channel, Contact, Customer, Deal, Outcome, Referral, Status, TeamMember

Row = Mapping[str, Any]

# Kept in place of no expiry, so that every row has its place in an order by expiry.
NEVER = 2**62
# The largest whole number that both databases take.
LARGEST = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Made once: `json.dumps` makes one for every call, and an import calls it five times a row.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def micros(instant: datetime) -> int:
    """An aware instant as microseconds since 1970 in UTC; exact, unlike `timestamp()`."""
    span = instant - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def micros_or_none(instant: datetime | None) -> int | None:
    """Like `micros`; None for None."""
    return None if instant is None else micros(instant)


def instant(value: int) -> datetime:
    """Microseconds since 1970 as an aware instant in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def instant_or_none(value: int | None) -> datetime | None:
    """Like `instant`; None for None and for NEVER."""
    return None if value is None or value >= NEVER else instant(value)


def iso(moment: datetime) -> str:
    """An instant as JSON has it: ISO 8601 in UTC with `Z`, to the microsecond where it has them."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def dump(value: Any) -> str:
    """JSON as it is kept: compact, readable letters."""
    return _ENCODER.encode(value)


def texts(values: Iterable[str]) -> str:
    """A list of texts as it is kept."""
    return _texts(tuple(values))


@lru_cache(maxsize=1024)
def _texts(values: tuple[str, ...]) -> str:
    # Remembered: products and the like are the same few again and again.
    return dump(values)


def _read(text: str) -> Any:
    """JSON as `dump` writes it: the referral of each row has five, most of them empty lists."""
    return [] if text == "[]" else json.loads(text)


@lru_cache(maxsize=1024)
def _read_texts(text: str) -> tuple[str, ...]:
    return tuple(_read(text))


def contacts(people: Iterable[Contact]) -> str:
    """The customer's contacts as they are kept."""
    return dump([{"name": p.name, "title": p.title, "email": p.email, "phone": p.phone} for p in people])


def team(people: Iterable[TeamMember]) -> str:
    """The deal's team as it is kept."""
    listed = [{"name": p.name, "email": p.email, "phone": p.phone} for p in people]
    return dump(listed) if listed else "[]"


def read_team(text: str) -> tuple[TeamMember, ...]:
    """The deal's team from what is kept."""
    return tuple(TeamMember(**person) for person in _read(text))


def amount_or_none(digits: str | None) -> Decimal | None:
    """An amount from its digits."""
    return None if digits is None else Decimal(digits)


def value_order(amount: Decimal | None) -> int:
    """What orders by value: ten-thousandths, -1 where there is no value."""
    return -1 if amount is None else min(int(amount * 10_000), NEVER)


def deal_columns(deal: Deal) -> dict[str, Any]:
    """A deal as columns of `referral`."""
    return {
        "deal_name": deal.name,
        "deal_value": None if deal.value is None else plain(deal.value),
        "deal_value_order": value_order(deal.value),
        "deal_currency": deal.currency,
        "deal_timeframe": deal.timeframe,
        "purchase_date": deal.purchase_date.isoformat() if deal.purchase_date else None,
        "closed_on": deal.closed_on.isoformat() if deal.closed_on else None,
        "deal_notes": deal.notes,
        "crm_id": deal.crm_id,
        "campaign_id": deal.campaign_id,
        "follow_up_at": micros_or_none(deal.follow_up_at),
        "follow_up_text": deal.follow_up_text,
    }


def referral_columns(referral: Referral) -> dict[str, Any]:
    """A referral as columns of `referral`: all but its number, and what only an import knows of its source."""
    customer = referral.customer
    return {
        "source_id": referral.source_id,
        "engagement_id": referral.engagement_id,
        "direction": referral.direction,
        "status": referral.status.value,
        "outcome": referral.outcome.value if referral.outcome else None,
        "channel": referral.channel.value,
        "company": customer.company,
        "company_key": company_key(customer.company),
        "industry": customer.industry,
        "size": customer.size,
        "country": customer.country,
        "region": customer.region,
        "city": customer.city,
        "address": customer.address,
        "postal_code": customer.postal_code,
        "duns": customer.duns,
        "email_domain": email_domain(customer.contacts),
        "contacts": contacts(customer.contacts),
        "need": referral.need,
        "products": texts(referral.products),
        "services": texts(referral.services),
        "solutions": texts(referral.solutions),
        "target_id": referral.target_id,
        "profile": referral.profile,
        "received_at": micros(referral.received_at),
        "received_estimated": int(referral.received_estimated),
        "expires_at": NEVER if referral.expires_at is None else micros(referral.expires_at),
        "expiry_estimated": int(referral.expiry_estimated),
        "flame": int(referral.flame),
        "contacted_at": micros_or_none(referral.contacted_at),
        "contacted_by": referral.contacted_by,
        "taken_by": referral.taken_by,
        "assigned_by": referral.assigned_by,
        "assigned_at": micros_or_none(referral.assigned_at),
        "favorite": int(referral.favorite),
        "skipped_until": micros_or_none(referral.skipped_until),
        "decided_at": micros_or_none(referral.decided_at),
        "decided_by": referral.decided_by,
        "closed_at": micros_or_none(referral.closed_at),
        "closed_by": referral.closed_by,
        "reason": referral.reason,
        "reason_notes": referral.reason_notes,
        **deal_columns(referral.deal),
        "team": team(referral.team),
        "fit": referral.fit,
        "changed_at": micros(referral.changed_at),
        "version": referral.version,
    }


def read_referral(row: Row) -> Referral:
    """The referral from a whole row of `referral`."""
    return Referral(
        id=row["id"],
        source_id=row["source_id"],
        engagement_id=row["engagement_id"],
        direction=row["direction"],
        status=Status(row["status"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        channel=Channel(row["channel"]),
        customer=Customer(
            company=row["company"],
            industry=row["industry"],
            size=row["size"],
            country=row["country"],
            region=row["region"],
            city=row["city"],
            address=row["address"],
            postal_code=row["postal_code"],
            duns=row["duns"],
            contacts=tuple(Contact(**person) for person in _read(row["contacts"])),
        ),
        need=row["need"],
        products=_read_texts(row["products"]),
        services=_read_texts(row["services"]),
        solutions=_read_texts(row["solutions"]),
        target_id=row["target_id"],
        profile=row["profile"],
        received_at=instant(row["received_at"]),
        received_estimated=bool(row["received_estimated"]),
        expires_at=instant_or_none(row["expires_at"]),
        expiry_estimated=bool(row["expiry_estimated"]),
        flame=bool(row["flame"]),
        contacted_at=instant_or_none(row["contacted_at"]),
        contacted_by=row["contacted_by"],
        taken_by=row["taken_by"],
        assigned_by=row["assigned_by"],
        assigned_at=instant_or_none(row["assigned_at"]),
        favorite=bool(row["favorite"]),
        skipped_until=instant_or_none(row["skipped_until"]),
        decided_at=instant_or_none(row["decided_at"]),
        decided_by=row["decided_by"],
        closed_at=instant_or_none(row["closed_at"]),
        closed_by=row["closed_by"],
        reason=row["reason"],
        reason_notes=row["reason_notes"],
        deal=Deal(
            name=row["deal_name"],
            value=Decimal(row["deal_value"]) if row["deal_value"] is not None else None,
            currency=row["deal_currency"],
            timeframe=row["deal_timeframe"],
            purchase_date=date.fromisoformat(row["purchase_date"]) if row["purchase_date"] else None,
            closed_on=date.fromisoformat(row["closed_on"]) if row["closed_on"] else None,
            notes=row["deal_notes"],
            crm_id=row["crm_id"],
            campaign_id=row["campaign_id"],
            follow_up_at=instant_or_none(row["follow_up_at"]),
            follow_up_text=row["follow_up_text"],
        ),
        team=read_team(row["team"]),
        fit=row["fit"],
        version=row["version"],
        changed_at=instant(row["changed_at"]),
    )


# How the history names a column, and how its value reads in JSON; columns that are not here are derived or internal.
_INSTANTS = (
    "received_at",
    "expires_at",
    "contacted_at",
    "assigned_at",
    "skipped_until",
    "decided_at",
    "closed_at",
    "follow_up_at",
)
_FLAGS = ("received_estimated", "expiry_estimated", "flame", "favorite", "changed_here")
_LISTS = ("contacts", "products", "services", "solutions", "team")
_PLAIN = tuple(
    (
        "engagement_id direction status outcome channel need target_id profile contacted_by taken_by assigned_by "
        "decided_by closed_by reason reason_notes fit"
    ).split()
)
_NAMED = {
    **{
        c: f"customer.{c}"
        for c in ("company", "industry", "size", "country", "region", "city", "address", "postal_code", "duns")
    },
    "contacts": "customer.contacts",
    "deal_name": "deal.name",
    "deal_value": "deal.value",
    "deal_currency": "deal.currency",
    "deal_timeframe": "deal.timeframe",
    "purchase_date": "deal.purchase_date",
    "closed_on": "deal.closed_on",
    "deal_notes": "deal.notes",
    "crm_id": "deal.crm_id",
    "campaign_id": "deal.campaign_id",
    "follow_up_at": "deal.follow_up_at",
    "follow_up_text": "deal.follow_up_text",
}
FIELD_OF_COLUMN: dict[str, str] = {column: column for column in (*_PLAIN, *_INSTANTS, *_FLAGS, *_LISTS)} | _NAMED
COLUMN_OF_FIELD: dict[str, str] = {field: column for column, field in FIELD_OF_COLUMN.items()}


def changes(before: Row, after: Row) -> dict[str, list[Any]]:
    """What differs between two rows, as the history keeps it: `{field: [before, after]}` with JSON values."""
    return {
        field: [to_json(column, before[column]), to_json(column, after[column])]
        for column, field in FIELD_OF_COLUMN.items()
        if before[column] != after[column]
    }


def columns_before(changed: Mapping[str, Any]) -> dict[str, Any]:
    """The columns as they were before a change of the history: what an undo writes back (U1)."""
    return {COLUMN_OF_FIELD[field]: _from_json(COLUMN_OF_FIELD[field], values[0]) for field, values in changed.items()}


def to_json(column: str, value: Any) -> Any:
    if value is None:
        return None
    if column in _INSTANTS:
        return None if value >= NEVER else iso(instant(value))
    if column in _FLAGS:
        return bool(value)
    return json.loads(value) if column in _LISTS else value


def _from_json(column: str, value: Any) -> Any:
    if column == "expires_at" and value is None:
        return NEVER
    if value is None:
        return None
    if column in _INSTANTS:
        return micros(datetime.fromisoformat(value))
    if column in _FLAGS:
        return int(value)
    return dump(value) if column in _LISTS else value
