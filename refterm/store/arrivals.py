"""What an import writes in plain SQL: new referrals, many at once, and each record as it was received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from refterm.store.connection import Connection, insert, placeholders

Row = dict[str, Any]


def known(connection: Connection, source_ids: Sequence[str]) -> dict[str, Row]:
    """The referrals that the desk has of some sources, by their source id."""
    found = connection.execute(
        f"select * from referral where source_id in ({placeholders(len(source_ids))})", source_ids
    )
    return {row["source_id"]: dict(row) for row in found}


def last_number(connection: Connection) -> int:
    """The highest number that a referral has; 0 where there is none."""
    return int(connection.execute("select coalesce(max(id), 0) from referral").fetchone()[0])


def add(connection: Connection, rows: Sequence[Mapping[str, Any]], records: Sequence[str]) -> None:
    """Add referrals, all with the same columns, and the records that they came from."""
    names = ", ".join(rows[0])
    insert(
        connection,
        f"insert into referral ({names}) values ({placeholders(len(rows[0]))})",
        [tuple(row.values()) for row in rows],
    )
    insert(
        connection,
        "insert into source (referral_id, record) values (?, ?)",
        [(row["id"], text) for row, text in zip(rows, records, strict=True)],
    )


def record(connection: Connection, referral_id: int) -> str | None:
    """The record of a referral as it was received; None where there is none."""
    kept = connection.execute("select record from source where referral_id = ?", (referral_id,)).fetchone()
    return kept["record"] if kept else None


def replace_record(connection: Connection, referral_id: int, text: str) -> None:
    """Keep a newer record of a referral."""
    connection.execute("update source set record = ? where referral_id = ?", (text, referral_id))
