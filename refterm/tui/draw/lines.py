"""Whole lines of the list and the bars, from their pieces. Pure: the widgets and the first page draw with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from refterm.text import fit, width
from refterm.tui.draw.row import Piece

S = TypeVar("S")
Styled = list[tuple[str, S]]

BAR_STYLES = ("plain", "strong", "dim", "key", "chosen", "late", "soon", "flame", "rule")
LIST_STYLES = ("plain", "customer", "strong", "dim", "mark", "late", "soon", "flame", "cursor", "header", "thumb")
_SAME_ON_CURSOR = ("dim", "customer", "strong")


def bar(left: Sequence[Piece], right: Sequence[Piece], cells: int, ellipsis: str) -> list[Piece]:
    """A bar: pieces from the left, cut where there is no room, and others at the right end, where they fit."""
    needed = sum(width(text) for text, _style in right)
    room = max(0, cells - needed - (1 if needed else 0))
    drawn: list[Piece] = []
    for text, style in left:
        size = width(text)
        if size > room:
            text, size = fit(text, room, ellipsis=ellipsis), room
        drawn.append((text, style))
        room -= size
        if room <= 0:
            break
    if right and needed <= cells:
        drawn += [(" " * (room + 1), "plain"), *right]
    return drawn


def under_cursor(style: str) -> str:
    """The style of a piece in the cursor's row: dim letters are hard to read there, and all of the row is bold."""
    return "plain" if style in _SAME_ON_CURSOR else style


def has_thumb(line: int, lines: int, top: int, count: int) -> bool:
    """Whether the scrollbar's thumb is beside a line of the list.

    Args:
        line: which, from 0.
        lines: how many rows there is room for.
        top: the row in the first line.
        count: how many rows there are.
    """
    if count <= lines or not lines:
        return False
    size = max(1, lines * lines // count)
    start = (lines - size) * top // max(1, count - lines)
    return start <= line < start + size


def filled(drawn: Sequence[tuple[str, S]], cells: int, plain: S) -> Styled[S]:
    """A line with blanks up to its end.

    Raises:
        ValueError: when it is longer already.
    """
    left = cells - sum(width(text) for text, _style in drawn)
    if left < 0:
        raise ValueError("the line is too long")
    return [*drawn, (" " * left, plain)]


def joined(drawn: Sequence[tuple[str, S]]) -> Styled[S]:
    """Join pieces of the same style; blanks join either side.

    Each piece costs some forty bytes of colours; a move of the cursor sends two rows (measured: 1,670 bytes before, now 700).
    """
    found: Styled[S] = []
    for text, style in drawn:
        before, last = found[-1] if found else ("", style)
        if found and (last == style or text.isspace() or not text):
            found[-1] = (before + text, last)
        elif found and before.isspace():
            found[-1] = (before + text, style)
        else:
            found.append((text, style))
    return found
