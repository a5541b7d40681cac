"""What only refterm knows of a referral: the object `refterm` in its own exports, so that nothing is lost (contract).

Everything else of an export is Partner Center's own shape, which others can read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from refterm.domain import reasons
from refterm.domain.money import plain
from refterm.domain.referral import Channel, Deal, Outcome, Status, TeamMember
from refterm.formats import fields as reading
from refterm.formats.api_json import OWN, Json, RecordError
from refterm.formats.record import Incoming
from refterm.i18n import _
from refterm.text import LONGEST_KEY

KEY = OWN
T = TypeVar("T")
_LARGEST = 2**53


def written(incoming: Incoming) -> Json:
    """The object `refterm` of a referral's export."""
    referral, deal = incoming.referral, incoming.referral.deal
    return {
        "number": referral.id,
        "status": referral.status.value,
        "outcome": referral.outcome.value if referral.outcome else None,
        "channel": referral.channel.value,
        "received_at": _time(referral.received_at),
        "received_estimated": referral.received_estimated,
        "expires_at": _time(referral.expires_at),
        "expiry_estimated": referral.expiry_estimated,
        "contacted_at": _time(referral.contacted_at),
        "contacted_by": referral.contacted_by,
        "taken_by": referral.taken_by,
        "assigned_by": referral.assigned_by,
        "assigned_at": _time(referral.assigned_at),
        "favorite": referral.favorite,
        "skipped_until": _time(referral.skipped_until),
        "decided_at": _time(referral.decided_at),
        "decided_by": referral.decided_by,
        "closed_at": _time(referral.closed_at),
        "closed_by": referral.closed_by,
        "reason": referral.reason,
        "reason_notes": referral.reason_notes,
        "deal": {
            "name": deal.name,
            "value": None if deal.value is None else plain(deal.value),
            "currency": deal.currency,
            "timeframe": deal.timeframe,
            "purchase_date": deal.purchase_date.isoformat() if deal.purchase_date else None,
            "closed_on": deal.closed_on.isoformat() if deal.closed_on else None,
            "notes": deal.notes,
            "crm_id": deal.crm_id,
            "campaign_id": deal.campaign_id,
            "follow_up_at": _time(deal.follow_up_at),
            "follow_up_text": deal.follow_up_text,
        },
        "team": [{"name": one.name, "email": one.email, "phone": one.phone} for one in referral.team],
        "profile": referral.profile,
        "fit": referral.fit,
        "changed_here": incoming.changed_here,
        "source_updated_at": _time(incoming.updated_at),
        "changed_at": _time(referral.changed_at),
        "version": referral.version,
    }


def restored(incoming: Incoming, kept: Any) -> Incoming:
    """The referral as the desk that wrote the export had it.

    Args:
        incoming: what the rest of the record says; stands for what the object does not mention.
        kept: the cleaned object `refterm`.

    Raises:
        RecordError: when the object is not what refterm writes.
    """
    if not isinstance(kept, dict):
        raise RecordError(_("refterm is no object: {value}").format(value=reading.show(kept)))
    source, fields = incoming.referral, _Fields(kept)
    for needed in ("status", "received_at", "changed_at", "version"):
        if kept.get(needed) is None:
            raise RecordError(_("refterm.{field} is missing").format(field=needed))
    referral = source._replace(
        status=fields.take("status", Status, source.status),
        outcome=fields.optional("outcome", Outcome, source.outcome),
        channel=fields.take("channel", Channel, source.channel),
        received_at=fields.take("received_at", _instant, source.received_at),
        received_estimated=fields.take("received_estimated", _flag, source.received_estimated),
        expires_at=fields.optional("expires_at", _instant, source.expires_at),
        expiry_estimated=fields.take("expiry_estimated", _flag, source.expiry_estimated),
        contacted_at=fields.optional("contacted_at", _instant, None),
        contacted_by=fields.optional("contacted_by", _name, None),
        taken_by=fields.optional("taken_by", _name, None),
        assigned_by=fields.optional("assigned_by", _name, None),
        assigned_at=fields.optional("assigned_at", _instant, None),
        favorite=fields.take("favorite", _flag, source.favorite),
        skipped_until=fields.optional("skipped_until", _instant, None),
        decided_at=fields.optional("decided_at", _instant, source.decided_at),
        decided_by=fields.optional("decided_by", _name, None),
        closed_at=fields.optional("closed_at", _instant, source.closed_at),
        closed_by=fields.optional("closed_by", _name, None),
        reason=fields.optional("reason", _reason, source.reason),
        reason_notes=fields.optional("reason_notes", _text, source.reason_notes),
        deal=fields.take("deal", lambda value: _deal(value, source.deal), source.deal),
        team=fields.take("team", _team, source.team),
        profile=fields.optional("profile", _name, None),
        fit=fields.optional("fit", lambda value: _whole(value, 0, 100), None),
        version=fields.take("version", lambda value: _whole(value, 1, _LARGEST), 1),
        changed_at=fields.take("changed_at", _instant, source.changed_at),
    )
    archived = referral.status is Status.ARCHIVED
    if archived != (referral.outcome is not None) or (archived and referral.closed_at is None):
        raise RecordError(_("refterm: status, outcome and closed_at do not belong together"))
    decided = (referral.decided_at, referral.decided_by, referral.closed_by, referral.reason, referral.reason_notes)
    if referral.status is Status.NEW and any(decided):
        raise RecordError(_("refterm: status new does not go with a decision"))
    if not archived and any((referral.closed_at, referral.closed_by, referral.reason)):
        raise RecordError(_("refterm: status, outcome and closed_at do not belong together"))
    if referral.expires_at is None and referral.direction != "outgoing":
        raise RecordError(_("refterm.expires_at is missing"))
    return Incoming(
        referral,
        fields.optional("source_updated_at", _instant, incoming.updated_at),
        restored=True,
        changed_here=fields.take("changed_here", _flag, False),
    )


class _Fields:
    """The values of one object, each read by its own reader; what is not mentioned keeps its default."""

    def __init__(self, kept: Json, prefix: str = "refterm.") -> None:
        self._kept = kept
        self._prefix = prefix

    def take(self, key: str, reader: Callable[[Any], T], default: T) -> T:
        """The value of a key that may not be null."""
        if key not in self._kept:
            return default
        value = self._kept[key]
        try:
            return reader(value)
        except ValueError:
            raise RecordError(
                _("{field} is not what refterm writes: {value}").format(
                    field=self._prefix + key, value=reading.show(value)
                )
            ) from None

    def optional(self, key: str, reader: Callable[[Any], T | None], default: T | None) -> T | None:
        """The value of a key that may be null."""

        def read(value: Any) -> T | None:
            return None if value is None else reader(value)

        return self.take(key, read, default)


def _deal(value: Any, source: Deal) -> Deal:
    if not isinstance(value, dict):
        raise ValueError
    fields = _Fields(value, "refterm.deal.")
    return Deal(
        name=fields.optional("name", _text, source.name),
        value=fields.optional(
            "value", lambda digits: reading.amount(_text(digits), "refterm.deal.value"), source.value
        ),
        currency=fields.optional("currency", lambda code: reading.currency({"currency": _text(code)}), source.currency),
        timeframe=fields.optional("timeframe", _text, None),
        purchase_date=fields.optional("purchase_date", _day, source.purchase_date),
        closed_on=fields.optional("closed_on", _day, source.closed_on),
        notes=fields.optional("notes", _text, None),
        crm_id=fields.optional("crm_id", _text, source.crm_id),
        campaign_id=fields.optional("campaign_id", _text, source.campaign_id),
        follow_up_at=fields.optional("follow_up_at", _instant, None),
        follow_up_text=fields.optional("follow_up_text", _text, None),
    )


def _team(value: Any) -> tuple[TeamMember, ...]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError
    return tuple(
        TeamMember(_text(one.get("name")), _text(one.get("email", "")), _text(one.get("phone", ""))) for one in value
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _name(value: Any) -> str:
    """The name of a person of the desk, or of a profile."""
    name = _text(value)
    if len(name) > LONGEST_KEY:
        raise ValueError
    return name


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _whole(value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError
    return value


def _reason(value: Any) -> str:
    if value not in reasons.CODES:
        raise ValueError
    return str(value)


def _day(value: Any) -> date:
    return date.fromisoformat(_text(value))


def _instant(value: Any) -> datetime:
    moment = reading.instant({KEY: _text(value)}, KEY)
    if moment is None:
        raise ValueError
    return moment


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
