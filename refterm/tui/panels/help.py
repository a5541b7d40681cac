"""All keys: what can be done here first, then the rest with the reason why not; and what the signs mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from refterm.i18n import _
from refterm.text import width
from refterm.tui.actions import Action, key_name
from refterm.tui.draw.signs import Signs
from refterm.tui.panels.finder import Entry, Finder, matching

CELLS = 76
_SIDES = 6


class HelpScreen(Finder):
    """The keys of the desk; `enter` does what one names."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark", "close", show=False, priority=True)]

    def __init__(self, entries: Sequence[Entry], beside: str, signs: Signs, columns: int) -> None:
        """
        Args:
            entries: what can be done and what cannot, grouped.
            beside: where one is.
            signs: how this terminal draws.
            columns: of the terminal.
        """
        below = legend(signs, min(CELLS, columns) - _SIDES)
        super().__init__(_("Keys"), beside, signs, cells=CELLS, below=below)
        # What can be done here stands first; the sort keeps the order within.
        self._entries = sorted(entries, key=lambda entry: entry.run is None)

    def entries(self, typed: str) -> list[Entry]:
        """Those that match."""
        return matching(self._entries, typed)


def legend(signs: Signs, cells: int) -> list[str]:
    """What the signs of the list mean, in as many lines as it takes."""
    parts = [
        f"{signs.hot} " + _("call now"),
        f"{signs.cooled} " + _("72 h have passed"),
        "+ " + _("new"),
        "* " + _("favourite"),
        f"{signs.marked} " + _("marked"),
        f"ana{signs.ellipsis} " + _("ana has a form open"),
    ]
    lines = [_("Signs:")]
    for part in parts:
        if width(lines[-1]) + 3 + width(part) > cells:
            lines.append(" " * width(_("Signs:")))
        lines[-1] += "   " + part
    return lines


def action_entries(
    actions: Iterable[Action], off_words: Callable[[str], str | None], run: Callable[[str], object]
) -> list[Entry]:
    """Every action with its key, by its groups; without a way to do it where it is off.

    Args:
        actions: all of them.
        off_words: says by its name why one cannot be done now.
        run: does one by its name.
    """
    every = list(actions)
    groups = list(dict.fromkeys(action.group for action in every))
    found = []
    for action in sorted(every, key=lambda one: groups.index(one.group)):
        why = off_words(action.id)
        keys = " ".join(key_name(key) for key in action.keys)
        group = _("Not here") if why else action.group
        found.append(Entry(action.label, keys, None if why else partial(run, action.id), group, why or ""))
    return found
