"""A JSON file, record by record, whatever stands around them; never a whole file at once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from refterm.errors import RefTermError
from refterm.formats import api_json, envelope
from refterm.formats.api_json import RecordError
from refterm.formats.envelope import Pages
from refterm.formats.item import Item
from refterm.i18n import _

CHUNK = 1 << 18
# A longer line holds no referral; without a bound, one file without line ends would fill the memory.
LONGEST = 1 << 25

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SCALARS = rf"(?:{_STRING}\s*:\s*(?:{_STRING}|[\w.+-]+)\s*,\s*)*+"
_LIST = rf'"(?i:{"|".join(envelope.LISTS)})"\s*:\s*\[(?=\s*[{{\]]|\s*$)'
_HOLDER = rf'"(?i:{"|".join(envelope.HOLDERS)})"\s*:\s*\{{\s*{_SCALARS}'
# A page of the API: what stands before its list are scalars; an SDK or a flow may put an object around it.
_PAGE = re.compile(rf"\s*\{{\s*{_SCALARS}({_HOLDER})?{_LIST}", re.DOTALL)
_IDENTITY = re.compile(r'"[iI]d"\s*:')
_COUNT = re.compile(rf'"(?:{"|".join(map(re.escape, envelope.COUNTS))})"\s*:\s*"?([0-9]{{1,9}})')
_NEXT = re.compile(rf'"(?:{"|".join(map(re.escape, envelope.NEXT))})"\s*:\s*"[^"]')
# What stands beside a page's list is looked at so far.
_BESIDE = 4096
# What gives JSON its structure. A string that is not closed ends with its line, so that it spoils only that.
_TOKEN = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+(?:"|(\n))|(")|[\[\]{},]', re.DOTALL)
_BLANKS = re.compile(r"[ \t\r\n\x1a]*")


def is_page(text: str, start: int = 0) -> bool:
    """Whether a page of the API begins there: an object that holds the list of records."""
    page = _PAGE.match(text, start)
    return page is not None and not _IDENTITY.search(page[0])


def lines(stream: BinaryIO, pages: Pages) -> Iterator[Item]:
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
            text = raw.decode().strip(" \t\r\n\x1a").removesuffix(",").rstrip()
            # The brackets of a list that has an element a line are no records.
            if text and text not in ("[", "]"):
                yield from _finished(number, raw, api_json.parse(text), text, pages)
        except UnicodeDecodeError as error:
            yield Item(number, raw, refusal=undecodable(error))
        except RecordError as error:
            yield Item(number, raw, refusal=str(error))


def undecodable(error: UnicodeDecodeError) -> str:
    """Why bytes are no text."""
    return _("byte {n} is not UTF-8").format(n=error.start + 1)


def documents(stream: BinaryIO, pages: Pages) -> Iterator[Item]:
    """JSON values one after the other: objects, lists of them, pages."""
    window = _Window(stream)
    while first := window.next():
        if first == ",":
            window.skip(1)
        elif first == "[":
            window.skip(1)
            yield from _elements(window, pages)
        elif first == "{" and (page := window.match_page()):
            yield from _page(window, *page, pages)
        else:
            yield from _one(window, pages)


def _page(window: _Window, length: int, depth: int, pages: Pages) -> Iterator[Item]:
    """The records of a page, and what stands beside its list."""
    beside = window.take(length)
    before = window.elements
    yield from _elements(window, pages)
    pages.seen += window.elements - before
    parts = [beside[:_BESIDE]]
    for _level in range(depth):
        while (first := window.next()) != "}":
            if not first:
                yield from _cut(window)
                return
            parts.append(window.take(1) if first == "," else window.value()[1][:_BESIDE])
        window.skip(1)
    text = "".join(parts)
    pages.more = _NEXT.search(text) is not None
    if stated := _COUNT.search(text):
        pages.total = int(stated[1])


def _elements(window: _Window, pages: Pages) -> Iterator[Item]:
    """The elements of a list, up to its end."""
    while (first := window.next()) != "]":
        if not first:
            yield from _cut(window)
            return
        if first == ",":
            window.skip(1)
        else:
            window.elements += 1
            yield from _one(window, pages)
    window.skip(1)


def _cut(window: _Window) -> Iterator[Item]:
    """Say once that the file ends too early."""
    if not window.cut:
        window.cut = True
        yield Item(window.line, b"", refusal=_("the file ends before its list does"))


def _one(window: _Window, pages: Pages) -> Iterator[Item]:
    """The record that begins here."""
    line = window.line
    value, text, refusal = window.value()
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogateescape")
        refusal = refusal or _("it holds bytes that are not UTF-8")
    if refusal is None:
        yield from _finished(line, raw, value, text, pages)
    else:
        yield Item(line, raw, refusal=refusal)


def _finished(line: int, raw: bytes, value: object, text: str, pages: Pages) -> Iterator[Item]:
    """A decoded record, cleaned; what has no id but holds a list of records stands for these."""
    if not (isinstance(value, dict) and "id" in value):
        if within := envelope.unwrapped(value, pages):
            for one, again in envelope.elements(within):
                yield _item(line, again.encode("utf-8", "replace"), one, again)
            return
        if within is not None and isinstance(value, dict):
            return  # an empty page
    yield _item(line, raw, value, text)


def _item(line: int, raw: bytes, value: object, text: str) -> Item:
    try:
        if isinstance(value, dict):
            envelope.check_kind(value)
            if "Id" in value and "id" not in value:
                value = envelope.in_api_letters(api_json.cleaned(value))
                text = api_json.dumps(value)
        record, kept = api_json.finish(value, text)
        return Item(line, raw, record, kept)
    except RecordError as error:
        return Item(line, raw, refusal=str(error))


class _Window:
    """A part of a JSON text that moves on over the file.

    Attributes:
        line: the line of the present position, from 1.
        cut: the file ended within a value, and that was told.
        elements: how many elements of lists were seen.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.line = 1
        self.cut = False
        self.elements = 0
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
        """Move on by `count` characters."""
        self.line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def take(self, count: int) -> str:
        """Move on by `count` characters and return them."""
        text = self._text[self._at : self._at + count]
        self.skip(count)
        return text

    def match_page(self) -> tuple[int, int] | None:
        """How long the beginning of a page is, up to and with the bracket of its list, and how many objects it opens."""
        if len(self._text) - self._at < CHUNK // 4:
            self._more()
        page = _PAGE.match(self._text, self._at)
        if page is None or _IDENTITY.search(page[0]):
            return None
        return page.end() - self._at, 2 if page[1] else 1

    def value(self) -> tuple[object, str, str | None]:
        """The JSON value that begins here, its text, and why it cannot be read; the window then stands after it."""
        while True:
            value: object = None
            refusal: str | None = _("it is no object")
            end: int | None = None
            if self._text[self._at] in '{"':
                try:
                    value, end = api_json.decode(self._text, self._at)
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
    open_now = {"[": 0, "{": 0}
    for token in _TOKEN.finditer(text, start):
        kind = token[0][0]
        if kind in "[{":
            opened.append(kind)
            open_now[kind] += 1
        elif kind in "]}":
            opener = "[" if kind == "]" else "{"
            if not open_now[opener]:
                # It closes what holds the value; but something must be taken.
                return max(token.start(), start + 1)
            while (last := opened.pop()) != opener:
                open_now[last] -= 1
            open_now[opener] -= 1
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
