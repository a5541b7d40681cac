"""Plots in letters, for what people would rather look at than read (G1). Not for terminals without UTF-8."""

from __future__ import annotations

import re
from collections.abc import Mapping

from refterm.domain.insights import Figures

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
LINES = 10
DAY = 24.0


def response(weeks: Mapping[str | None, Figures], cells: int) -> list[str]:
    """The median time to decide over the weeks in hours, with the line at 24 hours; nothing for fewer than two weeks."""
    known = [(name, one.median_hours_to_decide) for name, one in weeks.items() if name]
    values = [(place, name, value) for place, (name, value) in enumerate(known) if value is not None]
    if len(values) < 2:
        return []
    import plotext  # costs 50 ms; the desk's first frame does not need it

    places, names, hours = zip(*values, strict=True)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(cells, LINES)
    plotext.plot(places, hours, marker="braille")
    plotext.hline(DAY)
    plotext.ylim(0, max(DAY * 1.25, *hours))
    step = max(1, len(places) * 7 // max(cells - 8, 1) + 1)
    plotext.xticks(places[::step], [name[5:] for name in names[::step]])
    return [line.rstrip() for line in _ESCAPES.sub("", plotext.build()).splitlines()]
