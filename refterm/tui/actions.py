"""Every action of the desk, defined once: footer, help, palette and bindings are made from this table."""

from __future__ import annotations

from dataclasses import dataclass

from refterm.domain.query import Tab
from refterm.i18n import _

ANYWHERE = (Tab.INBOX, Tab.ACTIVE, Tab.ARCHIVED)
INBOX = (Tab.INBOX,)
ACTIVE = (Tab.ACTIVE,)
OPEN = (Tab.INBOX, Tab.ACTIVE)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do.

    Attributes:
        id: the desk screen's method is `action_<id>`.
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
        Action("accept", ("a",), _("Accept the referral"), decide, _("accept"), INBOX, True, True),
        Action(
            "decline", ("d",), _("Decline the referral, or the marked ones"), decide, _("decline"), INBOX, True, True
        ),
        Action("won", ("w",), _("Report the deal as won"), decide, _("won"), ACTIVE, True, True),
        Action("lost", ("l",), _("Report the deal as lost"), decide, _("lost"), ACTIVE, True, True),
        Action("edit", ("e",), _("Edit the engagement"), work, _("edit"), ACTIVE, True, True),
        Action("contact", ("c",), _("Add a contact who works on the deal"), work, _("contact"), ACTIVE, True, True),
        Action(
            "contacted",
            ("m",),
            _("Say the customer was contacted, or withdraw it"),
            work,
            _("contacted"),
            OPEN,
            True,
            True,
        ),
        Action("take", ("t",), _("Take the referral, or release it"), work, _("take"), OPEN, True, True),
        Action("skip", ("z",), _("Skip until a time, or bring back"), work, _("skip"), INBOX, True, True),
        Action("detail", ("enter",), _("All details, full screen"), look, _("all"), ANYWHERE, True),
        Action("search", ("slash",), _("Search as you type"), look, _("search")),
        Action("undo", ("u",), _("Undo your last decision"), decide, _("undo"), writes=True),
        Action("help", ("question_mark",), _("Keys"), desk, _("keys")),
        Action("quit", ("q",), _("Quit"), desk, _("quit")),
        Action("note", ("n",), _("Add a note to the history"), work, "", ANYWHERE, True, True),
        Action("favorite", ("s",), _("Mark as favourite, or unmark"), work, "", ANYWHERE, True, True),
        Action("history", ("h",), _("History of this referral"), look, "", ANYWHERE, True),
        Action("copy_email", ("y",), _("Copy the customer's e-mail"), work, "", ANYWHERE, True),
        Action("copy_phone", ("Y",), _("Copy the customer's phone"), work, "", ANYWHERE, True),
        Action("mark", ("space",), _("Mark, and go on"), work, "", ANYWHERE, True),
        Action("mark_range", ("v",), _("Mark from the last mark to here"), work, "", ANYWHERE, True),
        Action("similar", ("b",), _("Similar past deals and how they ended"), look, "", ANYWHERE, True),
        Action("insights", ("i",), _("Insights: how you answer, and what to change"), look),
        Action("profiles", ("p",), _("Business profiles"), desk),
        Action("order", ("o",), _("The next order"), look),
        Action("filter", ("F",), _("Filter by outcome, period, profile, favourite, skipped"), look),
        Action("next_flame", ("f",), _("The next customer who asked to be contacted"), look),
        Action("refresh", ("r",), _("Read the desk again"), desk),
        Action("tab_inbox", ("1",), _("Inbox"), move),
        Action("tab_active", ("2",), _("Active"), move),
        Action("tab_archived", ("3",), _("Archived"), move),
        Action("down", ("j", "down"), _("Down"), move),
        Action("up", ("k", "up"), _("Up"), move),
        Action("page_down", ("pagedown", "ctrl+f"), _("A page down"), move),
        Action("page_up", ("pageup", "ctrl+b"), _("A page up"), move),
        Action("top", ("g", "home"), _("To the top"), move),
        Action("bottom", ("G", "end"), _("To the end"), move),
        Action("next_contact", ("tab",), _("In the detail: the next contact of the deal"), move),
        Action("remove_contact", ("x",), _("In the detail: remove the contact"), work, "", ACTIVE, True, True),
        Action("back", ("escape",), _("Back: out of the detail, search, filter, marks"), move),
        Action("suspend", ("ctrl+z",), _("Suspend to the shell"), desk),
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
