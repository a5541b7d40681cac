"""One's own and the site's phrases, `[phrases]` of the configuration, to put into notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType

from refterm.i18n import _
from refterm.tui.draw.signs import Signs
from refterm.tui.panels.chooser import Block, Chooser


class PhrasesScreen(Chooser):
    """`enter` puts the phrase under the cursor into the notes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "close", show=False)]

    def __init__(self, phrases: Mapping[str, str], signs: Signs, use: Callable[[str], None]) -> None:
        super().__init__(_("Phrases"), "", signs, cells=78)
        self._phrases, self._use = dict(phrases), use

    def blocks(self) -> list[Block]:
        """The name of each and its text."""
        if not self._phrases:
            return [Block([_('None yet: write [phrases] and NAME = "text" into config.toml.')])]
        return [Block([name, *text.splitlines()], key) for key, (name, text) in enumerate(self._phrases.items())]

    def act(self, key: int) -> None:
        """Use one."""
        self.dismiss(None)
        self._use(list(self._phrases.values())[key])
