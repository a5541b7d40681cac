"""A frame with lines to read and scroll: what the history and the help are shown in."""

from __future__ import annotations

from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from refterm.i18n import _
from refterm.tui.draw.signs import Signs
from refterm.tui.draw.themes import DIM
from refterm.tui.forms.frame import frame_title
from refterm.tui.textual_quirks import StillBelow

# Cells of the frame at both sides, with padding and scroll bar.
_SIDES = 7


class Panel(StillBelow, ModalScreen[None]):
    """Lines in a frame. The keys of the list scroll them; escape and q close."""

    AUTO_FOCUS = "#panel-body"
    body = getters.query_one("#panel-body", VerticalScroll)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
        Binding("space,ctrl+f", "page(1)", show=False),
        Binding("ctrl+b", "page(-1)", show=False),
        Binding("g", "edge(False)", show=False),
        Binding("G", "edge(True)", show=False),
    ]

    def __init__(self, title: str, beside: str, signs: Signs, *, cells: int = 92) -> None:
        """
        Args:
            title: at the left of the frame.
            beside: at its right, already fit for display.
            signs: how this terminal draws.
            cells: how wide it is where there is room.
        """
        super().__init__(classes="form")
        self._title, self._beside, self._signs, self._cells = title, beside, signs, cells
        self._text = Static(Content(""), id="panel-text")

    def lines(self, cells: int) -> list[Content]:
        """What to show, each line at most so many cells wide."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The lines, scrolling."""
        body = VerticalScroll(self._text, id="panel-body", classes="panel")
        body.styles.width = self._cells
        body.border_subtitle = Content.styled(_("escape closes"), DIM)
        yield body

    def on_resize(self, event: events.Resize) -> None:
        """Fit into the terminal."""
        cells = max(min(self._cells, event.size.width) - _SIDES, 20)
        self._text.update(Content("\n").join(self.lines(cells)))
        self.body.border_title = frame_title(self._title, self._beside, cells + 1, self._signs)

    def action_close(self) -> None:
        """Close."""
        if self.app.screen is self:
            self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.body.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        body = self.body
        body.scroll_relative(y=pages * max(body.size.height - 1, 1), animate=False)

    def action_edge(self, end: bool) -> None:
        """Scroll to the beginning or the end."""
        body = self.body
        if end:
            body.scroll_end(animate=False)
        else:
            body.scroll_home(animate=False)
