"""Whether all that a database keeps agrees, and making anew what is derived, in plain SQL."""

from __future__ import annotations

import json
from typing import Any

from refterm.store import search
from refterm.store.connection import Connection

# What is wrong with a referral, by a name: a condition that is true where it is so.
FAULTS = {
    "status": "status not in ('new', 'active', 'archived')",
    "outcome": "outcome not in ('won', 'lost', 'declined', 'expired')",
    "archived": "status = 'archived' and (outcome is null or closed_at is null)",
    "open": "status in ('new', 'active') and (outcome is not null or closed_at is not null)",
    "decided": (
        "status = 'new' and (decided_at is not null or decided_by is not null or closed_by is not null"
        " or reason is not null)"
    ),
    "closed": "status = 'active' and (closed_by is not null or reason is not null)",
    "value": "(deal_value is null) <> (deal_value_order < 0)",
    "history": "not exists (select 1 from history where history.referral_id = referral.id)",
}
_LISTS = ("contacts", "products", "services", "solutions", "team")
_READ = (
    f"select id, status, company, need, deal_name, crm_id, {', '.join(_LISTS)} from referral where id > ? order by id"
    " limit 1000"
)


def faulty(connection: Connection, fault: str) -> list[int]:
    """The numbers of the referrals that have a fault."""
    return [row[0] for row in connection.execute(f"select id from referral where {FAULTS[fault]} order by id")]


def counters(connection: Connection) -> list[Any]:
    """Each status, how many referrals its counter says there are, and how many there are."""
    return connection.execute(
        "select counter.status, counter.referrals, count(referral.id) from counter"
        " left join referral on referral.status = counter.status group by counter.status"
    ).fetchall()


def make_derived_anew(connection: Connection) -> None:
    """Count the referrals, index their words again, and make the indexes anew."""
    connection.execute(
        "update counter set referrals = (select count(*) from referral where referral.status = counter.status)"
    )
    search.rebuild(connection)
    if connection.dialect == "sqlite":
        connection.execute("reindex")


def unreadable_and_unsearchable(connection: Connection) -> tuple[list[int], list[int]]:
    """Referrals of which a list cannot be read; and those that the search index has not as they stand, or too many."""
    indexed = {number: (tab, kept) for number, tab, kept in search.contents(connection)}
    unreadable, unsearchable, last = [], [], 0
    while rows := connection.execute(_READ, (last,)).fetchall():
        last = rows[-1]["id"]
        for row in rows:
            found = indexed.pop(row["id"], None)
            if not all(_is_list(row[column]) for column in _LISTS):
                unreadable.append(row["id"])
            elif found != search.content(connection, dict(row))[1:]:
                unsearchable.append(row["id"])
    return unreadable, unsearchable + sorted(indexed)


def _is_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False
