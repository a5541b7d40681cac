"""Lines to read after something was done, such as what an import refused."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from refterm.tui.draw.signs import Signs
from refterm.tui.panels.panel import Panel


class Told(Panel):
    """Lines that scroll."""

    def __init__(self, title: str, told: Sequence[str], signs: Signs) -> None:
        super().__init__(title, "", signs)
        self._told = told

    def lines(self, cells: int) -> list[Content]:
        """The lines, wrapped."""
        return [part for line in self._told for part in Content(self._signs.sanitize(line)).wrap(max(cells, 10))]
