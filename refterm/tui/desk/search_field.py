"""The search field itself; imported when it is first opened, since it loads Textual's Input."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input

from refterm.i18n import _
from refterm.tui.forms.in_order import InOrder


class SearchField(InOrder, Input):
    """One line; its keys do what they do in the order typed."""

    # Textual lays the whole screen out anew with every letter, since the text has become longer; the field has not.
    virtual_size = Reactive(Size(0, 0), layout=False)

    def __init__(self) -> None:
        super().__init__(placeholder=_("search"), id="search", compact=True, select_on_focus=False)
        self.cursor_blink = False

    def empty(self) -> None:
        """Empty it without asking for anything."""
        with self.prevent(Input.Changed):
            self.value = ""
