"""What a form hears of the desk while it is open: its referral is decided, taken, edited by somebody else, or expires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from refterm.domain.history import DESK, Action, Entry
from refterm.i18n import _
from refterm.text import display
from refterm.tui.session import Session

# After these what the form is for can no longer be done, or was done.
ENDING = frozenset(str(one) for one in (Action.ACCEPTED, Action.DECLINED, Action.EXPIRED, Action.WON, Action.LOST))
CHANGING = frozenset(str(one) for one in (Action.EDITED, Action.UPDATED, Action.UNDONE)) | {
    "merged",
    "yielded",
    "returned",
}
TAKING = frozenset((str(Action.TAKEN), str(Action.RELEASED), "assigned"))


def concerning(entries: Iterable[Entry], referrals: Iterable[int], after: int) -> list[Entry]:
    """Those history entries that a form on some referrals speaks up about, written after it was opened."""
    chosen = set(referrals)
    told = ENDING | CHANGING | TAKING
    return [one for one in entries if one.id > after and one.referral in chosen and str(one.action) in told]


def sentence(entries: list[Entry], companies: Mapping[int, str], session: Session) -> str:
    """What happened to the referral of a form, or to the last of several; empty where nothing did."""
    if not entries:
        return ""
    ending = [one for one in entries if str(one.action) in ENDING]
    entry = (ending or entries)[-1]
    at = entry.at.astimezone(session.workplace.zone)
    what = _words(entry).format(who=display(entry.by), time=f"{at:%H:%M}")
    if len(companies) > 1 and entry.referral is not None:
        what = f"#{entry.referral} {display(companies[entry.referral])}: {what}"
    kept = " " + _("What you typed is kept; ctrl+o copies it.") if ending else ""
    return f"! {what}{kept}"


def _words(entry: Entry) -> str:
    if entry.by == DESK.name and entry.action == Action.EXPIRED:
        return _("It expired at {time}.")
    words = {
        Action.ACCEPTED: _("{who} accepted this at {time}."),
        Action.DECLINED: _("{who} declined this at {time}."),
        Action.WON: _("{who} reported this as won at {time}."),
        Action.LOST: _("{who} reported this as lost at {time}."),
        Action.EXPIRED: _("It expired at {time}."),
        Action.EDITED: _("{who} edited this at {time}."),
        Action.UPDATED: _("A file changed this at {time}."),
        Action.UNDONE: _("{who} undid the decision at {time}."),
        Action.TAKEN: _("{who} took this at {time}."),
        Action.RELEASED: _("{who} released this at {time}."),
    }
    plain = {str(known): text for known, text in words.items()}
    return plain.get(str(entry.action), _("{who} changed this at {time}."))
