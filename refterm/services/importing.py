"""Bringing referrals in: new ones, and what is newer of those the desk has (contract, section Import)."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple, Protocol

from refterm.domain.history import Action
from refterm.domain.referral import Outcome, Referral, Status
from refterm.formats import api_json, cells, fields, outgoing, record, refterm_object
from refterm.formats.api_json import Json, RecordError
from refterm.formats.edits import Edits
from refterm.formats.item import Item
from refterm.formats.jsonfile import LONGEST
from refterm.formats.judging import Choices, Dates, Decimals
from refterm.formats.reader import Format, Reader
from refterm.formats.record import Incoming
from refterm.i18n import _, ngettext
from refterm.services import editing, merging
from refterm.services.profiles import Router
from refterm.services.reading_ahead import ahead
from refterm.services.roles import Role
from refterm.services.workplace import Workplace
from refterm.store import arrivals as store
from refterm.store import codec, history, journal, outbox, remote, updates
from refterm.store.connection import Connection
from refterm.words import standing_word

# Few enough that nobody waits long for the lock, many enough that the transaction costs nothing a row.
BATCH = 500


class Rejects(Protocol):
    """Where refused input goes."""

    def write(self, data: bytes, /) -> int:
        """Write some bytes."""
        ...


class Refused(NamedTuple):
    """A record that could not be read: on which line it begins, and why."""

    line: int
    sentence: str


class Warned(NamedTuple):
    """Something that was left out of a record that came in, or is to be said of the whole file."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the records of a file; as text, the command's summary line."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    warnings: int = 0

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.rejected + other.rejected,
            self.warnings + other.warnings,
        )

    def __str__(self) -> str:
        counts = _("{new} new, {updated} updated, {unchanged} unchanged, {rejected} rejected").format(
            new=self.new, updated=self.updated, unchanged=self.unchanged, rejected=self.rejected
        )
        if not self.warnings:
            return counts
        return counts + ngettext(", {n} warning", ", {n} warnings", self.warnings).format(n=self.warnings)


@dataclass(slots=True)
class _Arrival:
    """One record that could be read.

    Attributes:
        text: its JSON, without what refterm's own export keeps beside it.
        kept: that.
        dated: whether its shape states when it was created.
        incoming: what it says.
        item: as it stood in the file.
    """

    text: str
    kept: Json | None
    dated: bool
    incoming: Incoming
    item: Item

    @property
    def edits(self) -> Edits | None:
        """What somebody changed in it with a spreadsheet."""
        return self.item.edits


@dataclass(slots=True)
class _Run:
    """One file while it is brought in: where refusals and warnings go."""

    reader: Reader
    rejects: Rejects | None
    progress: Callable[[int], None] | None
    on_refused: Callable[[Refused], None] | None
    on_warned: Callable[[Warned], None] | None


def choices(dates: Dates | None, decimals: Decimals | None) -> Choices:
    """How a person says that a file writes dates and decimals; None leaves it to the file."""
    return Choices(dates, decimals)


class Importer:
    """Brings files of referrals into a desk. One importer for all files of a command.

    Attributes:
        total: what became of all records so far, also of a file whose import was interrupted.
        guesses: how many cells of which columns were read in the documented form, and could mean something else; a
            sentence each.
    """

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace
        self.total = Summary()
        self.guesses: list[str] = []
        self._rejected_header = b""
        self._later: list[tuple[int, str]] = []  # warnings that are told once the transaction is done

    def run(
        self,
        source: BinaryIO,
        *,
        name: str,
        format: Format = "auto",  # noqa: A002
        rejects: Rejects | None = None,
        progress: Callable[[int], None] | None = None,
        on_refused: Callable[[Refused], None] | None = None,
        on_warned: Callable[[Warned], None] | None = None,
        choices: Choices = Choices(),
    ) -> Summary:
        """Bring one file in, in batches, each of them a transaction: interrupted at any point, a second run completes it.

        Args:
            source: the file, opened for bytes.
            name: what it is called; its suffix helps to tell its shape.
            format: its shape; `auto` tells it by content.
            rejects: where refused input goes, as it was, one input line each; CSV with its header.
            progress: told now and then how many bytes were read.
            on_refused: told of every record that is refused.
            on_warned: told of all that is left out of records that come in.
            choices: how the person says that the file writes dates and decimals.

        Raises:
            NotAllowedError: on a desk that is open for reading only.
            RefTermError: when the file holds no referrals.
            StoreError: when the database cannot be written; what was read before the last batch is in.
        """
        self.workplace.require_writing()
        before = self.total
        self.total = Summary()
        try:
            with self.workplace.database.bulk(), _without_collecting():
                reader = Reader(source, name=name, format=format, choices=choices)
                self._read(_Run(reader, rejects, progress, on_refused, on_warned))
                self.guesses += reader.guesses
            return self.total
        finally:
            self.total = before + self.total

    def _read(self, run: _Run) -> None:
        batch: dict[str, _Arrival] = {}
        now = self._now = self.workplace.now()
        understood = ((item, self._arrival(item, self._now)) for item in run.reader)
        # A pipe may wait for its writer for ever; a thread that waits for it could not be ended.
        for item, arrival in ahead(understood, BATCH) if run.reader.is_file else understood:
            if not isinstance(arrival, _Arrival):
                self._refuse(run, item, arrival)
                continue
            source_id = arrival.incoming.referral.source_id
            # The same referral twice: the second is an update of the first, which must be written by then.
            if len(batch) == BATCH or source_id in batch:
                self._write(run, list(batch.values()), now)
                batch.clear()
                now = self._now = self.workplace.now()
                if run.progress:
                    run.progress(run.reader.taken)
            batch[source_id] = arrival
        self._write(run, list(batch.values()), now)
        if run.progress:
            run.progress(run.reader.taken)

    def _refuse(self, run: _Run, item: Item, why: str | None) -> None:
        """Count a record that is refused, tell why, and keep it; of a remark on the whole file, only tell."""
        self._warn(run, item.line, item.warnings if item.record is None else ())
        if why is not None:
            self.total += Summary(rejected=1)
            if run.on_refused:
                run.on_refused(Refused(item.line, why))
        if run.rejects is not None and item.raw:
            self._reject(run.rejects, run.reader.header, item.raw)

    def _warn(self, run: _Run, line: int, sentences: tuple[str, ...]) -> None:
        for sentence in sentences:
            self.total += Summary(warnings=1)
            if run.on_warned:
                run.on_warned(Warned(line, sentence))

    def _arrival(self, item: Item, now: datetime) -> _Arrival | str | None:
        """A record as it is understood, or why it is refused; None for the rest of one that was refused before."""
        if item.record is None:
            return item.refusal
        content, kept = item.record, None
        if refterm_object.KEY in content:
            content = {key: value for key, value in content.items() if key != refterm_object.KEY}
            kept = item.record[refterm_object.KEY]
        try:
            incoming = self._incoming(content, kept, now, dated=item.dated)
        except RecordError as error:
            return str(error)
        if item.text is None:
            text = api_json.dumps(content)
        else:
            # Also without an object that is null: an export would have two.
            text = item.text if content is item.record else outgoing.as_received(item.text, content)
        return _Arrival(text, kept, item.dated, incoming, item)

    def _incoming(self, content: Json, kept: Json | None, now: datetime, *, dated: bool) -> Incoming:
        incoming = record.read(content, now=now, deadlines=self.workplace.deadlines, dated=dated)
        return incoming if kept is None else refterm_object.restored(incoming, kept)

    def _reject(self, rejects: Rejects, header: bytes, raw: bytes) -> None:
        """Keep what was refused: JSON in one line, so that it can be read again line by line; CSV with its header."""
        if header and header != self._rejected_header:
            self._rejected_header = header
            rejects.write(header if header.endswith(b"\n") else header + b"\n")
        if not header and b"\n" in raw[:-1]:
            raw = b" ".join(part.strip() for part in raw.split(b"\n"))
        # A line that is too long comes in parts.
        rejects.write(raw if not raw or raw.endswith(b"\n") or len(raw) >= LONGEST else raw + b"\n")

    def _write(self, run: _Run, arrivals: list[_Arrival], now: datetime) -> None:
        if not arrivals:
            return
        source_ids = [arrival.incoming.referral.source_id for arrival in arrivals]
        # What can be done without the lock is: nobody else writes while it is held.
        with self.workplace.database.reading() as reader:
            there = store.known(reader, source_ids)
        columns = {
            source_id: columns_of(arrival.incoming, record.arriving(arrival.incoming, now))
            for source_id, arrival in zip(source_ids, arrivals, strict=True)
            if source_id not in there
        }
        refused: list[tuple[_Arrival, str]] = []
        self._later.clear()
        with self.workplace.database.writing() as connection:
            known = store.known(connection, source_ids)
            new: list[tuple[_Arrival, dict[str, Any]]] = []
            updated = 0
            for source_id, arrival in zip(source_ids, arrivals, strict=True):
                ours = known.get(source_id)
                try:
                    self._check_names(arrival, ours)
                    if ours is not None:
                        updated += self._update(connection, ours, arrival, now)
                        continue
                    if source_id not in columns:  # it was there a moment ago
                        columns[source_id] = columns_of(arrival.incoming, record.arriving(arrival.incoming, now))
                    columns[source_id] |= self._edited(columns[source_id], arrival)
                    new.append((arrival, columns[source_id]))
                except RecordError as error:
                    refused.append((arrival, str(error)))
            self._insert(connection, new, now)
        later, self._later = self._later, []
        for line, sentence in later:
            self._warn(run, line, (sentence,))
        # Counted and told only once the transaction is done.
        self.total += Summary(len(new), updated, len(arrivals) - len(new) - updated - len(refused))
        for arrival, why in refused:
            self._refuse(run, arrival.item, why)
        lost = {arrival.item.line for arrival, _why in refused}
        for arrival in arrivals:
            if (arrival.item.warnings or arrival.incoming.warnings) and arrival.item.line not in lost:
                self._warn(run, arrival.item.line, (*arrival.item.warnings, *arrival.incoming.warnings))

    def _check_names(self, arrival: _Arrival, ours: Mapping[str, Any] | None) -> None:
        """Refuse decisions and marks in another's name: acting as somebody else needs an admin (contract, Roles)."""
        if arrival.kept is None or self.workplace.role >= Role.ADMIN:
            return
        if others := editing.names_of_others(arrival.kept, self.workplace.actor.name, ours):
            sentence = _("refterm.{field} names {name}; bringing in what others did needs the role admin on this desk")
            raise RecordError(sentence.format(field=others[0], name=fields.show(arrival.kept[others[0]])))

    def _edited(self, row: Mapping[str, Any], arrival: _Arrival) -> dict[str, Any]:
        """The columns that the edits of a row change of a referral as it stands."""
        if arrival.edits is None:
            return {}
        standing = codec.read_referral({"id": 0, "version": 1, "profile": None, **row})
        return editing.changes(standing, arrival.edits, self.workplace.today())

    def _insert(self, connection: Connection, new: list[tuple[_Arrival, dict[str, Any]]], now: datetime) -> None:
        if not new:
            return
        last = store.last_number(connection)
        rows = [{"id": number, **values} for number, (_arrival, values) in enumerate(new, last + 1)]
        router = Router(self.workplace, connection)
        notices = [(row["id"], notice) for row in rows for notice in router.arrive(row, now)]
        store.add(connection, rows, [arrival.text for arrival, _values in new])
        expired = [
            row
            for row, (arrival, _values) in zip(rows, new, strict=True)
            if row["outcome"] == Outcome.EXPIRED and arrival.incoming.referral.status is Status.NEW
        ]
        journal.record_imported(connection, rows, self.workplace.actor, now, notices, expired)

    def _update(self, connection: Connection, ours: dict[str, Any], arrival: _Arrival, now: datetime) -> bool:
        """Put what is newer over what the desk has, and then what was edited in the file; whether anything was."""
        changes, content, said = self._newer(connection, ours, arrival, now)
        # Before anything is written: a row whose edits are refused changes nothing.
        edited = self._edited({**ours, **changes}, arrival)
        if changes:
            before, ours = ours, updates.update(connection, ours, {**changes, "changed_at": codec.micros(now)})
            store.replace_record(connection, ours["id"], api_json.dumps(content))
            extra = {"source": said} if said else None
            returned = before["outcome"] == Outcome.EXPIRED != ours["outcome"]
            action = Action.RETURNED if returned else Action.UPDATED
            journal.record(connection, before, ours, action, self.workplace.actor, now, extra=extra)
            if returned:
                remote.cancel_letters(connection, ours["id"])
        if edited:
            mine = {"changed_here": 1} if "changed_here" in ours else {}
            after = updates.update(connection, ours, {**edited, **mine, "changed_at": codec.micros(now)})
            journal.record(connection, ours, after, Action.EDITED, self.workplace.actor, now)
        return bool(changes or edited)

    def _newer(
        self, connection: Connection, ours: Mapping[str, Any], arrival: _Arrival, now: datetime
    ) -> tuple[dict[str, Any], Json, str | None]:
        """The columns that a newer record changes, the record that then is kept, and what the source decided otherwise."""
        newer = merging.is_newer(ours, arrival.incoming)
        if newer is False:
            return {}, {}, None
        content, incoming = self._over(connection, ours, arrival, now)
        if merging.takes_over(ours, incoming):
            settled = record.settled(incoming.referral, arrival.incoming.updated_at or now)
            incoming = incoming._replace(referral=settled)
        changes = merging.changes(ours, incoming, now)
        said = None
        if merging.contradicts(ours, incoming):
            said = str(incoming.referral.outcome or incoming.referral.status)
            if said != history.source_says(connection, ours["id"]):
                self._contradicted(connection, ours, arrival, said)
                changes = changes or {"changed_at": codec.micros(now)}
        if newer is None and not changes:
            return {}, {}, None
        if incoming.updated_at is not None:
            changes["source_updated_at"] = codec.micros(incoming.updated_at)
        return changes or {"changed_at": codec.micros(now)}, content, said

    def _contradicted(self, connection: Connection, ours: Mapping[str, Any], arrival: _Arrival, said: str) -> None:
        """Say that the source decided otherwise. What was decided here stands; the customer hears of it when a person says so."""
        sentence = _("#{id} is {ours} here and {theirs} at the source: what was decided here stands").format(
            id=ours["id"], ours=standing_word(ours["outcome"] or ours["status"]), theirs=standing_word(said)
        )
        if outbox.hold(connection, ours["id"], "declined"):
            sentence += _("; the customer's notice stays on hold until refterm outbox retry or drop")
        self._later.append((arrival.item.line, sentence))

    def _over(
        self, connection: Connection, ours: Mapping[str, Any], arrival: _Arrival, now: datetime
    ) -> tuple[Json, Incoming]:
        """The record put over what was known, so that what it does not mention stays; and what both together say."""
        known, stated = api_json.known(store.record(connection, ours["id"])), api_json.known(arrival.text)
        content = api_json.merged(known, stated) if arrival.dated else cells.over(known, stated)
        dated = arrival.dated or "createdDateTime" in content
        incoming = self._incoming(content, arrival.kept, now, dated=dated)
        # When it was changed, only the record itself can say.
        return content, incoming._replace(updated_at=arrival.incoming.updated_at)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Python does not look for circles, of which an import makes none: that took a sixteenth of its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def columns_of(incoming: Incoming, referral: Referral) -> dict[str, Any]:
    """A new referral as a row of `referral`, all but its number."""
    return {
        **codec.referral_columns(referral),
        "changed_here": int(incoming.changed_here),
        "source_updated_at": codec.micros_or_none(incoming.updated_at),
    }
