"""Files of referrals, record by record, whatever their shape.

A record that cannot be read is told with its line and the reason, and the next one follows.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO, Literal, get_args

from refterm.errors import RefTermError
from refterm.formats import csvfile, jsonfile
from refterm.formats.csvfile import CsvRows
from refterm.formats.decoding import CHUNK, Utf8
from refterm.formats.envelope import Pages
from refterm.formats.item import Item
from refterm.formats.jsonfile import LONGEST
from refterm.formats.judging import Choices
from refterm.formats.table import HEADER_WITHIN, Rows, Table
from refterm.i18n import _

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Format = Literal["auto", "json", "ndjson", "csv", "xlsx"]
FORMATS: tuple[str, ...] = get_args(Format)

_ZIP, _GZIP, _OLD_OFFICE = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_COMPRESSED = (_GZIP, b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"\x28\xb5\x2f\xfd")
_SNIFFED = 8
# What `curl -i` and recorders of calls write above the body of an answer.
_ANSWER = re.compile(r"(?:HTTP/[\d.]+ \d{3}[ -~]*\r?\n(?:[\w-]+:[ -~]*\r?\n)*\r?\n)+", re.ASCII)
_Opened = Callable[[], Rows]


class Reader:
    """The records of one file.

    Attributes:
        header: the header line of a CSV as it was, else empty; known once the first record was read.
        guesses: what was read in the documented form though nothing in the file says that it is written so, a sentence
            for each column; known once the first record was read.
    """

    def __init__(
        self,
        source: BinaryIO,
        *,
        name: str,
        format: Format = "auto",  # noqa: A002
        choices: Choices = Choices(),
    ) -> None:
        self.header = b""
        self.guesses: list[str] = []
        self._source = source
        self._name = name
        self._format = format
        self._choices = choices
        self._input: Utf8 | None = None
        self._before = 0

    @property
    def is_file(self) -> bool:
        """Whether it is a file, which can be read again, and not a pipe."""
        return _is_seekable(self._source)

    @property
    def taken(self) -> int:
        """How many bytes of the file were read so far."""
        return self._before + (self._input.taken if self._input else 0)

    def __iter__(self) -> Iterator[Item]:
        """The records in the order of the file.

        Raises:
            RefTermError: when the file holds no referrals in any shape that is known.
        """
        source, start = self._source, None
        if _is_seekable(source):
            start = source.tell()
            head = source.read(_SNIFFED)
            source.seek(start)
        else:
            # It can be read once only: what is looked at has to come again.
            buffered = io.BufferedReader(_Raw(source), CHUNK)
            head = buffered.peek(_SNIFFED)[:_SNIFFED]
            source = buffered
        if self._format == "xlsx" or (self._format == "auto" and head.startswith(_ZIP)):
            yield from self._workbook(source)
            return
        if self._format == "auto":
            _refuse_binary(head)
        self._input = Utf8(source)
        stream = io.BufferedReader(self._input, CHUNK)
        # Before a peek, that nothing was read yet, so it is as long as the buffer.
        beginning = stream.peek(CHUNK).decode("utf-8", "replace")
        if not beginning.strip(" \t\r\n\x1a\x00"):
            raise RefTermError(_("is empty: it holds no referrals"))
        answer = _ANSWER.match(beginning)
        above = answer[0] if answer else ""
        shape = self._format if self._format != "auto" else detect(beginning[len(above) :], self._name)
        if shape == "csv":
            yield from self._csv(source, start, stream)
            return
        stream.read(len(above.encode()))
        pages = Pages()
        records = jsonfile.lines if shape == "ndjson" else jsonfile.documents
        if above:
            yield from (item._replace(line=item.line + above.count("\n")) for item in records(stream, pages))
        else:
            yield from records(stream, pages)
        if missing := pages.missing:
            yield Item(1, b"", warnings=(missing,))

    def _csv(self, source: BinaryIO, start: int | None, stream: BinaryIO) -> Iterator[Item]:
        """The rows of a CSV, which is read twice: its columns of dates and amounts are judged before the first row."""
        if start is None:
            # Made for its owner only, and without a name where the system can do that.
            with tempfile.TemporaryFile() as spool:
                shutil.copyfileobj(stream, spool)
                spool.seek(0)
                yield from self._csv(spool, 0, stream)
            return

        def opened() -> Rows:
            source.seek(start)
            self._input = Utf8(source)
            return CsvRows(io.BufferedReader(self._input, CHUNK), LONGEST)

        yield from self._table(opened)

    def _workbook(self, source: BinaryIO) -> Iterator[Item]:
        from refterm.formats import workbook

        content = source.read()
        self._before = len(content)
        yield from self._table(lambda: workbook.SheetRows(content))

    def _table(self, opened: _Opened) -> Iterator[Item]:
        rows = Table(opened, self._choices)
        self.header, self.guesses = rows.header, rows.guesses
        for line, remark in rows.remarks:
            yield Item(line, b"", warnings=(remark,))
        for row in rows:
            yield Item(row.line, row.raw, row.record, row.text, row.refusal, row.dated, row.warnings, row.edits)


class _Raw(io.RawIOBase):
    """A stream that can be read once, for buffering."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer; 0 at the end."""
        view = memoryview(buffer).cast("B")
        block = self._source.read(len(view))
        view[: len(block)] = block
        return len(block)


def detect(head: str, name: str) -> Literal["json", "ndjson", "csv"]:
    """The shape of a file from its beginning; its name counts only where that tells nothing.

    Raises:
        RefTermError: when it is none.
    """
    suffix = PurePath(name).suffix.lower()
    first = head.lstrip() or " "
    if first[0] == "[" and not _is_list_of_lines(first):
        return "json"
    if first[0] == "{" and jsonfile.is_page(first):
        return "json"
    lines = first.splitlines()
    if first[0] not in "{[" and any(csvfile.is_beginning(line) for line in lines[:HEADER_WITHIN]):
        return "csv"
    if any(_is_record(line) for line in lines) or suffix in (".ndjson", ".jsonl"):
        return "ndjson"
    if first[0] in '{["':
        return "json"
    if first[0] == "<":
        raise RefTermError(_("holds no referrals: it is a web page, perhaps one to sign in; download the file again"))
    if suffix == ".csv":
        raise RefTermError(
            _(
                "holds no referrals: its header has none of Partner Center's columns, separated by commas, semicolons or tabs"
            )
        )
    raise RefTermError(_("holds no referrals: it is neither JSON nor a CSV of Partner Center"))


def _is_record(line: str) -> bool:
    return line.startswith("{") and line.rstrip(" \t,").endswith("}") and len(line) > len("{}\n")


def _is_list_of_lines(text: str) -> bool:
    """Whether what begins with a list is rather one value a line: the list is closed on its line and more follows."""
    line, _end, rest = text.partition("\n")
    return line.rstrip().endswith("]") and _is_record(rest.lstrip().partition("\n")[0])


def _refuse_binary(head: bytes) -> None:
    """Refuse what is no text, naming it.

    Raises:
        RefTermError: saying what to do.
    """
    if head.startswith(_COMPRESSED):
        raise RefTermError(_("holds no referrals: it is compressed; unpack it first"))
    if head.startswith(_ZIP):
        raise RefTermError(
            _("holds no referrals: it is a workbook or an archive; say --format xlsx, or unpack it first")
        )
    if head.startswith(_OLD_OFFICE):
        raise RefTermError(_("holds no referrals: it is a workbook of the old form; save it as .xlsx or CSV UTF-8"))


def _is_seekable(source: BinaryIO) -> bool:
    try:
        return source.seekable()
    except (AttributeError, OSError):
        return False
