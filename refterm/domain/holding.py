"""When nothing is archived although its time has come: after a restore, and where the machine's clock has jumped (I4)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import NamedTuple

# A clock that is corrected by less decides nothing by itself: deadlines are in hours.
JUMP = timedelta(days=1)
CLOCK_HOLDS_FOR = timedelta(hours=1)
_TOLERANCE = timedelta(minutes=5)


class Hold(NamedTuple):
    """Nothing is archived until somebody says so.

    Attributes:
        reason: `restored` or `clock`.
        since: from when, by the clock in question.
        machine: whose clock has jumped; empty after a restore, which holds for all.
    """

    reason: str
    since: datetime
    machine: str = ""

    def holds(self, now: datetime, machine: str) -> bool:
        """Whether it holds for a program of a machine. A jump of the clock: for an hour, and not once it is back."""
        if self.reason != "clock":
            return True
        return machine == self.machine and self.since - _TOLERANCE <= now <= self.since + CLOCK_HOLDS_FOR


def write_hold(hold: Hold) -> str:
    """A hold as it is kept in the desk's settings."""
    return json.dumps({**hold._asdict(), "since": hold.since.isoformat()})


def read_hold(kept: str) -> Hold:
    """The hold that was kept."""
    found = json.loads(kept)
    return Hold(str(found["reason"]), datetime.fromisoformat(found["since"]), str(found["machine"]))
