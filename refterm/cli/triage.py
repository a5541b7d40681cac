"""`refterm accept`, `decline`, `won`, `lost`, `undo`: decisions (I5, I6, A1, U1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from refterm.cli import output
from refterm.cli.base import REASON, command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.cli.main import PARTIAL, REFUSED
from refterm.cli.words import label, money, place, undo_hint
from refterm.errors import RefTermError
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.domain.decisions import Context
    from refterm.services.desk import Desk
    from refterm.services.triage import Done
    from refterm.services.workplace import Workplace


@command("accept")
@click.argument("identity", metavar="ID")
@click.option("--name", required=True, metavar="TEXT", help=_("The name of the engagement."))
@click.option("--value", required=True, metavar="VALUE", help=_("The estimated deal value."))
@click.option("--currency", default="", metavar="CODE", help=_("Its currency, such as EUR; else the profile's."))
@click.option(
    "--timeframe", required=True, metavar="TIMEFRAME", help=_("When they will buy: 3m, Q1, 1-3 months, 30 Jun.")
)
@click.option("--notes", required=True, metavar="TEXT", help=_("What the customer is looking for."))
@click.option("--crm-id", default="", metavar="ID", help=_("Your own reference."))
@click.option("--campaign-id", default="", metavar="ID", help=_("Your own campaign."))
@click.option(
    "--contact",
    "contacts",
    multiple=True,
    metavar='"NAME;E-MAIL;PHONE"',
    help=_("Who of us works on it; may be given again."),
)
@pass_invocation
def accept_(invocation: Invocation, /, identity: str, contacts: tuple[str, ...], **typed: str) -> None:
    """Accept a new referral."""
    # One contact per line, as in the form.
    team = "\n".join(" ".join(contact.splitlines()) for contact in contacts)
    with invocation.referral(identity) as (desk, number):
        from refterm.services.triage import Triage

        Triage(desk.workplace).accept(number, {**typed, "contacts": team}, _context(desk, number))
        _report(desk, _("Accepted {referral}: {money}. {place}."), number)


@command("decline")
@click.argument("identities", metavar="ID...", nargs=-1, required=True)
@click.option("--reason", required=True, type=REASON, metavar="REASON", help=_("Why, by code or number."))
@click.option("--notes", default="", metavar="TEXT", help=_("More about it; required with the reason other."))
@pass_invocation
def decline_(invocation: Invocation, identities: tuple[str, ...], reason: str, notes: str) -> int:
    """Decline new referrals as one decision."""
    from refterm.domain import reasons

    with invocation.workplace() as workplace:
        from refterm.services.triage import Triage

        typed = {"reason": reason, "notes": notes}
        return _several(
            workplace,
            identities,
            lambda ids: Triage(workplace).decline(ids, typed),
            _("Declined {referral} ({reason}). {place}."),
            _("Declined {count} referrals ({reason}): {referrals}. Archived."),
            reason=reasons.parse(reason),
            undo=True,
        )


@command("won")
@click.argument("identity", metavar="ID")
@click.option("--value", default="", metavar="VALUE", help=_("The final value; required where none is known."))
@click.option("--currency", default="", metavar="CODE", help=_("Its currency."))
@click.option("--date", default="", metavar="DATE", help=_("The day it closed; today unless given."))
@pass_invocation
def won_(invocation: Invocation, /, identity: str, **typed: str) -> None:
    """Report a deal as won."""
    with invocation.referral(identity) as (desk, number):
        from refterm.services.triage import Triage

        Triage(desk.workplace).won(number, typed, _context(desk, number))
        _report(desk, _("Won {referral}: {money}. {place}."), number)


@command("lost")
@click.argument("identity", metavar="ID")
@click.option("--reason", required=True, type=REASON, metavar="REASON", help=_("Why, by code or number."))
@click.option("--notes", default="", metavar="TEXT", help=_("More about it; required with the reason other."))
@pass_invocation
def lost_(invocation: Invocation, /, identity: str, **typed: str) -> None:
    """Report a deal as lost."""
    with invocation.referral(identity) as (desk, number):
        from refterm.domain import reasons
        from refterm.services.triage import Triage

        Triage(desk.workplace).lost(number, typed)
        _report(desk, _("Lost {referral} ({reason}). {place}."), number, reason=reasons.parse(typed["reason"]))


@command("undo", more=_("Accept, decline, won and lost can be undone by who decided, for 60 s unless set otherwise."))
@click.argument("identities", metavar="ID...", nargs=-1, required=True)
@pass_invocation
def undo_(invocation: Invocation, identities: tuple[str, ...]) -> int:
    """Undo the latest decision on referrals."""
    with invocation.workplace() as workplace:
        from refterm.services.triage import Triage

        def undo(numbers: list[int]) -> Done:
            done = Triage(workplace).undo(numbers)
            if done.letters:
                from refterm.services.personal.letters import keep_recalled

                keep_recalled(workplace, done.letters)
            return done

        return _several(
            workplace,
            identities,
            undo,
            _("Undone: {referral}. {place}."),
            _("Undone: {count} referrals: {referrals}."),
        )


def _context(desk: Desk, number: int) -> Context:
    from refterm.domain.decisions import Context

    return Context(desk.workplace.today(), desk.currency(desk.referral(number)), ".", strict=True)


def _report(desk: Desk, text: str, number: int, *, reason: str = "", undo: bool = True) -> None:
    """Print what was decided about one referral, where it went, and how to undo it."""
    referral = desk.referral(number)
    hint = undo_hint([number], desk.workplace.undo_seconds) if undo else ""
    said = {"referral": label(referral), "money": money(referral), "place": place(referral), "reason": reason}
    output.sentence(text.format(**said) + hint)


def _several(
    workplace: Workplace,
    identities: Sequence[str],
    decide: Callable[[list[int]], Done],
    for_one: str,
    for_many: str,
    *,
    reason: str = "",
    undo: bool = False,
) -> int:
    """Decide several referrals as one; report each that cannot be decided.

    Returns:
        The exit status: 3 where some were refused, 1 where all were.
    """
    from refterm.services.desk import Desk

    desk = Desk(workplace)
    refused: list[tuple[str, RefTermError]] = []
    typed: dict[int, str] = {}
    for identity in identities:
        try:
            typed.setdefault(desk.resolve(identity), identity)
        except RefTermError as error:
            refused.append((identity, error))
    done = decide(list(typed))
    refused += [(typed[one.referral], one.error) for one in done.refused]
    if len(identities) == 1 and refused:
        raise refused[0][1]
    for identity, why in refused:
        output.complain(str(why), identity)
    if len(done.referrals) == 1:
        _report(desk, for_one, done.referrals[0], reason=reason, undo=undo)
    elif done.referrals:
        numbers = ", ".join(f"#{number}" for number in done.referrals)
        hint = undo_hint(done.referrals, workplace.undo_seconds) if undo else ""
        output.line(for_many.format(count=len(done.referrals), referrals=numbers, reason=reason) + hint)
    if refused:
        return PARTIAL if done.referrals else REFUSED
    return 0
