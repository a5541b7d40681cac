"""The demo's past: twelve months of decided referrals whose figures get better, so that Insights has something to show.

Made from words and a seed: the same seed gives the same past. Answers become quicker (the median falls from 19 to 6
hours), fewer referrals expire, what is answered quickly is won more often, and each kind of finding has its cases.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from refterm.services.demo import script
from refterm.services.demo.script import Json

DAYS, NEWEST = 362, 3
COUNT = 155
ALLOTTED_DAYS = 15  # and one to spare: what nobody answers of the past has expired, and none of it stands in the Inbox
STUBBORN = 6  # of each of the two kinds that are only ever declined
# At the beginning and at the end of the year: median hours to an answer, the share that nobody answers, and so on.
HOURS = (19.0, 6.0)
UNANSWERED = (0.2, 0.05)
WON = (0.5, 0.8)  # of what was answered within a day
WANTED = (0.55, 1.5)  # of what is accepted of an offer
SPREAD = (1.3, 0.8)  # of the logarithm of the hours
PEOPLE = ("ana", "luis", "mei", "tom")
_DAY_BEGINS, _DAY_ENDS = 7.0, 17.0


def generated(seed: int) -> list[Json]:
    """A script of the past, with its spans before midnight UTC of the demo's first day."""
    words, dice = script.read("words.json"), Random(seed)  # noqa: S311 - invented data
    places: list[Json] = words[0]["places"]
    offers: list[Json] = words[0]["offers"]
    names: set[str] = set()
    made = []
    for index in range(COUNT):
        # A little more each month: the power bends the even steps towards the present.
        progress = ((index + 0.5) / COUNT) ** 0.8
        ago = NEWEST + (DAYS - NEWEST) * (1 - progress)
        place = dice.choices(places, [one["often"] for one in places])[0]
        offer = dice.choices(offers, [one["often"] for one in offers])[0]
        made.append(_referral(dice, progress, ago, place, offer, names))
    return [*made, *_stubborn(dice, words[0], names)]


def _referral(dice: Random, progress: float, ago: float, place: Json, offer: Json, names: set[str]) -> Json:
    received = _at_work(dice, ago)
    one = customer(dice, place, offer, names) | {"received": _text(received), "then": []}
    one["channel"] = dice.choices(("search", "marketing", "sales", "partner"), (56, 18, 16, 10))[0]
    if dice.random() < 0.18:
        one["flame"] = True
    if dice.random() < _between(UNANSWERED, progress) and ago > ALLOTTED_DAYS:
        return one
    hours = min(math.exp(math.log(_between(HOURS, progress)) + _between(SPREAD, progress) * dice.gauss(0, 1)), 300.0)
    answered = received - timedelta(hours=max(hours, 0.2))
    if answered < timedelta(minutes=30):
        answered = timedelta(minutes=30)
    person = dice.choice(PEOPLE)
    if dice.random() > offer["wanted"] * _between(WANTED, progress):
        reason = dice.choices(("budget", "requirement", "not-a-customer", "timeline"), (62, 18, 12, 8))[0]
        one["then"].append(_step(answered, person, "decline", {"reason": reason}))
        return one
    value = round(offer["value"] * dice.uniform(0.6, 1.7), -2)
    deal = {
        "name": f"{one['company']} - {one['solution'][1]}",
        "value": str(int(value)),
        "currency": place["currency"],
        "timeframe": f"{dice.choice((6, 8, 10, 12, 16))} weeks",
        "notes": one["need"],
    }
    one["then"].append(_step(answered, person, "accept", deal))
    closed = answered - timedelta(days=dice.uniform(6, 40))
    if closed < timedelta(hours=1):
        return one  # still worked on
    if dice.random() < (_between(WON, progress) if hours <= 24 else 0.34):
        one["then"].append(_step(closed, person, "won", {}))
    elif dice.random() < 0.93:
        lost = {"reason": dice.choice(("other-vendor", "budget", "no-response"))}
        one["then"].append(_step(closed, person, "lost", lost))
    return one


def _stubborn(dice: Random, words: Json, names: set[str]) -> Iterator[Json]:
    """What only ever is declined: the cases of the findings about a profile's keyword and its sizes (G4)."""
    for place_name, kind in (("Iberia", "printers"), ("DACH", "tiny")):
        place = next(one for one in words["places"] if one["profile"] == place_name)
        offer = words[kind]
        for _number in range(STUBBORN):
            received = _at_work(dice, dice.uniform(10, 85))
            one = customer(dice, place, offer, names) | {"received": _text(received), "channel": "search"}
            one["size"] = offer["size"]
            answered = received - timedelta(hours=dice.uniform(1, 9))
            one["then"] = [_step(answered, dice.choice(PEOPLE), "decline", {"reason": "budget"})]
            yield one


def customer(dice: Random, place: Json, offer: Json, names: set[str]) -> Json:
    """A customer with a need, whose name is not among `names` yet; it is added there."""
    while (company := f"{dice.choice(place['first'])} {dice.choice(place['second'])} {place['form']}") in names:
        pass
    names.add(company)
    city, region, postal = dice.choice(place["cities"])
    first, last = dice.choice(place["people"])
    seats = dice.choice((12, 18, 25, 40, 60, 80, 120, 210, 340))
    domain = "".join(letter for letter in company.lower() if letter.isascii() and letter.isalnum())
    return {
        "company": company,
        "industry": dice.choice(offer["industries"]),
        "size": _size(seats),
        "city": city,
        "region": region,
        "postal": postal,
        "country": place["country"],
        "address": place["street"].format(n=dice.randint(1, 90)),
        "contact": [first, last, f"info@{domain}.example", place["phone"].format(n=dice.randint(100, 999)), None],
        "need": offer[place["language"]].format(n=seats),
        "products": offer["products"],
        "services": offer["services"],
        "solution": offer["solution"],
    }


def _size(seats: int) -> str:
    return "10to50employees" if seats < 40 else "51to250employees" if seats < 120 else "251to1000employees"


def _at_work(dice: Random, days: float) -> timedelta:
    """An instant about so many days before midnight, in the hours in which people write."""
    return timedelta(days=math.ceil(days)) - timedelta(minutes=round(60 * dice.uniform(_DAY_BEGINS, _DAY_ENDS)))


def _step(ago: timedelta, by: str, do: str, given: Any) -> Json:
    return {"ago": _text(ago), "by": by, "do": do, "with": given}


def _text(ago: timedelta) -> str:
    return f"{ago.days}d {ago.seconds}s"


def _between(ends: Sequence[float], progress: float) -> float:
    return float(ends[0] * (ends[1] / ends[0]) ** progress)
