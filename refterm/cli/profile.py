"""`refterm profile`: business profiles (P1, P2, P5)."""

from __future__ import annotations

from typing import Any

import click

from refterm.cli import output
from refterm.cli.base import Command, Group, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.errors import InvalidInputError
from refterm.i18n import _, ngettext

# Option -> field; the others are named as their field.
_FIELDS = {
    "keyword": "keywords",
    "industry": "industries",
    "product": "products",
    "service": "services",
    "solution": "solutions",
}


class CountriesCommand(Command):
    """A command whose `--country` takes several: `--country ES PT` is `--country ES --country PT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what was typed; a word of two letters after a country is a country, where it cannot be a name."""
        names_first = not args[0].startswith("-") if args else False
        spread: list[str] = []
        for word in args:
            follows = len(spread) > 1 and spread[-2] == "--country"
            if follows and len(word) == 2 and word.isalpha() and (names_first or ctx.info_name == "add"):
                spread.append("--country")
            spread.append(word)
        return super().parse_args(ctx, spread)


@click.group("profile", cls=Group, help="")
def profile_() -> None:
    """Business profiles: the regions in which you take referrals, and who is told of them."""


def _options(required: bool) -> list[click.Option]:
    """The options of add and edit; in `edit` each given one replaces what was there."""

    def several(*flags: str, metavar: str, help: str, needed: bool = False) -> click.Option:  # noqa: A002
        return click.Option(flags, multiple=True, metavar=metavar, help=help, required=needed and required)

    return [
        click.Option(["--region"], metavar="TEXT", help=_("The region, such as DACH."), required=required),
        several("--country", metavar="CC...", help=_("Its countries, two letters each."), needed=True),
        several(
            "--location",
            metavar='"CITY;ID;CONTACT;E-MAIL;PHONE"',
            help=_("A location and one of its contacts; the same ID again adds a contact."),
            needed=True,
        ),
        click.Option(["--description"], metavar="TEXT", help=_("What you offer there.")),
        several("--keyword", metavar="TEXT", help=_("What you want to be found by; again for each.")),
        several("--industry", metavar="TEXT", help=_("An industry you serve; again for each.")),
        several("--product", metavar="TEXT", help=_("A product you work with; again for each.")),
        several("--service", metavar="TEXT", help=_("A service you offer; again for each.")),
        several("--solution", metavar="TEXT", help=_("A solution you offer; again for each.")),
        click.Option(
            ["--size"], metavar="MIN-MAX", help=_("How many employees customers should have, such as 51-250.")
        ),
        click.Option(["--currency"], metavar="CODE", help=_("The currency of deals there.")),
    ]


@profile_.command("list", help=_("List the profiles."))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON."))
@pass_invocation
def list_(invocation: Invocation, as_json: bool) -> None:
    """List the profiles."""
    from refterm.domain.profile import size_text
    from refterm.services.profiles import Profiles, profile_object

    with invocation.workplace() as workplace:
        profiles = Profiles(workplace)
        found = [(one, profiles.referrals(one)) for one in profiles.all()]
    if as_json:
        output.json_array(profile_object(one, count) for one, count in found)
        return
    if not found:
        output.sentence(_("There is no profile yet; refterm profile add makes one."))
    for one, count in found:
        parts = [
            one.name,
            one.region,
            " ".join(one.countries),
            ngettext("{n} location", "{n} locations", len(one.locations)).format(n=len(one.locations)),
            ngettext("{n} referral", "{n} referrals", count).format(n=count),
            size_text(one) and _("size {size}").format(size=size_text(one)),
            one.currency or "",
            "" if one.active else _("inactive"),
        ]
        output.sentence("  ".join(part for part in parts if part))


def _typed(given: dict[str, Any]) -> dict[str, Any]:
    return {_FIELDS.get(name, name): value for name, value in given.items() if value not in (None, ())}


def _routed(count: int) -> str:
    if not count:
        return ""
    return " " + ngettext(
        "{n} referral that waited for it was routed to it.", "{n} referrals that waited were routed.", count
    ).format(n=count)


@profile_.command(
    "add",
    cls=CountriesCommand,
    help=_("Add a profile; new referrals that waited for one are routed to it."),
    params=[
        click.Option(["--name"], metavar="TEXT", help=_("Its name."), required=True),
        *_options(required=True),
        click.Option(["--inactive"], is_flag=True, help=_("It takes no new referrals yet.")),
    ],
)
@pass_invocation
def add(invocation: Invocation, /, name: str, inactive: bool, **given: Any) -> None:
    """Add a profile."""
    from refterm.services.profiles import Profiles

    with invocation.workplace(create=True) as workplace:
        routed = Profiles(workplace).add({"name": name, **_typed(given), "active": "no" if inactive else "yes"})
    output.sentence(_("Added profile {name}.").format(name=name.strip()) + _routed(routed))


@profile_.command(
    "edit",
    cls=CountriesCommand,
    help=_("Change a profile; each option that is given replaces what was there."),
    params=[
        click.Argument(["profile"], metavar="NAME"),
        click.Option(["--name"], metavar="TEXT", help=_("A new name.")),
        *_options(required=False),
        click.Option(["--active/--inactive"], default=None, help=_("Whether it takes new referrals.")),
    ],
)
@pass_invocation
def edit(invocation: Invocation, /, profile: str, active: bool | None, **given: Any) -> None:
    """Change a profile."""
    from refterm.services.profiles import Profiles

    typed = _typed(given)
    if active is not None:
        typed["active"] = "yes" if active else "no"
    if not typed:
        raise InvalidInputError({"": _("name at least one field to change; see refterm profile edit --help")})
    with invocation.workplace() as workplace:
        routed = Profiles(workplace).edit(profile, typed)
    follows = "" if active is not False else " " + _("It takes no new referrals; those it has stay with it.")
    output.sentence(_("Saved profile {name}.").format(name=typed.get("name", profile)) + follows + _routed(routed))


@profile_.command("remove", help=_("Remove a profile that has no referrals."))
@click.argument("name")
@pass_invocation
def remove(invocation: Invocation, name: str) -> None:
    """Remove a profile."""
    from refterm.services.profiles import Profiles

    with invocation.workplace() as workplace:
        Profiles(workplace).remove(name)
    output.sentence(_("Removed profile {name}.").format(name=name))
