"""The message line below the list: what happened last, and how long a decision can be undone (U1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from textual.geometry import Size

from refterm.domain.deadline import SECOND
from refterm.i18n import _
from refterm.text import display
from refterm.tui.actions import keys_of
from refterm.tui.draw.row import Piece

SAID_FOR = timedelta(seconds=8)
LEAST = Size(80, 24)


@dataclass(frozen=True, slots=True)
class _Said:
    sentence: str
    style: str
    until: datetime


class Messages:
    """The sentence said last, and the decision that can still be undone."""

    def __init__(self, undo_seconds: int) -> None:
        self._undo_span = timedelta(seconds=undo_seconds)
        self._said: _Said | None = None
        self._undo: _Said | None = None

    def say(self, sentence: str, style: str, now: datetime, *, undo: bool = False) -> None:
        """Say something for some seconds; with `undo`, count down how long it can be undone."""
        self._said = _Said(sentence, style, now + SAID_FOR)
        if undo and self._undo_span:
            self._undo = _Said(sentence, "dim", now + self._undo_span)

    def forget_undo(self) -> None:
        """Stop counting down: it was undone."""
        self._undo = None

    def next_change(self, now: datetime) -> datetime | None:
        """When what it says next changes by itself."""
        moments = [self._said.until] if self._said else []
        if self._undo:
            seconds = -((now - self._undo.until) // SECOND)
            moments.append(self._undo.until - (seconds - 1) * SECOND)
        return min(moments, default=None)

    def pieces(self, now: datetime, size: Size) -> tuple[list[Piece], list[Piece]]:
        """The sentence, and the seconds at its right; in a terminal that is too small, that this is so."""
        if self._said and self._said.until <= now:
            self._said = None
        if self._undo and self._undo.until <= now:
            self._undo = None
        right: list[Piece] = []
        if self._undo:
            seconds = -(-(self._undo.until - now) // SECOND)
            right = [(keys_of("undo"), "key"), (" " + _("undo {n} s").format(n=seconds) + " ", "plain")]
        if shown := self._said or self._undo:
            return [(" " + display(shown.sentence), shown.style)], right
        if size.width < LEAST.width or size.height < LEAST.height:
            small = _("{w}x{h} is small: the detail needs 80x24").format(w=size.width, h=size.height)
            return [(" " + small, "soon")], right
        return [], right
