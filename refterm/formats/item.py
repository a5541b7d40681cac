"""One record of a file, or why it cannot be read."""

from __future__ import annotations

from typing import NamedTuple

from refterm.formats.api_json import Json
from refterm.formats.edits import Edits


class Item(NamedTuple):
    """One record of a file, or why it cannot be read.

    Attributes:
        line: the line on which it begins, from 1.
        raw: the input as it was.
        record: in the API's shape, cleaned; None where it is refused.
        text: its JSON, where that can be kept as it is.
        refusal: the reason, a sentence; None for the rest of an input that was refused already, and for a remark.
        dated: whether it must state when it was created; the CSV cannot.
        warnings: what in it cannot be read and is left out; or, without a record, a remark on the whole file.
        edits: what was changed in a row of our own export.
    """

    line: int
    raw: bytes
    record: Json | None = None
    text: str | None = None
    refusal: str | None = None
    dated: bool = True
    warnings: tuple[str, ...] = ()
    edits: Edits | None = None
