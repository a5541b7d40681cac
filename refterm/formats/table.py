"""A CSV file, row by row, as spreadsheets and Partner Center write it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from refterm.errors import RefTermError
from refterm.formats import columns, wire
from refterm.formats.wire import Json, RecordError
from refterm.i18n import _

_OWN = columns.OWN.casefold()
_KNOWN = frozenset(column.casefold() for column in (*columns.COLUMNS, columns.OWN))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its first line, its lines as they were, and its record, or why it has none.

    `dated` is whether the record must state when it was created: only a row that we wrote can.
    """

    line: int
    raw: bytes
    record: Json | None = None
    text: str | None = None
    refusal: str | None = None
    dated: bool = False


def is_header(line: str) -> bool:
    """Whether a line names columns of Partner Center."""
    _delimiter, titles = _split(line)
    return _known(titles) > 1 or _OWN in map(str.casefold, titles)


def _split(line: str) -> tuple[str, list[str]]:
    """The delimiter and the titles of a header: the delimiter by which most of them are known."""
    splits = []
    for delimiter in ",;\t":
        try:
            titles = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            titles = []  # no header of anybody's
        splits.append((delimiter, [" ".join(title.split()) for title in titles]))
    return max(splits, key=lambda split: _known(split[1]))


def _known(titles: list[str]) -> int:
    return len(_KNOWN.intersection(title.casefold() for title in titles))


class Table:
    """The rows of a CSV file.

    Attributes:
        header: its header line as it was.
    """

    def __init__(self, stream: BinaryIO, longest: int) -> None:
        """Read the header.

        Raises:
            RefTermError: when there is none of Partner Center's.
        """
        # The cell with our own record can be longer than what the module allows at first.
        csv.field_size_limit(longest)
        self._lines = _Lines(stream, longest)
        line = next((line for line in self._lines if line.strip()), "")
        self.header = self._lines.raw()
        self._delimiter, titles = _split(line)
        self._names = [title.casefold() for title in titles]
        self._titles = dict(zip(self._names, titles, strict=True))
        if not {"referral id", _OWN}.intersection(self._names):
            raise RefTermError(_("holds no referrals: it has no column Referral ID"))
        self._own = _OWN in self._names

    def __iter__(self) -> Iterator[Row]:
        """The rows; empty ones are passed over."""
        lines = self._lines
        rows = self._reader()
        while True:
            lines.begin()
            try:
                cells = next(rows)
                if any(cell.strip() for cell in cells[len(self._names) :]):
                    raise csv.Error(_("it has more cells than the header"))
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is never closed swallows what follows: only the line on which it began is refused.
                lines.keep_first()
                yield Row(lines.first, lines.raw(), refusal=_("it is no CSV: {error}").format(error=error))
                rows = self._reader()
                continue
            if any(cell.strip() for cell in cells):
                yield self._row(cells)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self._delimiter, strict=True)

    def _row(self, cells: list[str]) -> Row:
        line, raw = self._lines.first, self._lines.raw()
        if self._lines.undecodable:
            return Row(line, raw, refusal=_("it holds bytes that are not UTF-8; save the file as CSV UTF-8"))
        if self._own:
            cells = [columns.unguarded(cell) for cell in cells]
        named = dict(zip(reversed(self._names[: len(cells)]), reversed(cells[: len(self._names)]), strict=True))
        try:
            if named.get(_OWN, "").strip():
                return self._restored(line, raw, named[_OWN])
            record = columns.to_record(named, "," if self._delimiter == ";" else ".", self._titles)
            return Row(line, raw, record)
        except RecordError as error:
            return Row(line, raw, refusal=str(error))

    @staticmethod
    def _restored(line: int, raw: bytes, cell: str) -> Row:
        try:
            record, text = wire.finish(wire.parse(cell), cell)
        except RecordError as error:
            reason = _("its cell Refterm is damaged ({error}); empty it to import the other columns")
            return Row(line, raw, refusal=reason.format(error=error))
        return Row(line, raw, record, text, dated=True)


class _Lines:
    """Lines of text for the csv module, which takes as many as a row has; remembers them as they were.

    Attributes:
        first: the number of the first line taken, from 1.
        undecodable: whether one of those taken holds bytes that are no UTF-8.
    """

    def __init__(self, stream: BinaryIO, longest: int) -> None:
        self.first = 1
        self._stream = stream
        self._longest = longest
        self._taken: list[bytes] = []
        self._back: deque[bytes] = deque()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self._back.popleft() if self._back else self._stream.readline(self._longest)
        if not raw:
            raise StopIteration
        self._taken.append(raw)
        return raw.decode("utf-8", "surrogateescape")

    @property
    def undecodable(self) -> bool:
        try:
            self.raw().decode()
        except UnicodeDecodeError:
            return True
        return False

    def begin(self) -> None:
        """Forget what was taken: a new row begins."""
        self.first += len(self._taken)
        self._taken.clear()

    def keep_first(self) -> None:
        """Give back what was taken, but for the first line."""
        self._back.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]

    def raw(self) -> bytes:
        """What was taken, as it was."""
        return b"".join(self._taken)
