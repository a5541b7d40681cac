"""The same on a server: pull, push, what both sides changed, the lease."""

from __future__ import annotations

import pytest

from refterm.services.sync import conflicts, standing
from tests.partner_center.support import CONTEXT, Office
from tests.samples import api_record


@pytest.mark.parametrize("location", ["postgresql"], indirect=True)
def test_pull_and_push_on_a_server(office: Office) -> None:
    records = [api_record() for _number in range(3)]
    office.standin.referrals.put(records)
    assert office.sync().new == 3
    number = office.accept(records[0])
    office.accept(records[1])
    office.triage.decline([office.number(records[2])], {"reason": "other", "notes": "No."})
    office.standin.referrals.change(records[1]["id"], status="Closed", substatus="Declined")
    office.standin.fail("PATCH", "drop-after")
    office.later(minutes=2)
    summary = office.sync()
    assert (summary.pushed, summary.yielded, summary.failed) == (2, 1, 0), summary
    office.triage.edit(number, {"value": "7"}, CONTEXT)
    office.standin.referrals.change(records[0]["id"], details__dealValue="8")
    office.sync()
    assert [(one.theirs, one.ours) for one in conflicts.of(office.workplace, number)] == [("8", "7")]
    conflicts.send_again(office.workplace, number)
    office.sync()
    assert office.there(records[0])["details"]["dealValue"] == "7"
    assert office.json(records[0])["remote"]["state"] == "synced"
    assert office.standin.referrals.twice() == []
    assert standing.read(office.workplace).waiting == 0
