"""Whole referrals, many at once and with their duplicates (I9): for what leaves the desk as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from refterm.domain.referral import Referral
from refterm.store import codec
from refterm.store.connection import Connection, Record, places
from refterm.store.reading import SAME


class Whole:
    """Reads whole referrals from a connection.

    Referrals of the same customer are asked for once for several of them: `list --json` of a desk where one customer
    has written a thousand times would ask a thousand times for a thousand.
    """

    def __init__(self, connection: Connection, most_duplicates: int = 1000) -> None:
        self._connection = connection
        self._most = most_duplicates
        self._group = lru_cache(maxsize=512)(self._read_group)

    def read(self, ids: Sequence[int]) -> Iterator[tuple[Referral, list[int]]]:
        """Referrals in the order of the numbers given, each with its duplicates, newest first."""
        found = {
            row["id"]: row
            for row in self._connection.execute(f"select * from referral where id in ({places(len(ids))})", tuple(ids))
        }
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
        return tuple(row[0] for row in self._connection.execute(query, (value, self._most + 1)))
