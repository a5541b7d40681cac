"""`refterm note`, `contacted`, `take`, `release`, `favorite`, `skip`, `unskip`: marks (T4, F4, T3, I10, I8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from refterm.cli import output
from refterm.cli.base import command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.cli.words import label, place
from refterm.errors import NotAllowedError
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.domain.referral import Referral
    from refterm.services.desk import Desk
    from refterm.services.marks import Marks

_ID = click.argument("identity", metavar="ID")
_YES = click.option("--yes", is_flag=True, help=_("Do so without asking where somebody else has it."))


@command("note")
@_ID
@click.argument("note", metavar="TEXT")
@pass_invocation
def note_(invocation: Invocation, identity: str, note: str) -> None:
    """Add a note to the history."""
    with _marks(invocation, identity) as (marks, desk, number):
        marks.note(number, note)
        output.sentence(_("Noted on {referral}.").format(referral=label(desk.referral(number))))


@command("contacted")
@_ID
@click.option("--notes", default="", metavar="TEXT", help=_("What was said, for the history."))
@pass_invocation
def contacted_(invocation: Invocation, identity: str, notes: str) -> None:
    """Say that the customer has been contacted, or withdraw it."""
    with _marks(invocation, identity) as (marks, desk, number):
        said = _("{referral} counts as contacted.") if marks.contacted(number, notes) else _("{referral}: withdrawn.")
        output.sentence(said.format(referral=label(desk.referral(number))))


@command("take")
@_ID
@_YES
@pass_invocation
def take_(invocation: Invocation, identity: str, yes: bool) -> None:
    """Take a referral."""
    with _marks(invocation, identity) as (marks, desk, number):
        question = _("{who} has taken {referral}. Take it over?")
        marks.take(number, over=_may(desk, desk.referral(number), question, yes=yes))
        output.sentence(_("Took {referral}.").format(referral=label(desk.referral(number))))


@command("release")
@_ID
@_YES
@pass_invocation
def release_(invocation: Invocation, identity: str, yes: bool) -> None:
    """Give a taken referral back."""
    with _marks(invocation, identity) as (marks, desk, number):
        _may(desk, desk.referral(number), _("{who} has taken {referral}. Release it?"), yes=yes)
        marks.release(number)
        output.sentence(_("Released {referral}.").format(referral=label(desk.referral(number))))


@command("favorite")
@_ID
@pass_invocation
def favorite_(invocation: Invocation, identity: str) -> None:
    """Mark a referral as favourite, or take the mark off."""
    with _marks(invocation, identity) as (marks, desk, number):
        said = _("{referral} is a favourite.") if marks.favorite(number) else _("{referral}: removed from favourites.")
        output.sentence(said.format(referral=label(desk.referral(number))))


@command("skip")
@_ID
@click.option("--until", required=True, metavar="WHEN", help=_("When it comes back: +2h, tomorrow 9:00, mon, 30 Jun."))
@pass_invocation
def skip_(invocation: Invocation, identity: str, until: str) -> None:
    """Put a new referral aside."""
    from refterm.domain.when import time_text

    with _marks(invocation, identity) as (marks, desk, number):
        marks.skip(number, until)
        referral = desk.referral(number)
        assert referral.skipped_until is not None
        back = time_text(referral.skipped_until, desk.workplace.zone)
        output.sentence(_("Skipped {referral} until {back}.").format(referral=label(referral), back=back))


@command("unskip")
@_ID
@pass_invocation
def unskip_(invocation: Invocation, identity: str) -> None:
    """Bring back what was put aside."""
    with _marks(invocation, identity) as (marks, desk, number):
        marks.unskip(number)
        referral = desk.referral(number)
        output.sentence(_("Brought back {referral}. {place}.").format(referral=label(referral), place=place(referral)))


@contextmanager
def _marks(invocation: Invocation, identity: str) -> Iterator[tuple[Marks, Desk, int]]:
    with invocation.referral(identity) as (desk, number):
        from refterm.services.marks import Marks

        yield Marks(desk.workplace), desk, number


def _may(desk: Desk, referral: Referral, question: str, *, yes: bool) -> bool:
    """Whether somebody else has the referral, and it was agreed to all the same (T3).

    Raises:
        NotAllowedError: where it was not, or there is nobody to ask.
    """
    if referral.taken_by in (None, desk.workplace.actor.name):
        return False
    answer = yes or output.ask(question.format(who=referral.taken_by, referral=label(referral)))
    if answer:
        return True
    sentence = (
        _("{who} has taken {referral}; to go on nevertheless, add --yes")
        if answer is None
        else _("{who} keeps {referral}; nothing was changed")
    )
    raise NotAllowedError(sentence.format(who=referral.taken_by, referral=label(referral)))
