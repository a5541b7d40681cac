"""Decisions and the work on a deal: accept, decline, edit, contacts, won, lost (I5, I6, A1-A3); undoing.py takes them back.

Each is one transaction: guarded updates and their entries in the journal, as marks and expiry have them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from refterm.domain import decisions, money
from refterm.domain.deadline import as_of
from refterm.domain.decisions import Context, Typed
from refterm.domain.history import DECISIONS, Action, Notice
from refterm.domain.referral import Deal, Outcome, Referral, Status, TeamMember
from refterm.domain.when import date_text
from refterm.errors import ConflictError, InvalidInputError, NotFoundError, WrongStateError
from refterm.i18n import _
from refterm.services.background.referral_notices import recipient
from refterm.services.marks import accepted_sentence, closed_sentence
from refterm.services.several import Done, together
from refterm.services.sync.owing import owe
from refterm.services.undoing import Undoing
from refterm.store import codec, journal, remote, updates
from refterm.store.connection import Connection

Change = tuple[Action, dict[str, Any]]
_MONEY = {"value", "currency"}


class Triage(Undoing):
    """What people decide about referrals and engagements, and how they undo it."""

    def accept(self, referral_id: int, typed: Typed, context: Context) -> None:
        """Accept a new referral, which moves it to Active (I5).

        Raises:
            InvalidInputError: with a sentence for each bad field.
            WrongStateError: when it is not new any more, saying who decided what and when (T2).
        """

        def change(referral: Referral, now: datetime) -> Change:
            self._require(referral, Status.NEW)
            given = decisions.read_acceptance(
                typed, context._replace(currency=context.currency or referral.deal.currency)
            )
            deal = Deal(
                name=given.name,
                value=given.value.amount,
                currency=given.value.currency,
                timeframe=given.timeframe.text,
                purchase_date=given.timeframe.purchase_date,
                notes=given.notes,
                crm_id=given.crm_id,
                campaign_id=given.campaign_id,
            )
            return Action.ACCEPTED, {
                "status": Status.ACTIVE.value,
                **self._decided(now),
                **codec.deal_columns(deal),
                "team": codec.team((*referral.team, *given.contacts)),
                "skipped_until": None,
            }

        self._apply(referral_id, change)

    def decline(self, referral_ids: Sequence[int], typed: Typed) -> Done:
        """Decline new referrals as one decision (I6); the customers get their notices after the undo time (N1).

        Those that cannot be declined are reported; the others are.

        Raises:
            InvalidInputError: with a sentence for each bad field.
        """
        given = decisions.read_refusal(typed)

        def change(referral: Referral, now: datetime) -> Change:
            self._require(referral, Status.NEW)
            return Action.DECLINED, {
                "status": Status.ARCHIVED.value,
                "outcome": Outcome.DECLINED.value,
                **self._decided(now),
                "closed_at": codec.micros(now),
                "closed_by": self.workplace.actor.name,
                "reason": given.reason,
                "reason_notes": given.notes,
                "skipped_until": None,
            }

        batch = uuid.uuid4().hex if len(referral_ids) > 1 else None
        return together(
            self.workplace,
            referral_ids,
            lambda connection, one: self._change(connection, one, change, batch=batch),
        )

    def edit(self, referral_id: int, typed: Typed, context: Context, *, shown: Typed | None = None) -> None:
        """Edit an engagement (A2). Only what differs from what was shown is changed; where nothing does, nothing is written.

        Args:
            referral_id: the engagement.
            typed: texts by field; without `shown`, only the fields given are changed.
            context: see decisions.Context.
            shown: what the form showed when it was opened.

        Raises:
            InvalidInputError: with a sentence for each bad field, and for each that somebody else changed meanwhile,
                naming theirs (T2).
        """
        if shown is not None and all(text == shown.get(field, "") for field, text in typed.items()):
            return

        def change(referral: Referral, now: datetime) -> Change:
            self._require(referral, Status.ACTIVE)
            if shown is not None:
                self._check_same(referral, typed, shown)
            mine = context._replace(currency=referral.deal.currency or context.currency)
            given = decisions.read_edit(typed, mine, shown=shown)
            if not given.changes:
                raise InvalidInputError({"edit": _("name at least one field to change, such as --value")})
            return Action.EDITED, codec.deal_columns(referral.deal._replace(**given.changes))

        self._apply(referral_id, change)

    @staticmethod
    def _check_same(referral: Referral, typed: Typed, shown: Typed) -> None:
        present, day = edit_texts(referral), referral.deal.purchase_date
        in_words = {**present, "date": date_text(day) if day else ""}
        mine = {field for field, text in typed.items() if text != shown.get(field, "")}
        if mine & _MONEY:  # who changes the one relies on the other
            mine |= _MONEY & typed.keys()
        theirs = {
            field: _("changed meanwhile to {value}").format(value=in_words[field] or _("nothing"))
            for field, text in typed.items()
            if field in mine and present.get(field, "") not in (text, shown.get(field, ""))
        }
        if theirs:
            raise InvalidInputError(theirs)

    def add_contact(self, referral_id: int, typed: Typed) -> None:
        """Add a person of the company who works on the deal (A3)."""
        person = decisions.read_contact(typed)
        self._change_team(referral_id, Action.CONTACT_ADDED, lambda team: [*team, person])

    def edit_contact(self, referral_id: int, number: int, typed: Typed, *, was: TeamMember | None = None) -> None:
        """Correct a contact (A3); only the fields given are changed.

        Args:
            referral_id: the engagement.
            number: which contact, counting from 1.
            typed: texts by field.
            was: the contact as it was shown; another one in its place is not touched (T2).
        """

        def change(team: list[TeamMember]) -> list[TeamMember]:
            person = _nth(team, number, was)
            present = {"name": person.name, "email": person.email, "phone": person.phone}
            team[number - 1] = decisions.read_contact({**present, **typed})
            return team

        self._change_team(referral_id, Action.CONTACT_EDITED, change)

    def remove_contact(self, referral_id: int, number: int, *, was: TeamMember | None = None) -> None:
        """Remove a contact (A3), counting from 1."""

        def change(team: list[TeamMember]) -> list[TeamMember]:
            _nth(team, number, was)
            return team[: number - 1] + team[number:]

        self._change_team(referral_id, Action.CONTACT_REMOVED, change)

    def won(self, referral_id: int, typed: Typed, context: Context) -> None:
        """Report a deal as won (A1); it is archived so. The estimated purchase date stays as it was."""

        def change(referral: Referral, now: datetime) -> Change:
            self._require(referral, Status.ACTIVE)
            deal = referral.deal
            received = referral.received_at.astimezone(self.workplace.zone).date()
            mine = context._replace(currency=deal.currency or context.currency, received=received)
            given = decisions.read_win(typed, mine, has_value=deal.value is not None)
            value = deal.value if given.value is None else given.value
            currency = given.currency or deal.currency
            closed = deal._replace(value=value, currency=currency, closed_on=given.closed_on)
            return Action.WON, {**self._closed(Outcome.WON, now), **codec.deal_columns(closed)}

        self._apply(referral_id, change)

    def lost(self, referral_id: int, typed: Typed) -> None:
        """Report a deal as lost, with its reason (A1); it is archived so."""
        given = decisions.read_refusal(typed)

        def change(referral: Referral, now: datetime) -> Change:
            self._require(referral, Status.ACTIVE)
            return Action.LOST, {**self._closed(Outcome.LOST, now), "reason": given.reason, "reason_notes": given.notes}

        self._apply(referral_id, change)

    def _require(self, referral: Referral, status: Status) -> None:
        """Refuse what is not in the state that an action needs, saying who decided what and when (T2)."""
        if referral.status is status:
            return
        now = self.workplace.now()
        if referral.status is Status.ARCHIVED:
            raise WrongStateError(closed_sentence(referral, now))
        if referral.status is Status.ACTIVE:
            raise WrongStateError(accepted_sentence(referral, now))
        raise WrongStateError(_("#{id} is not accepted yet; accept it first").format(id=referral.id))

    def _decided(self, now: datetime) -> dict[str, Any]:
        return {
            "decided_at": codec.micros(now),
            "decided_by": self.workplace.actor.name,
            "changed_here": 1,
        }

    def _closed(self, outcome: Outcome, now: datetime) -> dict[str, Any]:
        return {
            "status": Status.ARCHIVED.value,
            "outcome": outcome.value,
            "closed_at": codec.micros(now),
            "closed_by": self.workplace.actor.name,
            "changed_here": 1,
        }

    def _change_team(
        self, referral_id: int, action: Action, change: Callable[[list[TeamMember]], list[TeamMember]]
    ) -> None:
        def change_team(referral: Referral, _now: datetime) -> Change:
            self._require(referral, Status.ACTIVE)
            return action, {"team": codec.team(change(list(referral.team)))}

        self._apply(referral_id, change_team)

    def _apply(self, referral_id: int, change: Callable[[Referral, datetime], Change]) -> None:
        self.workplace.require_writing()
        with self.workplace.database.writing() as connection:
            self._change(connection, referral_id, change)

    def _change(
        self,
        connection: Connection,
        referral_id: int,
        change: Callable[[Referral, datetime], Change],
        *,
        batch: str | None = None,
    ) -> None:
        workplace, now = self.workplace, self.workplace.now()
        before = updates.get(connection, referral_id)
        action, values = change(as_of(codec.read_referral(before), now), now)
        if all(before[column] == value for column, value in values.items()):
            return  # set to what it is already: no change, and nothing for the history to tell
        after = updates.update(connection, before, {"changed_here": 1, **values, "changed_at": codec.micros(now)})
        entry = journal.record(
            connection,
            before,
            after,
            action,
            workplace.actor,
            now,
            notices=self._owed(connection, action, after, now),
            batch=batch,
            undo_until=now + timedelta(seconds=workplace.undo_seconds) if action in DECISIONS else None,
        )
        owe(workplace, connection, before, after, action, entry, now)

    def _owed(self, connection: Connection, action: Action, row: dict[str, Any], now: datetime) -> list[Notice]:
        """A decline owes the customer a notice, held back while it can be undone (N1, U1)."""
        if action is not Action.DECLINED or not self.workplace.tells(synced=remote.is_known(connection, row["id"])):
            return []
        return [Notice("declined", recipient(row["contacts"]), now + timedelta(seconds=self.workplace.undo_seconds))]


def edit_texts(referral: Referral) -> dict[str, str]:
    """The texts that the edit form shows for an engagement, by field (A2)."""
    deal = referral.deal
    return {
        "name": deal.name or "",
        "date": deal.purchase_date.isoformat() if deal.purchase_date else "",
        "value": money.plain(deal.value) if deal.value is not None else "",
        "currency": deal.currency or "",
        "notes": deal.notes or "",
        "crm_id": deal.crm_id or "",
        "campaign_id": deal.campaign_id or "",
    }


def _nth(team: list[TeamMember], number: int, was: TeamMember | None) -> TeamMember:
    if not 1 <= number <= len(team):
        raise NotFoundError(_("there is no contact {n}; the deal has {count}").format(n=number, count=len(team)))
    if was is not None and team[number - 1] != was:
        raise ConflictError(_("somebody else changed the contacts meanwhile; look at them again"))
    return team[number - 1]
