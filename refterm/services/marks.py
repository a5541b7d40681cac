"""Marks that people put on a referral: favourite (I10), taken (T3), put aside (I8), contacted (F4), notes (T4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from refterm.domain import when
from refterm.domain.deadline import as_of, span_text
from refterm.domain.decisions import optional, required
from refterm.domain.history import Action
from refterm.domain.referral import Outcome, Referral, Status
from refterm.errors import ConflictError, InvalidInputError, WrongStateError
from refterm.i18n import _
from refterm.services import people
from refterm.services.workplace import Workplace
from refterm.store import codec, history, journal, updates
from refterm.words import outcome_word, status_text

Change = tuple[Action, Mapping[str, Any]]
# Taking or releasing a referral ends its assignment (T5).
NOT_ASSIGNED: Mapping[str, Any] = {"assigned_by": None, "assigned_at": None}


class Toggled(NamedTuple):
    """How a toggle ended; true where the mark is set.

    Attributes:
        is_set: whether the mark is set now.
        already: who had set or removed it before, so that nothing was left to do; None where this call changed it.
    """

    is_set: bool
    already: str | None = None

    def __bool__(self) -> bool:
        return self.is_set


class Marks:
    """Marks and notes, each one transaction with its history entry."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    def favorite(self, referral_id: int, *, was: bool | None = None) -> Toggled:
        """Set the mark, or take it off again (I10). Archived ones too: it changes nothing about them.

        Args:
            referral_id: the referral.
            was: whether the person saw it set. Where somebody else toggled it since, nothing is left to do.
        """

        def change(referral: Referral) -> Change | None:
            wanted = not (referral.favorite if was is None else was)
            if referral.favorite == wanted:
                return None
            return (Action.FAVORITED if wanted else Action.UNFAVORITED), {"favorite": int(wanted)}

        return self._toggle(referral_id, "favorite", change, archived=True)

    def take(self, referral_id: int, *, over: bool = False, was: str | None = None) -> None:
        """Take a referral, so that two don't call the same customer (T3).

        Args:
            referral_id: the referral.
            over: take it from somebody else, who was asked about first.
            was: whom the question named; somebody else may have taken it since.

        Raises:
            ConflictError: when somebody else has it and `over` is not given, or not the one who was asked about.
            NotAllowedError: when somebody else has it and the login is no admin.
        """
        me = self.workplace.actor.name

        def change(referral: Referral) -> Change | None:
            if referral.taken_by == me:
                return None
            if referral.taken_by and (not over or was not in (None, referral.taken_by)):
                raise ConflictError(_("{who} has taken it; release it first").format(who=referral.taken_by))
            if referral.taken_by:
                self.workplace.require("take of others")
            return Action.TAKEN, {"taken_by": me, **NOT_ASSIGNED}

        self._apply(referral_id, change)

    def release(self, referral_id: int, *, was: str | None = None) -> None:
        """Give a taken referral back (T3). Another's is released only after a question, which the caller asks.

        Args:
            referral_id: the referral.
            was: who had it when the person looked; somebody else may have taken it over since.

        Raises:
            ConflictError: when somebody else than `was` has it.
            WrongStateError: when nobody has taken it.
            NotAllowedError: when somebody else has it and the login is no admin.
        """

        def change(referral: Referral) -> Change:
            if referral.taken_by is None:
                raise WrongStateError(_("nobody has taken it, so there is nothing to release"))
            if was not in (None, referral.taken_by):
                raise ConflictError(_("{who} has taken it; release it first").format(who=referral.taken_by))
            if referral.taken_by != self.workplace.actor.name:
                self.workplace.require("release of others")
            return Action.RELEASED, {"taken_by": None, **NOT_ASSIGNED}

        self._apply(referral_id, change)

    def contacted(self, referral_id: int, notes: str = "", *, was: bool | None = None) -> Toggled:
        """Say that the customer has been contacted, so that the alert stops urging; said again, it is withdrawn (F4).

        Args:
            referral_id: the referral.
            notes: what was said, for the history.
            was: whether the person saw it as contacted. Where somebody else toggled it since, nothing is left to do.
        """
        workplace = self.workplace

        def change(referral: Referral) -> Change | None:
            is_contacted = referral.contacted_at is not None
            wanted = not (is_contacted if was is None else was)
            if is_contacted == wanted:
                return None
            if not wanted:
                return Action.CONTACTED, {"contacted_at": None, "contacted_by": None}
            return Action.CONTACTED, {
                "contacted_at": codec.micros(workplace.now()),
                "contacted_by": workplace.actor.name,
            }

        return self._toggle(referral_id, "contacted_at", change, note=optional(notes, lines=True))

    def skip(self, referral_id: int, until: str) -> None:
        """Put a new referral aside until a time (I8). It still counts down, and still expires.

        Raises:
            InvalidInputError: for a time that cannot be read, is past, or is later than the expiry, which it names.
        """
        workplace = self.workplace
        asked = workplace.now()
        back = when.start(until, asked, workplace.zone)

        def change(referral: Referral) -> Change:
            _require_new(referral)
            if referral.expires_at is not None and back > referral.expires_at:
                expiry = when.moment_text(referral.expires_at, asked, workplace.zone)
                raise InvalidInputError({"until": _("it expires before that, at {expiry}").format(expiry=expiry)})
            return Action.SKIPPED, {"skipped_until": codec.micros(back)}

        self._apply(referral_id, change)

    def unskip(self, referral_id: int, *, was: bool = False) -> Toggled:
        """Bring back what was put aside (I8).

        Args:
            referral_id: the referral.
            was: the person saw it as put aside. Where somebody else brought it back since, nothing is left to do.

        Raises:
            WrongStateError: when it is not put aside, and was not when the person looked.
        """

        def change(referral: Referral) -> Change | None:
            if referral.skipped_until is None:
                if was:
                    return None
                raise WrongStateError(_("it is not skipped, so it stands in the Inbox already"))
            return Action.UNSKIPPED, {"skipped_until": None}

        return self._toggle(referral_id, "skipped_until", change)

    def note(self, referral_id: int, text: str) -> None:
        """Add a note to the history: a call, an answer (T4). The referral itself does not change.

        Raises:
            InvalidInputError: when the text is empty.
        """
        kept = required(text, "note", _("a note needs text"), lines=True)
        workplace = self.workplace
        workplace.require_writing()
        with workplace.database.writing() as connection:
            row = updates.get(connection, referral_id)
            journal.record(connection, row, row, Action.NOTED, workplace.actor, workplace.now(), extra={"note": kept})

    def _toggle(
        self,
        referral_id: int,
        column: str,
        change: Callable[[Referral], Change | None],
        *,
        archived: bool = False,
        note: str | None = None,
    ) -> Toggled:
        """Apply a change that may be there already: then it says who made it."""
        before, after = self._apply(referral_id, change, archived=archived, note=note)
        already = None
        if after is before:
            with self.workplace.database.reading() as connection:
                entries = [one for one in history.entries(connection, referral_id) if column in one.changes]
            already = entries[-1].by if entries else None
        return Toggled(bool(after[column]), already)

    def _apply(
        self,
        referral_id: int,
        change: Callable[[Referral], Change | None],
        *,
        archived: bool = False,
        note: str | None = None,
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The row before and after; the same one where nothing was left to do."""
        workplace = self.workplace
        workplace.require_writing()
        with workplace.database.writing() as connection:
            now = workplace.now()
            row = updates.get(connection, referral_id)
            referral = as_of(codec.read_referral(row), now)
            if referral.status is Status.ARCHIVED and not archived:
                raise WrongStateError(closed_sentence(referral, now))
            made = change(referral)
            if made is None:
                return row, row
            action, values = made
            after = updates.update(connection, row, {**values, "changed_at": codec.micros(now)})
            extra = {"note": note} if note else None
            owed = []
            if row["taken_by"] != after["taken_by"] and after["follow_up_at"] is not None:
                owed = people.follow_up_notice(connection, after, now, workplace.actor.name)
            journal.record(connection, row, after, action, workplace.actor, now, notices=owed, extra=extra)
            return row, after


def _require_new(referral: Referral) -> None:
    if referral.status is not Status.NEW:
        raise WrongStateError(
            _("#{id} is {status}; only a new one can be skipped").format(id=referral.id, status=status_text(referral))
        )


def closed_sentence(referral: Referral, now: datetime) -> str:
    """Why nothing more can be done to an archived referral (H2), and who closed it when (T2)."""
    ago = span_text(now - referral.closed_at) if referral.closed_at else "?"
    sentences = {
        Outcome.DECLINED: _("#{id} was declined by {who} {ago} ago; it is closed"),
        Outcome.WON: _("#{id} was reported as won by {who} {ago} ago; it is closed"),
        Outcome.LOST: _("#{id} was reported as lost by {who} {ago} ago; it is closed"),
    }
    sentence = sentences.get(referral.outcome) if referral.closed_by and referral.outcome else None
    return (sentence or _("#{id} was archived as {outcome} {ago} ago; it is closed")).format(
        id=referral.id, outcome=outcome_word(referral.outcome), who=referral.closed_by, ago=ago
    )


def accepted_sentence(referral: Referral, now: datetime) -> str:
    """Why an engagement cannot be decided again, and who accepted it when (T2)."""
    if referral.decided_by and referral.decided_at:
        return _("#{id} was accepted by {who} {ago} ago; it is in Active").format(
            id=referral.id, who=referral.decided_by, ago=span_text(now - referral.decided_at)
        )
    return _("#{id} is accepted already; it is in Active").format(id=referral.id)
