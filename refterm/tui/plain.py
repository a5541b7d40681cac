"""For terminals without colour or without UTF-8: what Textual itself draws, made as plain as the desk's own parts."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.scrollbar import ScrollBarRender


class NoColours(LineFilter):
    """No colour at all, as NO_COLOR asks; Textual's own filter turns colours into greys, which are colours too."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with bold, reverse and underline, and nothing else."""
        return [Segment(text, style and style.without_color, control) for text, style, control in segments]


class AsciiScrollBar(ScrollBarRender):
    """A scrollbar without the block letters that smooth its ends."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8
