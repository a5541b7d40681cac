"""One record of Partner Center as the desk understands it (contract, section Import). Pure: the raw record in, values out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from refterm.domain import money, reasons
from refterm.domain.deadline import Deadlines
from refterm.domain.referral import Channel, Contact, Customer, Deal, Outcome, Referral, Status, TeamMember
from refterm.errors import InvalidInputError
from refterm.formats.wire import Json, RecordError
from refterm.i18n import _

MICROSOFT = "msft"
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")

_STATUSES = {"new": Status.NEW, "active": Status.ACTIVE, "closed": Status.ARCHIVED}
_STATUSES |= {str(number): status for number, status in enumerate(tuple(_STATUSES.values()), 1)}
_SUBSTATUSES: dict[str, tuple[Status, Outcome | None]] = {
    "pending": (Status.NEW, None),
    "received": (Status.NEW, None),
    "accepted": (Status.ACTIVE, None),
    "won": (Status.ARCHIVED, Outcome.WON),
    "lost": (Status.ARCHIVED, Outcome.LOST),
    "declined": (Status.ARCHIVED, Outcome.DECLINED),
    "expired": (Status.ARCHIVED, Outcome.EXPIRED),
}
_SUBSTATUSES |= {str(number): meaning for number, meaning in enumerate(tuple(_SUBSTATUSES.values()), 1)}


@dataclass(frozen=True, slots=True)
class Incoming:
    """What one record says.

    Attributes:
        referral: the referral it describes; what it does not state has its default.
        updated_at: when the source last changed it; None where the record does not say.
        restored: refterm wrote it: the marks, decisions and times of the desk it left are in `referral`.
        changed_here: restored only: it was decided at the desk it left.
    """

    referral: Referral
    updated_at: datetime | None = None
    restored: bool = False
    changed_here: bool = False


def read(record: Json, *, now: datetime, deadlines: Deadlines, dated: bool = True) -> Incoming:
    """Understand one cleaned record in the API's shape.

    Args:
        record: the record.
        now: the moment of import, which stands for the time of receipt where the record may lack it.
        deadlines: gives the expiry where the record states none (I4).
        dated: whether the record must state when it was created; the CSV cannot.

    Raises:
        RecordError: with the reason why it cannot be read.
    """
    source_id = _identity(record)
    details = _object(record, "details")
    requirements = _object(details, "requirements")
    customer = _customer(record, requirements)
    status, outcome = standing(record)
    outgoing = enum(record.get("direction")) == "outgoing"
    if outgoing and status is Status.NEW:
        status = Status.ACTIVE
    received_at = instant(record, "createdDateTime")
    if received_at is None and dated:
        raise RecordError(_("createdDateTime is missing"))
    estimated = received_at is None
    received_at = received_at or now
    expires_at = instant(record, "expirationDateTime")
    expiry_estimated = expires_at is None and not outgoing
    if outgoing:
        expires_at = None
    elif expires_at is None:
        expires_at = deadlines.estimated_expiry(received_at)
    closed_at = instant(record, "closedDateTime") if status is Status.ARCHIVED else None
    decided_at = instant(record, "acceptedDateTime") if status is not Status.NEW else None
    if outcome is Outcome.DECLINED:
        decided_at = closed_at
    elif outcome is Outcome.EXPIRED:
        decided_at = None
    reason, reason_notes = None, None
    if status is Status.ARCHIVED:
        reason, reason_notes = reasons.from_source(text(record, "statusReason") or "")
    updated_at = instant(record, "updatedDateTime")
    referral = Referral(
        id=0,
        version=1,
        changed_at=now,
        source_id=source_id,
        engagement_id=text(record, "engagementId"),
        direction="outgoing" if outgoing else "incoming",
        status=status,
        outcome=outcome,
        channel=_channel(record),
        customer=customer,
        need=text(details, "notes") or "",
        products=_ids(requirements, "products"),
        services=_ids(requirements, "services"),
        solutions=_solutions(requirements),
        target_id=_target(record),
        received_at=received_at,
        received_estimated=estimated,
        expires_at=expires_at,
        expiry_estimated=expiry_estimated,
        flame=details.get("customerRequestedContact") is True,
        favorite=record.get("favorite") is True,
        decided_at=decided_at,
        closed_at=closed_at,
        reason=reason,
        reason_notes=reason_notes,
        deal=_deal(record, details, closed_at if outcome is Outcome.WON else None),
        team=_team(record),
    )
    return Incoming(referral, updated_at)


def arriving(incoming: Incoming, now: datetime) -> Referral:
    """The referral as its first import brings it in.

    What arrives closed has a time of closing; what is new but past its expiry is archived as expired at its deadline
    (I4).
    """
    referral = incoming.referral
    if referral.status is Status.ARCHIVED:
        return settled(referral, incoming.updated_at or referral.received_at)
    if referral.status is Status.NEW and referral.expires_at is not None and referral.expires_at <= now:
        return replace(
            referral, status=Status.ARCHIVED, outcome=Outcome.EXPIRED, closed_at=referral.expires_at, decided_at=None
        )
    return referral


def settled(referral: Referral, moment: datetime) -> Referral:
    """A referral that is, if archived, closed at that moment where its record states no time of closing."""
    if referral.status is not Status.ARCHIVED or referral.closed_at is not None:
        return referral
    deal, decided_at = referral.deal, referral.decided_at
    if referral.outcome is Outcome.WON and deal.closed_on is None:
        deal = replace(deal, closed_on=moment.date())
    if referral.outcome is Outcome.DECLINED:
        decided_at = moment
    return replace(referral, closed_at=moment, decided_at=decided_at, deal=deal)


def standing(record: Json) -> tuple[Status, Outcome | None]:
    """Status and outcome from the source's status and the substatus that must belong to it.

    Raises:
        RecordError: for any other.
    """
    status = _STATUSES.get(enum(record.get("status")))
    if status is None:
        raise RecordError(_("status {value} is none of New, Active, Closed").format(value=show(record.get("status"))))
    belongs, outcome = _SUBSTATUSES.get(enum(record.get("substatus")), (None, None))
    if belongs is not status:
        raise RecordError(
            _("substatus {value} does not belong to status {status}").format(
                value=show(record.get("substatus")), status=show(record.get("status"))
            )
        )
    return status, outcome


def enum(value: object) -> str:
    """A value of an enumeration for comparing: without case, numbers as digits; empty for what is none."""
    if isinstance(value, str):
        return value.strip().casefold()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def show(value: object) -> str:
    """What a bad value looks like in a sentence: its beginning."""
    return repr(value)[:40]


def text(parent: Json, key: str) -> str | None:
    """A text; None where it is missing or has nothing but blanks. A number is taken as its digits.

    Raises:
        RecordError: for anything else.
    """
    value = parent.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise RecordError(_("{field} is no text: {value}").format(field=key, value=show(value)))


def instant(parent: Json, key: str) -> datetime | None:
    """A time in UTC; one without a zone is meant so. None where it is missing.

    Raises:
        RecordError: for what is no time.
    """
    value = parent.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise RecordError(_("{field} is no time: {value}").format(field=key, value=show(value)))


def amount(value: object, key: str = "dealValue") -> Decimal | None:
    """An amount, exactly; None where there is none.

    Raises:
        RecordError: when it is no number, negative, too large, or has more than four decimals.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RecordError(_("{field} is no number: {value}").format(field=key, value=show(value)))
    try:
        # The API's own samples send amounts as texts, too.
        if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
            raise RecordError(_("{field} is no number: {value}").format(field=key, value=show(value)))
        exact = Decimal(value)
        # Zeros at the end are no decimals: 5000.000000 is 5000.
        trimmed = exact.normalize() if int(exact.as_tuple().exponent) < -money.MAX_DECIMALS else exact
        return money.check_amount(trimmed if trimmed == exact else exact)
    except InvalidInputError as error:
        raise RecordError(
            _("{field} {value}: {error}").format(field=key, value=show(value), error=next(iter(error.fields.values())))
        ) from None


def currency(parent: Json, key: str = "currency") -> str | None:
    """A currency's code; None where there is none.

    Raises:
        RecordError: for what is no ISO 4217 code.
    """
    code = text(parent, key)
    if code is None or code in money.CURRENCIES:
        return code
    try:
        return money.parse_currency(code)
    except InvalidInputError as error:
        raise RecordError(next(iter(error.fields.values()))) from None


def _identity(record: Json) -> str:
    identity = record.get("id")
    if not isinstance(identity, str) or not identity.strip():
        raise RecordError(_("id is missing"))
    return identity.strip()


def _object(parent: Json, key: str) -> Json:
    value = parent.get(key)
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    raise RecordError(_("{field} is no object: {value}").format(field=key, value=show(value)))


def _objects(parent: Json, key: str) -> list[Json]:
    """A list of objects; a single one stands for a list of it."""
    value = parent.get(key)
    if not value and (value is None or isinstance(value, list | dict)):
        return []
    listed = value if isinstance(value, list) else [value]
    for one in listed:
        if not isinstance(one, dict):
            raise RecordError(_("{field} is no list of objects: {value}").format(field=key, value=show(value)))
    return listed


def _customer(record: Json, requirements: Json) -> Customer:
    profile = _object(record, "customerProfile")
    company = text(profile, "name")
    if company is None:
        raise RecordError(_("the customer's name is missing"))
    address = _object(profile, "address")
    lines = [line for line in (text(address, "addressLine1"), text(address, "addressLine2")) if line]
    duns = next((text(one, "id") for one in _objects(profile, "ids") if enum(one.get("profileType")) == "duns"), None)
    return Customer(
        company=company,
        industry="; ".join(_ids(requirements, "industries")) or None,
        size=text(profile, "size"),
        country=text(address, "country"),
        region=text(address, "state") or text(address, "region"),
        city=text(address, "city"),
        address=", ".join(lines) or None,
        postal_code=text(address, "postalCode"),
        duns=duns.strip() if duns else None,
        contacts=tuple(
            Contact(
                _name(person),
                text(person, "title") or "",
                text(person, "email") or "",
                text(person, "phoneNumber") or "",
            )
            for person in _objects(profile, "team")
        ),
    )


def _name(person: Json) -> str:
    parts = (text(person, "firstName"), text(person, "lastName"))
    return " ".join(part for part in parts if part)


def _ids(requirements: Json, key: str) -> tuple[str, ...]:
    return tuple(name for one in _objects(requirements, key) if (name := text(one, "id")))


def _solutions(requirements: Json) -> tuple[str, ...]:
    solutions = _objects(requirements, "solutions")
    return tuple(name for one in solutions if (name := text(one, "name") or text(one, "id")))


def _target(record: Json) -> str | None:
    locations = (one for one in _objects(record, "target") if enum(one.get("type")) == "businessprofilelocation")
    found = next((text(one, "id") for one in locations), None)
    return found.strip() if found else None


def _channel(record: Json) -> Channel:
    """The way it came (P4)."""
    qualification = enum(record.get("qualification"))
    if qualification in ("direct", "1"):
        return Channel.SEARCH
    if qualification in ("marketingqualified", "2"):
        return Channel.MARKETING
    if qualification in ("salesqualified", "3"):
        inviter = _object(_object(record, "inviteContext"), "invitedBy")
        if enum(inviter.get("organizationId")) == MICROSOFT:
            return Channel.SALES
    return Channel.PARTNER


def _deal(record: Json, details: Json, won_at: datetime | None) -> Deal:
    closing = instant(details, "closingDateTime")
    return Deal(
        name=text(record, "name"),
        value=amount(details.get("dealValue")),
        currency=currency(details),
        purchase_date=closing.date() if closing else None,
        closed_on=won_at.date() if won_at else None,
        crm_id=text(record, "externalReferenceId"),
        campaign_id=text(record, "campaignId"),
    )


def _team(record: Json) -> tuple[TeamMember, ...]:
    return tuple(member(person) for person in _objects(record, "team"))


def member(person: Json) -> TeamMember:
    """One of the company's people on a deal, from the API's shape."""
    return TeamMember(_name(person), text(person, "email") or "", text(person, "phoneNumber") or "")
