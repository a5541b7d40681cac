"""Single values as files from outside write them: yes and no, identities, D-U-N-S numbers, entities and stray blanks."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

_YES = frozenset(["true", "yes", "1", "1.0", "y", "t", "on", "x", "wahr", "ja", "verdadero", "sí", "si", "vrai", "oui"])
_NO = frozenset(["false", "no", "0", "0.0", "n", "f", "off", "falsch", "nein", "falso", "faux", "non"])
_DUNS = re.compile(r"[0-9][0-9 .-]*")
# A spreadsheet's way to keep a number as text: ="081466849".
_KEPT_TEXT = re.compile(r'="([^"]*)"|=([0-9][0-9.,]*)')
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BLANKS = re.compile(r"\s{2,}")
# A blank before a quote that closes a text. It begins with plain letters, so that it is searched for fast.
_BLANK_END = re.compile(r' "[,}\]:]')

# The parts of a record in which people's texts stand; the rest stays to the letter.
_TEXTS = ("name", "externalReferenceId", "campaignId", "statusReason", "organizationName")
_OBJECTS = ("customerProfile", "details", "team", "inviteContext")
_WITH_LINES = frozenset(["notes"])


def yes(value: object) -> bool | None:
    """Yes or no in every usual form; None for what is neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return bool(value) if value in (0, 1) else None
    if isinstance(value, str):
        word = value.strip().casefold()
        return True if word in _YES else False if word in _NO else None
    return None


def duns(text: str) -> str | None:
    """A D-U-N-S number: its nine digits; None for what is none.

    Spreadsheets drop the zeros in front, and add a fraction; Dun & Bradstreet print it with hyphens.
    """
    bare = kept_text(text).strip()
    whole, point, fraction = bare.partition(".")
    if point and not fraction.strip("0"):
        bare = whole
    if not _DUNS.fullmatch(bare):
        return None
    digits = re.sub(r"[^0-9]", "", bare)
    return digits.zfill(9) if len(digits) <= 9 and digits.strip("0") else None


def kept_text(cell: str) -> str:
    """A cell without what spreadsheets put around a number that is to stay a text: `="012"`, `'012`."""
    if cell.startswith("'"):
        return cell[1:]
    kept = _KEPT_TEXT.fullmatch(cell) if cell.startswith("=") else None
    return (kept[1] if kept[1] is not None else kept[2]) if kept else cell


def is_untidy(text: str) -> bool:
    """Whether the JSON text of a record may hold entities or stray blanks: doubled ones, or at the ends of a text.

    Searching for plain texts is many times faster than a pattern, and every record of every import is asked.
    """
    if "  " in text or '" ' in text or _BLANK_END.search(text):
        return True
    return "&" in text and has_entity(text)


def has_entity(text: str) -> bool:
    """Whether an HTML entity stands in the text."""
    return _ENTITY.search(text) is not None


def tidied(text: str, *, lines: bool = False) -> str:
    """A text from outside with its entities decoded, once; a text of one line without stray blanks."""
    if "&" in text and ";" in text:
        text = _ENTITY.sub(_decoded, text)
    if lines:
        return text
    return _BLANKS.sub(" ", text).strip()


def tidied_record(record: dict[str, Any]) -> dict[str, Any]:
    """A record from outside with the texts of people in it tidied."""
    result = dict(record)
    for key in _TEXTS:
        if isinstance(value := result.get(key), str):
            result[key] = tidied(value)
    for key in _OBJECTS:
        if key in result:
            result[key] = _tidied_within(result[key])
    return result


def _tidied_within(value: Any, *, lines: bool = False) -> Any:
    if isinstance(value, str):
        return tidied(value, lines=lines)
    if isinstance(value, dict):
        return {key: _tidied_within(inner, lines=key in _WITH_LINES) for key, inner in value.items()}
    if isinstance(value, list):
        return [_tidied_within(inner, lines=lines) for inner in value]
    return value


def _decoded(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])
