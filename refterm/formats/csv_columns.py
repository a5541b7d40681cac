"""Partner Center's CSV: its columns, and a record in the API's shape as a row of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from refterm.domain import money, reasons
from refterm.formats import values
from refterm.formats.api_json import Json, RecordError
from refterm.formats.fields import enum, instant
from refterm.formats.judging import CLOSE, VALUE
from refterm.formats.record import ERROR_REASONS, nearest_day

OWN = "Refterm"
KEY = OWN.casefold()
SOLUTIONS = 5
TEAM = 5
# The columns of Partner Center's file, in its order; what we add stands after them (EXTRAS).
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

# What stands after Partner Center's columns, for people to read; the last one alone is what import reads.
EXTRAS = (
    "Received",
    "Expires",
    "Channel",
    "Customer Industry",
    "Customer Size",
    "Customer requested contact",
    "Favorite",
    "Skipped until",
    "Outcome",
    "Closed",
    OWN,
)
# A cell of a workbook holds 32,767 units of UTF-16 at most, and a letter may take two.
LONGEST_CELL = 16_000
_ADDRESS = ("customerProfile", "address")
# Where a column's text stands in a record of the API.
TEXTS: dict[str, tuple[str, ...]] = {
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
# The same by what holds them: an object of the record, and its keys with their columns.
_HOLDERS: dict[tuple[str, ...], list[tuple[str, str]]] = {}
for _column, _path in TEXTS.items():
    _HOLDERS.setdefault(_path[:-1], []).append((_column, _path[-1]))
CONTACT = {
    "customer contact first name": "firstName",
    "customer contact last name": "lastName",
    "customer contact phone number": "phoneNumber",
    "customer contact email address": "email",
}
CONSENTS = {
    "share with microsoft sales team": "consentToShareReferralWithMicrosoftSellers",
    "consent to share customer/partner contact": "consentToToShareInfoWithOthers",
}
# Other names of the same column: the documentation and its readers have changed it.
ALIASES = {
    "declined/lost/error reason": "declined/lost reason",
    "decline/lost/error reason": "declined/lost reason",
    "decline/lost reason": "declined/lost reason",
}
DUNS, REASON, HELP = "customer d-u-n-s id", "declined/lost reason", "what specific help from microsoft?"
HELPS = (
    "WorkloadSpecificValueProposition",
    "CustomerTechnicalArchitecture",
    "ProofOfConceptOrDemo",
    "QuotesOrLicensing",
    "PostSalesCustomerSuccess",
    "GeneralOrOther",
)
_FOLDED = tuple(column.casefold() for column in COLUMNS)
_NOTHING = dict.fromkeys(_FOLDED, "")
# What is written for every record, also where it says nothing: a cell that came with a CSV does not stand in for it.
_FROM_API = frozenset((*TEXTS, *CONTACT, *CONSENTS, DUNS, REASON, VALUE, CLOSE, HELP))
_MOST_DIGITS = 100
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_FORMULA_BEGINS = frozenset(_FORMULA)


def row(record: Json) -> list[str]:
    """A record in the API's shape as a row of COLUMNS, as people read it; with its object `refterm`, the desk's values."""
    cells = _NOTHING.copy()
    other = record.get("csv")
    if isinstance(other, dict):
        for column, value in other.items():
            if (folded := column.casefold()) not in _FROM_API:
                cells[folded] = _shown(value)
    held = {path: found_at(record, path) for path in _HOLDERS}
    for path, columns in _HOLDERS.items():
        if isinstance(holder := held[path], dict):
            for column, key in columns:
                value = holder.get(key)
                if value is not None:
                    cells[column] = value if value.__class__ is str else _shown(value)
    customer, details, address = held["customerProfile",], held["details",], held[_ADDRESS]
    consents = record.get("consent")
    if isinstance(address, dict):
        cells["customer state"] = _shown(address.get("state") or address.get("region"))
    if people := _listed_at(customer, "team"):
        for column, part in CONTACT.items():
            cells[column] = _shown(people[0].get(part))
    for column, consent in CONSENTS.items():
        cells[column] = _yes(consents.get(consent)) if isinstance(consents, dict) else ""
    identities = _listed_at(customer, "ids")
    duns = next((_shown(one.get("id")) for one in identities if enum(one.get("profileType")) == "duns"), "")
    cells[DUNS] = values.duns(duns) or duns
    cells[REASON] = _reason(record)
    # With the desk's own values of the deal, those of the record do not show.
    deal = found_at(record, (KEY, "deal"))
    if isinstance(deal, dict):
        cells |= _deal(deal, cells)
    else:
        cells[VALUE] = _shown(found_at(details, ("dealValue",)))
        cells[CLOSE] = _us_date(found_at(details, ("closingDateTime",)))
    code = found_at(held["inviteContext",], ("assistanceRequestCode",))
    cells[HELP] = str(HELPS.index(code) + 1) if code in HELPS else ""
    for number, one in enumerate(listed(found_at(details, ("requirements", "solutions"))), 1):
        parts = [_shown(one.get(part)) for part in ("id", "currency", "price", "quantity")]
        cells[f"solution {number}"] = ", ".join(parts) if any(parts[1:]) else parts[0]
    for number, one in enumerate(listed(record.get("team")), 1):
        parts = [_shown(one.get(part)) for part in ("firstName", "lastName", "phoneNumber", "email")]
        cells[f"team member {number}"] = ", ".join(parts)
    return list(islice(cells.values(), len(_FOLDED)))


def _deal(deal: Json, cells: Mapping[str, str]) -> dict[str, str]:
    """The desk's own values of a deal: what the record says may be what could not be read."""
    day = deal.get("purchase_date")
    return {
        "deal name": _shown(deal.get("name")),
        VALUE: _shown(deal.get("value")),
        "currency": _shown(deal.get("currency")),
        CLOSE: _us(date.fromisoformat(day)) if isinstance(day, str) else "",
        "crm id": _shown(deal.get("crm_id")),
        "marketing campaign id": _shown(deal.get("campaign_id")),
        "notes": _shown(deal.get("notes")) or cells["notes"],
    }


def extras(record: Json) -> list[str]:
    """The cells of EXTRAS but the last, from a record with its object `refterm`."""
    kept = record[KEY]
    industries = (_shown(one.get("id")) for one in listed(found_at(record, ("details", "requirements", "industries"))))
    return [
        _shown(kept.get("received_at")),
        _shown(kept.get("expires_at")),
        _shown(kept.get("channel")),
        "; ".join(filter(None, industries)),
        _shown(found_at(record, ("customerProfile", "size"))),
        _yes(found_at(record, ("details", "customerRequestedContact"))) or "No",
        _yes(kept.get("favorite")),
        _shown(kept.get("skipped_until")),
        _shown(kept.get("outcome")),
        _shown(kept.get("closed_at")),
    ]


def guarded(cell: str) -> str:
    """The cell with a `'` before what a spreadsheet would run as a formula (contract, section Import)."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """The cell without that `'`."""
    return cell.removeprefix("'")


def guarded_row(cells: list[str]) -> list[str]:
    """The cells of a row, each with that `'` where it needs one."""
    return [guarded(cell) if cell and cell[0] in _FORMULA_BEGINS else cell for cell in cells]


def found_at(record: Any, path: tuple[str, ...]) -> Any:
    """What stands in a record where a path leads to; None where it leads nowhere."""
    value = record
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _listed_at(holder: Any, key: str) -> list[Json]:
    return listed(holder.get(key)) if isinstance(holder, dict) else []


def listed(value: Any) -> list[Json]:
    """The objects of a list; a single one stands for a list of it."""
    if not value:
        return []
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, dict) and one]


def _shown(value: Any) -> str:
    if value.__class__ is str or value is None:
        return value or ""
    if isinstance(value, Decimal):
        # One of a thousand digits, which some field kept as it came, would fill the memory.
        return money.plain(value) if abs(value.adjusted()) < _MOST_DIGITS else str(value)
    return str(value)


def _yes(value: Any) -> str:
    said = values.yes(value)
    return "" if said is None else "Yes" if said else "No"


def _reason(record: Json) -> str:
    """The number of the reason: of Partner Center's eight, or of the nine for an error."""
    stated = _shown(record.get("statusReason"))
    if enum(record.get("substatus")) == "error":
        given = stated in ERROR_REASONS
        return str(ERROR_REASONS.index(stated) + 1) if given else str(len(ERROR_REASONS)) if stated else ""
    reason, _notes = reasons.from_source(stated)
    return str(reasons.CODES.index(reason) + 1) if reason else ""


def _us_date(value: Any) -> str:
    try:
        moment = instant({CLOSE: value}, CLOSE)
    except RecordError:  # left out on the way in, too
        return ""
    return _us(nearest_day(moment)) if moment else ""


def _us(day: date) -> str:
    return f"{day.month:02}/{day.day:02}/{day.year:04}"
