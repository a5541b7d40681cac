"""`refterm show` and `refterm history`: one referral, whole, and who did what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from refterm.cli import output
from refterm.cli.base import command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.i18n import _, decimal_mark, ngettext
from refterm.text import display

if TYPE_CHECKING:
    from refterm.domain.history import Entry
    from refterm.domain.referral import Referral
    from refterm.domain.row import Row
    from refterm.services.workplace import Workplace

# More duplicates than this are told as a number in the text; the JSON has them all.
MOST_DUPLICATES = 10

# Label and text; a text of several lines stands below each other, an empty label continues the one above.
Pair = tuple[str, str]


@command(
    "show",
    more=_(
        "The object of --json has, always: id, source_id, engagement_id, name, status, outcome, channel, customer"
        " {company, industry, employees, size, country, region, city, address, postal_code, duns, contacts}, need,"
        " products, services, solutions, profile, received_at, received_estimated, respond_by, expires_at,"
        " expiry_estimated, flame, contacted_at, contacted_by, taken_by, assigned_by, assigned_at, favorite,"
        " skipped_until, duplicates, remote, decided_at, decided_by, closed_at, closed_by, reason, reason_notes,"
        " deal {name, value, currency, timeframe, purchase_date, closed_on, notes, crm_id, campaign_id, follow_up_at,"
        " follow_up_text}, team, fit, version."
    ),
)
@click.argument("identity", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help=_("One JSON object."))
@pass_invocation
def show_(invocation: Invocation, identity: str, as_json: bool) -> None:
    """Print one referral."""
    with invocation.referral(identity) as (desk, number):
        workplace = desk.workplace
        if as_json:
            from refterm.services.referral_json import Objects

            for found in Objects(workplace).of([number]):
                output.json_object(found)
            return
        referral, duplicates = desk.referral(number), desk.duplicates(number)
        rows = desk.rows(duplicates[:MOST_DUPLICATES])
        said = desk.source_says(referral)
        for text in _record(referral, rows, len(duplicates), said, workplace):
            output.line(text)


@command(
    "history", more=_("Each entry of --json has: at, by, login, action, referral, changes {field: [before, after]}.")
)
@click.argument("identity", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help=_("A JSON array, oldest first."))
@pass_invocation
def history_(invocation: Invocation, identity: str | None, as_json: bool) -> None:
    """Print the history of one referral or of the whole desk, oldest first."""
    with invocation.workplace() as workplace:
        from refterm.services.desk import Desk

        desk = Desk(workplace)
        entries = desk.history(None if identity is None else desk.resolve(identity))
        if as_json:
            from refterm.services.referral_json import entry_object

            output.json_array(entry_object(entry) for entry in entries)
        else:
            for entry in entries:
                output.line(_entry(entry, workplace))


def _record(
    referral: Referral, duplicates: Sequence[Row], count: int, said: str | None, workplace: Workplace
) -> Iterator[str]:
    """One referral as lines to read."""
    yield f"#{referral.id}  {referral.customer.company}"
    for pairs in (
        _standing(referral, workplace),
        _customer(referral),
        _wanted(referral),
        _deal(referral, workplace),
        _closing(referral, said, workplace),
        _there(referral, workplace),
        _same(duplicates, count, workplace),
    ):
        kept = [(label, part) for label, text in pairs for part in text.splitlines() if text.strip()]
        if kept:
            yield ""
        before = None
        for label, text in kept:
            # A label stands once, before the first of its lines.
            yield f"  {'' if label == before else label:<16}{text}".rstrip()
            before = label


def _standing(referral: Referral, workplace: Workplace) -> Iterator[Pair]:
    from refterm.domain.deadline import is_skipped, left_text, respond_text
    from refterm.domain.referral import Status, channel_word
    from refterm.words import status_text

    now, respond_by = workplace.now(), workplace.deadlines.respond_by(referral.received_at)
    yield _("Status"), status_text(referral)
    yield _("Flame"), _flame(referral, workplace)
    received = _time(referral.received_at, workplace)
    yield _("Received"), _("{time} (estimated)").format(time=received) if referral.received_estimated else received
    if referral.status is Status.NEW:
        latest = _("by {time}").format(time=_time(respond_by, workplace))
        yield _("Answer in"), f"{respond_text(respond_by, now)}  ({latest})"
        if referral.expires_at:
            expiry = _time(referral.expires_at, workplace)
            estimated = _("{time}, estimated").format(time=expiry) if referral.expiry_estimated else expiry
            yield _("Expires in"), f"{left_text(referral.expires_at, now)}  ({estimated})"
    if is_skipped(referral.skipped_until, now):
        yield _("Skipped until"), _time(referral.skipped_until, workplace)
    yield _("Taken by"), referral.taken_by or ""
    if referral.deal.follow_up_at is not None:
        yield (
            _("Follow up"),
            f"{_time(referral.deal.follow_up_at, workplace)}  {referral.deal.follow_up_text or ''}".rstrip(),
        )
    yield _("Favourite"), _("yes") if referral.favorite else ""
    yield _("Channel"), channel_word(referral.channel)
    yield _("Profile"), referral.profile or _("no active profile")
    from refterm.services.background.fitting import Fitting

    if fit := Fitting(workplace).of(referral):
        yield _("Fit"), ", ".join((str(fit.score), *fit.reasons))
    yield _("Source ID"), referral.source_id
    yield _("Engagement ID"), referral.engagement_id or ""


def _customer(referral: Referral) -> Iterator[Pair]:
    customer = referral.customer
    address = ", ".join(
        filter(None, [customer.address, customer.postal_code, customer.city, customer.region, customer.country])
    )
    people = customer.employees  # a number or a range
    size = ngettext("{n} person", "{n} people", 1 if people == "1" else 2).format(n=people)
    yield _("Size"), size if people else ""
    yield _("Industry"), customer.industry or ""
    yield _("Address"), address
    yield _("D-U-N-S"), customer.duns or ""
    for person in customer.contacts:
        yield _("Contact"), _person(person.name, person.title, person.email, person.phone)


def _wanted(referral: Referral) -> Iterator[Pair]:
    from refterm.domain.api_words import in_words

    yield _("Needs"), referral.need
    yield _("Products"), ", ".join(map(in_words, referral.products))
    yield _("Services"), ", ".join(map(in_words, referral.services))
    yield _("Solutions"), ", ".join(map(in_words, referral.solutions))


def _deal(referral: Referral, workplace: Workplace) -> Iterator[Pair]:
    from refterm.domain.deadline import purchase_passed
    from refterm.domain.money import show_money
    from refterm.domain.referral import Status
    from refterm.domain.when import date_text
    from refterm.words import timeframe

    deal = referral.deal
    day = date_text(deal.purchase_date) if deal.purchase_date else ""
    if referral.status is Status.ACTIVE and purchase_passed(deal.purchase_date, workplace.now(), workplace.zone):
        day = _("{date} passed").format(date=day)
    typed = deal.timeframe if deal.timeframe and deal.timeframe != str(deal.purchase_date) else None
    yield _("Engagement"), deal.name or ""
    yield _("Value"), show_money(deal.value, deal.currency, decimal_mark())
    yield _("Purchase date"), f"{day}  ({timeframe(typed)})" if typed else day
    yield _("Notes"), deal.notes or ""
    yield _("CRM ID"), deal.crm_id or ""
    yield _("Campaign ID"), deal.campaign_id or ""
    for number, person in enumerate(referral.team, 1):
        yield _("Our contact {n}").format(n=number), _person(person.name, person.email, person.phone)


def _closing(referral: Referral, said: str | None, workplace: Workplace) -> Iterator[Pair]:
    from refterm.domain.when import date_text
    from refterm.words import contradiction_text

    yield _("Decided"), _by(referral.decided_at, referral.decided_by, workplace)
    yield _("Closed"), _by(referral.closed_at, referral.closed_by, workplace)
    yield _("Closed on"), date_text(referral.deal.closed_on) if referral.deal.closed_on else ""
    yield _("Reason"), _reason(referral.reason)
    yield _("Reason notes"), referral.reason_notes or ""
    yield _("Source"), contradiction_text(said) if said else ""


def _there(referral: Referral, workplace: Workplace) -> Iterator[Pair]:
    """How it stands in Partner Center, for whose account, and what both sides changed."""
    from refterm.services.sync import conflicts

    known = conflicts.standing(workplace, referral.id)
    if known is None:
        return
    yield _("Partner Center"), "  ".join(filter(None, [known["state"], known["account"], known["error"]]))
    if known["not_visible_since"]:
        since = _time(datetime.fromisoformat(known["not_visible_since"]), workplace)
        yield "", _("not visible to {account} since {time}").format(account=known["account"], time=since)
    for one in conflicts.of(workplace, referral.id):
        text = _("{field}: there {theirs}, here {ours} was typed by {by}")
        yield "", text.format(field=one.field, theirs=display(str(one.theirs)), ours=display(str(one.ours)), by=one.by)


def _same(duplicates: Sequence[Row], count: int, workplace: Workplace) -> Iterator[Pair]:
    from refterm.words import same_customer_text

    for row in duplicates:
        yield _("Same customer"), f"{display(same_customer_text(row, workplace.zone))}: {display(row.company)}"
    if count > len(duplicates):
        yield _("Same customer"), _("and {n} more").format(n=count - len(duplicates))


def _flame(referral: Referral, workplace: Workplace) -> str:
    from refterm.domain.deadline import Flame, flame_state
    from refterm.words import flame_text

    now, deadlines = workplace.now(), workplace.deadlines
    state = flame_state(referral.flame, referral.status, referral.contacted_at, referral.received_at, now, deadlines)
    if state in (Flame.HOT, Flame.COOLED):
        sign = "HOT" if state is Flame.HOT else "WARM"
        return f"{sign}: {flame_text(state, referral.received_at, now, deadlines)}"
    if state is Flame.CONTACTED:
        return _("contacted {by}").format(by=_by(referral.contacted_at, referral.contacted_by, workplace))
    return ""


def _person(*parts: str) -> str:
    return "  ".join(display(part) for part in parts if part)


def _reason(code: str | None) -> str:
    from refterm.domain import reasons

    return f"{reasons.label(code)} ({code})" if code in reasons.CODES else code or ""


def _by(instant: datetime | None, who: str | None, workplace: Workplace) -> str:
    if instant is None:
        return who or ""
    time = _time(instant, workplace)
    return _("{time} by {who}").format(time=time, who=who) if who else time


def _time(instant: datetime | None, workplace: Workplace) -> str:
    from refterm.domain.when import time_text

    return time_text(instant, workplace.zone) if instant else ""


def _entry(entry: Entry, workplace: Workplace) -> str:
    """One line of the history: when, who, which referral, what was done and what that changed."""
    from refterm.domain.when import time_text
    from refterm.history_words import change_lines, entry_word

    at = time_text(entry.at, workplace.zone)
    who = entry.by if entry.by == entry.login else f"{entry.by} ({entry.login})"
    referral = "" if entry.referral is None else f"#{entry.referral}"
    changes = "; ".join(change_lines(entry, workplace.zone))
    return (
        f"{at:<21}  {display(who):<12}  {referral:<7}  {entry_word(entry)}{': ' if changes else ''}{changes}".rstrip()
    )
