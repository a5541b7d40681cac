"""What several forms use: names of referrals, fields for money and reasons, dates as understood, the same customer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from refterm.domain import money, reasons, when
from refterm.domain.country_currency import currency_of
from refterm.domain.decisions import Context
from refterm.domain.referral import Referral, Status
from refterm.errors import InvalidInputError
from refterm.i18n import _, decimal_mark
from refterm.services.several import Done
from refterm.text import display
from refterm.tui.forms.fields import FieldSpec, Texts
from refterm.tui.session import Session
from refterm.words import same_customer_text

Hint = Callable[[Texts], str]
SAME_SHOWN = 3
# Of a form on several referrals.
NAMED = 6
# For many marked referrals, only this many are checked for the same customer.
SAME_ASKED = 50


def named(referral_id: int, company: str) -> str:
    """The referral in a title: `#42 Bäckerei Hansen KG`."""
    return f"#{referral_id} {plain_line(company)}"


def plain_line(text: str) -> str:
    """A customer's text on one line of the screen."""
    return display(" ".join(text.split()))


def context(session: Session, currency: str | None = None) -> Context:
    """What reading a form needs: the person's day, decimal mark, and default currency."""
    return Context(session.workplace.today(), currency, decimal_mark())


def typed_value(value: Decimal | None) -> str:
    """A value as its field shows it: the digits it was typed with, with the person's own decimal mark."""
    return "" if value is None else money.plain(value).replace(".", decimal_mark())


def money_of(session: Session, referral_id: int) -> str:
    """The value of a deal as it was understood and kept, for a sentence."""
    deal = session.desk.referral(referral_id).deal
    return money.show_money(deal.value, deal.currency, decimal_mark())


def money_fields(value_label: str) -> list[FieldSpec]:
    """Value and currency in one row; each follows when the other is typed with a currency."""
    return [
        FieldSpec(
            "value",
            value_label,
            group="money",
            cells=18,
            hint=_understood_money,
            on_change=_typed_currency,
            error_lines=2,
        ),
        FieldSpec("currency", _("Currency"), group="money", cells=6, on_change=_without_currency),
    ]


def _understood_money(texts: Texts) -> str:
    typed, currency = texts["value"], texts["currency"].strip().upper()
    if not typed.strip():
        return ""
    try:
        amount, own = money.parse_amount(typed, decimal_mark())
    except InvalidInputError as error:
        return f"? {error.fields.get('value') or error.fields.get('currency', '')}"
    named = own or currency
    known = money.show_money(amount, named, decimal_mark())
    return f"= {known}" if named in money.CURRENCIES else f"= {known} " + _("(which currency?)")


def _typed_currency(texts: Texts) -> Texts:
    """`12500 EUR` sets the currency, too."""
    try:
        _amount, own = money.parse_amount(texts["value"], decimal_mark())
    except InvalidInputError:
        return {}
    return {"currency": own} if own and texts["currency"].strip().upper() != own else {}


def _without_currency(texts: Texts) -> Texts:
    """A currency typed in its own field replaces the one typed with the value."""
    try:
        chosen = money.parse_currency(texts["currency"])
        _amount, own = money.parse_amount(texts["value"], decimal_mark())
    except InvalidInputError:
        return {}
    if own is None or own == chosen:
        return {}
    typed = texts["value"].strip()
    bare = typed[3:] if typed[:3].upper() == own else typed[:-3]
    return {"value": bare.strip()}


def understood_deadline(session: Session, field: str) -> Hint:
    """What a purchase timeframe or date is understood as (I5, A2): `= by 2 Jun 2026`."""

    def hint(texts: Texts) -> str:
        day = when.deadline(texts[field], session.workplace.today(), field)
        return _("= by {date}").format(date=when.date_text(day))

    return understood(field, hint)


def understood_closing(session: Session, field: str) -> Hint:
    """What a closing day is understood as (A1): `= Mon 30 Jun 2026`."""

    def hint(texts: Texts) -> str:
        day = when.closing_day(texts[field], session.workplace.today(), field)
        return f"= {when.weekday_short(day)} {when.date_text(day)}"

    return understood(field, hint)


def understood_start(session: Session, field: str) -> Hint:
    """What the time of a skip or a follow-up is understood as (I8, A5): `= Thu 26 Nov 09:00`."""

    def hint(texts: Texts) -> str:
        return f"= {start_text(session, texts[field], field)}"

    return understood(field, hint)


def start_text(session: Session, typed: str, field: str) -> str:
    """What the time of a skip or a follow-up is understood as, for a sentence.

    Raises:
        InvalidInputError: under the name of the field.
    """
    now, zone = session.workplace.now(), session.workplace.zone
    return when.moment_text(when.start(typed, now, zone, field), now, zone)


def understood(field: str, hint: Hint) -> Hint:
    """A hint that says at once, in the words of the error, that a text was not understood; nothing where none is typed."""

    def either(texts: Texts) -> str:
        if not texts[field].strip():
            return ""
        try:
            return hint(texts)
        except InvalidInputError as error:
            return f"? {error.fields.get(field, '')}"

    return either


def same_customer(session: Session, referral_ids: Sequence[int]) -> list[str]:
    """The newest other referrals of the same customer, a line each (I9); never a reason to refuse one."""
    chosen = set(referral_ids)
    lines: list[str] = []
    for referral_id in referral_ids[:SAME_ASKED]:
        found = session.desk.duplicates(referral_id, SAME_SHOWN + len(chosen))
        for row in session.desk.rows([one for one in found if one not in chosen][:SAME_SHOWN]):
            other = plain_line(same_customer_text(row, session.workplace.zone))
            if len(chosen) == 1:
                lines.append(_("Same customer: {referral}").format(referral=other))
            else:
                lines.append(_("Same customer as #{id}: {referral}").format(id=referral_id, referral=other))
        if len(lines) >= SAME_SHOWN:
            break
    return lines[:SAME_SHOWN]


def company(referral: Referral) -> str:
    """The customer's name for a sentence."""
    return plain_line(referral.customer.company)


def seen(session: Session, referral: Referral | None, otherwise: str) -> str:
    """What stands under notes: that Microsoft sees them, where the referral will be pushed; else who reads them."""
    return _("Microsoft sees this") if referral is not None and session.desk.is_pushed(referral) else otherwise


def pushed_when(session: Session, referral: Referral) -> str:
    """When Partner Center gets a decision, as the last line of its form (U1); empty where it gets nothing."""
    from refterm.services.sync.owing import LEAST_HELD, held_until

    if not session.desk.is_pushed(referral):
        return ""
    workplace = session.workplace
    now = workplace.now()
    expires = referral.expires_at if referral.status is Status.NEW else None
    seconds = round((held_until(now, workplace.undo_seconds, expires) - now).total_seconds())
    if seconds:
        return _("Partner Center gets it in {s} s.").format(s=seconds)
    if workplace.undo_seconds and expires is not None and expires - now < LEAST_HELD:
        return _("Less than 2 minutes are left: Partner Center gets it at once.")
    return _("Partner Center gets it at once.")


def edit_pushed(session: Session, referral: Referral) -> str:
    """When Partner Center gets an edit, as the last line of its form; empty where it gets nothing."""
    return _("Partner Center gets it at once.") if session.desk.is_pushed(referral) else ""


def reason_fields(remark: str) -> list[FieldSpec]:
    """Reason and notes, for declining (I6) and losing (A1): the eight reasons with Partner Center's numbers."""
    options = [(code, reasons.label(code)) for code in reasons.CODES]
    return [
        FieldSpec("reason", _("Reason"), "choice", options=options),
        FieldSpec("notes", _("Notes"), "notes", placeholder=_("optional, but required with Others"), remark=remark),
    ]


def each_named(referrals: Sequence[tuple[int, str]]) -> list[str]:
    """A line for each referral of a form on several, at most a few."""
    if len(referrals) < 2:
        return []
    lines = [named(number, customer) for number, customer in referrals[:NAMED]]
    more = len(referrals) - NAMED
    return lines + ([_("and {n} more").format(n=more)] if more > 0 else [])


def names(referrals: Sequence[tuple[int, str]], done: Sequence[int]) -> str:
    """What was done, for a sentence: the customer's name, or the numbers."""
    if len(done) == 1:
        return next(plain_line(customer) for number, customer in referrals if number == done[0])
    return ", ".join(f"#{number}" for number in done)


def not_done(done: Done) -> str:
    """The end of a sentence about several: what was refused, and why."""
    if not done.refused:
        return ""
    named = [
        said if (said := str(one.error)).startswith(f"#{one.referral} ") else f"#{one.referral}: {said}"
        for one in done.refused
    ]
    return " " + _("Not done: {names}.").format(names="; ".join(named))


def first_currency(session: Session, referral: Referral) -> str:
    """The currency with which the form opens: the deal's, the profile's, else that of the customer's country."""
    return session.desk.currency(referral) or currency_of(referral.customer.country) or ""
