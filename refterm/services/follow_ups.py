"""The next step of an engagement: a time and a few words (A5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from refterm.domain import when
from refterm.domain.deadline import as_of
from refterm.domain.decisions import Typed, optional
from refterm.domain.history import Action
from refterm.domain.referral import Referral, Status
from refterm.domain.row import Row
from refterm.errors import WrongStateError
from refterm.i18n import _
from refterm.services import people
from refterm.services.marks import closed_sentence
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, outbox, queries, updates

NAMED = 20


class FollowUps:
    """Sets follow-ups, ends them, and tells which are due."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    def set(self, referral_id: int, typed: Typed) -> datetime:
        """Set the next step of an engagement, in place of the one it has; who holds it gets a notice when it is due.

        Args:
            referral_id: the engagement.
            typed: `at`, a time to come; `text`, a few words.

        Raises:
            InvalidInputError: under the name `at`.
            WrongStateError: when it is not active.
        """
        workplace = self.workplace
        now = workplace.now()
        at = read_at(typed.get("at", ""), now, workplace)
        text = optional(" ".join(typed.get("text", "").split()))

        def change(referral: Referral) -> tuple[Action, dict[str, Any]]:
            return Action.FOLLOW_UP_SET, {"follow_up_at": codec.micros(at), "follow_up_text": text}

        self._apply(referral_id, change)
        return at

    def done(self, referral_id: int, *, was: datetime | None = None) -> bool:
        """The follow-up is done; the engagement has no next step then.

        Args:
            referral_id: the engagement.
            was: the time that the person saw. Another one since stays as it is.

        Returns:
            Whether it was done by this; where somebody else did it before, nothing is left to do.

        Raises:
            WrongStateError: when there is none, or it is not active.
        """

        def change(referral: Referral) -> tuple[Action, dict[str, Any]] | None:
            present = referral.deal.follow_up_at
            if was is not None and present != was:
                return None
            if present is None:
                raise WrongStateError(_("referral {id} has no follow-up").format(id=referral.id))
            return Action.FOLLOW_UP_DONE, {"follow_up_at": None, "follow_up_text": None}

        return self._apply(referral_id, change)

    def due(self, since: datetime | None = None) -> list[Row]:
        """The engagements whose follow-up is due now, the latest first; those that fell due after an instant."""
        with self.workplace.database.reading() as connection:
            now = self.workplace.now()
            return queries.rows(connection, queries.follow_ups_due(connection, since, now, NAMED), now)

    def next_due(self) -> datetime | None:
        """When the next follow-up falls due."""
        with self.workplace.database.reading() as connection:
            return queries.next_follow_up(connection, self.workplace.now())

    def _apply(
        self,
        referral_id: int,
        change: Callable[[Referral], tuple[Action, dict[str, Any]] | None],
    ) -> bool:
        workplace = self.workplace
        workplace.require_writing()
        with workplace.database.writing() as connection:
            now = workplace.now()
            before = updates.get(connection, referral_id)
            referral = as_of(codec.read_referral(before), now)
            _require_active(referral, now)
            made = change(referral)
            if made is None:
                return False
            action, values = made
            after = updates.update(connection, before, {**values, "changed_at": codec.micros(now)})
            outbox.drop_follow_ups(connection, referral_id)
            owed = people.follow_up_notice(connection, after, now, workplace.actor.name)
            journal.record(connection, before, after, action, workplace.actor, now, notices=owed)
            return True


def read_at(text: str, now: datetime, workplace: Workplace) -> datetime:
    """The time of a follow-up as people type it.

    Raises:
        InvalidInputError: under the name `at`; also for a time in the past.
    """
    return when.start(text, now, workplace.zone, "at")


def _require_active(referral: Referral, now: datetime) -> None:
    if referral.status is Status.ARCHIVED:
        raise WrongStateError(closed_sentence(referral, now))
    if referral.status is Status.NEW:
        raise WrongStateError(_("#{id} is not accepted yet; accept it first").format(id=referral.id))
