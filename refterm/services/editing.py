"""Bringing in what somebody changed in our own export: only what the edit form would take, and never over another's change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from refterm.domain import decisions, money
from refterm.domain.decisions import Context
from refterm.domain.referral import Referral, Status, TeamMember
from refterm.errors import InvalidInputError
from refterm.formats.api_json import RecordError
from refterm.formats.edits import Edits
from refterm.i18n import _
from refterm.services.triage import edit_texts
from refterm.store import codec

# Where an object `refterm` says who did something.
NAMES = ("contacted_by", "taken_by", "assigned_by", "decided_by", "closed_by")


def changes(referral: Referral, edits: Edits, today: date) -> dict[str, Any]:
    """The columns of `referral` that the edits of a row change; empty where the desk has them all already.

    Args:
        referral: as it stands on the desk.
        edits: what was changed in the file.
        today: the present day in the person's zone.

    Raises:
        RecordError: when a field may not be changed so, or was changed on the desk since the file was written.
    """
    present = edit_texts(referral)
    typed = {field: text for field, text in edits.typed.items() if not _is_same(field, text, present[field])}
    team = edits.team if edits.team != referral.team else None
    if not typed and team is None:
        return {}
    if referral.status is not Status.ACTIVE:
        sentence = _("{columns} was changed in the file; only an engagement in Active can be edited")
        raise RecordError(sentence.format(columns=", ".join(edits.columns)))
    for field in typed:
        if not _is_same(field, edits.before.get(field, ""), present[field]):
            sentence = _("{field} was changed in the file, and on the desk too, to {value}; export again")
            raise RecordError(sentence.format(field=field.replace("_", "-"), value=present[field] or _("nothing")))
    if team is not None and edits.team_before != referral.team:
        raise RecordError(_("the team was changed in the file, and on the desk too; export again"))
    try:
        context = Context(today, referral.deal.currency)
        given = decisions.read_edit(typed, context).changes if typed else {}
        columns = codec.deal_columns(referral.deal._replace(**given)) if given else {}
        if team is not None:
            columns["team"] = codec.team([_checked(one) for one in team])
    except InvalidInputError as error:
        raise RecordError(str(error)) from None
    return columns


def _is_same(field: str, text: str, present: str) -> bool:
    """Whether two texts of a field say the same; amounts by value."""
    if text == present:
        return True
    if field == "value" and text and present:
        return money.parse_amount(text)[0] == money.parse_amount(present)[0]
    return " ".join(text.split()) == " ".join(present.split()) and field != "notes"


def _checked(person: TeamMember) -> TeamMember:
    return decisions.read_contact({"name": person.name, "phone": person.phone, "email": person.email})


def names_of_others(kept: Mapping[str, Any], own_name: str, ours: Mapping[str, Any] | None) -> list[str]:
    """Names in an imported object `refterm` that are neither one's own nor on the desk in the same place already."""
    return [
        field
        for field in NAMES
        if (name := kept.get(field)) not in (None, own_name) and (ours is None or ours.get(field) != name)
    ]
