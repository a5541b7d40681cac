"""`refterm insights`: what the desk's past says (G0-G5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from refterm.cli import output, terminal
from refterm.cli.base import command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.services.insight.insights import Insights

SHAPES = ("text", "md", "csv")
# The cells of a line on a pipe, and the most on a terminal.
PAGE = 112


@command("insights", more=_("The period selects by time of receipt; a date is midnight in your zone."))
@click.option("--since", metavar="DATE", help=_("Received then or later: 30d, last month, Q1, 31 Jan."))
@click.option("--until", metavar="DATE", help=_("Received before."))
@click.option("--profile", metavar="NAME", help=_("Of this profile only."))
@click.option("--format", "shape", type=click.Choice(SHAPES), default="text", help=_("md is a page to hand on."))
@click.option("--json", "as_json", is_flag=True, help=_("As JSON."))
@pass_invocation
def insights_(
    invocation: Invocation, /, since: str | None, until: str | None, profile: str | None, shape: str, as_json: bool
) -> None:
    """Show figures and findings."""
    from refterm.domain.when import period
    from refterm.services.desk import Desk
    from refterm.services.insight.insights import gather, insights_object

    with invocation.workplace() as workplace:
        first, end = period(since, until, workplace.now(), workplace.zone)
        found = gather(workplace, since=first, until=end, profile=profile)
        if profile is not None and profile not in Desk(workplace).profiles():
            output.say(_("No referral is routed to a profile {name}; see refterm profile list.").format(name=profile))
    if as_json:
        output.json_object(insights_object(found))
        return
    if shape != "text":
        from refterm.services.insight.insight_page import csv_text, markdown

        for text in (markdown(found) if shape == "md" else csv_text(found)).splitlines():
            output.line(text)
        return
    _print(found)


def _print(found: Insights) -> None:
    from refterm.services.insight.insight_parts import Drawn
    from refterm.services.insight.insight_text import text_lines

    for text in text_lines(found, Drawn(min(terminal.columns() or PAGE, PAGE), unicode=output.knows_utf8())):
        output.line(text)
