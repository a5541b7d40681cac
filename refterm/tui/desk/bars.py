"""The texts of the bars. Pure: values to pieces of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from refterm.domain.deadline import Flame
from refterm.domain.query import Filter, Order, Tab, View
from refterm.domain.when import date_text, local_time
from refterm.i18n import _, ngettext
from refterm.services.desk import Alert
from refterm.text import display, width
from refterm.tui.actions import Action, key_name, keys_of
from refterm.tui.draw.alert import alert_text
from refterm.tui.draw.row import Look, Piece, one_line
from refterm.tui.draw.signs import Signs
from refterm.words import outcome_word, tab_word

MOST_SAID = 1000
# What a click on each piece of the tabs does: a blank, the key, the name, the count.
TAB_ACTIONS = [name for name in ("tab_inbox", "tab_active", "tab_archived") for _piece in range(4)]
# Counts of what is late already.
URGENT = ("late", "passed")


def top(
    person: str,
    caption: str,
    read_only: bool,
    here: int,
    look: Look,
    synced: str = "",
    todo: Mapping[str, int] | None = None,
    cells: int = 80,
) -> tuple[list[Piece], list[Piece]]:
    """The program's name, which desk it is where that is not the person's own, the line of counts, and who is here.

    Args:
        person: who sits at it.
        caption: which desk it is.
        read_only: nothing can be changed.
        here: how many people have it open.
        look: how this terminal draws.
        synced: the state of the connection to Partner Center.
        todo: how many are mine, late and so on, the most important first; those of none are left out.
        cells: the width of the bar.
    """
    right = [(one_line(person, look) + " ", "dim")]
    if here > 1:
        right.append((_("  {n} here").format(n=here) + " ", "dim"))
    if synced:
        right.append(("  " + synced + " ", "dim"))
    if read_only:
        right.insert(0, (_("read only") + "   ", "soon"))
    left = [(" refterm", "dim"), (f"   {caption}" if caption else "", "soon")]
    room = cells - sum(width(text) for text, _style in (*left, *right)) - 2
    words, between = todo_words(), "   "
    for name, count in (todo or {}).items():
        style = "late" if name in URGENT else "strong"
        pieces = [(between, "dim"), (words[name] + " ", "dim"), (number_text(count), style)]
        if count and (needed := sum(width(text) for text, _style in pieces)) <= room:
            left += pieces
            room, between = room - needed, f" {look.signs.dot} "
    return left, right


def todo_words() -> dict[str, str]:
    """What the line of counts calls each count (services.desk.todo)."""
    return {
        "mine": _("mine"),
        "calls": _("calls"),
        "late": _("late"),
        "unrouted": _("no profile"),
        "passed": _("past their date"),
        "no-step": _("no next step"),
    }


def number_text(count: int) -> str:
    """A count for the screen: `1000+` from the limit on."""
    return f"{MOST_SAID}+" if count > MOST_SAID else str(count)


def tabs(
    view: View,
    counts: Mapping[Tab, int],
    hits: int | None,
    marked: int,
    cells: int,
    zone: tzinfo | None,
    hits_of: Mapping[Tab, int] | None = None,
) -> tuple[list[Piece], list[Piece]]:
    """The tabs with their counts, which always stand; at the right, as far as there is room, what the list is.

    Args:
        view: what is looked at.
        counts: how many referrals each tab has.
        hits: how many pass search and filter; None where there is neither.
        marked: how many are marked.
        cells: the width of the bar.
        zone: the viewer's, in which the filter's days begin; None is the machine's.
        hits_of: how many each tab shows, while a search or a filter is on; shown instead of the counts.
    """
    left: list[Piece] = []
    for tab, key in tab_keys().items():
        chosen = tab is view.tab
        left += [(" ", "plain"), (f" {key} ", "key" if not chosen else "chosen")]
        left += [
            (f"{tab_word(tab)} ", "chosen" if chosen else "plain"),
            (f"{number_text(hits_of[tab]) if hits_of else counts.get(tab, 0)} ", "chosen" if chosen else "dim"),
        ]
    right: list[Piece] = []
    if marked:
        right.append((_("{n} marked").format(n=marked), "strong"))
    if hits is not None:
        shown = f"{MOST_SAID}+" if hits > MOST_SAID and view.search else str(hits)
        right.append((ngettext("{n} hit", "{n} hits", hits).format(n=shown), "plain"))
    if view.search:
        right.append(("/" + display(view.search)[:24], "strong"))
    if view.filter != Filter():
        right.append((_("filter: {filter}").format(filter=filter_text(view.filter, zone)), "strong"))
    right.append((_("order: {order}").format(order=order_word(view.effective_order)), "dim"))
    if hits is None:
        right.append((keys_of("search") + " " + _("search"), "dim"))
    return left, _in_room(right, cells - sum(width(text) for text, _style in left) - 1)


def tab_keys() -> dict[Tab, str]:
    """The key of each tab, in their order."""
    return {tab: keys_of(f"tab_{tab.value}") for tab in Tab if tab is not Tab.ALL}


def _in_room(pieces: Sequence[Piece], room: int) -> list[Piece]:
    """As many of the pieces as there is room for, the first ones being the most important."""
    drawn: list[Piece] = []
    for text, style in pieces:
        room -= width(text) + 2
        if room < 0:
            break
        drawn.append((text + "  ", style))
    return drawn


def position(cursor: int, count: int, signs: Signs) -> list[Piece]:
    """Where the cursor is in the list."""
    if not count:
        return []
    return [(" " + _("{n} of {count}").format(n=cursor + 1, count=count) + " ", "dim"), (signs.rule * 2, "rule")]


def ruled(said: list[Piece], right: list[Piece], cells: int, signs: Signs) -> list[Piece]:
    """What was said, and the rule over the rest of the line."""
    used = sum(width(text) for text, _style in (*said, *right))
    rule = max(cells - used - (2 if said else 1 if right else 0), 0)
    return [*said, (" " if said else "", "plain"), (signs.rule * rule, "rule")]


def filter_text(chosen: Filter, zone: tzinfo | None) -> str:
    """A filter in a few words, its days those of the viewer's zone."""
    parts = [
        outcome_word(chosen.outcome.value) if chosen.outcome else "",
        _("from {day}").format(day=date_text(local_time(chosen.since, zone).date())) if chosen.since else "",
        _("until {day}").format(day=date_text(local_time(chosen.until, zone).date())) if chosen.until else "",
        display(chosen.profile) if chosen.profile else "",
        _("favourites") if chosen.favorite else "",
        _("Skipped").lower() if chosen.skipped else "",
        _("mine") if chosen.mine else "",
        _("nobody's") if chosen.unassigned else "",
        _("no active profile") if chosen.unrouted else "",
        _("calls waiting") if chosen.uncalled else "",
        _("flame") if chosen.flame else "",
        _("late") if chosen.overdue else "",
        _("expires within {n} h").format(n=chosen.expiring) if chosen.expiring is not None else "",
        _("fit {n} or more").format(n=chosen.min_fit) if chosen.min_fit is not None else "",
        display(chosen.country.upper()) if chosen.country else "",
        chosen.channel or "",
        _("with a next step") if chosen.follow_up else "",
        _("no next step") if chosen.no_follow_up else "",
        (chosen.label or ngettext("{n} referral", "{n} referrals", len(chosen.ids)).format(n=len(chosen.ids)))
        if chosen.ids
        else "",
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


def alert(shown: Alert | None, look: Look, cells: int = 0) -> list[Piece]:
    """The flame alert above the Inbox, in so many cells if said: the one with least time left (F1-F3)."""
    if shown is None:
        return []
    sign = look.signs.hot if shown.hot else look.signs.cooled
    state = Flame.HOT if shown.hot else Flame.COOLED
    room = cells - width(sign) - 4 - sum(width(text) for text, _style in alert_keys(shown)) if cells else 0
    text = alert_text(shown.row.company, state, shown.row.received_at, (None, None), look, room)
    return [(f" {sign} ", "flame"), (text, "flame" if shown.hot else "strong")]


def alert_keys(shown: Alert | None) -> list[Piece]:
    """The key that goes there, and how many there are (F1)."""
    if shown is None:
        return []
    of = _(" of {n}").format(n=shown.total) if shown.total > 1 else ""
    return [(keys_of("next_flame"), "key"), (" " + _("next") + of + " ", "dim")]


def _search_keys() -> tuple[list[Piece], list[str]]:
    """The keys while a search is typed, where letters are letters."""
    shown = (("enter", _("to the list")), ("escape", _("clear")))
    pieces = [piece for key, short in shown for piece in ((f" {key_name(key)}", "key"), (f" {short} ", "dim"))]
    return pieces, [""] * len(pieces)


def keys(
    able: Sequence[Action], cells: int, tab: Tab, *, whole: bool, searching: bool = False
) -> tuple[list[Piece], list[str]]:
    """The keys that work now, as many as fit, and the action of each piece; help, quit and back are always shown."""
    if searching:
        return _search_keys()
    always = [(action.id, key_name(action.keys[0]), action.short) for action in able if action.id in ("help", "quit")]
    if whole:
        always.insert(0, ("back", "escape", _("back")))
    left_out = ("help", "quit", "detail") if whole else ("help", "quit")
    room = cells - sum(len(key) + width(short) + 3 for _id, key, short in always)
    chosen: list[tuple[str, str, str]] = []
    for action in able:
        key = key_name(action.keys[0])
        short = (tab is Tab.ACTIVE and action.short_in_active) or action.short
        needed = len(key) + width(short) + 3
        if action.id not in left_out and needed <= room:
            room -= needed
            chosen.append((action.id, key, short))
    shown = (*chosen, *always)
    pieces = [piece for _id, key, short in shown for piece in ((f" {key}", "key"), (f" {short} ", "dim"))]
    return pieces, [name for name, _key, _short in shown for _both in range(2)]
