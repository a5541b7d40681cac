"""The database's own care: bring it up to date, copy it, look whether all in it agrees (`refterm db`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from refterm import config
from refterm.config import Settings
from refterm.errors import NotAllowedError
from refterm.i18n import _
from refterm.services.workplace import Workplace
from refterm.store import plain, revision
from refterm.store.database import Database
from refterm.store.search_words import words

# So many numbers are named with a finding; the rest is counted.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, and what to do about it."""

    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did.

    Attributes:
        before: the schema's revision before; None where there was no desk yet.
        after: the revision now.
    """

    path: Path
    before: str | None
    after: str


def upgrade(settings: Settings) -> Upgraded:
    """Bring the database's schema up to date, and make the database where there is none.

    Raises:
        StoreError: when it cannot be opened or changed.
        NotAllowedError: on a desk that is open for reading only.
    """
    if settings.read_only:
        raise NotAllowedError(_("this desk is open for reading only; the database was not changed"))
    path = config.database_path(settings)
    before = _revision(path)
    Database(path).close()
    return Upgraded(path, before, revision.HEAD)


def _revision(path: Path) -> str | None:
    """The revision of a database that is there; whatever is wrong with it, opening it says better."""
    if not path.is_file():
        return None
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            row = connection.execute("select version_num from alembic_version").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None


def backup(workplace: Workplace, target: Path) -> int:
    """Copy the whole database to a new file, as it stands at one instant, while others go on working.

    Returns:
        The copy's size in bytes.

    Raises:
        StoreError: when the file exists or cannot be written; nothing is left of it then.
    """
    workplace.database.backup(target)
    return target.stat().st_size


def check(workplace: Workplace) -> Iterator[Finding]:
    """Look whether all in the database agrees: its file, keys, counters, search index, and every referral's fields."""
    database = workplace.database
    restore = _("restore the last backup, or export what can be read and import it into a new desk")
    mend = _("refterm db check --mend makes it anew")
    damage = database.check()
    for line in damage:
        yield Finding(line, restore)
    if damage:
        return
    with database.reading() as connection:
        for wrong, condition in _faults():
            ids = [row[0] for row in connection.execute(f"select id from referral where {condition} order by id")]
            if ids:
                yield Finding(f"{_named(ids)}: {wrong}", restore)
        for status, kept, counted in connection.execute(_COUNTS):
            if kept != counted:
                text = _("the counter of {status} says {kept}, there are {counted}")
                yield Finding(text.format(status=status, kept=kept, counted=counted), mend)
        ids = list(_unsearchable(connection))
        if ids:
            yield Finding(f"{_named(ids)}: {_('the search index is out of step')}", mend)


def mend(workplace: Workplace) -> None:
    """Make anew what is derived from the referrals: counters and search index.

    Raises:
        NotAllowedError: on a desk that is open for reading only.
    """
    workplace.require_writing()
    with workplace.database.writing() as connection:
        connection.execute(
            "update counter set referrals = (select count(*) from referral where referral.status = counter.status)"
        )
        connection.execute("delete from referral_search")
        found = connection.execute("select id from referral").fetchall()
        for (number,) in found:
            row = plain.get(connection, number)
            connection.execute(
                "insert into referral_search (rowid, tab, words) values (?, ?, ?)", (number, row["status"], words(row))
            )


def _faults() -> list[tuple[str, str]]:
    """What a referral must have and not have in each status: a sentence, and a condition true where it is so."""
    lists = ("contacts", "products", "services", "solutions", "team")
    return [
        (_("its status is unknown"), "status not in ('new', 'active', 'archived')"),
        (_("its outcome is unknown"), "outcome not in ('won', 'lost', 'declined', 'expired')"),
        (
            _("archived without an outcome or a time of closing"),
            "status = 'archived' and (outcome is null or closed_at is null)",
        ),
        (
            _("not archived, but with an outcome or a time of closing"),
            "status in ('new', 'active') and (outcome is not null or closed_at is not null)",
        ),
        (_("its value and what orders by it disagree"), "(deal_value is null) <> (deal_value_order < 0)"),
        (_("a list in it cannot be read"), " or ".join(f"not json_valid({column})" for column in lists)),
        (_("it has no history"), "not exists (select 1 from history where history.referral_id = referral.id)"),
    ]


_COUNTS = (
    "select counter.status, counter.referrals, count(referral.id) from counter"
    " left join referral on referral.status = counter.status group by counter.status"
)


def _unsearchable(connection: sqlite3.Connection) -> Iterator[int]:
    """Referrals that the search index has not, or not as they stand; and numbers that it has too many."""
    rows = connection.execute(
        "select referral.id, status, company, contacts, need, deal_name, crm_id, tab, words"
        " from referral left join referral_search on referral_search.rowid = referral.id where json_valid(contacts)"
    )
    for row in rows:
        if row["tab"] != row["status"] or row["words"] != words(row):
            yield row["id"]
    for row in connection.execute("select rowid from referral_search where rowid not in (select id from referral)"):
        yield row[0]


def _named(ids: list[int]) -> str:
    named = ", ".join(f"#{number}" for number in ids[:MOST_NAMED])
    return named if len(ids) <= MOST_NAMED else _("{ids} and {n} more").format(ids=named, n=len(ids) - MOST_NAMED)
