"""`refterm list`: the rows of the desk, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from refterm.cli import output
from refterm.cli.base import command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.cli.output import Column
from refterm.i18n import _, decimal_mark

if TYPE_CHECKING:
    from refterm.domain.query import Tab, View
    from refterm.domain.row import Row
    from refterm.services.desk import Desk
    from refterm.services.workplace import Workplace

# As in domain.query and domain.referral, which need not be loaded to read the command line; a test compares them.
TABS = ("inbox", "active", "archived", "all")
CHANNELS = ("search", "marketing", "sales", "partner")
OUTCOMES = ("won", "lost", "declined", "expired")
ORDERS = ("due", "expires", "received", "value", "fit", "customer", "purchase_date", "closed_at")
BATCH = 200

# The columns of each tab, the most important first; they stand in the order of `_columns`.
_IMPORTANCE = {
    "inbox": "flame number customer need respond expires where who fit value channel",
    "active": "flame number customer deal purchase value where who need channel",
    "archived": "number customer outcome closed need value where who reason channel",
    "all": "flame number customer state need respond expires where who value channel",
}


_FILTERS = (
    click.option("--tab", type=click.Choice(TABS), help=_("Which tab; otherwise the one that the filter is about.")),
    click.option("--outcome", type=click.Choice(OUTCOMES), help=_("Only archived ones that ended so.")),
    click.option("--search", metavar="TEXT", default="", help=_("Words by their beginnings, as in the desk.")),
    click.option("--flame", is_flag=True, help=_("Only where the customer asked to be contacted directly.")),
    click.option("--uncalled", is_flag=True, help=_("Only where the customer still waits for that.")),
    click.option("--overdue", is_flag=True, help=_("Only late to answer (Inbox), purchase date passed (Active).")),
    click.option("--expiring", type=click.IntRange(0, 9999), metavar="HOURS", help=_("Only what expires within that.")),
    click.option("--profile", metavar="NAME", help=_("Only those of this business profile.")),
    click.option("--unrouted", is_flag=True, help=_("Only those of no business profile.")),
    click.option("--since", metavar="DATE", help=_("Only received then or later: 30d, last month, Q1, 31 Jan.")),
    click.option("--until", metavar="DATE", help=_("Only received before.")),
    click.option("--favorite", is_flag=True, help=_("Only favourites.")),
    click.option("--skipped", is_flag=True, help=_("Only those put aside.")),
    click.option("--mine", is_flag=True, help=_("Only what I hold: taken, assigned to me, else accepted by me.")),
    click.option("--unassigned", is_flag=True, help=_("Only what nobody holds.")),
    click.option("--min-fit", type=click.IntRange(0, 100), metavar="N", help=_("Only what fits at least so well.")),
    click.option("--country", metavar="CC", help=_("Only customers of this country.")),
    click.option("--channel", type=click.Choice(CHANNELS), help=_("Only what came this way.")),
    click.option("--follow-up", is_flag=True, help=_("Only deals with a next step.")),
    click.option("--no-follow-up", is_flag=True, help=_("Only deals without one.")),
)


def filters(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that narrow a list, for `list` and `export`."""
    for option in reversed(_FILTERS):
        function = option(function)
    return function


def view_of(workplace: Workplace, chosen: dict[str, Any], tab: Tab | None = None) -> View:
    """The view that the options ask for; the scores are brought up to date where they are asked for (I7).

    Args:
        workplace: the open desk.
        chosen: the options, by name.
        tab: where no option names one; None lets it follow the filter.
    """
    from refterm.domain.filter_words import view_from

    view = view_from(chosen, workplace.actor.name, workplace.now(), workplace.zone, tab)
    if view.order == "fit" or view.filter.min_fit is not None:
        from refterm.services.background.fitting import store_scores

        store_scores(workplace)
    return view


@command(
    "list",
    more=_("Put aside ones stand only in --skipped and in --tab all. Late (--overdue) is to answer, or past its date."),
)
@filters
@click.option("--sort", type=click.Choice(ORDERS), help=_("The order, otherwise the tab's own."))
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help=_("At most so many."))
@click.option("--json", "as_json", is_flag=True, help=_("A JSON array of whole referrals."))
@pass_invocation
def list_(invocation: Invocation, /, limit: int | None, as_json: bool, **chosen: Any) -> None:
    """Print the rows of a view."""
    with invocation.workplace() as workplace:
        from refterm.services.desk import Desk

        view, desk = view_of(workplace, chosen), Desk(workplace)
        ids = desk.listing(view, most_hits=-1).ids(-1 if limit is None else limit)
        batches = (list(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))
        if as_json:
            from refterm.services.referral_json import Objects

            objects = Objects(workplace)
            output.json_array(found for batch in batches for found in objects.of(batch))
        else:
            _print_table(desk, view, (row for batch in batches for row in desk.rows(batch)))
        if not ids and limit != 0:
            say_no_hit(view)


def say_no_hit(view: View) -> None:
    """Say on standard error that a view is empty, and of which tab."""
    from refterm.domain.query import Filter, Tab
    from refterm.words import tab_word

    if view.tab is Tab.ALL:
        output.complain(_("no referral was found"))
    elif view.search or view.filter != Filter():
        output.complain(_("nothing was found in {tab}; --tab all looks everywhere").format(tab=tab_word(view.tab)))
    else:
        output.complain(_("{tab} is empty").format(tab=tab_word(view.tab)))


def _print_table(desk: Desk, view: View, rows: Iterator[Row]) -> None:
    columns = _columns()
    names = _IMPORTANCE[view.tab].split()
    if view.filter.skipped:
        names.insert(4, "skipped")
    standing = [name for name in columns if name in names]
    texts = (_texts(row, desk.workplace) for row in rows)
    output.table(
        [columns[name] for name in standing],
        ([text[name] for name in standing] for text in texts),
        [standing.index(name) for name in names],
    )


def _columns() -> dict[str, Column]:
    return {
        "flame": Column("", 4),
        "number": Column("#", 9, right=True),
        "customer": Column(_("Customer"), 30, least=20),
        "state": Column(_("Status"), 8),
        "outcome": Column(_("Outcome"), 8),
        "deal": Column(_("Engagement"), 42, least=12),
        "need": Column(_("Needs"), 60, least=18, cut=True),
        "respond": Column(_("Answer in"), 9, right=True),
        "expires": Column(_("Expires in"), 10, right=True),
        "skipped": Column(_("Skipped until"), 21),
        "purchase": Column(_("Purchase date"), 18),
        "closed": Column(_("Closed"), 21),
        "reason": Column(_("Reason"), 14),
        "where": Column(_("Where"), 20, least=12),
        "who": Column(_("Who"), 12, least=6),
        "fit": Column(_("Fit"), 3, right=True),
        "value": Column(_("Value"), 18, right=True),
        "channel": Column(_("Channel"), 9),
    }


def _texts(row: Row, workplace: Workplace) -> dict[str, str]:
    """What stands in each column of a row."""
    from refterm.domain.deadline import left_text, respond_text
    from refterm.domain.reasons import word
    from refterm.domain.referral import Status, channel_word
    from refterm.domain.when import time_text

    now, zone, new = workplace.now(), workplace.zone, row.status is Status.NEW
    return {
        "flame": _flame(row, workplace),
        "number": str(row.id),
        "customer": row.company,
        "state": row.outcome or row.status,
        "outcome": row.outcome or "",
        "deal": row.deal_name or "",
        "need": row.need,
        "respond": respond_text(workplace.deadlines.respond_by(row.received_at), now) if new else "",
        "expires": left_text(row.expires_at, now) if new and row.expires_at else "",
        "skipped": time_text(row.skipped_until, zone) if row.skipped_until else "",
        "purchase": _purchase(row, workplace),
        "closed": time_text(row.closed_at, zone) if row.closed_at else "",
        "reason": word(row.reason) if row.reason else "",
        "where": f"{row.city} {row.country}".strip(),
        "who": row.taken_by or row.decided_by or "",
        "fit": "" if row.fit is None else str(row.fit),
        "value": _value(row),
        "channel": channel_word(row.channel),
    }


def _flame(row: Row, workplace: Workplace) -> str:
    from refterm.domain.deadline import Flame, flame_state

    state = flame_state(row.flame, row.status, row.contacted_at, row.received_at, workplace.now(), workplace.deadlines)
    return {Flame.HOT: "HOT", Flame.COOLED: "WARM", Flame.CONTACTED: _("said"), Flame.NONE: ""}[state]


def _purchase(row: Row, workplace: Workplace) -> str:
    from datetime import date

    from refterm.domain.deadline import purchase_passed

    if not row.purchase_date:
        return ""
    from refterm.domain.when import date_text

    day = date.fromisoformat(row.purchase_date)
    passed = purchase_passed(day, workplace.now(), workplace.zone)
    return _("{date} passed").format(date=date_text(day)) if passed else date_text(day)


def _value(row: Row) -> str:
    from decimal import Decimal

    from refterm.domain.money import show_money

    return show_money(Decimal(row.deal_value) if row.deal_value else None, row.deal_currency, decimal_mark())
