"""A question with two answers."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from refterm.text import clean_line
from refterm.tui.forms.frame import SubmitButton
from refterm.tui.textual_quirks import StillBelow


class Confirm(StillBelow, ModalScreen[bool]):
    """A question; closes with whether the answer is yes. The focus is on `no`, so that a key typed ahead does no harm."""

    AUTO_FOCUS = "#confirm-no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape,q", "answer(False)", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, yes: str, no: str) -> None:
        """
        Args:
            question: one sentence, already fit for display.
            yes: the label of the button that does it.
            no: the label of the button that changes nothing; it has the focus.
        """
        super().__init__(classes="form")
        self.said = Content(clean_line(question))
        self._yes = SubmitButton(f"y {yes}", id="confirm-yes")
        self._no = SubmitButton(f"n {no}", id="confirm-no")

    def compose(self) -> ComposeResult:
        """The question above its answers."""
        answers = Horizontal(self._yes, self._no, id="confirm-answers")
        panel = Container(Static(self.said, id="confirm-question"), answers, classes="panel")
        self._no.styles.margin = (0, 0, 0, 2)
        panel.styles.width = 64
        yield panel

    def on_submit_button_pressed(self, event: SubmitButton.Pressed) -> None:
        """The answer of the pressed button."""
        event.stop()
        self.action_answer(event.button is self._yes)

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        if self.app.screen is self:
            self.dismiss(yes)
