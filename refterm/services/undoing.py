"""Taking back one's decisions and replies while they can be (U1).

Each is one transaction: the guarded update, its entry in the journal, and the notices that are taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from refterm.domain.history import DECISIONS, Action, Entry, check_undo, require_undo
from refterm.errors import UndoError
from refterm.i18n import _
from refterm.services.background.expiry import expire_due
from refterm.services.several import Done, Recalled, Refused, together
from refterm.services.sync.owing import check_not_sent
from refterm.services.workplace import Workplace
from refterm.store import codec, history, journal, remote, updates
from refterm.store.connection import Connection


class Undoing:
    """What a person can take back."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    def undo(self, referral_ids: Sequence[int]) -> Done:
        """Undo the latest decision on each referral, or one's latest reply that is still held (U1).

        A decision: the state before it, exactly; its notices are taken back, and one whose expiry passed meanwhile
        then expires at its deadline (I4). A reply: it is not sent, and is in `letters` of what is returned.
        """
        letters: list[Recalled] = []
        undone: list[tuple[Entry, str]] = []

        def undo_one(connection: Connection, referral_id: int) -> None:
            workplace, now = self.workplace, self.workplace.now()
            before = updates.get(connection, referral_id)
            latest = history.standing_decision(connection, referral_id)
            reply = history.held_reply(connection, referral_id, workplace.actor.name, now)
            if reply is not None and (latest is None or latest[0].id < reply.id):
                letters.append(self._recall(connection, before, reply, now))
                return
            try:
                entry = self._undoable(connection, latest, now)
            except UndoError:
                if reply is None:
                    raise
                letters.append(self._recall(connection, before, reply, now))
                return
            values = codec.columns_before(entry.changes)
            if "deal_value" in values:
                values["deal_value_order"] = codec.value_order(codec.amount_or_none(values["deal_value"]))
            after = updates.update(connection, before, {**values, "changed_at": codec.micros(now)})
            journal.record(connection, before, after, Action.UNDONE, workplace.actor, now)
            journal.cancel_notices(connection, [entry.id])
            remote.cancel_from(connection, referral_id, entry.id)
            undone.append((entry, str(before["company"])))

        done = together(self.workplace, referral_ids, undo_one)
        expire_due(self.workplace)
        return done._replace(letters=tuple(letters), undone=tuple(undone))

    def _undoable(self, connection: Connection, latest: tuple[Entry, Entry | None] | None, now: datetime) -> Entry:
        """The decision that may be undone now: it is this person's, young, unchanged, and nobody was told of it (U1)."""
        entry, changed = latest or (None, None)
        workplace = self.workplace
        made = check_undo(entry, actor=workplace.actor, now=now, undo_seconds=workplace.undo_seconds, changed=changed)
        check_not_sent(connection, made.id, now)
        if history.notice_was_sent(connection, made.id):
            # Within the time only where a clock was set back (Z2): what was sent cannot be recalled.
            raise UndoError(_("the customer has been told already, so it can no longer be undone"))
        return made

    def _recall(self, connection: Connection, row: dict[str, Any], reply: Entry, now: datetime) -> Recalled:
        """Undo a reply that is held; the referral does not change."""
        journal.cancel_notices(connection, [reply.id])
        actor, undone = self.workplace.actor, {"undone": Action.REPLIED.value}
        journal.record(connection, row, row, Action.UNDONE, actor, now, batch=history.REPLY, extra=undone)
        to, subject, text = (str(reply.changes[field][1]) for field in ("to", "subject", "text"))
        return Recalled(int(row["id"]), to, subject, text)

    def undo_last(self) -> Done:
        """Undo what `last_decision` names; what was decided later and cannot be undone is in `refused`, with why (U1)."""
        numbers, skipped = self._last()
        done = self.undo(numbers)
        return done._replace(refused=(*skipped, *done.refused))

    def last_decision(self) -> list[int]:
        """The referrals of this person's latest decision or reply that can still be undone; several where they were one (U1).

        Raises:
            UndoError: when there is none.
        """
        numbers, skipped = self._last()
        if not numbers:
            raise skipped[0].error
        return numbers

    def _last(self) -> tuple[list[int], list[Refused]]:
        """The referrals of `last_decision`, and those decided later, which cannot be undone; one of both lists is filled."""
        workplace = self.workplace
        now = workplace.now()
        skipped: list[Refused] = []
        with workplace.database.reading() as connection:
            for at_once in history.recent_decisions(connection, workplace.actor.name, workplace.undo_seconds, now):
                numbers: list[int] = []
                refused: list[Refused] = []
                for entry in reversed(at_once):
                    number = entry.referral or 0
                    if entry.action not in DECISIONS:
                        return [number], skipped
                    latest = history.standing_decision(connection, number)
                    if latest is None or latest[0].id != entry.id:
                        continue  # it was undone, or decided on after it
                    numbers.append(number)
                    try:
                        self._undoable(connection, latest, now)
                    except UndoError as error:
                        refused.append(Refused(number, error))
                if len(refused) < len(numbers):
                    return numbers, skipped
                skipped += refused
        if not skipped:
            require_undo(workplace.undo_seconds)
            sentence = _("nothing to undo: decisions can be undone for {n} s")
            raise UndoError(sentence.format(n=workplace.undo_seconds))
        return [], skipped
