"""The demo: a throw-away desk of invented referrals, filled through the real services (`refterm demo`).

The script is `demo_data/referrals.json`: each referral with how long ago it came in, and what ana, luis, mei
and tom did about it since. It is played back in order of time on a clock that is moved along, so that history, marks
and deadlines are what they would be had it really happened. The same clock gives the same desk.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import FrameType
from typing import Any

from refterm.clock import Clock, SettableClock
from refterm.domain.deadline import Deadlines
from refterm.domain.decisions import Context
from refterm.domain.history import DESK, Actor
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.services.background.expiry import expire_due
from refterm.services.importing import Importer
from refterm.services.marks import Marks
from refterm.services.profiles import Profiles
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store import outbox
from refterm.store.opening import open_database

Json = dict[str, Any]
Step = Callable[[Workplace, int, Any], object]

SCRIPT = Path(__file__).parent.parent / "demo_data" / "referrals.json"
_SPAN = re.compile(r"(\d+)([dhms])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_ALLOTTED = timedelta(days=14)
_LOCATION = "01e2abcd-52b0-4af3-a3ae-1fd1530b3563"
_QUALIFICATIONS = {"search": "Direct", "marketing": "MarketingQualified", "sales": "SalesQualified", "partner": "None"}

# Where the demo's company does business; customers of other countries have no active profile (P2).
_PROFILES: tuple[dict[str, str], ...] = (
    {
        "name": "DACH",
        "region": "DACH",
        "country": "DE, AT, CH",
        "location": "Kiel;;Ana Petersen;ana@nordlicht.example;+49 431 0000001",
        "keywords": "Postfächer, Teams, Sicherheit",
        "size": "10-1000",
        "currency": "EUR",
    },
    {
        "name": "Iberia",
        "region": "Iberia",
        "country": "ES, PT",
        "location": "Madrid;;Luis Ortega;luis@nordlicht.example;+34 910 000001",
        "size": "10-1000",
        "currency": "EUR",
    },
    {
        "name": "North",
        "region": "Northern Europe",
        "country": "GB, IE, NL, SE, NO, FI",
        "location": "London;;Tom Barker;tom@nordlicht.example;+44 20 0000001",
        "size": "50-",
        "currency": "GBP",
    },
)

_STEPS: dict[str, Step] = {
    "accept": lambda desk, one, given: Triage(desk).accept(one, given, Context(desk.today())),
    "decline": lambda desk, one, given: Triage(desk).decline([one], given),
    "edit": lambda desk, one, given: Triage(desk).edit(one, given, Context(desk.today())),
    "contact": lambda desk, one, given: Triage(desk).add_contact(one, given),
    "won": lambda desk, one, given: Triage(desk).won(one, given, Context(desk.today())),
    "lost": lambda desk, one, given: Triage(desk).lost(one, given),
    "undo": lambda desk, one, _given: Triage(desk).undo([one]),
    "take": lambda desk, one, _given: Marks(desk).take(one),
    "contacted": lambda desk, one, given: Marks(desk).contacted(one, given),
    "favorite": lambda desk, one, _given: Marks(desk).favorite(one),
    "skip": lambda desk, one, given: Marks(desk).skip(one, given),
    "note": lambda desk, one, given: Marks(desk).note(one, given),
}


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that happened to one of the told referrals."""

    at: datetime
    referral: int
    by: str | None = None
    deed: str = "receive"
    given: Any = None


@contextmanager
def throwaway(clock: Clock) -> Iterator[Path]:
    """A demo desk in a folder for temporary files; it is removed when the block ends, also by SIGTERM and SIGHUP.

    Raises:
        RefTermError: when there is no room for temporary files.
    """
    with _ending_on_signals():
        try:
            folder = Path(tempfile.mkdtemp(prefix="refterm-demo-"))
        except OSError as error:
            raise RefTermError(
                _("the demo needs a folder for temporary files ({error}); name one in TMPDIR").format(
                    error=error.strerror
                )
            ) from error
        try:
            yield build(folder, clock)
        finally:
            # A terminal that closes sends more than one signal; the second must not stop the tidying up.
            with _handling(signal.SIG_IGN, [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]):
                shutil.rmtree(folder, ignore_errors=True)


def build(folder: Path, clock: Clock) -> Path:
    """Make the demo's database.

    Args:
        folder: an empty folder; nothing is written elsewhere.
        clock: tells the instant from which everything is dated back.

    Returns:
        The SQLite file.
    """
    now = clock.now()
    path = folder / "desk.db"
    played = SettableClock(now)
    # The customers of what came from Microsoft are Microsoft's to tell: no notices.
    desk = Workplace(open_database(path), played, DESK, Deadlines(), zone=UTC, tell_customers=False)
    try:
        _play(desk, played, json.loads(SCRIPT.read_text("utf-8")), now)
    finally:
        desk.close()
    return path


def _play(desk: Workplace, clock: SettableClock, script: list[Json], now: datetime) -> None:
    importer = Importer(desk)
    numbers: dict[int, int] = {}
    events = sorted(_events(script, now), key=lambda event: (event.at, event.referral))
    clock.set(events[0].at)
    for profile in _PROFILES:
        Profiles(replace(desk, actor=Actor("ana", "ana"))).add(profile)
    for event in events:
        clock.set(event.at)
        expire_due(desk)
        if event.by is None:
            summary = importer.run(BytesIO(json.dumps(_record(event, script, now)).encode()), name=SCRIPT.name)
            assert summary.new == 1, script[event.referral]["company"]
            numbers[event.referral] = len(numbers) + 1
        else:
            person = replace(desk, actor=Actor(event.by, event.by))
            _STEPS[event.deed](person, numbers[event.referral], event.given)
    clock.set(now)
    expire_due(desk)
    # Its contacts are invented, too: nothing is owed to them.
    with desk.database.writing() as connection:
        outbox.clear(connection)


def _events(script: list[Json], now: datetime) -> Iterator[_Event]:
    for index, one in enumerate(script):
        yield _Event(now - _span(one["received"]), index)
        for then in one["then"]:
            yield _Event(now - _span(then["ago"]), index, then["by"], then["do"], then.get("with"))


def _span(text: str) -> timedelta:
    """A span such as `13d 23h 59m 15s`."""
    return timedelta(**{_UNITS[unit]: int(number) for number, unit in _SPAN.findall(text)})


def _record(event: _Event, script: list[Json], now: datetime) -> Json:
    """A referral of the script as the Referrals API has it."""
    one = script[event.referral]
    first, last, email, phone, title = one["contact"]
    received = _stamp(event.at)
    return {
        "id": _guid(f"referral {event.referral}"),
        "engagementId": _guid(one.get("engagement", f"engagement {event.referral}")),
        "organizationName": "Nordlicht Cloud GmbH",
        "createdDateTime": received,
        "updatedDateTime": received,
        "expirationDateTime": _expiry(one, event.at, now),
        "status": "New",
        "substatus": "Received",
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


def _expiry(one: Json, received: datetime, now: datetime) -> str | None:
    """The stated expiry: two weeks from receipt unless told otherwise; None leaves it to the desk to estimate."""
    stated = one.get("expires", "")
    if stated is None:
        return None
    return _stamp(now + _span(stated) if stated else received + _ALLOTTED)


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def _guid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"refterm demo {name}"))


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block like an error does, so that it can tidy up; the desk has its own handlers.

    Only where they would otherwise kill the process: what is ignored, as under nohup, stays ignored.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    deadly = [
        number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.Handlers.SIG_DFL
    ]
    with _handling(end, deadly):
        yield


@contextmanager
def _handling(
    handler: Callable[[int, FrameType | None], None] | signal.Handlers, numbers: list[signal.Signals]
) -> Iterator[None]:
    """Handle signals so within the block. Outside the main thread, which alone can, nothing changes."""
    try:
        kept = {number: signal.signal(number, handler) for number in numbers}
    except ValueError:
        kept = {}
    try:
        yield
    finally:
        for number, before in kept.items():
            signal.signal(number, before)
