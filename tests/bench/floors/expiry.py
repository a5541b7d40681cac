"""The floor of an expiry: the same rows archived with their search words, history and notices, nothing checked.

Argument: a desk's database in which many are due. Says how many seconds it took.
"""

from __future__ import annotations

import sqlite3
import sys
import time

BATCH = 200


def main() -> None:
    """Archive all that is due."""
    database = sqlite3.connect(sys.argv[1], isolation_level=None)
    for pragma in ("journal_mode = wal", "synchronous = normal", "cache_size = -32768"):
        database.execute(f"pragma {pragma}")
    now = time.time_ns() // 1000
    began = time.perf_counter()
    query = "select id from referral where status = 'new' and expires_at <= ? order by expires_at, id limit ?"
    while numbers := database.execute(query, (now, BATCH)).fetchall():
        database.execute("begin immediate")
        database.executemany(
            "update referral set status = 'archived', outcome = 'expired', closed_at = expires_at, version = version + 1"
            " where id = ?",
            numbers,
        )
        words = [
            database.execute("select rowid, words from referral_search where rowid = ?", one).fetchone()
            for one in numbers
        ]
        database.executemany("delete from referral_search where rowid = ?", numbers)
        database.executemany("insert into referral_search (rowid, tab, words) values (?, 'archived', ?)", words)
        for (number,) in numbers:
            entry = database.execute(
                "insert into history (at, by, login, action, referral_id, changes, version)"
                " values (0, 'x', 'x', 'expired', ?, '{}', 2)",
                (number,),
            ).lastrowid
            database.execute(
                "insert into outbox (kind, recipient, referral_id, history_id, state, due_at, attempts)"
                " values ('expired', 'x', ?, ?, 'due', 0, 0)",
                (number, entry),
            )
        database.execute("commit")
    print(time.perf_counter() - began)


main()
