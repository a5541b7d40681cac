"""Rows in columns for the lists in panels: a head over each, two blanks between them, nothing outside its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from refterm.text import fit, width

GAP = 2
# A text may be cut to so many cells before its whole column is left out.
LEAST = 8


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    cells: int,
    *,
    right: frozenset[int] = frozenset(),
    ellipsis: str = "…",
) -> list[str]:
    """The heads and the rows, each exactly so many cells wide.

    Args:
        heads: what stands over the columns, the most important first.
        rows: a text for each column, fit for display.
        cells: how wide.
        right: the columns aligned to the right, whose figures are never cut.
        ellipsis: what stands where a text is cut.
    """
    widths = [max(width(text) for text in (head, *(row[place] for row in rows))) for place, head in enumerate(heads)]
    least = [size if place in right else min(size, LEAST) for place, size in enumerate(widths)]
    shown = [place for place, size in enumerate(widths) if size]
    while len(shown) > 1 and sum(least[place] + GAP for place in shown) - GAP > cells:
        shown.pop()
    over = sum(widths[place] + GAP for place in shown) - GAP - cells
    while over > 0:
        place = max((one for one in shown if widths[one] > least[one]), key=lambda one: widths[one], default=None)
        if place is None:
            break
        widths[place] -= 1
        over -= 1

    def line(texts: Sequence[str]) -> str:
        parts = [fit(texts[place], widths[place], right=place in right, ellipsis=ellipsis) for place in shown]
        return fit((" " * GAP).join(parts), cells, ellipsis=ellipsis)

    return [line(heads), *(line(row) for row in rows)]
