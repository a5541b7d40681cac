"""Rows of Partner Center's CSV as records of the API, and back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from refterm.formats import cells, csv_columns
from refterm.formats.csv_columns import COLUMNS
from refterm.formats.judging import Judge
from tests.samples import active_record, api_record, closed_record

ROW = {
    "engagement id": "e1",
    "referral id": "r1",
    "deal name": "Pilot",
    "customer name": "Kontor",
    "customer address line 1": "Hafen 1",
    "customer address line 2": "",
    "customer city": "Kiel",
    "customer state": "SH",
    "customer postal code": "24103",
    "customer country": "DE",
    "customer d-u-n-s id": "1",
    "customer contact first name": "Inga",
    "customer contact last name": "Hansen",
    "customer contact phone number": "+494310000001",
    "customer contact email address": "inga@kontor.example",
    "partner referral status": "Closed",
    "partner referral substatus": "Lost",
    "microsoft referral status": "",
    "declined/lost reason": "3",
    "sales stage": "40",
    "estimated deal value": "64800.50",
    "currency": "EUR",
    "estimated close date": "06/30/2026",
    "crm id": "OPP-1",
    "marketing campaign id": "SPRING26",
    "notes": "80 mailboxes\nand a server",
    "microsoft help required?": "Yes",
    "what specific help from microsoft?": "3",
    "share with microsoft sales team": "No",
    "notes to microsoft": "Please call",
    "consent to share customer/partner contact": "Yes",
    "solution 2": "",
    "solution 1": "SOL-1234-PQRS, USD, 10, 100",
    "team member 1": "Mara, Voss, +494310000010, mara@partner.example",
    "marketplace purchase intent": "Have not decided",
}


def read(row: dict[str, str]) -> dict[str, Any]:
    record, sentences = cells.to_record(row, Judge())
    assert sentences == []
    return record


def test_a_row_says_what_a_record_says() -> None:
    assert read(ROW) == {
        "engagementId": "e1",
        "id": "r1",
        "name": "Pilot",
        "status": "Closed",
        "substatus": "Lost",
        "statusReason": "Customer chose another vendor",
        "salesStage": "40",
        "externalReferenceId": "OPP-1",
        "campaignId": "SPRING26",
        "customerMarketplaceIntent": "Have not decided",
        "customerProfile": {
            "name": "Kontor",
            "address": {
                "addressLine1": "Hafen 1",
                "addressLine2": None,
                "city": "Kiel",
                "state": "SH",
                "postalCode": "24103",
                "country": "DE",
            },
            "ids": [{"profileType": "Duns", "id": "000000001"}],
            "team": [
                {
                    "firstName": "Inga",
                    "lastName": "Hansen",
                    "phoneNumber": "+494310000001",
                    "email": "inga@kontor.example",
                }
            ],
        },
        "details": {
            "dealValue": Decimal("64800.50"),
            "currency": "EUR",
            "closingDateTime": "2026-06-30T00:00:00Z",
            "notes": "80 mailboxes\nand a server",
            "requirements": {
                "solutions": [{"id": "SOL-1234-PQRS", "currency": "USD", "price": "10", "quantity": "100"}]
            },
        },
        "inviteContext": {"assistanceRequestCode": "ProofOfConceptOrDemo", "notes": "Please call"},
        "consent": {"consentToShareReferralWithMicrosoftSellers": False, "consentToToShareInfoWithOthers": True},
        "team": [
            {
                "firstName": "Mara",
                "lastName": "Voss",
                "phoneNumber": "+494310000010",
                "email": "mara@partner.example",
            }
        ],
        "csv": {"microsoft help required?": "Yes"},
    }


@pytest.mark.parametrize(
    ("cell", "member"),
    [
        ("Mara, Voss, +49 1, m@p.example", ("Mara", "Voss", "+49 1", "m@p.example")),
        ("Mara, Voss, Dr., +49 1, m@p.example", ("Mara", "Voss, Dr.", "+49 1", "m@p.example")),
        ("Mara", ("Mara",)),
        ("Mara,,,m@p.example", ("Mara", None, None, "m@p.example")),
        ("Jean Luc, de la Tour, m@p.example", ("Jean Luc", "de la Tour", None, "m@p.example")),
        ("Mara Voss;+49;m@p.example", ("Mara Voss", None, "+49", "m@p.example")),
        ("m@p.example", (None, None, None, "m@p.example")),
        ("Mara, m@p.example", ("Mara", None, None, "m@p.example")),
    ],
)
def test_a_team_member_stands_in_one_cell(cell: str, member: tuple[str | None, ...]) -> None:
    (person,) = read({"team member 7": cell})["team"]
    assert tuple(person.values()) == member


def test_a_row_over_a_fuller_record_takes_nothing_away() -> None:
    known = api_record(
        customerProfile={"team": [{"firstName": "Inga", "title": "Head of IT"}, {"firstName": "Per"}]},
        details__requirements__solutions=[{"id": "CloudMigration", "name": "Cloud Migration"}],
    )
    row = {"customer contact first name": "Ingrid", "solution 1": "CloudMigration", "solution 2": "SOL-2, EUR, 1, 2"}
    over = cells.over(known, read(row))
    assert over["customerProfile"]["team"] == [{"firstName": "Ingrid", "title": "Head of IT"}, {"firstName": "Per"}]
    assert over["details"]["requirements"]["solutions"] == [
        {"id": "CloudMigration", "name": "Cloud Migration"},
        {"id": "SOL-2", "currency": "EUR", "price": "1", "quantity": "2"},
    ]
    assert over["details"]["notes"] == known["details"]["notes"]


def as_row(record: dict[str, Any]) -> dict[str, str]:
    return dict(zip(COLUMNS, csv_columns.row(record), strict=True))


def test_a_record_is_written_as_partner_center_writes_it() -> None:
    written = as_row(active_record())
    assert tuple(written) == COLUMNS
    assert COLUMNS[0] == "Errors"
    assert COLUMNS[-1] == "Marketplace Purchase Intent"
    assert written["Deal Name"] == "Mailbox migration"
    assert written["Customer State"] == "SH"
    assert written["Customer Contact Last Name"] == "Hansen"
    assert (written["Estimated Deal Value"], written["Currency"]) == ("5000", "EUR")
    assert written["Estimated Close Date"] == "06/30/2026"
    assert written["Solution 1"] == "CloudMigration"
    assert written["Team member 1"] == "Mara, Voss, +494310000010, mara.voss@nordlicht-cloud.example"
    assert written["Consent to share Customer/Partner contact"] == "Yes"
    assert as_row(closed_record("Lost"))["Declined/Lost reason"] == "3"
    assert as_row(closed_record("Lost", statusReason="No answer since May"))["Declined/Lost reason"] == "8"


def test_a_row_read_and_written_is_the_same() -> None:
    columns_of = {column.casefold(): column for column in COLUMNS}
    written = as_row(read(ROW))
    again = {**ROW, "customer d-u-n-s id": "000000001"}
    assert {column: cell for column, cell in written.items() if cell} == {
        columns_of[column]: cell for column, cell in again.items() if cell
    }


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-2+3", "\t=1", "\rx", "'quoted", "+49 431 1"]
)
def test_what_a_spreadsheet_would_run_gets_a_quote_that_import_takes_off(cell: str) -> None:
    written = csv_columns.guarded(cell)
    assert written == "'" + cell
    assert csv_columns.unguarded(written) == cell


@pytest.mark.parametrize("cell", ["-2", "+494310000001", "1.5", "-0.5", "", "plain", "a=1", '"'])
def test_numbers_and_other_texts_stand_as_they_are(cell: str) -> None:
    assert csv_columns.guarded(cell) == cell


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("3", "Customer chose another vendor"),
        ("3.0", "Customer chose another vendor"),
        ("3 - Customer chose another vendor", "Customer chose another vendor"),
        ("3: other words", "Customer chose another vendor"),
        ("3 weeks without an answer", "3 weeks without an answer"),
    ],
)
def test_a_reason_is_its_number_in_all_its_forms(cell: str, text: str) -> None:
    assert read({"declined/lost reason": cell})["statusReason"] == text


def test_the_reason_of_an_error_is_of_its_own_list() -> None:
    row = {"partner referral substatus": "Error", "declined/lost reason": "7"}
    record = read(row)
    assert record["statusReason"] == "Test referral"
    assert as_row(record)["Declined/Lost reason"] == "7"


@pytest.mark.parametrize("cell", ["9" * 5000, "0", "9"])
def test_a_number_that_is_no_reason_s_stays_a_text(cell: str) -> None:
    assert read({"declined/lost reason": cell})["statusReason"] == cell


def test_a_record_that_import_takes_can_be_written() -> None:
    record = api_record()
    record["details"]["closingDateTime"] = " 2026-06-30T00:00:00Z "
    record["consent"] = {"consentToToShareInfoWithOthers": ["unheard of"]}
    cells = dict(zip(COLUMNS, csv_columns.row(record), strict=True))
    assert cells["Estimated Close Date"] == "06/30/2026"
    assert cells["Consent to share Customer/Partner contact"] == ""
