"""A frame with lines of which some can be chosen: insights, profiles and similar deals are shown in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content

from refterm.errors import RefTermError
from refterm.text import as_sentence, fit, width
from refterm.tui.draw.signs import Signs
from refterm.tui.draw.table import table
from refterm.tui.draw.themes import DIM
from refterm.tui.panels.panel import Panel

_STYLES = {"plain": "", "strong": "bold", "dim": DIM}
SIGN = "> "


class Item(NamedTuple):
    """One line: its pieces, each a text and a style; with a key it can be chosen. Lines of one key belong together."""

    pieces: Sequence[tuple[str, str]] = ()
    key: int | None = None


class Chooser(Panel):
    """The cursor goes from one that can be chosen to the next; the frame scrolls along."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "step(1)", show=False, priority=True),
        Binding("k,up", "step(-1)", show=False, priority=True),
        Binding("enter", "choose", show=False, priority=True),
    ]

    def __init__(self, title: str, beside: str, signs: Signs, *, cells: int = 100, keys: str = "") -> None:
        super().__init__(title, beside, signs, cells=cells, keys=keys)
        self.chosen = 0
        self.message = ""
        self._keys_at: list[int | None] = []
        self._cells_now = cells

    def items(self, cells: int) -> list[Item]:
        """What to show, each line at most so many cells wide."""
        raise NotImplementedError

    def act(self, key: int) -> None:
        """Enter was pressed on one, or it was clicked."""
        raise NotImplementedError

    def rows(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], cells: int, right: frozenset[int] = frozenset()
    ) -> list[Item]:
        """Rows in columns under their heads, of which each can be chosen by its number."""
        shown = [[self._signs.sanitize(text) for text in row] for row in rows]
        head, *lines = table(heads, shown, cells, right=right, ellipsis=self._signs.ellipsis)
        return [Item([(head, "dim")]), *(Item([(line, "plain")], number) for number, line in enumerate(lines))]

    def sentence(self, text: str, cells: int, style: str = "plain") -> list[Item]:
        """A sentence on as many lines as it needs."""
        return [
            Item([(part.plain.rstrip(), style)]) for part in Content(self._signs.sanitize(text)).wrap(max(cells, 10))
        ]

    def lines(self, cells: int) -> list[Content]:
        """The items; the chosen one is marked by a sign and over the whole width, never by colour alone."""
        self._cells_now = cells
        items = self.items(max(cells - width(SIGN), 8))
        keys = list(dict.fromkeys(item.key for item in items if item.key is not None))
        self.chosen = max(0, min(self.chosen, len(keys) - 1))
        here = keys[self.chosen] if keys else None
        self._keys_at = [item.key for item in items]
        under = f"bold on $desk-cursor{' reverse' if self.app.no_color else ''}"
        lines = []
        before: int | None = None
        for item in items:
            marked = item.key is not None and item.key == here
            sign = SIGN if marked and before != item.key else " " * width(SIGN)
            before = item.key
            line = Content.assemble(sign, *((text, _STYLES[style]) for text, style in self._cut(item, cells)))
            line = Content.assemble(line, " " * max(cells - line.cell_length, 0))
            lines.append(line.stylize(under) if marked else line)
        return lines

    def _cut(self, item: Item, cells: int) -> list[tuple[str, str]]:
        """The pieces of a line as far as they fit."""
        room, drawn = cells - width(SIGN), []
        for raw, style in item.pieces:
            text = self._signs.sanitize(raw)
            if width(text) > room:
                drawn.append((fit(text, room, ellipsis=self._signs.ellipsis), style))
                break
            drawn.append((text, style))
            room -= width(text)
        return drawn

    def fail(self, error: RefTermError) -> None:
        """Show an error instead of the message."""
        self.message = as_sentence(str(error))
        self.draw()

    def draw(self) -> None:
        """Show the items as they are now."""
        self._text.update(Content("\n").join(self.lines(self._cells_now)))

    @property
    def keys(self) -> list[int]:
        """The keys of what can be chosen."""
        return list(dict.fromkeys(key for key in self._keys_at if key is not None))

    def action_step(self, by: int) -> None:
        """Go to another one; where none can be chosen, scroll."""
        count = len(self.keys)
        if not count or (by < 0 and self.chosen == 0):
            self.action_scroll(by)
            return
        self.chosen = max(0, min(self.chosen + by, count - 1))
        self.draw()
        body = self.body
        line = self._keys_at.index(self.keys[self.chosen])
        if not body.scroll_y <= line < body.scroll_y + body.size.height - 1:
            body.scroll_to(y=max(0, line - body.size.height // 2), animate=False)

    def action_choose(self) -> None:
        """Take the one under the cursor."""
        keys = self.keys
        if keys and self.app.screen is self:
            self.act(keys[min(self.chosen, len(keys) - 1)])

    def on_click(self, event: events.Click) -> None:
        """Take the one that was clicked."""
        if event.widget is self._text and event.y < len(self._keys_at):
            key = self._keys_at[event.y]
            if key is not None:
                self.chosen = self.keys.index(key)
                self.draw()
                self.action_choose()
