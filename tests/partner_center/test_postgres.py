"""The same on a server: pull, push, what both sides changed, the lease."""

from __future__ import annotations

import pytest

from refterm.services.sync import conflicts, standing
from tests.partner_center.support import CONTEXT, Session
from tests.samples import api_record


@pytest.mark.parametrize("location", ["postgresql"], indirect=True)
def test_pull_and_push_on_a_server(session: Session) -> None:
    records = [api_record() for _number in range(3)]
    session.standin.referrals.put(records)
    assert session.sync().new == 3
    number = session.accept(records[0])
    session.accept(records[1])
    session.triage.decline([session.number(records[2])], {"reason": "other", "notes": "No."})
    session.standin.referrals.change(records[1]["id"], status="Closed", substatus="Declined")
    session.standin.fail("PATCH", "drop-after")
    session.later(minutes=2)
    summary = session.sync()
    assert (summary.pushed, summary.yielded, summary.failed) == (2, 1, 0), summary
    session.triage.edit(number, {"value": "7"}, CONTEXT)
    session.standin.referrals.change(records[0]["id"], details__dealValue="8")
    session.sync()
    assert [(one.theirs, one.ours) for one in conflicts.of(session.workplace, number)] == [("8", "7")]
    conflicts.send_again(session.workplace, number)
    session.sync()
    assert session.there(records[0])["details"]["dealValue"] == "7"
    assert session.json(records[0])["remote"]["state"] == "synced"
    assert session.standin.referrals.twice() == []
    assert standing.read(session.workplace).waiting == 0
