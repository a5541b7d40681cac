"""Files of referrals, record by record, whatever their shape; never a whole file at once.

A record that cannot be read is told with its line and the reason, and the next one follows.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO, Literal, get_args

from refterm.errors import RefTermError
from refterm.formats import table, wire
from refterm.formats.wire import Json, RecordError
from refterm.i18n import _

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Format = Literal["auto", "json", "ndjson", "csv"]
FORMATS: tuple[str, ...] = get_args(Format)

CHUNK = 1 << 18
# A longer line holds no referral; without a bound, one file without line ends would fill the memory.
LONGEST = 1 << 25

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# A page of the API: what stands before its list are scalars.
_PAGE = re.compile(rf'\s*\{{\s*(?:{_STRING}\s*:\s*(?:{_STRING}|[\w.+-]+)\s*,\s*)*+"value"\s*:\s*\[', re.S)
_IDENTITY = re.compile(r'"id"\s*:')
# What gives JSON its structure. A string that is not closed ends with its line, so that it spoils only that.
_TOKEN = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+(?:"|(\n))|(")|[\[\]{},]', re.S)
_BLANKS = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Item:
    """One record of a file, or why it cannot be read.

    Attributes:
        line: the line on which it begins, from 1.
        raw: the input as it was.
        record: in the API's shape, cleaned; None where it is refused.
        text: its JSON, where that can be kept as it is.
        refusal: the reason, a sentence; None for the rest of an input that was refused already.
        dated: whether it must state when it was created; the CSV cannot.
    """

    line: int
    raw: bytes
    record: Json | None = None
    text: str | None = None
    refusal: str | None = None
    dated: bool = True


class Reader:
    """The records of one file.

    Attributes:
        header: the header line of a CSV as it was, else empty; known once the first record was read.
    """

    def __init__(self, source: BinaryIO, *, name: str, format: Format = "auto") -> None:  # noqa: A002
        self.header = b""
        self._input = _Utf8(source)
        self._stream = io.BufferedReader(self._input, CHUNK)
        self._name = name
        self._format = format

    @property
    def taken(self) -> int:
        """How many bytes of the file were read so far."""
        return self._input.taken

    def __iter__(self) -> Iterator[Item]:
        """The records in the order of the file.

        Raises:
            RefTermError: when the file holds no referrals in any shape that is known.
        """
        # Before a peek, that nothing was read yet, so it is as long as the buffer.
        shape = self._format if self._format != "auto" else detect(self._peek(), self._name)
        if shape == "csv":
            yield from self._csv()
        elif shape == "ndjson":
            yield from _lines(self._stream)
        else:
            yield from _documents(_Window(self._stream))

    def _peek(self) -> str:
        return self._stream.peek(CHUNK).decode("utf-8", "replace")

    def _csv(self) -> Iterator[Item]:
        rows = table.Table(self._stream, LONGEST)
        self.header = rows.header
        for row in rows:
            yield Item(row.line, row.raw, row.record, row.text, row.refusal, row.dated)


def detect(head: str, name: str) -> Literal["json", "ndjson", "csv"]:
    """The shape of a file from its beginning, with its name as a hint.

    Raises:
        RefTermError: when it is none.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in (".ndjson", ".jsonl"):
        return "ndjson"
    first = head.lstrip()
    if not first:
        return "ndjson"
    if first[0] == "[" and not _is_list_of_lines(first):
        return "json"
    if first[0] == "{" and is_page(first):
        return "json"
    lines = first.splitlines()
    if table.is_header(lines[0]):
        return "csv"
    if any(_is_record(line) for line in lines):
        return "ndjson"
    if first[0] in "{[":
        return "json"
    if suffix == ".csv":
        raise RefTermError(_("holds no referrals: its header has none of Partner Center's columns"))
    raise RefTermError(_("holds no referrals: it is neither JSON nor a CSV of Partner Center"))


def is_page(text: str, start: int = 0) -> bool:
    """Whether a page of the API begins there: an object whose `value` is the list of records."""
    page = _PAGE.match(text, start)
    return page is not None and not _IDENTITY.search(page[0])


def _is_record(line: str) -> bool:
    return line.startswith("{") and line.rstrip().endswith("}") and len(line) > len("{}\n")


def _is_list_of_lines(text: str) -> bool:
    """Whether what begins with a list is rather one value a line: the list is closed on its line and more follows."""
    line, _end, rest = text.partition("\n")
    return line.rstrip().endswith("]") and _is_record(rest.lstrip().partition("\n")[0])


def _lines(stream: BinaryIO) -> Iterator[Item]:
    """One JSON object a line; blank lines are passed over."""
    number = 0
    while raw := stream.readline(LONGEST):
        number += 1
        if len(raw) >= LONGEST and not raw.endswith(b"\n"):
            yield Item(number, raw, refusal=_("the line is too long"))
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(LONGEST)
                yield Item(number, raw)
            continue
        try:
            text = raw.decode().strip(" \t\r\n")
            if text:
                yield from _finished(number, raw, wire.parse(text), text)
        except UnicodeDecodeError as error:
            yield Item(number, raw, refusal=undecodable(error))
        except RecordError as error:
            yield Item(number, raw, refusal=str(error))


def undecodable(error: UnicodeDecodeError) -> str:
    """Why bytes are no text."""
    return _("byte {n} is not UTF-8").format(n=error.start + 1)


def _documents(window: _Window) -> Iterator[Item]:
    """JSON values one after the other: objects, lists of them, pages."""
    while first := window.next():
        if first == "[":
            window.skip(1)
            yield from _elements(window)
        elif first == "{" and (page := window.match_page()):
            window.skip(page)
            yield from _elements(window)
            yield from _rest_of_page(window)
        else:
            yield from _one(window)


def _elements(window: _Window) -> Iterator[Item]:
    """The elements of a list, up to its end."""
    while (first := window.next()) != "]":
        if not first:
            yield from _cut(window)
            return
        if first == ",":
            window.skip(1)
        else:
            yield from _one(window)
    window.skip(1)


def _rest_of_page(window: _Window) -> Iterator[Item]:
    while (first := window.next()) != "}":
        if not first:
            yield from _cut(window)
            return
        window.skip(1) if first == "," else window.value()
    window.skip(1)


def _cut(window: _Window) -> Iterator[Item]:
    """Say once that the file ends too early."""
    if not window.cut:
        window.cut = True
        yield Item(window.line, b"", refusal=_("the file ends before its list does"))


def _one(window: _Window) -> Iterator[Item]:
    """The record that begins here."""
    line = window.line
    value, text, refusal = window.value()
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogateescape")
        refusal = refusal or _("it holds bytes that are not UTF-8")
    if refusal is None:
        yield from _finished(line, raw, value, text)
    else:
        yield Item(line, raw, refusal=refusal)


def _finished(line: int, raw: bytes, value: object, text: str) -> Iterator[Item]:
    """A decoded record, cleaned; what has no id but a list of records stands for these."""
    if isinstance(value, dict) and "id" not in value and isinstance(value.get("value"), list):
        for one in value["value"]:
            again = wire.dumps(one)
            yield _item(line, again.encode("utf-8", "replace"), one, again)
    else:
        yield _item(line, raw, value, text)


def _item(line: int, raw: bytes, value: object, text: str) -> Item:
    try:
        record, kept = wire.finish(value, text)
        return Item(line, raw, record, kept)
    except RecordError as error:
        return Item(line, raw, refusal=str(error))


class _Window:
    """A part of a JSON text that moves on over the file.

    Attributes:
        line: the line of the present position, from 1.
        cut: the file ended within a value, and that was told.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.line = 1
        self.cut = False
        self._stream = stream
        # Bytes that are not UTF-8 become lone surrogates, so that they spoil only their record.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._at = 0

    def next(self) -> str:
        """The next character that is no blank, where the window then stands; empty at the end of the file."""
        while True:
            blanks = _BLANKS.match(self._text, self._at)
            if blanks is not None:
                self.skip(blanks.end() - self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self, count: int) -> None:
        """Move on by so many characters."""
        self.line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def match_page(self) -> int:
        """How long the beginning of a page is, up to and with the bracket of its list; 0 where none begins here."""
        if len(self._text) - self._at < CHUNK // 4:
            self._more()
        if not is_page(self._text, self._at):
            return 0
        page = _PAGE.match(self._text, self._at)
        return page.end() - self._at if page else 0

    def value(self) -> tuple[object, str, str | None]:
        """The JSON value that begins here, its text, and why it cannot be read; the window then stands after it."""
        while True:
            value: object = None
            refusal: str | None = _("it is no object")
            end: int | None = None
            if self._text[self._at] == "{":
                try:
                    value, end = wire.decode(self._text, self._at)
                    refusal = None
                except RecordError as error:
                    refusal = str(error)
            if end is None:
                end = _end_of_value(self._text, self._at)
            if end is None and self._more():
                continue
            if end is None:
                end, refusal, self.cut = len(self._text), _("the file ends before it does"), True
            text = self._text[self._at : end]
            self.skip(end - self._at)
            return value, text, refusal

    def _more(self) -> bool:
        """Read on; False at the end of the file. What was passed is forgotten."""
        rest = self._text[self._at :]
        if len(rest) > LONGEST:
            raise RefTermError(
                _("line {line}: the record is too long; nothing after it was read").format(line=self.line)
            )
        # At least as much as is there already, so that a long record is not looked through again and again.
        block = self._stream.read(max(CHUNK, len(rest)))
        new = self._decoder.decode(block, final=not block)
        self._text, self._at = rest + new, 0
        return bool(block) or bool(new)


def _end_of_value(text: str, start: int) -> int | None:
    """Where a value ends that cannot be decoded, as well as its brackets tell; None where the text is too short to say."""
    opened: list[str] = []
    for token in _TOKEN.finditer(text, start):
        kind = token[0][0]
        if kind in "[{":
            opened.append(kind)
        elif kind in "]}":
            opener = "[" if kind == "]" else "{"
            if opener not in opened:
                # It closes what holds the value; but something must be taken.
                return max(token.start(), start + 1)
            while opened.pop() != opener:
                pass
            if not opened:
                return token.end()
        elif kind == "," and not opened:
            return max(token.start(), start + 1)
        elif token[2]:
            return None
        elif token[1] and (line := token[0].rstrip()).endswith(("}", "},")):
            # The string that is not closed has swallowed the end of a value on one line.
            return token.start() + len(line.removesuffix(","))
    return None


class _Utf8(io.RawIOBase):
    """A file as UTF-8 without byte order mark, whatever it was in.

    Attributes:
        taken: how many bytes of the file were read.
    """

    def __init__(self, source: BinaryIO) -> None:
        self.taken = 0
        self._source = source
        self._decoder: codecs.IncrementalDecoder | None = None
        self._ready = self._block(CHUNK)
        if self._ready.startswith(codecs.BOM_UTF8):
            self._ready = self._ready.removeprefix(codecs.BOM_UTF8)
        for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
            if self._ready.startswith(mark):
                self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
                self._ready = self._utf8(self._ready.removeprefix(mark))

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer; 0 at the end of the file."""
        view = memoryview(buffer).cast("B")
        while not self._ready:
            block = self._block(len(view))
            if not block and not self._decoder:
                return 0
            self._ready = self._utf8(block)
            if not block and not self._ready:
                return 0
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _block(self, size: int) -> bytes:
        block = self._source.read(size)
        self.taken += len(block)
        return block

    def _utf8(self, block: bytes) -> bytes:
        if self._decoder is None:
            return block
        try:
            text = self._decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            self._decoder.reset()
            text = "\ufffd"  # half a character at the end
        # Lone surrogates are no text; they would be removed anyway.
        return text.encode("utf-8", "ignore")
