"""The few signs the desk draws beside words, for terminals with UTF-8 and without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from refterm.text import ascii_only, display


class Signs(NamedTuple):
    """The signs that one kind of terminal can draw.

    Attributes:
        hot, cooled: the flame and what it becomes after 72 h (F1, F3).
        marked: before a row that is marked.
        order: in the heading of the column that the list is ordered by.
        sanitize: escapes a text from outside for this terminal.
    """

    hot: str
    cooled: str
    rule: str
    thumb: str
    ellipsis: str
    dot: str
    marked: str
    order: str
    sanitize: Callable[[str], str] = display


def _plain(text: str) -> str:
    return ascii_only(display(text))


UNICODE = Signs(hot="🔥", cooled="○", rule="─", thumb="▐", ellipsis="…", dot="·", marked="•", order="▾")
ASCII = Signs(hot="HOT", cooled="WARM", rule="-", thumb="|", ellipsis="...", dot="|", marked="x", order="^")
# A terminal that cannot show UTF-8 at all: customers' texts lose their accents, too.
ASCII_ONLY = Signs(
    hot="HOT", cooled="WARM", rule="-", thumb="|", ellipsis="...", dot="|", marked="x", order="^", sanitize=_plain
)

# The Linux console and terminals of its age show letters, but no emoji.
_NO_EMOJI = ("linux", "vt1", "vt2", "vt3", "vt4", "vt5")


def choose_signs(ascii_wanted: bool | None, environment: Mapping[str, str], *, coerced: bool) -> Signs:
    """The signs for a terminal: what the person wants, else what the locale says it shows.

    Args:
        ascii_wanted: the setting `ascii`; None is `auto`.
        environment: the process's.
        coerced: Python found the C locale, or none, and may have set LC_CTYPE to a UTF-8 one itself (PEP 538, 540); what
            it set says nothing about the terminal.
    """
    category = environment.get("LC_CTYPE", "")
    if coerced and category.lower() in ("c.utf-8", "c.utf8", "utf-8"):
        category = ""
    named = (environment.get("LC_ALL") or category or environment.get("LANG") or "").lower()
    shows = "utf-8" in named or "utf8" in named
    if ascii_wanted:
        return ASCII if shows else ASCII_ONLY
    if ascii_wanted is None and shows and environment.get("TERM", "").startswith(_NO_EMOJI):
        return ASCII
    return UNICODE if shows or ascii_wanted is False else ASCII_ONLY
