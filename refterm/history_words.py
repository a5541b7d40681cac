"""A history entry in words: what was done, and each value before and after (T4). Shared by command line and screens.

Texts from outside come out as they are; the caller sanitizes them for its terminal.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from refterm.domain import reasons
from refterm.domain.history import Action, Entry
from refterm.domain.money import show_money
from refterm.domain.when import date_text, moment_text
from refterm.i18n import _, decimal_mark
from refterm.text import display
from refterm.words import PARTNER_CENTER, action_word, field_word, standing_word

_EMPTY: tuple[Any, ...] = (None, [], "")
_CURRENCY, _VALUE = "deal.currency", "deal.value"
# What the sentence of the entry says already, or what an instant of the entry repeats.
_NAMES = {"decided_by", "closed_by", "contacted_by", "assigned_by"}


def entry_word(entry: Entry) -> str:
    """What an entry records, which way a mark went, and where a referral came from."""
    changes = entry.changes
    if entry.action == Action.CONTACTED:
        back = changes.get("contacted_at", (None, None))[1] is None
        return _("customer contacted: taken back") if back else _("customer contacted")
    if entry.action == Action.UNDONE and changes.get("undone", (None, None))[1] == Action.REPLIED:
        return _("reply taken back")
    if entry.action == Action.IMPORTED:
        return _("came in") if entry.by == PARTNER_CENTER else _("came in (import)")
    return action_word(entry.action)


def change_lines(entry: Entry, zone: tzinfo | None, arrow: str = "->") -> list[str]:
    """A line for each value that an entry changed: `value: 12,500.00 EUR -> 13,000.00 EUR`.

    What the entry itself says, who and when, is left out; a currency stands with its value.
    """
    lines = []
    for field, (before, after) in entry.changes.items():
        if _said(entry, field, before, after):
            continue
        if field == "note":
            lines.append(_plain(str(after)))
            continue
        if isinstance(after, list) and isinstance(before, list):
            gone = [f"- {_value(field, one, entry.at, zone)}" for one in before if one not in after]
            come = [f"+ {_value(field, one, entry.at, zone)}" for one in after if one not in before]
            lines.append(f"{field_word(field)}: {', '.join(gone + come)}")
            continue
        one, other = (_shown(entry, field, place, zone) for place in (0, 1))
        # What is the same before and after says of what the entry is, such as a profile's name.
        alone = before in _EMPTY or before == after
        lines.append(f"{field_word(field)}: {other}" if alone else f"{field_word(field)}: {one} {arrow} {other}")
    return lines


def _said(entry: Entry, field: str, before: Any, after: Any) -> bool:
    if field in _NAMES and entry.by in (before, after):
        return True
    if field == "taken_by" and entry.action in (Action.TAKEN, Action.RELEASED) and entry.by in (before, after):
        return True
    if field == "undone" and entry.action == Action.UNDONE:
        return True
    if field == _CURRENCY and _VALUE in entry.changes:
        return True
    return _instant(before if after is None else after) == entry.at


def _shown(entry: Entry, field: str, place: int, zone: tzinfo | None) -> str:
    value = entry.changes[field][place]
    if field == _VALUE and value not in _EMPTY:
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            return _plain(str(value))
        currency = entry.changes.get(_CURRENCY, (None, None))[place]
        return show_money(amount, currency, decimal_mark())
    return _value(field, value, entry.at, zone)


def _value(field: str, value: Any, at: datetime, zone: tzinfo | None) -> str:
    """A value in words; an instant has its year where it is another than that of the entry, which was written at `at`."""
    if value in _EMPTY:
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return " ".join(_value(field, part, at, zone) for part in value.values() if part)
    if isinstance(value, list):
        return ", ".join(_value(field, one, at, zone) for one in value)
    if not isinstance(value, str):
        return str(value)
    if field == "reason" and value in reasons.REASONS:
        return reasons.label(value)
    if field == "status" and value == "archived":
        return _("archived")
    if field in ("status", "outcome", "source") and standing_word(value):
        return standing_word(value)
    if instant := _instant(value):
        return moment_text(instant, at, zone)
    if day := _day(value):
        return date_text(day)
    return _plain(value)


def _plain(text: str) -> str:
    return display(" ".join(text.split()))


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str) or not value.endswith("Z") or "T" not in value:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _day(value: str) -> date | None:
    if len(value) != len("2026-03-10"):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
