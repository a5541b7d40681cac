"""What a change at the desk owes Partner Center: a push, held as long as its decision can be undone (U1)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from refterm.domain.history import DECISIONS, Action
from refterm.errors import UndoError
from refterm.i18n import _
from refterm.services.workplace import Workplace
from refterm.store import codec, remote
from refterm.store.connection import Connection

Row = Mapping[str, Any]
# With less time left at the source a push is not held.
LEAST_HELD = timedelta(minutes=2)
EDITS = (Action.EDITED, Action.CONTACT_ADDED, Action.CONTACT_EDITED, Action.CONTACT_REMOVED)


def held_until(now: datetime, undo_seconds: int, expires_at: datetime | None) -> datetime:
    """Until when a decision's push is held: for the undo time, but never beyond half of the time to the expiry (U1)."""
    held = timedelta(seconds=undo_seconds)
    if expires_at is not None:
        left = max(expires_at - now, timedelta())
        held = timedelta() if left < LEAST_HELD else min(held, left / 2)
    return now + held


def is_pushed(workplace: Workplace, referral_id: int) -> bool:
    """Whether Partner Center gets to see what is decided about a referral."""
    with workplace.database.reading() as connection:
        return remote.is_known(connection, referral_id)


def owe(
    workplace: Workplace, connection: Connection, before: Row, after: Row, action: Action, entry: int, now: datetime
) -> None:
    """Owe Partner Center a change of a referral that a sync brought; within the change's own transaction.

    An edit goes along with what was not sent yet (push.py). Nothing is owed where no column changed that can be sent.
    """
    if action not in (*DECISIONS, *EDITS):
        return
    known = remote.one(connection, before["id"])
    if known is None:
        return
    from refterm.formats import patch  # a megabyte that a desk without sync does not need

    changed = {
        column: [before[column], after[column]]
        for column in (*patch.STANDING, *patch.FIELDS)
        if before[column] != after[column]
    }
    if not changed:
        return
    until = now
    if action in DECISIONS:
        expires = codec.instant_or_none(before["expires_at"]) if before["status"] == "new" else None
        until = held_until(now, workplace.undo_seconds, expires)
    remote.add_push(
        connection,
        referral_id=before["id"],
        history_id=entry,
        due_at=codec.micros(until),
        held=until > now,
        person=workplace.actor.name,
        changes=changed,
        request_id=str(uuid.uuid4()),
    )


def check_not_sent(connection: Connection, entry: int, now: datetime) -> None:
    """Refuse to undo what Partner Center has, or may have.

    Raises:
        UndoError: saying so.
    """
    if remote.left(connection, entry, codec.micros(now)):
        raise UndoError(_("Partner Center has it already, so it can no longer be undone"))
