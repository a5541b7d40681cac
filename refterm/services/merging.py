"""What a newer record changes of a referral that the desk has already (contract, section Import)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from refterm.domain.referral import Outcome, Status
from refterm.formats.record import Incoming
from refterm.store import codec

Row = Mapping[str, Any]

CUSTOMER = (
    *tuple("engagement_id direction channel company company_key industry size country region city".split()),
    *("address", "postal_code", "duns", "email_domain", "contacts", "need", "products", "services", "solutions"),
    *("target_id", "flame"),
)
DEAL = (
    *("deal_name", "deal_value", "deal_value_order", "deal_currency", "purchase_date", "crm_id", "campaign_id", "team"),
)
_CLOSING = ("closed_at", "closed_by", "closed_on", "reason", "reason_notes")
_DECISION = ("status", "outcome", "decided_at", "decided_by", *_CLOSING)
# What only an export of refterm's own can say.
_NOTED = ("deal_notes", "deal_timeframe", "follow_up_at", "follow_up_text")
_MARKS = (("contacted_at", "contacted_by"), ("taken_by", "assigned_by", "assigned_at"), ("skipped_until",))
_ORDER = (Status.NEW, Status.ACTIVE, Status.ARCHIVED)


def is_newer(ours: Row, theirs: Incoming) -> bool | None:
    """Whether the record was changed later than what the desk has; None where it does not say when."""
    if theirs.restored:
        return codec.micros(theirs.referral.changed_at) > int(ours["changed_at"])
    if theirs.updated_at is None:
        return None
    known = ours["source_updated_at"]
    return known is None or codec.micros(theirs.updated_at) > int(known)


def takes_over(ours: Row, theirs: Incoming) -> bool:
    """Whether the source's decision counts here: it goes forward, and nothing was decided here that would stand.

    Closed is final at the source (H2), so won and lost there close what is still active here. An expiry by the clock is
    no decision: what was decided at the source beats it (I4).
    """
    status = theirs.referral.status
    if ours["outcome"] == Outcome.EXPIRED:
        return status is not Status.NEW and theirs.referral.outcome is not Outcome.EXPIRED
    if _ORDER.index(status) <= _ORDER.index(ours["status"]):
        return False
    return not decided_here(ours) or theirs.referral.outcome in (Outcome.WON, Outcome.LOST)


def comes_back(ours: Row, theirs: Incoming, now: datetime) -> bool:
    """Whether what expired here is still new at the source, which states a later end than the desk knew (I4)."""
    new = theirs.referral
    if ours["outcome"] != Outcome.EXPIRED or new.status is not Status.NEW:
        return False
    stated = not new.expiry_estimated or not new.received_estimated
    return stated and new.expires_at is not None and new.expires_at > now


def decided_here(ours: Row) -> bool:
    """Whether somebody at this desk decided or worked on it; what is new again after an undo, or expired, is not."""
    return (
        ours["status"] != Status.NEW
        and ours["outcome"] != Outcome.EXPIRED
        and bool(ours["changed_here"] or ours["decided_by"] or ours["closed_by"])
    )


def contradicts(ours: Row, theirs: Incoming) -> bool:
    """Whether the source decided otherwise than this desk: what it says is no step towards what was decided here."""
    status, outcome = theirs.referral.status, theirs.referral.outcome
    if theirs.restored or not decided_here(ours) or takes_over(ours, theirs) or status is Status.NEW:
        return False
    return bool(ours["outcome"] == Outcome.DECLINED if status is Status.ACTIVE else outcome != ours["outcome"])


def changes(ours: Row, theirs: Incoming, now: datetime) -> dict[str, Any]:
    """The columns that a newer record changes, without what is the same; local marks are never reset.

    Args:
        ours: the whole row.
        theirs: what the record says, put over what was known before; settled where it is taken over.
        now: the present instant.
    """
    stated = codec.referral_columns(theirs.referral)
    taken: dict[str, Any] = {column: stated[column] for column in CUSTOMER}
    ours_stands = decided_here(ours)
    if not ours_stands:
        taken |= {column: stated[column] for column in DEAL}
        if theirs.restored:
            taken |= {column: stated[column] for column in _NOTED}
            taken["changed_here"] = int(ours["changed_here"] or theirs.changed_here)
    if takes_over(ours, theirs):
        kept = ("decided_at", "decided_by") if ours_stands else ()
        taken |= {column: stated[column] for column in _DECISION if column not in kept}
    elif comes_back(ours, theirs, now):
        taken |= dict.fromkeys(_DECISION) | {"status": stated["status"]}
    elif not ours_stands and (stated["status"], stated["outcome"]) == (ours["status"], ours["outcome"]):
        taken |= _same_decision(stated)
    taken |= _times(ours, theirs, stated, taken.get("outcome", ours["outcome"]))
    if theirs.restored:
        taken |= _marks(ours, stated)
    return {column: value for column, value in taken.items() if value != ours[column]}


def _same_decision(stated: Row) -> dict[str, Any]:
    """Decided alike on both sides: who, when and why as the record has them, where it has them."""
    return {column: stated[column] for column in ("decided_at", "decided_by", *_CLOSING) if stated[column] is not None}


def _times(ours: Row, theirs: Incoming, stated: Row, outcome: str | None) -> dict[str, Any]:
    """Receipt and expiry, where the record states them; an estimate never replaces what was stated."""
    taken: dict[str, Any] = {}
    if not theirs.referral.received_estimated:
        taken |= {"received_at": stated["received_at"], "received_estimated": 0}
    if ours["outcome"] == outcome == Outcome.EXPIRED:
        return taken  # the deadline at which it was archived stands
    follows_receipt = ours["expiry_estimated"] and not theirs.referral.received_estimated
    # Without one it was the company's own deal, which the source now says it is not.
    if not theirs.referral.expiry_estimated or follows_receipt or ours["expires_at"] == codec.NEVER:
        taken |= {"expires_at": stated["expires_at"], "expiry_estimated": stated["expiry_estimated"]}
    return taken


def _marks(ours: Row, stated: Row) -> dict[str, Any]:
    """Marks of the desk that wrote the export, where this one has none."""
    taken = {column: stated[column] for columns in _MARKS if ours[columns[0]] is None for column in columns}
    return taken | ({"favorite": 1} if stated["favorite"] else {})
