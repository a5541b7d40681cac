"""One record of Partner Center as the desk understands it (contract, section Import). Pure: the raw record in, values out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from refterm.domain import reasons
from refterm.domain.deadline import Deadlines
from refterm.domain.referral import Channel, Contact, Customer, Deal, Outcome, Referral, Status, TeamMember
from refterm.formats import lenient, values
from refterm.formats.api_json import Json, RecordError
from refterm.formats.fields import amount, currency, enum, flag, instant, key_text, object_at, objects_at, show, text
from refterm.i18n import _
from refterm.text import LONGEST_KEY, identity

MICROSOFT = "msft"
_HALF_A_DAY = timedelta(hours=12)

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
# A deal of co-sell that Partner Center calls an error is closed, and nothing was sold.
_SUBSTATUSES["error"] = (Status.ARCHIVED, Outcome.LOST)
# Seen with what is active: they say no more than that.
_ACTIVE_TOO = ("engaged", "error")
ERROR_REASONS = (
    "Duplicate - created through bulk upload",
    "Duplicate - created in Partner Center",
    "Duplicate - sent by Microsoft",
    "Connector data sync issues",
    "Customer matching issues",
    "Solution issues",
    "Test referral",
    "Data error",
    "Others",
)


class Incoming(NamedTuple):
    """What one record says.

    Attributes:
        referral: the referral it describes; what it does not state has its default.
        updated_at: when the source last changed it; None where the record does not say.
        restored: refterm wrote it: the marks, decisions and times of the desk it left are in `referral`.
        changed_here: restored only: it was decided at the desk it left.
        warnings: what in the record could not be read and is left out, a sentence each.
    """

    referral: Referral
    updated_at: datetime | None = None
    restored: bool = False
    changed_here: bool = False
    warnings: tuple[str, ...] = ()


def read(record: Json, *, now: datetime, deadlines: Deadlines, dated: bool = True) -> Incoming:
    """Understand one cleaned record in the API's shape.

    Only identity, receipt, customer and status can refuse it: any other field that cannot be read is left out, and the
    warnings say so.

    Args:
        record: the record.
        now: the moment of import, which stands for the time of receipt where the record may lack it.
        deadlines: gives the expiry where the record states none (I4).
        dated: whether the record must state when it was created; the CSV cannot.

    Raises:
        RecordError: with the reason why it cannot be read.
    """
    try:
        return _read(record, now, deadlines, dated=dated)
    except RecordError:
        readable, sentences = lenient.without_unreadable(record)
        if not sentences:
            raise
        incoming = _read(readable, now, deadlines, dated=dated)
        return incoming._replace(warnings=(*sentences, *incoming.warnings))


def _read(record: Json, now: datetime, deadlines: Deadlines, *, dated: bool) -> Incoming:
    """The same, but any field that cannot be read refuses the record."""
    source_id = _identity(record)
    details = object_at(record, "details")
    requirements = object_at(details, "requirements")
    customer = _customer(record, requirements)
    outgoing = _outgoing(record)
    status, outcome = _standing_here(record, outgoing=outgoing)
    received_at = instant(record, "createdDateTime")
    if received_at is None and dated:
        raise RecordError(_("createdDateTime is missing"))
    estimated = received_at is None
    received_at = received_at or now
    expires_at, warnings = _expiry(record, None if estimated else received_at)
    expiry_estimated = expires_at is None and not outgoing
    if outgoing:
        expires_at = None
    elif expires_at is None:
        expires_at = deadlines.estimated_expiry(received_at)
    closed_at, decided_at, reason, reason_notes = _decision(record, status, outcome)
    updated_at = instant(record, "updatedDateTime")
    engagement = key_text(record, "engagementId")
    referral = Referral(
        id=0,
        version=1,
        changed_at=now,
        source_id=source_id,
        engagement_id=identity(engagement) if engagement else None,
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
        flame=flag(details, "customerRequestedContact"),
        favorite=flag(record, "favorite"),
        decided_at=decided_at,
        closed_at=closed_at,
        reason=reason,
        reason_notes=reason_notes,
        deal=_deal(record, details, closed_at if outcome is Outcome.WON else None),
        team=_team(record),
    )
    return Incoming(referral, updated_at, warnings=warnings)


def _standing_here(record: Json, *, outgoing: bool) -> tuple[Status, Outcome | None]:
    """Status and outcome on the desk, where the company's own deals are never new."""
    status, outcome = standing(record)
    return (Status.ACTIVE if outgoing and status is Status.NEW else status), outcome


def _decision(
    record: Json, status: Status, outcome: Outcome | None
) -> tuple[datetime | None, datetime | None, str | None, str | None]:
    """When it was closed and decided, and why: code and notes."""
    closed_at = instant(record, "closedDateTime") if status is Status.ARCHIVED else None
    decided_at = instant(record, "acceptedDateTime") if status is not Status.NEW else None
    if outcome is Outcome.DECLINED:
        decided_at = closed_at
    elif outcome is Outcome.EXPIRED:
        decided_at = None
    return (closed_at, decided_at, *(_reason(record) if status is Status.ARCHIVED else (None, None)))


class Said(NamedTuple):
    """The part of what a record says that a desk may change; of the deal all but when it was won."""

    status: Status
    outcome: Outcome | None
    closed_at: datetime | None
    decided_at: datetime | None
    reason: str | None
    reason_notes: str | None
    favorite: bool
    deal: Deal
    team: tuple[TeamMember, ...]


def said(record: Json) -> Said | None:
    """That part as `read` understands it, in half of the time; None where `read` would refuse the record."""
    try:
        return _said(record)
    except RecordError:
        readable, sentences = lenient.without_unreadable(record)
        try:
            return _said(readable) if sentences else None
        except RecordError:
            return None


def _said(record: Json) -> Said:
    _identity(record)
    _company(object_at(record, "customerProfile"))
    instant(record, "createdDateTime")
    details = object_at(record, "details")
    status, outcome = _standing_here(record, outgoing=_outgoing(record))
    decision = _decision(record, status, outcome)
    return Said(status, outcome, *decision, flag(record, "favorite"), _deal(record, details, None), _team(record))


def _expiry(record: Json, received_at: datetime | None) -> tuple[datetime | None, tuple[str, ...]]:
    """The stated expiry; one before the receipt is none, for it would bury what has just come in."""
    stated = instant(record, "expirationDateTime")
    if stated is None or received_at is None or stated >= received_at:
        return stated, ()
    sentence = _("expirationDateTime {value} is before createdDateTime; the expiry is estimated")
    return None, (sentence.format(value=show(record.get("expirationDateTime"))),)


def _reason(record: Json) -> tuple[str | None, str | None]:
    """Why it was closed: code and notes. An error of Partner Center has nine reasons of its own."""
    stated = text(record, "statusReason") or ""
    if enum(record.get("substatus")) != "error":
        return reasons.from_source(stated)
    if not stated:
        return None, None
    return "other", error_reason(stated)


def error_reason(stated: str) -> str:
    """The text of a reason for an error, given as text or number."""
    number = reasons.number_of(stated)
    return ERROR_REASONS[number - 1] if number and number <= len(ERROR_REASONS) else stated


def arriving(incoming: Incoming, now: datetime) -> Referral:
    """The referral as its first import brings it in.

    What arrives closed has a time of closing; what is new but past its expiry is archived as expired at its deadline
    (I4).
    """
    referral = incoming.referral
    if referral.status is Status.ARCHIVED:
        return settled(referral, incoming.updated_at or referral.received_at)
    if referral.status is Status.NEW and referral.expires_at is not None and referral.expires_at <= now:
        return referral._replace(
            status=Status.ARCHIVED, outcome=Outcome.EXPIRED, closed_at=referral.expires_at, decided_at=None
        )
    return referral


def settled(referral: Referral, moment: datetime) -> Referral:
    """A referral that is, if archived, closed at that moment where its record states no time of closing."""
    if referral.status is not Status.ARCHIVED or referral.closed_at is not None:
        return referral
    deal, decided_at = referral.deal, referral.decided_at
    if referral.outcome is Outcome.WON and deal.closed_on is None:
        deal = deal._replace(closed_on=moment.date())
    if referral.outcome is Outcome.DECLINED:
        decided_at = moment
    return referral._replace(closed_at=moment, decided_at=decided_at, deal=deal)


def standing(record: Json) -> tuple[Status, Outcome | None]:
    """Status and outcome from the source's status and the substatus that must belong to it.

    Raises:
        RecordError: for any other.
    """
    status = _STATUSES.get(enum(record.get("status")))
    if status is None:
        raise RecordError(_("status {value} is none of New, Active, Closed").format(value=show(record.get("status"))))
    substatus = enum(record.get("substatus"))
    if status is Status.ACTIVE and substatus in _ACTIVE_TOO:
        return status, None
    belongs, outcome = _SUBSTATUSES.get(substatus, (None, None))
    if belongs is not status:
        raise RecordError(
            _("substatus {value} does not belong to status {status}").format(
                value=show(record.get("substatus")), status=show(record.get("status"))
            )
        )
    return status, outcome


def _identity(record: Json) -> str:
    stated = record.get("id")
    if not isinstance(stated, str) or not stated.strip():
        raise RecordError(_("id is missing"))
    known = identity(stated)
    if len(known) > LONGEST_KEY:
        raise RecordError(_("{field} is longer than {n} characters").format(field="id", n=LONGEST_KEY))
    return known


def _customer(record: Json, requirements: Json) -> Customer:
    profile = object_at(record, "customerProfile")
    company = _company(profile)
    address = object_at(profile, "address")
    lines = [line for line in (text(address, "addressLine1"), text(address, "addressLine2")) if line]
    return Customer(
        company=company,
        industry="; ".join(_ids(requirements, "industries")) or None,
        size=text(profile, "size"),
        country=text(address, "country"),
        region=text(address, "state") or text(address, "region"),
        city=text(address, "city"),
        address=", ".join(lines) or None,
        postal_code=text(address, "postalCode"),
        duns=_duns(profile),
        contacts=tuple(
            Contact(
                _name(person),
                text(person, "title") or "",
                text(person, "email") or "",
                text(person, "phoneNumber") or "",
            )
            for person in objects_at(profile, "team")
        ),
    )


def _company(profile: Json) -> str:
    company = text(profile, "name")
    if company is None:
        raise RecordError(_("the customer's name is missing"))
    return company


def _duns(profile: Json) -> str | None:
    """The first D-U-N-S number that is one; what is none is kept as it came, so that somebody sees it."""
    stated = [text(one, "id") for one in objects_at(profile, "ids") if enum(one.get("profileType")) == "duns"]
    given = [one.strip() for one in stated if one]
    return next((known for one in given if (known := values.duns(one))), given[0][:LONGEST_KEY] if given else None)


def _name(person: Json) -> str:
    parts = (text(person, "firstName"), text(person, "lastName"))
    return " ".join(part for part in parts if part)


def _ids(requirements: Json, key: str) -> tuple[str, ...]:
    return tuple([name for one in objects_at(requirements, key) if (name := text(one, "id"))])


def _solutions(requirements: Json) -> tuple[str, ...]:
    solutions = objects_at(requirements, "solutions")
    return tuple([name for one in solutions if (name := text(one, "name") or text(one, "id"))])


def _target(record: Json) -> str | None:
    locations = (one for one in objects_at(record, "target") if enum(one.get("type")) == "businessprofilelocation")
    found = next((text(one, "id") for one in locations), None)
    return found.strip() if found else None


def _outgoing(record: Json) -> bool:
    """Whether it is the company's own deal: by its direction, and where that is not stated, by who invited."""
    if stated := enum(record.get("direction")):
        return stated == "outgoing"
    own = enum(record.get("organizationId"))
    return bool(own) and own == _inviter(record)


def _inviter(record: Json) -> str:
    return enum(object_at(object_at(record, "inviteContext"), "invitedBy").get("organizationId"))


def _channel(record: Json) -> Channel:
    """The way it came (P4)."""
    qualification = enum(record.get("qualification"))
    if qualification in ("direct", "1"):
        return Channel.SEARCH
    if qualification in ("marketingqualified", "2"):
        return Channel.MARKETING
    if qualification in ("salesqualified", "3") and _inviter(record) == MICROSOFT:
        return Channel.SALES
    return Channel.PARTNER


def _deal(record: Json, details: Json, won_at: datetime | None) -> Deal:
    closing = instant(details, "closingDateTime")
    return Deal(
        name=text(record, "name"),
        value=amount(details.get("dealValue")),
        currency=currency(details),
        purchase_date=nearest_day(closing) if closing else None,
        closed_on=won_at.date() if won_at else None,
        crm_id=text(record, "externalReferenceId"),
        campaign_id=text(record, "campaignId"),
    )


def nearest_day(moment: datetime) -> date:
    """The date of the nearest midnight: sources write days as midnights of their own zone."""
    return (moment + _HALF_A_DAY).date()


def _team(record: Json) -> tuple[TeamMember, ...]:
    return tuple(member(person) for person in objects_at(record, "team"))


def member(person: Json) -> TeamMember:
    """One of the company's people on a deal, from the API's shape."""
    return TeamMember(_name(person), text(person, "email") or "", text(person, "phoneNumber") or "")
