"""Text from outside: cleaned on the way in, cut and padded to terminal cells on the way out.

Width is counted in terminal cells, never with `len()`. Rich's tables are imported where they are used.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# C0 (but line feed), DEL, C1, bidirectional controls, lone surrogates: contract, section Import.
_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_BREAKS = re.compile("\r?\n|[\u2028\u2029]")
_CJK = re.compile(
    "([\u2e80-\u2fff\u3040-\u30ff\u3100-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])"
)


def clean(text: str) -> str:
    """Remove what a terminal would obey; line feeds stay, a tab becomes a space."""
    if not _FORBIDDEN.search(text):
        return text
    return _FORBIDDEN.sub("", text.replace("\t", " "))


def clean_line(text: str) -> str:
    """Clean a text that stands on one line: its line breaks become spaces."""
    return clean(_LINE_BREAKS.sub(" ", text))


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The text without case and accents, its blanks single: for comparing and sorting."""
    bare = text.casefold()
    if not bare.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c))
        bare = unicodedata.normalize("NFC", bare)  # Korean syllables were taken apart, too
    return " ".join(bare.split())


def split_cjk(text: str) -> str:
    """Put blanks around Chinese, Japanese and Korean characters, so that each can be searched for."""
    return _CJK.sub(r" \1 ", text) if not text.isascii() else text


@lru_cache(maxsize=8192)
def display(text: str) -> str:
    """The text as it may stand in one line of a terminal.

    Cleaned again (what is in the database may have come another way), without zero-width characters, and with at
    most one combining mark a letter, so that every terminal counts the same number of cells.
    """
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", clean_line(text)):
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            if marks or "\ufe00" <= character <= "\ufe0f":
                continue
            marks += 1
        elif category in ("Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp"):
            continue
        else:
            marks = 0
        kept.append(character)
    return "".join(kept)


def ascii_only(text: str) -> str:
    """The text for a terminal without UTF-8: accents dropped, what has no ASCII likeness as `?`."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c if c.isascii() else "?" for c in plain if not unicodedata.combining(c))


def width(text: str) -> int:
    """How many terminal cells the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, cells: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """The text cut or padded to exactly so many cells.

    Args:
        text: one line, already fit for display.
        cells: the width to fill.
        right: align to the right.
        ellipsis: what stands at the end of a text that was cut.
    """
    size = width(text)
    if size > cells:
        text = _cut(text, max(0, cells - len(ellipsis))) + ellipsis[:cells]
        size = width(text)
    pad = " " * (cells - size)
    return pad + text if right else text + pad


def _cut(text: str, cells: int) -> str:
    if text.isascii():
        return text[:cells]
    # A wide character at the edge would stick out: take the longest beginning that fits.
    taken = 0
    for index, character in enumerate(text):
        taken += width(character)
        if taken > cells:
            return text[:index]
    return text
