"""A referral as a record of Partner Center: what was received, with its present state written over it.

What the desk has no field for leaves as it came; what is as it was received keeps its very text.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from refterm.domain import reasons
from refterm.domain.referral import Outcome, Referral, Status, TeamMember
from refterm.formats import csv_columns, record, refterm_object
from refterm.formats.api_json import Json, RecordError, dumps, is_altered
from refterm.formats.api_json import known as known_record
from refterm.formats.record import Incoming, Said

STANDINGS = {
    (Status.NEW, None): ("New", "Received"),
    (Status.ACTIVE, None): ("Active", "Accepted"),
    (Status.ARCHIVED, Outcome.WON): ("Closed", "Won"),
    (Status.ARCHIVED, Outcome.LOST): ("Closed", "Lost"),
    (Status.ARCHIVED, Outcome.DECLINED): ("Closed", "Declined"),
    (Status.ARCHIVED, Outcome.EXPIRED): ("Closed", "Expired"),
}


def written(stored: str | None, present: Incoming) -> str:
    """The record of a referral as JSON, with the object `refterm` for what Partner Center's shape cannot hold.

    Args:
        stored: the JSON of the record as it was received.
        present: the referral as it stands.
    """
    return _written(stored, present)[1]


def row(stored: str | None, present: Incoming) -> list[str]:
    """The same as a row of Partner Center's CSV and our columns after it, the last of them the whole record."""
    content, text = _written(stored, present)
    return [*csv_columns.row(content), *csv_columns.extras(content), text]


def _written(stored: str | None, present: Incoming) -> tuple[Json, str]:
    known = known_record(stored)
    record_now, own = _over(known, present.referral), refterm_object.written(present)
    content = {**record_now, refterm_object.KEY: own}
    if stored and record_now == known and (text := _with_own(stored, dumps(own))):
        return content, text
    return content, dumps(content)


def _with_own(stored: str, own: str) -> str | None:
    """A record's very text with the object `refterm` as its last value; None where an import would not keep it so."""
    if not stored.endswith("}") or is_altered(own):
        return None
    return f'{stored[:-1]},"{refterm_object.KEY}":{own}}}'


def as_received(text: str, content: Json) -> str:
    """The text of a record without the object `refterm`, so that a second export is the same as the first.

    Args:
        text: what was read.
        content: that without the object.
    """
    before, _own, _after = text.rpartition(f',"{refterm_object.KEY}":{{')
    stored = before + "}"
    return stored if before and known_record(stored) == content else dumps(content)


def _over(known: Json, referral: Referral) -> Json:
    said = record.said(known)
    result = dict(known)
    result["id"] = referral.source_id
    if not known.get("createdDateTime"):
        result["createdDateTime"] = _time(referral.received_at)
    if said is None or (said.status, said.outcome) != (referral.status, referral.outcome):
        result["status"], result["substatus"] = STANDINGS[referral.status, referral.outcome]
    if referral.status is not Status.NEW and referral.outcome not in (Outcome.DECLINED, Outcome.EXPIRED):
        _put(result, "acceptedDateTime", referral.decided_at, said and said.decided_at, _time)
    if referral.status is Status.ARCHIVED:
        _put(result, "closedDateTime", referral.closed_at, said and said.closed_at, _time)
        if said is None or (said.reason, said.reason_notes) != (referral.reason, referral.reason_notes):
            result["statusReason"] = _reason(referral)
    if said is None or said.favorite != referral.favorite:
        result["favorite"] = referral.favorite
    if said is None or said.team != referral.team:
        result["team"] = _team(known.get("team"), referral.team)
    _put_deal(result, referral, said)
    return result


def _put_deal(result: Json, referral: Referral, said: Said | None) -> None:
    deal, before = referral.deal, said.deal if said else None
    _put(result, "name", deal.name, before and before.name)
    _put(result, "externalReferenceId", deal.crm_id, before and before.crm_id)
    _put(result, "campaignId", deal.campaign_id, before and before.campaign_id)
    known = result.get("details")
    details = dict(known) if isinstance(known, dict) else {}
    _put(details, "dealValue", deal.value, before and before.value)
    _put(details, "currency", deal.currency, before and before.currency)
    _put(
        details,
        "closingDateTime",
        deal.purchase_date,
        before and before.purchase_date,
        lambda day: f"{day}T00:00:00Z",
    )
    result["details"] = details


def _put(target: Json, key: str, value: Any, before: Any, write: Callable[[Any], str] | None = None) -> None:
    """Write a value, unless the record says it already."""
    if value != before:
        target[key] = write(value) if write and value is not None else value


def _reason(referral: Referral) -> str | None:
    if referral.reason == "other" and referral.reason_notes:
        return referral.reason_notes
    return reasons.REASONS[referral.reason] if referral.reason else None


def _team(known: Any, team: tuple[TeamMember, ...]) -> list[Json]:
    """The deal's team as the API has it; who was received so stays with all that came."""
    kept = {}
    for raw in csv_columns.listed(known):
        with suppress(RecordError):
            kept[record.member(raw)] = raw
    return [kept.get(member) or _member(member) for member in team]


def _member(member: TeamMember) -> Json:
    first, _blank, last = member.name.partition(" ")
    return {"firstName": first, "lastName": last, "phoneNumber": member.phone, "email": member.email}


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")
