"""A frame with lines of which some can be chosen: insights and profiles are shown in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from refterm.errors import RefTermError
from refterm.tui.draw.signs import Signs
from refterm.tui.panels.panel import Panel


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines that belong together; with a key they can be chosen."""

    lines: Sequence[str]
    key: int | None = None
    style: str = ""


class Chooser(Panel):
    """The cursor goes from one that can be chosen to the next; the frame scrolls along."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "step(1)", show=False, priority=True),
        Binding("k,up", "step(-1)", show=False, priority=True),
        Binding("enter", "choose", show=False, priority=True),
    ]

    def __init__(self, title: str, beside: str, signs: Signs, *, cells: int = 100) -> None:
        super().__init__(title, beside, signs, cells=cells)
        self.chosen = 0
        self.message = ""
        self._starts: list[int] = []
        self._cells_now = cells

    def blocks(self) -> list[Block]:
        """What to show."""
        raise NotImplementedError

    def act(self, key: int) -> None:
        """Enter was pressed on a block."""
        raise NotImplementedError

    def lines(self, cells: int) -> list[Content]:
        """The blocks; the chosen one is marked by a sign, never by colour alone."""
        self._cells_now = cells
        lines: list[Content] = []
        self._starts = []
        number = 0
        for block in self.blocks():
            marked = False
            if block.key is not None:
                marked, number = number == self.chosen, number + 1
                self._starts.append(len(lines))
            style = "reverse" if marked else block.style
            sign = "> " if marked else "  "
            for text in block.lines:
                for part in Content(self._signs.sanitize(text)).wrap(max(cells - 2, 10)) or [Content("")]:
                    lines.append(Content.styled(sign + part.plain.rstrip(), style))
                    sign = "  "
        return lines

    def fail(self, error: RefTermError) -> None:
        """Show an error instead of the message."""
        self.message = str(error)
        self.draw()

    def draw(self) -> None:
        """Show the blocks as they are now."""
        self._text.update(Content("\n").join(self.lines(self._cells_now)))

    @property
    def keys(self) -> list[int]:
        """The keys of the blocks that can be chosen."""
        return [block.key for block in self.blocks() if block.key is not None]

    def action_step(self, by: int) -> None:
        """Go to another one; where none can be chosen, scroll."""
        count = len(self.keys)
        if not count or (by < 0 and self.chosen == 0):
            self.action_scroll(by)
            return
        self.chosen = max(0, min(self.chosen + by, count - 1))
        self.draw()
        body = self.body
        line = self._starts[self.chosen]
        if not body.scroll_y <= line < body.scroll_y + body.size.height - 1:
            body.scroll_to(y=max(0, line - body.size.height // 2), animate=False)

    def action_choose(self) -> None:
        """Take the one under the cursor."""
        keys = self.keys
        if keys and self.app.screen is self:
            self.act(keys[min(self.chosen, len(keys) - 1)])
