"""Delivering what is due, each once, however many desks and `tick` runs deliver at the same time (N1)."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from refterm.config import NoticeSettings
from refterm.domain.deadline import as_of
from refterm.domain.history import Action, Actor
from refterm.domain.referral import Referral, Status
from refterm.errors import ConfigurationError, StoreError
from refterm.i18n import _
from refterm.log import note_failure
from refterm.services import people
from refterm.services.background import referral_notices
from refterm.services.background.addresses import usable
from refterm.services.background.letters import LetterError, letter
from refterm.services.background.maildir import Maildir
from refterm.services.background.transport import RefusedError, Transport, UnreachableError
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from refterm.store import codec, history, journal, outbox, queries, updates
from refterm.store.connection import Connection
from refterm.text import fold

# Whoever took a notice has it for so long; after that it counts as not delivered, and another takes it.
CLAIM = timedelta(minutes=15)
# Pauses between tries; after the last one it has failed, and a person decides.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))

ASSIGNED, FOLLOW_UP, REPLY = "assigned", "follow-up", "reply"


class Delivered(NamedTuple):
    """What became of what was due."""

    sent: int = 0
    failed: int = 0


def deliver_due(
    workplace: Workplace, settings: NoticeSettings, *, environment: Mapping[str, str] = os.environ
) -> Delivered:
    """Deliver every notice that is due; none while the machine's clock is in doubt, for what seems due may not be (I4).

    Raises:
        ConfigurationError: when the way out is not set up.
        StoreError: when the database cannot be written; what was claimed is delivered later.
    """
    desk = Desk(workplace)
    if workplace.database.read_only or not desk.notices_due() or desk.doubts_clock():
        return Delivered()
    if settings.from_ and not usable(settings.from_):
        raise ConfigurationError(_("notices.from is no address to send from: {text}").format(text=settings.from_))
    transport = _transport(settings, workplace.database.file, environment)
    if transport is None or _closed(workplace):
        return Delivered()
    run = _Run(workplace, settings, transport)
    try:
        while run.batch():
            pass
        return Delivered(run.sent, run.failed)
    finally:
        transport.close()


def _transport(settings: NoticeSettings, database: Path | None, environment: Mapping[str, str]) -> Transport | None:
    """The transport that the settings name; None where nothing is delivered.

    Raises:
        ConfigurationError: when what it needs is not set.
    """
    if settings.transport == "off":
        return None
    if settings.transport == "smtp":
        from refterm.services.background.smtp import Smtp

        return Smtp(settings, environment)
    if settings.maildir:
        return Maildir(Path(settings.maildir).expanduser())
    if database is None:
        raise ConfigurationError(_("with PostgreSQL set notices.maildir, or notices.transport to smtp or off"))
    return Maildir(database.parent / "notices")


@dataclass(slots=True)
class _Run:
    """One run of a delivery.

    Attributes:
        handed: the notices whose letters the transport has, each with its Message-ID; they are not noted yet.
    """

    workplace: Workplace
    settings: NoticeSettings
    transport: Transport
    sent: int = 0
    failed: int = 0
    handed: list[tuple[Mapping[str, Any], str]] = field(default_factory=list)

    def batch(self) -> bool:
        """Claim some notices and deliver them; whether more may be due."""
        workplace, transport = self.workplace, self.transport
        began = workplace.now()
        until = codec.micros(began + CLAIM)
        with workplace.database.writing() as connection:
            claimed = outbox.claim(connection, codec.micros(began), until, transport.batch)
        waiting = deque(claimed)
        try:
            while waiting:
                notice = waiting[0]
                old = workplace.now() > began + CLAIM / 2
                # A reply names the ones before it.
                if old or notice["kind"] == REPLY:
                    self._note()
                # Nothing is sent that another program may have taken meanwhile, because the claim is old.
                if not old or _renewed(workplace, notice, until):
                    self._deliver(notice)
                waiting.popleft()
            self._note()
        except UnreachableError as error:
            self.failed += 1
            _all_later(workplace, [*(notice for notice, _message_id in self.handed), *waiting], str(error))
            return False
        return len(claimed) == transport.batch

    def _deliver(self, notice: Mapping[str, Any]) -> None:
        """Hand one notice to the transport, or note why not.

        A failure of one notice is recorded in the outbox for that notice, and the next one is delivered.

        Raises:
            UnreachableError: when no other can be delivered, either.
        """
        workplace, number = self.workplace, int(notice["id"])
        try:
            with workplace.database.reading() as connection:
                referral = as_of(queries.referral(connection, notice["referral_id"]), workplace.now())
                kept = outbox.contacts(connection, referral.profile) if referral.profile else None
            if notice["kind"] == referral_notices.REMINDER and not _still_wanted(notice, referral, kept):
                _settle(workplace, number, "dropped", _("no reminder is needed any more"))
                return
            if notice["kind"] == FOLLOW_UP:
                if (addressed := _to_holder(workplace, notice, referral)) is None:
                    return
                notice, number = addressed, int(addressed["id"])
            countries = _countries(notice, referral, kept)
            sender = self.settings.from_ or _own_sender()
            answers_to, thread = _answering(workplace, notice)
            message = letter(
                workplace, notice, referral, sender=sender, countries=countries, answers_to=answers_to, thread=thread
            )
            self.transport.deliver(message, number)
        except LetterError as error:
            self.failed += 1
            _settle(workplace, number, "failed", str(error))
        except RefusedError as error:
            self.failed += 1
            tries = int(notice["attempts"])
            if error.for_good or tries >= len(PAUSES):
                _settle(workplace, number, "failed", str(error))
            else:
                with workplace.database.writing() as connection:
                    later = codec.micros(workplace.now() + PAUSES[tries])
                    outbox.put_off(connection, number, later, str(error))
        except (UnreachableError, ConfigurationError, StoreError):
            raise
        except Exception as error:  # a text that nobody foresaw must not stop the other letters
            self.failed += 1
            with suppress(OSError):
                note_failure(error)
            _settle(workplace, number, "failed", f"{type(error).__name__}: {error}"[:200])
        else:
            self.handed.append((notice, message.message_id))

    def _note(self) -> None:
        """Let the transport end what it has in hand, and note that it went out.

        Raises:
            UnreachableError: when nothing can be delivered.
        """
        if not self.handed:
            return
        self.transport.finish()
        with self.workplace.database.writing() as connection:
            for notice, message_id in self.handed:
                _delivered(self.workplace, connection, notice, self.transport.state, message_id)
        self.sent += len(self.handed)
        self.handed.clear()


def _renewed(workplace: Workplace, notice: Mapping[str, Any], was: int) -> bool:
    with workplace.database.writing() as connection:
        return outbox.renew(connection, notice["id"], was, codec.micros(workplace.now() + CLAIM))


def _closed(workplace: Workplace) -> bool:
    """Whether the way out was closed a moment ago; what fell due since then waits as long as the rest.

    Else each new letter would be another try of a password that is refused, whatever program tries it.
    """
    now = codec.micros(workplace.now())
    with workplace.database.reading() as connection:
        closed = outbox.closed_until(connection, now)
    if closed is None:
        return False
    with workplace.database.writing() as connection:
        outbox.put_off_all(connection, now, *closed)
    return True


def _all_later(workplace: Workplace, claimed: Sequence[Mapping[str, Any]], error: str) -> None:
    """No letter gets out: the first one counts the try, and all that is due waits with it, as long as ever it takes."""
    error = (outbox.CLOSED + error)[:220]
    now = workplace.now()
    first, tries = int(claimed[0]["id"]), int(claimed[0]["attempts"])
    later = codec.micros(now + PAUSES[min(tries, len(PAUSES) - 1)])
    with workplace.database.writing() as connection:
        outbox.put_off(connection, first, later, error)
        outbox.release(connection, [int(one["id"]) for one in claimed[1:]])
        outbox.put_off_all(connection, codec.micros(now), later, error)


def _answering(workplace: Workplace, notice: Mapping[str, Any]) -> tuple[str | None, list[str]]:
    """To whom the customer answers a reply, and the letters before it (W1)."""
    if notice["kind"] != REPLY:
        return None, []
    with workplace.database.reading() as connection:
        thread = outbox.thread(connection, int(notice["referral_id"]), int(notice["id"]))
        return people.address_of(connection, notice["person"]), thread


def _delivered(
    workplace: Workplace, connection: Connection, notice: Mapping[str, Any], state: str, message_id: str
) -> None:
    """Note that a notice went out; the customer counts as contacted once a reply was sent, not before (W1)."""
    noted = outbox.settle(connection, int(notice["id"]), state, message_id=message_id)
    if not noted or notice["kind"] != REPLY or state != "sent":
        return
    now = workplace.now()
    before = updates.get(connection, int(notice["referral_id"]))
    referral = as_of(codec.read_referral(before), now)
    if referral.contacted_at is not None or referral.status is Status.ARCHIVED:
        return
    entry = history.one(connection, int(notice["history_id"]))
    values = {"contacted_at": codec.micros(now), "contacted_by": entry.by, "changed_at": codec.micros(now)}
    after = updates.update(connection, before, values)
    journal.record(connection, before, after, Action.CONTACTED, Actor(entry.by, entry.login), now)


def _to_holder(workplace: Workplace, notice: Mapping[str, Any], referral: Referral) -> Mapping[str, Any] | None:
    """The notice of a follow-up, addressed to who holds the engagement now; None where nobody is to be notified (A5)."""
    number = int(notice["id"])
    again = referral.closed_at and referral.closed_at + timedelta(seconds=workplace.undo_seconds)
    if again and again > workplace.now():  # closed, but that can still be undone
        with workplace.database.writing() as connection:
            outbox.wait(connection, number, codec.micros(again))
        return None
    if referral.status is not Status.ACTIVE or referral.deal.follow_up_at is None:
        _settle(workplace, number, "dropped", _("no follow-up is needed any more"))
        return None
    name = people.holder(referral)
    with workplace.database.reading() as connection:
        address = people.address_of(connection, name) or str(notice["recipient"])
    if not address:
        _settle(workplace, number, "dropped", _("{who} has no address").format(who=name or _("nobody")))
        return None
    if address == notice["recipient"]:
        return notice
    with workplace.database.writing() as connection:
        return outbox.readdress(connection, number, address)


def _own_sender() -> str:
    """The address of this machine, where none is set."""
    named = f"refterm@{os.uname().nodename}"
    return named if usable(named) else "refterm@localhost"


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
    if notice["kind"] in (referral_notices.NEW, referral_notices.REMINDER, ASSIGNED, FOLLOW_UP):
        return tuple(json.loads(kept["countries"])) if kept else ()
    return (referral.customer.country,) if referral.customer.country else ()


def _settle(workplace: Workplace, number: int, state: str, error: str | None) -> None:
    with workplace.database.writing() as connection:
        outbox.settle(connection, number, state, error=error)
