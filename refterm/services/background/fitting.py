"""Scores of new referrals (I7): from their profiles, and from what became of the latest that were decided."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace

from refterm.domain.deadline import as_of
from refterm.domain.fit import Fit, Knowledge, features, score
from refterm.domain.profile import Profile
from refterm.domain.referral import Referral, Status
from refterm.services.workplace import Workplace
from refterm.store import history, profiles, queries
from refterm.store.connection import Connection
from refterm.store.full_referrals import Whole
from refterm.store.opening import open_database

# The newest ones of each kind; a million more would say nothing else, and would take seconds to read.
MOST = 1000
# Of one reading and one writing.
BATCH = 500


class Fitting:
    """The data that scores are worked out from; read again after anybody wrote."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._knowledge: Knowledge | None = None
        self._profiles: dict[str, Profile] = {}
        self._token = -1

    def refresh(self) -> None:
        """Take in what was decided since, so that it counts at once; asking costs next to nothing where nothing was."""
        with self._workplace.database.reading() as connection:
            token = history.last_number(connection)
            if self._knowledge is None or token != self._token:
                self._token = token
                self._knowledge = _knowledge(connection)
                self._profiles = {one.name: one for one in profiles.read_all(connection)}

    def of(self, referral: Referral) -> Fit | None:
        """How well a referral fits, by what was known at the last `refresh`; None for one that is decided."""
        if referral.status is not Status.NEW:
            return None
        if self._knowledge is None:
            self.refresh()
        assert self._knowledge is not None
        return score(referral, self._profiles.get(referral.profile or ""), self._knowledge)

    def apart(self, numbers: Sequence[int]) -> dict[int, Fit]:
        """The scores of some referrals, for a thread: on a connection of its own, for the desk's serves the keys."""
        workplace = self._workplace
        with closing(open_database(workplace.database.location, read_only=True)) as database:
            own = Fitting(replace(workplace, database=database))
            own._knowledge, own._profiles, own._token = self._knowledge, self._profiles, self._token
            own.refresh()
            found = [referral for referral, _same in Whole(database, 0).read(numbers)]
            fits = {one.id: fit for one in found if (fit := own.of(as_of(one, workplace.now())))}
            self._knowledge, self._profiles, self._token = own._knowledge, own._profiles, own._token
        return fits


def store_scores(workplace: Workplace, go_on: Callable[[], bool] = lambda: True) -> int:
    """Keep the scores of the new referrals, for the order `fit`; like counters, they are derived and have no history.

    Args:
        workplace: whose referrals they are.
        go_on: asked before each referral; it may wait. Once it says no, nothing more is done.

    Returns:
        How many changed.
    """
    if workplace.looks_only:
        return 0
    changed = last = 0
    # Read on a connection of its own, as this is done in a thread beside the desk's.
    with closing(open_database(workplace.database.location, read_only=True)) as database:
        fitting = Fitting(replace(workplace, database=database))
        fitting.refresh()
        while True:
            with database.reading() as connection:
                numbers = queries.new_after(connection, last, BATCH)
            wanted = []
            for one, _same in Whole(database, 0).read(numbers):
                if not go_on():
                    return changed
                fit = fitting.of(one)
                points = fit.score if fit else None
                if points != one.fit:
                    wanted.append((points, one.id))
            if wanted:
                with workplace.database.writing() as connection:
                    queries.keep_scores(connection, wanted)
            changed += len(wanted)
            if len(numbers) < BATCH:
                return changed
            last = numbers[-1]


def _knowledge(connection: Connection) -> Knowledge:
    known = Knowledge()
    for row in queries.decided(connection, MOST):
        own = features(
            json.loads(row["solutions"]), json.loads(row["products"]), row["industry"], row["size"], row["country"]
        )
        known.learn(own, status=row["status"], outcome=row["outcome"])
    return known
