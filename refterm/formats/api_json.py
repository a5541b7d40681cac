"""Partner Center's JSON: read with exact numbers, cleaned once on the way in, written as it came."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from refterm.errors import RefTermError
from refterm.formats import values
from refterm.i18n import _
from refterm.text import clean, clean_line

Json = dict[str, Any]

MAX_DEPTH = 64
# The object in which refterm's own exports keep what Partner Center's shape has no place for.
OWN = "refterm"
# Texts that may have lines: what the customer wrote, the sender's message, notes of deals and reasons.
_WITH_LINES = frozenset(["notes", "reason_notes"])
# Any escape but those of a quote, a backslash and a slash may hide what must be cleaned.
_ESCAPE = re.compile(r'\\[^"\\/]')
_INDENT = re.compile(r"\n[ \t]*")
# A Decimal is written as a text with a mark in front, and then made a number. No text from outside can have the mark: it
# is another one each time the program runs.
_MARK = f"\0{os.urandom(8).hex()}:"
_MARKED = re.compile(rf'"\\u0000{_MARK[1:]}([^"]*)"')


class RecordError(RefTermError):
    """One record cannot be read: the sentence says why; the others come in."""


def decode(text: str, start: int = 0) -> tuple[Any, int]:
    """The JSON value that begins at a position, and where it ends; decimals are exact.

    Raises:
        RecordError: where there is none, or it is more than this program can hold.
    """
    try:
        return _decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise RecordError(
            _("it is no JSON: {error} at character {n}").format(error=error.msg, n=error.pos - start + 1)
        ) from None
    except RecursionError:
        raise RecordError(_("it is nested too deeply")) from None
    except (ValueError, ArithmeticError):
        raise RecordError(_("a number in it is too long")) from None


def parse(text: str) -> Any:
    """The JSON value that is the whole text; see `decode`.

    Raises:
        RecordError: when there is none, or more than one.
    """
    value, end = decode(text)
    if text[end:].strip():
        raise RecordError(_("it is no JSON: more follows after character {n}").format(n=end))
    return value


def finish(value: Any, text: str) -> tuple[Json, str | None]:
    """A decoded record, cleaned and tidied, and its text where that can be kept as it is.

    What refterm wrote itself is cleaned only: its texts were tidied when they came, or are people's own.

    Raises:
        RecordError: when it is no object, or nested too deeply.
    """
    if not isinstance(value, dict) or isinstance(value, NotANumber):
        raise RecordError(_("it is no object"))
    if text.count("{") + text.count("[") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise RecordError(_("it is nested too deeply"))
    # Line breaks between the values of a record that is written on many lines are no part of its texts.
    in_lines = "\n" in text
    bare = _INDENT.sub("", text) if in_lines else text
    plain = bare.isprintable() and not _ESCAPE.search(bare)
    outside = OWN not in value
    if plain and not (outside and values.is_untidy(bare)):
        # NaN and Infinity are no JSON, so that such a text cannot be kept.
        return value, None if in_lines or "NaN" in text or "Infinity" in text else text
    result = value if plain else cleaned(value)
    return (values.tidied_record(result) if outside and OWN not in result else result), None


def is_altered(text: str) -> bool:
    """Whether an import may keep a record with this in its text otherwise than as it came: cleaned, or without NaN."""
    return "\\" in text or not text.isprintable() or "NaN" in text or "Infinity" in text


def cleaned(value: Any, *, lines: bool = False) -> Any:
    """The value with every text in it cleaned, keys too; only notes keep their lines."""
    if isinstance(value, str):
        if value.isprintable():
            return value
        return clean(value) if lines else clean_line(value)
    if isinstance(value, dict):
        return {cleaned(key): cleaned(inner, lines=key in _WITH_LINES) for key, inner in value.items()}
    if isinstance(value, list):
        return [cleaned(inner, lines=lines) for inner in value]
    return value


def dumps(value: Any) -> str:
    """JSON in one line with readable letters; a Decimal is the number with its digits."""
    text = _encoder.encode(value)
    return _MARKED.sub(r"\1", text) if "\\u0000" in text else text


def known(text: str | None) -> Json:
    """A record that was stored; an empty one where it cannot be read any more."""
    try:
        value = decode(text)[0] if text else {}
    except RecordError:
        return {}
    return value if isinstance(value, dict) else {}


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Json:
    """The older record with what the newer one states put over it; what that does not mention stays."""
    result = dict(old)
    for key, value in new.items():
        present = result.get(key)
        result[key] = merged(present, value) if isinstance(present, dict) and isinstance(value, dict) else value
    return result


def _marked(value: object) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(f"no JSON for {type(value)}")
    return f"{_MARK}{value}"


def _is_deeper(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_is_deeper(one, depth - 1) for one in inner)


class NotANumber(dict[str, Any]):
    """Stands for NaN and Infinity, from which no field can be read."""


def _constant(name: str) -> Json:
    return NotANumber(number=name)


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_marked)
_decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=_constant)
