"""Two desks of one tenant decide offline and push under every fault; and a sync that is killed anywhere.

A short run by itself; `make sync-faults` takes the long one.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock, SystemClock
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.partner_center.server import LISTS, StandIn, standing_in
from tests.partner_center.support import CONTEXT, Session, connected
from tests.samples import ago, api_record, stamp

LONG = bool(os.environ.get("REFTERM_TEST_SYNC"))
REFERRALS, DECISIONS, KILLS = (1000, 200, 200) if LONG else (120, 24, 5)


@pytest.fixture
def two(
    workplace: Workplace, clock: SettableClock, standin: StandIn, tmp_path: Path, empty_desk: Path
) -> Iterator[tuple[Session, Session]]:
    """Two databases of one tenant."""
    other = tmp_path / "other.db"
    shutil.copyfile(empty_desk, other)
    with ExitStack() as stack:
        second = replace(workplace, database=open_database(other))
        stack.callback(second.close)
        yield (
            stack.enter_context(connected(workplace, clock, standin)),
            stack.enter_context(connected(second, clock, standin)),
        )


def _drain(session: Session, *, most: int = 60, full: bool = False) -> int:
    """Sync until nothing waits; how many passes that took."""
    for number in range(1, most):
        summary, _status = session.run(full=full)
        if summary.complete and not summary.waiting:
            return number
        session.later(seconds=max(60.0, session.standin.pause_seconds))
    raise AssertionError(f"still not drained: {summary}")


def test_decisions_of_two_desks_under_every_fault(two: tuple[Session, Session]) -> None:
    """Both sides are equal in the end, nothing happened twice, no request came in a pause, few requests a decision."""
    _decide_at_two_desks(two, REFERRALS, DECISIONS)


class RealTime(Session):
    """A desk on the machine's clock: it really waits, for a second at most."""

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        time.sleep(seconds)

    def later(self, **span: float) -> None:
        time.sleep(min(timedelta(**span).total_seconds(), 1.1))


class _Small(random.Random):
    """Throws small numbers, so that what is waited for between two tries is short."""

    def random(self) -> float:
        return super().random() / 50


def test_the_same_on_the_real_clock(workplace: Workplace, tmp_path: Path, empty_desk: Path) -> None:
    """With pauses of a second, which nobody may cut short."""
    clock = SystemClock()
    other = tmp_path / "other.db"
    shutil.copyfile(empty_desk, other)
    here = replace(workplace, clock=clock, undo_seconds=0)
    with standing_in(tmp_path, clock.now) as standin, closing(open_database(other)) as database:
        standin.pause_seconds = 1
        first, second = (
            RealTime(place, SettableClock(clock.now()), standin, standin.authority.new_token(), _Small(seed))
            for seed, place in enumerate((here, replace(here, database=database)))
        )
        _decide_at_two_desks((first, second), *(REFERRALS, DECISIONS) if LONG else (30, 8))
        if LONG:
            assert any(one > 0.5 for session in (first, second) for one in session.slept), "no pause was asked for"


def _decide_at_two_desks(two: tuple[Session, Session], referrals: int, decisions_made: int) -> None:
    standin, dice = two[0].standin, random.Random(5)
    now = two[0].workplace.now()
    records = [
        api_record(
            createdDateTime=stamp(now - timedelta(hours=9)),
            updatedDateTime=stamp(now - timedelta(minutes=90 + n)),
            expirationDateTime=stamp(now + timedelta(days=9)),
        )
        for n in range(referrals)
    ]
    standin.referrals.put(records)
    for session in two:
        assert session.sync().complete
    chosen = dice.sample(records, decisions_made)
    for place, record in enumerate(chosen):
        session = two[place % 2]
        if place % 3 == 2:
            session.triage.decline([session.number(record)], {"reason": "budget", "notes": f"Note {place}"})
            continue
        session.accept(record, name=f"Deal {place}", value=f"{1000 + place} EUR")
        if place % 3 == 1:
            session.triage.won(session.number(record), {"value": f"{2000 + place}"}, CONTEXT)
    both = dice.sample(records, max(decisions_made // 10, 1))  # decided at both desks: one of them yields
    for record in both:
        for session in two:
            if session.referral(record).status == "new":
                session.accept(record, name="Both")
    for record in dice.sample(chosen, decisions_made // 8):
        standin.referrals.change(record["id"], customerProfile__size="1to10employees")
    asked = len(standin.asked)
    standin.rate = 0.3
    standin.chances = (*standin.chances, *LISTS) if LONG else standin.chances
    for session in two:
        session.later(minutes=2)
        _drain(session)
    own = [one for one in standin.asked[asked:] if one.path.count("/") > 3]
    standin.rate = 0.0
    for session in two:
        session.later(days=1, minutes=5)
        _drain(session, full=True)
    assert standin.referrals.twice() == []
    assert standin.early == []
    decisions = sum(
        session.actions(record).count("pushed")
        for session in two
        for record in {r["id"]: r for r in (*chosen, *both)}.values()
    )
    assert len(own) <= 4 * decisions, (len(own), decisions)
    for record in records:
        there = standin.referrals.records[record["id"]]
        for session in two:
            _check_equal(session.json(record), there)


def _check_equal(here: dict[str, Any], there: dict[str, Any]) -> None:
    wanted = {
        "New": ("new", None),
        "Active": ("active", None),
        "Closed": ("archived", str(there["substatus"]).lower()),
    }[there["status"]]
    assert (here["status"], here["outcome"]) == wanted, (here, there)
    assert here["name"] == there["name"]
    assert (here["deal"]["value"] or None) == (
        str(there["details"]["dealValue"]) if there["details"]["dealValue"] else None
    )
    assert here["customer"]["size"] == there["customerProfile"]["size"]
    assert here["remote"]["state"] in ("synced", "conflict")


def test_a_year_long_outbox_drains_in_one_run(session: Session) -> None:
    count = 500 if LONG else 40
    records = [api_record(updatedDateTime=ago(minutes=90 + n), createdDateTime=ago(hours=9)) for n in range(count)]
    session.standin.referrals.put(records)
    session.sync()
    for record in records:
        session.accept(record)
    session.later(days=1)
    summary = session.sync()
    assert (summary.pushed, summary.waiting, summary.failed) == (count, 0, 0)
    assert len(session.standin.of("PATCH")) == count


def test_killed_at_any_instant(
    workplace: Workplace, database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is killed within a request, before or after its work; the next sync completes, nothing is twice."""
    clock, dice = SystemClock(), random.Random(11)
    here = replace(workplace, clock=clock, undo_seconds=0)
    with standing_in(tmp_path, clock.now) as standin:
        (tmp_path / "config.toml").write_text(
            f'[partner_center]\nbase_url = "{standin.url}"\nauthority = "{standin.url}"\n'
        )
        monkeypatch.setenv("REFTERM_CONFIG", str(tmp_path / "config.toml"))
        monkeypatch.setenv("SSL_CERT_FILE", str(standin.certificates))
        monkeypatch.setenv("REFTERM_PARTNER_CENTER_TOKEN", standin.authority.new_token())
        standin.referrals.put(
            api_record(
                createdDateTime=(clock.now() - timedelta(hours=2)).isoformat(),
                updatedDateTime=(clock.now() - timedelta(hours=1, minutes=number)).isoformat(),
                expirationDateTime=(clock.now() + timedelta(days=9)).isoformat(),
            )
            for number in range(130)
        )
        session = Session(here, SettableClock(clock.now()), standin, "")
        records = list(standin.referrals.records.values())
        assert _sync(database_path) == 0
        for number in range(KILLS):
            record = records[number % len(records)]
            if session.referral(record).status == "new":
                session.accept(record, name=f"Deal {number}")
            _kill_in(standin, dice.randrange(0, 3), after=dice.random() < 0.5)
            assert _sync(database_path) == -signal.SIGKILL or not standin.before_each
            standin.before_each = standin.stop = None
            standin.scripted.clear()
            with here.database.writing() as connection:
                connection.execute("update sync set lease_until = 0, full_at = null where id = 1")
        assert _sync(database_path) == 0
        assert standin.referrals.twice() == []
        assert session.pushes()
        assert {item["state"] for item in session.pushes()} == {"sent"}


RUNNING: list[subprocess.Popen[bytes]] = []


def _sync(database: Path) -> int:
    child = subprocess.Popen(
        [sys.executable, "-m", "refterm", "sync", "--db", str(database)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    RUNNING[:] = [child]
    return child.wait(120)


def _kill_in(standin: StandIn, request: int, *, after: bool) -> None:
    """Let the process be killed in its n-th request, before the work or after it."""
    left = [request]

    def kill(_asked: object) -> None:
        RUNNING[0].kill()
        RUNNING[0].wait()

    def count(asked: object) -> None:
        if left[0] == 0:
            if after:
                standin.scripted.append(("*", "stop"))
            else:
                kill(asked)
        left[0] -= 1

    standin.before_each, standin.stop = count, kill
