"""The history of one referral: who did what and when, with the values before and after (T4)."""

from __future__ import annotations

from textual.content import Content

from refterm.domain.history import Entry
from refterm.domain.when import moment_text
from refterm.history_words import change_lines, entry_word
from refterm.i18n import _
from refterm.text import width
from refterm.tui.draw.themes import DIM
from refterm.tui.forms import parts
from refterm.tui.panels.panel import Panel
from refterm.tui.session import Session

_INDENT = 4


class HistoryScreen(Panel):
    """The history entries of a referral, the latest first."""

    def __init__(self, session: Session, referral_id: int, company: str) -> None:
        super().__init__(_("History"), parts.named(referral_id, company), session.signs)
        self._entries = list(session.desk.history(referral_id))[::-1]
        self._zone = session.workplace.zone
        self._now = session.workplace.now()

    def lines(self, cells: int) -> list[Content]:
        """A line for each entry, and one for each value under it."""
        lines: list[Content] = []
        times = [moment_text(entry.at, self._now, self._zone) for entry in self._entries]
        column = max(map(width, times), default=0)
        arrow = "->" if self._signs.rule == "-" else "→"
        for entry, time in zip(self._entries, times, strict=True):
            lines.append(self._head(entry, " " * (column - width(time)) + time))
            for text in change_lines(entry, self._zone, arrow):
                wrapped = Content(self._signs.sanitize(text)).wrap(cells - _INDENT)
                lines += [Content.assemble((" " * _INDENT, ""), (line.plain.rstrip(), DIM)) for line in wrapped]
        return lines or [Content(_("Nothing has happened yet."))]

    def _head(self, entry: Entry, time: str) -> Content:
        who = entry.by if entry.by == entry.login else _("{by} (login {login})").format(by=entry.by, login=entry.login)
        name = self._signs.sanitize(parts.plain_line(who))
        return Content.assemble(f"{time}  ", (entry_word(entry), "bold"), "  ", name)
