"""Partner Center's CSV: its columns, and a row as a record in the API's shape and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from refterm.domain import money, reasons
from refterm.domain.money import DecimalMark
from refterm.errors import InvalidInputError
from refterm.formats import wire
from refterm.formats.wire import Json, RecordError
from refterm.i18n import _

OWN = "Refterm"
SOLUTIONS = 5
TEAM = 5
# The columns of Partner Center's file, in its order; what we add stands after them.
COLUMNS = (
    "Errors",
    "Engagement ID",
    "Referral ID",
    "Deal Name",
    "Customer Name",
    "Customer Address Line 1",
    "Customer Address Line 2",
    "Customer City",
    "Customer State",
    "Customer Postal Code",
    "Customer Country",
    "Customer D-U-N-S ID",
    "Customer Contact First Name",
    "Customer Contact Last Name",
    "Customer Contact Phone number",
    "Customer Contact Email Address",
    "Partner Referral Status",
    "Partner Referral Substatus",
    "Microsoft Referral Status",
    "Declined/Lost reason",
    "Sales Stage",
    "Estimated Deal Value",
    "Currency",
    "Estimated Close Date",
    "CRM ID",
    "Marketing Campaign ID",
    "Notes",
    "Microsoft help required?",
    "What specific help from Microsoft?",
    "Share with Microsoft sales team",
    "Notes to Microsoft",
    "Consent to share Customer/Partner contact",
    *(f"Solution {n}" for n in range(1, SOLUTIONS + 1)),
    *(f"Team member {n}" for n in range(1, TEAM + 1)),
    "Marketplace Purchase Intent",
)

_ADDRESS = ("customerProfile", "address")
# Where a column's text stands in a record of the API.
_TEXTS: dict[str, tuple[str, ...]] = {
    "engagement id": ("engagementId",),
    "referral id": ("id",),
    "deal name": ("name",),
    "customer name": ("customerProfile", "name"),
    "customer address line 1": (*_ADDRESS, "addressLine1"),
    "customer address line 2": (*_ADDRESS, "addressLine2"),
    "customer city": (*_ADDRESS, "city"),
    "customer state": (*_ADDRESS, "state"),
    "customer postal code": (*_ADDRESS, "postalCode"),
    "customer country": (*_ADDRESS, "country"),
    "partner referral status": ("status",),
    "partner referral substatus": ("substatus",),
    "sales stage": ("salesStage",),
    "currency": ("details", "currency"),
    "crm id": ("externalReferenceId",),
    "marketing campaign id": ("campaignId",),
    "notes": ("details", "notes"),
    "notes to microsoft": ("inviteContext", "notes"),
    "marketplace purchase intent": ("customerMarketplaceIntent",),
}
_CONTACT = {
    "customer contact first name": "firstName",
    "customer contact last name": "lastName",
    "customer contact phone number": "phoneNumber",
    "customer contact email address": "email",
}
_CONSENTS = {
    "share with microsoft sales team": "consentToShareReferralWithMicrosoftSellers",
    "consent to share customer/partner contact": "consentToToShareInfoWithOthers",
}
_DUNS, _REASON, _VALUE = "customer d-u-n-s id", "declined/lost reason", "estimated deal value"
_CLOSE, _HELP = "estimated close date", "what specific help from microsoft?"
_HELPS = (
    "WorkloadSpecificValueProposition",
    "CustomerTechnicalArchitecture",
    "ProofOfConceptOrDemo",
    "QuotesOrLicensing",
    "PostSalesCustomerSuccess",
    "GeneralOrOther",
)
_NUMBERED = re.compile(r"(solution|team member) ([0-9]{1,3})")
_US_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})(?:\s.*)?")
_DOTTED_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?:\s.*)?")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def to_record(cells: Mapping[str, str], decimal_mark: DecimalMark, titles: Mapping[str, str] | None = None) -> Json:
    """A row as a record in the API's shape; a column that is missing is not mentioned in it.

    Args:
        cells: the row's cells by the folded names of their columns.
        decimal_mark: how the file writes decimals.
        titles: the names as the file has them, for columns that the API's shape has no place for.

    Raises:
        RecordError: for a cell that cannot be read.
    """
    record: Json = {}
    contact: Json = {}
    solutions: list[tuple[int, str]] = []
    team: list[tuple[int, str]] = []
    for column, cell in cells.items():
        value = cell.strip() or None
        if path := _TEXTS.get(column):
            _put(record, path, cell if value else None)
        elif part := _CONTACT.get(column):
            contact[part] = cell if value else None
        elif consent := _CONSENTS.get(column):
            _put(record, ("consent", consent), _yes(value))
        elif numbered := _numbered(column):
            (solutions if numbered[0] == "solution" else team).append((numbered[1], cell))
        elif column == _DUNS:
            _put(record, ("customerProfile", "ids"), [_duns(value)] if value else [])
        elif column == _REASON:
            record["statusReason"] = _reason(value)
        elif column == _VALUE:
            _put(record, ("details", "dealValue"), _amount(value, decimal_mark) if value else None)
        elif column == _CLOSE:
            _put(record, ("details", "closingDateTime"), f"{_date(value)}T00:00:00Z" if value else None)
        elif column == _HELP:
            _put(record, ("inviteContext", "assistanceRequestCode"), _help(value))
        elif value and column != OWN.casefold():
            _put(record, ("csv", titles.get(column, column) if titles else column), cell)
    if contact:
        _put(record, ("customerProfile", "team"), [contact] if any(contact.values()) else [])
    if solutions:
        given = [_solution(cell) for _n, cell in sorted(solutions) if cell.strip()]
        _put(record, ("details", "requirements", "solutions"), given)
    if team:
        record["team"] = [_member(cell) for _n, cell in sorted(team) if cell.strip()]
    if not "".join((*cells, *cells.values())).isprintable():
        record = wire.cleaned(record)
    return record


def over(old: Mapping[str, Any], new: Json) -> Json:
    """A row's record put over what was known: where the file has no room for more, what was known stays.

    It names the first contact only, and of a solution not its name.
    """
    result = wire.merged(old, new)
    known = listed(_get(old, ("customerProfile", "team")))
    given = listed(_get(new, ("customerProfile", "team")))
    if known and given:
        result["customerProfile"]["team"] = [wire.merged(known[0], given[0]), *known[1:]]
    solutions = {one.get("id"): one for one in listed(_get(old, ("details", "requirements", "solutions")))}
    if given := listed(_get(new, ("details", "requirements", "solutions"))):
        result["details"]["requirements"]["solutions"] = [
            wire.merged(solutions.get(one.get("id"), {}), one) for one in given
        ]
    return result


def row(record: Json, extras: Iterable[str]) -> list[str]:
    """A record in the API's shape as a row of COLUMNS, and the further cells after it, safe to open in a spreadsheet."""
    cells = {column: _shown(_get(record, path)) for column, path in _TEXTS.items()}
    address = _get(record, _ADDRESS)
    if isinstance(address, dict):
        cells["customer state"] = _shown(address.get("state") or address.get("region"))
    people = listed(_get(record, ("customerProfile", "team")))
    for column, part in _CONTACT.items():
        cells[column] = _shown(people[0].get(part)) if people else ""
    for column, consent in _CONSENTS.items():
        given = _get(record, ("consent", consent))
        cells[column] = "Yes" if given is True else "No" if given is False else ""
    identities = listed(_get(record, ("customerProfile", "ids")))
    cells[_DUNS] = next((_shown(one.get("id")) for one in identities if one.get("profileType") == "Duns"), "")
    reason, _notes = reasons.from_source(_shown(record.get("statusReason")))
    cells[_REASON] = str(reasons.CODES.index(reason) + 1) if reason else ""
    cells[_VALUE] = _shown(_get(record, ("details", "dealValue")))
    cells[_CLOSE] = _us_date(_get(record, ("details", "closingDateTime")))
    code = _get(record, ("inviteContext", "assistanceRequestCode"))
    cells[_HELP] = str(_HELPS.index(code) + 1) if code in _HELPS else ""
    for number, one in enumerate(listed(_get(record, ("details", "requirements", "solutions"))), 1):
        parts = [_shown(one.get(part)) for part in ("id", "currency", "price", "quantity")]
        cells[f"solution {number}"] = ", ".join(parts) if any(parts[1:]) else parts[0]
    for number, one in enumerate(listed(record.get("team")), 1):
        parts = [_shown(one.get(part)) for part in ("firstName", "lastName", "phoneNumber", "email")]
        cells[f"team member {number}"] = ", ".join(parts)
    other = record.get("csv")
    if isinstance(other, dict):
        cells = {**{column.casefold(): _shown(value) for column, value in other.items()}, **cells}
    return [_guarded(cell) for cell in (*(cells.get(column.casefold(), "") for column in COLUMNS), *extras)]


def _guarded(cell: str) -> str:
    """The cell with a `'` before what a spreadsheet would run as a formula (contract, section Import)."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """The cell without that `'`."""
    return cell.removeprefix("'")


@lru_cache(maxsize=512)
def _numbered(column: str) -> tuple[str, int] | None:
    """What a numbered column holds, and its number."""
    numbered = _NUMBERED.fullmatch(column)
    return (numbered[1], int(numbered[2])) if numbered else None


def _put(record: Json, path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        record = record.setdefault(key, {})
    record[path[-1]] = value


def _get(record: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = record
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def listed(value: Any) -> list[Json]:
    """The objects of a list; a single one stands for a list of it."""
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, dict) and one]


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return money.plain(value)
    return "" if value is None else str(value)


def _yes(value: str | None) -> bool | str | None:
    known = {"yes": True, "true": True, "no": False, "false": False}
    return known.get(value.casefold(), value) if value else None


def _duns(value: str) -> Json:
    # Spreadsheets drop the zeros in front.
    return {"profileType": "Duns", "id": value.zfill(9) if value.isdecimal() else value}


def _reason(value: str | None) -> str | None:
    code = reasons.of_number(value) if value else None
    return reasons.REASONS[code] if code else value


def _help(value: str | None) -> str | None:
    return _HELPS[int(value) - 1] if value in ("1", "2", "3", "4", "5", "6") else value


def _amount(value: str, decimal_mark: DecimalMark) -> Decimal:
    try:
        return money.parse_amount(value, decimal_mark)[0]
    except InvalidInputError as error:
        raise RecordError(_("Estimated Deal Value: {error}").format(error=next(iter(error.fields.values())))) from None


def _date(value: str) -> date:
    """A date as Partner Center writes it, MM/DD/YYYY, or as a spreadsheet made of it."""
    try:
        if us := _US_DATE.fullmatch(value):
            year = int(us[3])
            return date(year if year > 99 else 2000 + year, int(us[1]), int(us[2]))
        if dotted := _DOTTED_DATE.fullmatch(value):
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        return datetime.fromisoformat(value).date()
    except ValueError:
        raise RecordError(
            _("Estimated Close Date {value} is no date; it is written MM/DD/YYYY").format(value=repr(value)[:40])
        ) from None


def _us_date(value: Any) -> str:
    if not isinstance(value, str) or not value:
        return ""
    moment = datetime.fromisoformat(value.strip())  # import takes one with blanks around it, and keeps it so
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%m/%d/%Y")


def _solution(cell: str) -> Json:
    """`SOL-1234-PQRS, USD, 10, 100`: id, currency, price, quantity."""
    parts = [part.strip() for part in cell.split(",")]
    names = ("id", "currency", "price", "quantity")
    return {name: part for name, part in zip(names, parts, strict=False) if part}


def _member(cell: str) -> Json:
    """`First, Last, phone, email`."""
    parts = [part.strip() for part in cell.split(",")]
    names = ("firstName", "lastName", "phoneNumber", "email")
    if len(parts) > len(names):
        parts = [parts[0], ", ".join(parts[1:-2]), *parts[-2:]]
    return {name: part or None for name, part in zip(names, parts, strict=False)}
