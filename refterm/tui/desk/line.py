"""A bar of one line. Textual's Header, Tabs and Footer cost more than a quarter of the start; this costs next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip

from refterm.text import display, width
from refterm.tui.draw.lines import BAR_STYLES, bar
from refterm.tui.draw.row import Piece
from refterm.tui.textual_quirks import Still


def _cells(pieces: list[Piece]) -> int:
    return sum(width(text) for text, _style in pieces)


class Line(Still):
    """Pieces of text on one line; drawn anew only when they change."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{style}" for style in BAR_STYLES}
    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; }
    """

    def __init__(self, *, id: str, ellipsis: str = "…", sanitize: Callable[[str], str] = display) -> None:  # noqa: A002
        """
        Args:
            id: its name on the screen.
            ellipsis: what stands where a text is cut.
            sanitize: escapes a text for this terminal; done here, so that no caller can forget it.
        """
        super().__init__(id=id)
        self._sanitize = sanitize
        self._left: list[Piece] = []
        self._right: list[Piece] = []
        self._actions: tuple[str, ...] = ()
        self._all_do = ""
        self._ellipsis = ellipsis

    def show(
        self, left: list[Piece], right: list[Piece] | None = None, *, actions: Sequence[str] = (), all_do: str = ""
    ) -> None:
        """Show pieces from the left, and others at the right end.

        Args:
            left: the pieces.
            right: those at the right end.
            actions: what a click on each of the left pieces does, as far as there are any.
            all_do: what a click anywhere else does.
        """
        self._actions, self._all_do = tuple(actions), all_do
        shown = self._clean(left), self._clean(right or [])
        if shown == (self._left, self._right):
            return
        ends = max(_cells(self._right), _cells(shown[1]))
        only_right = shown[0] == self._left and _cells(self._right) == _cells(shown[1])
        self._left, self._right = shown
        if only_right:
            self.refresh(Region(self.size.width - ends, 0, ends, 1))
        else:
            self.refresh()

    async def on_click(self, event: events.Click) -> None:
        """Do what the piece that was clicked stands for."""
        action, at = self._all_do, event.x
        for (text, _style), does in zip(self._left, self._actions, strict=False):
            at -= width(text)
            if at < 0:
                action = does
                break
        if action:
            event.stop()
            await self.app.run_action(action, self.screen)

    def _clean(self, pieces: list[Piece]) -> list[Piece]:
        return [(self._sanitize(text), style) for text, style in pieces]

    @property
    def text(self) -> str:
        """What it shows, for tests and for telling whether anything stands there."""
        return "".join(piece for piece, _style in (*self._left, *self._right))

    def render_line(self, y: int) -> Strip:
        """The line, cut at the right end of its left part."""
        cells = self.size.width
        drawn = bar(self._left, self._right, cells, self._ellipsis)
        segments = [Segment(text, self._style(style)) for text, style in drawn]
        return Strip(segments).adjust_cell_length(cells, self._style("plain"))

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"line--{name}")
