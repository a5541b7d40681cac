"""`refterm edit` and `refterm contact`: the work on an engagement (A2, A3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from refterm.cli import output
from refterm.cli.base import Group, command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.cli.words import label, money
from refterm.errors import InvalidInputError
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.domain.referral import Referral
    from refterm.services.desk import Desk
    from refterm.services.triage import Triage


@command("edit", more=_("Only what is given is changed."))
@click.argument("identity", metavar="ID")
@click.option("--name", metavar="TEXT", help=_("The name of the engagement."))
@click.option("--value", metavar="VALUE", help=_("The estimated deal value."))
@click.option("--currency", metavar="CODE", help=_("Its currency."))
@click.option("--date", metavar="DATE", help=_("The estimated purchase date: 3m, Q1, 30 Jun."))
@click.option("--notes", metavar="TEXT", help=_("What the customer is looking for."))
@click.option("--crm-id", metavar="ID", help=_("Your own reference; empty removes it."))
@click.option("--campaign-id", metavar="ID", help=_("Your own campaign; empty removes it."))
@pass_invocation
def edit_(invocation: Invocation, /, identity: str, **typed: str | None) -> None:
    """Edit an engagement."""
    with _triage(invocation, identity) as (triage, desk, number):
        from refterm.domain.decisions import Context
        from refterm.domain.when import date_text

        triage.edit(number, _given(typed), Context(today=desk.workplace.today(), decimal_mark=".", strict=True))
        referral, said = desk.referral(number), []
        if typed["value"] is not None or typed["currency"] is not None:
            said.append(money(referral))
        if typed["date"] is not None and (day := referral.deal.purchase_date):
            said.append(_("purchase date {day}").format(day=date_text(day)))
        understood = ": " + ", ".join(said) if said else ""
        output.sentence(_("Saved {referral}.").format(referral=label(referral) + understood))


@click.group("contact", cls=Group, help="")
def contact_() -> None:
    """Add, edit or remove people of ours who work on a deal."""


_NAME = click.option("--name", metavar="TEXT", help=_("The person's name."))
_EMAIL = click.option("--email", metavar="ADDRESS", help=_("The person's e-mail address."))
_PHONE = click.option("--phone", metavar="TEXT", help=_("The person's phone number."))
_ID = click.argument("identity", metavar="ID")
_N = click.argument("place", metavar="N", type=click.IntRange(min=1))


@contact_.command("add", help=_("Add a person who works on the deal."))
@_ID
@click.option("--name", required=True, metavar="TEXT", help=_("The person's name."))
@_EMAIL
@_PHONE
@pass_invocation
def add(invocation: Invocation, /, identity: str, **typed: str | None) -> None:
    """Add a contact."""
    with _triage(invocation, identity) as (triage, desk, number):
        triage.add_contact(number, _given(typed))
        _report(_("Added contact {n}, {name}, to {referral}."), desk.referral(number))


@contact_.command("edit", help=_("Correct contact N, counting from 1; only what is given is changed."))
@_ID
@_N
@_NAME
@_EMAIL
@_PHONE
@pass_invocation
def edit(invocation: Invocation, /, identity: str, place: int, **typed: str | None) -> None:
    """Correct a contact."""
    given = _given(typed)
    if not given:
        raise InvalidInputError({"": _("name at least one field to change: --name, --email or --phone")})
    with _triage(invocation, identity) as (triage, desk, number):
        triage.edit_contact(number, place, given)
        _report(_("Saved contact {n}, {name}, of {referral}."), desk.referral(number), place)


@contact_.command("remove", help=_("Remove contact N, counting from 1."))
@_ID
@_N
@pass_invocation
def remove(invocation: Invocation, /, identity: str, place: int) -> None:
    """Remove a contact."""
    with _triage(invocation, identity) as (triage, desk, number):
        team = desk.referral(number).team
        gone = team[place - 1] if 1 <= place <= len(team) else None
        triage.remove_contact(number, place, was=gone)
        sentence = _("Removed contact {n}, {name}, from {referral}.")
        name = gone.name if gone else ""
        sentence = sentence.format(n=place, name=name, referral=label(desk.referral(number)))
        if place < len(team):
            sentence += " " + _("The numbers of those after it are one less now.")
        output.sentence(sentence)


@contextmanager
def _triage(invocation: Invocation, identity: str) -> Iterator[tuple[Triage, Desk, int]]:
    with invocation.referral(identity) as (desk, number):
        from refterm.services.triage import Triage

        yield Triage(desk.workplace), desk, number


def _report(sentence: str, after: Referral, place: int | None = None) -> None:
    """Print the sentence about one contact of a deal, the last one unless another is named."""
    place = place or len(after.team)
    name = after.team[place - 1].name if place <= len(after.team) else ""
    output.sentence(sentence.format(n=place, name=name, referral=label(after)))


def _given(typed: dict[str, str | None]) -> dict[str, str]:
    return {field: text for field, text in typed.items() if text is not None}
