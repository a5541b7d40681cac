"""For terminals without colour or without UTF-8: what Textual itself draws, made as plain as the desk's own parts."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.scrollbar import ScrollBarRender

from refterm.text import ascii_only, width


class NoColours(LineFilter):
    """No colour at all, as NO_COLOR asks; Textual's own filter turns colours into greys, which are colours too."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with bold, reverse and underline, and nothing else."""
        return [Segment(text, style and style.without_color, control) for text, style, control in segments]


class AsciiScrollBar(ScrollBarRender):
    """A scrollbar without the block letters that smooth its ends."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class AsciiLetters(LineFilter):
    """Nothing but ASCII, whatever draws it: fields hold customers' texts with every letter they have.

    The desk's own parts draw ASCII by themselves and know its width; this keeps the width, so that a field's cursor
    stands where it should.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments with each letter's likeness, or question marks, as wide as it was."""
        return [
            segment if segment.text.isascii() else Segment(_as_wide(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def _as_wide(text: str) -> str:
    return "".join(
        letter if letter.isascii() else ascii_only(letter)[: width(letter)].ljust(width(letter), "?") for letter in text
    )
