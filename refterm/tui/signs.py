"""The few signs the desk draws beside words, for terminals with UTF-8 and without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from refterm.text import ascii_only, display


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands for what.

    Attributes:
        hot, cooled: the flame and what it becomes after 72 h (F1, F3).
        outside: makes a text from outside fit for this terminal.
    """

    hot: str
    cooled: str
    rule: str
    thumb: str
    ellipsis: str
    dot: str
    outside: Callable[[str], str] = display


def _plain(text: str) -> str:
    return ascii_only(display(text))


UNICODE = Signs(hot="🔥", cooled="○", rule="─", thumb="▐", ellipsis="…", dot="·")
ASCII = Signs(hot="HOT", cooled="WARM", rule="-", thumb="|", ellipsis="...", dot="-")
# A terminal that cannot show UTF-8 at all: customers' texts lose their accents, too.
ASCII_ONLY = Signs(hot="HOT", cooled="WARM", rule="-", thumb="|", ellipsis="...", dot="-", outside=_plain)
