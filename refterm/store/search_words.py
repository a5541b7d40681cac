"""What of a referral can be searched for, and how a search is asked of the full-text index."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from refterm.text import LIKENESS, clean_line, fold, split_cjk

# A change of any of these is a change of what the search finds.
SEARCHED = ("status", "company", "contacts", "need", "deal_name", "crm_id")
# What the index's tokenizer takes for a letter or digit; an underscore is none, and it divides words.
_WORD = re.compile(r"[^\W_]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f\s]+")


def words(row: Mapping[str, Any]) -> str:
    """The searchable text of a row: number, company, contacts, e-mail, need, deal name, CRM ID."""
    people = " ".join([f"{person['name']} {person['email']}" for person in json.loads(row["contacts"])])
    parts = (str(row["id"]), row["company"], people, row["need"], row["deal_name"] or "", row["crm_id"] or "")
    return _plain(" ".join(parts))


def match(search: str, statuses: tuple[str, ...] = ()) -> str | None:
    """The index's query for what was typed: all words, each by its beginning; None where nothing can be asked.

    Every word is quoted, so that nothing typed is read as an operator.
    """
    asked = runs(search)
    return match_runs(asked, statuses) if asked else None


def match_runs(asked: Sequence[Sequence[str]], statuses: tuple[str, ...]) -> str:
    """The index's query for words that are divided already, as `runs` gives them."""
    query = "words : (" + " AND ".join('"' + " ".join(run) + '" *' for run in asked) + ")"
    if statuses:
        query = "tab : (" + " OR ".join(statuses) + ") AND " + query
    return query


def telling(text: str, most: int) -> list[str]:
    """The words of a text by which others like it are found: the longest, which are the rarest."""
    found = dict.fromkeys(word for word in letters(_plain(clean_line(text))) if len(word) > 4 or not word.isascii())
    return sorted(found, key=len, reverse=True)[:most]


def runs(search: str) -> list[list[str]]:
    """What was typed between blanks, each as the words that must follow one another, the last by its beginning."""
    return [found for run in clean_line(search).split() if (found := letters(_plain(run)))]


def letters(text: str) -> list[str]:
    """The words of a text as the index divides them, in its form already."""
    return _WORD.findall(text)


def _plain(text: str) -> str:
    """The text without case and accents, CJK characters apart: indexed and asked in the same form.

    A stroke through a letter counts as an accent (`ø`, `ł`), and `æ` is two letters: few keyboards have them.
    The tokenizer's own idea of case and accents ends with Latin: it knows neither `ß` nor Greek.
    """
    text = text.casefold()
    # Only what needs it, since an import does this for every record.
    return text if text.isascii() else split_cjk(_without_accents(text))


def _without_accents(text: str) -> str:
    """Each run of letters beyond ASCII folded, with the letter before it: its accent may stand by itself."""
    parts: list[str] = []
    done = 0
    for run in _NOT_ASCII.finditer(text):
        start, end = run.span()
        if start > done and (text[start - 1].isalnum() or text[start - 1] == "_"):
            start -= 1
        parts += text[done:start], fold(text[start:end]).translate(LIKENESS)
        done = end
    return "".join(parts) + text[done:]
