"""All keys, by what they are for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from refterm.i18n import _
from refterm.text import fit, width
from refterm.tui.draw.signs import UNICODE
from refterm.tui.draw.themes import DIM
from refterm.tui.panels.panel import Panel

# Two columns from this width on.
TWO_COLUMNS = 84
_GAP = 3


class HelpScreen(Panel):
    """The keys of the desk."""

    BINDINGS = [("question_mark", "close", "")]  # noqa: RUF012

    def __init__(self, actions: Sequence[tuple[str, str, str]]) -> None:
        """
        Args:
            actions: group, keys and label of each action, in the order to show.
        """
        super().__init__(_("Keys"), "", UNICODE, cells=104)
        self._actions = tuple(actions)

    def lines(self, cells: int) -> list[Content]:
        """Each group under its heading; in two columns where there is room."""
        blocks = self._blocks()
        if cells < TWO_COLUMNS:
            return _column(blocks, cells)
        half = (cells - _GAP) // 2
        total = sum(len(block) for block in blocks)
        left: list[list[tuple[str, str]]] = []
        while blocks and sum(len(block) for block in left) < total / 2:
            left.append(blocks.pop(0))
        columns = _column(left, half), _column(blocks, half)
        count = max(len(column) for column in columns)
        padded = [[*column, *[Content(" " * half)] * (count - len(column))] for column in columns]
        return [Content.assemble(one, " " * _GAP, other) for one, other in zip(*padded, strict=True)]

    def _blocks(self) -> list[list[tuple[str, str]]]:
        """A heading and its keys for each group, each with a blank line after it."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for group, keys, label in self._actions:
            groups.setdefault(group, []).append((keys, label))
        return [[("", group), *lines, ("", "")] for group, lines in groups.items()]


def _column(blocks: Sequence[Sequence[tuple[str, str]]], cells: int) -> list[Content]:
    keys_cells = min(max((width(keys) for block in blocks for keys, _label in block), default=0), 16)
    lines: list[Content] = []
    for keys, label in (line for block in blocks for line in block):
        if not keys:
            lines.append(Content.styled(fit(label, cells), "bold"))
            continue
        room = max(cells - keys_cells - 4, 1)
        for number, part in enumerate(Content(label).wrap(room)):
            shown = keys if number == 0 else ""
            lines.append(
                Content.assemble("  ", (fit(shown, keys_cells), "bold"), "  ", (fit(part.plain.rstrip(), room), DIM))
            )
    return lines
