"""The append-only record of who did what (T4), the notices a change owes (N1), and when a decision can be undone (U1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from refterm.errors import UndoError
from refterm.i18n import _


class Action(StrEnum):
    """What can happen to a referral, a profile or the desk's settings."""

    IMPORTED = "imported"
    UPDATED = "updated"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    EDITED = "edited"
    CONTACT_ADDED = "contact-added"
    CONTACT_EDITED = "contact-edited"
    CONTACT_REMOVED = "contact-removed"
    NOTED = "noted"
    CONTACTED = "contacted"
    TAKEN = "taken"
    RELEASED = "released"
    SKIPPED = "skipped"
    UNSKIPPED = "unskipped"
    FAVORITED = "favorited"
    UNFAVORITED = "unfavorited"
    WON = "won"
    LOST = "lost"
    UNDONE = "undone"
    PUSHED = "pushed"
    MERGED = "merged"
    YIELDED = "yielded"
    RETURNED = "returned"
    ADOPTED = "adopted"
    OUTBOX_DROPPED = "outbox-dropped"
    OUTBOX_RETRIED = "outbox-retried"
    PROFILE_ADDED = "profile-added"
    PROFILE_EDITED = "profile-edited"
    PROFILE_REMOVED = "profile-removed"
    SETTING_CHANGED = "setting-changed"
    ASSIGNED = "assigned"
    REPLIED = "replied"
    FOLLOW_UP_SET = "follow-up-set"
    FOLLOW_UP_DONE = "follow-up-done"
    RESTORED = "restored"


DECISIONS = (Action.ACCEPTED, Action.DECLINED, Action.WON, Action.LOST)


class Actor(NamedTuple):
    """The person who acts: the name the desk shows, and the Unix login behind it (contract, Roles)."""

    name: str
    login: str


# An automatic change is recorded as the desk's own, whichever process makes it (I4).
DESK = Actor("refterm", "refterm")


class Entry(NamedTuple):
    """One line of the history, for reading.

    Attributes:
        changes: values before and after by field, as JSON values; times in ISO 8601.
        version: the referral's version after the change.
        undo_until: of a decision, until when it can be undone; None where an older version of the program made it.
    """

    id: int
    at: datetime
    by: str
    login: str
    action: str
    referral: int | None
    changes: Mapping[str, tuple[Any, Any]] = MappingProxyType({})
    version: int = 0
    undo_until: datetime | None = None


class Notice(NamedTuple):
    """A message the desk owes someone (N1).

    Attributes:
        due_at: not delivered before this instant; until then an undo takes it back (U1).
        person: who wrote it, where a person did.
        subject: of a letter that a person wrote (W1).
        text: of a letter; of another notice the words that go with it.
    """

    kind: str
    to: str
    due_at: datetime
    person: str | None = None
    subject: str | None = None
    text: str | None = None


def require_undo(undo_seconds: int) -> None:
    """Refuse where the desk's configuration lets nothing be undone (U1).

    Raises:
        UndoError: saying so.
    """
    if undo_seconds <= 0:
        raise UndoError(_("undo is switched off on this desk (undo_seconds = 0)"))


def check_undo(
    decision: Entry | None, *, actor: Actor, now: datetime, undo_seconds: int, changed: Entry | None = None
) -> Entry:
    """The decision that may be undone now; a decision keeps the time it was made with (U1).

    Args:
        decision: the referral's latest decision, None where there is none.
        actor: who asks.
        now: the present instant.
        undo_seconds: for how long a decision can be undone that does not say so itself.
        changed: the latest later change of what the decision set; marks, notes and other fields are none.

    Raises:
        UndoError: with the reason why not.
    """
    if decision is None or decision.action not in DECISIONS:
        raise UndoError(_("there is no decision to undo on this referral"))
    until = decision.undo_until or decision.at + timedelta(seconds=undo_seconds)
    seconds = (until - decision.at) // timedelta(seconds=1)
    require_undo(seconds)
    if decision.by != actor.name:
        raise UndoError(
            _("it was {action} by {by}; only who decided can undo it").format(action=decision.action, by=decision.by)
        )
    if now >= until:
        raise UndoError(
            _("it was {action} {n} s or more ago and can no longer be undone").format(action=decision.action, n=seconds)
        )
    if changed is not None:
        fields = ", ".join(name for name in changed.changes if name in decision.changes)
        raise UndoError(
            _(
                "the referral has changed since it was {action}, so that cannot be undone: {change} by {by} ({fields})"
            ).format(action=decision.action, change=changed.action, by=changed.by, fields=fields)
        )
    return decision
