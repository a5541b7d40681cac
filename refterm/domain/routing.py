"""Which profile, and which of its locations, a referral goes to (P5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from refterm.domain.profile import Location, Profile
from refterm.text import fold, identity


def route(
    profiles: Sequence[Profile],
    *,
    target_id: str | None,
    country: str | None,
    city: str | None,
    solutions: Iterable[str],
) -> tuple[Profile, Location] | None:
    """The profile for a referral and the location whose contacts get notices; None if no active profile fits (P2, P5).

    By the location that the referral names; else among the profiles of the customer's country by city, then solution, then
    the profile's name.
    """
    active = sorted((one for one in profiles if one.active), key=lambda one: fold(one.name))
    if target_id:
        named = identity(target_id)
        for profile in active:
            for place in profile.locations:
                if identity(place.target_id) == named:
                    return profile, place
    fitting = [one for one in active if country and country.upper() in one.countries]
    if not fitting:
        return None
    here, wanted = fold(city or ""), {fold(text) for text in solutions}

    def rank(profile: Profile) -> tuple[bool, bool]:
        in_city = bool(here) and any(fold(place.city) == here for place in profile.locations)
        return (not in_city, not wanted & {fold(text) for text in profile.solutions})

    best = min(fitting, key=rank)  # of equals the first by name
    return best, next((place for place in best.locations if here and fold(place.city) == here), best.locations[0])
