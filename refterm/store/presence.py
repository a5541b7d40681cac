"""The table of open desks: one row for each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from refterm.domain.history import Actor
from refterm.store import codec
from refterm.store.connection import Connection

_SIGN = (
    "insert into presence (id, name, login, opened_at, seen_at, referral_id, form) values (?, ?, ?, ?, ?, ?, ?)"
    " on conflict (id) do update set seen_at = excluded.seen_at, referral_id = excluded.referral_id, form = excluded.form"
)


def sign(
    connection: Connection, seat: str, actor: Actor, at: datetime, referral_id: int | None, form: str | None
) -> None:
    """Say that a desk is open, and which referral it has a form open on."""
    moment = codec.micros(at)
    connection.execute(_SIGN, (seat, actor.name, actor.login, moment, moment, referral_id, form))


def leave(connection: Connection, seat: str) -> None:
    """A desk was closed."""
    connection.execute("delete from presence where id = ?", (seat,))


def forget(connection: Connection, before: datetime) -> None:
    """Forget desks that have given no sign of life since."""
    connection.execute("delete from presence where seen_at < ?", (codec.micros(before),))


def present(connection: Connection, since: datetime) -> list[Any]:
    """The desks that gave a sign of life since an instant, those open longest first."""
    query = "select id, name, seen_at, referral_id, form from presence where seen_at >= ? order by opened_at, id"
    return connection.execute(query, (codec.micros(since),)).fetchall()
