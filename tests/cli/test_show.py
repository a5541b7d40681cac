"""`refterm show` and `refterm history`: to the letter of the contract as JSON, and readable as text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from tests.cli.conftest import Command, complaint
from tests.conftest import ImportRecords
from tests.samples import active_record, ago, ahead, api_record, closed_record

DEAL = {
    "name": "Hansen - Cloud Migration",
    "value": "12500.50",
    "currency": "EUR",
    "timeframe": "1-3 months",
    "notes": "80 mailboxes,\none file server",
    "crm_id": "OPP-1",
    "contacts": "Mara Voss; mara@nordlicht.example; +49 431 1",
}


def test_new_referral_as_json_has_every_key(refterm: Command, import_records: ImportRecords) -> None:
    (number,) = import_records(
        [
            api_record(
                id="5c3e0c2e-8a3e-4c63-9d0e-2f6f0f1f9a11",
                engagementId="f10c5f2e-6f2a-4a57-8c34-3b1f6f8f2c70",
                createdDateTime="2026-03-02T08:14:21.4579540Z",
                expirationDateTime="2026-03-16T00:00:00Z",
                customerProfile__name="Bäckerei Hansen KG",
                customerProfile__ids=[{"profileType": "DUNS", "id": "123456789"}],
                details__customerRequestedContact=True,
            )
        ]
    )
    record = refterm("show", number, "--json").json
    contact = record["customer"]["contacts"][0]
    assert record == {
        "id": number,
        "source_id": "5c3e0c2e-8a3e-4c63-9d0e-2f6f0f1f9a11",
        "engagement_id": "f10c5f2e-6f2a-4a57-8c34-3b1f6f8f2c70",
        "name": None,
        "status": "new",
        "outcome": None,
        "channel": "search",
        "customer": {
            "company": "Bäckerei Hansen KG",
            "industry": record["customer"]["industry"],
            "employees": "51-250",
            "size": "51to250employees",
            "country": "DE",
            "region": "SH",
            "city": "Kiel",
            "address": "Hafenstraße 12",
            "postal_code": "24103",
            "duns": record["customer"]["duns"],
            "contacts": [contact],
        },
        "need": "Move 80 mailboxes and a file server to Microsoft 365 before the summer season.",
        "products": ["Microsoft365", "Exchange"],
        "services": ["DeploymentOrMigration"],
        "solutions": ["Cloud Migration"],
        "profile": None,
        "received_at": "2026-03-02T08:14:21.457954Z",
        "received_estimated": False,
        "respond_by": "2026-03-03T08:14:21.457954Z",
        "expires_at": "2026-03-16T00:00:00Z",
        "expiry_estimated": False,
        "flame": "hot",
        "contacted_at": None,
        "contacted_by": None,
        "taken_by": None,
        "assigned_by": None,
        "assigned_at": None,
        "favorite": False,
        "skipped_until": None,
        "duplicates": [],
        "remote": None,
        "decided_at": None,
        "decided_by": None,
        "closed_at": None,
        "closed_by": None,
        "reason": None,
        "reason_notes": None,
        "deal": dict.fromkeys(
            (
                "name",
                "value",
                "currency",
                "timeframe",
                "purchase_date",
                "closed_on",
                "notes",
                "crm_id",
                "campaign_id",
                "follow_up_at",
                "follow_up_text",
            )
        ),
        "team": [],
        "fit": None,
        "version": 1,
    }
    assert contact["name"] == "Inga Hansen"
    assert set(contact) == {"name", "title", "email", "phone"}
    assert contact["title"] is None


def test_engagement_as_json(refterm: Command, import_records: ImportRecords, workplace: Workplace) -> None:
    (number,) = import_records([api_record()])
    Triage(workplace).accept(number, DEAL, Context(today=workplace.today()))
    record = refterm("show", number, "--json").json
    assert record["name"] == record["deal"]["name"] == "Hansen - Cloud Migration"
    assert record["status"] == "active"
    assert record["decided_at"] == "2026-03-02T09:00:00Z"
    assert record["decided_by"] == "ana"
    assert record["deal"] == {
        "name": "Hansen - Cloud Migration",
        "value": "12500.50",
        "currency": "EUR",
        "timeframe": "1-3 months",
        "purchase_date": "2026-06-02",
        "closed_on": None,
        "notes": "80 mailboxes,\none file server",
        "crm_id": "OPP-1",
        "campaign_id": None,
        "follow_up_at": None,
        "follow_up_text": None,
    }
    assert record["team"] == [{"name": "Mara Voss", "email": "mara@nordlicht.example", "phone": "+49 431 1"}]
    assert record["version"] == 2


def test_list_and_show_agree(refterm: Command, import_records: ImportRecords) -> None:
    same = {"customerProfile__name": "Llewellyn & Daughters"}
    ids = import_records([api_record(**same), active_record(**same), closed_record("Lost", **same), api_record()])
    listed = {record["id"]: record for record in refterm("list", "--tab", "all", "--json").json}
    assert set(listed) == set(ids)
    for number in ids:
        assert listed[number] == refterm("show", number, "--json").json


def test_duplicates_point_at_each_other_newest_first(refterm: Command, import_records: ImportRecords) -> None:
    """Same engagement, company, e-mail domain or D-U-N-S number (I9)."""
    one, same_company, same_engagement, same_domain, other = import_records(
        [
            api_record(customerProfile__name="Aire Valley Foods", engagementId="e-1"),
            api_record(customerProfile__name="AIRE VALLEY  foods."),
            api_record(engagementId="e-1"),
            api_record(),
            api_record(),
        ]
    )
    assert refterm("show", one, "--json").json["duplicates"] == [same_engagement, same_company]
    listed = {record["id"]: record["duplicates"] for record in refterm("list", "--json").json}
    assert listed == {
        one: [same_engagement, same_company],
        same_company: [one],
        same_engagement: [one],
        same_domain: [],
        other: [],
    }
    text = refterm("show", one).out
    assert f"#{same_company}, new in the Inbox: AIRE VALLEY foods." in text


@pytest.mark.parametrize(
    ("received", "contacted", "state", "words"),
    [
        ({"hours": 71, "minutes": 59}, False, "hot", "contact them now"),
        ({"hours": 72}, False, "cooled", "72 h have passed"),
        ({"hours": 1}, True, "contacted", "Mon 2 Mar 2026 09:00 by ana"),
    ],
)
def test_flame_states(
    refterm: Command,
    import_records: ImportRecords,
    workplace: Workplace,
    received: dict[str, float],
    contacted: bool,
    state: str,
    words: str,
) -> None:
    (number,) = import_records([api_record(createdDateTime=ago(**received), details__customerRequestedContact=True)])
    if contacted:
        Marks(workplace).contacted(number)
    assert refterm("show", number, "--json").json["flame"] == state
    assert words in refterm("show", number).out


def test_archived_ones_have_no_flame_and_no_countdown(refterm: Command, import_records: ImportRecords) -> None:
    (number,) = import_records([closed_record("Won", details__customerRequestedContact=True)])
    assert refterm("show", number, "--json").json["flame"] == "none"
    text = refterm("show", number).out
    assert "contact them" not in text
    assert "Expires in" not in text
    assert "archived won" in text


def test_text_is_whole(refterm: Command, import_records: ImportRecords, workplace: Workplace) -> None:
    (number,) = import_records([api_record(customerProfile__name="Bäckerei Hansen KG")])
    Triage(workplace).accept(number, DEAL, Context(today=workplace.today()))
    text = refterm("show", number).out
    for part in (
        f"#{number}  Bäckerei Hansen KG",
        "active",
        "51-250 people",
        "Hafenstraße 12, 24103, Kiel, SH, DE",
        "Inga Hansen",
        "Move 80 mailboxes",
        "12,500.50 EUR",
        "2 Jun 2026  (1-3 months)",
        "Mara Voss  mara@nordlicht.example  +49 431 1",
        "Mon 2 Mar 2026 09:00 by ana",
    ):
        assert part in text
    # A text of several lines keeps them, its label standing once.
    assert text.count("Notes ") == 1
    assert "\n" + " " * 18 + "one file server\n" in text


def test_times_left(refterm: Command, import_records: ImportRecords) -> None:
    (number,) = import_records(
        [api_record(createdDateTime=ago(minutes=30), expirationDateTime=ahead(days=13, hours=13))]
    )
    text = refterm("show", number).out
    assert "23h 30m  (by Tue 3 Mar 2026 08:30)" in text
    assert "13d 13h  (Sun 15 Mar 2026 22:00)" in text


class TestIdentity:
    """Digits are the desk's own number; else the source's id, or six and more characters of its beginning."""

    @pytest.fixture
    def ids(self, import_records: ImportRecords) -> list[int]:
        return import_records(
            [api_record(id="abcdef12-0001"), api_record(id="abcdef12-0002"), api_record(id="12345678")]
        )

    def test_number(self, refterm: Command, ids: list[int]) -> None:
        assert refterm("show", ids[1], "--json").json["source_id"] == "abcdef12-0002"

    def test_source_id_and_unique_beginning(self, refterm: Command, ids: list[int]) -> None:
        for named in ("abcdef12-0001", "abcdef12-0001 "):
            assert refterm("show", named, "--json").json["id"] == ids[0]

    def test_beginning_of_two(self, refterm: Command, ids: list[int]) -> None:
        assert "more than one" in complaint(refterm("show", "abcdef12"))

    def test_too_short(self, refterm: Command, ids: list[int]) -> None:
        assert "there is no referral abcde" in complaint(refterm("show", "abcde"))

    @pytest.mark.parametrize("typed", ["12345678", "99999999999999999999999", "0", "-1x", ""])
    def test_nothing_else_is_found(self, refterm: Command, ids: list[int], typed: str) -> None:
        assert complaint(refterm("show", "--", typed)).startswith("there is no referral")


def test_history_of_one_and_of_the_desk(
    refterm: Command, import_records: ImportRecords, workplace: Workplace, clock: SettableClock
) -> None:
    """Who, when, what, with values before and after, oldest first (T4)."""
    first, second = import_records([api_record(), api_record()])
    clock.advance(timedelta(seconds=21, microseconds=457954))
    Marks(workplace).take(first)
    Marks(workplace).note(first, "called, nobody there")
    whole = refterm("history", "--json").json
    assert [(entry["referral"], entry["action"]) for entry in whole] == [
        (first, "imported"),
        (second, "imported"),
        (first, "taken"),
        (first, "noted"),
    ]
    one = refterm("history", first, "--json").json
    assert one == [entry for entry in whole if entry["referral"] == first]
    assert one[1] == {
        "at": "2026-03-02T09:00:21.457954Z",
        "by": "ana",
        "login": one[1]["login"],
        "action": "taken",
        "referral": first,
        "changes": {"taken_by": [None, "ana"]},
    }
    text = refterm("history", first).lines
    assert len(text) == 3
    assert text[1].startswith("Mon 2 Mar 2026 09:00   ana")
    assert "taken" in text[1]
    assert "called, nobody there" in text[2]


def test_history_tells_before_and_after(refterm: Command, import_records: ImportRecords, workplace: Workplace) -> None:
    (number,) = import_records([active_record()])
    Triage(workplace).edit(number, {"value": "6000"}, Context(today=workplace.today()))
    assert refterm("history", number, "--json").json[-1]["changes"]["deal.value"] == ["5000", "6000"]
    assert "value: 5,000.00 -> 6,000.00" in refterm("history", number).out


def test_history_of_nothing_is_refused(refterm: Command, workplace: Workplace) -> None:
    assert complaint(refterm("history", "17")) == "there is no referral 17; see refterm list --tab all"
