"""Invented referrals in the shapes that partners receive, for every test. All addresses are `.example`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

Json = dict[str, Any]

# The instant at which the tests' clock stands; records are dated back from it.
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TARGET = "01e2abcd-52b0-4af3-a3ae-1fd1530b3563"

_numbers = count(1)


def stamp(instant: datetime) -> str:
    """A time as the API writes it: UTC, seven fractional digits, Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def ago(**span: float) -> str:
    """A time before NOW, such as `ago(hours=3)`, as the API writes it."""
    return stamp(NOW - timedelta(**span))


def ahead(**span: float) -> str:
    """A time after NOW, as the API writes it."""
    return stamp(NOW + timedelta(**span))


def api_record(**overrides: Any) -> Json:
    """A new referral as the API has it, received an hour before NOW, with 13 days left; each has another id.

    Overrides go by name; a dict is merged into what stands there, and `a__b=1` reaches inside: all of
    `details={"notes": "x"}`, `details__notes="x"` and `customerProfile__address__city="Kiel"` work.
    """
    number = next(_numbers)
    received = ago(hours=1)
    record: Json = {
        "id": f"{number:08x}-8a3e-4c63-9d0e-2f6f0f1f9a11",
        "engagementId": f"{number:08x}-6f2a-4a57-8c34-3b1f6f8f2c70",
        "organizationId": "3c9f2c4e-0b57-4b8e-9f0a-5a1d2e3f4a5b",
        "organizationName": "Nordlicht Cloud GmbH",
        "name": None,
        "externalReferenceId": None,
        "campaignId": None,
        "createdDateTime": received,
        "updatedDateTime": received,
        "expirationDateTime": ahead(days=13),
        "acceptedDateTime": None,
        "closedDateTime": None,
        "status": "New",
        "substatus": "Pending",
        "statusReason": None,
        "qualification": "Direct",
        "type": "Independent",
        "direction": "Incoming",
        "favorite": False,
        "quality": "Unknown",
        "target": [{"type": "BusinessProfileLocation", "id": TARGET}],
        "customerProfile": {
            "name": f"Kontor {number} GmbH",
            "size": "51to250employees",
            "address": {
                "addressLine1": "Hafenstraße 12",
                "addressLine2": None,
                "city": "Kiel",
                "state": None,
                "postalCode": "24103",
                "country": "DE",
                "region": "SH",
            },
            "team": [
                {
                    "firstName": "Inga",
                    "lastName": "Hansen",
                    "phoneNumber": "+494310000001",
                    "email": f"inga.hansen@kontor{number}.example",
                    "contactPreference": {"locale": "de-DE", "disableNotifications": False},
                }
            ],
            "ids": [],
        },
        "consent": {"consentToToShareInfoWithOthers": True, "consentToContact": True},
        "details": {
            "notes": "Move 80 mailboxes and a file server to Microsoft 365 before the summer season.",
            "dealValue": None,
            "currency": None,
            "closingDateTime": None,
            "customerRequestedContact": None,
            "customerAction": None,
            "requirements": {
                "industries": [{"id": "Retail & Consumer Goods"}],
                "products": [{"id": "Microsoft365"}, {"id": "Exchange"}],
                "services": [{"id": "DeploymentOrMigration"}],
                "solutions": [{"id": "CloudMigration", "name": "Cloud Migration", "type": "Category"}],
                "offers": [],
            },
        },
        "team": [],
        "inviteContext": {
            "notes": None,
            "assistanceRequestCode": "Unknown",
            "invitedBy": {"organizationId": "msft", "organizationName": "Microsoft"},
        },
        "eTag": '"2500ec5a-0000-0000-0000-69a5480d0000"',
    }
    return merged(record, overrides)


def active_record(**overrides: Any) -> Json:
    """A referral that was accepted at the source a day ago: 5000 EUR, to be bought by the end of June."""
    accepted = ago(days=1)
    given: Json = {
        "name": "Mailbox migration",
        "externalReferenceId": "OPP-2026-0117",
        "campaignId": "SPRING26",
        "createdDateTime": ago(days=2),
        "updatedDateTime": accepted,
        "acceptedDateTime": accepted,
        "status": "Active",
        "substatus": "Accepted",
        "details": {"dealValue": 5000, "currency": "EUR", "closingDateTime": "2026-06-30T00:00:00Z"},
        "team": [
            {
                "firstName": "Mara",
                "lastName": "Voss",
                "phoneNumber": "+494310000010",
                "email": "mara.voss@nordlicht-cloud.example",
            }
        ],
    }
    return merged(api_record(**given), overrides)


def closed_record(substatus: str = "Won", **overrides: Any) -> Json:
    """A referral that ended at the source ten days ago: Won, Lost, Declined or Expired."""
    closed = ago(days=10)
    given: Json = {
        "createdDateTime": ago(days=40),
        "updatedDateTime": closed,
        "expirationDateTime": ago(days=26),
        "closedDateTime": closed,
        "status": "Closed",
        "substatus": substatus,
    }
    if substatus in ("Lost", "Declined"):
        given["statusReason"] = "Customer chose another vendor"
    if substatus in ("Won", "Lost"):
        given["acceptedDateTime"] = ago(days=39)
        return merged(active_record(**given), overrides)
    return merged(api_record(**given), overrides)


def merged(record: Json, overrides: Mapping[str, Any]) -> Json:
    """The record with overrides put over it; see `api_record`."""
    result = dict(record)
    for name, value in overrides.items():
        outer, separator, inner = name.partition("__")
        if separator:
            result[outer] = merged(result[outer], {inner: value})
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result


def ndjson(records: Iterable[Mapping[str, Any]]) -> bytes:
    """One object a line."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def page(records: Iterable[Mapping[str, Any]], *, indent: int | None = 1) -> bytes:
    """One page as the API answers it."""
    body = {"@odata.context": "https://api.example/$metadata#Referrals", "value": list(records)}
    return json.dumps(body, ensure_ascii=False, indent=indent).encode()
