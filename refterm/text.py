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
# What cannot be seen, or what terminals do not agree about: format characters and variation selectors.
_INVISIBLE = ("Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp")
_GUID = re.compile(r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?", re.IGNORECASE)
# The longest text that stands in an index, in characters: a PostgreSQL index takes 2,700 bytes.
LONGEST_KEY = 400
_TWO_POINTS = re.compile(r"(?<!\.)\.\.(?!\.)")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Thai and Hebrew need two marks on a letter; more only disturb the lines above and below.
_MOST_MARKS = 2
# A pair of these is a flag to some terminals and two letters to others.
_REGIONAL = {0x1F1E6 + n: chr(ord("A") + n) for n in range(26)}


def clean(text: str) -> str:
    """Remove what a terminal would obey; line feeds stay, a tab becomes a space."""
    if not _FORBIDDEN.search(text):
        return text
    return _FORBIDDEN.sub("", text.replace("\t", " "))


def clean_line(text: str) -> str:
    """Clean a text that stands on one line: its line breaks become spaces."""
    return clean(_LINE_BREAKS.sub(" ", text))


def identity(text: str) -> str:
    """An identity for comparing: a GUID in small letters with its hyphens and without braces, another one as it is."""
    bare = text.strip()
    guid = _GUID.fullmatch(bare) if 32 <= len(bare) <= 38 else None
    return "-".join(guid.groups()).lower() if guid else bare


def beginning_of_guid(text: str) -> str:
    """The beginning of a GUID as `identity` gives the whole; empty for what cannot be one."""
    digits = text.strip().lstrip("{").rstrip("}").replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{1,32}", digits):
        return ""
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(part for part in parts if part)


def is_blank(text: str) -> bool:
    """Whether there is nothing to see: only blanks, control and format characters, marks without a letter."""
    return all(unicodedata.category(c) in ("Cc", "Cf", "Cs") or unicodedata.category(c)[0] in "ZM" for c in text)


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The text without case and accents, its blanks single: for comparing and sorting."""
    bare = text.casefold()
    if not bare.isascii():
        # Once more without case: `ℌ` and the like show their letter only when they are taken apart.
        bare = unicodedata.normalize("NFKD", bare).casefold()
        bare = "".join(c for c in bare if not _is_accent(c))
        bare = unicodedata.normalize("NFC", bare)  # Korean syllables were taken apart, too
    return " ".join(bare.split())


def _is_accent(character: str) -> bool:
    """Whether a mark only changes how a letter sounds: accents, and the vowel points of Hebrew and Arabic.

    Marks of other scripts (the voicing of kana, a virama, Thai tones) make another word.
    """
    kind = unicodedata.combining(character)
    return kind >= 200 or 10 <= kind <= 36 or kind == 1


@lru_cache(maxsize=1)
def _cjk() -> re.Pattern[str]:
    # Compiled when first needed: compiling takes 3 ms, which every start of the program would pay.
    return re.compile(
        "([\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u3100-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])"
    )


def split_cjk(text: str) -> str:
    """Put blanks around Chinese, Japanese and Korean characters, so that each can be searched for.

    Half and full width, and syllables taken apart, become the usual form, so that either finds the other.
    """
    return text if text.isascii() else _cjk().sub(r" \1 ", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=8192)
def display(text: str) -> str:
    """The text made safe for one line of a terminal.

    Cleaned again (what is in the database may have come another way), without zero-width characters, and with at
    most two combining marks a letter, so that every terminal counts the same number of cells.
    """
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    bare = _VARIATION.sub("", clean_line(text)).translate(_REGIONAL)
    for character in unicodedata.normalize("NFC", bare):
        category = unicodedata.category(character)
        if category in _INVISIBLE:
            continue
        if category.startswith("M"):
            # One at the beginning would join the character in the cell before.
            if not kept or marks == _MOST_MARKS:
                continue
            marks += 1
        elif width(character):
            marks = 0
        else:
            continue
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


def ascii_only(text: str) -> str:
    """The text for a terminal without UTF-8: accents dropped, what has no ASCII likeness as `?`."""
    if text.isascii():
        return text
    return "".join(_ascii_likeness(character) for character in unicodedata.normalize("NFC", text))


# Letters that do not come apart into an ASCII letter and a mark, and what people type for them.
LIKENESS = str.maketrans(
    {
        "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE",
        "œ": "oe", "Œ": "OE", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n", "Ŋ": "N",
    }
)  # fmt: skip


def _ascii_likeness(character: str) -> str:
    if unicodedata.combining(character):
        return ""
    character = character.translate(LIKENESS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return plain if plain.isascii() else "?"


def as_sentence(text: str) -> str:
    """A text that stands by itself begins with a capital, unless it begins with a path, a field or the command."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.isalpha() and first != "refterm" else text


def one_point(sentence: str) -> str:
    """A sentence that ends in a name such as `Lakehead Schools Inc.` has one point at its end, not two."""
    return _TWO_POINTS.sub(".", sentence)


def width(text: str) -> int:
    """How many terminal cells the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, cells: int, *, right: bool = False, ellipsis: str = "…") -> str:
    """The text cut or padded to exactly `cells` cells.

    Args:
        text: one line, already fit for display.
        cells: the width to fill.
        right: align to the right.
        ellipsis: what stands at the end of a text that was cut.
    """
    size = width(text)
    if size > cells:
        text = _cut(text, max(0, cells - len(ellipsis))) + ellipsis[: max(0, cells)]
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
