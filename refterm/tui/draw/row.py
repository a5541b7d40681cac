"""A row of a list as pieces of text with the names of their styles: pure, so that it can be tested by itself."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from refterm.domain import deadline, reasons
from refterm.domain.deadline import Deadlines, Flame
from refterm.domain.money import show_money_within
from refterm.domain.query import Tab
from refterm.domain.referral import Status, channel_word
from refterm.domain.row import Row
from refterm.domain.when import date_text, local_time, moment_text
from refterm.i18n import _, decimal_mark
from refterm.text import fit
from refterm.tui.draw.list_columns import Column, gap
from refterm.tui.draw.signs import Signs
from refterm.words import outcome_word

if TYPE_CHECKING:
    from refterm.domain.fit import Fit
    from refterm.tui.draw.links import Links

# Pieces: a text and the name of its style; style names are component classes of the list.
Piece = tuple[str, str]
SOON = timedelta(hours=24)
# A name with an ellipsis marks who has a form open, as if the person were writing.
BUSY_CELLS = 5


class Look(NamedTuple):
    """What drawing needs beside the row itself.

    Attributes:
        digits: width of the number column, the same for all rows of the desk.
        busy: who else has a form open on which referral.
        fits: how well referrals fit, as far as that is known.
        no_fit: those of which nothing says how well they fit.
        links: what links are made of; None where the terminal knows none, and in a kiosk.
    """

    now: datetime
    deadlines: Deadlines
    zone: tzinfo | None
    signs: Signs
    digits: int = 3
    busy: Mapping[int, str] = MappingProxyType({})
    fits: Mapping[int, Fit] = MappingProxyType({})
    no_fit: Set[int] = frozenset()
    links: Links | None = None


def flame(row: Row, look: Look) -> Flame:
    """The state of a row's flame."""
    return deadline.flame_state(row.flame, row.status, row.contacted_at, row.received_at, look.now, look.deadlines)


def pieces(
    row: Row, tab: Tab, shown: list[Column], look: Look, *, marked: bool = False, unseen: bool = False
) -> list[Piece]:
    """A row as pieces, each as wide as its column, with blanks between."""
    content = _cells(row, tab, look, marked=marked, unseen=unseen)
    drawn: list[Piece] = []
    for place, column in enumerate(shown):
        text, style = content[column.key]
        if column.key == "value":
            text = deal_value(row, column.cells)
        if place:
            drawn.append((gap(place, column), "plain"))
        drawn.append(
            (fit(look.signs.sanitize(text), column.cells, right=column.right, ellipsis=look.signs.ellipsis), style)
        )
    return drawn


def second_line(row: Row, shown: list[Column], look: Look, cells: int) -> list[Piece]:
    """The second line of a row where rows have two: what the customer needs, below the customer."""
    before = next(place for place, column in enumerate(shown) if column.key == "customer")
    indent = sum(len(gap(place, column)) + column.cells for place, column in enumerate(shown[:before]))
    indent += len(gap(before, shown[before]))
    text = fit(one_line(row.need, look), max(cells - indent, 0), ellipsis=look.signs.ellipsis)
    return [(" " * indent, "plain"), (text, "dim")]


def time_texts(row: Row, tab: Tab, look: Look) -> tuple[str, ...]:
    """The texts of a row that change by themselves; a row is drawn anew only when they do."""
    if tab is Tab.INBOX or row.status is Status.NEW:
        return (answer_text(row, look), expiry_text(row, look), flame(row, look))
    return (purchase_text(row, look)[1], flame(row, look))


def changes_at(row: Row, look: Look) -> datetime | None:
    """When one of these texts next changes (F5)."""
    moments: list[datetime | None] = []
    if row.status is Status.NEW:
        moments.append(deadline.respond_changes_at(look.deadlines.respond_by(row.received_at), look.now))
        if row.expires_at:
            moments.append(deadline.left_changes_at(row.expires_at, look.now))
    if row.flame and row.contacted_at is None and row.status is not Status.ARCHIVED:
        until = look.deadlines.flame_until(row.received_at)
        moments.append(until if until > look.now else None)
    return min((instant for instant in moments if instant is not None), default=None)


def answer_text(row: Row, look: Look) -> str:
    """Time left of the recommended response, or how late (I3)."""
    return deadline.respond_text(look.deadlines.respond_by(row.received_at), look.now)


def expiry_text(row: Row, look: Look) -> str:
    """Time left until expiry (I4)."""
    return deadline.left_text(row.expires_at, look.now) if row.expires_at else ""


def purchase_text(row: Row, look: Look) -> tuple[str, str]:
    """The purchase date, and how it stands: `late` once it has passed without an outcome (A4)."""
    if row.purchase_date is None:
        return "", "plain"
    day = date.fromisoformat(row.purchase_date)
    if deadline.purchase_passed(day, look.now, look.zone):
        return _("late {span}").format(span=date_text(day)), "late"
    return date_text(day), "plain"


def follow_up_text(row: Row, look: Look) -> tuple[str, str]:
    """The day of the next step, and how it stands: `late` once it is due (A5)."""
    if row.follow_up_at is None or row.status is not Status.ACTIVE:
        return "", "plain"
    due = row.follow_up_at <= look.now
    day = date_text(local_time(row.follow_up_at, look.zone).date())
    return (_("due {span}").format(span=day) if due else day), "late" if due else "plain"


def fit_text(row: Row, look: Look) -> str:
    """How well it fits (I7), as known now, else as it was kept."""
    score = look.fits[row.id].score if row.id in look.fits else row.fit
    return "" if score is None or row.status is not Status.NEW else str(score)


def deal_value(row: Row, cells: int = 40) -> str:
    """Value and currency in so many cells."""
    amount = Decimal(row.deal_value) if row.deal_value else None
    return show_money_within(amount, row.deal_currency, decimal_mark(), cells)


def moment(instant: datetime, look: Look) -> str:
    """An instant in the viewer's zone: `Mon 2 Mar 09:14`, with the year where it is another."""
    return moment_text(instant, look.now, look.zone)


def one_line(text: str, look: Look) -> str:
    """An untrusted text on one line, escaped for this terminal."""
    return look.signs.sanitize(" ".join(text.split()))


def _cells(row: Row, tab: Tab, look: Look, *, marked: bool, unseen: bool) -> dict[str, Piece]:
    state = flame(row, look)
    sign = {Flame.HOT: look.signs.hot, Flame.COOLED: look.signs.cooled}.get(state, "")
    gutter = (look.signs.marked if marked else "+" if unseen else " ") + ("*" if row.favorite else " ")
    content: dict[str, Piece] = {
        "mark": (gutter, "mark"),
        "flame": (sign, "flame"),
        "number": (str(row.id), "dim"),
        "customer": (one_line(row.company, look), "strong" if unseen else "customer"),
        "need": (one_line(row.need, look), "plain"),
        "where": (one_line(f"{row.city} {row.country}".strip(), look), "dim"),
        "who": _who(row, look),
        "fit": (fit_text(row, look), "plain"),
        "value": ("", "plain"),
        "channel": (channel_word(row.channel), "dim"),
    }
    if row.status is Status.NEW and tab is not Tab.ARCHIVED:
        late = deadline.is_overdue(look.deadlines.respond_by(row.received_at), look.now)
        ending = row.expires_at is not None and row.expires_at - look.now < SOON
        content["answer"] = (answer_text(row, look), "late" if late else "plain")
        content["expires"] = (expiry_text(row, look), "soon" if ending else "plain")
    content["engagement"] = (one_line(engagement(row.deal_name or "", row.company) or row.need, look), "plain")
    content["follow_up"] = follow_up_text(row, look)
    content["purchase"] = purchase_text(row, look)
    content["outcome"] = (outcome_word(row.outcome or "expired"), "plain")
    content["reason"] = (reasons.word(row.reason) if row.reason else "", "dim")
    closed = row.closed_at or row.expires_at
    content["closed"] = (date_text(local_time(closed, look.zone).date()) if closed else "", "dim")
    return content


def engagement(name: str, company: str) -> str:
    """What a deal is about: its name without the customer's before it, which stands beside it anyway."""
    head, _dash, rest = name.partition(" - ")
    return rest if rest.strip() and head.casefold() in company.casefold() else name


def _who(row: Row, look: Look) -> Piece:
    """The person with a form open on it, else the person who took or decided it."""
    if busy := look.busy.get(row.id):
        return one_line(busy, look)[:BUSY_CELLS] + look.signs.ellipsis, "plain"
    return one_line((row.taken_by or row.decided_by) or "", look), "dim"
