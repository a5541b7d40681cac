"""The search field: it takes the place of the top bar, and what is typed narrows the list at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events
from textual.screen import Screen

if TYPE_CHECKING:
    from refterm.tui.desk.search_field import SearchField

OPEN = "-searching"


class Searching:
    """Opens and closes the field on a screen, and sees that no letter meant for it becomes a key of the desk."""

    def __init__(self, screen: Screen[None], submit: Callable[[], None]) -> None:
        self._screen = screen
        self._submit = submit
        self._field: SearchField | None = None

    @property
    def is_open(self) -> bool:
        """Whether the field is shown."""
        return self._screen.has_class(OPEN)

    def open(self) -> None:
        """Show the field and type into it; it is made when it is first needed."""
        if self._field is None:
            from refterm.tui.desk.search_field import SearchField

            self._field = SearchField()
            self._screen.mount(self._field, after="#top")
        self._field.select_all()  # what is typed replaces the last search
        self._screen.add_class(OPEN)
        self._focus()

    def _focus(self) -> None:
        """Give the field the focus once the screen has no key left: a later key would come before those in the field."""
        if self._field is None or not self.is_open:
            return
        if self._field.is_mounted and self._screen.message_queue_size == 0:
            self._screen.set_focus(self._field)
        else:
            self._screen.call_later(self._focus)

    def close(self) -> None:
        """Hide the field."""
        self._screen.remove_class(OPEN)

    def clear(self) -> None:
        """Empty the field without asking for anything."""
        if self._field:
            self._field.empty()

    def take(self, event: events.Key) -> bool:
        """Put into the field what was typed before the focus had come there.

        Of `/door` typed in one go the letters would otherwise be keys of the desk. A letter that was sent to the field
        itself never comes here.

        Returns:
            Whether the key was meant for the field.
        """
        field = self._field
        if field is None or not self.is_open:
            return False
        if event.is_printable and event.character:
            field.replace(event.character, *field.selection)
        elif self._screen.focused is field or event.key not in ("enter", "backspace"):
            return False
        elif event.key == "enter":
            self._submit()
        else:
            field.action_delete_left()
        event.stop()
        return True
