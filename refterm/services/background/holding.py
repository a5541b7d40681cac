"""Holding back what time would archive, until a person says that the clock is right or the restored desk is wanted (I4)."""

from __future__ import annotations

import os

from refterm.domain.holding import JUMP, Hold, read_hold, write_hold
from refterm.services.workplace import Workplace
from refterm.store import journal, queries, updates
from refterm.store.connection import Connection

KEY = "archiving.hold"
# What `refterm db set` calls it.
SETTING, ON, HELD = "archiving", "on", "held"


def hold(workplace: Workplace, connection: Connection) -> Hold | None:
    """Why nothing may be archived now; None where it may."""
    kept = queries.setting(connection, KEY)
    now = workplace.now()
    # Asked after the time: a jump between the two is seen.
    if workplace.clock_jump() >= JUMP:
        return Hold("clock", now, os.uname().nodename)
    found = read_hold(kept) if kept else None
    return found if found and found.holds(now, os.uname().nodename) else None


def hold_for_clock(workplace: Workplace, found: Hold) -> None:
    """Keep the commands of this machine from archiving as well, for an hour or until somebody answers.

    Raises:
        StoreError: when it cannot be written.
    """
    with workplace.database.writing() as connection:
        kept = queries.setting(connection, KEY)
        if kept is None or read_hold(kept).reason == "clock":
            updates.put_setting(connection, KEY, write_hold(found))


def take_back(workplace: Workplace) -> None:
    """The clock is back: its hold is not needed any more."""
    with workplace.database.writing() as connection:
        kept = queries.setting(connection, KEY)
        if kept is not None and read_hold(kept).reason == "clock":
            updates.put_setting(connection, KEY, None)


def release(workplace: Workplace) -> bool:
    """Let time archive again: the clock is right, or the restored desk is wanted as it is.

    Returns:
        Whether anything was held.

    Raises:
        NotAllowedError: on a desk that is open for reading only, or by a viewer.
    """
    workplace.require_writing()
    workplace.believe_clock()
    with workplace.database.writing() as connection:
        if queries.setting(connection, KEY) is None:
            return False
        updates.put_setting(connection, KEY, None)
        journal.record_setting(connection, SETTING, HELD, ON, workplace.actor, workplace.now())
    return True
