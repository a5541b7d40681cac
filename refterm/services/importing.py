"""Bringing referrals in: new ones, and what is newer of those the desk has (contract, section Import)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO

from refterm.domain.history import Action
from refterm.domain.referral import Referral
from refterm.formats import columns, own, record, wire
from refterm.formats.reader import LONGEST, Format, Item, Reader
from refterm.formats.record import Incoming
from refterm.formats.wire import Json, RecordError
from refterm.i18n import _
from refterm.services import merging
from refterm.services.profiles import Router
from refterm.services.workplace import Workplace
from refterm.store import arrivals as store
from refterm.store import codec, journal, updates
from refterm.store.connection import Connection

# Few enough that nobody waits long for the lock, many enough that the transaction costs nothing a row.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that could not be read: on which line it begins, and why."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the records of a file; as text, the command's summary line."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.rejected + other.rejected,
        )

    def __str__(self) -> str:
        return _("{new} new, {updated} updated, {unchanged} unchanged, {rejected} rejected").format(
            new=self.new, updated=self.updated, unchanged=self.unchanged, rejected=self.rejected
        )


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One record that could be read.

    Attributes:
        text: its JSON, without what refterm's own export keeps beside it.
        kept: that.
        dated: whether its shape states when it was created.
        incoming: what it says.
    """

    text: str
    kept: Json | None
    dated: bool
    incoming: Incoming


class Importer:
    """Brings files of referrals into a desk. One importer for all files of a command.

    Attributes:
        total: what became of all records so far, also of a file whose import was interrupted.
    """

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace
        self.total = Summary()
        self._rejected_header = b""

    def run(
        self,
        source: BinaryIO,
        *,
        name: str,
        format: Format = "auto",  # noqa: A002
        rejects: BinaryIO | None = None,
        progress: Callable[[int], None] | None = None,
        on_refused: Callable[[Refused], None] | None = None,
    ) -> Summary:
        """Bring one file in, in batches, each of them a transaction: interrupted at any point, a second run completes it.

        Args:
            source: the file, opened for bytes.
            name: what it is called; its suffix helps to tell its shape.
            format: its shape; `auto` tells it by content.
            rejects: where refused input goes, as it was, one input line each; CSV with its header.
            progress: told now and then how many bytes were read.
            on_refused: told of every record that is refused.

        Raises:
            NotAllowedError: on a desk that is open for reading only.
            RefTermError: when the file holds no referrals.
            StoreError: when the database cannot be written; what was read before the last batch is in.
        """
        self.workplace.require_writing()
        before = self.total
        self.total = Summary()
        try:
            with self.workplace.database.bulk():
                self._read(Reader(source, name=name, format=format), rejects, progress, on_refused)
            return self.total
        finally:
            self.total = before + self.total

    def _read(
        self,
        reader: Reader,
        rejects: BinaryIO | None,
        progress: Callable[[int], None] | None,
        on_refused: Callable[[Refused], None] | None,
    ) -> None:
        batch: dict[str, _Arrival] = {}
        now = self.workplace.now()
        for item in reader:
            arrival = self._arrival(item, now)
            if isinstance(arrival, str):
                self.total += Summary(rejected=1)
                if on_refused:
                    on_refused(Refused(item.line, arrival))
            if not isinstance(arrival, _Arrival):
                if rejects is not None:
                    self._reject(rejects, reader.header, item.raw)
                continue
            source_id = arrival.incoming.referral.source_id
            # The same referral twice: the second is an update of the first, which must be written by then.
            if len(batch) == BATCH or source_id in batch:
                self._write(list(batch.values()), now)
                batch.clear()
                now = self.workplace.now()
                if progress:
                    progress(reader.taken)
            batch[source_id] = arrival
        self._write(list(batch.values()), now)
        if progress:
            progress(reader.taken)

    def _arrival(self, item: Item, now: datetime) -> _Arrival | str | None:
        """A record as it is understood, or why it is refused; None for the rest of one that was refused before."""
        if item.record is None:
            return item.refusal
        content, kept = item.record, None
        if own.KEY in content:
            content = {key: value for key, value in content.items() if key != own.KEY}
            kept = item.record[own.KEY]
        try:
            incoming = self._incoming(content, kept, now, dated=item.dated)
        except RecordError as error:
            return str(error)
        text = item.text if item.text and kept is None else wire.dumps(content)
        return _Arrival(text, kept, item.dated, incoming)

    def _incoming(self, content: Json, kept: Json | None, now: datetime, *, dated: bool) -> Incoming:
        incoming = record.read(content, now=now, deadlines=self.workplace.deadlines, dated=dated)
        return incoming if kept is None else own.restored(incoming, kept)

    def _reject(self, rejects: BinaryIO, header: bytes, raw: bytes) -> None:
        """Keep what was refused: JSON in one line, so that it can be read again line by line; CSV with its header."""
        if header and header != self._rejected_header:
            self._rejected_header = header
            rejects.write(header if header.endswith(b"\n") else header + b"\n")
        if not header and b"\n" in raw[:-1]:
            raw = b" ".join(part.strip() for part in raw.split(b"\n"))
        # A line that is too long comes in parts.
        rejects.write(raw if not raw or raw.endswith(b"\n") or len(raw) >= LONGEST else raw + b"\n")

    def _write(self, arrivals: list[_Arrival], now: datetime) -> None:
        if not arrivals:
            return
        source_ids = [arrival.incoming.referral.source_id for arrival in arrivals]
        # What can be done without the lock is: nobody else writes while it is held.
        with self.workplace.database.reading() as reader:
            there = store.known(reader, source_ids)
        columns = {
            source_id: _columns(arrival.incoming, record.arriving(arrival.incoming, now))
            for source_id, arrival in zip(source_ids, arrivals, strict=True)
            if source_id not in there
        }
        with self.workplace.database.writing() as connection:
            known = store.known(connection, source_ids)
            new: list[tuple[_Arrival, dict[str, Any]]] = []
            updated = 0
            for source_id, arrival in zip(source_ids, arrivals, strict=True):
                ours = known.get(source_id)
                if ours is None:
                    new.append((arrival, columns[source_id]))
                else:
                    updated += self._update(connection, ours, arrival, now)
            self._insert(connection, new, now)
        # Counted only once the transaction is done.
        self.total += Summary(len(new), updated, len(arrivals) - len(new) - updated)

    def _insert(self, connection: Connection, new: list[tuple[_Arrival, dict[str, Any]]], now: datetime) -> None:
        if not new:
            return
        last = store.last_number(connection)
        rows = [{"id": number, **values} for number, (_arrival, values) in enumerate(new, last + 1)]
        router = Router(self.workplace, connection)
        notices = [(row["id"], notice) for row in rows for notice in router.arrive(row, now)]
        store.add(connection, rows, [arrival.text for arrival, _values in new])
        journal.record_imported(connection, rows, self.workplace.actor, now, notices)

    def _update(self, connection: Connection, ours: Mapping[str, Any], arrival: _Arrival, now: datetime) -> bool:
        """Put what is newer over what the desk has; whether anything was."""
        newer = merging.is_newer(ours, arrival.incoming)
        if newer is False:
            return False
        content, incoming = self._over(connection, ours, arrival, now)
        if merging.takes_over(ours, incoming):
            settled = record.settled(incoming.referral, arrival.incoming.updated_at or now)
            incoming = replace(incoming, referral=settled)
        changes = merging.changes(ours, incoming)
        if newer is None and not changes:
            return False
        if incoming.updated_at is not None:
            changes["source_updated_at"] = codec.micros(incoming.updated_at)
        after = updates.update(connection, ours, {**changes, "changed_at": codec.micros(now)})
        store.replace_record(connection, ours["id"], wire.dumps(content))
        journal.record(connection, ours, after, Action.UPDATED, self.workplace.actor, now)
        return True

    def _over(
        self, connection: Connection, ours: Mapping[str, Any], arrival: _Arrival, now: datetime
    ) -> tuple[Json, Incoming]:
        """The record put over what was known, so that what it does not mention stays; and what both together say."""
        kept = store.record(connection, ours["id"])
        known, stated = (wire.decode(text)[0] for text in (kept or "{}", arrival.text))
        content = wire.merged(known, stated) if arrival.dated else columns.over(known, stated)
        dated = arrival.dated or "createdDateTime" in content
        incoming = self._incoming(content, arrival.kept, now, dated=dated)
        # When it was changed, only the record itself can say.
        return content, replace(incoming, updated_at=arrival.incoming.updated_at)


def _columns(incoming: Incoming, referral: Referral) -> dict[str, Any]:
    return {
        **codec.referral_columns(referral),
        "changed_here": int(incoming.changed_here),
        "source_updated_at": codec.micros_or_none(incoming.updated_at),
    }
