"""What the store asks of a driver's connection, so that one text of SQL serves SQLite and PostgreSQL.

Statements are written for SQLite: parameters as `?` or `:name`, hints such as `indexed by`. PostgreSQL's connection
translates them (see postgres.py). Real differences live in search.py, sqlite.py and postgres.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Protocol

Parameters = Sequence[Any] | Mapping[str, Any]
# "No limit" as both databases read it.
ALL = 2**62
# Rows of one statement, of which SQLite takes at most 32,766 values.
_TOGETHER = 100


def placeholders(count: int) -> str:
    """`?, ?, ?` for `count` values; `null` for 0, so that `in (null)` matches no row."""
    return ", ".join("?" * count) or "null"


def insert(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert many rows.

    On SQLite a hundred at once: as long as a statement runs, the other threads of the program do, too.

    Args:
        connection: inside a transaction.
        statement: inserts one row; it ends with `values (...)`.
        rows: the values of each.
    """
    together = len(rows) - len(rows) % _TOGETHER if connection.dialect == "sqlite" else 0
    if together:
        into, one = statement.split(" values ")
        many = f"{into} values {', '.join([one] * _TOGETHER)}"
        for start in range(0, together, _TOGETHER):
            connection.execute(many, tuple(chain.from_iterable(rows[start : start + _TOGETHER])))
    if rest := rows[together:]:
        connection.executemany(statement, rest)


class Cursor(Protocol):
    """The result of a statement. Its rows are read by position and by column name."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """An open connection."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Run one statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Run one statement for each of many sets of values."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Record(Protocol):
    """A row of a result."""

    def __getitem__(self, key: Any, /) -> Any: ...

    def keys(self) -> Iterable[str]:
        """The names of its columns."""
        ...
