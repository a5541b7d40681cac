"""The tables of a desk whole and as they are, batch by batch: for moving a desk to another database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from refterm.store.connection import Connection, placeholders
from refterm.store.queries import DESK_ID
from refterm.store.table_columns import COLUMNS

# Left out is what is derived (counters, search) or of the moment (presence). Each table stands after those it refers to.
KEYS = {table: columns[0] for table, columns in COLUMNS.items() if table not in ("counter", "presence")}
BATCH = 500


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def batches(connection: Connection, table: str) -> Iterator[list[dict[str, Any]]]:
    """All rows of a table in the order of its key."""
    key = KEYS[table]
    last: int | str = "" if table == "setting" else -1
    query = f"select {_listed(COLUMNS[table])} from {table} where {key} > ? order by {key} limit {BATCH}"
    while rows := [dict(zip(row.keys(), row, strict=True)) for row in connection.execute(query, (last,)).fetchall()]:
        yield rows
        last = rows[-1][key]


def holds_anything(connection: Connection) -> bool:
    """Whether this desk has any data but its id, which every desk has from the beginning."""
    tables = [f"{table} where key <> '{DESK_ID}'" if table == "setting" else table for table in KEYS]
    return any(connection.execute(f"select 1 from {table} limit 1").fetchone() for table in tables)


def clear(connection: Connection) -> None:
    """Remove what a new desk has from the beginning, its id: a copy is the same desk and takes over the id."""
    connection.execute("delete from setting")


def insert(connection: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows in as they are, numbers included."""
    columns = COLUMNS[table]
    statement = f"insert into {table} ({_listed(columns)}) values ({placeholders(len(columns))})"
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
