"""`refterm demo`: open the desk of made-up referrals."""

from __future__ import annotations

from typing import Any

import click

from refterm.cli.base import command, desk_options, pass_invocation
from refterm.cli.desk import open_desk
from refterm.cli.invocation import Invocation
from refterm.i18n import _


@command("demo", params=desk_options())
@click.option("--start", metavar="WHEN", help=_("The instant at which it begins, in ISO 8601; otherwise now."))
@click.option(
    "--seed", type=click.IntRange(min=0), help=_("Another past and another story; the same number, the same.")
)
@click.option(
    "--lang", type=click.Choice(("en", "es")), help=_("The language of the screen and of the first referrals.")
)
@click.option("--live", is_flag=True, help=_("Let things happen within the first minutes."))
@click.option("--speed", type=click.FloatRange(0, 10_000), help=_("Seconds of the demo in a second; 0 lets it stand."))
@click.option("--tour", is_flag=True, help=_("Begin with the tour: one line says what to look at and what to press."))
@click.option("--present", is_flag=True, help=_("For an audience: act as ana, show the keys pressed, in large rows."))
@click.option("--light", is_flag=True, help=_("In the light theme, for a projector."))
@pass_invocation
def demo_(invocation: Invocation, /, start: str | None, lang: str | None, **chosen: Any) -> int:
    """Open the demo desk."""
    from refterm.services.demo.options import options

    return open_desk(invocation, options(start, lang, **chosen))
