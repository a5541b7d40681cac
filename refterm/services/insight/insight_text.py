"""Insights as lines for reading, the same in the terminal's output and on the screen (G0-G5).

A line is made of pieces: a text and the name of its style. No line is wider than it may be, so nothing wraps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from refterm.domain import reasons
from refterm.domain.insights import ENOUGH, Figures, Finding
from refterm.domain.money import show_money
from refterm.domain.referral import channel_word
from refterm.domain.when import month_short
from refterm.i18n import _, decimal_mark, ngettext
from refterm.services.insight.insight_charts import chart_lines, short_chart
from refterm.services.insight.insight_parts import (
    Drawn,
    Line,
    acknowledge_text,
    hours,
    share,
    whole_money,
)
from refterm.services.insight.insights import Insights
from refterm.text import fit, width

# From so many cells on the two tables stand side by side, and a finding and its advice on one line.
WIDE = 104
MOST_ROWS = 8
LEAST_HEIGHT, MOST_HEIGHT = 3, 8


def nothing() -> list[str]:
    """What a desk without data says: what will stand here."""
    return [
        _("No referral was received in this period."),
        _("Once referrals come in, you will see here: how many, the share accepted, the time to accept, the won ones;"),
        _("the hours to an answer by week, win rates by profile and channel, and what to do next."),
    ]


def headline(found: Insights) -> list[tuple[str, ...]]:
    """The four numbers by which the most responsive partners are ranked (G0).

    Returns:
        For each its name, the figure, that of the period before, the verdict in a word, and what else to know.
    """
    now, before = found.figures, found.before

    was = before or now

    def number(name: str, of: str, shown: Callable[[Any], str], up: str, down: str, more: str = "") -> tuple[str, ...]:
        new, old = getattr(now, of), getattr(was, of)
        if before is None or old is None:
            return name, shown(new), "", "", more
        verdict = "" if new is None else up if new > old else down if new < old else _("same")
        return name, shown(new), _("was {figure}").format(figure=shown(old)), verdict, more

    waiting = _("{n} still open").format(n=now.undecided) if now.undecided else ""
    won = " + ".join(whole_money(now.won_value))
    more, fewer = _("more"), _("fewer")
    accepted = number(_("Accepted"), "accepted_share", share, _("higher"), _("lower"), waiting)
    decided = now.accepted_of_decided
    if now.undecided and decided is not None and before is not None and before.accepted_of_decided is not None:
        # What is open still would make each present look worse than its past: compare what was decided.
        of = _("of decided {share}").format(share=share(decided))
        earlier = _("was {figure}").format(figure=share(before.accepted_of_decided))
        accepted = (*accepted[:2], of, earlier, waiting)
    ended = number(_("Won"), "won", str, more, fewer, won)
    if before is not None and now.won < before.won <= now.won + now.active:
        ended = (*ended[:3], ngettext("{n} deal open", "{n} deals open", now.active).format(n=now.active), won)
    return [
        number(_("received").capitalize(), "received", str, more, fewer),
        accepted,
        number(_("Time to accept"), "median_hours_to_accept", hours, _("slower"), _("faster"), _("median")),
        ended,
    ]


def pages(found: Insights, drawn: Drawn, lines: int) -> list[list[Line]]:
    """The insights on one page where it has so many lines, else on two: what to do first, the tables second."""
    if not found.figures.received:
        said = [Line(((part, "plain"),)) for text in nothing() for part in _wrap(text, drawn.cells)]
        active = pipeline_lines(found, drawn, lines - len(said) - 1)
        return [[*said, *([Line(), *active] if active else [])]]
    first = [*number_lines(found, drawn), Line(), *finding_lines(found.findings, drawn), Line()]
    second = [*table_lines(found, drawn), *_ended(found, drawn)]
    room = lines - len(first) - len(second) - 4
    if room >= LEAST_HEIGHT:
        pipeline = pipeline_lines(found, drawn, room - LEAST_HEIGHT)
        room = lines - len(first) - len(second) - len(pipeline) - 4
        second = [*table_lines(found, drawn), *_ended(found, drawn, 1 + max(room - MOST_HEIGHT, 0)), *pipeline]
        room = lines - len(first) - len(second) - 4
        return [[*first, *chart_lines(found, drawn, min(room, MOST_HEIGHT)), Line(), *second]]
    small = short_chart(found, drawn)
    room = lines - len(first) - 3
    chart = chart_lines(found, drawn, min(room, MOST_HEIGHT)) if room >= LEAST_HEIGHT else small
    return [[*first, *chart], [*second, *pipeline_lines(found, drawn, max(lines - len(second), 2))]]


def text_lines(found: Insights, drawn: Drawn) -> list[str]:
    """All of it as text."""
    return ["".join(text for text, _style in line.pieces).rstrip() for line in pages(found, drawn, 1000)[0]]


def number_lines(found: Insights, drawn: Drawn) -> list[Line]:
    """The four numbers side by side; one below the other where there is no room."""
    numbers = headline(found)
    cells = drawn.cells // len(numbers)
    if any(width(text) > cells - 2 for of in numbers for text in of[:4]):
        lines = []
        for name, figure, was, verdict, more in numbers:
            said = ", ".join(part for part in (was, verdict, more) if part)
            head = f"{fit(name, 16)} "
            rest = drawn.cut(said, drawn.cells - width(head) - 8)
            lines.append(Line(((head, "dim"), (fit(figure, 8), "strong"), (rest, "dim"))))
        return lines
    joined = [(*of[:2], ", ".join(part for part in of[2:4] if part), of[4]) for of in numbers]
    if drawn.cells >= WIDE and all(width(of[2]) <= cells - 2 for of in joined):
        numbers = joined
    numbers = [(*of[:-1], _whole_sums(of[-1], cells - 2, drawn)) for of in numbers]
    styles = ("dim", "strong", "plain", "plain", "dim")
    return [
        Line(tuple((drawn.cut(text, cells - 2) + "  ", style) for text in row))
        for row, style in zip(zip(*numbers, strict=True), styles, strict=False)
        if any(row)
    ]


def _whole_sums(text: str, cells: int, drawn: Drawn) -> str:
    """As many sums as there is room for: one that is cut would read as a smaller one."""
    kept, left_out = text, 0
    while width(text) > cells and " + " in kept:
        kept, left_out = kept.rpartition(" + ")[0], left_out + 1
        more = _("{n} more").format(n=left_out)
        text = f"{kept} + {more if width(kept) + width(more) + 3 <= cells else drawn.ellipsis}"
    return text


def finding_lines(findings: Sequence[Finding], drawn: Drawn) -> list[Line]:
    """What to do next, numbered; the fact and the advice on one line where there is room for them."""
    lines = [Line(((_("What to do next"), "strong"),))]
    if not findings:
        return [*lines, Line(((_("Nothing stands out."), "plain"),))]
    facts = [drawn.sanitize(one.fact) for one in findings]
    advices = [drawn.sanitize(one.advice) for one in findings]
    room = max(width(fact) for fact in facts)
    beside = drawn.cells >= WIDE and all(room + 5 + width(advice) <= drawn.cells for advice in advices)
    for key, (fact, advice) in enumerate(zip(facts, advices, strict=True)):
        number = fit(str(key + 1), 2) + " "
        if beside:
            lines.append(Line(((number, "dim"), (fit(fact, room) + "  ", "strong"), (advice, "dim")), key))
            continue
        if drawn.cells >= WIDE and width(fact) + width(advice) + 4 <= drawn.cells:
            lines.append(Line(((number, "dim"), (fact + " ", "strong"), (advice, "dim")), key))
            continue
        for place, part in enumerate(_wrap(fact, drawn.cells - 3)):
            lines.append(Line(((number if not place else "   ", "dim"), (part, "strong")), key))
        lines += [Line((("   ", "plain"), (part, "dim")), key) for part in _wrap(advice, drawn.cells - 3)]
    return lines


def table_lines(found: Insights, drawn: Drawn) -> list[Line]:
    """By profile and by channel, side by side where there is room (G1, G2)."""
    profiles = {name or _("no profile"): one for name, one in found.by_profile.items()}
    channels = {channel_word(name) if name else "?": one for name, one in found.by_channel.items()}
    if drawn.cells < WIDE:
        return [
            *_table(_("By profile"), profiles, drawn, drawn.cells),
            Line(),
            *_table(_("By channel"), channels, drawn, drawn.cells),
            Line(),
        ]
    half = (drawn.cells - 4) // 2
    left, right = (
        _table(_("By profile"), profiles, drawn, half),
        _table(_("By channel"), channels, drawn, half),
    )
    blank = Line(((" " * half, "plain"),))
    count = max(len(left), len(right))
    left += [blank] * (count - len(left))
    right += [blank] * (count - len(right))
    both = zip(left, right, strict=True)
    return [*(Line((*one.pieces, ("    ", "plain"), *other.pieces)) for one, other in both), Line()]


def _table(title: str, groups: Mapping[str, Figures], drawn: Drawn, cells: int) -> list[Line]:
    heads = (_("received"), _("Accepted").lower(), _("win rate"), _("median"))
    widths = [max(width(head), 6) for head in heads]
    while len(widths) > 1 and cells - sum(widths) - 2 * len(widths) < 14:
        widths.pop()
    name_cells = max(cells - sum(widths) - 2 * len(widths), 4)

    def row(name: str, texts: Sequence[str]) -> str:
        parts = [drawn.cut(name, name_cells)]
        parts += [
            fit(text, size, right=True, ellipsis=drawn.ellipsis) for text, size in zip(texts, widths, strict=False)
        ]
        return fit("  ".join(parts), cells)

    lines = [Line(((row(title, heads), "strong"),))]
    for name, one in sorted(groups.items(), key=lambda pair: -pair[1].received)[:MOST_ROWS]:
        texts = (
            str(one.received),
            share(one.accepted_share) if one.received >= ENOUGH else "-",
            share(one.win_rate) if one.ended >= ENOUGH else "-",
            hours(one.median_hours_to_decide),
        )
        lines.append(Line(((row(name, [drawn.dash if text == "-" else text for text in texts]), "plain"),)))
    if len(groups) > MOST_ROWS:
        lines.append(Line(((fit(_("and {n} more").format(n=len(groups) - MOST_ROWS), cells), "dim"),)))
    return lines


def _ended(found: Insights, drawn: Drawn, most: int = 1) -> list[Line]:
    """How they ended: expired, won, declined for what; the value won by month in so many lines, each currency by itself (G2)."""
    one = found.figures
    rate = share(one.win_rate) if one.ended >= ENOUGH else drawn.dash
    ended = _("expired {expired}, win rate {rate}").format(expired=share(one.expired_share), rate=rate)
    lines = [Line(((drawn.cut(_("How they ended") + "   " + ended, drawn.cells), "plain"),))]
    if one.declined_by_reason:
        words = [f"{reasons.word(reason)} {count}" for reason, count in one.declined_by_reason.items()]
        lines.append(_listed(_("Declined") + f" {sum(one.declined_by_reason.values())}", words, drawn))
    months = []
    for month, values in reversed(found.months.items()):
        day = date.fromisoformat(f"{month}-01")
        months.append(f"{month_short(day)} {day.year}: {' + '.join(whole_money(values))}")
    if months:
        lines += _in_lines(_("Won by month"), months, drawn, most)
    if one.median_hours_to_acknowledge is not None:
        lines.append(Line(((drawn.cut(acknowledge_text(one), drawn.cells), "plain"),)))
    return lines


def pipeline_lines(found: Insights, drawn: Drawn, most: int) -> list[Line]:
    """What Active holds, each currency by itself, and when it is expected by the purchase dates (A4), in so many lines."""
    if not found.pipeline or most < 1:
        return []
    mark = decimal_mark()
    totals = [show_money(sum(months.values(), Decimal(0)), name, mark) for name, months in found.pipeline.items()]
    expected: dict[str, list[str]] = {}
    for currency, months in found.pipeline.items():
        for month, value in months.items():
            expected.setdefault(month or "~", []).append(show_money(value, currency, mark))
    parts = []
    for month, values in sorted(expected.items()):
        day = None if month == "~" else date.fromisoformat(f"{month}-01")
        named = f"{month_short(day)} {day.year}" if day else _("no date")
        parts.append(f"{named}: {' + '.join(values)}")
    return [_listed(_("In Active"), totals, drawn), *_in_lines(_("Expected by month"), parts, drawn, most - 1)]


def _in_lines(title: str, parts: Sequence[str], drawn: Drawn, most: int) -> list[Line]:
    """The parts in so many lines, below each other; of the last line as many as there is room for."""
    lines: list[Line] = []
    while parts and len(lines) < most:
        taken = 1 if len(lines) < most - 1 else len(parts)
        while taken < len(parts) and width(_joined(title, parts[: taken + 1], drawn)) <= drawn.cells:
            taken += 1
        lines.append(_listed(title, parts[:taken], drawn))
        title, parts = " " * width(title), parts[taken:]
    return lines


def _joined(title: str, parts: Sequence[str], drawn: Drawn) -> str:
    return f"{title}   " + f" {drawn.dot} ".join(parts)


def _listed(title: str, parts: Sequence[str], drawn: Drawn) -> Line:
    """As many whole parts as there is room for, and how many more there are."""
    count = len(parts)
    while count > 1 and width(_joined(title, _some(parts, count), drawn)) > drawn.cells:
        count -= 1
    first, *others = _some(parts, count)
    first = _whole_sums(first, drawn.cells - width(_joined(title, ["", *others], drawn)), drawn)
    return Line(((drawn.cut(_joined(title, [first, *others], drawn), drawn.cells), "plain"),))


def _some(parts: Sequence[str], count: int) -> list[str]:
    more = [_("{n} more").format(n=len(parts) - count)] if count < len(parts) else []
    return [*parts[:count], *more]


def _wrap(text: str, cells: int) -> list[str]:
    """A sentence in lines of so many cells, at blanks where it can be. Names may hold wide letters, which count twice."""
    lines, line = [], ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if width(joined) <= cells:
            line = joined
            continue
        lines += [line] if line else []
        while width(word) > cells > 1:
            head = fit(word, cells, ellipsis="").rstrip()
            lines, word = [*lines, head], word[len(head) :]
        line = word
    return [*lines, line]
