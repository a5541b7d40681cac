"""The demo's script: invented referrals and what people do about them (playing.py lets them do it).

A script is a list of referrals as `demo_data/` has them: each says when it came in, and what ana, luis, mei and tom did
about it since. It is played in order of time on a clock that is moved along, so that history, marks and deadlines are
what they would be had it really happened.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

Json = dict[str, Any]

DATA = Path(__file__).parents[2] / "demo_data"
_SPAN = re.compile(r"(\d+)([dhms])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_ALLOTTED = timedelta(days=14)
_LOCATION = "01e2abcd-52b0-4af3-a3ae-1fd1530b3563"
_QUALIFICATIONS = {"search": "Direct", "marketing": "MarketingQualified", "sales": "SalesQualified", "partner": "None"}


class Event(NamedTuple):
    """Something that happens to one referral of a script.

    Attributes:
        referral: its place in the script.
        by: who does it; None where it comes in.
        deed: a key of `playing.STEPS`.
        given: what the step needs.
    """

    at: datetime
    referral: int
    by: str | None = None
    deed: str = "receive"
    given: Any = None


def read(name: str) -> list[Json]:
    """A script of `demo_data/`."""
    found: list[Json] = json.loads((DATA / name).read_text("utf-8"))
    return found


def span(text: str) -> timedelta:
    """A span such as `13d 23h 59m 15s`."""
    return timedelta(**{_UNITS[unit]: int(number) for number, unit in _SPAN.findall(text)})


def events(script: Sequence[Json], origin: datetime) -> list[Event]:
    """What happens in a script, in order of time, with all its spans before an instant."""

    def each() -> Iterator[Event]:
        for index, one in enumerate(script):
            yield Event(origin - span(one["received"]), index)
            for then in one["then"]:
                yield Event(origin - span(then["ago"]), index, then["by"], then["do"], then.get("with"))

    return sorted(each(), key=lambda event: (event.at, event.referral))


def record(one: Json, received: datetime, origin: datetime) -> Json:
    """A referral of a script as the Referrals API has it."""
    first, last, email, phone, title = one["contact"]
    came = stamp(received)
    status, substatus = one.get("standing", ("New", "Received"))
    name = one["company"] + one["city"] + one["received"]
    found: Json = {
        "id": _guid(f"referral {name}"),
        "engagementId": _guid(one.get("engagement", f"engagement {name}")),
        "organizationName": "Nordlicht Cloud GmbH",
        "createdDateTime": came,
        "updatedDateTime": came,
        "expirationDateTime": _expiry(one, received, origin),
        "status": status,
        "substatus": substatus,
        "qualification": _QUALIFICATIONS[one["channel"]],
        "type": "Independent",
        "direction": "Incoming",
        "target": [{"type": "BusinessProfileLocation", "id": _LOCATION}],
        "customerProfile": {
            "name": one["company"],
            "size": one["size"],
            "address": {
                "addressLine1": one["address"],
                "city": one["city"],
                "postalCode": one["postal"],
                "country": one["country"],
                "region": one["region"],
            },
            "team": [{"firstName": first, "lastName": last, "email": email, "phoneNumber": phone, "title": title}],
            "ids": [{"profileType": "Duns", "id": one["duns"]}] if "duns" in one else [],
        },
        "details": {
            "notes": one["need"],
            "customerRequestedContact": one.get("flame"),
            "requirements": {
                "industries": [{"id": one["industry"]}],
                "products": [{"id": product} for product in one["products"]],
                "services": [{"id": service} for service in one["services"]],
                "solutions": [{"id": one["solution"][0], "name": one["solution"][1], "type": "Category"}],
            },
        },
        "inviteContext": {"invitedBy": {"organizationId": "msft", "organizationName": "Microsoft"}},
    }
    if "deal" in one:
        found["details"] |= {"dealName": one["deal"]}
    return found


def _expiry(one: Json, received: datetime, origin: datetime) -> str | None:
    """The stated expiry: two weeks from receipt unless told otherwise; None leaves it to the desk to estimate."""
    stated = one.get("expires", "")
    if stated is None:
        return None
    return stamp(origin + span(stated) if stated else received + _ALLOTTED)


def stamp(instant: datetime) -> str:
    """An instant as the Referrals API writes it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def _guid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"refterm demo {name}"))


def numbered(scripts: Iterable[Sequence[Json]]) -> Iterator[tuple[int, Sequence[Json]]]:
    """Scripts, each with the number of its first referral."""
    first = 1
    for script in scripts:
        yield first, script
        first += len(script)
