"""Giving a referral to a colleague (T5); a notice and their screen tell the colleague."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from refterm.domain.deadline import as_of
from refterm.domain.decisions import Typed, optional
from refterm.domain.history import Action, Notice
from refterm.domain.referral import Status
from refterm.errors import ConflictError, NotAllowedError, NotFoundError, RefTermError, WrongStateError
from refterm.i18n import _
from refterm.services import people
from refterm.services.marks import closed_sentence
from refterm.services.several import Done, Refused
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, updates
from refterm.store.connection import Connection

ASSIGNED = "assigned"


class Assigning:
    """Gives referrals and engagements to colleagues."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    def colleagues(self) -> list[str]:
        """The names to choose from."""
        return list(people.colleagues(self.workplace))

    def address(self, name: str) -> str | None:
        """A colleague's e-mail address, where one is set."""
        with self.workplace.database.reading() as connection:
            return people.address_of(connection, name)

    def assign(
        self,
        referral_ids: Sequence[int],
        typed: Typed,
        *,
        over: bool = False,
        was: Mapping[int, str | None] | None = None,
    ) -> Done:
        """Give referrals to a colleague, whose they then are as if taken; those that cannot be given are reported.

        Args:
            referral_ids: new or active ones.
            typed: `to`, a name; `notes`, a word for the colleague.
            over: give away what a third person has, who was asked about first.
            was: who had each when the question was asked; somebody else may have taken it since.

        Raises:
            InvalidInputError: under the name `to`, where nobody is named, a viewer, or somebody not of this desk.
        """
        workplace = self.workplace
        workplace.require_writing()
        name = people.colleague(workplace, typed.get("to", ""))
        notes = optional(typed.get("notes"), lines=True)
        done: list[int] = []
        refused: list[Refused] = []
        with workplace.database.writing() as connection:
            for referral_id in dict.fromkeys(referral_ids):
                try:
                    self._assign(connection, referral_id, name, notes, over=over, was=was)
                    done.append(referral_id)
                except (WrongStateError, ConflictError, NotFoundError, NotAllowedError) as error:
                    refused.append(Refused(referral_id, error))
        return Done(tuple(done), tuple(refused))

    def _assign(
        self,
        connection: Connection,
        referral_id: int,
        name: str,
        notes: str | None,
        *,
        over: bool,
        was: Mapping[int, str | None] | None,
    ) -> None:
        workplace, now = self.workplace, self.workplace.now()
        me = workplace.actor.name
        before = updates.get(connection, referral_id)
        referral = as_of(codec.read_referral(before), now)
        if referral.status is Status.ARCHIVED:
            raise WrongStateError(closed_sentence(referral, now))
        has = referral.taken_by
        if has not in (None, me, name):
            if not over or (was is not None and was.get(referral_id) != has):
                raise ConflictError(_("{who} has taken it; release it first").format(who=has))
            workplace.require("take of others")
        values = {"taken_by": name, "assigned_by": me, "assigned_at": codec.micros(now)}
        after = updates.update(connection, before, {**values, "changed_at": codec.micros(now)})
        address = people.address_of(connection, name)
        owed = [Notice(ASSIGNED, address, now, person=me, text=notes)] if address and name != me else []
        owed += people.follow_up_notice(connection, after, now, name)
        extra = {"note": notes} if notes else None
        journal.record(connection, before, after, Action.ASSIGNED, workplace.actor, now, notices=owed, extra=extra)


def sentence(done: Done, name: str, address: str | None, me: str) -> str:
    """What was given to whom, and how they learn of it.

    Raises:
        RefTermError: when nothing was: why.
    """
    if not done.referrals:
        raise done.refused[0].error if len(done.refused) == 1 else RefTermError(refusals(done))
    numbers = ", ".join(f"#{number}" for number in done.referrals)
    said = _("{referrals}: given to {who}.").format(referrals=numbers, who=name)
    if address is None and name != me:
        said += " " + _(
            "They see it on their desk; no notice goes out, as no address is set (refterm db set people.{who}=ADDRESS)."
        ).format(who=name)
    if done.refused:
        said += " " + _("Not given: {names}.").format(names=refusals(done))
    return said


def refusals(done: Done) -> str:
    """What could not be given, and why."""
    return "; ".join(f"#{one.referral}: {one.error}" for one in done.refused)
