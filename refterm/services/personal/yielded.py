"""A decision that Partner Center did not take comes back as a draft when a form next opens."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from refterm.i18n import decimal_mark
from refterm.log import note_failure
from refterm.services.personal.drafts import Drafts
from refterm.services.workplace import Workplace
from refterm.store import history

# The history's name of what a field of a form holds. Each form takes what it asks for.
_ENGAGEMENT = {
    "name": "deal.name",
    "value": "deal.value",
    "currency": "deal.currency",
    "notes": "deal.notes",
    "crm_id": "deal.crm_id",
    "campaign_id": "deal.campaign_id",
}
_REASON = {"reason": "reason", "notes": "reason_notes"}
FIELDS: dict[str, dict[str, str]] = {
    "accept": {**_ENGAGEMENT, "timeframe": "deal.purchase_date", "contacts": "team"},
    "edit": {**_ENGAGEMENT, "date": "deal.purchase_date"},
    "decline": _REASON,
    "lost": _REASON,
    "won": {"value": "deal.value", "currency": "deal.currency", "date": "deal.closed_on"},
}
# A draft of this name notes which entry was offered, so that what is thrown away does not come back.
_OFFERED = "yielded-{form}"
# What a person who was away longer is still told of.
RECENT = timedelta(days=60)


def untold(workplace: Workplace, told: int) -> tuple[list[int], int]:
    """Referrals whose decision by this person Partner Center did not take while no desk of theirs was open.

    Args:
        workplace: the desk and the person.
        told: the history entry up to which the person knows; 0 for none.

    Returns:
        Their numbers, the latest last, and the entry up to which the person knows then.
    """
    with workplace.database.reading() as connection:
        last = history.last_number(connection)
        if told > last:  # the desk was restored from a backup
            told = 0
        return history.yields(connection, workplace.actor.name, told, workplace.now() - RECENT), last


def offer(workplace: Workplace, drafts: Drafts, form: str, referral_id: int, initial: Mapping[str, str]) -> None:
    """Keep what this person typed before Partner Center decided otherwise as the draft of a form, once.

    Args:
        workplace: the desk and the person.
        drafts: the person's drafts.
        form: the form that opens.
        referral_id: its referral.
        initial: what it shows without a draft.
    """
    names = FIELDS.get(form)
    if names is None or workplace.looks_only or drafts.load(form, referral_id) is not None:
        return
    with workplace.database.reading() as connection:
        entry = history.yielded(connection, referral_id, workplace.actor.name)
    if entry is None:
        return
    marker = _OFFERED.format(form=form)
    seen = drafts.load(marker, referral_id)
    if seen is not None and seen.texts.get("entry") == str(entry.id):
        return
    before = {name: entry.changes.get(field, (None,))[0] for name, field in names.items()}
    typed = {name: _text(name, value) for name, value in before.items() if value}
    try:
        drafts.save(marker, referral_id, {"entry": str(entry.id)}, workplace.now())
        if any(initial.get(name, "") != text for name, text in typed.items()):
            drafts.save(form, referral_id, {**initial, **typed}, entry.at, shown=initial)
    except OSError as error:  # the history has the texts all the same
        with suppress(OSError):
            note_failure(error)


def _text(name: str, value: Any) -> str:
    """A value of the history as it is typed."""
    if name == "contacts":
        people = ([one.get(part) or "" for part in ("name", "email", "phone")] for one in value)
        return "\n".join("; ".join(parts).rstrip("; ") for parts in people)
    return str(value).replace(".", decimal_mark()) if name == "value" else str(value)
