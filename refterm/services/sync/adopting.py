"""Referrals that the desk knows from files, when a sync sees them there: adopted; what was decided here waits for a yes."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from refterm.domain.history import Action
from refterm.formats import patch
from refterm.services import merging
from refterm.services.sync import taking
from refterm.services.sync.taking import Seen
from refterm.store import arrivals, codec, journal, remote, updates
from refterm.store.connection import Connection

if TYPE_CHECKING:
    from refterm.services.sync.passing import Pass

_ORDER = ("new", "active", "archived")


def adopt(one: Pass, connection: Connection, row: dict[str, Any], there: Seen, now: datetime) -> None:
    """Let a referral from a file be the one of the service.

    What was decided here goes on from what stands there: it is kept, and its push waits until a person lets it go.
    Otherwise the source's state stands.
    """
    kept = {
        "referral_id": row["id"],
        "etag": there.etag,
        "record": there.text,
        "synced_at": one.moment,
        "account": one.summary.account,
    }
    text, incoming = taking.over(arrivals.record(connection, row["id"]), there, one.workplace, now)
    ahead = merging.decided_here(row) and _goes_on(row, there)
    leave = frozenset((*patch.STANDING, *patch.FIELDS)) if ahead else frozenset[str]()
    if ahead:
        leave |= {"need", "deal_value_order", "decided_at", "decided_by", *taking.CLOSING}
    changes = taking.changes(row, incoming, now, leave=leave)
    if incoming.updated_at is not None:
        changes["source_updated_at"] = codec.micros(incoming.updated_at)
    after = updates.update(connection, row, {**changes, "changed_at": codec.micros(now)})
    entry = journal.record(connection, row, after, Action.ADOPTED, one.there, now)
    if (row["status"], row["outcome"]) != (after["status"], after["outcome"]):
        remote.cancel_letters(connection, row["id"])
    arrivals.replace_record(connection, row["id"], text)
    remote.keep(connection, [kept])
    one.summary.updated += 1
    if ahead:
        _hold(connection, after, there, entry, one.moment)


def _goes_on(row: dict[str, Any], there: Seen) -> bool:
    """Whether the desk's state is one that the service could still be brought to."""
    standing = there.incoming.referral
    if standing.status.value == "archived":
        return False
    here, far = _ORDER.index(row["status"]), _ORDER.index(standing.status.value)
    return (here > far and not (far == 1 and row["outcome"] == "declined")) or (here == far == 1)


def _hold(connection: Connection, row: dict[str, Any], there: Seen, entry: int, one_moment: int) -> None:
    """Owe what differs, in as many steps as the service needs; due to nobody until somebody says so."""
    standing = there.columns
    wanted = {column: patch.wanted(column, row[column], row["need"]) for column in patch.FIELDS}
    changed = {
        column: [None, row[column]]
        for column in patch.FIELDS
        if wanted[column] != standing[column] and row[column] is not None
    }
    steps: list[dict[str, list[Any]]] = []
    closed = row["status"] == "archived"
    if closed and row["outcome"] != "declined" and standing["status"] == "new":
        accepted: dict[str, list[Any]] = {"status": ["new", "active"], "outcome": [None, None]}
        steps.append({**accepted, **changed})
        changed = {}
    changed |= {column: [standing[column], row[column]] for column in patch.STANDING if standing[column] != row[column]}
    if row["outcome"] == "declined":
        changed = {column: both for column, both in changed.items() if column in patch.STANDING}
    steps += [changed] if changed else []
    for place, step in enumerate(steps):
        remote.add_push(
            connection,
            referral_id=row["id"],
            history_id=entry,
            # The second waits for the first, and that until somebody lets it go.
            due_at=None if place == 0 else one_moment,
            held=True,
            person=row["closed_by"] or row["decided_by"] or "",
            changes=step,
            request_id=str(uuid.uuid4()),
        )
