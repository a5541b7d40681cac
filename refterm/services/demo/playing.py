"""The demo's script played through the real services. Apart from it, so that an opening need not load all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.domain.history import Actor
from refterm.services.background.expiry import expire_due
from refterm.services.demo.script import Json, events, record
from refterm.services.importing import Importer
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace

Step = Callable[[Workplace, int, Any], object]

STEPS: dict[str, Step] = {
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


def play(desk: Workplace, clock: SettableClock, script: Sequence[Json], origin: datetime, first: int) -> None:
    """Let a script happen.

    Args:
        desk: the desk, as the program itself.
        clock: the desk's clock; it is moved along, and back to where the script begins.
        script: the referrals.
        origin: the instant before which everything is dated.
        first: the number that the first referral gets; they are numbered as they come in.
    """
    importer = Importer(desk)
    numbers: dict[int, int] = {}
    for event in events(script, origin):
        clock.set(event.at)
        expire_due(desk)
        if event.by is None:
            receive(importer, record(script[event.referral], event.at, origin))
            numbers[event.referral] = first + len(numbers)
        else:
            do(desk, event.by, event.deed, numbers[event.referral], event.given)


def receive(importer: Importer, *records: Json) -> None:
    """Bring referrals in."""
    summary = importer.run(BytesIO(json.dumps(records).encode()), name="demo.json")
    assert summary.new == len(records), summary


def do(desk: Workplace, person: str, deed: str, number: int, given: Any = None) -> object:
    """Let somebody of the script do something.

    Raises:
        RefTermError: when it cannot be done any more, because the presenter was quicker.
    """
    return STEPS[deed](replace(desk, actor=Actor(person, person)), number, given)
