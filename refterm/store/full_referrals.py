"""Whole referrals, many at once and with their duplicates (I9): for what leaves the desk as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from refterm.domain.referral import Referral
from refterm.store import codec
from refterm.store.connection import Record, placeholders
from refterm.store.database import Database
from refterm.store.queries import SAME


class Whole:
    """Reads whole referrals, through `Database.reading`.

    Referrals of the same customer are asked for once for several of them: `list --json` of a desk where one customer
    has written a thousand times would ask a thousand times for a thousand.
    """

    def __init__(self, database: Database, most_duplicates: int = 1000) -> None:
        self._database = database
        self._most = most_duplicates
        self._group = lru_cache(maxsize=512)(self._read_group)

    def read(self, ids: Sequence[int]) -> Iterator[tuple[Referral, list[int]]]:
        """Referrals in the order of the numbers given, each with its duplicates, newest first."""
        query = f"select * from referral where id in ({placeholders(len(ids))})"
        with self._database.reading() as connection:
            found = {row["id"]: row for row in connection.execute(query, tuple(ids))}
        for number in ids:
            if number in found:
                yield codec.read_referral(found[number]), self._duplicates(found[number])

    def _duplicates(self, row: Record) -> list[int]:
        groups = (self._group(column, row[column]) for column in SAME if row[column] is not None)
        same = {number for group in groups for number in group}
        same.discard(row["id"])
        return sorted(same, reverse=True)[: self._most]

    def _read_group(self, column: str, value: str) -> tuple[int, ...]:
        query = f"select id from referral where {column} = ? order by id desc limit ?"
        with self._database.reading() as connection:
            return tuple(row[0] for row in connection.execute(query, (value, self._most + 1)))
