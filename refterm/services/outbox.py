"""The outbox as people see it: which notices wait, failed or went out, and what becomes of those that did not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refterm.domain.history import Action
from refterm.errors import NotFoundError
from refterm.i18n import _
from refterm.services.workplace import Workplace
from refterm.store import codec, journal, outbox, queries, remote, updates
from refterm.store.connection import Connection


class Outbox:
    """The notices of a desk."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    def objects(self) -> list[dict[str, Any]]:
        """All notices as JSON, oldest first (contract, `outbox --json`)."""
        now = codec.micros(self.workplace.now())
        with self.workplace.database.reading() as connection:
            rows = queries.outbox(connection)
        return [
            {
                **_notice(row, now),
                "due_at": None if row["due_at"] is None else codec.iso(codec.instant(row["due_at"])),
                "attempts": row["attempts"],
                "error": row["error"] and row["error"].removeprefix(outbox.CLOSED),
            }
            for row in rows
        ]

    def shown(self) -> list[dict[str, Any]]:
        """What a person looks at: what failed or waits, one's own first, then the latest that went out or was dropped."""
        now = codec.micros(self.workplace.now())
        with self.workplace.database.reading() as connection:
            rows = outbox.latest(connection, self.workplace.actor.name)
        return [
            {
                **_notice(row, now),
                "due_at": codec.instant_or_none(row["due_at"]),
                "error": row["error"],
                "subject": row["subject"],
            }
            for row in rows
        ]

    def retry(self, number: int) -> None:
        """Let a notice that failed or was dropped be delivered at the next opportunity.

        Raises:
            NotFoundError: when there is no such one.
            NotAllowedError: for what others wrote and for what the desk owes, unless an admin does it.
        """
        impossible = _("notice {id} cannot be sent again: only one that failed, was dropped or is on hold can")
        self._change(outbox.again, impossible, number, codec.micros(self.workplace.now()))
        with self.workplace.database.writing() as connection:
            outbox.open_again(connection)

    def drop(self, number: int) -> None:
        """Never deliver a notice.

        Raises:
            NotFoundError: when there is none that waits.
            NotAllowedError: for what others wrote and for what the desk owes, unless an admin does it.
        """
        impossible = _("notice {id} cannot be dropped: only one that was not delivered yet can")
        self._change(outbox.drop, impossible, number)

    def _change(self, change: Any, impossible: str, number: int, *more: int) -> None:
        self.workplace.require_writing()
        absent = NotFoundError(_("there is no notice {id}; see refterm outbox").format(id=number))
        if abs(number) > codec.LARGEST:
            raise absent
        with self.workplace.database.writing() as connection:
            mine = outbox.person(connection, number) == self.workplace.actor.name
            self.workplace.require("outbox of one's own" if mine else "outbox of others")
            if not change(connection, number, *more):
                there = outbox.exists(connection, number)
                raise NotFoundError(impossible.format(id=number)) if there else absent
            if change is outbox.drop:
                remote.look_again(connection, number)
            self._record(connection, number, Action.OUTBOX_DROPPED if change is outbox.drop else Action.OUTBOX_RETRIED)

    def _record(self, connection: Connection, number: int, action: Action) -> None:
        """Note in the referral's history who dropped or retried what, and to whom it was to go (T4)."""
        item = outbox.one(connection, number)
        if item is None or item["referral_id"] is None:
            return
        row = updates.get(connection, item["referral_id"])
        what = {"notice": item["kind"], **({"to": item["recipient"]} if item["recipient"] else {})}
        journal.record(connection, row, row, action, self.workplace.actor, self.workplace.now(), extra=what)


def _notice(row: Mapping[str, Any], now: int) -> dict[str, Any]:
    """What is said of a notice everywhere; one that is held is due once its instant (microseconds) has come."""
    is_due = row["state"] == "held" and (row["due_at"] or codec.NEVER) <= now
    return {
        "id": row["id"],
        "kind": row["kind"],
        "to": row["recipient"] or None,
        "referral": row["referral_id"],
        "state": "due" if is_due else row["state"],
    }
