"""Business profiles in plain SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from refterm.domain.profile import LISTS, Location, Profile, ProfileContact
from refterm.store import codec
from refterm.store.conditions import WAITING
from refterm.store.connection import Connection, placeholders

Row = Mapping[str, Any]


def read_all(connection: Connection) -> list[Profile]:
    """Every profile, by name."""
    return [_read(row) for row in connection.execute("select * from profile order by name, id")]


def insert(connection: Connection, profile: Profile) -> None:
    """Add a profile."""
    values = _columns(profile) | {"version": profile.version}
    connection.execute(
        f"insert into profile ({', '.join(values)}) values ({placeholders(len(values))})", tuple(values.values())
    )


def update(connection: Connection, before: Profile, after: Profile) -> bool:
    """Put a profile in place of the one that was read; whether nobody else had changed it (T2)."""
    values = _columns(after) | {"version": before.version + 1}
    done = connection.execute(
        f"update profile set {', '.join(f'{name} = ?' for name in values)} where id = ? and version = ?",
        (*values.values(), before.id, before.version),
    )
    return done.rowcount == 1


def remove(connection: Connection, profile: Profile) -> bool:
    """Take a profile out; whether nobody else had changed it."""
    statement = "delete from profile where id = ? and version = ?"
    return connection.execute(statement, (profile.id, profile.version)).rowcount == 1


def referrals_of(connection: Connection, name: str, limit: int) -> list[dict[str, Any]]:
    """Some of the referrals of a profile, whole."""
    query = "select * from referral where profile = ? order by id limit ?"
    return [dict(row) for row in connection.execute(query, (name, limit))]


def count_referrals(connection: Connection, name: str) -> int:
    """How many referrals a profile has."""
    return int(connection.execute("select count(*) from referral where profile = ?", (name,)).fetchone()[0])


def count_unrouted(connection: Connection, now: int) -> int:
    """How many new referrals have no profile (P2)."""
    query = f"select count(*) from referral where profile is null and {WAITING}"
    return int(connection.execute(query, {"now": now}).fetchone()[0])


def unrouted(connection: Connection, now: int, *, after: int, limit: int) -> list[dict[str, Any]]:
    """New referrals without a profile (P2) with a number beyond `after`, the oldest first."""
    query = f"select * from referral where id > :after and profile is null and {WAITING} order by id limit :limit"
    return [dict(row) for row in connection.execute(query, {"after": after, "now": now, "limit": limit})]


def _columns(profile: Profile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "region": profile.region,
        "countries": codec.dump(list(profile.countries)),
        "locations": codec.dump(locations(profile)),
        "description": profile.description,
        **{name: codec.dump(list(getattr(profile, name))) for name in LISTS},
        "size_min": profile.size_min,
        "size_max": profile.size_max,
        "currency": profile.currency,
        "active": int(profile.active),
    }


def locations(profile: Profile) -> list[dict[str, Any]]:
    """The locations as JSON values."""
    return [
        {
            "city": place.city,
            "id": place.target_id or None,
            "contacts": [
                {"name": person.name, "email": person.email or None, "phone": person.phone or None}
                for person in place.contacts
            ],
        }
        for place in profile.locations
    ]


def _read(row: Row) -> Profile:
    return Profile(
        name=row["name"],
        region=row["region"],
        countries=tuple(json.loads(row["countries"])),
        locations=tuple(
            Location(
                place["city"],
                place["id"] or "",
                tuple(
                    ProfileContact(person["name"], person["email"] or "", person["phone"] or "")
                    for person in place["contacts"]
                ),
            )
            for place in json.loads(row["locations"])
        ),
        description=row["description"],
        keywords=tuple(json.loads(row["keywords"])),
        industries=tuple(json.loads(row["industries"])),
        products=tuple(json.loads(row["products"])),
        services=tuple(json.loads(row["services"])),
        solutions=tuple(json.loads(row["solutions"])),
        size_min=row["size_min"],
        size_max=row["size_max"],
        currency=row["currency"],
        active=bool(row["active"]),
        id=row["id"],
        version=row["version"],
    )
