"""Every action of the desk, defined once: bindings, footer, help, palette and `refterm --help` are made from this table."""

from __future__ import annotations

from dataclasses import dataclass

from refterm.domain.query import Tab
from refterm.i18n import _

ANYWHERE = (Tab.INBOX, Tab.ACTIVE, Tab.ARCHIVED)
INBOX = (Tab.INBOX,)
ACTIVE = (Tab.ACTIVE,)
OPEN = (Tab.INBOX, Tab.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a person can do.

    Attributes:
        id: its name for good; the method that does it is `DeskActions.action_<id>`.
        keys: Textual's names of its keys, the first is the one shown.
        label: what it does, in a few words, for help and palette.
        short: its word in the footer; empty where the footer leaves it out.
        group: its heading in the help.
        tabs: where it applies.
        on_row: whether it needs a referral under the cursor.
        writes: whether it changes the desk, so that a read-only one refuses it.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    group: str
    short: str = ""
    tabs: tuple[Tab, ...] = ANYWHERE
    on_row: bool = False
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides whether an action can be done now."""

    tab: Tab
    has_row: bool
    read_only: bool
    kiosk: bool = False


def registry() -> tuple[Action, ...]:
    """All actions, in the order of the footer."""
    decide, work, look, move, desk = _("Decide"), _("Work"), _("Look"), _("Move"), _("Desk")
    return (
        Action(
            id="accept",
            keys=("a",),
            label=_("Accept the referral"),
            group=decide,
            short=_("accept"),
            tabs=INBOX,
            on_row=True,
            writes=True,
        ),
        Action(
            id="decline",
            keys=("d",),
            label=_("Decline the referral, or the marked ones"),
            group=decide,
            short=_("decline"),
            tabs=INBOX,
            on_row=True,
            writes=True,
        ),
        Action(
            id="won",
            keys=("w",),
            label=_("Report the deal as won"),
            group=decide,
            short=_("won"),
            tabs=ACTIVE,
            on_row=True,
            writes=True,
        ),
        Action(
            id="lost",
            keys=("l",),
            label=_("Report the deal as lost"),
            group=decide,
            short=_("lost"),
            tabs=ACTIVE,
            on_row=True,
            writes=True,
        ),
        Action(
            id="edit",
            keys=("e",),
            label=_("Edit the engagement"),
            group=work,
            short=_("edit"),
            tabs=ACTIVE,
            on_row=True,
            writes=True,
        ),
        Action(
            id="add_contact",
            keys=("c",),
            label=_("Add a contact who works on the deal"),
            group=work,
            short=_("contact"),
            tabs=ACTIVE,
            on_row=True,
            writes=True,
        ),
        Action(
            id="contacted",
            keys=("m",),
            label=_("Say the customer was contacted, or withdraw it"),
            group=work,
            short=_("contacted"),
            tabs=OPEN,
            on_row=True,
            writes=True,
        ),
        Action(
            id="take",
            keys=("t",),
            label=_("Take the referral, or release it"),
            group=work,
            short=_("take"),
            tabs=OPEN,
            on_row=True,
            writes=True,
        ),
        Action(
            id="skip",
            keys=("z",),
            label=_("Skip until a time, or bring back"),
            group=work,
            short=_("skip"),
            tabs=INBOX,
            on_row=True,
            writes=True,
        ),
        Action(
            id="detail", keys=("enter",), label=_("All details, full screen"), group=look, short=_("all"), on_row=True
        ),
        Action(id="search", keys=("slash",), label=_("Search as you type"), group=look, short=_("search")),
        Action(id="undo", keys=("u",), label=_("Undo your last decision"), group=decide, short=_("undo"), writes=True),
        Action(id="help", keys=("question_mark",), label=_("Keys"), group=desk, short=_("keys")),
        Action(id="quit", keys=("q",), label=_("Quit"), group=desk, short=_("quit")),
        Action(id="note", keys=("n",), label=_("Add a note to the history"), group=work, on_row=True, writes=True),
        Action(
            id="favorite", keys=("s",), label=_("Mark as favourite, or unmark"), group=work, on_row=True, writes=True
        ),
        Action(id="history", keys=("h",), label=_("History of this referral"), group=look, on_row=True),
        Action(id="copy_email", keys=("y",), label=_("Copy the customer's e-mail"), group=work, on_row=True),
        Action(id="copy_phone", keys=("Y",), label=_("Copy the customer's phone"), group=work, on_row=True),
        Action(id="mark", keys=("space",), label=_("Mark, and go on"), group=work, on_row=True),
        Action(id="mark_range", keys=("v",), label=_("Mark from the last mark to here"), group=work, on_row=True),
        Action(id="similar", keys=("b",), label=_("Similar past deals and how they ended"), group=look, on_row=True),
        Action(id="insights", keys=("i",), label=_("Insights: how you answer, and what to change"), group=look),
        Action(id="profiles", keys=("p",), label=_("Business profiles"), group=desk),
        Action(id="next_order", keys=("o",), label=_("The next order"), group=look),
        Action(id="filter", keys=("F",), label=_("Filter by outcome, period, profile, favourite, skipped"), group=look),
        Action(id="next_flame", keys=("f",), label=_("The next customer who asked to be contacted"), group=look),
        Action(id="refresh", keys=("r",), label=_("Read the desk again"), group=desk),
        Action(id="tab_inbox", keys=("1",), label=_("Inbox"), group=move),
        Action(id="tab_active", keys=("2",), label=_("Active"), group=move),
        Action(id="tab_archived", keys=("3",), label=_("Archived"), group=move),
        Action(id="down", keys=("j", "down"), label=_("Down"), group=move),
        Action(id="up", keys=("k", "up"), label=_("Up"), group=move),
        Action(id="page_down", keys=("pagedown", "ctrl+f"), label=_("A page down"), group=move),
        Action(id="page_up", keys=("pageup", "ctrl+b"), label=_("A page up"), group=move),
        Action(id="top", keys=("g", "home"), label=_("To the top"), group=move),
        Action(id="bottom", keys=("G", "end"), label=_("To the end"), group=move),
        Action(id="next_contact", keys=("tab",), label=_("In the detail: the next contact of the deal"), group=move),
        Action(
            id="remove_contact",
            keys=("x",),
            label=_("In the detail: remove the contact"),
            group=work,
            tabs=ACTIVE,
            on_row=True,
            writes=True,
        ),
        Action(id="back", keys=("escape",), label=_("Back: out of the detail, search, filter, marks"), group=move),
        Action(id="suspend", keys=("ctrl+z",), label=_("Suspend to the shell"), group=desk),
    )


def why_off(action: Action, now: Situation) -> str | None:
    """Why an action cannot be done now, in one sentence; None when it can."""
    if action.writes and now.read_only:
        return _("This desk is open for reading only.")
    if action.id == "suspend" and now.kiosk:
        return _("This desk is locked down.")
    if now.tab not in action.tabs:
        names = {Tab.INBOX: _("Inbox"), Tab.ACTIVE: _("Active"), Tab.ARCHIVED: _("Archived")}
        return _("{label}: in {tabs} only.").format(
            label=action.label, tabs=", ".join(names[tab] for tab in action.tabs)
        )
    if action.on_row and not now.has_row:
        return _("There is no referral here.")
    return None


_SHOWN = {"slash": "/", "question_mark": "?", "pagedown": "PgDn", "pageup": "PgUp"}


def key_name(key: str) -> str:
    """A key as people read it."""
    return _SHOWN.get(key, key)


def key_table() -> list[tuple[str, str, str]]:
    """Heading, keys and label of every action, by headings; and the palette, which the program itself binds."""
    rows = [(action.group, " ".join(key_name(key) for key in action.keys), action.label) for action in registry()]
    rows.append((_("Desk"), "ctrl+p", _("Every action by name")))
    headings = list(dict.fromkeys(group for group, _keys, _label in rows))
    return sorted(rows, key=lambda row: headings.index(row[0]))
