"""`refterm list`: the rows of the desk, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from refterm.cli import output
from refterm.cli.base import Invocation, command, pass_invocation
from refterm.cli.output import Column
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.domain.query import View
    from refterm.domain.row import Row
    from refterm.services.desk import Desk
    from refterm.services.workplace import Workplace

# As in domain.query and domain.referral, which need not be loaded to read the command line; a test compares them.
TABS = ("inbox", "active", "archived", "all")
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


@command(
    "list",
    more=_("Put aside ones stand only in --skipped and in --tab all. Late (--overdue) is to answer, or past its date."),
)
@click.option("--tab", type=click.Choice(TABS), help=_("Which tab; archived where an --outcome is given."))
@click.option("--outcome", type=click.Choice(OUTCOMES), help=_("Only archived ones that ended so."))
@click.option("--search", metavar="TEXT", default="", help=_("Words by their beginnings, as in the desk."))
@click.option("--flame", is_flag=True, help=_("Only where the customer asked to be contacted directly."))
@click.option("--overdue", is_flag=True, help=_("Only late to answer (Inbox), purchase date passed (Active)."))
@click.option("--profile", metavar="NAME", help=_("Only those of this business profile."))
@click.option("--since", metavar="DATE", help=_("Only received then or later: 30d, last month, Q1, 31 Jan."))
@click.option("--until", metavar="DATE", help=_("Only received before."))
@click.option("--favorite", is_flag=True, help=_("Only favourites."))
@click.option("--skipped", is_flag=True, help=_("Only those put aside."))
@click.option("--mine", is_flag=True, help=_("Only those taken or accepted by me."))
@click.option("--sort", type=click.Choice(ORDERS), help=_("The order, otherwise the tab's own."))
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help=_("At most so many."))
@click.option("--json", "as_json", is_flag=True, help=_("A JSON array of whole referrals."))
@pass_invocation
def list_(
    invocation: Invocation,
    /,
    limit: int | None,
    as_json: bool,
    flame: bool,
    overdue: bool,
    favorite: bool,
    skipped: bool,
    mine: bool,
    **chosen: str | None,
) -> None:
    """Print the rows of a view."""
    with invocation.workplace() as workplace:
        from dataclasses import replace

        from refterm.services.desk import Desk

        view = _view(workplace, chosen)
        me = workplace.actor.name if mine else None
        marks = replace(view.filter, flame=flame, overdue=overdue, favorite=favorite, skipped=skipped, mine=me)
        desk, view = Desk(workplace), replace(view, filter=marks)
        if chosen["sort"] == "fit":
            from refterm.services.background.fitting import store_scores

            store_scores(workplace)
        ids = desk.listing(view, most_hits=-1).ids(-1 if limit is None else limit)
        batches = (list(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))
        if as_json:
            from refterm.services.referral_json import Objects

            objects = Objects(workplace)
            output.json_array(found for batch in batches for found in objects.of(batch))
        else:
            _print_table(desk, view, (row for batch in batches for row in desk.rows(batch)))


def _view(workplace: Workplace, chosen: dict[str, str | None]) -> View:
    """What the options with a value ask for."""
    from refterm.domain.query import Filter, Order, Tab, View
    from refterm.domain.referral import Outcome
    from refterm.domain.when import period

    outcome, order = chosen["outcome"], chosen["sort"]
    since, until = period(chosen["since"], chosen["until"], workplace.now(), workplace.zone)
    wanted = Filter(
        outcome=Outcome(outcome) if outcome else None,
        since=since,
        until=until,
        profile=chosen["profile"],
    )
    tab = Tab(chosen["tab"] or (Tab.ARCHIVED if outcome else Tab.INBOX))
    return View(tab, Order(order) if order else None, wanted, chosen["search"] or "")


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
        "skipped": Column(_("Skipped until"), 16),
        "purchase": Column(_("Purchase date"), 17),
        "closed": Column(_("Closed"), 16),
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
    from refterm.domain.referral import Status
    from refterm.domain.when import local_text

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
        "skipped": local_text(row.skipped_until, zone) if row.skipped_until else "",
        "purchase": _purchase(row, workplace),
        "closed": local_text(row.closed_at, zone) if row.closed_at else "",
        "reason": row.reason or "",
        "where": f"{row.city} {row.country}".strip(),
        "who": row.taken_by or row.decided_by or "",
        "fit": "" if row.fit is None else str(row.fit),
        "value": _value(row),
        "channel": row.channel,
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
    passed = purchase_passed(date.fromisoformat(row.purchase_date), workplace.now(), workplace.zone)
    return _("{date} passed").format(date=row.purchase_date) if passed else row.purchase_date


def _value(row: Row) -> str:
    from decimal import Decimal

    from refterm.domain.money import show_money

    return show_money(Decimal(row.deal_value) if row.deal_value else None, row.deal_currency)
