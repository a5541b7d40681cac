"""The full-text index: the one place where SQLite (FTS5) and PostgreSQL (tsvector) go different ways.

What is searchable, and how what was typed becomes words, is the same for both (search_words.py). In both the tab is
part of the index, so that a search in one tab never reads the others' hits, and the newest hits come first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from refterm.store.connection import ALL, Connection, insert
from refterm.store.dense_search import dense_hits
from refterm.store.search_words import letters, match, runs, words

Row = Mapping[str, Any]

_INSERT = {
    "sqlite": "insert into referral_search (tab, words, rowid) values (?, ?, ?)",
    "postgresql": "insert into referral_search (tab, words, id) values (?, ?::tsvector, ?)",
}
_UPDATE = {
    "sqlite": "update referral_search set tab = ?, words = ? where rowid = ?",
    "postgresql": "update referral_search set tab = ?, words = ?::tsvector where id = ?",
}
_HITS = {
    "sqlite": (
        "select rowid as hit from referral_search where referral_search match :match order by rowid desc limit :most"
    ),
    "postgresql": "select id as hit from referral_search where words @@ :match::tsquery order by id desc limit :most",
}
# `#25` is that referral and no other; of eighteen digits a database still makes a number.
_NUMBERED = re.compile(r"#([0-9]{1,18})")
# From so many referrals on a beginning that very many have is found quicker by testing words (dense_search.py).
LARGE = 25_000
# The index is asked first and once; testing row by row whether it matches takes seconds at a million.
_JOIN = {"sqlite": "cross join", "postgresql": "join"}
_CONTENTS = {
    "sqlite": "select rowid as id, tab, words from referral_search",
    "postgresql": "select id, tab, words::text as words from referral_search",
}
# PostgreSQL counts no further than this within one text, and takes no longer words.
_LAST_POSITION = 16_383
_MOST_PLACES = 255
_LONGEST_WORD = 500


def add(connection: Connection, rows: Iterable[Row]) -> None:
    """Make new rows searchable."""
    insert(connection, _INSERT[connection.dialect], [_values(connection, row) for row in rows])


def change(connection: Connection, rows: Iterable[Row]) -> None:
    """Let the index follow rows that were changed."""
    connection.executemany(_UPDATE[connection.dialect], [_values(connection, row) for row in rows])


def rebuild(connection: Connection) -> None:
    """Make the index anew from the referrals."""
    connection.execute("delete from referral_search")
    for (number,) in connection.execute("select id from referral").fetchall():
        add(connection, [dict(connection.execute("select * from referral where id = ?", (number,)).fetchone())])


def contents(connection: Connection) -> Iterator[tuple[int, str, str]]:
    """What the index keeps: number, tab, words; to be held against `content`."""
    for row in connection.execute(_CONTENTS[connection.dialect]):
        yield row["id"], row["tab"], row["words"] if connection.dialect == "sqlite" else _sorted(row["words"])


def content(connection: Connection, row: Row) -> tuple[int, str, str]:
    """What the index should keep of a row."""
    tab, kept, number = _values(connection, row)
    return number, tab, kept if connection.dialect == "sqlite" else _sorted(kept)


def hits(connection: Connection, search: str, statuses: Sequence[str], most: int) -> tuple[str, dict[str, Any]] | None:
    """A table of the newest hits with one column, `hit`, to be put behind `select ... from`.

    Args:
        connection: to say in which language.
        search: what was typed.
        statuses: the tabs to search in; none for all.
        most: how many hits; -1 for all.

    Returns:
        The text and its parameters; None where nothing typed can be searched for.
    """
    if numbered := _NUMBERED.fullmatch(search.strip()):
        tabs = " and status in ({})".format(", ".join(f"'{status}'" for status in statuses)) if statuses else ""
        values = {"match": int(numbered[1]), "most": ALL if most < 0 else most}
        return f"(select id as hit from referral where id = :match{tabs} limit :most) as found", values
    asked = match(search, tuple(statuses)) if connection.dialect == "sqlite" else _tsquery(search, statuses)
    if asked is None:
        return None
    if connection.dialect == "sqlite" and most > 0 and _is_large(connection):
        dense = dense_hits(connection, search, tuple(statuses), most)
        if dense is not None:
            return "(select value as hit from json_each(:hits)) as found", {"hits": json.dumps(dense)}
    return f"({_HITS[connection.dialect]}) as found", {"match": asked, "most": ALL if most < 0 else most}


def with_referrals(connection: Connection, found: str) -> str:
    """What `hits` found, joined with the referrals."""
    return f"{found} {_JOIN[connection.dialect]} referral on referral.id = hit"


def _is_large(connection: Connection) -> bool:
    return int(connection.execute("select coalesce(max(id), 0) from referral").fetchone()[0]) >= LARGE


def ranked(connection: Connection, words_: Sequence[str], most: int) -> list[int]:
    """The decided referrals that share most of some words, the best first: by `bm25`, or by `ts_rank`."""
    if not words_:
        return []
    if connection.dialect == "sqlite":
        query = "tab : (active OR archived) AND words : (" + " OR ".join(f'"{word}"' for word in words_) + ")"
        sql = "select rowid as id from referral_search where referral_search match ? order by rank limit ?"
        return [row["id"] for row in connection.execute(sql, (query, most))]
    asked = " | ".join(f"'{word}'" for word in words_)
    sql = (
        "select id from referral_search where words @@ ?::tsquery"
        " order by ts_rank(words, ?::tsquery) desc, id desc limit ?"
    )
    return [row["id"] for row in connection.execute(sql, (f"('/active' | '/archived') & ({asked})", asked, most))]


def _values(connection: Connection, row: Row) -> tuple[str, str, int]:
    text = words(row)
    return row["status"], text if connection.dialect == "sqlite" else _tsvector(text, row["status"]), row["id"]


def _tsvector(text: str, status: str) -> str:
    """The words with their places, and the tab as one more, which no word can look like."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(letters(text), 1):
        found = places.setdefault(word[:_LONGEST_WORD], [])
        if place < _LAST_POSITION and len(found) < _MOST_PLACES:
            found.append(place)
    listed = (f"'{word}':{','.join(map(str, found or [_LAST_POSITION]))}" for word, found in places.items())
    return " ".join((f"'/{status}'", *listed))


def _tsquery(search: str, statuses: Sequence[str]) -> str | None:
    """All that was typed: of each run the words as they follow each other, the last one by its beginning."""
    phrases = []
    for run in runs(search):
        *whole, last = (word[:_LONGEST_WORD] for word in run)
        phrases.append("(" + " <-> ".join([*(f"'{word}'" for word in whole), f"'{last}':*"]) + ")")
    if not phrases:
        return None
    tabs = " | ".join(f"'/{status}'" for status in statuses)
    return " & ".join([f"({tabs})", *phrases] if tabs else phrases)


def _sorted(vector: str) -> str:
    """A tsvector's text in an order that does not depend on who wrote it."""
    return " ".join(sorted(set(vector.split())))
