"""Marks that people put on a referral: favourite (I10), taken (T3), put aside (I8), contacted (F4), notes (T4).

Plain SQL: a desk that only marks never loads the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from refterm.domain import when
from refterm.domain.deadline import as_of, span_text
from refterm.domain.decisions import optional, required
from refterm.domain.history import Action
from refterm.domain.referral import Referral, Status
from refterm.errors import ConflictError, InvalidInputError, WrongStateError
from refterm.i18n import _
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, plain
from refterm.words import outcome_word

Change = tuple[Action, Mapping[str, Any]]


class Marks:
    """Marks and notes, each one transaction with its history entry."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    def favorite(self, referral_id: int) -> bool:
        """Set the mark, or take it off again (I10). Archived ones too: it changes nothing about them.

        Returns:
            Whether it is set now.
        """

        def change(referral: Referral) -> Change:
            action = Action.UNFAVORITED if referral.favorite else Action.FAVORITED
            return action, {"favorite": int(not referral.favorite)}

        return bool(self._apply(referral_id, change, archived=True)["favorite"])

    def take(self, referral_id: int, *, over: bool = False) -> None:
        """Take a referral, so that two don't call the same customer (T3).

        Args:
            referral_id: the referral.
            over: take it from somebody else, who was asked about first.

        Raises:
            ConflictError: when somebody else has it and `over` is not given.
            NotAllowedError: to take it over, for whoever is no admin.
        """
        me = self.workplace.actor.name

        def change(referral: Referral) -> Change | None:
            if referral.taken_by == me:
                return None
            if referral.taken_by and not over:
                raise ConflictError(_("{who} has taken it; release it first").format(who=referral.taken_by))
            if referral.taken_by:
                self.workplace.require_admin(_("Taking what others have taken"))
            return Action.TAKEN, {"taken_by": me}

        self._apply(referral_id, change)

    def release(self, referral_id: int) -> None:
        """Give a taken referral back (T3). Another's is released only after a question, which the caller asks.

        Raises:
            WrongStateError: when nobody has taken it.
            NotAllowedError: when somebody else has it, for whoever is no admin.
        """

        def change(referral: Referral) -> Change:
            if referral.taken_by is None:
                raise WrongStateError(_("nobody has taken it"))
            if referral.taken_by != self.workplace.actor.name:
                self.workplace.require_admin(_("Releasing what others have taken"))
            return Action.RELEASED, {"taken_by": None}

        self._apply(referral_id, change)

    def contacted(self, referral_id: int, notes: str = "") -> bool:
        """Say that the customer has been contacted, so that the alert stops urging; said again, it is withdrawn (F4).

        Returns:
            Whether it counts as contacted now.
        """
        workplace = self.workplace

        def change(referral: Referral) -> Change:
            if referral.contacted_at is not None:
                return Action.CONTACTED, {"contacted_at": None, "contacted_by": None}
            return Action.CONTACTED, {
                "contacted_at": codec.micros(workplace.now()),
                "contacted_by": workplace.actor.name,
            }

        return self._apply(referral_id, change, note=optional(notes, lines=True))["contacted_at"] is not None

    def skip(self, referral_id: int, until: str) -> None:
        """Put a new referral aside until a time (I8). It still counts down, and still expires.

        Raises:
            InvalidInputError: for a time that cannot be read, is past, or is later than the expiry, which it names.
        """
        workplace = self.workplace
        back = when.parse_until(until, workplace.now(), workplace.zone)

        def change(referral: Referral) -> Change:
            _require_new(referral)
            if referral.expires_at is not None and back > referral.expires_at:
                expiry = when.local_text(referral.expires_at, workplace.zone)
                raise InvalidInputError({"until": _("it expires before that, at {expiry}").format(expiry=expiry)})
            return Action.SKIPPED, {"skipped_until": codec.micros(back)}

        self._apply(referral_id, change)

    def unskip(self, referral_id: int) -> None:
        """Bring back what was put aside (I8).

        Raises:
            WrongStateError: when it is not put aside.
        """

        def change(referral: Referral) -> Change:
            if referral.skipped_until is None:
                raise WrongStateError(_("it is not skipped"))
            return Action.UNSKIPPED, {"skipped_until": None}

        self._apply(referral_id, change)

    def note(self, referral_id: int, text: str) -> None:
        """Add a note to the history: a call, an answer (T4). The referral itself does not change.

        Raises:
            InvalidInputError: when the text is empty.
        """
        kept = required(text, "note", _("a note needs text"), lines=True)
        workplace = self.workplace
        workplace.require_writing()
        with workplace.database.writing() as connection:
            row = plain.get(connection, referral_id)
            journal.record(connection, row, row, Action.NOTED, workplace.actor, workplace.now(), extra={"note": kept})

    def _apply(
        self,
        referral_id: int,
        change: Callable[[Referral], Change | None],
        *,
        archived: bool = False,
        note: str | None = None,
    ) -> Mapping[str, Any]:
        workplace = self.workplace
        workplace.require_writing()
        with workplace.database.writing() as connection:
            now = workplace.now()
            row = plain.get(connection, referral_id)
            referral = as_of(codec.read_referral(row), now)
            if referral.status is Status.ARCHIVED and not archived:
                raise WrongStateError(closed_sentence(referral, now))
            made = change(referral)
            if made is None:
                return row
            action, values = made
            after = plain.update(connection, row, {**values, "changed_at": codec.micros(now)})
            extra = {"note": note} if note else None
            journal.record(connection, row, after, action, workplace.actor, now, extra=extra)
            return after


def _require_new(referral: Referral) -> None:
    if referral.status is not Status.NEW:
        raise WrongStateError(
            _("referral {id} is {status}; only a new one can be skipped").format(id=referral.id, status=referral.status)
        )


def closed_sentence(referral: Referral, now: datetime) -> str:
    """Why nothing more can be done to an archived referral (H2), and who closed it when (T2)."""
    ago = span_text(now - referral.closed_at) if referral.closed_at else "?"
    if referral.closed_by:
        return _("referral {id} was {outcome} by {who} {ago} ago; what is closed is final").format(
            id=referral.id, outcome=outcome_word(referral.outcome), who=referral.closed_by, ago=ago
        )
    return _("referral {id} was archived as {outcome} {ago} ago; what is closed is final").format(
        id=referral.id, outcome=outcome_word(referral.outcome), ago=ago
    )


def accepted_sentence(referral: Referral, now: datetime) -> str:
    """Why an engagement cannot be decided again, and who accepted it when (T2)."""
    if referral.decided_by and referral.decided_at:
        return _("referral {id} was accepted by {who} {ago} ago; it stands in Active").format(
            id=referral.id, who=referral.decided_by, ago=span_text(now - referral.decided_at)
        )
    return _("referral {id} is accepted already; it stands in Active").format(id=referral.id)
