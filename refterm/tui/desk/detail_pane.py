"""The selected referral: a pane with the list, or the whole screen. Draws only the lines that changed."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from refterm.tui.draw.detail import Shown, compact, full, pane
from refterm.tui.draw.links import LINK
from refterm.tui.draw.row import Look
from refterm.tui.draw.sheet import Lines
from refterm.tui.textual_quirks import Covered, Still

LOW = 7
STYLES = ("plain", "strong", "dim", "key", "late", "soon", "flame", "chosen")


class Body(Covered, Widget):
    """Holds the list and the detail, which cover it."""


class DetailPane(Still, can_focus=True):
    """One referral in lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"detail--{style}" for style in STYLES}
    DEFAULT_CSS = """
    DetailPane { width: 1fr; }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.whole = False
        self._shown: Shown | None = None
        self._look: Look | None = None
        self._lines: Lines = []
        self._top = 0

    def show(self, shown: Shown | None, look: Look) -> None:
        """Show a referral, or nothing; another one from its top."""
        same = shown and self._shown and shown.referral.id == self._shown.referral.id
        if not same:
            self._top = 0
        self._shown, self._look = shown, look
        self._lay_out()

    @property
    def referral_id(self) -> int | None:
        """The referral it shows."""
        return self._shown.referral.id if self._shown else None

    @property
    def shown(self) -> Shown | None:
        """What it shows."""
        return self._shown

    def update_times(self, look: Look) -> None:
        """Draw anew the lines whose times read otherwise now."""
        if self._shown:
            self._look = look
            self._lay_out()

    def scroll_lines(self, lines: int) -> None:
        """Scroll by some lines."""
        top = max(0, min(self._top + lines, len(self._lines) - self.size.height))
        if top != self._top:
            self._top = top
            self.refresh()

    def show_chosen(self) -> None:
        """Bring the contact under the cursor into sight."""
        chosen = [number for number, line in enumerate(self._lines) if any(style == "chosen" for _text, style in line)]
        if chosen and not self._top <= chosen[0] < self._top + self.size.height:
            self.scroll_lines(chosen[0] - self._top - self.size.height // 2)

    def _lay_out(self) -> None:
        lines: Lines = []
        if self._shown and self._look and self.size.width:
            make = full if self.whole else compact if self.size.height < LOW else pane
            lines = make(self._shown, self.size.width - 1, self._look)
        before, self._lines = self._lines, lines
        self._top = max(0, min(self._top, len(lines) - self.size.height))
        longest = max(len(before), len(lines))
        for number in range(longest):
            old = before[number] if number < len(before) else []
            new = lines[number] if number < len(lines) else []
            if old != new:
                self.refresh(Region(0, number - self._top, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line."""
        number = self._top + y
        drawn = self._lines[number] if number < len(self._lines) else []
        hidden = len(self._lines) - self.size.height - self._top
        if y == self.size.height - 1 and hidden > 0 and self._look and not self.whole:
            drawn = [*drawn, (" " + self._look.signs.ellipsis, "dim")]
        segments = [Segment(text, self._style(name)) for text, name in drawn]
        return Strip(segments).adjust_cell_length(self.size.width, self._style("plain"))

    def on_resize(self, event: events.Resize) -> None:
        """Lay the lines out anew."""
        self._lines = []
        self._lay_out()
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.scroll_lines(-3)

    def _style(self, name: str) -> Style:
        if name.startswith(LINK):
            return self._style("plain") + _linked(name.removeprefix(LINK))
        return self.get_component_rich_style(f"detail--{name}")


@lru_cache(256)
def _linked(url: str) -> Style:
    """The style of a link; the same at every drawing, so that nothing is written anew."""
    return Style(link=url)
