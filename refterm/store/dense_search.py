"""The newest hits of beginnings that very many rows have, on SQLite.

FTS5 keeps an index of the first three letters of every word, and gives the rows of one such beginning by and by, the
newest first. Of a longer beginning it gathers all rows before it gives any: at a million referrals a tenth of a second
for a word that is in every fourth. So such a word is asked for by its first three letters, and tested here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from refterm.store.connection import Connection
from refterm.store.search_words import match_runs, runs

# Beginnings of up to so many letters have an index of their own (`prefix` in migration 0001).
INDEXED = 3
# A beginning is dense where at least this share of the newest rows with its first letters have it.
SAMPLE, SHARE = 250, 0.3
_ROWS = "select rowid, words from referral_search where referral_search match :match order by rowid desc"
Test = Callable[[str], bool]


def dense_hits(connection: Connection, search: str, statuses: tuple[str, ...], most: int) -> list[int] | None:
    """The numbers of the newest hits; None where no word of the search is dense, so that the index itself is quick.

    Args:
        connection: to SQLite.
        search: what was typed.
        statuses: the tabs to search in; none for all.
        most: how many hits.
    """
    asked: list[list[str]] = []
    tests: list[Test] = []
    divided = runs(search)
    for run in divided:
        if len(run) == 1 and len(run[0]) > INDEXED:
            begins, cut = _begins(run[0]), [run[0][:INDEXED]]
            rows = _rows(connection, [cut], statuses)
            newest = list(islice(rows, SAMPLE))
            if len(newest) == SAMPLE and sum(begins(words) for _number, words in newest) >= SHARE * SAMPLE:
                asked.append(cut)
                tests.append(begins)
                continue
        asked.append(run)
    if not tests:
        return None
    rows = chain(newest, rows) if len(divided) == 1 else _rows(connection, asked, statuses)
    hits = (number for number, words in rows if all(begins(words) for begins in tests))
    return list(islice(hits, most))


def _rows(connection: Connection, asked: Sequence[Sequence[str]], statuses: tuple[str, ...]) -> Iterator[Any]:
    """Numbers and words of the rows that have what is asked for, the newest first."""
    return iter(connection.execute(_ROWS, {"match": match_runs(asked, statuses)}))


def _begins(word: str) -> Test:
    """Whether a text in the index's form has a word that begins so."""
    after_blank, anywhere = f" {word}", re.compile(rf"(?<![^\W_]){word}")
    return lambda words: after_blank in words or anywhere.search(words) is not None
