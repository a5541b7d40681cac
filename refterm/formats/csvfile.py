"""A CSV file, row by row, whatever spreadsheet wrote it: delimiter, title lines, line ends, quotes that are never closed."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from refterm.errors import RefTermError
from refterm.formats import table
from refterm.formats.table import HEADER_WITHIN, Raw
from refterm.i18n import _

DELIMITERS = ",;\t"
# Once a quote was found that is never closed, no cell of the file may have more lines than this: else each quote of such
# a file would be followed to the file's end.
MOST_LINES = 200
_SEPARATOR = re.compile(r'"?sep=(.)"?[;,\s]*', re.IGNORECASE)
_CTRL_Z = "\x1a"


def is_header(line: str) -> bool:
    """Whether a line names columns of Partner Center."""
    return table.is_header(_split(line)[1])


def is_beginning(line: str) -> bool:
    """Whether a CSV may begin so: with its header, or with Excel's line that names the delimiter."""
    return _SEPARATOR.fullmatch(line.strip()) is not None or is_header(line)


def _split(line: str, delimiters: str = DELIMITERS) -> tuple[str, list[str]]:
    """The delimiter and the titles of a header: the delimiter by which most of them are known."""
    splits = []
    for delimiter in delimiters:
        try:
            titles = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            titles = []  # no header of anybody's
        splits.append((delimiter, titles))
    return max(splits, key=lambda split: table.known(split[1]))


class CsvRows:
    """The rows of a CSV file.

    Attributes:
        header: its header line as it was.
        titles: the cells of that.
        line: the line on which it stands.
        decimal_comma: a spreadsheet separates by semicolons where decimals have a comma.
        guarded: texts that a spreadsheet would run have a `'` in front where refterm wrote the file.
    """

    guarded = True

    def __init__(self, stream: BinaryIO, longest: int) -> None:
        """Find the header.

        Raises:
            RefTermError: when there is none of Partner Center's.
        """
        # The cell with our own record can be longer than what the module allows at first.
        csv.field_size_limit(longest)
        self._lines = _Lines(stream, longest)
        self._find_header()
        self.decimal_comma = self._delimiter == ";"

    def _find_header(self) -> None:
        delimiters, seen = DELIMITERS, 0
        for line in self._lines:
            if not line.strip():
                self._lines.begin()
                continue
            seen += 1
            if named := _SEPARATOR.fullmatch(line.strip().lstrip("\ufeff")):
                delimiters = named[1]
            else:
                self._delimiter, self.titles = _split(line, delimiters)
                if table.is_header(self.titles):
                    self.header, self.line = self._lines.raw(), self._lines.first
                    return
            if seen >= HEADER_WITHIN:
                break
            self._lines.begin()
        raise RefTermError(
            _(
                "holds no referrals: its header has none of Partner Center's columns, separated by commas, semicolons or tabs"
            )
        )

    def __iter__(self) -> Iterator[Raw]:
        """The rows; empty ones are passed over."""
        lines, width = self._lines, len(self.titles)
        rows = self._reader()
        while True:
            lines.begin()
            try:
                cells = next(rows)
                if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                    raise csv.Error(_("it has more cells than the header"))
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is never closed swallows what follows: only the line on which it began is refused.
                if lines.count > MOST_LINES:
                    lines.most = MOST_LINES
                lines.keep_first()
                yield Raw(lines.first, lines.raw(), None, _("it is no CSV: {error}").format(error=error))
                rows = self._reader()
                continue
            if not any(map(str.strip, cells)) or (len(cells) == 1 and cells[0].strip() == _CTRL_Z):
                continue
            if lines.undecodable:
                refusal = _("it holds bytes that are not UTF-8; save the file as CSV UTF-8")
                yield Raw(lines.first, lines.raw(), None, refusal)
            else:
                yield Raw(lines.first, lines.raw(), cells)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self._delimiter, strict=True)


class _Lines:
    """Lines of text for the csv module, which takes as many as a row has; remembers them as they were.

    Attributes:
        first: the number of the first line taken, from 1.
        most: how many lines a row may have.
    """

    def __init__(self, stream: BinaryIO, longest: int) -> None:
        self.first = 1
        self.most = 0
        self._stream = stream
        self._longest = longest
        self._taken: list[bytes] = []
        self._back: deque[bytes] = deque()
        self._decoded = True
        self._cut = b""  # the beginning of a line that was too long to be read at once

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.most and len(self._taken) > self.most:
            raise csv.Error(_("a quote in it is not closed"))
        raw = self._back.popleft() if self._back else self._read()
        if not raw:
            raise StopIteration
        self._taken.append(raw)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self._decoded = False
            return raw.decode("utf-8", "surrogateescape")

    def _read(self) -> bytes:
        """The next line, which may end with a carriage return alone."""
        raw = self._cut + self._stream.readline(self._longest)
        self._cut = b""
        at = raw.find(b"\r")
        if at < 0 or raw.startswith(b"\r\n", at):
            return raw
        first, *rest = raw.splitlines(keepends=True)
        if rest and len(raw) >= self._longest and not rest[-1].endswith((b"\r", b"\n")):
            self._cut = rest.pop()
        self._back.extend(rest)
        return first

    @property
    def count(self) -> int:
        """How many lines were taken."""
        return len(self._taken)

    @property
    def undecodable(self) -> bool:
        """Whether one of those taken holds bytes that are no UTF-8."""
        if self._decoded:
            return False
        try:
            self.raw().decode()
        except UnicodeDecodeError:
            return True
        return False

    def begin(self) -> None:
        """Forget what was taken: a new row begins."""
        self.first += len(self._taken)
        self._taken.clear()
        self._decoded = True

    def keep_first(self) -> None:
        """Give back what was taken, but for the first line."""
        self._back.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]

    def raw(self) -> bytes:
        """What was taken, as it was."""
        return b"".join(self._taken)
