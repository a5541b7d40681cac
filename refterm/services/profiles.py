"""Business profiles: kept by admins, each change one transaction with its history; and routing (P1, P2, P5)."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from refterm.domain.history import DESK, Action, Notice
from refterm.domain.profile import LISTS, Location, Profile, Typed, read_profile, size_text, typed_of
from refterm.domain.routing import route
from refterm.errors import ConflictError, InvalidInputError, NotFoundError, WrongStateError
from refterm.i18n import _, ngettext
from refterm.services.background import referral_notices
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, updates
from refterm.store import profiles as store
from refterm.store.connection import Connection
from refterm.text import fold

BATCH = 200


class Profiles:
    """The profiles of a desk."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    def all(self) -> list[Profile]:
        """Every profile, by name."""
        with self.workplace.database.reading() as connection:
            return store.read_all(connection)

    def get(self, name: str) -> Profile:
        """The profile of a name, whatever its case.

        Raises:
            NotFoundError: when there is none.
        """
        return _named(self.all(), name)

    def waiting(self) -> int:
        """How many new referrals have no profile (P2)."""
        with self.workplace.database.reading() as connection:
            return store.count_unrouted(connection, codec.micros(self.workplace.now()))

    def referrals(self, profile: Profile) -> int:
        """How many referrals it has."""
        with self.workplace.database.reading() as connection:
            return store.count_referrals(connection, profile.name)

    def add(self, typed: Typed) -> int:
        """Add a profile, and route the new referrals that waited for one (P5).

        Returns:
            How many referrals were routed.

        Raises:
            InvalidInputError: with a sentence for every bad field.
            NotAllowedError: unless an admin does it.
        """
        self._require()
        profile = read_profile(typed)
        with self.workplace.database.writing() as connection:
            _require_free(store.read_all(connection), profile.name)
            store.insert(connection, profile)
            changes = {name: [None, value] for name, value in _values(profile).items()}
            self._record(connection, changes, Action.PROFILE_ADDED, 1)
        return self.route_waiting()

    def edit(self, name: str, typed: Typed, *, read: Profile | None = None) -> int:
        """Change the fields that are given; each given one replaces the whole field.

        Args:
            name: which profile.
            typed: the texts.
            read: the profile as the person saw it; another version since is refused (T2).

        Returns:
            How many waiting referrals were routed.

        Raises:
            NotFoundError: when there is no such profile.
            InvalidInputError: with a sentence for every bad field.
            ConflictError: when somebody else changed it since.
            NotAllowedError: unless an admin does it.
        """
        self._require()
        with self.workplace.database.writing() as connection:
            every = store.read_all(connection)
            before = _named(every, name)
            if read is not None and read.version != before.version:
                raise ConflictError(
                    _("{name} was changed by somebody else meanwhile; look at it again").format(name=name)
                )
            after = read_profile({**typed_of(before), **typed})
            if fold(after.name) != fold(before.name):
                _require_free(every, after.name)
            if after != before:
                self._write(connection, before, after)
        return self.route_waiting()

    def activate(self, name: str, *, active: bool) -> int:
        """Let a profile take new referrals, or none (P2)."""
        return self.edit(name, {"active": "yes" if active else "no"})

    def remove(self, name: str) -> None:
        """Take a profile out that has no referrals.

        Raises:
            WrongStateError: when it has some; it can be deactivated.
            NotFoundError: when there is no such profile.
            NotAllowedError: unless an admin does it.
        """
        self._require()
        with self.workplace.database.writing() as connection:
            profile = _named(store.read_all(connection), name)
            if count := store.count_referrals(connection, profile.name):
                text = ngettext(
                    "{name} has {n} referral and stays; refterm profile edit {quoted} --inactive deactivates it",
                    "{name} has {n} referrals and stays; refterm profile edit {quoted} --inactive deactivates it",
                    count,
                )
                raise WrongStateError(text.format(name=profile.name, n=count, quoted=shlex.quote(profile.name)))
            store.remove(connection, profile)
            changes = {field: [value, None] for field, value in _values(profile).items()}
            self._record(connection, changes, Action.PROFILE_REMOVED, profile.version)

    def route_waiting(self) -> int:
        """Route the new referrals without a profile, now that one may fit (P5).

        Returns:
            How many were routed.
        """
        workplace, routed, last = self.workplace, 0, 0
        while True:
            now = workplace.now()
            with workplace.database.writing() as connection:
                every = store.read_all(connection)
                waiting = store.unrouted(connection, codec.micros(now), after=last, limit=BATCH)
                changes = []
                for row in waiting:
                    found = routed_to(every, row)
                    if found:
                        after = updates.update(
                            connection, row, {"profile": found[0].name, "changed_at": codec.micros(now)}
                        )
                        notices = tuple(referral_notices.of_new(workplace, after, found[1], now))
                        changes.append(journal.Change(row, after, now, notices))
                journal.record_all(connection, changes, Action.UPDATED, DESK)
            routed += len(changes)
            if len(waiting) < BATCH:
                return routed
            last = waiting[-1]["id"]

    def _require(self) -> None:
        self.workplace.require_writing()
        self.workplace.require("profile")

    def _write(self, connection: Connection, before: Profile, after: Profile) -> None:
        if not store.update(connection, before, after):
            raise ConflictError(
                _("{name} was changed by somebody else meanwhile; look at it again").format(name=before.name)
            )
        if after.name != before.name:
            self._rename(connection, before.name, after.name)
        old, new = _values(before), _values(after)
        changes = {field: [old[field], new[field]] for field in new if field == "name" or old[field] != new[field]}
        self._record(connection, changes, Action.PROFILE_EDITED, before.version + 1)

    def _rename(self, connection: Connection, before: str, after: str) -> None:
        """Let the referrals follow the name of their profile, each with its history entry (T4)."""
        workplace = self.workplace
        now = workplace.now()
        values = {"profile": after, "changed_at": codec.micros(now)}
        # Renamed ones are no longer found.
        while rows := store.referrals_of(connection, before, BATCH):
            changes = [journal.Change(row, updates.update(connection, row, values), now) for row in rows]
            journal.record_all(connection, changes, Action.UPDATED, workplace.actor)

    def _record(
        self, connection: Connection, changes: Mapping[str, Sequence[Any]], action: Action, version: int
    ) -> None:
        workplace = self.workplace
        journal.record_profile(connection, changes, action, workplace.actor, workplace.now(), version)


class Router:
    """Routes what comes in, with the profiles as they are when it is made."""

    def __init__(self, workplace: Workplace, connection: Connection) -> None:
        self._workplace = workplace
        self._profiles = [one for one in store.read_all(connection) if one.active]

    def arrive(self, row: dict[str, Any], now: datetime) -> Sequence[Notice]:
        """Give a new row its profile, unless it came with one; what that owes."""
        if not self._profiles:
            return ()
        found = routed_to(self._profiles, row)
        if row["profile"] is not None:
            found = found if found and found[0].name == row["profile"] else None
        if found is None:
            return ()
        row["profile"] = found[0].name
        return referral_notices.of_new(self._workplace, row, found[1], now)


def routed_to(profiles: Sequence[Profile], row: Mapping[str, Any]) -> tuple[Profile, Location] | None:
    """Where a row of `referral` goes."""
    return route(
        profiles,
        target_id=row["target_id"],
        country=row["country"],
        city=row["city"],
        solutions=json.loads(row["solutions"]),
    )


def profile_object(profile: Profile, referrals: int) -> dict[str, Any]:
    """A profile as JSON."""
    return {
        **_values(profile),
        "size_min": profile.size_min,
        "size_max": profile.size_max,
        "referrals": referrals,
        "version": profile.version,
    }


def _values(profile: Profile) -> dict[str, Any]:
    """The fields as JSON values, as the history keeps them."""
    return {
        "name": profile.name,
        "region": profile.region,
        "countries": list(profile.countries),
        "locations": store.locations(profile),
        "description": profile.description,
        **{name: list(getattr(profile, name)) for name in LISTS},
        "size": size_text(profile) or None,
        "currency": profile.currency,
        "active": profile.active,
    }


def _named(profiles: Sequence[Profile], name: str) -> Profile:
    for one in profiles:
        if fold(one.name) == fold(name):
            return one
    raise NotFoundError(_("there is no profile {name}; see refterm profile list").format(name=name))


def _require_free(profiles: Sequence[Profile], name: str) -> None:
    if any(fold(one.name) == fold(name) for one in profiles):
        raise InvalidInputError({"name": _("there is a profile of that name already")})
