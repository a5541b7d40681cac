"""What the bars of one line say: pure, from values to pieces of text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.geometry import Size

from refterm.domain.deadline import SECOND, Flame
from refterm.domain.history import Entry
from refterm.domain.query import Filter, Order, Tab, View
from refterm.domain.row import Row
from refterm.i18n import _, ngettext
from refterm.services.desk import Alert
from refterm.text import display, width
from refterm.tui.actions import Action, key_name
from refterm.tui.detail_text import alert_text, moment
from refterm.tui.render import Look, Piece, one_line

MOST_SAID = 1000


def top(person: str, read_only: bool, look: Look) -> tuple[list[Piece], list[Piece]]:
    """The program's name, and who sits at the desk."""
    right = [(one_line(person, look) + " ", "dim")]
    if read_only:
        right.insert(0, (_("read only") + "   ", "soon"))
    return [(" refterm", "dim")], right


def tabs(view: View, counts: dict[Tab, int], hits: int | None) -> tuple[list[Piece], list[Piece]]:
    """The tabs with their counts; at the right what the list is narrowed to, and its order."""
    names = {Tab.INBOX: _("Inbox"), Tab.ACTIVE: _("Active"), Tab.ARCHIVED: _("Archived")}
    left: list[Piece] = []
    for number, (tab, name) in enumerate(names.items(), 1):
        chosen = tab is view.tab
        left += [(" ", "plain"), (f" {number} ", "key" if not chosen else "chosen")]
        left += [
            (f"{name} ", "chosen" if chosen else "plain"),
            (f"{counts.get(tab, 0)} ", "chosen" if chosen else "dim"),
        ]
    right: list[Piece] = []
    if view.search:
        right.append(("/" + display(view.search)[:24] + "  ", "strong"))
    if view.filter != Filter():
        right.append((_("filter: {filter}").format(filter=filter_text(view.filter)) + "  ", "strong"))
    if hits is not None:
        said = f"{MOST_SAID}+" if hits > MOST_SAID and view.search else str(hits)
        right.append((ngettext("{n} hit", "{n} hits", hits).format(n=said) + "  ", "plain"))
    elif not view.search:
        right.append(("/ " + _("search") + "   ", "dim"))
    right.append((_("order: {order}").format(order=order_word(view.effective_order)) + " ", "dim"))
    return left, right


def filter_text(chosen: Filter) -> str:
    """A filter in a few words."""
    parts = [
        chosen.outcome.value if chosen.outcome else "",
        _("from {day}").format(day=chosen.since.date().isoformat()) if chosen.since else "",
        _("until {day}").format(day=chosen.until.date().isoformat()) if chosen.until else "",
        display(chosen.profile) if chosen.profile else "",
        _("favourites") if chosen.favorite else "",
        _("skipped") if chosen.skipped else "",
    ]
    return ", ".join(part for part in parts if part)


def order_word(order: Order) -> str:
    """An order as people read it."""
    return {
        Order.DUE: _("due"),
        Order.EXPIRES: _("expires"),
        Order.RECEIVED: _("received"),
        Order.VALUE: _("value"),
        Order.FIT: _("fit"),
        Order.CUSTOMER: _("customer"),
        Order.PURCHASE_DATE: _("purchase date"),
        Order.CLOSED_AT: _("closed"),
    }[order]


def alert(shown: Alert | None, look: Look) -> list[Piece]:
    """The flame alert above the Inbox: the one with least time left (F1-F3)."""
    if shown is None:
        return []
    sign = look.signs.hot if shown.hot else look.signs.cooled
    state = Flame.HOT if shown.hot else Flame.COOLED
    said = alert_text(shown.row.company, state, shown.row.received_at, (None, None), look)
    return [(f" {sign} ", "flame"), (said, "flame" if shown.hot else "strong")]


def alert_keys(shown: Alert | None) -> list[Piece]:
    """The key that goes there, and how many there are (F1)."""
    if shown is None:
        return []
    of = _(" of {n}").format(n=shown.count) if shown.count > 1 else ""
    return [("f", "key"), (" " + _("next") + of + " ", "dim")]


def keys(able: Sequence[Action], cells: int, *, whole: bool) -> list[Piece]:
    """The keys that work now, as many as fit; the way to all of them stands always."""
    always = [action for action in able if action.id in ("help", "quit")]
    fixed = sum(_size(action) for action in always)
    chosen: list[Piece] = []
    room = cells - fixed - 1
    for action in able:
        if action in always:
            continue
        short = _("back") if whole and action.id == "detail" else action.short
        size = len(key_name(action.keys[0])) + width(short) + 3
        if size > room:
            break
        key = "escape" if whole and action.id == "detail" else key_name(action.keys[0])
        chosen += [(f" {key}", "key"), (f" {short} ", "dim")]
        room -= size + len(key) - len(key_name(action.keys[0]))
    for action in always:
        chosen += [(f" {key_name(action.keys[0])}", "key"), (f" {action.short} ", "dim")]
    return chosen


def _size(action: Action) -> int:
    return len(key_name(action.keys[0])) + width(action.short) + 3


def message(
    said: tuple[str, str, datetime] | None, undo: tuple[str, datetime] | None, now: datetime, *, small: bool, size: Size
) -> tuple[list[Piece], list[Piece]]:
    """What happened last, and for how long it can be undone."""
    right: list[Piece] = []
    if undo:
        seconds = -(-(undo[1] - now) // SECOND)
        right = [("u", "key"), (" " + _("undo {n} s").format(n=seconds) + " ", "plain")]
    if said:
        return [(" " + display(said[0]), said[1])], right
    if undo:
        return [(" " + display(undo[0]), "dim")], right
    if small:
        return [
            (" " + _("{w}x{h} is small: the detail needs 80x24").format(w=size.width, h=size.height), "soon")
        ], right
    return [], right


def arrivals(rows: Sequence[Row], count: int, look: Look, named: int) -> str:
    """What came in while the desk was open."""
    names = ", ".join(one_line(row.company, look)[:40] for row in rows[:named])
    text = ngettext("{n} new referral: {names}", "{n} new referrals: {names}", count)
    return text.format(n=count, names=names + (", ..." if count > named else ""))


def expired(rows: Sequence[Row], count: int, look: Look) -> str:
    """What ran out (I4)."""
    names = ", ".join(f"#{row.id} {one_line(row.company, look)[:40]}" for row in rows)
    text = ngettext("Expired: {names}. Archived.", "{n} expired: {names}. Archived.", count)
    return text.format(n=count, names=names + (", ..." if count > len(rows) else ""))


def done_by_other(entry: Entry, count: int) -> str:
    """What somebody else did (T1)."""
    said = _("#{id} was {action} by {who}").format(
        id=entry.referral, action=action_word(entry.action), who=display(entry.by)
    )
    return said + (_(" (and {n} more changes)").format(n=count - 1) if count > 1 else "")


def action_word(action: str) -> str:
    """An action of the history, as a participle."""
    words = {
        "imported": _("imported"),
        "updated": _("updated"),
        "accepted": _("accepted"),
        "declined": _("declined"),
        "expired": _("expired"),
        "edited": _("edited"),
        "contact-added": _("given a contact"),
        "contact-edited": _("given a corrected contact"),
        "contact-removed": _("relieved of a contact"),
        "noted": _("noted on"),
        "contacted": _("marked contacted or not"),
        "taken": _("taken"),
        "released": _("released"),
        "skipped": _("skipped"),
        "unskipped": _("brought back"),
        "favorited": _("marked favourite"),
        "unfavorited": _("unmarked as favourite"),
        "won": _("reported won"),
        "lost": _("reported lost"),
        "undone": _("put back by an undo"),
    }
    return words.get(action, action)


def no_match(search: str) -> list[str]:
    """No hit for a search."""
    return [_("Nothing found for {search}.").format(search=display(search)[:40]), _("escape clears the search.")]


def first_start() -> list[str]:
    """An empty desk: what to do."""
    return [
        _("The desk is empty. Bring referrals in, in another terminal or after q:"),
        "",
        _("refterm import FILE     a file from Partner Center (JSON, NDJSON, CSV) or from refterm"),
        _("refterm demo            look around among made-up referrals first"),
        _("refterm --help          everything else"),
    ]


def empty_tab(tab: Tab, back: datetime | None, look: Look) -> list[str]:
    """A tab with nothing in it."""
    if tab is Tab.INBOX:
        said = [_("All done: no referral waits for an answer.")]
        if back:
            said.append(_("The next one on skip comes back {time}.").format(time=moment(back, look)))
        return said
    if tab is Tab.ACTIVE:
        return [_("No engagement is being worked."), _("1 goes to the Inbox, where a accepts a referral.")]
    return [_("Nothing is archived yet.")]
