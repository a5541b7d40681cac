"""The outbox in plain SQL: which notices are due, who delivers them, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from refterm.store import codec
from refterm.store.connection import Connection, placeholders

# A push is for the sync.
_DUE = "kind <> 'push' and state in ('held', 'due') and due_at <= :now and (claimed_until is null or claimed_until <= :now)"


def latest(connection: Connection, name: str, most: int = 100) -> list[dict[str, Any]]:
    """What failed and what waits, a person's own first; then what is settled, the newest first."""
    found: list[dict[str, Any]] = []
    for states, order in (
        ("'failed'", "id desc"),
        ("'held', 'due'", "due_at, id"),
        ("'sent', 'written', 'dropped', 'undone'", "due_at desc, id desc"),
    ):
        query = (
            "select outbox.*, (person is not null and person = :name) as mine from outbox"
            f" where state in ({states}) order by {order} limit :most"
        )
        some = [dict(row) for row in connection.execute(query, {"name": name, "most": most}).fetchall()]
        found += sorted(some, key=lambda row: not row["mine"])
    return found


def claim(connection: Connection, now: int, until: int, limit: int) -> list[dict[str, Any]]:
    """Take notices that are due, so that nobody else delivers them until a time; the oldest first."""
    rows = [
        dict(row)
        for row in connection.execute(
            f"select * from outbox where {_DUE} order by due_at, id limit :limit", {"now": now, "limit": limit}
        )
    ]
    numbers = [row["id"] for row in rows]
    connection.execute(
        f"update outbox set claimed_until = ?, state = 'due' where id in ({placeholders(len(numbers))})",
        (until, *numbers),
    )
    return rows


def settle(
    connection: Connection, number: int, state: str, *, error: str | None = None, message_id: str | None = None
) -> bool:
    """Say what became of a notice that was claimed; what was taken back meanwhile stays so, and the answer is no."""
    done = connection.execute(
        "update outbox set state = ?, error = ?, message_id = ?, attempts = attempts + 1, claimed_until = null"
        " where id = ? and state in ('held', 'due')",
        (state, error, message_id, number),
    )
    return done.rowcount == 1


def wait(connection: Connection, number: int, due_at: int) -> None:
    """Give a claimed notice back until a time; that is no try."""
    connection.execute(
        "update outbox set state = 'held', due_at = ?, claimed_until = null where id = ? and state in ('held', 'due')",
        (due_at, number),
    )


def thread(connection: Connection, referral_id: int, before: int) -> list[str]:
    """The Message-IDs of the replies on a referral that went out before a letter, oldest first (W1)."""
    query = (
        "select message_id from outbox where referral_id = ? and kind = 'reply' and id < ?"
        " and state in ('sent', 'written') and message_id is not null order by id"
    )
    return [row[0] for row in connection.execute(query, (referral_id, before)).fetchall()]


def letter(connection: Connection, entry: int) -> dict[str, Any] | None:
    """The reply that a history entry owes."""
    row = connection.execute("select * from outbox where history_id = ? and kind = 'reply'", (entry,)).fetchone()
    return dict(row) if row else None


def failed_letters(connection: Connection, name: str) -> list[dict[str, Any]]:
    """The replies of a person that could not be delivered, oldest first."""
    query = "select * from outbox where state = 'failed' and kind = 'reply' and person = ? order by id"
    return [dict(row) for row in connection.execute(query, (name,)).fetchall()]


def hand_over(connection: Connection, entry: int) -> None:
    """The letter of a history entry is handed over by the person: the desk sends nothing."""
    connection.execute("update outbox set state = 'written' where history_id = ? and kind = 'reply'", (entry,))


def replace_failed(connection: Connection, referral_id: int, name: str) -> None:
    """Drop a person's replies on a referral that failed; a new one goes out in their place."""
    connection.execute(
        "update outbox set state = 'dropped' where referral_id = ? and kind = 'reply' and state = 'failed' and person = ?",
        (referral_id, name),
    )


def drop_follow_ups(connection: Connection, referral_id: int) -> None:
    """Drop the notices of a follow-up that is done, or another one by now (A5)."""
    connection.execute(
        "update outbox set state = 'dropped', claimed_until = null"
        " where referral_id = ? and kind = 'follow-up' and state in ('held', 'due')",
        (referral_id,),
    )


def readdress(connection: Connection, number: int, recipient: str) -> dict[str, Any] | None:
    """Owe a claimed notice to another address, in place of the one it has; None where it was taken back meanwhile.

    The address of a row never changes, so that the outbox says who got what, and a server lets a triager deliver: the
    row is dropped, and another one with the same cause, claimed as it was, stands for it.
    """
    kept = connection.execute("select * from outbox where id = ? and state in ('held', 'due')", (number,)).fetchone()
    if kept is None:
        return None
    row = {**dict(kept), "recipient": recipient}
    del row["id"]
    connection.execute("update outbox set state = 'dropped', claimed_until = null where id = ?", (number,))
    made = connection.execute(
        f"insert into outbox ({', '.join(row)}) values ({placeholders(len(row))}) on conflict do nothing returning id",
        tuple(row.values()),
    ).fetchone()
    return None if made is None else {**row, "id": int(made[0])}


def put_off(connection: Connection, number: int, due_at: int, error: str) -> None:
    """Let a notice that could not be delivered be tried again later."""
    connection.execute(
        "update outbox set error = ?, attempts = attempts + 1, due_at = ?, claimed_until = null"
        " where id = ? and state in ('held', 'due')",
        (error, due_at, number),
    )


def again(connection: Connection, number: int, now: int) -> bool:
    """Let a notice that failed, was dropped, is on hold or waits be tried at once; whether there is such a one.

    One that was never tried keeps a due time that is still to come: until then its decision can be undone (U1).
    """
    done = connection.execute(
        "update outbox set state = case when attempts = 0 and due_at > :now then 'held' else 'due' end,"
        " due_at = case when attempts = 0 and due_at > :now then due_at else :now end,"
        " attempts = 0, error = null, claimed_until = null"
        " where id = :number and (state in ('failed', 'dropped', 'due') or state = 'held' and due_at is null)",
        {"now": now, "number": number},
    )
    return done.rowcount == 1


def person(connection: Connection, number: int) -> str | None:
    """Who wrote a letter; None for what the desk owes by itself, or where there is no such notice."""
    row = connection.execute("select person from outbox where id = ?", (number,)).fetchone()
    return None if row is None or row[0] is None else str(row[0])


def exists(connection: Connection, number: int) -> bool:
    """Whether there is such a notice, in whatever state."""
    return connection.execute("select 1 from outbox where id = ?", (number,)).fetchone() is not None


def hold(connection: Connection, referral_id: int, kind: str) -> bool:
    """Put a referral's undelivered notices of a kind on hold until somebody retries or drops them; whether there was one."""
    done = connection.execute(
        "update outbox set state = 'held', due_at = null where referral_id = ? and kind = ?"
        " and state in ('held', 'due') and claimed_until is null and due_at is not null",
        (referral_id, kind),
    )
    return done.rowcount > 0


def drop(connection: Connection, number: int) -> bool:
    """Never deliver a notice; whether there is one that was not delivered yet."""
    done = connection.execute(
        "update outbox set state = 'dropped', claimed_until = null where id = ? and state in ('held', 'due', 'failed')",
        (number,),
    )
    return done.rowcount == 1


def renew(connection: Connection, number: int, was: int, until: int) -> bool:
    """Keep a claimed notice for longer; false where somebody else has it, or it was dropped or undone meanwhile."""
    done = connection.execute(
        "update outbox set claimed_until = ? where id = ? and claimed_until = ? and state = 'due'",
        (until, number, was),
    )
    return done.rowcount == 1


def release(connection: Connection, numbers: Sequence[int]) -> None:
    """Give claimed notices back untouched; another run delivers them."""
    connection.executemany(
        "update outbox set claimed_until = null where id = ? and state = 'due'", [(number,) for number in numbers]
    )


# How the error of a notice is kept that could not be delivered because the way out is closed for all; not shown.
CLOSED = "no connection: "


def closed_until(connection: Connection, now: int) -> tuple[int, str] | None:
    """Until when nobody tries the way out again, as it was closed a moment ago, and why; None where it is open."""
    row = connection.execute(
        "select due_at, error from outbox where state = 'due' and due_at > ? and error like ? order by due_at desc limit 1",
        (now, CLOSED + "%"),
    ).fetchone()
    return None if row is None else (int(row["due_at"]), str(row["error"]))


def open_again(connection: Connection) -> None:
    """Let the way out be tried at once, as somebody asks for it."""
    connection.execute("update outbox set error = null where state = 'due' and error like ?", (CLOSED + "%",))


def put_off_all(connection: Connection, now: int, due_at: int, error: str) -> None:
    """Let everything that is due wait, as the way out is closed for all; none of these counts as tried."""
    connection.execute(
        f"update outbox set due_at = :due_at, error = :error, state = 'due' where {_DUE}",
        {"now": now, "due_at": due_at, "error": error},
    )


def contacts(connection: Connection, profile: str) -> Any:
    """The locations of a profile, as they are kept; None where there is no such profile."""
    row = connection.execute("select locations, countries from profile where name = ?", (profile,)).fetchone()
    return dict(row) if row else None


def stuck(connection: Connection, before: datetime) -> tuple[int, int]:
    """How many notices have failed, and how many were due before an instant and still wait."""
    failed, waiting = connection.execute(
        "select count(case when state = 'failed' then 1 end), count(case when state <> 'failed' and due_at < ? then 1 end)"
        " from outbox where state in ('held', 'due', 'failed')",
        (codec.micros(before),),
    ).fetchone()
    return int(failed), int(waiting)


def clear(connection: Connection) -> None:
    """Let nothing be owed to anybody."""
    connection.execute("delete from outbox")
