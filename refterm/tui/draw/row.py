"""A row of a list as pieces of text with the names of their styles: pure, so that it can be tested by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING

from refterm.domain import deadline, reasons
from refterm.domain.deadline import Deadlines, Flame
from refterm.domain.money import show_money
from refterm.domain.query import Tab
from refterm.domain.referral import Status, channel_word
from refterm.domain.row import Row
from refterm.domain.when import local_time
from refterm.i18n import _, decimal_mark
from refterm.text import fit, width
from refterm.tui.draw.signs import Signs

if TYPE_CHECKING:
    from refterm.domain.fit import Fit
from refterm.words import outcome_word

# Pieces: a text and the name of its style; style names are component classes of the list.
Piece = tuple[str, str]
SOON = timedelta(hours=24)
# A name with an ellipsis marks who has a form open, as if the person were writing.
BUSY_CELLS = 5


@dataclass(frozen=True, slots=True)
class Look:
    """What drawing needs beside the row itself.

    Attributes:
        digits: width of the number column, the same for all rows of the desk.
        busy: who else has a form open on which referral.
        fits: how well referrals fit, as far as that is known.
    """

    now: datetime
    deadlines: Deadlines
    zone: tzinfo | None
    signs: Signs
    digits: int = 3
    busy: Mapping[int, str] = field(default_factory=dict)
    fits: Mapping[int, Fit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it shows, its name in the header, its cells, and how it is aligned."""

    key: str
    name: str
    cells: int
    right: bool = False


def flame(row: Row, look: Look) -> Flame:
    """The state of a row's flame."""
    return deadline.flame_state(row.flame, row.status, row.contacted_at, row.received_at, look.now, look.deadlines)


def columns(tab: Tab, cells: int, look: Look) -> list[Column]:
    """The columns of a tab in a list so many cells wide, in the order drawn; the most important ones at any width."""
    flames = max(width(look.signs.hot), width(look.signs.cooled))
    fixed = [Column("mark", "", 2), Column("flame", "", flames), Column("number", "#", look.digits, True)]
    # Each with the width of the list from which on it is shown.
    wanted = [(0, Column("customer", _("Customer"), 0))]
    if tab is Tab.INBOX:
        answer, expires = Column("answer", _("Answer in"), 9, True), Column("expires", _("Expires in"), 10, True)
        if cells < 100:
            answer, expires = Column("answer", _("Answer"), 8, True), Column("expires", _("Expires"), 8, True)
        wanted += [
            (0, Column("need", _("Needs"), 0)),
            (100, Column("where", _("Where"), 18)),
            (0, answer),
            (0, expires),
            (110, Column("who", _("Who"), 8)),
            (126, Column("fit", _("Fit"), 3, True)),
            (142, Column("value", _("Value"), 14, True)),
            (154, Column("channel", _("Channel"), 9)),
        ]
    elif tab is Tab.ACTIVE:
        wanted += [
            (0, Column("engagement", _("Engagement"), 0)),
            (96, Column("who", _("Who"), 8)),
            (120, Column("where", _("Where"), 18)),
            (0, Column("value", _("Value"), 15, True)),
            (106, Column("follow_up", _("Follow up"), 11, True)),
            (0, Column("purchase", _("Purchase"), 11, True)),
        ]
    else:
        wanted += [
            (0, Column("need", _("Needs"), 0)),
            (90, Column("value", _("Value"), 15, True)),
            (112, Column("reason", _("Reason"), 14)),
            (130, Column("who", _("Who"), 8)),
            (0, Column("outcome", _("Outcome"), 8)),
            (0, Column("closed", _("Closed"), 10, True)),
        ]
    return _share(cells, [*fixed, *(column for least, column in wanted if cells >= least)])


def _share(cells: int, wanted: list[Column]) -> list[Column]:
    """Give the columns without a width what is left: two fifths to the customer, the rest to the other."""
    left = max(cells - sum(column.cells for column in wanted) - len(wanted) + 1, 12)
    customer = min(max(left * 2 // 5, 10), 36)
    share = iter((customer, left - customer))
    return [column if column.cells else replace(column, cells=next(share)) for column in wanted]


def header(shown: list[Column], signs: Signs) -> str:
    """The names of the columns, each over its column."""
    return " ".join(fit(column.name, column.cells, right=column.right, ellipsis=signs.ellipsis) for column in shown)


def pieces(
    row: Row, tab: Tab, shown: list[Column], look: Look, *, marked: bool = False, unseen: bool = False
) -> list[Piece]:
    """A row as pieces, each as wide as its column, with a blank between."""
    content = _cells(row, tab, look, marked=marked, unseen=unseen)
    drawn: list[Piece] = []
    for column in shown:
        text, style = content[column.key]
        if drawn:
            drawn.append((" ", "plain"))
        drawn.append(
            (fit(look.signs.sanitize(text), column.cells, right=column.right, ellipsis=look.signs.ellipsis), style)
        )
    return drawn


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
    return min((moment for moment in moments if moment is not None), default=None)


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
    passed = deadline.purchase_passed(date.fromisoformat(row.purchase_date), look.now, look.zone)
    return ("!" if passed else "") + row.purchase_date, "late" if passed else "plain"


def follow_up_text(row: Row, look: Look) -> tuple[str, str]:
    """The day of the next step, and how it stands: `late` once it is due (A5)."""
    if row.follow_up_at is None or row.status is not Status.ACTIVE:
        return "", "plain"
    due = row.follow_up_at <= look.now
    day = local_time(row.follow_up_at, look.zone).date().isoformat()
    return ("!" if due else "") + day, "late" if due else "plain"


def deal_value(row: Row) -> str:
    """Value and currency."""
    return show_money(Decimal(row.deal_value) if row.deal_value else None, row.deal_currency, decimal_mark())


def one_line(text: str, look: Look) -> str:
    """An untrusted text on one line, escaped for this terminal."""
    return look.signs.sanitize(" ".join(text.split()))


def _cells(row: Row, tab: Tab, look: Look, *, marked: bool, unseen: bool) -> dict[str, Piece]:
    state = flame(row, look)
    sign = {Flame.HOT: look.signs.hot, Flame.COOLED: look.signs.cooled}.get(state, "")
    gutter = ("x" if marked else "+" if unseen else " ") + ("*" if row.favorite else " ")
    content: dict[str, Piece] = {
        "mark": (gutter, "mark"),
        "flame": (sign, "flame"),
        "number": (str(row.id), "dim"),
        "customer": (one_line(row.company, look), "strong" if unseen else "customer"),
        "need": (one_line(row.need, look), "plain"),
        "where": (one_line(f"{row.city} {row.country}".strip(), look), "dim"),
        "who": _who(row, look),
        "fit": (str(look.fits[row.id].score) if row.id in look.fits else "", "plain"),
        "value": (deal_value(row), "plain"),
        "channel": (channel_word(row.channel), "dim"),
    }
    if row.status is Status.NEW and tab is not Tab.ARCHIVED:
        late = deadline.is_overdue(look.deadlines.respond_by(row.received_at), look.now)
        ending = row.expires_at is not None and row.expires_at - look.now < SOON
        content["answer"] = (answer_text(row, look), "late" if late else "plain")
        content["expires"] = (expiry_text(row, look), "soon" if ending else "plain")
    content["engagement"] = (one_line(row.deal_name or row.need, look), "plain")
    content["follow_up"] = follow_up_text(row, look)
    content["purchase"] = purchase_text(row, look)
    content["outcome"] = (outcome_word(row.outcome or "expired"), "plain")
    content["reason"] = (reasons.word(row.reason) if row.reason else "", "dim")
    closed = row.closed_at or row.expires_at
    content["closed"] = (local_time(closed, look.zone).date().isoformat() if closed else "", "dim")
    return content


def _who(row: Row, look: Look) -> Piece:
    """The person with a form open on it, else the person who took or decided it."""
    if busy := look.busy.get(row.id):
        return one_line(busy, look)[:BUSY_CELLS] + look.signs.ellipsis, "plain"
    return one_line((row.taken_by or row.decided_by) or "", look), "dim"
