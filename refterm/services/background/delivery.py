"""Delivering what is due, each once, however many desks and `tick` runs deliver at the same time (N1)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from refterm.config import NoticeSettings
from refterm.domain.deadline import as_of
from refterm.domain.referral import Referral, Status
from refterm.errors import NotFoundError
from refterm.i18n import _
from refterm.services.background import referral_notices, transports
from refterm.services.background.letters import LetterError, letter
from refterm.services.background.transports import RefusedError, Transport
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from refterm.store import codec, outbox, queries
from refterm.text import fold

BATCH = 20
# Whoever took a notice has it for so long; after that it counts as not delivered, and another takes it.
CLAIM = timedelta(minutes=15)
# Pauses between tries; after the last one it has failed, and a person decides.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of what was due."""

    sent: int = 0
    failed: int = 0


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
                "id": row["id"],
                "kind": row["kind"],
                "to": row["recipient"] or None,
                "referral": row["referral_id"],
                "state": "due" if row["state"] == "held" and (row["due_at"] or codec.NEVER) <= now else row["state"],
                "due_at": None if row["due_at"] is None else codec.iso(codec.instant(row["due_at"])),
                "attempts": row["attempts"],
                "error": row["error"],
            }
            for row in rows
        ]

    def retry(self, number: int) -> None:
        """Let a notice that failed or was dropped be delivered at the next opportunity.

        Raises:
            NotFoundError: when there is no such one.
            NotAllowedError: unless an admin does it.
        """
        self._change(outbox.again, number, codec.micros(self.workplace.now()))

    def drop(self, number: int) -> None:
        """Never deliver a notice.

        Raises:
            NotFoundError: when there is none that waits.
            NotAllowedError: unless an admin does it.
        """
        self._change(outbox.drop, number)

    def _change(self, change: Any, number: int, *more: int) -> None:
        self.workplace.require_writing()
        self.workplace.require_admin(_("Keeping the outbox"))
        with self.workplace.database.writing() as connection:
            if not change(connection, number, *more):
                raise NotFoundError(
                    _("there is no notice {id} of which that can be done; see refterm outbox").format(id=number)
                )


def deliver_due(
    workplace: Workplace, settings: NoticeSettings, *, environment: Mapping[str, str] = os.environ
) -> Delivered:
    """Deliver every notice that is due.

    Raises:
        ConfigurationError: when the way out is not set up.
        StoreError: when the database cannot be written; what was claimed is delivered later.
    """
    if workplace.database.read_only or not Desk(workplace).notices_due():
        return Delivered()
    transport = transports.chosen(settings, workplace.database.file, environment)
    if transport is None:
        return Delivered()
    sent = failed = 0
    try:
        while True:
            now = workplace.now()
            with workplace.database.writing() as connection:
                claimed = outbox.claim(connection, codec.micros(now), codec.micros(now + CLAIM), BATCH)
            for notice in claimed:
                done = _deliver(workplace, settings, transport, notice)
                sent += done is True
                failed += done is False
            if len(claimed) < BATCH:
                return Delivered(sent, failed)
    finally:
        transport.close()


def _deliver(
    workplace: Workplace, settings: NoticeSettings, transport: Transport, notice: Mapping[str, Any]
) -> bool | None:
    """Deliver one notice and note what became of it; None where it is not needed any more."""
    number = int(notice["id"])
    try:
        with workplace.database.reading() as connection:
            referral = as_of(queries.referral(connection, notice["referral_id"]), workplace.now())
            kept = outbox.contacts(connection, referral.profile) if referral.profile else None
        if notice["kind"] == referral_notices.REMINDER and not _still_wanted(notice, referral, kept):
            _settle(workplace, number, "dropped", _("no reminder is needed any more"))
            return None
        countries = _countries(notice, referral, kept)
        sender = settings.from_ or f"refterm@{os.uname().nodename or 'localhost'}"
        transport.deliver(letter(workplace, notice, referral, sender=sender, countries=countries), number)
    except LetterError as error:
        _settle(workplace, number, "failed", str(error))
        return False
    except RefusedError as error:
        tries = int(notice["attempts"])
        if error.for_good or tries >= len(PAUSES):
            _settle(workplace, number, "failed", str(error))
        else:
            with workplace.database.writing() as connection:
                later = codec.micros(workplace.now() + PAUSES[tries])
                outbox.put_off(connection, number, later, str(error))
        return False
    _settle(workplace, number, transport.state, None)
    return True


def _still_wanted(notice: Mapping[str, Any], referral: Referral, kept: Mapping[str, Any] | None) -> bool:
    """Whether a reminder still says something: nobody answered, and it goes to who took it, where somebody did."""
    if referral.status is not Status.NEW:
        return False
    if not referral.taken_by or kept is None:
        return True
    mine = {
        person["email"]
        for place in json.loads(kept["locations"])
        for person in place["contacts"]
        if person["email"]
        and fold(referral.taken_by)
        in (fold(person["name"]), fold(person["email"].partition("@")[0]), fold(person["email"]))
    }
    return not mine or notice["recipient"] in mine


def _countries(notice: Mapping[str, Any], referral: Referral, kept: Mapping[str, Any] | None) -> tuple[str, ...]:
    if notice["kind"] in (referral_notices.NEW, referral_notices.REMINDER):
        return tuple(json.loads(kept["countries"])) if kept else ()
    return (referral.customer.country,) if referral.customer.country else ()


def _settle(workplace: Workplace, number: int, state: str, error: str | None) -> None:
    with workplace.database.writing() as connection:
        outbox.settle(connection, number, state, error=error)
