"""A frame with lines to read and scroll: what the history and the help are shown in."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from refterm.i18n import _
from refterm.text import width
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

    def __init__(self, title: str, beside: str, signs: Signs, *, cells: int = 92, keys: str = "") -> None:
        """
        Args:
            title: at the left of the frame.
            beside: at its right, already fit for display.
            signs: how this terminal draws.
            cells: how wide it is where there is room.
            keys: what can be done here, for the frame's lower edge.
        """
        super().__init__(classes="form")
        self._title, self._beside, self._signs, self._cells = title, beside, signs, cells
        self._keys = keys or _("escape closes")
        self._text = Static(Content(""), id="panel-text")

    def lines(self, cells: int) -> list[Content]:
        """What to show, each line at most so many cells wide."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The lines, scrolling."""
        body = VerticalScroll(self._text, id="panel-body", classes="panel")
        body.styles.width = self._cells
        yield body

    def fit(self, size: Size) -> None:
        """Fit into a terminal of a size."""
        self._text.update(Content("\n").join(self.lines(self._room(size.width))))
        self.set_beside(self._beside)
        self._show_keys()

    def _room(self, columns: int) -> int:
        """The cells of a line in a terminal so wide."""
        return max(min(self._cells, columns) - _SIDES, 20)

    def set_beside(self, text: str) -> None:
        """Say something at the right of the title."""
        self._beside = text
        self.body.border_title = frame_title(self._title, text, self._room(self.app.size.width) + 1, self._signs)

    def set_keys(self, keys: str) -> None:
        """Say what can be done here."""
        if keys != self._keys:
            self._keys = keys
            self._show_keys()

    def _show_keys(self) -> None:
        """As many of the keys as there is room for, and how the panel closes."""
        *shown, closing = self._keys.split("   ")
        while shown and width("   ".join([*shown, closing])) > self._room(self.app.size.width):
            shown.pop()
        self.body.border_subtitle = Content.styled("   ".join([*shown, closing]), DIM)

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
