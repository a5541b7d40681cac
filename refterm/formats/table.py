"""A table of referrals, row by row, as spreadsheets and Partner Center write it; a CSV file or a sheet of a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from refterm.errors import RefTermError
from refterm.formats import api_json, csv_columns, edits
from refterm.formats import cells as reading
from refterm.formats.api_json import Json, RecordError
from refterm.formats.edits import Edits
from refterm.formats.judging import CREATED, JUDGED, Choices, Judge
from refterm.i18n import _

# A header may stand below a title and what else a program writes above it.
HEADER_WITHIN = 20
_OWN = csv_columns.KEY
_ID = "referral id"
_KNOWN = frozenset(
    [*(column.casefold() for column in (*csv_columns.COLUMNS, csv_columns.OWN)), *csv_columns.ALIASES, CREATED]
)


class Raw(NamedTuple):
    """One row as it stands in the file.

    Attributes:
        line: its first line.
        raw: its lines as they were.
        cells: None where the row cannot be taken apart.
        refusal: why.
    """

    line: int
    raw: bytes
    cells: list[str] | None
    refusal: str | None = None


class Rows(Protocol):
    """The rows of a table below its header.

    Attributes:
        header: the header as it was, in bytes.
        titles: its cells.
        line: the line on which it stands.
        decimal_comma: whether the file's own form says that decimals are written with a comma.
        guarded: whether texts that a spreadsheet would run have a `'` in front where refterm wrote the file.
    """

    header: bytes
    titles: list[str]
    line: int
    decimal_comma: bool
    guarded: bool

    def __iter__(self) -> Iterator[Raw]:
        """The rows; empty ones are passed over."""
        ...


class Row(NamedTuple):
    """One row: its first line, its lines as they were, and its record, or why it has none.

    Attributes:
        dated: whether the record must state when it was created: only a row that we wrote can.
        warnings: what in it cannot be read and is left out.
        edits: what was changed in it since we wrote it.
    """

    line: int
    raw: bytes
    record: Json | None = None
    text: str | None = None
    refusal: str | None = None
    dated: bool = False
    warnings: tuple[str, ...] = ()
    edits: Edits | None = None


def folded(titles: list[str]) -> list[str]:
    """The titles of a header for comparing: without case, stray blanks, and the mark of a required column."""
    names = [" ".join(title.split()).rstrip("* ").casefold() for title in titles]
    return [csv_columns.ALIASES.get(name, name) for name in names]


def known(titles: list[str]) -> int:
    """How many of the titles are Partner Center's, or ours."""
    return len(_KNOWN.intersection(folded(titles)))


def is_header(titles: list[str]) -> bool:
    """Whether these are titles of Partner Center's columns."""
    return known(titles) > 1 or _OWN in folded(titles)


class Table:
    """The records of a table.

    Attributes:
        header: its header as it was.
        remarks: what is to be said of the whole file, each with its line.
    """

    def __init__(self, opened: Callable[[], Rows], choices: Choices) -> None:
        """Read the header, and judge the columns of dates and amounts by all of their cells.

        Args:
            opened: gives the rows from the beginning, as often as it is called.
            choices: what the person says of the file.

        Raises:
            RefTermError: when the header is none of Partner Center's.
        """
        self._rows = opened()
        self.header = self._rows.header
        titles = [" ".join(title.split()) for title in self._rows.titles]
        self._names = folded(titles)
        self._titles = dict(zip(reversed(self._names), reversed(titles), strict=True))
        if not {_ID, _OWN}.intersection(self._names):
            raise RefTermError(
                _("holds no referrals: it has no column Referral ID; the columns need Partner Center's English names")
            )
        self._own = _OWN in self._names
        self._judge = Judge(choices, decimal_comma=self._rows.decimal_comma)
        self.remarks = list(self._doubled())
        if any(name in JUDGED for name in self._names):
            self._see(self._rows)
            # From the beginning again; both times cannot be read at once from one file.
            self._rows = opened()

    @property
    def guesses(self) -> list[str]:
        """What was read in the documented form though nothing in the file says that it is written so."""
        return self._judge.guesses(self._titles)

    def __iter__(self) -> Iterator[Row]:
        """The records in the order of the file."""
        for row in self._rows:
            yield Row(row.line, row.raw, refusal=row.refusal) if row.cells is None else self._row(row, row.cells)

    def _doubled(self) -> Iterator[tuple[int, str]]:
        for name in dict.fromkeys(name for name in self._names if name in _KNOWN and self._names.count(name) > 1):
            sentence = _("the column {column} stands there more than once; the first one counts")
            yield self._rows.line, sentence.format(column=self._titles[name])

    def _see(self, rows: Rows) -> None:
        """Look at every cell that may be read in two ways."""
        places = [(self._names.index(name), name) for name in JUDGED if name in self._names]
        own = self._names.index(_OWN) if self._own else None
        for row in rows:
            if row.cells is None:
                continue
            for place, name in places:
                cell = row.cells[place] if place < len(row.cells) else ""
                if own is None or name == CREATED or own >= len(row.cells) or not self._judge.is_open(name, cell):
                    self._judge.see(name, cell)
                    continue
                second = self._told(name, cell, row.cells[own])
                if second is None:
                    self._judge.see(name, cell)
                else:
                    self._judge.prove(name, second=second)

    @staticmethod
    def _told(name: str, cell: str, record: str) -> bool | None:
        """What the record beside a cell says of the form in which it is written."""
        try:
            content = api_json.parse(csv_columns.unguarded(record))
            return edits.proves(name, cell, content) if _is_own(content) else None
        except RecordError:
            return None

    def _row(self, row: Raw, cells: list[str]) -> Row:
        if self._own and self._rows.guarded:
            cells = [csv_columns.unguarded(cell) if cell.startswith("'") else cell for cell in cells]
        named = dict(zip(reversed(self._names[: len(cells)]), reversed(cells[: len(self._names)]), strict=True))
        try:
            if named.get(_OWN, "").strip():
                return self._restored(row, named)
            record, warnings = reading.to_record(named, self._judge, self._titles, own=self._own)
            if not named.get(_ID, "").strip():
                raise RecordError(
                    _("its cell Referral ID is empty; Partner Center gives the ID, so a deal cannot be created here")
                )
            return Row(row.line, row.raw, record, warnings=tuple(warnings))
        except RecordError as error:
            return Row(row.line, row.raw, refusal=str(error))

    def _restored(self, row: Raw, named: dict[str, str]) -> Row:
        cell = named[_OWN]
        try:
            record, text = api_json.finish(api_json.parse(cell), cell)
        except RecordError as error:
            reason = _("its cell Refterm is damaged ({error}); empty it to import the other columns")
            return Row(row.line, row.raw, refusal=reason.format(error=error))
        changed = edits.found(named, record, self._judge) if _is_own(record) else None
        return Row(row.line, row.raw, record, text, dated=True, edits=changed)


def _is_own(content: object) -> bool:
    return isinstance(content, dict) and isinstance(content.get(_OWN), dict)
