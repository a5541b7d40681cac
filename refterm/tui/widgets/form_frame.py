"""What frames the fields of a form: lines to know before, and the footer with the message and the button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from refterm.i18n import _
from refterm.text import fit, width
from refterm.tui.signs import Signs


class Told(Widget):
    """Lines to know before a decision."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(id="form-told")
        self.lines = tuple(lines)

    def render(self) -> Content:
        """The lines, as plain text."""
        return Content("\n").join([Content(line) for line in self.lines])


class SubmitButton(Widget, can_focus=True):
    """The button that submits a form."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "press", show=False)]

    class Pressed(Message):
        """The button was pressed."""

    def __init__(self, label: str) -> None:
        super().__init__(id="form-submit")
        self.label = label
        self.styles.width = width(label) + 4

    def render(self) -> Content:
        """The label; the brackets make it a button without colours, too."""
        return Content(f"[ {self.label} ]")

    def action_press(self) -> None:
        """Submit."""
        self.post_message(self.Pressed())

    def on_click(self) -> None:
        """Submit."""
        self.action_press()


class FormFooter(Container):
    """The form's own message above; below it the keys, and the button at the right."""

    def __init__(self, label: str, signs: Signs) -> None:
        super().__init__(SubmitButton(label), id="form-footer")
        self._label = label
        self._signs = signs
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
        return len(self._wrapped(cells)) + 1

    def render(self) -> Content:
        """One line of keys under the message."""
        cells = self.content_size.width
        room = cells - width(self._label) - 6
        keys = fit(_("escape cancel   ctrl+s"), max(room, 0), right=True, ellipsis=self._signs.ellipsis)
        return Content("\n").join([*self._wrapped(cells), Content.styled(keys, "dim")])

    def _wrapped(self, cells: int) -> list[Content]:
        return Content(self._signs.outside(self._message)).wrap(max(cells, 20)) or [Content("")]
