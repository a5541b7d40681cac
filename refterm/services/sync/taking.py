"""What a record of Partner Center changes of a referral that the desk has: the source's state stands (contract, Import)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from refterm.domain.history import Action
from refterm.domain.referral import Outcome, Referral, Status
from refterm.formats import api_json, patch, record
from refterm.formats.api_json import Json
from refterm.formats.record import Incoming
from refterm.services import merging
from refterm.services.workplace import Workplace
from refterm.store import codec

Row = Mapping[str, Any]
CLOSING = ("closed_at", "closed_by", "closed_on", "reason", "reason_notes")


@dataclass(frozen=True, slots=True)
class Seen:
    """A referral as it was seen there.

    Attributes:
        content: the record, cleaned.
        text: the same as JSON.
        incoming: what it says.
        etag: names this state of it.
    """

    content: Json = field(repr=False)
    text: str = field(repr=False)
    incoming: Incoming = field(repr=False)
    etag: str

    @property
    def source_id(self) -> str:
        """The source's id of the referral."""
        return self.incoming.referral.source_id

    @property
    def columns(self) -> patch.Columns:
        """What it says of the columns that can be sent."""
        return patch.columns(self.incoming.referral)


def seen(workplace: Workplace, content: Json, etag: str, now: datetime) -> Seen:
    """A record as it came, cleaned and understood.

    Raises:
        RecordError: when it cannot be read.
    """
    raw = api_json.dumps(content)
    clean, text = api_json.finish(content, raw)
    incoming = record.read(clean, now=now, deadlines=workplace.deadlines)
    return Seen(clean, text or api_json.dumps(clean), incoming, etag)


def kept(workplace: Workplace, text: str, etag: str, now: datetime) -> Seen:
    """A record that was seen before, from what is stored of it."""
    content = api_json.known(text)
    return Seen(content, text, record.read(content, now=now, deadlines=workplace.deadlines), etag)


def over(known: str | None, there: Seen, workplace: Workplace, now: datetime) -> tuple[str, Incoming]:
    """The record put over what is known; an expired one, which comes without contacts, takes none away."""
    before = api_json.known(known)
    stated = there.content
    if there.incoming.referral.outcome is Outcome.EXPIRED:
        stated = {**stated, "customerProfile": _filled(stated.get("customerProfile"))}
    content = api_json.merged(before, stated)
    if content == there.content:
        return there.text, there.incoming
    incoming = record.read(content, now=now, deadlines=workplace.deadlines)
    return api_json.dumps(content), Incoming(incoming.referral, there.incoming.updated_at)


def _filled(value: Any) -> Any:
    """Only what is not empty."""
    if not isinstance(value, dict):
        return {}
    inner = {key: _filled(one) if isinstance(one, dict) else one for key, one in value.items()}
    return {key: one for key, one in inner.items() if one not in (None, "", [], {})}


def changes(ours: Row, theirs: Incoming, now: datetime, *, leave: Set[str] = frozenset()) -> dict[str, Any]:
    """The columns that a record changes; the source's state stands, marks of the desk stay.

    Args:
        ours: the whole row.
        theirs: what the record says.
        now: the present instant.
        leave: columns of which something is still to be sent.
    """
    referral = record.settled(theirs.referral, theirs.updated_at or now)
    stated = codec.referral_columns(referral)
    taken: dict[str, Any] = {column: stated[column] for column in merging.CUSTOMER if column != "need"}
    taken |= {column: stated[column] for column in merging.DEAL}
    taken |= _notes(ours, referral)
    if not leave & {"status"}:
        taken |= _standing(ours, referral, stated, now)
    taken |= _times(ours, referral, stated, taken.get("outcome", ours["outcome"]))
    if "deal_value" in leave:
        taken.pop("deal_value_order", None)
    return {column: value for column, value in taken.items() if column not in leave and value != ours[column]}


def _notes(ours: Row, theirs: Referral) -> dict[str, Any]:
    """The shared field of notes, taken apart: the customer's words, and ours."""
    if theirs.status is Status.NEW:
        return {"need": theirs.need}
    return {"deal_notes": patch.own_notes(ours["need"], ours["deal_notes"], theirs.need or None)}


def _standing(ours: Row, theirs: Referral, stated: Row, now: datetime) -> dict[str, Any]:
    if (stated["status"], stated["outcome"]) == (ours["status"], ours["outcome"]):
        mine = ours["decided_by"] or ours["closed_by"]
        wanted = (*CLOSING, "decided_at", "decided_by")
        return {
            column: stated[column]
            for column in wanted
            if stated[column] is not None and (ours[column] is None or not mine)
        }
    nothing = dict.fromkeys(CLOSING)
    if theirs.status is Status.NEW:
        if ours["outcome"] == Outcome.EXPIRED and theirs.expires_at is not None and theirs.expires_at <= now:
            return {}  # the desk was first: it is past its expiry there, too
        return {"status": stated["status"], "outcome": None, "decided_at": None, "decided_by": None, **nothing}
    # An accept made here remains recorded when the referral is closed there.
    accepted = ours["decided_by"] is not None and ours["outcome"] not in (Outcome.DECLINED, Outcome.EXPIRED)
    decided = accepted and theirs.outcome not in (Outcome.DECLINED, Outcome.EXPIRED)
    who = {"decided_at": ours["decided_at"], "decided_by": ours["decided_by"]} if decided else {}
    given = {column: stated[column] for column in ("status", "outcome", "decided_at", "decided_by", *CLOSING)}
    if theirs.status is Status.ACTIVE:
        given |= nothing
        if given["decided_at"] is None:
            given["decided_at"] = codec.micros(now)
    return given | who | {"skipped_until": None}


def _times(ours: Row, theirs: Referral, stated: Row, outcome: str | None) -> dict[str, Any]:
    """Receipt and expiry as stated; an estimate never replaces what was stated."""
    taken: dict[str, Any] = {}
    if not theirs.received_estimated:
        taken |= {"received_at": stated["received_at"], "received_estimated": 0}
    if ours["outcome"] == outcome == Outcome.EXPIRED:
        return taken  # the deadline at which it was archived stands
    if not theirs.expiry_estimated or ours["expiry_estimated"]:
        taken |= {"expires_at": stated["expires_at"], "expiry_estimated": stated["expiry_estimated"]}
    return taken


def action(before: Row, after: Row) -> Action:
    """What the history calls it: returned from an expiry, another decision than ours, or merely newer."""
    if (before["status"], before["outcome"]) == (after["status"], after["outcome"]):
        return Action.UPDATED
    if before["outcome"] == Outcome.EXPIRED:
        return Action.RETURNED
    return Action.YIELDED if decider(before) else Action.UPDATED


def decider(row: Row) -> str | None:
    """Who at this desk made the decision that stands; None where it was made there, or none is."""
    if not merging.decided_here(row):
        return None
    ended = row["outcome"] in (Outcome.WON, Outcome.LOST)
    name = row["closed_by"] if ended else row["decided_by"]
    return None if name is None else str(name)
