"""The command palette: every action by name, with its key, or why it is off; and the themes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content
from textual.widgets import Input

from refterm.i18n import _
from refterm.tui.actions import key_name
from refterm.tui.desk.screen import DeskScreen
from refterm.tui.textual_quirks import StillBelow


class Palette(StillBelow, CommandPalette):
    """Textual's palette, with no picture that a terminal may lack."""

    def __init__(self) -> None:
        super().__init__(placeholder=_("the name of an action"), id="--command-palette")

    def on_mount(self) -> None:
        """Put a plain sign before the field, and let it rest."""
        self.query_one(SearchIcon).icon = "/"
        self.query_one(Input).cursor_blink = False  # each blink would be written to the terminal


class ActionProvider(Provider):
    """Actions of the registry, in its order."""

    def _found(self) -> list[tuple[str, str, Callable[[], object]]]:
        desk = self.screen if isinstance(self.screen, DeskScreen) else None
        found: list[tuple[str, str, Callable[[], object]]] = []
        if desk:
            for action in desk.actions.values():
                help_text = desk.why_off(action.id) or _("key {key}").format(key=key_name(action.keys[0]))
                found.append((action.label, help_text, partial(desk.run_action, action.id)))
        for theme in sorted(self.app.available_themes):
            found.append(
                (
                    _("Theme: {name}").format(name=theme),
                    _("the choice lasts"),
                    partial(setattr, self.app, "theme", theme),
                )
            )
        return found

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for label, help_text, command in self._found():
            yield DiscoveryHit(Content(label), command, text=label, help=help_text)

    async def search(self, query: str) -> Hits:
        """Those that match what is typed."""
        matcher = self.matcher(query)
        for label, help_text, command in self._found():
            score = matcher.match(label)
            if score > 0:
                yield Hit(score, matcher.highlight(label), command, text=label, help=help_text)
