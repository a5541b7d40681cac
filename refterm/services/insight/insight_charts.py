"""The hours to an answer by week, as a chart and in two lines (G1)."""

from __future__ import annotations

from datetime import date, timedelta

from refterm.domain.when import month_short
from refterm.i18n import _
from refterm.services.insight.insight_parts import Drawn, Line, ends, plain_signs, response_text
from refterm.services.insight.insights import Insights
from refterm.text import fit, width

GOAL = 24.0
# Weeks in the chart: each a bar of three cells, with room for a date under it.
WEEK_CELLS = 7
MOST_WEEKS = 26
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def chart_lines(found: Insights, drawn: Drawn, height: int) -> list[Line]:
    """The median hours to an answer, a bar for each week, with the line of the goal, the axis and its dates."""
    weeks = _weeks(found)[-min(MOST_WEEKS, max((drawn.cells - 4) // WEEK_CELLS, 1)) :]
    title = _("Hours to an answer, median by week")
    lines = [ends(title, plain_signs(response_text(found.figures), drawn), drawn)]
    known = [value for _week, value in weeks if value is not None]
    top = max(GOAL, min(max(known, default=GOAL), 4 * GOAL))
    goal = min(int(GOAL / top * height), height - 1)
    rule = "┄" if drawn.unicode else "-"
    for row in range(height - 1, -1, -1):
        label = f"{round(top)}" if row == height - 1 else "24" if row == goal else ""
        text = fit(label, 3, right=True) + " "
        gap = rule if row == goal else " "
        for _week, value in weeks:
            text += _bar(value, top, height, row, drawn, gap) + gap * (WEEK_CELLS - 3)
        if row == goal:
            end = " " + _("goal 24 h")
            text = text[: drawn.cells - width(end)] + end
        lines.append(Line(((fit(text, drawn.cells), "plain"),)))
    axis, month = "    ", 0
    for day, _value in weeks:
        named = f"{day.day} {month_short(day)}" if day.month != month else str(day.day)
        axis, month = axis + fit(named, WEEK_CELLS), day.month
    lines.append(Line(((fit(axis, drawn.cells), "dim"),)))
    return lines


def short_chart(found: Insights, drawn: Drawn) -> list[Line]:
    """The same in two lines, for a low terminal."""
    text = _("Hours to an answer by week, goal 24") + "   "
    each = 2 if drawn.unicode else 4
    weeks = _weeks(found)[-max((drawn.cells - width(text)) // each, 1) :]
    top = max((value for _week, value in weeks if value is not None), default=GOAL)
    top = max(top, GOAL)

    def drawn_week(value: float | None) -> str:
        if value is None:
            return drawn.dash
        return _EIGHTHS[max(1, round(value / top * 8))] if drawn.unicode else f"{min(value, 999):.0f}"

    bars = "".join(fit(drawn_week(value), each) for _week, value in weeks)
    return [
        Line(((drawn.cut(text + bars, drawn.cells), "plain"),)),
        Line(((drawn.cut(plain_signs(response_text(found.figures), drawn), drawn.cells), "dim"),)),
    ]


def _weeks(found: Insights) -> list[tuple[date, float | None]]:
    """The medians by week, those without a referral too."""
    known = {date.fromisoformat(name): one.median_hours_to_decide for name, one in found.weeks.items() if name}
    if not known:
        return []
    first, last = min(known), max(known)
    first = max(first, last - timedelta(weeks=MOST_WEEKS))
    count = (last - first).days // 7 + 1
    return [(day, known.get(day)) for day in (first + timedelta(weeks=number) for number in range(count))]


def _bar(value: float | None, top: float, height: int, row: int, drawn: Drawn, gap: str) -> str:
    """Three cells of a week's bar in one row of the chart."""
    if value is None:
        return f"{gap}{drawn.dash}{gap}" if row == 0 else gap * 3
    filled = max(min(value, top) / top * height, 1 / 8) - row
    if filled <= 0:
        return gap * 3
    if not drawn.unicode:
        return "###" if filled >= 0.5 or row == 0 else gap * 3
    return _EIGHTHS[max(1, min(8, round(filled * 8)))] * 3
