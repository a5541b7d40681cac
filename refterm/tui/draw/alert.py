"""The flame alert in words: on the bar above the Inbox, and on top of a referral's detail (F2-F4)."""

from __future__ import annotations

from datetime import datetime

from refterm.domain import deadline
from refterm.domain.deadline import Flame
from refterm.domain.referral import Referral
from refterm.i18n import _
from refterm.text import fit, width
from refterm.tui.draw.row import Look, Piece, moment, one_line
from refterm.tui.draw.sheet import Lines, wrap
from refterm.words import flame_text

# Of a customer's name in an alert: it is cut no shorter.
LEAST_NAME = 8


def alert_text(
    company: str,
    flame: Flame,
    received_at: datetime,
    contacted: tuple[str | None, datetime | None],
    look: Look,
    cells: int = 0,
) -> str:
    """The text of the flame alert (F2-F4); in so many cells, if said: a long name is cut, never the time left."""
    customer = one_line(company, look)
    if text := flame_text(flame, received_at, look.now, look.deadlines):
        room = max(cells - width(text) - 2, LEAST_NAME)
        if cells and width(customer) > room:
            customer = fit(customer, room, ellipsis=look.signs.ellipsis).rstrip()
        return f"{customer}: {text}"
    who, at = contacted
    return _("{customer}: contacted by {who} on {time}").format(
        customer=customer, who=one_line(who or "?", look), time=moment(at, look) if at else "?"
    )


def flame_line(referral: Referral, look: Look, cells: int = 0) -> list[Piece]:
    """The alert on top of a flamed referral's detail, in so many cells if said; nothing for the others."""
    state = deadline.flame_state(
        referral.flame, referral.status, referral.contacted_at, referral.received_at, look.now, look.deadlines
    )
    if state is Flame.NONE:
        return []
    sign = {Flame.HOT: look.signs.hot, Flame.COOLED: look.signs.cooled}.get(state, "")
    contacted = (referral.contacted_by, referral.contacted_at)
    room = cells - width(sign) - 2 if cells else 0
    text = alert_text(referral.customer.company, state, referral.received_at, contacted, look, room)
    return [(f" {sign} " if sign else " ", "flame"), (text, "flame" if state is Flame.HOT else "plain")]


def alert_lines(alert: list[Piece], cells: int, look: Look) -> Lines:
    """The alert, on as many lines as it needs."""
    if not alert:
        return []
    sign, (text, style) = alert[0], alert[1]
    blank: Piece = (" " * width(sign[0]), "plain")
    return [
        [sign if number == 0 else blank, (line, style)]
        for number, line in enumerate(wrap(text, max(cells - width(sign[0]), 2), look))
    ]
