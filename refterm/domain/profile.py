"""Business profiles: one for each country or region in which the company does business (P1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from refterm.domain import money
from refterm.domain.decisions import optional, read_email, required
from refterm.errors import InvalidInputError
from refterm.i18n import _, import_babel
from refterm.text import LONGEST_KEY, clean_line

# What CLDR names beside the countries: parts of others, unions, and codes for tests and for "unknown".
_NO_COUNTRIES = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())
MOST_LOCATIONS = 5
# Fields of several texts.
LISTS = ("keywords", "industries", "products", "services", "solutions")
Typed = Mapping[str, str | Sequence[str]]


class ProfileContact(NamedTuple):
    """A person who gets notices of new referrals. Without an address the person gets none, which is a finding (G4)."""

    name: str
    email: str = ""
    phone: str = ""


class Location(NamedTuple):
    """A place of the company.

    Attributes:
        target_id: what a referral's `target` names; empty where the place has none.
    """

    city: str
    target_id: str
    contacts: tuple[ProfileContact, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A business profile.

    Attributes:
        countries: two letters each.
        size_min: the smallest number of employees wanted; None for any.
        size_max: the largest; None for any.
        version: counts the changes.
    """

    name: str
    region: str
    countries: tuple[str, ...]
    locations: tuple[Location, ...]
    description: str | None = None
    keywords: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    solutions: tuple[str, ...] = ()
    size_min: int | None = None
    size_max: int | None = None
    currency: str | None = None
    active: bool = True
    id: int = field(default=0, compare=False)
    version: int = field(default=1, compare=False)


def read_profile(typed: Typed) -> Profile:
    """A profile from texts: name, region, country (several), location (several, `City;ID;CONTACT;e-mail;phone`), description,
    keywords, industries, products, services, solutions (several each), size (`MIN-MAX`), currency, active (`yes` or `no`).

    Raises:
        InvalidInputError: with a sentence for every bad field.
    """
    errors: dict[str, str] = {}

    def text(name: str) -> str:
        value = typed.get(name, "")
        return value if isinstance(value, str) else "; ".join(value)

    def several(name: str) -> list[str]:
        value = typed.get(name, ())
        parts = value.replace("\n", ",").split(",") if isinstance(value, str) else value
        return list(dict.fromkeys(kept for part in parts if (kept := optional(part))))

    def noted(name: str, sentence: str) -> str:
        try:
            return required(text(name), name, sentence)
        except InvalidInputError as error:
            errors.update(error.fields)
            return ""

    name = noted("name", _("a profile needs a name"))
    if len(name) > LONGEST_KEY:
        errors["name"] = _("the name is longer than {n} characters").format(n=LONGEST_KEY)
    region = noted("region", _("a profile needs a region, such as DACH"))
    countries = tuple(part.upper() for part in several("country"))
    if not countries:
        errors["country"] = _("a profile needs at least one country, such as DE")
    elif wrong := next((part for part in countries if part not in known_countries()), None):
        errors["country"] = _("{text} is no country: two letters of ISO 3166, such as {code}").format(
            text=wrong[:20], code=_country_meant(wrong)
        )
    locations: tuple[Location, ...] = ()
    try:
        locations = read_locations(typed.get("location", ""))
    except InvalidInputError as error:
        errors.update(error.fields)
    smallest, largest = None, None
    try:
        smallest, largest = read_size(text("size"))
    except InvalidInputError as error:
        errors.update(error.fields)
    currency = None
    if text("currency").strip():
        try:
            currency = money.parse_currency(text("currency"))
        except InvalidInputError as error:
            errors.update(error.fields)
    if errors:
        raise InvalidInputError(errors)
    return Profile(
        name,
        region,
        countries,
        locations,
        optional(text("description")),
        keywords=tuple(several("keywords")),
        industries=tuple(several("industries")),
        products=tuple(several("products")),
        services=tuple(several("services")),
        solutions=tuple(several("solutions")),
        size_min=smallest,
        size_max=largest,
        currency=currency,
        active=text("active").strip().casefold() not in ("no", "n", "false", "0"),
    )


@lru_cache(maxsize=1)
def known_countries() -> frozenset[str]:
    """The countries of ISO 3166, by their codes of two letters, and Kosovo, which has none yet (P1)."""
    import_babel()
    from babel import Locale

    codes = {code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()}
    return frozenset(codes - _NO_COUNTRIES)


def _country_meant(text: str) -> str:
    """The code of today for one of yesterday or of everyday use, such as GB for UK; else an example."""
    import_babel()
    from babel.core import get_global

    found: list[str] = get_global("territory_aliases").get(text, [])
    return found[0] if len(found) == 1 else "DE"


def read_locations(typed: str | Sequence[str]) -> tuple[Location, ...]:
    """Locations, `City;ID;CONTACT;e-mail;phone` each, one a line; the same city and ID again adds a contact (P1).

    Raises:
        InvalidInputError: under the name `location`.
    """
    lines = typed.splitlines() if isinstance(typed, str) else list(typed)
    found: dict[tuple[str, str], list[ProfileContact]] = {}
    cities: dict[str, str] = {}
    for line in lines:
        if not line.strip():
            continue
        city, target, name, email, phone, *rest = [*(clean_line(part).strip() for part in line.split(";")), *[""] * 5]
        if any(rest) or not city:
            raise InvalidInputError(
                {"location": _("{text}: write a location as City;ID;CONTACT;e-mail;phone").format(text=line[:40])}
            )
        try:
            email = read_email(email)
        except InvalidInputError as error:
            raise InvalidInputError({"location": error.fields["email"]}) from error
        if target and cities.setdefault(target, city) != city:
            city = cities[target]  # the same ID again adds a contact to it
        people = found.setdefault((city, target), [])
        if name or email or phone:
            people.append(ProfileContact(name or email, email, phone))
    if not found:
        raise InvalidInputError(
            {"location": _("a profile needs at least one location, as City;ID;CONTACT;e-mail;phone")}
        )
    if len(found) > MOST_LOCATIONS:
        raise InvalidInputError({"location": _("a profile has at most {n} locations").format(n=MOST_LOCATIONS)})
    return tuple(Location(city, target, tuple(people)) for (city, target), people in found.items())


def read_size(text: str) -> tuple[int | None, int | None]:
    """`51-250`, `51-`, `-250`, or nothing for any size.

    Raises:
        InvalidInputError: under the name `size`.
    """
    kept = text.replace(" ", "").replace("\N{EN DASH}", "-")
    if not kept:
        return None, None
    low, dash, high = kept.partition("-")
    if not dash or kept == "-" or not all(re.fullmatch("[0-9]{0,9}", part) for part in (low, high)):
        raise InvalidInputError({"size": _("write sizes as MIN-MAX, such as 51-250")})
    smallest, largest = int(low) if low else None, int(high) if high else None
    if smallest is not None and largest is not None and smallest > largest:
        raise InvalidInputError({"size": _("the smallest size is larger than the largest")})
    return smallest, largest


def size_text(profile: Profile) -> str:
    """The sizes wanted, as they are typed."""
    if profile.size_min is None and profile.size_max is None:
        return ""
    return (
        f"{'' if profile.size_min is None else profile.size_min}-{'' if profile.size_max is None else profile.size_max}"
    )


def location_lines(profile: Profile) -> list[str]:
    """The locations, as they are typed: one line a contact."""
    return [
        ";".join((place.city, place.target_id, person.name, person.email, person.phone)).rstrip(";")
        for place in profile.locations
        for person in place.contacts or (ProfileContact(""),)
    ]


def typed_of(profile: Profile) -> dict[str, str]:
    """A profile as the texts of its form."""
    return {
        "name": profile.name,
        "region": profile.region,
        "country": ", ".join(profile.countries),
        "location": "\n".join(location_lines(profile)),
        "description": profile.description or "",
        **{name: ", ".join(getattr(profile, name)) for name in LISTS},
        "size": size_text(profile),
        "currency": profile.currency or "",
        "active": "yes" if profile.active else "no",
    }
