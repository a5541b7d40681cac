"""How a referral stands towards Partner Center, and the fields that both sides changed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from refterm.domain.history import Action
from refterm.errors import WrongStateError
from refterm.i18n import _
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, remote, updates
from refterm.store.connection import Connection


class Conflict(NamedTuple):
    """A field that both sides changed: theirs stands.

    Attributes:
        field: as the history names it.
        theirs: the value that stands.
        ours: the value that was typed here.
        by: who typed it.
    """

    field: str
    theirs: Any
    ours: Any
    by: str


def of(workplace: Workplace, referral_id: int) -> list[Conflict]:
    """The fields of a referral that both sides changed."""
    with workplace.database.reading() as connection:
        known = remote.one(connection, referral_id)
    kept = json.loads(known["conflict"]) if known is not None and known["conflict"] else []
    return [Conflict(one["field"], one["theirs"], one["ours"], one["by"]) for one in kept]


def all_open(workplace: Workplace) -> dict[int, list[Conflict]]:
    """The fields that both sides changed, by referral."""
    with workplace.database.reading() as connection:
        numbers = remote.with_conflicts(connection)
    return {number: found for number in numbers if (found := of(workplace, number))}


def send_again(workplace: Workplace, referral_id: int) -> None:
    """Send what was typed here of every field that both sides changed.

    Raises:
        WrongStateError: when there is no such field, or it is closed meanwhile.
    """
    workplace.require_writing()
    now = workplace.now()
    with workplace.database.writing() as connection:
        row = updates.get(connection, referral_id)
        known = remote.one(connection, referral_id)
        kept = json.loads(known["conflict"]) if known is not None and known["conflict"] else []
        if not kept or row["status"] != "active":
            raise WrongStateError(_("there is nothing of referral {id} to be sent again").format(id=referral_id))
        values = {one["column"]: one["ours"] for one in kept}
        if "deal_value" in values:
            values["deal_value_order"] = codec.value_order(codec.amount_or_none(values["deal_value"]))
        changed = {one["column"]: [row[one["column"]], one["ours"]] for one in kept}
        after = updates.update(connection, row, {**values, "changed_here": 1, "changed_at": codec.micros(now)})
        entry = journal.record(connection, row, after, Action.EDITED, workplace.actor, now)
        remote.add_push(
            connection,
            referral_id=referral_id,
            history_id=entry,
            due_at=codec.micros(now),
            held=False,
            person=workplace.actor.name,
            changes=changed,
            request_id=str(uuid.uuid4()),
        )
        remote.mark(connection, referral_id, conflict=None)


def standings(connection: Connection, referral_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The objects `remote` of some referrals; none for those that no sync brought."""
    return {number: _object(row) for number, row in remote.standings(connection, referral_ids).items()}


def standing(workplace: Workplace, referral_id: int) -> dict[str, Any] | None:
    """The object `remote` of one referral; None where no sync brought it."""
    with workplace.database.reading() as connection:
        return standings(connection, [referral_id]).get(referral_id)


def _object(row: Mapping[str, Any]) -> dict[str, Any]:
    since = row["not_visible_since"]
    if since is not None:
        state = "gone"
    elif row["failed"]:
        state = "failed"
    elif row["waits"]:
        state = "waiting"
    else:
        state = "conflict" if row["conflict"] else "synced"
    return {
        "state": state,
        "synced_at": codec.iso(codec.instant(row["synced_at"])),
        "account": row["account"],
        "not_visible_since": None if since is None else codec.iso(codec.instant(since)),
        "error": row["error"] if state in ("gone", "failed") else None,
    }
