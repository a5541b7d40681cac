"""Reason and notes, which declining (I6) and losing (A1) ask alike."""

from __future__ import annotations

from refterm.domain import reasons
from refterm.i18n import _
from refterm.tui.forms.fields import FieldSpec


def refusal_fields() -> list[FieldSpec]:
    """The eight reasons with the numbers of Partner Center, and notes."""
    options = [(code, reasons.label(code)) for code in reasons.CODES]
    return [
        FieldSpec("reason", _("Reason"), "choice", options=options),
        FieldSpec("notes", _("Notes"), "notes", placeholder=_("optional, but required with Others")),
    ]
