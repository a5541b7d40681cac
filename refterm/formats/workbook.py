"""A workbook of Excel, in and out: real dates, real numbers, and texts that stay texts. Needs `refterm[excel]`.

The packages that read and write it are imported where it is used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO

from refterm.errors import RefTermError
from refterm.formats import csv_columns, dates, table
from refterm.formats.judging import CLOSE, VALUE, Exact
from refterm.formats.table import HEADER_WITHIN, Raw
from refterm.i18n import _

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_TIMES = ("received", "expires", "skipped until", "closed")
_FIRST_YEAR = 1900  # of a workbook's dates
_WIDE = {"notes": 40, "customer name": 28, "deal name": 24}


class SheetRows:
    """The rows of the sheet with referrals.

    Attributes:
        header: its header as a line of CSV, which refused rows are kept below.
        titles: its cells, and the name of our own column where a hidden sheet has the records.
        line: the row on which it stands.
        decimal_comma: never: a workbook's numbers are numbers.
        guarded: whether texts that a spreadsheet would run have a `'` in front: never in a workbook.
    """

    decimal_comma = False
    guarded = False

    def __init__(self, content: bytes) -> None:
        """Find the sheet and its header.

        Raises:
            RefTermError: when it is no workbook, has no referrals, or the packages that read it are missing.
        """
        with _explained():
            book = _opened(content)
            sheet, self.titles, self.line = _headed(book)
            self._records = _records(book)
        if self._records and csv_columns.KEY not in table.folded(self.titles):
            self.titles = [*self.titles, csv_columns.OWN]
        else:
            self._records = {}
        self.header = _line(self.titles)
        self._sheet = sheet

    def __iter__(self) -> Iterator[Raw]:
        """The rows; empty ones are passed over."""
        names = table.folded(self.titles)
        identity = names.index("referral id") if "referral id" in names else None
        sheet = self._sheet
        with _explained():
            rows = sheet.iter_rows()
        for number, row in enumerate(rows, _first(sheet)):
            if number <= self.line:
                continue
            cells = [_text(cell) for cell in row]
            if not any(cell.strip() for cell in cells):
                continue
            if self._records:
                key = cells[identity].strip() if identity is not None and identity < len(cells) else ""
                cells = [*cells[: len(names) - 1], self._records.get(key, "")]
            yield Raw(number, _line(cells), cells)


def _headed(book: CalamineWorkbook) -> tuple[CalamineSheet, list[str], int]:
    """The sheet with referrals, its titles, and the row on which they stand."""
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if name == csv_columns.OWN:
            continue
        for number, row in enumerate(sheet.iter_rows(), _first(sheet)):
            titles = [_text(cell) for cell in row]
            if table.is_header(titles):
                return sheet, titles, number
            if number > HEADER_WITHIN:
                break
    raise RefTermError(_("holds no referrals: none of its sheets has Partner Center's columns"))


def _first(sheet: CalamineSheet) -> int:
    """The number of the first row that the sheet has."""
    return sheet.start[0] + 1 if sheet.start else 1


@contextmanager
def _explained() -> Iterator[None]:
    """Say what is wrong with a workbook: any sheet of it may be damaged."""
    try:
        from python_calamine import CalamineError
    except ImportError:
        raise RefTermError(_("is a workbook; install refterm[excel] to read it, or save it as CSV UTF-8")) from None
    try:
        yield
    except CalamineError:
        raise RefTermError(_("is no workbook that can be read; save it as CSV UTF-8")) from None


def _opened(content: bytes) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(io.BytesIO(content))


def _records(book: CalamineWorkbook) -> dict[str, str]:
    """The records on the hidden sheet of our own workbooks, by the IDs of their referrals."""
    if csv_columns.OWN not in book.sheet_names:
        return {}
    rows = book.get_sheet_by_name(csv_columns.OWN).iter_rows()
    return {str(row[0]): "".join(str(piece) for piece in row[1:]) for row in rows if row}


def _text(value: Any) -> str:
    """A cell as text; what a real number or date says needs no guess."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        whole = isinstance(value, int) or value.is_integer()
        return Exact(int(value) if whole else format(Decimal(repr(value)), "f"))
    if isinstance(value, datetime):
        return Exact(
            value.date().isoformat() if not (value.hour or value.minute or value.second) else value.isoformat(" ")
        )
    if isinstance(value, date):
        return Exact(value.isoformat())
    return "" if value is None else str(value)


def _line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode("utf-8", "replace")


class Writer:
    """Writes a workbook row by row; nothing is kept in memory but what a row needs."""

    def __init__(self, out: BinaryIO) -> None:
        """Begin with the header.

        Raises:
            RefTermError: when the package that writes it is missing.
        """
        self._book = _new_book(out)
        self._sheet = self._book.add_worksheet("Referrals")
        self._hidden = self._book.add_worksheet(csv_columns.OWN)
        self._hidden.hide()
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._instant = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._names = [column.casefold() for column in (*csv_columns.COLUMNS, *csv_columns.EXTRAS[:-1])]
        bold = self._book.add_format({"bold": True})
        for place, name in enumerate(self._names):
            self._sheet.set_column(place, place, _WIDE.get(name, 14))
        self._sheet.freeze_panes(1, 0)
        for place, title in enumerate((*csv_columns.COLUMNS, *csv_columns.EXTRAS[:-1])):
            self._sheet.write_string(0, place, title, bold)
        self._rows = 0

    def write(self, cells: list[str]) -> None:
        """A row of all columns, the last of them the whole record."""
        self._rows += 1
        for place, (name, cell) in enumerate(zip(self._names, cells, strict=False)):
            if cell:
                self._cell(place, name, cell)
        # What stands for a letter in the format's own way is escaped, so that no program decodes it.
        record = cells[-1].replace("_x", "\\u005fx")
        self._hidden.write_string(self._rows, 0, cells[self._names.index("referral id")])
        for number, start in enumerate(range(0, len(record), csv_columns.LONGEST_CELL), 1):
            self._hidden.write_string(self._rows, number, record[start : start + csv_columns.LONGEST_CELL])

    def _cell(self, place: int, name: str, cell: str) -> None:
        if name == VALUE:
            self._sheet.write_number(self._rows, place, float(cell))
        elif name == CLOSE or name in _TIMES:
            moment = dates.readings(cell)[0]
            if moment is None or moment.year < _FIRST_YEAR:
                self._sheet.write_string(self._rows, place, cell)
            else:
                naive = moment.replace(tzinfo=None)
                self._sheet.write_datetime(self._rows, place, naive, self._day if name == CLOSE else self._instant)
        else:
            self._sheet.write_string(self._rows, place, cell[: csv_columns.LONGEST_CELL])

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


def write_table(out: BinaryIO, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write a workbook of one plain sheet of texts; how many rows it has.

    Raises:
        RefTermError: when the package that writes it is missing.
    """
    book = _new_book(out)
    sheet, count = book.add_worksheet(), 0
    for place, title in enumerate(titles):
        sheet.write_string(0, place, title, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    for row in rows:
        count += 1
        for place, cell in enumerate(row):
            sheet.write_string(count, place, cell[: csv_columns.LONGEST_CELL])
    book.close()
    return count


def _new_book(out: BinaryIO) -> Any:
    try:
        import xlsxwriter
    except ImportError:
        raise RefTermError(_("a workbook needs refterm[excel]; install it, or export as csv")) from None
    return xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
