"""Insights as a page to hand on: Markdown for people, CSV for spreadsheets (G0-G5)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from refterm.domain import reasons
from refterm.domain.insights import Figures
from refterm.domain.money import plain, show_money
from refterm.domain.referral import channel_word
from refterm.domain.when import date_text, month_short
from refterm.formats.csv_columns import guarded
from refterm.i18n import _, decimal_mark
from refterm.services.insight.insight_parts import acknowledge_text, hours, share
from refterm.services.insight.insights import Insights
from refterm.text import display

# What Markdown would read as its own, in names that people outside chose.
_OWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
_FIGURES = (
    "received accepted_share median_hours_to_accept won answered_within_24h_share median_hours_to_decide"
    " p90_hours_to_decide expired_share win_rate"
).split()


def markdown(found: Insights) -> str:
    """The page; names in it are text, whatever they hold."""
    period = [
        text.format(date=date_text(when.date()))
        for text, when in ((_("from {date}"), found.since), (_("until {date}"), found.until))
        if when
    ]
    lines = ["# " + _("Insights"), "", ", ".join(period) or _("All time"), ""]
    now, was = found.figures, found.before
    rows = [
        (_("received"), str(now.received), str(was.received) if was else "-"),
        (_("accepted"), share(now.accepted_share), share(was.accepted_share) if was else "-"),
        (_("won"), str(now.won), str(was.won) if was else "-"),
    ]
    lines += _table((_("figure"), _("now"), _("before")), rows)
    one = found.figures
    lines += ["", "## " + _("Response"), ""]
    lines.append(
        _("median {median}, 90 % within {p90}, answered within 24 h {share}").format(
            median=hours(one.median_hours_to_decide),
            p90=hours(one.p90_hours_to_decide),
            share=share(one.answered_within_24h_share),
        )
    )
    if one.median_hours_to_acknowledge is not None:
        lines += ["", acknowledge_text(one)]
    if one.declined_by_reason:
        lines += ["", "## " + _("Declined for"), ""]
        lines += _table(
            (_("reason"), _("referrals")), [(reasons.label(code), str(n)) for code, n in one.declined_by_reason.items()]
        )
    channels = {channel_word(name) if name else None: figures for name, figures in found.by_channel.items()}
    for title, groups in ((_("By profile"), found.by_profile), (_("By channel"), channels)):
        lines += ["", f"## {title}", "", *_groups(groups)]
    if found.months:
        lines += ["", "## " + _("Value won by month"), ""]
        lines += _table(
            (_("month"), _("value")),
            [
                (_month(month), show_money(value, currency, decimal_mark()))
                for month, values in found.months.items()
                for currency, value in sorted(values.items())
            ],
        )
    if found.pipeline:
        lines += ["", "## " + _("In Active, by month of the purchase date"), ""]
        lines += _table(
            (_("month"), _("value")),
            [
                (name, show_money(value, currency, decimal_mark()))
                for currency, months in found.pipeline.items()
                for name, value in (
                    *((_month(month), value) for month, value in months.items()),
                    (_("all"), sum(months.values(), Decimal(0))),
                )
            ],
        )
    lines += ["", "## " + _("What to do"), ""]
    lines += ["- " + _text(finding.text) for finding in found.findings] or [_("Nothing stands out.")]
    return "\n".join(lines) + "\n"


def csv_text(found: Insights) -> str:
    """A line for all, for each profile and each channel; then the findings. Shares are 0 to 1, times are hours."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["group", "name", *_FIGURES, "won_value"])
    groups: list[tuple[str, str | None, Figures]] = [("all", "", found.figures)]
    groups += [("profile", name, one) for name, one in found.by_profile.items()]
    groups += [("channel", name, one) for name, one in found.by_channel.items()]
    for group, name, one in groups:
        values = [getattr(one, figure) for figure in _FIGURES]
        won = " ".join(f"{plain(value)} {currency}" for currency, value in sorted(one.won_value.items()))
        writer.writerow([group, guarded(name or ""), *("" if value is None else value for value in values), won])
    for currency, months in found.pipeline.items():
        for month, value in months.items():
            writer.writerow(["active", month or "", *[""] * len(_FIGURES), f"{plain(value)} {currency}"])
    for finding in found.findings:
        writer.writerow(["finding", guarded(display(finding.text))])
    return out.getvalue()


def _month(name: str | None) -> str:
    """A month for reading: `Mar 2026`."""
    if not name:
        return _("no date")
    day = date.fromisoformat(f"{name}-01")
    return f"{month_short(day)} {day.year}"


def _groups(groups: Mapping[str | None, Figures]) -> list[str]:
    return _table(
        (_("name"), _("received"), _("accepted"), _("median"), _("win rate")),
        [
            (
                name or _("no active profile"),
                str(one.received),
                share(one.accepted_share),
                hours(one.median_hours_to_decide),
                share(one.win_rate),
            )
            for name, one in groups.items()
        ],
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *(_row([_text(cell) for cell in row]) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    return _OWN.sub(r"\\\1", display(text))
