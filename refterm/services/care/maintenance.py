"""The database's own care: bring it up to date, copy it, look whether all in it agrees (`refterm db`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from refterm import paths
from refterm.config import Settings
from refterm.errors import NotAllowedError
from refterm.i18n import _
from refterm.services.workplace import Workplace, require
from refterm.store import consistency
from refterm.store.opening import open_database
from refterm.store.schema import revision

# So many numbers are named with a finding; the rest is counted.
MOST_NAMED = 5


class Finding(NamedTuple):
    """Something that is not as it should be, and what to do about it."""

    text: str
    remedy: str


class Upgraded(NamedTuple):
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
    require(settings, "db upgrade")
    database = open_database(paths.database_location(settings.database))
    database.close()
    return Upgraded(database.name, database.revision_found, revision.HEAD)


def backup(workplace: Workplace, target: Path, *, replace: bool = False) -> int:
    """Copy the whole database to a new file, as it stands at one instant, while others go on working.

    Args:
        workplace: the desk.
        target: the file.
        replace: whether it may exist; it is then replaced by a whole copy, or stays.

    Returns:
        The copy's size in bytes.

    Raises:
        StoreError: when the file exists or cannot be written, or the desk is damaged; no copy is left then.
        NotAllowedError: unless an admin does it.
    """
    workplace.require("db backup")
    workplace.database.backup(target, replace=replace)
    return target.stat().st_size


def check(workplace: Workplace) -> Iterator[Finding]:
    """Look whether all in the database agrees: its file, schema, keys, counters, search index, and every referral's fields."""
    database = workplace.database
    restore = _restore()
    mend = _("refterm db check --mend makes it anew")
    damage = database.check()
    for line in damage:
        yield Finding(line, restore)
    if damage:
        return
    from refterm.store.schema import drift  # brings SQLAlchemy

    with database.reading() as connection:
        for line in drift.drift(connection):
            yield Finding(_("schema: {difference}").format(difference=line), restore)
        for fault, wrong in _faults().items():
            if ids := consistency.faulty(connection, fault):
                yield Finding(f"{_named(ids)}: {wrong}", restore)
        for status, kept, counted in consistency.counters(connection):
            if kept != counted:
                text = _("the counter of {status} says {kept}, there are {counted}")
                yield Finding(text.format(status=status, kept=kept, counted=counted), mend)
        unreadable, unsearchable = consistency.unreadable_and_unsearchable(connection)
        if unreadable:
            yield Finding(_named(unreadable) + ": " + _("a list in it cannot be read"), restore)
        if unsearchable:
            yield Finding(_named(unsearchable) + ": " + _("the search index is out of step"), mend)


def damage(settings: Settings) -> list[Finding]:
    """What is wrong with the desk's file itself, be it so damaged that no desk can be opened; a server minds its own.

    Raises:
        StoreError: when it cannot be looked at.
        NotAllowedError: where this login may not do so.
    """
    require(settings, "db check")
    location = paths.database_location(settings.database)
    if not isinstance(location, Path) or not location.is_file() or not location.stat().st_size:
        return []  # opening it says so
    from refterm.store.damage import damage as found

    mend = _("refterm db check --mend makes it anew")
    return [Finding(one.text, mend if one.can_be_made_anew else _restore()) for one in found(location)]


def _restore() -> str:
    return _(
        "restore the last backup (refterm db restore FILE), or export what can be read and import it into a new desk"
    )


def mend(workplace: Workplace) -> None:
    """Make anew what is derived from the referrals: counters and search index.

    Raises:
        NotAllowedError: on a desk that is open for reading only, and unless an admin does it.
    """
    workplace.require_writing()
    workplace.require("db check --mend")
    with workplace.database.writing() as connection:
        consistency.make_derived_anew(connection)


def _faults() -> dict[str, str]:
    """What may be wrong with a referral (consistency.FAULTS), each as a sentence."""
    return {
        "status": _("its status is unknown"),
        "outcome": _("its outcome is unknown"),
        "archived": _("archived without an outcome or a time of closing"),
        "open": _("not archived, but with an outcome or a time of closing"),
        "decided": _("new, but with a decision"),
        "closed": _("active, but with a reason or somebody who closed it"),
        "value": _("its value and what orders by it disagree"),
        "history": _("it has no history"),
    }


def _named(ids: list[int]) -> str:
    named = ", ".join(f"#{number}" for number in ids[:MOST_NAMED])
    return named if len(ids) <= MOST_NAMED else _("{ids} and {n} more").format(ids=named, n=len(ids) - MOST_NAMED)
