"""Every action of the desk, defined once: bindings, footer, help, palette and `refterm --help` are made from this table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from refterm.domain.tabs import Tab
from refterm.errors import ConfigurationError
from refterm.i18n import _, pgettext
from refterm.text import as_sentence

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
        short_in_active: its word in the footer of Active, where that is another one.
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
    short_in_active: str = ""
    tabs: tuple[Tab, ...] = ANYWHERE
    on_row: bool = False
    writes: bool = False


class Situation(NamedTuple):
    """What decides whether an action can be done now."""

    tab: Tab
    has_row: bool
    read_only: bool
    kiosk: bool = False


# Keys that are the program's own everywhere.
KEPT = ("ctrl+p", "ctrl+q", "ctrl+c")
_NAMED_KEY = re.compile(
    r"(?:(?:ctrl|shift|alt)\+)*(?:f[0-9]{1,2}|[a-z0-9]|space|enter|tab|escape|home|end|pageup|pagedown|up|down|left|right|insert|delete|backspace)"
)
# The keys of one's own, by action; set once before a desk is opened.
_own: dict[str, str] = {}


def use_keys(keys: Mapping[str, str]) -> None:
    """Take keys of one's own (`[keys]`) for footer, help, palette and the desk.

    Raises:
        ConfigurationError: for an unknown action, a key that is none, one that the program keeps, or a clash, naming both.
    """
    actions = {action.id: action for action in _table()}
    given: dict[str, str] = {}
    for name, typed in keys.items():
        if name not in actions:
            raise ConfigurationError(
                _("[keys] {name} is no action; allowed are {allowed}").format(
                    name=name, allowed=", ".join(sorted(actions))
                )
            )
        given[name] = _key(name, typed)
    taken: dict[str, Action] = {}
    for action in actions.values():
        for key in (given[action.id],) if action.id in given else action.keys:
            other = taken.setdefault(key, action)
            if other is not action:
                raise ConfigurationError(
                    _("[keys] {key} is the key of both {one} and {other}; choose another for one of them").format(
                        key=key_name(key), one=other.id, other=action.id
                    )
                )
    _own.clear()
    _own.update(given)
    _first_keys.cache_clear()


def own_keys() -> dict[str, str]:
    """The person's keys by action."""
    return dict(_own)


def _key(name: str, typed: str) -> str:
    """A key as Textual calls it."""
    text = typed.strip() if len(typed) > 1 else typed
    if len(text) == 1 and text.isprintable():
        from textual.keys import _character_to_key

        key = _character_to_key(text)
    else:
        key = text.lower()
        if not _NAMED_KEY.fullmatch(key):
            raise ConfigurationError(
                _("[keys] {name}: {key} is no key; type one such as A, f5 or ctrl+n").format(name=name, key=typed)
            )
    if key in KEPT:
        raise ConfigurationError(_("[keys] {name}: the desk keeps {key} for itself").format(name=name, key=typed))
    return key


def registry() -> tuple[Action, ...]:
    """All actions with the person's keys, in the order of the footer."""
    return tuple(replace(action, keys=(_own[action.id],)) if action.id in _own else action for action in _table())


def keys_of(name: str) -> str:
    """The key of an action as people read it, for sentences that name it."""
    return key_name(_first_keys()[name])


@cache
def _first_keys() -> dict[str, str]:
    # Kept: every drawing names some sixteen keys, and to make the table for each was two thirds of its time.
    return {action.id: action.keys[0] for action in registry()}


def _table() -> tuple[Action, ...]:
    """All actions, in the order of the footer."""
    decide, work, look, move, desk = _("Decide"), _("Work"), _("Look"), _("Move"), _("Desk")
    return (
        _change("accept", "a", _("Accept the referral"), decide, INBOX, _("accept")),
        _change("decline", "d", _("Decline the referral, or the marked ones"), decide, INBOX, _("decline")),
        _change("won", "w", _("Report the deal as won"), decide, ACTIVE, _("won")),
        _change("lost", "l", _("Report the deal as lost"), decide, ACTIVE, _("lost")),
        _change("edit", "e", _("Edit the engagement"), work, ACTIVE, _("edit")),
        _change("move_date", "D", _("Move the purchase date"), work, ACTIVE, _("move date")),
        _change("add_contact", "c", _("Add a contact who works on the deal"), work, ACTIVE, _("contact")),
        _change("contacted", "m", _("Customer contacted; again: take it back"), work, OPEN, _("contacted")),
        _change("take", "t", _("Take the referral, or release it"), work, OPEN, _("take")),
        replace(
            _change("skip", "z", _("Skip until a time, or bring back; in Active: follow up"), work, OPEN, _("skip")),
            short_in_active=_("follow up"),
        ),
        _change("reply", "R", _("Reply to the customer"), work, ANYWHERE, _("reply")),
        _on_row("detail", "enter", _("All details, full screen"), look, _("all")),
        _any("search", "slash", _("Search as you type"), look, _("search")),
        # Not in the footer: the message line names it for as long as there is something to undo.
        Action(id="undo", keys=("u",), label=_("Undo your last decision"), group=decide, writes=True),
        _any("help", "question_mark", _("Keys"), desk, _("keys")),
        _any("quit", "q", _("Quit"), desk, _("quit")),
        _change("assign", "T", _("Assign to a colleague, marked ones together"), work, OPEN, _("assign")),
        _change("follow_up_done", "Z", _("Follow-up done, then the next"), work, ACTIVE, _("step done")),
        _change("note", "n", _("Add a note to the history"), work, ANYWHERE, _("note")),
        _change("favorite", "s", _("Mark as favourite, or unmark"), work, ANYWHERE, _("favourite")),
        _on_row("history", "h", _("History of this referral"), look, _("history")),
        _on_row("copy_email", "y", _("Copy the customer's e-mail"), work, _("copy e-mail")),
        _on_row("copy_phone", "Y", _("Copy the customer's phone"), work, _("copy phone")),
        _on_row("mark", "space", _("Mark, and go on"), work, _("mark")),
        _on_row("mark_range", "v", _("Mark from the last mark to here"), work),
        _on_row("similar", "b", _("Similar past deals and how they ended"), look, _("similar")),
        _any("insights", "i", _("Insights: how the team answers, and what to change"), look, _("insights")),
        _any("profiles", "p", _("Business profiles"), desk, _("profiles")),
        _any("next_order", "o", _("The next order"), look, _("order")),
        _any("layout", "L", _("The detail below the list, beside it, or off"), look, _("layout")),
        _on_row("next_record", "J", _("In the full detail: the next referral"), move),
        _on_row("previous_record", "K", _("In the full detail: the one before"), move),
        _any("views", "V", _("Views: mine, late and so on, with their counts"), look, _("views")),
        _any("filter", "F", _("Filter by everything that a list can be filtered by"), look, _("filter")),
        _any("next_flame", "f", _("The next customer who asked to be contacted"), look, _("next flame")),
        _any("hand_on", "E", _("Hand on the list, its history or the insights"), look, _("hand on")),
        _any("outbox", "O", _("Outbox: what is owed, sent and failed"), desk, _("outbox")),
        Action(
            id="bring_in",
            keys=("I",),
            label=_("Import a file of referrals"),
            group=desk,
            short=_("import"),
            writes=True,
        ),
        _any("refresh", "r", _("Refresh, or sync when connected"), desk, _("refresh")),
        _any("tab_inbox", "1", _("Inbox"), move),
        _any("tab_active", "2", _("Active"), move),
        _any("tab_archived", "3", _("Archived"), move),
        _any("down", "j down", _("Down"), move),
        _any("up", "k up", _("Up"), move),
        _any("page_down", "pagedown ctrl+f", _("A page down"), move),
        _any("page_up", "pageup ctrl+b", _("A page up"), move),
        _any("top", "g home", _("To the top"), move),
        _any("bottom", "G end", _("To the end"), move),
        _any("next_contact", "tab", _("In the detail: the next contact of the deal"), move),
        _change("remove_contact", "x", _("Remove the contact under the cursor"), work, ACTIVE),
        _any("back", "escape", _("Back: out of the detail, search, filter, marks"), move),
        _any("suspend", "ctrl+z", _("Suspend to the shell"), desk),
        _any("tour", "f9", _("Look around in the demo, with its tour"), desk),
    )


def _any(id: str, keys: str, label: str, group: str, short: str = "") -> Action:  # noqa: A002
    """An action that needs no referral."""
    return Action(id=id, keys=tuple(keys.split()), label=label, group=group, short=short)


def _on_row(id: str, keys: str, label: str, group: str, short: str = "") -> Action:  # noqa: A002
    """An action that reads the referral under the cursor."""
    return replace(_any(id, keys, label, group, short), on_row=True)


def _change(
    id: str,  # noqa: A002
    keys: str,
    label: str,
    group: str,
    tabs: tuple[Tab, ...] = ANYWHERE,
    short: str = "",
) -> Action:
    """An action that changes the referral under the cursor."""
    return replace(_on_row(id, keys, label, group, short), tabs=tabs, writes=True)


def why_off(action: Action, now: Situation) -> str | None:
    """Why an action cannot be done now, in one sentence that says what to do; None when it can."""
    if action.writes and now.read_only:
        return _("This desk is open for reading only.")
    if action.id in ("suspend", "bring_in", "tour") and now.kiosk:
        return _("This desk is locked down.")
    if action.on_row and not now.has_row:
        return _("There is no referral here.")
    if now.tab not in action.tabs:
        purpose = {
            INBOX: _("{action} is for new referrals."),
            ACTIVE: _("{action} is for active deals."),
            OPEN: _("{action} is for open referrals."),
        }[action.tabs]
        standing = {
            Tab.INBOX: _("This one is not accepted yet ({accept})."),
            Tab.ACTIVE: _("This one is accepted already."),
            Tab.ARCHIVED: _("This one is closed."),
        }[now.tab]
        named = as_sentence(action.short or action.label)
        return f"{purpose.format(action=named)} {standing.format(accept=keys_of('accept'))}"
    return None


def off_words(action: Action, now: Situation) -> str | None:
    """Why an action cannot be done now, in the few words that stand beside its name; None when it can."""
    sentence = why_off(action, now)
    if sentence is None or now.read_only or now.tab in action.tabs or not now.has_row:
        return sentence
    words = {Tab.INBOX: _("not accepted yet"), Tab.ACTIVE: _("accepted already"), Tab.ARCHIVED: _("closed")}
    return words[now.tab]


_SHOWN = {
    "slash": "/",
    "question_mark": "?",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "backslash": "\\",
    "at": "@",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
}


def key_name(key: str) -> str:
    """A key as people read it."""
    if key in _SHOWN or len(key) == 1:
        return _SHOWN.get(key, key)
    if word := _key_word(key):
        return word
    try:
        letter = unicodedata.lookup(key.replace("_", " "))
    except KeyError:
        return key
    return letter if letter.isprintable() and letter != " " else key


def _key_word(key: str) -> str:
    """What is printed on a key, on the keyboards of the person's language; empty for letters and signs."""
    return {
        "enter": pgettext("key", "enter"),
        "space": pgettext("key", "space"),
        "pagedown": pgettext("key", "PgDn"),
        "pageup": pgettext("key", "PgUp"),
        "home": pgettext("key", "home"),
        "end": pgettext("key", "end"),
        "up": pgettext("key", "up"),
        "down": pgettext("key", "down"),
        "delete": pgettext("key", "delete"),
    }.get(key, "")


def key_table() -> list[tuple[str, str, str]]:
    """Heading, keys and label of every action, by headings; and the palette, which the program itself binds."""
    rows = [(action.group, " ".join(key_name(key) for key in action.keys), action.label) for action in registry()]
    rows.append((_("Desk"), "ctrl+p", _("Every action by name")))
    headings = list(dict.fromkeys(group for group, _keys, _label in rows))
    return sorted(rows, key=lambda row: headings.index(row[0]))
