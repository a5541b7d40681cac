"""Asking the terminal to notify (S1): one sequence for each event, through tmux and screen, with our words alone.

Of a customer only the cleaned company name is in it: nothing that ends the sequence, adds a part, or begins another.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping

from refterm.text import display, fit

MOST_CELLS = 60
_BEL = "\x07"


def name(company: str) -> str:
    """A company's name as an alert has it: no `;`, no controls, at most 60 cells."""
    bare = "".join(c for c in display(company) if c not in ";\\" and unicodedata.category(c)[0] != "C")
    return fit(" ".join(bare.split()), MOST_CELLS).rstrip()


def sequence(way: str, words: str, environment: Mapping[str, str] = os.environ) -> str:
    """What to send to the terminal.

    Args:
        way: `osc9`, `osc777`, `ring` or `off`.
        words: our own words, with names from `name`.
        environment: says whether tmux or screen stands between.
    """
    words = "".join(c for c in words if unicodedata.category(c)[0] != "C")
    bodies = {"osc9": f"9;{words}", "osc777": f"777;notify;refterm;{words.replace(';', ',')}"}
    if way == "ring":
        return _BEL
    if way not in bodies:
        return ""
    return wrapped(f"\x1b]{bodies[way]}{_BEL}", environment)


def wrapped(sent: str, environment: Mapping[str, str]) -> str:
    """A sequence as tmux (`allow-passthrough on`) or screen hands it to the terminal around it."""
    if environment.get("TMUX"):
        doubled = sent.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{doubled}\x1b\\"
    if environment.get("STY") or environment.get("TERM", "").startswith("screen"):
        return f"\x1bP{sent}\x1b\\"
    return sent
