"""Fields that handle keys in the order typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from textual.widget import Widget
else:
    Widget = object  # a widget's styles come from its first base, which must be the field


class InOrder(Widget):
    """Handles editing keys immediately, in the order typed, like letters.

    Textual takes letters at once, and keys that are bound, backspace among them, only after they went to the screen and
    back: of a burst, as comes over a slow line, `ab`, backspace, `c` would read `ab`.
    """

    async def on_key(self, event: events.Key) -> None:
        """Do what the field itself has bound to the key."""
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            # False for what a field only inherits, such as scrolling with `down`, which is the list's key here.
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return
