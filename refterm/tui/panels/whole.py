"""Everything known of the referral that a form is about, above the form."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from refterm.i18n import _
from refterm.text import width
from refterm.tui.draw.detail import Shown, full
from refterm.tui.draw.row import Look
from refterm.tui.draw.themes import DIM
from refterm.tui.forms import parts
from refterm.tui.panels.panel import Panel

_STYLES = {
    "strong": "bold",
    "dim": DIM,
    "late": "$desk-late",
    "soon": "$desk-soon",
    "flame": "$desk-flame",
}


class WholeScreen(Panel):
    """The lines of the full detail; f2 closes it, too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f2", "close", show=False)]

    def __init__(self, shown: Shown, look: Look) -> None:
        name = parts.named(shown.referral.id, shown.referral.customer.company)
        super().__init__(_("All details"), look.signs.sanitize(name), look.signs, cells=118)
        # Links and the keys that copy belong to the desk.
        self._shown, self._look = shown, look._replace(links=None)

    def lines(self, cells: int) -> list[Content]:
        """As in the full detail."""
        return [
            Content.assemble(
                *((" " * width(text) if style == "key" else text, _STYLES.get(style, "")) for text, style in line)
            )
            for line in full(self._shown, cells, self._look)
        ]
