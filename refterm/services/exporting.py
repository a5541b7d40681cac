"""Taking referrals out, with all that the desk knows of them (contract, section Import)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal, TextIO

from refterm.domain.deadline import as_of
from refterm.domain.query import Tab
from refterm.formats import columns, outgoing, wire
from refterm.formats.record import Incoming
from refterm.services.workplace import Workplace
from refterm.store import codec, queries

Shape = Literal["csv", "json", "ndjson"]

BATCH = 500


class Exporter:
    """Writes the referrals of a desk so that others can read them, and import loses nothing."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    def write(self, out: TextIO, *, format: Shape, tab: Tab = Tab.ALL) -> int:  # noqa: A002
        """Write a tab, skipped ones included, in the order of the numbers.

        Args:
            out: opened with `newline=""`, in UTF-8.
            format: the shape: Partner Center's CSV, a JSON array, or one JSON object a line.
            tab: which referrals.

        Returns:
            How many were written.
        """
        if format == "csv":
            return self._csv(out, tab)
        before, between, after = ("", "\n", "\n") if format == "ndjson" else ("[\n", ",\n", "\n]\n")
        count = 0
        for known, present in self._all(tab):
            out.write((between if count else before) + wire.dumps(outgoing.written(known, present)))
            count += 1
        if count or format == "json":
            out.write(after if count else "[]\n")
        return count

    def write_workbook(self, out: BinaryIO, *, tab: Tab = Tab.ALL) -> int:
        """The same as a workbook; the records stand on a hidden sheet.

        Raises:
            RefTermError: when the package that writes it is missing.
        """
        from refterm.formats.workbook import Writer

        writer, count = Writer(out), 0
        for known, present in self._all(tab):
            writer.write(outgoing.row(known, present))
            count += 1
        writer.close()
        return count

    def _csv(self, out: TextIO, tab: Tab) -> int:
        # Without the mark spreadsheets take UTF-8 for the machine's own encoding.
        out.write("\ufeff")
        writer = csv.writer(out)
        writer.writerow([*columns.COLUMNS, *columns.EXTRAS])
        count = 0
        for known, present in self._all(tab):
            writer.writerow(map(columns.guarded, outgoing.row(known, present)))
            count += 1
        return count

    def _all(self, tab: Tab) -> Iterator[tuple[dict[str, Any], Incoming]]:
        """Each referral as it stands, with its record as it was received."""
        now, last = self.workplace.now(), 0
        while True:
            with self.workplace.database.reading() as connection:
                rows = queries.with_records(connection, tab, now, last, BATCH)
            for row in rows:
                known = wire.known(row["record"])
                yield (
                    known,
                    Incoming(
                        as_of(codec.read_referral(row), now),
                        codec.instant_or_none(row["source_updated_at"]),
                        changed_here=bool(row["changed_here"]),
                    ),
                )
            if len(rows) < BATCH:
                return
            last = rows[-1]["id"]
