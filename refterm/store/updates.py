"""Writing a referral: read a whole row, and change it only where nobody changed it since (T2). And settings of the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from refterm.errors import ConflictError, NotFoundError
from refterm.i18n import _
from refterm.store.connection import Connection

Row = dict[str, Any]


def get(connection: Connection, referral_id: int) -> Row:
    """The whole row of a referral.

    Raises:
        NotFoundError: when there is none.
    """
    row = connection.execute("select * from referral where id = ?", (referral_id,)).fetchone()
    if row is None:
        raise NotFoundError(_("there is no referral {id}; see refterm list --tab all").format(id=referral_id))
    return dict(row)


def update(connection: Connection, before: Mapping[str, Any], changes: Mapping[str, Any]) -> Row:
    """The guarded update (T2): change columns of a row that nobody changed since it was read.

    Args:
        connection: inside a transaction.
        before: the row as read.
        changes: new values by column; version is counted up by itself.

    Returns:
        The row as it is now.

    Raises:
        ConflictError: when somebody else changed it since.
    """
    values = {**changes, "version": before["version"] + 1}
    assignments = ", ".join(f"{column} = ?" for column in values)
    done = connection.execute(
        f"update referral set {assignments} where id = ? and version = ?",
        (*values.values(), before["id"], before["version"]),
    )
    if done.rowcount != 1:
        raise ConflictError(
            _("referral {id} was changed by somebody else meanwhile; look at it again").format(id=before["id"])
        )
    return {**before, **values}


def put_setting(connection: Connection, key: str, value: str | None) -> None:
    """Keep a setting of the desk; None removes it."""
    connection.execute("delete from setting where key = ?", (key,))
    if value is not None:
        connection.execute("insert into setting (key, value) values (?, ?)", (key, value))


def archive(connection: Connection, rows: Sequence[Row], outcome: str, changed_at: int) -> list[Row]:
    """Archive rows that were read in this transaction, each closed at its expiry (I4).

    Returns:
        The rows as they are now.
    """
    connection.executemany(
        "update referral set status = 'archived', outcome = ?, closed_at = expires_at, changed_at = ?,"
        " version = version + 1 where id = ?",
        [(outcome, changed_at, row["id"]) for row in rows],
    )
    return [
        {
            **row,
            "status": "archived",
            "outcome": outcome,
            "closed_at": row["expires_at"],
            "changed_at": changed_at,
            "version": row["version"] + 1,
        }
        for row in rows
    ]
