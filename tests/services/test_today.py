"""What an emptied Inbox says of the day: what was done, by whom, and what comes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.domain.history import Action, Actor
from refterm.services.desk import Desk
from refterm.services.follow_ups import FollowUps
from refterm.services.marks import Marks
from refterm.services.today import today
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import NOW, active_record, ago, api_record

DEAL = {"name": "x", "value": "1 EUR", "timeframe": "1m", "notes": "x"}


def test_a_day_s_decisions_are_counted_by_person_without_what_was_undone(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    """It begins at midnight; what the source decided and what came in before count for nobody."""
    numbers = import_records([api_record(createdDateTime=ago(hours=2)) for _ in range(7)])
    worked = import_records([active_record()])[0]
    ana, luis = Triage(workplace), Triage(replace(workplace, actor=Actor("luis", "luis")))
    ana.decline(numbers[:1], {"reason": "budget"})
    clock.advance(timedelta(days=1))
    assert today(Desk(workplace)).done == {}
    ana.decline(numbers[1:3], {"reason": "budget"})
    ana.undo(numbers[2:3])
    luis.decline(numbers[2:3], {"reason": "budget"})
    ana.accept(numbers[3], DEAL, Context(NOW.date()))
    ana.accept(numbers[4], DEAL, Context(NOW.date()))
    ana.won(numbers[4], {}, Context(NOW.date()))
    Marks(workplace).skip(numbers[5], "+2h")
    Marks(workplace).skip(numbers[6], "+3h")
    FollowUps(workplace).set(worked, {"at": "+1h"})
    found = today(Desk(workplace))
    assert found.done == {Action.ACCEPTED: 2, Action.DECLINED: 2, Action.WON: 1}
    assert found.by == [("ana", 4), ("luis", 1)]
    assert found.answered_within == timedelta(hours=26)
    rows = {row.id: row.company for row in Desk(workplace).rows([numbers[5], worked])}
    assert found.put_aside == (2, rows[numbers[5]], clock.now() + timedelta(hours=2))
    assert found.next_step == (rows[worked], clock.now() + timedelta(hours=1))
    assert (found.active, found.passed) == (2, 0)
