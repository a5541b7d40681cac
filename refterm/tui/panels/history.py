"""The history of one referral: who did what and when, with the values before and after (T4)."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from textual.content import Content

from refterm.domain import reasons
from refterm.domain.history import Entry
from refterm.i18n import _
from refterm.tui.draw.signs import Signs
from refterm.tui.draw.themes import DIM
from refterm.tui.forms import parts
from refterm.tui.office import Office
from refterm.tui.panels.panel import Panel
from refterm.words import action_word, field_word

_INDENT = 4


class HistoryScreen(Panel):
    """The history entries of a referral, the latest first."""

    def __init__(self, office: Office, referral_id: int, company: str) -> None:
        super().__init__(_("History"), parts.named(referral_id, company), office.signs)
        self._entries = list(office.desk.history(referral_id))[::-1]
        self._zone = office.workplace.zone

    def lines(self, cells: int) -> list[Content]:
        """A line for each entry, and one for each value under it."""
        lines: list[Content] = []
        for entry in self._entries:
            lines.append(self._head(entry))
            for text in entry_lines(entry, self._zone, self._signs):
                wrapped = Content(text).wrap(cells - _INDENT)
                lines += [Content.assemble((" " * _INDENT, ""), (line.plain.rstrip(), DIM)) for line in wrapped]
        return lines or [Content(_("Nothing has happened yet."))]

    def _head(self, entry: Entry) -> Content:
        at = entry.at.astimezone(self._zone)
        who = entry.by if entry.by == entry.login else _("{by} (login {login})").format(by=entry.by, login=entry.login)
        name = self._signs.sanitize(parts.plain_line(who))
        return Content.assemble(f"{at:%Y-%m-%d %H:%M}  ", (action_word(entry.action), "bold"), "  ", name)


def entry_lines(entry: Entry, zone: tzinfo | None, signs: Signs) -> list[str]:
    """The values that an entry changed: `value: 12500 -> 13000`. A value that the head shows already is left out."""
    lines = []
    for field, (before, after) in entry.changes.items():
        at = _instant(before if after is None else after)
        if entry.by in (before, after) or at == entry.at:
            continue
        if isinstance(after, list) and isinstance(before, list):
            changed = [("-", one) for one in before if one not in after] + [
                ("+", one) for one in after if one not in before
            ]
            values = ", ".join(f"{sign} {_value(field, one, zone)}" for sign, one in changed)
            lines.append(signs.sanitize(f"{field_word(field)}: {values}"))
            continue
        text = _value(field, after, zone)
        if field == "note":
            lines.append(signs.sanitize(text))
            continue
        if before not in (None, [], ""):
            text = f"{_value(field, before, zone)} {'->' if signs.rule == '-' else '→'} {text}"
        lines.append(signs.sanitize(f"{field_word(field)}: {text}"))
    return lines


def _value(field: str, value: Any, zone: tzinfo | None) -> str:
    if value in (None, [], ""):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values() if part)
    if isinstance(value, list):
        return ", ".join(_value(field, one, zone) for one in value)
    if field == "reason" and value in reasons.REASONS:
        return reasons.label(value)
    at = _instant(value)
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else parts.plain_line(str(value))


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str) or not value.endswith("Z") or "T" not in value:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
