"""Which columns a list has at a width: the most important ones that fit, wider where there is room. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from refterm.domain import deadline
from refterm.domain.query import ORDERS, Order, Tab
from refterm.i18n import _
from refterm.text import fit, width
from refterm.tui.draw.signs import Signs

# Blanks between two columns; one among those that a row begins with.
GAP = 2
_HEAD = ("mark", "flame", "number")
_RIGHT = ("answer", "expires", "fit", "value", "follow_up", "purchase", "closed")
_ORDERED = {
    Order.DUE: "answer",
    Order.EXPIRES: "expires",
    Order.VALUE: "value",
    Order.FIT: "fit",
    Order.CUSTOMER: "customer",
    Order.PURCHASE_DATE: "purchase",
    Order.CLOSED_AT: "closed",
}
MOST_CUSTOMER = 38


class Column(NamedTuple):
    """One column: what it shows, its name in the header, its cells, and how it is aligned."""

    key: str
    name: str
    cells: int
    right: bool = False


def columns(
    tab: Tab, cells: int, signs: Signs, digits: int, order: Order | None = None, *, without: str = ""
) -> list[Column]:
    """The columns of a tab in a list so many cells wide, in the order drawn.

    Args:
        tab: whose.
        cells: the width of the list.
        signs: how this terminal draws.
        digits: of the number column.
        order: the order of the list, whose column is marked; it stands before all others but the customer's.
        without: a column that is shown elsewhere.
    """
    flames = max(width(signs.hot), width(signs.cooled))
    head = [Column("mark", "", 2), Column("flame", "", flames), Column("number", "#", digits, right=True)]
    drawn, steps = _steps(tab)
    steps = [step for step in steps if step[0] != without]
    ordered = _ORDERED.get(order) if order else None
    needed = [step for step in steps if step[0] == ordered][:1]
    chosen: dict[str, int] = {}
    room = cells - sum(column.cells + 1 for column in head) + 1
    for key, wanted in (steps[0], *needed, *steps[1:]):
        more = max(wanted - chosen.get(key, -GAP), 0)
        if more > room and chosen:
            break
        chosen[key] = max(wanted, chosen.get(key, 0))
        room -= more
    more = max(min(room if len(chosen) == 1 else room * 2 // 5, MOST_CUSTOMER - chosen["customer"]), 0)
    chosen["customer"] += more
    wide = next((key for key in ("need", "engagement", "customer") if key in chosen), "customer")
    chosen[wide] = max(chosen[wide] + room - more, 2)
    return [*head, *(_column(key, chosen[key], signs, ordered=key == ordered) for key in drawn if key in chosen)]


def _column(key: str, cells: int, signs: Signs, *, ordered: bool) -> Column:
    names = _names()[key]
    room = cells - (1 if ordered else 0)
    name = next((name for name in names if width(name) <= room), names[-1])
    right = key in _RIGHT
    if ordered:
        name = fit(name, min(width(name), max(room, 0)), ellipsis=signs.ellipsis)
        name = signs.order + name if right else name + signs.order
    return Column(key, name, cells, right)


def _names() -> dict[str, tuple[str, ...]]:
    """The name of each column; where there is a second one, for a narrow column."""
    return {
        "customer": (_("Customer"),),
        "need": (_("Needs"),),
        "engagement": (_("Engagement"),),
        "where": (_("Where"),),
        "answer": (_("Answer in"), _("Answer")),
        "expires": (_("Expires in"), _("Expires")),
        "who": (_("Who"),),
        "fit": (_("Fit"),),
        "value": (_("Value"),),
        "purchase": (_("Purchase"),),
        "follow_up": (_("Follow up"),),
        "channel": (_("Channel"),),
        "outcome": (_("Outcome"),),
        "closed": (_("Closed"),),
        "reason": (_("Reason"),),
    }


def _steps(tab: Tab) -> tuple[list[str], list[tuple[str, int]]]:
    """The columns of a tab as drawn; and in which order they come, or grow, as there is room, with their cells."""
    late, who = _longest_late(), max(width(_("Who")), 4)
    if tab is Tab.INBOX:
        return "customer need where answer expires who fit value channel".split(), [
            ("customer", 18),
            ("need", 18),
            ("answer", late),
            ("expires", 8),
            ("who", who),
            ("where", 16),
            ("who", 8),
            ("expires", 11),
            ("answer", late + 1),
            ("customer", 22),
            ("need", 24),
            ("fit", width(_("Fit")) + 1),
            ("customer", 28),
            ("need", 30),
            ("value", 16),  # few of the new ones state one: names are more to most people
            ("channel", 9),
            ("where", 20),
        ]
    if tab is Tab.ACTIVE:
        purchase = 12 + width(_("late {span}").format(span=""))
        return "customer engagement where who value follow_up purchase channel".split(), [
            ("customer", 18),
            ("purchase", purchase),
            ("value", 16),
            ("who", who),
            ("engagement", 18),
            ("who", 8),
            ("follow_up", 16),
            ("customer", 24),
            ("where", 16),
            ("value", 20),
            ("channel", 9),
            ("where", 20),
        ]
    return "customer need where who value reason outcome closed channel".split(), [
        ("customer", 18),
        ("outcome", 9),
        ("closed", 12),
        ("need", 18),
        ("value", 16),
        ("reason", 16),
        ("who", 8),
        ("customer", 24),
        ("where", 16),
        ("channel", 9),
        ("value", 20),
        ("where", 20),
    ]


def _longest_late() -> int:
    """The cells of the longest text of "Answer in" in this language: times are never cut."""
    start = datetime(2000, 1, 1, tzinfo=UTC)
    return max(width(deadline.late_text(start, start + timedelta(days=999))), 9)


def header(shown: list[Column], signs: Signs) -> str:
    """The names of the columns, each over its column."""
    return "".join(
        gap(place, column) + fit(column.name, column.cells, right=column.right, ellipsis=signs.ellipsis)
        for place, column in enumerate(shown)
    )


def order_at(shown: list[Column], tab: Tab, x: int) -> Order | None:
    """The order of the column at a cell of the header; None where there is none that the tab has."""
    orders = {key: order for order, key in _ORDERED.items() if order in ORDERS[tab]}
    for place, column in enumerate(shown):
        x -= len(gap(place, column)) + column.cells
        if x < 0:
            return orders.get(column.key)
    return None


def gap(place: int, column: Column) -> str:
    """The blanks before a column."""
    return "" if place == 0 else " " if column.key in _HEAD else " " * GAP
