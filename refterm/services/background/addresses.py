"""Reading an e-mail address as people write it, and writing it as mail servers take it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+)*"
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_LONGEST = 320  # 64 before the `@`, 255 after it (RFC 5321, 4.5.3.1)
_MOST_READ = 2000


@lru_cache(maxsize=1024)
def usable(text: str) -> str | None:
    """The first address in a text that a letter can be sent to; None where there is none.

    A display name before `<...>`, `mailto:` and further addresses after `;` or `,` are left out.
    """
    return next((found for part in _parts(text[:_MOST_READ]) if (found := _plain(part)) is not None), None)


def display_name(text: str) -> str:
    """The name before `<...>`; empty where there is none."""
    name, bracket, _rest = text.partition("<")
    return name.strip().strip('"').strip() if bracket else ""


def for_mail(address: str) -> str:
    """A usable address with its domain in ASCII letters (`xn--`), which every mail server takes."""
    local, _at, domain = address.rpartition("@")
    return f"{local}@{_ascii_domain(domain)}"


def _parts(text: str) -> Iterator[str]:
    for part in re.split("[;,\n]", text):
        _before, bracket, after = part.rpartition("<")
        yield after.partition(">")[0] if bracket else part


def _plain(part: str) -> str | None:
    address = part.strip()
    if address[:7].casefold() == "mailto:":
        address = unquote(address[7:].partition("?")[0]).strip()
    local, at, domain = address.rpartition("@")
    # `=?` begins an encoded word, which a reader of the letter would decode to something else.
    if not at or len(address) > _LONGEST or "=?" in local or not _LOCAL.fullmatch(local):
        return None
    if not all(_visible(c) for c in local) or len(local.encode()) > 64 or _ascii_domain(domain) is None:
        return None
    return address


def _visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ"


@lru_cache(maxsize=1024)
def _ascii_domain(domain: str) -> str | None:
    labels = [_ascii_label(label) for label in _DOTS.sub(".", domain).split(".")]
    if None in labels:
        return None
    joined = ".".join(label for label in labels if label)
    return joined if len(joined) <= 255 else None


def _ascii_label(label: str) -> str | None:
    # Not Python's own `idna` codec: it knows the rules of 2003 only and turns `straße` into `strasse`, another domain.
    if len(label) > 63:
        return None
    written = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", label).lower())
    if not written.isascii():
        if not all(c == "-" or unicodedata.category(c)[0] in "LMN" for c in written):
            return None
        written = "xn--" + written.encode("punycode").decode("ascii")
    return written if len(written) <= 63 and _LABEL.fullmatch(written) else None
