"""Taking referrals out, with all that the desk knows of them (contract, section Import)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO, Literal, TextIO

from refterm.domain.deadline import as_of
from refterm.domain.history import Entry
from refterm.domain.query import Tab, View
from refterm.formats import api_json, csv_columns, outgoing
from refterm.formats.record import Incoming
from refterm.services.desk import shown_entry
from refterm.services.referral_json import entry_object
from refterm.services.workplace import Workplace
from refterm.store import codec, history, queries
from refterm.store.connection import Connection
from refterm.store.listing import condition

Shape = Literal["csv", "json", "ndjson"]

BATCH = 500
EVERYTHING = View(Tab.ALL)
HISTORY_COLUMNS = ("at", "by", "login", "action", "referral", "changes")


class _LastLine:
    """Takes the lines of a csv writer, one at a time."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


class Exporter:
    """Writes the referrals of a desk so that others can read them, and import loses nothing."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    def write(self, out: TextIO, *, format: Shape, view: View = EVERYTHING) -> int:  # noqa: A002
        """Write a view, skipped ones included, in the order of the numbers.

        Args:
            out: opened with `newline=""`, in UTF-8.
            format: the shape: Partner Center's CSV, a JSON array, or one JSON object a line.
            view: which referrals.

        Returns:
            How many were written.
        """
        if format == "csv":
            return self._csv(out, view)
        before, between, after = ("", "\n", "\n") if format == "ndjson" else ("[\n", ",\n", "\n]\n")
        count = 0
        for stored, present in self._all(view):
            out.write((between if count else before) + outgoing.written(stored, present))
            count += 1
        if count or format == "json":
            out.write(after if count else "[]\n")
        return count

    def write_workbook(self, out: BinaryIO, *, view: View = EVERYTHING) -> int:
        """The same as a workbook; the records stand on a hidden sheet.

        Raises:
            RefTermError: when the package that writes it is missing.
        """
        from refterm.formats.workbook import Writer

        writer, count = Writer(out), 0
        for stored, present in self._all(view):
            writer.write(outgoing.row(stored, present))
            count += 1
        writer.close()
        return count

    def _csv(self, out: TextIO, view: View) -> int:
        # Without the mark spreadsheets take UTF-8 for the machine's own encoding.
        out.write("\ufeff")
        csv.writer(out).writerow([*csv_columns.COLUMNS, *csv_columns.EXTRAS])
        line = _LastLine()
        writer = csv.writer(line)
        count = 0
        for stored, present in self._all(view):
            *cells, record = outgoing.row(stored, present)
            writer.writerow(csv_columns.guarded_row(cells))
            # The csv module looks at each letter, a fifth of the time: that a record needs quotes is known.
            out.write(line.text.removesuffix("\r\n") + ',"' + record.replace('"', '""') + '"\r\n')
            count += 1
        return count

    def _all(self, view: View) -> Iterator[tuple[str | None, Incoming]]:
        """The text of each record as it was received, and the referral as it stands."""
        now, last = self.workplace.now(), 0
        while True:
            with self.workplace.database.reading() as connection:
                where, bound = self._condition(connection, view, now)
                rows = queries.with_records(connection, where, bound, last, BATCH)
            # Fifty columns are found by name: in a row of the database each costs a search.
            names = tuple(rows[0].keys()) if rows else ()
            for row in rows:
                yield (
                    row["record"],
                    Incoming(
                        as_of(codec.read_referral(dict(zip(names, row, strict=True))), now),
                        codec.instant_or_none(row["source_updated_at"]),
                        changed_here=bool(row["changed_here"]),
                    ),
                )
            if len(rows) < BATCH:
                return
            last = rows[-1]["id"]

    def _condition(self, connection: Connection, view: View, now: datetime) -> tuple[str, dict[str, Any]]:
        return condition(connection, view, now, self.workplace.today(), self.workplace.deadlines)

    def history(self, view: View) -> Iterator[Entry]:
        """The history of the referrals of a view, oldest first (T4)."""
        now, last = self.workplace.now(), 0
        while True:
            with self.workplace.database.reading() as connection:
                where, bound = self._condition(connection, view, now)
                found = history.entries_where(connection, where, bound, last, BATCH)
            for entry in found:
                yield shown_entry(entry)
            if len(found) < BATCH:
                return
            last = found[-1].id

    def write_history(self, out: TextIO, view: View, *, format: Shape) -> int:  # noqa: A002
        """Write that history: the objects of `history --json`, or as CSV, one entry a line.

        Returns:
            How many entries were written.
        """
        if format == "csv":
            out.write("\ufeff")
            writer, count = csv.writer(out), 0
            writer.writerow(HISTORY_COLUMNS)
            for row in self._history_rows(view):
                writer.writerow(csv_columns.guarded_row(row))
                count += 1
            return count
        before, between, after = ("", "\n", "\n") if format == "ndjson" else ("[\n", ",\n", "\n]\n")
        count = 0
        for entry in self.history(view):
            out.write((between if count else before) + api_json.dumps(entry_object(entry)))
            count += 1
        if count or format == "json":
            out.write(after if count else "[]\n")
        return count

    def write_history_workbook(self, out: BinaryIO, view: View) -> int:
        """The same as a workbook.

        Raises:
            RefTermError: when the package that writes it is missing.
        """
        from refterm.formats.workbook import write_table

        return write_table(out, HISTORY_COLUMNS, self._history_rows(view))

    def _history_rows(self, view: View) -> Iterator[list[str]]:
        for entry in self.history(view):
            known = entry_object(entry)
            yield [
                *(str(known[name]) if known[name] is not None else "" for name in HISTORY_COLUMNS[:-1]),
                api_json.dumps(known["changes"]),
            ]
