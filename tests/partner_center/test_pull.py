"""Pull: pages, watermark, what is stored and what never is (contract, sync)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from refterm.errors import NotAllowedError
from refterm.services.roles import Role
from refterm.services.sync.passing import BusyError
from refterm.store import remote
from tests.conftest import ImportRecords
from tests.partner_center.support import Office
from tests.samples import NOW, ago, ahead, api_record, closed_record, stamp


def test_a_thousand_come_in_the_inbox_first(office: Office) -> None:
    """What waits for an answer is there after the first page; a pass without changes is one request."""
    records = [api_record(updatedDateTime=ago(minutes=61 + n), createdDateTime=ago(hours=9)) for n in range(150)]
    records += [closed_record() for _number in range(850)]
    office.standin.referrals.put(records)
    summary = office.sync()
    assert (summary.complete, summary.new, summary.error) == (True, 1000, None)
    assert "$filter" in office.standin.asked[0].query
    with office.workplace.database.reading() as connection:
        assert connection.execute("select count(*) from referral").fetchone()[0] == 1000
    asked = len(office.standin.asked)
    office.later(minutes=10)
    summary = office.sync()
    assert (summary.requests, summary.new, summary.updated) == (1, 0, 0)
    assert len(office.standin.asked) == asked + 1
    record = office.json(records[0])["remote"]
    assert record["state"] == "synced"
    assert record["account"] == "mara.voss@nordlicht.example"


def test_what_changes_there_changes_here_and_who_did_it_is_named(office: Office) -> None:
    record = api_record()
    office.standin.referrals.put([record])
    office.sync()
    office.later(minutes=10)
    office.standin.referrals.change(record["id"], details__notes="Forty mailboxes.", customerProfile__name="Kai GmbH")
    summary = office.sync()
    assert (summary.updated, summary.requests) == (1, 1)
    entry = office.json(record)
    assert (entry["need"], entry["customer"]["company"]) == ("Forty mailboxes.", "Kai GmbH")
    from refterm.services.desk import Desk

    last = list(Desk(office.workplace).history(office.number(record)))[-1]
    assert (last.by, last.login, last.action) == ("Partner Center", "ana", "updated")


@pytest.mark.parametrize("fault", ["empty", "doubled", "loop", "bad-token", "stale", "foreign-link", "html", "500"])
def test_a_list_that_misbehaves_loses_nothing(office: Office, fault: str) -> None:
    records = [api_record() for _number in range(230)]
    office.standin.referrals.put(records)
    office.standin.fail("GET", "", "", "", "", fault)
    summary = office.sync()
    if not summary.complete:
        summary = office.sync()
    assert summary.complete, summary.error
    office.later(days=1)
    office.sync()
    with office.workplace.database.reading() as connection:
        assert connection.execute("select count(*) from referral").fetchone()[0] == 230
        assert not connection.execute("select count(*) from referral where deal_name = 'stale'").fetchone()[0]
    assert all("elsewhere" not in one.headers["host"] for one in office.standin.asked)


def test_a_list_without_end_is_given_up_after_three_starts(office: Office) -> None:
    office.standin.referrals.put(api_record() for _number in range(3))
    office.standin.fail("GET", *["loop"] * 20)
    summary, status = office.run()
    assert status == 3
    assert "no list that ends" in (summary.error or "")


def test_an_older_state_changes_nothing_and_absence_deletes_nothing(office: Office) -> None:
    first, second = api_record(), api_record()
    office.standin.referrals.put([first, second])
    office.sync()
    office.later(hours=25)
    old = dict(office.there(first))
    office.standin.referrals.change(first["id"], name="newer")
    office.sync()
    office.standin.referrals.records[first["id"]] = {**old, "name": "older", "eTag": '"another"'}
    office.standin.referrals.hides.add(second["id"])
    office.later(hours=25)
    assert office.sync().complete
    assert office.json(first)["name"] == "newer"
    gone = office.json(second)["remote"]
    assert (gone["state"], gone["account"]) == ("gone", "mara.voss@nordlicht.example")
    assert gone["not_visible_since"] is not None
    office.standin.referrals.hides.clear()
    office.later(hours=25)
    office.sync()
    assert office.json(second)["remote"]["state"] == "synced"


def test_an_expired_one_keeps_the_contacts_that_the_desk_had(office: Office) -> None:
    record = api_record()
    office.standin.referrals.put([record])
    office.sync()
    office.later(minutes=5)
    office.standin.referrals.change(
        record["id"],
        status="Closed",
        substatus="Expired",
        customerProfile={"team": [], "address": {"city": None, "country": None}},
    )
    office.sync()
    here = office.json(record)
    assert (here["outcome"], here["customer"]["city"]) == ("expired", "Kiel")
    assert here["customer"]["contacts"][0]["email"]


def test_an_expiry_by_the_clock_yields_to_the_source(office: Office) -> None:
    """I4, H2: extended there it comes back; accepted there it is active."""
    extended, accepted = (api_record(expirationDateTime=ahead(hours=1)) for _number in range(2))
    office.standin.referrals.put([extended, accepted])
    office.sync()
    from refterm.services.background.expiry import expire_due

    office.later(hours=2)
    expire_due(office.workplace)
    assert office.json(extended)["outcome"] == "expired"
    assert not list(office.pushes())
    office.standin.referrals.change(extended["id"], expirationDateTime=stamp(NOW + timedelta(days=9)))
    office.standin.referrals.change(accepted["id"], status="Active", substatus="Accepted")
    office.sync()
    assert office.json(extended)["status"] == "new"
    assert office.json(accepted)["status"] == "active"
    assert office.actions(extended)[-1] == office.actions(accepted)[-1] == "returned"


def test_another_tenant_or_organisation_is_refused(office: Office) -> None:
    office.standin.referrals.put([api_record()])
    office.sync()
    with office.workplace.database.writing() as connection:
        remote.put_state(connection, {"tenant": "another"})
    summary, status = office.run()
    assert (status, "--adopt" in (summary.error or "")) == (1, True)
    assert office.run(adopt=True)[1] == 0
    office.later(minutes=5)
    office.standin.referrals.put([api_record(organizationId="5" * 36, updatedDateTime=stamp(office.clock.now()))])
    for record in list(office.standin.referrals.records.values())[:1]:
        office.standin.referrals.records.pop(record["id"])
    summary, status = office.run()
    assert (status, "organisation" in (summary.error or "")) == (1, True)


def test_what_was_decided_before_the_desk_was_connected_waits_for_a_yes(
    office: Office, import_records: ImportRecords
) -> None:
    from refterm.services.sync import running

    record, plain = api_record(), api_record()
    import_records([record, plain])
    office.accept(record)
    office.standin.referrals.put([record, plain])
    office.later(minutes=5)
    assert office.sync().pushed == 0
    assert office.actions(plain)[-1] == office.actions(record)[-1] == "adopted"
    assert (office.json(record)["status"], office.there(record)["status"]) == ("active", "New")
    assert running.on_hold(office.workplace) == 1
    running.let_go(office.workplace)
    assert office.sync().pushed == 1
    assert (office.there(record)["status"], office.there(record)["name"]) == ("Active", "Mailboxes")


def test_one_process_asks_and_a_viewer_never(office: Office) -> None:
    with office.workplace.database.writing() as connection:
        now = remote.codec.micros(office.clock.now())
        assert remote.take_lease(connection, "another", now, now + 90_000_000)
    with pytest.raises(BusyError):
        office.run()
    assert office.standin.asked == []
    office.later(seconds=90)
    assert office.run()[1] == 0, "the lease of one that was killed runs out"
    office.workplace = replace(office.workplace, role=Role.VIEWER)
    with pytest.raises(NotAllowedError):
        office.run()


def test_a_pause_binds_every_process(office: Office) -> None:
    office.standin.referrals.put([api_record()])
    office.standin.pause_seconds = 900
    office.standin.fail("GET", "429")
    summary, status = office.run()
    assert (status, summary.paused_until) == (3, office.clock.now() + timedelta(seconds=900))
    assert office.run()[1] == 3
    assert len(office.standin.asked) == 1
    office.later(seconds=900)
    assert office.run()[1] == 0
    assert office.standin.early == []


def test_a_dead_sign_in_stops_the_pass_and_spends_nothing(office: Office) -> None:
    record = api_record()
    office.standin.referrals.put([record])
    office.sync()
    office.accept(record)
    office.later(minutes=5)
    for fault, words in (("401-mfa", "multifactor"), ("403", "Referrals admin"), ("401", "not taken any more")):
        office.standin.fail("GET", fault)
        summary, status = office.run()
        assert (status, words in (summary.error or "")) == (1, True), summary
    assert [(item["state"], item["attempts"]) for item in office.pushes()] == [("due", 0)]
    assert office.run()[1] == 0
    assert office.there(record)["status"] == "Active"
