"""Single fields of a record in the API's shape, each read or refused by itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

from refterm.domain import money
from refterm.errors import InvalidInputError
from refterm.formats import amounts, values
from refterm.formats.api_json import Json, RecordError
from refterm.i18n import _
from refterm.text import LONGEST_KEY

# .NET, SQL and FILETIME write 1, 1900, 9999 or 1601 for "no date"; no referral happened at any such time.
FIRST_YEAR, LAST_YEAR = 2000, 9000
# No number of an enumeration has more; one of a thousand digits would fill the memory.
_MOST_DIGITS = 20
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")


def enum(value: object) -> str:
    """A value of an enumeration for comparing: without case, numbers as digits; empty for what is none."""
    if isinstance(value, str):
        word = value.strip().casefold()
        # A number that a spreadsheet or a script made a fraction: `2.0`.
        return word[:-2] if word.endswith(".0") else word
    if isinstance(value, Decimal) and value.adjusted() < _MOST_DIGITS and value == value.to_integral_value():
        return str(int(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def show(value: object) -> str:
    """What a bad value looks like in a sentence: its beginning."""
    return repr(value)[:40]


def text(parent: Json, key: str) -> str | None:
    """A text; None where it is missing or has nothing but blanks. A number is taken as its digits.

    Raises:
        RecordError: for anything else.
    """
    value = parent.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        return value if value and not value.isspace() else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise RecordError(_("{field} is no text: {value}").format(field=key, value=show(value)))


def key_text(parent: Json, key: str) -> str | None:
    """A text by which referrals are found.

    Raises:
        RecordError: for anything else, and for one that is too long for an index.
    """
    value = text(parent, key)
    if value is not None and len(value) > LONGEST_KEY:
        raise RecordError(_("{field} is longer than {n} characters").format(field=key, n=LONGEST_KEY))
    return value


def instant(parent: Json, key: str) -> datetime | None:
    """A time in UTC; one without a zone is meant so. None where it is missing, or one that stands for "not stated".

    Raises:
        RecordError: for what is no time.
    """
    value = parent.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            # Z and T may be small letters (RFC 3339).
            moment = datetime.fromisoformat(value.strip().upper())
            if not FIRST_YEAR <= moment.year <= LAST_YEAR:
                return None
            if moment.tzinfo is UTC:
                return moment
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None
        except (ValueError, OverflowError):
            if value.startswith("0000-00-00"):
                return None
    raise RecordError(_("{field} is no time: {value}").format(field=key, value=show(value)))


def flag(parent: Json, key: str) -> bool:
    """Yes or no; no where it is missing.

    Raises:
        RecordError: for anything else.
    """
    value = parent.get(key)
    if value is None or value == "":
        return False
    said = values.yes(value)
    if said is None:
        raise RecordError(_("{field} is neither yes nor no: {value}").format(field=key, value=show(value)))
    return said


def amount(value: object, key: str = "dealValue") -> Decimal | None:
    """An amount, exactly; None where there is none.

    Raises:
        RecordError: when it is no number, negative, too large, or has more than four decimals.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RecordError(_("{field} is no number: {value}").format(field=key, value=show(value)))
    try:
        # The API's own samples send amounts as texts, too; scripts send them as they print them.
        exact = Decimal(value) if not isinstance(value, str) or _NUMBER.fullmatch(value.strip()) else _plain(value, key)
        # Zeros at the end are no decimals: 5000.000000 is 5000.
        trimmed = exact.normalize() if int(exact.as_tuple().exponent) < -money.MAX_DECIMALS else exact
        return money.check_amount(trimmed if trimmed == exact else exact)
    except InvalidInputError as error:
        raise RecordError(
            _("{field} {value}: {error}").format(field=key, value=show(value), error=next(iter(error.fields.values())))
        ) from None


def _plain(value: str, key: str) -> Decimal:
    """An amount as people print it, where it can be read in one way only."""
    by_point, by_comma, _currency = amounts.readings(value)
    exact = by_point if by_point is not None else by_comma
    if exact is None or (by_comma is not None and by_comma != exact):
        raise RecordError(_("{field} is no number: {value}").format(field=key, value=show(value)))
    return exact


def currency(parent: Json, key: str = "currency") -> str | None:
    """A currency's code; None where there is none.

    Raises:
        RecordError: for what is no ISO 4217 code.
    """
    code = text(parent, key)
    if code is None or code in money.CURRENCIES:
        return code
    try:
        return money.parse_currency(code)
    except InvalidInputError as error:
        raise RecordError(next(iter(error.fields.values()))) from None


def object_at(parent: Json, key: str) -> Json:
    value = parent.get(key)
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    raise RecordError(_("{field} is no object: {value}").format(field=key, value=show(value)))


def objects_at(parent: Json, key: str) -> list[Json]:
    """A list of objects; a single one stands for a list of it."""
    value = parent.get(key)
    if not value and (value is None or isinstance(value, list | dict)):
        return []
    listed = value if isinstance(value, list) else [value]
    for one in listed:
        if not isinstance(one, dict):
            raise RecordError(_("{field} is no list of objects: {value}").format(field=key, value=show(value)))
    return listed
