"""The tables of a desk whole and as they are, batch by batch: for moving a desk to another database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from refterm.store.connection import Connection, places

# The tables that hold what people and Partner Center wrote, each after those it refers to, with its key. What is left
# out is derived (counters, search) or of the moment (presence).
KEYS = {"referral": "id", "source": "referral_id", "history": "id", "outbox": "id", "profile": "id"}
BATCH = 500


def batches(connection: Connection, table: str) -> Iterator[list[dict[str, Any]]]:
    """All rows of a table in the order of its key."""
    key, last = KEYS[table], -1
    query = f"select * from {table} where {key} > ? order by {key} limit {BATCH}"
    while rows := [dict(zip(row.keys(), row, strict=True)) for row in connection.execute(query, (last,)).fetchall()]:
        yield rows
        last = rows[-1][key]


def holds_anything(connection: Connection) -> bool:
    """Whether anybody wrote anything into this desk."""
    return any(connection.execute(f"select 1 from {table} limit 1").fetchone() for table in KEYS)


def insert(connection: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows in as they are, numbers included."""
    columns = list(rows[0])
    statement = f"insert into {table} ({', '.join(columns)}) values ({places(len(columns))})"
    connection.executemany(statement, [tuple(row[column] for column in columns) for row in rows])


def finish(connection: Connection) -> None:
    """Set the counters to what is there, and let the next number follow the highest one."""
    connection.execute(
        "update counter set referrals = (select count(*) from referral where referral.status = counter.status)"
    )
    if connection.dialect != "postgresql":
        return  # SQLite's numbers follow the highest one by themselves
    for table, key in KEYS.items():
        sequence = connection.execute("select pg_get_serial_sequence(?, ?)", (table, key)).fetchone()[0]
        if sequence:
            connection.execute(
                f"select setval(?, (select coalesce(max({key}), 1) from {table}), exists (select 1 from {table}))",
                (sequence,),
            )
