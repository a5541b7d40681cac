"""The database's own care: bring it up to date, copy it, look whether all in it agrees (`refterm db`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from refterm import config
from refterm.config import Settings
from refterm.errors import NotAllowedError
from refterm.i18n import _
from refterm.services.workplace import Workplace, require_admin
from refterm.store import revision, search_index
from refterm.store.connection import Connection
from refterm.store.database import open_database

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
        name: the database's.
        before: the schema's revision before; None where there was no desk yet.
        after: the revision now.
    """

    name: str
    before: str | None
    after: str


def upgrade(settings: Settings) -> Upgraded:
    """Bring the database's schema up to date, and make the database where there is none.

    Raises:
        StoreError: when it cannot be opened or changed.
        NotAllowedError: on a desk that is open for reading only, and unless an admin does it.
    """
    if settings.read_only:
        raise NotAllowedError(_("this desk is open for reading only; the database was not changed"))
    require_admin(settings, _("Upgrading a desk"))
    database = open_database(config.database_location(settings))
    database.close()
    return Upgraded(database.name, database.revision_found, revision.HEAD)


def backup(workplace: Workplace, target: Path) -> int:
    """Copy the whole database to a new file, as it stands at one instant, while others go on working.

    Returns:
        The copy's size in bytes.

    Raises:
        StoreError: when the file exists or cannot be written; nothing is left of it then.
        NotAllowedError: unless an admin does it.
    """
    workplace.require_admin(_("A backup"))
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
        unreadable, unsearchable = _unreadable_and_unsearchable(connection)
        if unreadable:
            yield Finding(_named(unreadable) + ": " + _("a list in it cannot be read"), restore)
        if unsearchable:
            yield Finding(_named(unsearchable) + ": " + _("the search index is out of step"), mend)


def mend(workplace: Workplace) -> None:
    """Make anew what is derived from the referrals: counters and search index.

    Raises:
        NotAllowedError: on a desk that is open for reading only, and unless an admin does it.
    """
    workplace.require_writing()
    workplace.require_admin(_("Mending a desk"))
    with workplace.database.writing() as connection:
        connection.execute(
            "update counter set referrals = (select count(*) from referral where referral.status = counter.status)"
        )
        search_index.rebuild(connection)


def _faults() -> list[tuple[str, str]]:
    """What a referral must have and not have in each status: a sentence, and a condition true where it is so."""
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
        (_("it has no history"), "not exists (select 1 from history where history.referral_id = referral.id)"),
    ]


_COUNTS = (
    "select counter.status, counter.referrals, count(referral.id) from counter"
    " left join referral on referral.status = counter.status group by counter.status"
)


_LISTS = ("contacts", "products", "services", "solutions", "team")
_READ = (
    f"select id, status, company, need, deal_name, crm_id, {', '.join(_LISTS)} from referral where id > ? order by id"
    " limit 1000"
)


def _unreadable_and_unsearchable(connection: Connection) -> tuple[list[int], list[int]]:
    """Referrals of which a list cannot be read; and those that the search index has not as they stand, or too many."""
    indexed = {number: (tab, kept) for number, tab, kept in search_index.contents(connection)}
    unreadable, unsearchable, last = [], [], 0
    while rows := connection.execute(_READ, (last,)).fetchall():
        last = rows[-1]["id"]
        for row in rows:
            found = indexed.pop(row["id"], None)
            if not all(_is_list(row[column]) for column in _LISTS):
                unreadable.append(row["id"])
            elif found != search_index.content(connection, dict(row))[1:]:
                unsearchable.append(row["id"])
    return unreadable, unsearchable + sorted(indexed)


def _is_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def _named(ids: list[int]) -> str:
    named = ", ".join(f"#{number}" for number in ids[:MOST_NAMED])
    return named if len(ids) <= MOST_NAMED else _("{ids} and {n} more").format(ids=named, n=len(ids) - MOST_NAMED)
