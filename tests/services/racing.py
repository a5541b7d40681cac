"""What other programs do in races: each process opens the desk anew, as another person's program does.

They are forked from a process that has loaded the program once and opened nothing: a race is of desks, not of imports.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from refterm.clock import SettableClock
from refterm.config import NoticeSettings
from refterm.domain.decisions import Context
from refterm.errors import StoreError, WrongStateError
from refterm.services.assigning import Assigning
from refterm.services.background.delivery import deliver_due
from refterm.services.background.expiry import expire_due
from refterm.services.follow_ups import FollowUps
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from tests.workplaces import open_at

PATIENCE = 120
# Those that hand work in import each other, all but the tests of the demo. The others are for desks (tests/pty/forked.py).
LOADED = ["tests.services.racing", "tests.services.mail", "psycopg", "refterm.cli.opening", "refterm.tui.app"]
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(LOADED)
_barrier: Barrier


def at_once(programs: int, work: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Do the same work in so many new processes, begun by all at the same moment; gives what each returned."""
    with ProcessPoolExecutor(programs, FORKS, initializer=_meet_at, initargs=(FORKS.Barrier(programs),)) as executor:
        done = [executor.submit(work, number, *arguments) for number in range(programs)]
        return [one.result(timeout=PATIENCE) for one in done]


def _meet_at(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _open(number: int, location: Path | str, now: datetime) -> Workplace:
    return open_at(location, SettableClock(now), f"person{number}")


def decide(number: int, location: Path | str, now: datetime, referrals: list[int]) -> dict[int, str]:
    """Decide every referral; gives the sentence of each refusal by its number."""
    workplace = _open(number, location, now)
    triage = Triage(workplace)
    refused: dict[int, str] = {}
    typed = {"name": f"of {number}", "value": "1 EUR", "timeframe": "2026-06-30", "notes": "x"}
    # Each begins elsewhere, so that all of them win some.
    start = number * len(referrals) // 8
    _barrier.wait(PATIENCE)
    for referral in referrals[start:] + referrals[:start]:
        while True:
            try:
                if number % 2:
                    triage.accept(referral, typed, Context(now.date()))
                else:
                    for one in triage.decline([referral], {"reason": "budget"}).refused:
                        raise one.error
            except WrongStateError as error:
                refused[referral] = str(error)
            except StoreError as error:
                # On a busy machine one of eight may wait too long for its turn; a person would press the key again.
                if "is in use" not in str(error):
                    raise
                continue
            break
    workplace.close()
    return refused


def expire(number: int, location: Path | str, now: datetime) -> list[int]:
    """Archive what is due; gives the numbers that this program archived."""
    workplace = _open(number, location, now)
    _barrier.wait(PATIENCE)
    archived = expire_due(workplace)
    workplace.close()
    return archived


def send_or_undo(
    number: int, location: Path | str, due: datetime, settings: NoticeSettings, letters: list[int]
) -> list[int]:
    """The first program takes back each of its letters at the last instant, the others deliver them; what it undid."""
    workplace = _open(number, location, due - timedelta(microseconds=1) if number == 0 else due)
    _barrier.wait(PATIENCE)
    undone: list[int] = []
    if number:
        deliver_due(workplace, settings, environment={})
    else:
        for letter in reversed(letters):
            undone += [one.referral for one in Triage(workplace).undo([letter]).letters]
    workplace.close()
    return undone


def take_by_assigning(number: int, location: Path | str, now: datetime, referrals: list[int]) -> dict[int, str]:
    """Assign every referral to oneself; gives the sentence of each refusal by its number."""
    workplace = _open(number, location, now)
    start = number * len(referrals) // 4
    _barrier.wait(PATIENCE)
    refused: dict[int, str] = {}
    for referral in referrals[start:] + referrals[:start]:
        done = Assigning(workplace).assign([referral], {"to": workplace.actor.name})
        refused |= {one.referral: str(one.error) for one in done.refused}
    workplace.close()
    return refused


def follow_up_done(number: int, location: Path | str, now: datetime, at: datetime, referrals: list[int]) -> list[int]:
    """Say of every follow-up that it is done; gives those that this program ended."""
    workplace = _open(number, location, now)
    start = number * len(referrals) // 4
    _barrier.wait(PATIENCE)
    ended = [one for one in referrals[start:] + referrals[:start] if FollowUps(workplace).done(one, was=at)]
    workplace.close()
    return ended
