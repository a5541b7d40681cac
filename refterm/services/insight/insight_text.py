"""Insights as lines for reading, the same in the terminal's output and on the screen; bars where people rather look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from refterm.domain import reasons
from refterm.domain.insights import Figures
from refterm.domain.money import show_money
from refterm.domain.referral import channel_word
from refterm.i18n import _, decimal_mark
from refterm.services.insight.insights import Insights

BAR = 24
WEEKS = 12


def share(value: float | None) -> str:
    """A share in percent; a dash where nothing counts."""
    return "-" if value is None else f"{value:.0%}"


def hours(value: float | None) -> str:
    """Hours with one decimal, days from two days on."""
    if value is None:
        return "-"
    return f"{value:.1f} h" if value < 48 else f"{value / 24:.1f} d"


def headline(found: Insights) -> list[tuple[str, str, str]]:
    """The four numbers by which the most responsive partners are ranked (G0): name, figure, that of the period before."""
    now, before = found.figures, found.before

    def pair(name: str, text: str, earlier: str) -> tuple[str, str, str]:
        return name, text, "" if before is None else _("before: {figure}").format(figure=earlier)

    was = before or now
    return [
        pair(_("received"), str(now.received), str(was.received)),
        pair(_("accepted"), share(now.accepted_share), share(was.accepted_share)),
        pair(_("median time to accept"), hours(now.median_hours_to_accept), hours(was.median_hours_to_accept)),
        pair(_("won"), str(now.won), str(was.won)),
    ]


def sections(found: Insights, *, full: str = "#", empty: str = ".") -> list[tuple[str, list[str]]]:
    """Titles and lines, in the order of G0 to G5.

    Args:
        found: the figures.
        full: what a bar is drawn with.
        empty: what is left of it.
    """
    one = found.figures
    if not one.received:
        return [("", nothing())]

    def bar(value: float) -> str:
        filled = round(max(0.0, min(1.0, value)) * BAR)
        return full * filled + empty * (BAR - filled)

    result = [
        ("", [f"{name:<22} {text:>8}   {was}".rstrip() for name, text, was in headline(found)]),
        (
            _("Response"),
            [
                _("median {median}, 90 % within {p90}, answered within 24 h {share}").format(
                    median=hours(one.median_hours_to_decide),
                    p90=hours(one.p90_hours_to_decide),
                    share=share(one.answered_within_24h_share),
                ),
                *_weeks(found, full, empty),
            ],
        ),
        (_("From received to won"), _funnel(one, bar)),
    ]
    if one.declined_by_reason:
        most = max(one.declined_by_reason.values())
        lines = [
            f"{reasons.word(reason):<16} {bar(count / most)} {count}"
            for reason, count in one.declined_by_reason.items()
        ]
        result.append((_("Declined for"), lines))
    channels = {channel_word(name) if name else None: one for name, one in found.by_channel.items()}
    for title, groups in ((_("By profile"), found.by_profile), (_("By channel"), channels)):
        result.append((title, _groups(groups, bar)))
    if found.months:
        result.append((_("Value won by month"), _months(found.months, bar)))
    result.append((_("What to do"), [f"- {finding.text}" for finding in found.findings] or [_("Nothing stands out.")]))
    return result


def nothing() -> list[str]:
    """What a desk without data says: what will stand here."""
    return [
        _("No referral was received in this period."),
        _("Here will stand: referrals received, share accepted, median time to accept, referrals won;"),
        _("response time by week, the way from received to won, reasons for declining, win rates, and what to change."),
    ]


def _weeks(found: Insights, full: str, empty: str) -> list[str]:
    """The median of each week; the mark stands at 24 hours."""
    lines = []
    for name, one in list(found.weeks.items())[-WEEKS:]:
        value = one.median_hours_to_decide
        filled = 0 if value is None else round(min(value, 48.0) / 48 * BAR)
        drawn = full * filled + empty * (BAR - filled)
        drawn = drawn[: BAR // 2] + "|" + drawn[BAR // 2 :]
        lines.append(f"{name}  {drawn}  {hours(value)}")
    return lines


def _funnel(one: Figures, bar: Callable[[float], str]) -> list[str]:
    accepted = round((one.accepted_share or 0) * one.received)
    steps = [(_("received"), one.received), (_("accepted"), accepted), (_("won"), one.won)]
    lines = [f"{name:<16} {bar(count / one.received)} {count}" for name, count in steps]
    return [
        *lines,
        _("expired {expired}, win rate {rate}").format(expired=share(one.expired_share), rate=share(one.win_rate)),
    ]


def _groups(groups: Mapping[str | None, Figures], bar: Callable[[float], str]) -> list[str]:
    unnamed = _("no active profile")
    return [
        f"{(name or unnamed)[:18]:<18} {bar(one.win_rate or 0)} "
        + _("win rate {rate}, {n} received, accepted {accepted}, median {median}").format(
            rate=share(one.win_rate),
            n=one.received,
            accepted=share(one.accepted_share),
            median=hours(one.median_hours_to_decide),
        )
        for name, one in groups.items()
    ]


def _months(months: Mapping[str, Mapping[str, Decimal]], bar: Callable[[float], str]) -> list[str]:
    most: dict[str, Decimal] = {}
    for values in months.values():
        for currency, value in values.items():
            most[currency] = max(most.get(currency, Decimal(0)), value)
    return [
        f"{month:<16} {bar(float(value / most[currency]) if most[currency] else 0.0)} {show_money(value, currency, decimal_mark())}"
        for month, values in months.items()
        for currency, value in sorted(values.items())
    ]
