"""A process killed between any two statements: nothing that was reported done is lost, nothing is half done or done twice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from refterm.services.care import maintenance
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import NOW, api_record

ROUNDS = 8
REFERRALS = 150

# Decides one referral after the other, with all that belongs to it, and says so after each.
_WORK = """
import sys
from datetime import datetime
from pathlib import Path
from tests.services.racing import _open
from refterm.domain.decisions import Context
from refterm.errors import RefTermError
from refterm.services.marks import Marks
from refterm.services.triage import Triage

location = sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1])
place = _open(int(sys.argv[2]), location, datetime.fromisoformat(sys.argv[3]))
triage, marks = Triage(place), Marks(place)
typed = {"name": "x", "value": "1 EUR", "timeframe": "2026-06-30", "notes": "x"}
for number in range(1, int(sys.argv[4]) + 1):
    try:
        if number % 3 == 0:
            triage.accept(number, typed, Context(place.now().date()))
        elif number % 3 == 1:
            if triage.decline([number], {"reason": "budget"}).refused:
                continue
        else:
            marks.take(number, over=True)
            triage.decline([number], {"reason": "timeline"})
            triage.undo([number])
            triage.accept(number, typed, Context(place.now().date()))
    except RefTermError:
        continue
    print(number, flush=True)
"""


def test_killed_again_and_again_the_desk_stays_whole(workplace: Workplace, import_records: ImportRecords) -> None:
    import_records([api_record() for _ in range(REFERRALS)])
    reported: Counter[int] = Counter()
    for number in range(ROUNDS):
        running = subprocess.Popen(
            [
                *(sys.executable, "-c", _WORK, str(workplace.database.location)),
                *(str(number), NOW.isoformat(), str(REFERRALS)),
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert running.stdout is not None
        # Killed a little later in each round, so that it is hit in the midst of one thing or another.
        first = running.stdout.readline()
        time.sleep(number * 0.007)
        running.kill()
        reported.update(int(line) for line in [first, *running.stdout] if line.endswith("\n"))
        running.wait()
        running.stdout.close()
        assert list(maintenance.check(workplace)) == []
    assert reported
    assert max(reported.values()) == 1  # none was decided twice
    desk = Desk(workplace)
    for referral in reported:
        assert desk.referral(referral).decided_by
    with workplace.database.reading() as connection:
        decided = connection.execute(
            "select referral_id, sum(case when action = 'undone' then -1 else 1 end) as times from history"
            " where action in ('accepted', 'declined', 'undone') group by referral_id"
        ).fetchall()
        owed = connection.execute(
            "select count(*) from referral where outcome = 'declined' and 1 <> (select count(*) from outbox"
            " where outbox.referral_id = referral.id and outbox.state <> 'undone')"
        ).fetchone()[0]
    standing = {row["referral_id"]: row["times"] for row in decided}
    assert set(standing.values()) <= {0, 1}
    for number, times in standing.items():
        assert (desk.referral(number).status != "new") == (times == 1)
    assert owed == 0
