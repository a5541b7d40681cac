"""How the sync stands, for the one status at the desk's edge, and when its next pass is due. It loads no client."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import uuid
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from refterm import paths
from refterm.config import PartnerCenterSettings, Settings
from refterm.domain.when import local_time
from refterm.i18n import _, ngettext
from refterm.services.sync import connecting
from refterm.services.workplace import Workplace
from refterm.store import codec, remote

# passing.py says the same; it is not imported, for it brings the client.
LEASE = timedelta(seconds=90)
# The variable in which a desk hands the lease, and what the pass is for, to its process.
LEASE_OF = "REFTERM_SYNC_LEASE"
# A push that is due starts a pass of its own, but not sooner after the last one.
PUSH_PAUSE = timedelta(seconds=5)


class Standing(NamedTuple):
    """How the sync stands.

    Attributes:
        syncing: how many referrals the pass that runs has received; None while none runs.
        failed: how many changes the service refused.
        waiting: how many are still to be sent.
        problem: `offline`, `signed-out` or `forbidden` at the last try; None where there was none.
        error: the sentence of it.
        completed_at: when a pass last read everything that changed.
        tried_at: when one was last tried.
        paused_until: when the service may be asked again.
        next_push: when the next change is to be sent.
    """

    syncing: int | None
    failed: int
    waiting: int
    problem: str | None
    error: str | None
    completed_at: datetime | None
    tried_at: datetime | None
    paused_until: datetime | None
    next_push: datetime | None


def read(workplace: Workplace) -> Standing:
    """How the sync of a desk stands."""
    with workplace.database.reading() as connection:
        state = remote.state(connection)
        waiting, failed = remote.waiting(connection)
        next_push = remote.next_due(connection)
    runs = state["lease"] is not None and (state["lease_until"] or 0) > codec.micros(workplace.now())
    return Standing(
        syncing=(state["progress"] or 0) if runs else None,
        failed=failed,
        waiting=waiting,
        problem=state["problem"],
        error=state["error"],
        completed_at=codec.instant_or_none(state["completed_at"]),
        tried_at=codec.instant_or_none(state["tried_at"]),
        paused_until=codec.instant_or_none(state["paused_until"]),
        next_push=next_push,
    )


def status(standing: Standing, settings: PartnerCenterSettings, zone: tzinfo | None) -> str:
    """The one status: `syncing 120`, `failed 1`, `signed out`, `offline`, `waiting 3` or `synced 14:02`."""
    if standing.syncing is not None:
        return _("syncing {n}").format(n=standing.syncing)
    if standing.failed:
        return ngettext("failed {n}", "failed {n}", standing.failed).format(n=standing.failed)
    if standing.problem in ("signed-out", "forbidden"):
        return _("signed out")
    if standing.completed_at is None and not connecting.may_be_signed_in(settings):
        return _("signed out")
    if standing.problem == "offline" or standing.completed_at is None:
        return _("offline")
    if standing.waiting:
        return ngettext("waiting {n}", "waiting {n}", standing.waiting).format(n=standing.waiting)
    return _("synced {time}").format(time=local_time(standing.completed_at, zone).strftime("%H:%M"))


def due(standing: Standing, settings: PartnerCenterSettings, now: datetime, jitter: float) -> str | None:
    """Which pass is due: `pull`, `push`, or none.

    Args:
        standing: how the sync stands.
        settings: how often it pulls.
        now: the present instant.
        jitter: between 0 and 1; spreads the desks over a fifth of the interval.
    """
    if standing.syncing is not None or (standing.paused_until is not None and standing.paused_until > now):
        return None
    interval = timedelta(minutes=settings.interval_minutes) * (0.9 + 0.2 * jitter)
    last = standing.tried_at
    if last is None or now - last >= interval:
        return "pull"
    # With a sign-in that is dead every push would only ask again; the next pull tries.
    if standing.problem in ("signed-out", "forbidden") or now - last < PUSH_PAUSE:
        return None
    return "push" if standing.next_push is not None and standing.next_push <= now else None


# The passes that go on; a desk that ends leaves its own to go on.
_started: list[subprocess.Popen[bytes]] = []


def jitter() -> float:
    """Another number between 0 and 1 for each desk."""
    return random.random()  # noqa: S311 - nothing secret depends on it


def start(workplace: Workplace, settings: Settings, kind: str) -> subprocess.Popen[bytes] | None:
    """Take the lease and start a pass in a process of its own, which ends with it; None where another has the lease.

    Only the child loads what speaks to the service, which is too much for every desk to hold.

    Args:
        workplace: the desk.
        settings: with the database and the person of this desk.
        kind: `pull` or `push`.
    """
    now, holder = workplace.now(), uuid.uuid4().hex
    with workplace.database.writing() as connection:
        if not remote.take_lease(connection, holder, codec.micros(now), codec.micros(now + LEASE)):
            return None
    # Not as arguments, which everybody on the machine can read: an address may hold a password.
    handed = {LEASE_OF: f"{holder}:{kind}"}
    environment = {**os.environ, **handed, "REFTERM_DB": _location(settings), "REFTERM_USER": workplace.actor.name}
    child = subprocess.Popen(
        [sys.executable, "-m", "refterm", "sync", "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    _started[:] = [*(one for one in _started if one.poll() is None), child]
    return child


def failed(workplace: Workplace, holder: str, sentence: str) -> None:
    """Note why a pass could not begin, and give its lease back."""
    with workplace.database.writing() as connection:
        values = {"problem": "offline", "error": sentence, "tried_at": codec.micros(workplace.now())}
        remote.put_state(connection, values)
        remote.leave_lease(connection, holder)


def _location(settings: Settings) -> str:
    return str(paths.database_location(settings.database))
