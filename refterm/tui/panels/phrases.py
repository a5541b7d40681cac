"""One's own and the site's phrases, `[phrases]` of the configuration, to put into notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType

from refterm.i18n import _
from refterm.tui.draw.signs import Signs
from refterm.tui.panels.chooser import Chooser, Item


class PhrasesScreen(Chooser):
    """`enter` puts the phrase under the cursor into the notes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "close", show=False)]

    def __init__(self, phrases: Mapping[str, str], signs: Signs, use: Callable[[str], None]) -> None:
        super().__init__(_("Phrases"), "", signs, cells=78)
        self._phrases, self._use = dict(phrases), use

    def items(self, cells: int) -> list[Item]:
        """The name of each and its text."""
        if not self._phrases:
            return self.sentence(_('None yet: write [phrases] and NAME = "text" into config.toml.'), cells)
        rows = [(name, " ".join(text.split())) for name, text in self._phrases.items()]
        return self.rows((_("Name"), _("Phrases")), rows, cells)

    def act(self, key: int) -> None:
        """Use one."""
        self.dismiss(None)
        self._use(list(self._phrases.values())[key])
