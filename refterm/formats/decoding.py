"""A file as UTF-8 without byte order mark, whatever it was in."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO

from refterm.errors import RefTermError
from refterm.i18n import _

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 1 << 18
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Enough to tell UTF-16 without a mark by the zeros of its ASCII letters.
_LOOKED_AT = 256


class Utf8(io.RawIOBase):
    """A file as UTF-8 without byte order mark, whatever it was in.

    Attributes:
        taken: how many bytes of the file were read.
    """

    def __init__(self, source: BinaryIO) -> None:
        self.taken = 0
        self._source = source
        self._decoder: codecs.IncrementalDecoder | None = None
        self._ready = self._block(CHUNK)
        if self._ready.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            raise RefTermError(_("is UTF-32; save it as UTF-8"))
        self._ready = self._ready.removeprefix(codecs.BOM_UTF8)
        for mark, encoding in _MARKS:
            if self._ready.startswith(mark) or _without_mark(self._ready) == encoding:
                self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
                self._ready = self._utf8(self._ready.removeprefix(mark))
                break

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


def _without_mark(head: bytes) -> str | None:
    """The form of UTF-16 that a text without a mark is in, by where its zeros stand; None for any other text."""
    seen = head[:_LOOKED_AT]
    zeros = (seen[::2].count(0), seen[1::2].count(0))
    if len(seen) < 4 or max(zeros) * 4 < len(seen) or min(zeros):
        return None
    return "utf-16-be" if zeros[0] else "utf-16-le"
