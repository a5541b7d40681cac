"""Pull: pages, watermark, what is stored and what never is (contract, sync)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from refterm.errors import NotAllowedError
from refterm.services.roles import Role
from refterm.services.sync.passing import BusyError
from refterm.store import remote
from tests.conftest import ImportRecords
from tests.partner_center.support import Session
from tests.samples import NOW, ago, ahead, api_record, closed_record, stamp


def test_a_thousand_come_in_the_inbox_first(session: Session) -> None:
    """What waits for an answer is there after the first page; a pass without changes is one request."""
    records = [api_record(updatedDateTime=ago(minutes=61 + n), createdDateTime=ago(hours=9)) for n in range(150)]
    records += [closed_record() for _number in range(850)]
    session.standin.referrals.put(records)
    seen: list[int] = []

    def another_looks(_received: int) -> None:
        with session.workplace.database.reading() as connection:
            seen.append(connection.execute("select count(*) from referral").fetchone()[0])

    summary = session.sync(told=another_looks)
    assert (summary.complete, summary.new, summary.error) == (True, 1000, None)
    assert max(after - before for before, after in itertools.pairwise([0, *seen])) == 100, (
        "no transaction holds more than a page, so that nobody who writes waits for more"
    )
    assert "$filter" in session.standin.asked[0].query
    with session.workplace.database.reading() as connection:
        assert connection.execute("select count(*) from referral").fetchone()[0] == 1000
    asked = len(session.standin.asked)
    session.later(minutes=10)
    summary = session.sync()
    assert (summary.requests, summary.new, summary.updated) == (1, 0, 0)
    assert len(session.standin.asked) == asked + 1
    record = session.json(records[0])["remote"]
    assert record["state"] == "synced"
    assert record["account"] == "mara.voss@nordlicht.example"


def test_what_changes_there_changes_here_and_who_did_it_is_named(session: Session) -> None:
    record = api_record()
    session.standin.referrals.put([record])
    session.sync()
    session.later(minutes=10)
    session.standin.referrals.change(record["id"], details__notes="Forty mailboxes.", customerProfile__name="Kai GmbH")
    summary = session.sync()
    assert (summary.updated, summary.requests) == (1, 1)
    entry = session.json(record)
    assert (entry["need"], entry["customer"]["company"]) == ("Forty mailboxes.", "Kai GmbH")
    from refterm.services.desk import Desk

    last = list(Desk(session.workplace).history(session.number(record)))[-1]
    assert (last.by, last.login, last.action) == ("Partner Center", "ana", "updated")


@pytest.mark.parametrize("fault", ["empty", "doubled", "loop", "bad-token", "stale", "foreign-link", "html", "500"])
def test_a_list_that_misbehaves_loses_nothing(session: Session, fault: str) -> None:
    records = [api_record() for _number in range(230)]
    session.standin.referrals.put(records)
    session.standin.fail("GET", "", "", "", "", fault)
    summary = session.sync()
    if not summary.complete:
        summary = session.sync()
    assert summary.complete, summary.error
    session.later(days=1)
    session.sync()
    with session.workplace.database.reading() as connection:
        assert connection.execute("select count(*) from referral").fetchone()[0] == 230
        assert not connection.execute("select count(*) from referral where deal_name = 'stale'").fetchone()[0]
    assert all("elsewhere" not in one.headers["host"] for one in session.standin.asked)


def test_a_list_without_end_is_given_up_after_three_starts(session: Session) -> None:
    session.standin.referrals.put(api_record() for _number in range(3))
    session.standin.fail("GET", *["loop"] * 20)
    summary, status = session.run()
    assert status == 3
    assert "no list that ends" in (summary.error or "")


def test_an_older_state_changes_nothing_and_absence_deletes_nothing(session: Session) -> None:
    first, second = api_record(), api_record()
    session.standin.referrals.put([first, second])
    session.sync()
    session.later(hours=25)
    old = dict(session.there(first))
    session.standin.referrals.change(first["id"], name="newer")
    session.sync()
    session.standin.referrals.records[first["id"]] = {**old, "name": "older", "eTag": '"another"'}
    session.standin.referrals.hides.add(second["id"])
    session.later(hours=25)
    assert session.sync().complete
    assert session.json(first)["name"] == "newer"
    gone = session.json(second)["remote"]
    assert (gone["state"], gone["account"]) == ("gone", "mara.voss@nordlicht.example")
    assert gone["not_visible_since"] is not None
    session.standin.referrals.hides.clear()
    session.later(hours=25)
    session.sync()
    assert session.json(second)["remote"]["state"] == "synced"


def test_an_expired_one_keeps_the_contacts_that_the_desk_had(session: Session) -> None:
    record = api_record()
    session.standin.referrals.put([record])
    session.sync()
    session.later(minutes=5)
    session.standin.referrals.change(
        record["id"],
        status="Closed",
        substatus="Expired",
        customerProfile={"team": [], "address": {"city": None, "country": None}},
    )
    session.sync()
    here = session.json(record)
    assert (here["outcome"], here["customer"]["city"]) == ("expired", "Kiel")
    assert here["customer"]["contacts"][0]["email"]


def test_an_expiry_by_the_clock_yields_to_the_source(session: Session) -> None:
    """I4, H2: extended there it comes back; accepted there it is active."""
    extended, accepted = (api_record(expirationDateTime=ahead(hours=1)) for _number in range(2))
    session.standin.referrals.put([extended, accepted])
    session.sync()
    from refterm.services.background.expiry import expire_due

    session.later(hours=2)
    expire_due(session.workplace)
    assert session.json(extended)["outcome"] == "expired"
    assert not list(session.pushes())
    session.standin.referrals.change(extended["id"], expirationDateTime=stamp(NOW + timedelta(days=9)))
    session.standin.referrals.change(accepted["id"], status="Active", substatus="Accepted")
    session.sync()
    assert session.json(extended)["status"] == "new"
    assert session.json(accepted)["status"] == "active"
    assert session.actions(extended)[-1] == session.actions(accepted)[-1] == "returned"


def test_another_tenant_or_organisation_is_refused(session: Session) -> None:
    session.standin.referrals.put([api_record()])
    session.sync()
    with session.workplace.database.writing() as connection:
        remote.put_state(connection, {"tenant": "another"})
    summary, status = session.run()
    assert (status, "--adopt" in (summary.error or "")) == (1, True)
    assert session.run(adopt=True)[1] == 0
    session.later(minutes=5)
    session.standin.referrals.put([api_record(organizationId="5" * 36, updatedDateTime=stamp(session.clock.now()))])
    for record in list(session.standin.referrals.records.values())[:1]:
        session.standin.referrals.records.pop(record["id"])
    summary, status = session.run()
    assert (status, "organisation" in (summary.error or "")) == (1, True)


def test_what_was_decided_before_the_desk_was_connected_waits_for_a_yes(
    session: Session, import_records: ImportRecords
) -> None:
    from refterm.services.sync import running

    record, plain = api_record(), api_record()
    import_records([record, plain])
    session.accept(record)
    session.standin.referrals.put([record, plain])
    session.later(minutes=5)
    assert session.sync().pushed == 0
    assert session.actions(plain)[-1] == session.actions(record)[-1] == "adopted"
    assert (session.json(record)["status"], session.there(record)["status"]) == ("active", "New")
    assert running.on_hold(session.workplace) == 1
    running.let_go(session.workplace)
    assert session.sync().pushed == 1
    assert (session.there(record)["status"], session.there(record)["name"]) == ("Active", "Mailboxes")


def test_one_process_asks_and_a_viewer_never(session: Session) -> None:
    with session.workplace.database.writing() as connection:
        now = remote.codec.micros(session.clock.now())
        assert remote.take_lease(connection, "another", now, now + 90_000_000)
    with pytest.raises(BusyError):
        session.run()
    assert session.standin.asked == []
    session.later(seconds=90)
    assert session.run()[1] == 0, "the lease of one that was killed runs out"
    session.workplace = replace(session.workplace, role=Role.VIEWER)
    with pytest.raises(NotAllowedError):
        session.run()


def test_a_pause_binds_every_process(session: Session) -> None:
    session.standin.referrals.put([api_record()])
    session.standin.pause_seconds = 900
    session.standin.fail("GET", "429")
    summary, status = session.run()
    assert (status, summary.paused_until) == (3, session.clock.now() + timedelta(seconds=900))
    assert session.run()[1] == 3
    assert len(session.standin.asked) == 1
    session.later(seconds=900)
    assert session.run()[1] == 0
    assert session.standin.early == []


def test_a_dead_sign_in_stops_the_pass_and_spends_nothing(session: Session) -> None:
    record = api_record()
    session.standin.referrals.put([record])
    session.sync()
    session.accept(record)
    session.later(minutes=5)
    for fault, words in (("401-mfa", "multifactor"), ("403", "Referrals admin"), ("401", "not taken any more")):
        session.standin.fail("GET", fault)
        summary, status = session.run()
        assert (status, words in (summary.error or "")) == (1, True), summary
    assert [(item["state"], item["attempts"]) for item in session.pushes()] == [("due", 0)]
    assert session.run()[1] == 0
    assert session.there(record)["status"] == "Active"
