"""The demo's future: what comes in and what colleagues do, on the demo's clock, through the services.

Nothing happens in the first two minutes, so that a presenter can begin. Then there is a fixed beginning: a colleague
takes a referral, has a form open, decides what the presenter is deciding, gives one away; a value changes here and in
Partner Center at once, and a customer says more; after it referrals come in at the pace of a working day and colleagues
answer some of them. What comes in comes from the demo's own Partner Center, by the sync.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from refterm.services.demo import script
from refterm.services.demo.past import PEOPLE, customer
from refterm.services.demo.script import Json

DAYS = 15
_FIRST_HOUR, _LAST_HOUR = 7, 18
_MINUTE = timedelta(minutes=1)


class Planned(NamedTuple):
    """Something that will happen.

    Attributes:
        what: `receive`, `there` (a field changes in Partner Center), `both` (it changes there, and a colleague changes
            it here), `form` (a colleague opens one), `decide` (what the presenter has a form open on), `assign`, or a
            step of the script.
        source_id: which referral; None where it comes in, or where the presenter's form says it.
        record: what comes in.
        there: what changes in Partner Center, by path.
    """

    at: datetime
    what: str
    by: str = "refterm"
    source_id: str | None = None
    given: Any = None
    record: Json | None = None
    there: Json | None = None


def story(seed: int, start: datetime, present: Sequence[Json], language: str, *, live: bool = False) -> list[Planned]:
    """All that will happen, in order of time.

    Args:
        seed: the same seed gives the same story.
        start: the demo's first instant.
        present: the script of the Inbox, for the referrals that have a role.
        language: of what comes in at first.
        live: let the beginning happen within the first minutes.
    """
    dice = Random(f"{seed} story")  # noqa: S311 - invented data
    roles = {
        one["role"]: script.record(one, start - script.span(one["received"]), start)
        for one in (*present, *script.read("past.json"))
        if "role" in one
    }
    ids = {role: one["id"] for role, one in roles.items()}
    later = next(one["later"] for one in present if "later" in one)
    scale = 0.2 if live else 1.0

    def at(minutes: float) -> datetime:
        return start + _MINUTE * minutes * scale

    words = script.read("words.json")[0]
    newcomers = _Newcomers(dice, words, language)
    found = [
        Planned(at(3), "take", "mei", ids["taken"]),
        Planned(at(5.5), "receive", record=newcomers.record(at(5.5), home=True, flame=True)),
        Planned(at(8), "form", "luis", ids["rival"], "accept"),
        Planned(at(11), "decide", "luis", ids["rival"], {"reason": "requirement"}),
        Planned(at(14), "assign", "tom", ids["mine"]),
        Planned(at(17), "both", "luis", ids["both"], {"value": "29500"}, there={"details/dealValue": "26400"}),
        Planned(at(20), "receive", record=newcomers.record(at(20), home=True)),
        Planned(
            at(28),
            "there",
            source_id=ids["changed"],
            there={"details/notes": roles["changed"]["details"]["notes"] + later},
        ),
    ]
    moment = start + timedelta(hours=1)
    while (moment := _next_work(moment + _MINUTE * dice.uniform(35, 110))) < start + timedelta(days=DAYS):
        came = newcomers.record(moment, home=dice.random() < 0.5, flame=dice.random() < 0.15)
        found.append(Planned(moment, "receive", record=came))
        if dice.random() < 0.6:
            answered = moment + _MINUTE * dice.uniform(40, 400)
            person = dice.choice(PEOPLE[1:])
            if dice.random() < 0.55:
                found.append(Planned(answered, "decline", person, came["id"], {"reason": "budget"}))
            else:
                found.append(Planned(answered, "accept", person, came["id"], newcomers.deal(came)))
    return sorted(found, key=lambda one: one.at)


class _Newcomers:
    """Makes referrals that nobody has seen yet."""

    def __init__(self, dice: Random, words: Json, language: str) -> None:
        self._dice = dice
        self._words = words
        self._language = language
        self._names: set[str] = set()

    def record(self, at: datetime, *, home: bool, flame: bool = False) -> Json:
        """One that comes in at an instant; `home` ones are in the language of the desk."""
        places = (
            [one for one in self._words["places"] if one["language"] == self._language]
            if home
            else self._words["places"]
        )
        place = self._dice.choices(places, [one["often"] for one in places])[0]
        offers = self._words["offers"]
        offer = self._dice.choices(offers, [one["often"] for one in offers])[0]
        one = customer(self._dice, place, offer, self._names) | {
            "received": f"+{len(self._names)}",
            "channel": "search",
        }
        if flame:
            one["flame"] = True
        return script.record(one, at, at)

    def deal(self, came: Json) -> Json:
        """What a colleague types to accept it."""
        solution = came["details"]["requirements"]["solutions"][0]["name"]
        return {
            "name": f"{came['customerProfile']['name']} - {solution}",
            "value": str(self._dice.randrange(4000, 40000, 500)),
            "currency": "GBP" if came["customerProfile"]["address"]["country"] == "GB" else "EUR",
            "timeframe": "12 weeks",
            "notes": came["details"]["notes"],
        }


def _next_work(moment: datetime) -> datetime:
    """The instant itself in working hours, else shortly after the next day of work begins."""
    while moment.weekday() > 4 or not _FIRST_HOUR <= moment.hour < _LAST_HOUR:
        later = moment if moment.hour < _FIRST_HOUR and moment.weekday() <= 4 else moment + timedelta(days=1)
        moment = later.replace(hour=_FIRST_HOUR, minute=moment.minute)
    return moment
