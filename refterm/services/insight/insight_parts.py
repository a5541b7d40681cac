"""What the lines of Insights are made of: pieces, signs, and figures as texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from refterm.domain.insights import Figures
from refterm.i18n import _, decimal_mark
from refterm.text import display, fit, width

Piece = tuple[str, str]


class Line(NamedTuple):
    """One line; with a key it belongs to that finding and can be chosen."""

    pieces: tuple[Piece, ...] = ()
    key: int | None = None


class Drawn(NamedTuple):
    """What is drawn with: the room, and which signs the terminal knows."""

    cells: int
    unicode: bool = True
    sanitize: Callable[[str], str] = display

    @property
    def dash(self) -> str:
        """What stands where nothing counts."""
        return "–" if self.unicode else "-"

    @property
    def dot(self) -> str:
        """What stands between texts; no hyphen, which would read as a minus before an amount."""
        return "·" if self.unicode else "|"

    @property
    def ellipsis(self) -> str:
        """What stands where a text is cut."""
        return "…" if self.unicode else "..."

    def cut(self, text: str, cells: int, *, right: bool = False) -> str:
        """A text from outside, cut or padded."""
        return fit(self.sanitize(text), max(cells, 0), right=right, ellipsis=self.ellipsis)


def share(value: float | None) -> str:
    """A share in percent; a dash where nothing counts."""
    return "-" if value is None else f"{value * 100:.0f} %"


def hours(value: float | None) -> str:
    """Hours with one decimal, days from two days on, as the person writes decimals."""
    if value is None:
        return "-"
    text = f"{value:.1f} h" if value < 48 else f"{value / 24:.1f} d"
    return text.replace(".", decimal_mark())


def short_time(value: float | None) -> str:
    """The same for what may take less than an hour: then minutes."""
    return _("{n} min").format(n=round(value * 60)) if value is not None and value < 1 else hours(value)


def whole_money(values: Mapping[str, Decimal]) -> list[str]:
    """Sums in whole units, a text for each currency, the largest first."""
    grouped = {currency: f"{value:,.0f}" for currency, value in sorted(values.items(), key=lambda pair: -pair[1])}
    if decimal_mark() == ",":
        grouped = {currency: text.replace(",", ".") for currency, text in grouped.items()}
    return [f"{text} {currency}" for currency, text in grouped.items()]


def response_text(one: Figures) -> str:
    """The response time beside its chart (G1)."""
    return _("90 % within {p90} · within 24 h: {share}").format(
        p90=hours(one.p90_hours_to_decide), share=share(one.answered_within_24h_share)
    )


def acknowledge_text(one: Figures) -> str:
    """How long Partner Center takes to have what was decided here."""
    return _("Acknowledged by Partner Center: median {median}, 90 % within {p90}").format(
        median=short_time(one.median_hours_to_acknowledge), p90=short_time(one.p90_hours_to_acknowledge)
    )


def ends(left: str, right: str, drawn: Drawn) -> Line:
    """A title, and what stands at the right end of its line if there is room."""
    room = drawn.cells - width(left) - width(right)
    if room < 3:
        return Line(((drawn.cut(left, drawn.cells), "strong"),))
    return Line(((left, "strong"), (" " * room, "plain"), (right, "dim")))


def plain_signs(text: str, drawn: Drawn) -> str:
    """A text of our own, in ASCII where the terminal knows no more."""
    return text.replace("·", drawn.dot)
