"""The message line below the list: what happened last, and how long a decision can be undone (U1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from textual.geometry import Size

from refterm.domain.deadline import SECOND
from refterm.i18n import _
from refterm.text import display, one_point
from refterm.tui.actions import keys_of
from refterm.tui.draw.row import Piece

SAID_FOR = timedelta(seconds=8)
LEAST = Size(80, 24)


class _Said(NamedTuple):
    sentence: str
    style: str
    until: datetime


class Messages:
    """The sentence said last, and the decision that can still be undone."""

    def __init__(self, undo_seconds: int) -> None:
        self._undo_span = timedelta(seconds=undo_seconds)
        self._said: _Said | None = None
        self._undo: _Said | None = None
        self._next: _Said | None = None  # waits until what is said now was read
        self._kept = False

    def say(self, sentence: str, style: str, now: datetime, *, undo: bool = False) -> None:
        """Say something for some seconds; with `undo`, count down how long it can be undone."""
        self._said, self._next, self._kept = _Said(one_point(sentence), style, now + SAID_FOR), None, False
        if undo and self._undo_span:
            self._undo = _Said(one_point(sentence), "dim", now + self._undo_span)

    def keep(self) -> None:
        """Let news wait until the sentence said last was read."""
        self._kept = True

    def must_wait(self, sentence: str, style: str, now: datetime) -> bool:
        """Whether this sentence has to wait for one that is kept; if so, it is said then."""
        if not self._kept or self._said is None or self._said.until <= now:
            return False
        self._next = _Said(one_point(sentence), style, self._said.until + SAID_FOR)
        return True

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
        while self._said and self._said.until <= now:
            self._said, self._next, self._kept = self._next, None, False
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
