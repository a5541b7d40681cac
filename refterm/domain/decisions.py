"""What people type in forms and on the command line, read and checked in one place (I5, I6, A1-A3, I8).

Each `read_...` takes texts by field name and gives a value, or raises InvalidInputError with a sentence for every bad
field at once. Field names are those of the forms, in the order of the forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from refterm.domain import money, reasons, when
from refterm.domain.money import DecimalMark, Money
from refterm.domain.referral import TeamMember
from refterm.errors import InvalidInputError
from refterm.i18n import _
from refterm.text import clean, clean_line, is_blank

# 64 characters before the `@`, 255 after it (RFC 5321, 4.5.3.1).
LONGEST_ADDRESS = 320
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
T = TypeVar("T")
Typed = Mapping[str, str]


class Context(NamedTuple):
    """What reading a form needs to know beside the texts.

    Attributes:
        today: the present day in the person's zone.
        currency: what counts where none is typed; None where it must be.
        decimal_mark: the person's decimal mark; a point on the command line.
        received: the day of receipt, before which no deal was closed; None where it does not matter.
        strict: refuse what can be read two ways, as on the command line, where nothing shows what was understood.
    """

    today: date
    currency: str | None = None
    decimal_mark: DecimalMark = "."
    received: date | None = None
    strict: bool = False


class Acceptance(NamedTuple):
    """What accepting asks (I5)."""

    name: str
    value: Money
    timeframe: when.Timeframe
    notes: str
    crm_id: str | None
    campaign_id: str | None
    contacts: tuple[TeamMember, ...]


class Refusal(NamedTuple):
    """Reason and notes of a decline (I6) or a loss (A1)."""

    reason: str
    notes: str | None


class Win(NamedTuple):
    """What reporting a deal as won asks (A1). Value None keeps the engagement's."""

    value: Decimal | None
    currency: str | None
    closed_on: date


class Edit(NamedTuple):
    """The fields of an engagement that an edit changes (A2), by the names of `Deal`; only those."""

    changes: Mapping[str, Any]


def read_acceptance(typed: Typed, context: Context) -> Acceptance:
    """Fields: name, value, currency, timeframe, notes, crm_id, campaign_id, contacts (one a line)."""
    reader = _Reader(typed)
    name = reader.take("name", lambda text: required(text, "name", _("What is the engagement called? Give it a name")))
    value = reader.take("value", lambda text: read_money(text, typed.get("currency", ""), context))
    timeframe = reader.take("timeframe", lambda text: when.timeframe(text, context.today))
    notes = reader.take(
        "notes",
        lambda text: required(text, "notes", _("What is the customer looking for? A few words will do"), lines=True),
    )
    contacts = reader.take("contacts", read_team)
    reader.check()
    assert name
    assert value
    assert timeframe
    assert notes
    assert contacts is not None
    return Acceptance(
        name, value, timeframe, notes, optional(typed.get("crm_id")), optional(typed.get("campaign_id")), contacts
    )


def read_refusal(typed: Typed) -> Refusal:
    """Fields: reason, notes; notes are required with the reason `other`."""
    reader = _Reader(typed)
    reason = reader.take("reason", reasons.parse)
    notes = optional(typed.get("notes"), lines=True)
    if reason == "other" and notes is None:
        reader.errors["notes"] = _("with the reason Others, say in the notes why")
    reader.check()
    assert reason
    return Refusal(reason, notes)


def read_win(typed: Typed, context: Context, *, has_value: bool) -> Win:
    """Fields: value, currency, date. The value may be left empty where the engagement has one."""
    reader = _Reader(typed)
    amount, currency = None, None
    if typed.get("value", "").strip() or not has_value:
        value = reader.take("value", lambda text: read_money(text, typed.get("currency", ""), context))
        amount, currency = (value.amount, value.currency) if value else (None, None)
    elif typed.get("currency", "").strip():
        currency = reader.take("currency", money.parse_currency)
    closed_on = reader.take("date", lambda text: _close_date(text, context))
    reader.check()
    assert closed_on
    return Win(amount, currency, closed_on)


def _close_date(text: str, context: Context) -> date:
    day = when.closing_day(text, context.today) if text.strip() else context.today
    if day > context.today:
        raise InvalidInputError({"date": _("the close date cannot be later than today")})
    if text.strip() and context.received is not None and day < context.received:
        raise InvalidInputError(
            {
                "date": _("the close date cannot be before the receipt, {day}").format(
                    day=when.date_text(context.received)
                )
            }
        )
    return day


def read_edit(typed: Typed, context: Context, *, shown: Typed | None = None) -> Edit:
    """Fields: name, date, value, currency, notes, crm_id, campaign_id; only those given are changed.

    Args:
        typed: the texts.
        context: see Context.
        shown: what the form showed at first; a field that still reads so is not changed.
    """
    given = {field: text for field, text in typed.items() if shown is None or text != shown.get(field, "")}
    reader = _Reader(given)
    changes: dict[str, Any] = {}
    if "name" in given:
        changes["name"] = reader.take(
            "name", lambda text: required(text, "name", _("What is the engagement called? Give it a name"))
        )
    if "date" in given:
        day = reader.take("date", lambda text: when.deadline(text, context.today))
        changes |= {"purchase_date": day, "timeframe": day.isoformat() if day else None}
    if "value" in given:
        amount = reader.take("value", lambda text: read_money(text, typed.get("currency", ""), context))
        changes |= {"value": amount.amount, "currency": amount.currency} if amount else {}
    elif "currency" in given:
        changes["currency"] = reader.take("currency", lambda text: _currency(text, None))
    if "notes" in given:
        changes["notes"] = reader.take(
            "notes",
            lambda text: required(
                text, "notes", _("What is the customer looking for? A few words will do"), lines=True
            ),
        )
    for field in ("crm_id", "campaign_id"):
        if field in given:
            changes[field] = optional(given[field])
    reader.check()
    return Edit(changes)


def read_contact(typed: Typed) -> TeamMember:
    """Fields: name, phone, email (A3)."""
    reader = _Reader(typed)
    name = reader.take("name", lambda text: required(text, "name", _("Who is it? Give the name")))
    email = reader.take("email", read_email)
    reader.check()
    assert name
    return TeamMember(name, email or "", clean_line(typed.get("phone", "")).strip())


def read_team(text: str) -> tuple[TeamMember, ...]:
    """Contacts, one a line: `Name; e-mail; phone`, the last two optional.

    Raises:
        InvalidInputError: under the name `contacts`, naming the line.
    """
    team: list[TeamMember] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = [clean_line(part).strip() for part in line.split(";")]
        name, email, phone = (*parts, "", "")[:3]
        try:
            if len(parts) > 3:
                raise InvalidInputError({"contacts": _("write a contact as: Name; e-mail; phone")})
            required(name, "contacts", _("Who is it? Give the name"))
            read_email(email)
        except InvalidInputError as error:
            sentence = next(iter(error.fields.values()))
            raise InvalidInputError({"contacts": _("line {n}: {error}").format(n=number, error=sentence)}) from None
        team.append(TeamMember(name, email, phone))
    return tuple(team)


def read_email(text: str) -> str:
    """An e-mail address of the form `x@y`, or nothing.

    Raises:
        InvalidInputError: under the name `email`.
    """
    email = clean_line(text).strip()
    if email and (not _EMAIL.fullmatch(email) or len(email) > LONGEST_ADDRESS):
        raise InvalidInputError({"email": _('"{text}" is no e-mail address').format(text=email[:60])})
    return email


def read_money(text: str, currency: str, context: Context) -> Money:
    """An amount with its currency: typed with it, else the field's, else the context's.

    Raises:
        InvalidInputError: under the names `value` and `currency`, both where both are bad.
    """
    reader = _Reader({"value": text, "currency": currency})
    typed = reader.take("value", lambda amount: money.parse_amount(amount, context.decimal_mark))
    if typed and context.strict:
        reader.take("value", lambda amount: money.require_plain(amount))
        if typed[1] and currency.strip() and typed[1] != currency.strip().upper():
            reader.errors["currency"] = _(
                "the value is in {one}, but the currency is {other}: give one of both"
            ).format(one=typed[1], other=currency.strip().upper()[:10])
    chosen = typed[1] if typed else None
    # A currency that is missing is asked for once the amount can be read: it may be meant to stand there.
    if chosen is None and "currency" not in reader.errors and (typed or currency.strip()):
        chosen = reader.take("currency", lambda code: _currency(code, context.currency))
    reader.check()
    assert typed
    assert chosen
    return Money(typed[0], chosen)


def _currency(text: str, otherwise: str | None) -> str:
    if text.strip():
        return money.parse_currency(text)
    if otherwise is None:
        raise InvalidInputError({"currency": _("Which currency? For example EUR")})
    return otherwise


def required(text: str, field: str, sentence: str, *, lines: bool = False) -> str:
    """The text, cleaned and without blanks around it.

    Raises:
        InvalidInputError: with the sentence, when nothing but blanks is left.
    """
    kept = optional(text, lines=lines)
    if kept is None:
        raise InvalidInputError({field: sentence})
    return kept


def optional(text: str | None, *, lines: bool = False) -> str | None:
    """The text, cleaned and without blanks around it; None when nothing is left that can be seen."""
    kept = (clean(text) if lines else clean_line(text)).strip() if text else ""
    return None if is_blank(kept) else kept


class _Reader:
    """Reads field after field and gathers the sentences of the bad ones."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self.errors: dict[str, str] = {}

    def take(self, field: str, read: Callable[[str], T]) -> T | None:
        """The field's value, or None and its sentence noted."""
        try:
            return read(self.typed.get(field, ""))
        except InvalidInputError as error:
            self.errors |= error.fields
            return None

    def check(self) -> None:
        """Raise what was noted."""
        if self.errors:
            raise InvalidInputError(self.errors)
