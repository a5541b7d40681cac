"""The floor of an import: each line through `json.loads`, into the desk's own tables by executemany, nothing checked.

Arguments: a file of one JSON record a line, and an empty desk's database. The same indexes, the same full-text index,
the same size of a transaction; history as well. Says how many rows a second it took, not counting its own start.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from typing import Any

BATCH = 500


def row(number: int, record: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What of a record stands in the desk's columns, and the words that are searched."""
    profile, details = record["customerProfile"], record["details"]
    company = profile["name"]
    person = profile["team"][0]
    columns = {
        "id": number,
        "source_id": record["id"],
        "engagement_id": record["engagementId"],
        "direction": "incoming",
        "status": {"New": "new", "Active": "active"}.get(record["status"], "archived"),
        "channel": "search",
        "company": company,
        "company_key": company.casefold(),
        "size": profile["size"],
        "country": profile["address"]["country"],
        "city": profile["address"]["city"],
        "postal_code": profile["address"]["postalCode"],
        "email_domain": person["email"].partition("@")[2],
        "contacts": json.dumps(profile["team"]),
        "need": details["notes"],
        **dict.fromkeys(("products", "services", "solutions", "team"), "[]"),
        "received_at": 1_700_000_000_000_000 + number,
        "expires_at": 1_900_000_000_000_000 + number,
        "closed_at": 1_800_000_000_000_000 if record["status"] == "Closed" else None,
        **dict.fromkeys(("received_estimated", "expiry_estimated", "flame", "favorite", "changed_here"), 0),
        "deal_value_order": -1,
        "changed_at": 0,
        "version": 1,
    }
    return columns, f"{number} {company} {person['firstName']} {person['email']} {details['notes']}"


def main() -> None:
    """Bring the file in and say how quick it was."""
    database = sqlite3.connect(sys.argv[2], isolation_level=None)
    for pragma in ("foreign_keys = on", "synchronous = normal", "cache_size = -32768", "wal_autocheckpoint = 8000"):
        database.execute(f"pragma {pragma}")
    began, number, batch = time.perf_counter(), 0, []
    with open(sys.argv[1], "rb") as file:
        for line in file:
            number += 1
            batch.append((line.decode(), *row(number, json.loads(line))))
            if len(batch) == BATCH:
                write(database, batch)
                batch = []
    write(database, batch)
    print(number / (time.perf_counter() - began))


def write(database: sqlite3.Connection, batch: list[tuple[str, dict[str, Any], str]]) -> None:
    """One transaction."""
    if not batch:
        return
    names = ", ".join(batch[0][1])
    places = ", ".join(f":{name}" for name in batch[0][1])
    database.execute("begin immediate")
    database.executemany(f"insert into referral ({names}) values ({places})", [row for _line, row, _words in batch])
    database.executemany("insert into source values (?, ?)", [(row["id"], line) for line, row, _words in batch])
    database.executemany(
        "insert into history (at, by, login, action, referral_id, changes, version) values (0, 'x', 'x', 'imported', ?, '{}', 1)",
        [(row["id"],) for _line, row, _words in batch],
    )
    database.executemany(
        "insert into referral_search (rowid, tab, words) values (?, ?, ?)",
        [(row["id"], row["status"], words) for _line, row, words in batch],
    )
    database.execute("commit")


main()
