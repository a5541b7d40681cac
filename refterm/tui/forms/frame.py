"""What frames the fields of a form: its title, lines to know before, and the footer with message and button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from refterm.i18n import _
from refterm.text import fit, width
from refterm.tui.draw.signs import Signs
from refterm.tui.draw.themes import DIM


def frame_title(title: str, beside: str, cells: int, signs: Signs) -> Content:
    """A title for a frame: what it is at the left, whom it is about at the right, the frame's line between them.

    Args:
        title: at the left.
        beside: at the right, already fit for display; cut where there is no room.
        cells: how many the title can take.
        signs: how this terminal draws.
    """
    if not beside:
        return Content.styled(title, "bold")
    room = max(cells - width(title) - 5, 0)
    if width(beside) > room:
        beside = fit(beside, room, ellipsis=signs.ellipsis).rstrip()
    line = signs.rule * max(cells - width(title) - width(beside) - 2, 1)
    return Content.assemble((title, "bold"), f" {line} ", beside)


class Told(Widget):
    """Lines to know before a decision."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(id="form-told")
        self.lines = tuple(lines)

    def render(self) -> Content:
        """The lines, as plain text."""
        return Content("\n").join([Content(line) for line in self.lines])


class SubmitButton(Widget, can_focus=True):
    """A button of one line, such as the one that submits a form."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "press", show=False)]

    @dataclass
    class Pressed(Message):
        """The button was pressed."""

        button: SubmitButton

    def __init__(self, label: str, *, id: str = "form-submit") -> None:  # noqa: A002
        super().__init__(id=id)
        self.label = label
        self.styles.width = width(label) + 4

    def render(self) -> Content:
        """The label; the brackets make it a button without colours, too."""
        return Content(f"[ {self.label} ]")

    def action_press(self) -> None:
        """Press it."""
        self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        """Press it."""
        self.action_press()


class FormFooter(Container):
    """The form's own message above; below it what leaves and when, the keys, and the button at the right."""

    def __init__(self, label: str, signs: Signs, leaves: str = "") -> None:
        """
        Args:
            label: of the button.
            signs: how this terminal draws.
            leaves: what the form sends out, and when.
        """
        super().__init__(SubmitButton(label), id="form-footer")
        self._label = label
        self._signs = signs
        self._leaves = leaves
        self._message = ""

    @property
    def message(self) -> str:
        """What the form says about itself; empty for nothing."""
        return self._message

    @message.setter
    def message(self, message: str) -> None:
        if message != self._message:
            self._message = message
            self.refresh()

    def lines(self, cells: int) -> int:
        """How many lines it takes in so many cells."""
        return len(self._above(cells)) + 1

    def render(self) -> Content:
        """The message, and one line of keys under it; what leaves stands before them where there is room."""
        cells = self.content_size.width
        return Content("\n").join([*self._above(cells), Content.styled(self._last(cells), DIM)])

    def _above(self, cells: int) -> list[Content]:
        text = self._message
        lines = Content(self._signs.sanitize(text)).wrap(max(cells, 20)) if text else []
        if self._leaves and not self._beside(cells):
            lines += [Content.styled(line.plain, DIM) for line in Content(self._leaves).wrap(max(cells, 20))]
        return list(lines) or [Content("")]

    def _beside(self, cells: int) -> bool:
        """Whether what leaves has room before the keys and the button; else it stands above them."""
        return width(self._leaves) + 3 + width(_("escape cancel   ctrl+s")) <= self._room(cells)

    def _room(self, cells: int) -> int:
        return max(cells - width(self._label) - 6, 0)

    def _last(self, cells: int) -> str:
        room, leaves = self._room(cells), self._leaves if self._leaves and self._beside(cells) else ""
        for keys in (_("escape cancel   ctrl+s"), "ctrl+s", ""):
            if width(leaves) + 3 + width(keys) <= room:
                return leaves + fit(keys, room - width(leaves), right=True)
        return fit(leaves, room, ellipsis=self._signs.ellipsis)
