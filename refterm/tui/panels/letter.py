"""A whole letter as the customer gets it, to read."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from refterm.i18n import _
from refterm.tui.draw.signs import Signs
from refterm.tui.panels.panel import Panel


class LetterScreen(Panel):
    """The letter's lines; ctrl+l closes it, too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+l", "close", show=False)]

    def __init__(self, letter: str, signs: Signs) -> None:
        super().__init__(_("The letter"), "", signs, cells=80)
        self._letter = letter

    def lines(self, cells: int) -> list[Content]:
        """The letter, wrapped."""
        return [
            line
            for text in self._letter.splitlines()
            for line in (Content(self._signs.sanitize(text)).wrap(cells) or [Content("")])
        ]
