"""What the desk sends to Partner Center: the columns of a referral as a JSON Patch, and a record as columns.

Names of columns are those of the database's table `referral`. Pure: values in, values out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from refterm.domain import reasons
from refterm.domain.deadline import Deadlines
from refterm.domain.money import plain
from refterm.domain.referral import Outcome, Referral, Status
from refterm.formats import record
from refterm.formats.api_json import Json
from refterm.formats.fields import object_at, objects_at
from refterm.formats.outgoing import STANDINGS

# What can be sent; status, outcome, reason and its notes are one thing.
STANDING = ("status", "outcome", "reason", "reason_notes")
FIELDS = ("deal_name", "deal_value", "deal_currency", "purchase_date", "deal_notes", "crm_id", "campaign_id", "team")
_PATHS = {
    "deal_name": "/name",
    "deal_value": "/details/dealValue",
    "deal_currency": "/details/currency",
    "purchase_date": "/details/closingDateTime",
    "deal_notes": "/details/notes",
    "crm_id": "/externalReferenceId",
    "campaign_id": "/campaignId",
    "team": "/team",
}
Columns = dict[str, Any]


def read(content: Json, now: datetime) -> Referral:
    """A record as a referral.

    Raises:
        RecordError: when it cannot be read.
    """
    return record.read(content, now=now, deadlines=Deadlines()).referral


def columns(referral: Referral) -> Columns:
    """What a record says of the columns that can be sent; `deal_notes` is the whole field of notes, as it is shared."""
    deal = referral.deal
    return {
        "status": referral.status.value,
        "outcome": referral.outcome.value if referral.outcome else None,
        "reason": referral.reason,
        "reason_notes": referral.reason_notes,
        "deal_name": deal.name,
        "deal_value": None if deal.value is None else plain(deal.value),
        "deal_currency": deal.currency,
        "purchase_date": deal.purchase_date.isoformat() if deal.purchase_date else None,
        "deal_notes": referral.need or None,
        "crm_id": deal.crm_id,
        "campaign_id": deal.campaign_id,
        "team": [[one.name, one.email, one.phone] for one in referral.team],
    }


def shared_notes(need: str, notes: str | None) -> str | None:
    """The one field of notes as we send it: the customer's words, and ours below them."""
    if not notes:
        return need or None
    return notes if not need or notes.startswith(need) else f"{need}\n\n{notes}"


def own_notes(need: str, notes: str | None, shared: str | None) -> str | None:
    """Our part of the field of notes as the service holds it; what is the same on the wire stays as it is here."""
    if (shared or "") == (shared_notes(need, notes) or ""):
        return notes
    if not shared:
        return None
    return (shared[len(need) :].strip() or None) if need and shared.startswith(need) else shared


def wanted(column: str, value: Any, need: str) -> Any:
    """A column's value in the form that `columns` gives, so that both can be compared."""
    if column == "deal_notes":
        return shared_notes(need, value)
    if column == "team":
        return [[one["name"], one["email"], one["phone"]] for one in json.loads(value or "[]")]
    return value


def reason_text(reason: str | None, notes: str | None) -> str | None:
    """Why it was closed, as the service takes it: the English text, then the notes."""
    if not reason:
        return notes
    return f"{reasons.REASONS[reason]}: {notes}" if notes else reasons.REASONS[reason]


def operations(held: Json, changed: Mapping[str, Any], *, before_team: Sequence[Sequence[str]] = ()) -> list[Json]:
    """The JSON Patch that brings a record to what is wanted.

    Args:
        held: the record as the service holds it.
        changed: the columns to be sent, in the form of `wanted`; `status` brings its three others along.
        before_team: the team as it was here before the change, to tell who was corrected.
    """
    done: list[Json] = []
    details = held.get("details")
    inside: Json = {}
    for column, path in _PATHS.items():
        if column not in changed:
            continue
        value = _value(column, changed[column], held, before_team)
        if path.startswith("/details/") and not isinstance(details, dict):
            inside[path.removeprefix("/details/")] = value
        else:
            done.append(_put(held, path, value))
    if inside:
        done.append(_put(held, "/details", inside))
    if "status" in changed:
        outcome = changed["outcome"]
        status, substatus = STANDINGS[Status(changed["status"]), Outcome(outcome) if outcome else None]
        done += [_put(held, "/status", status), _put(held, "/substatus", substatus)]
        if text := reason_text(changed["reason"], changed["reason_notes"]):
            done.append(_put(held, "/statusReason", text))
    return done


def _put(held: Json, path: str, value: Any) -> Json:
    *outer, last = path.lstrip("/").split("/")
    target = object_at(held, outer[0]) if outer else held
    # `replace` of what is not there fails.
    return {"op": "replace" if last in target else "add", "path": path, "value": value}


def _value(column: str, value: Any, held: Json, before_team: Sequence[Sequence[str]]) -> Any:
    if column == "team":
        return _team(objects_at(held, "team"), before_team, value)
    if column == "purchase_date" and value is not None:
        return f"{value}T00:00:00Z"
    return value


def _team(held: Sequence[Json], before: Sequence[Sequence[str]], team: Sequence[Sequence[str]]) -> list[Json]:
    """The team whole: whom nobody changed as they came, who was corrected with their other fields."""
    left = [(record.member(raw), dict(raw)) for raw in held]
    result = []
    for place, (name, email, phone) in enumerate(team):
        known = [[name, email, phone]]
        if place < len(before):  # corrected in its place
            known.append(list(before[place]))
        found = next((one for wanted_one in known for one in left if _same(one[0], wanted_one)), None)
        if found is None:
            result.append(_written({}, name, email, phone))
            continue
        left.remove(found)
        member, raw = found
        same = [member.name, member.email, member.phone] == [name, email, phone]
        result.append(raw if same else _written(raw, name, email, phone))
    return result


def _same(member: Any, wanted_one: Sequence[str]) -> bool:
    name, email, phone = wanted_one
    if member.email and email:
        return bool(member.email.casefold() == email.casefold())
    return bool(member.name == name and member.phone == phone)


def _written(raw: Json, name: str, email: str, phone: str) -> Json:
    first, _blank, last = name.rpartition(" ") if " " in name else (name, "", "")
    if record.member(raw).name != name:
        raw = {**raw, "firstName": first, "lastName": last}
    return {**raw, "email": email, "phoneNumber": phone}
