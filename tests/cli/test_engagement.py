"""`refterm edit` and `refterm contact` (A2, A3)."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Command, complaint, said
from tests.conftest import ImportRecords
from tests.samples import active_record, api_record, closed_record


@pytest.fixture
def active(import_records: ImportRecords) -> int:
    return import_records([active_record(customerProfile__name="Hansen KG")])[0]


def team(refterm: Command, number: int) -> list[tuple[str, str | None, str | None]]:
    people = refterm("show", number, "--json").json["team"]
    return [(person["name"], person["email"], person["phone"]) for person in people]


@pytest.mark.parametrize(
    ("option", "value", "field", "kept"),
    [
        ("--name", "Mailboxes", "name", "Mailboxes"),
        ("--value", "7000.10", "value", "7000.10"),
        ("--currency", "usd", "currency", "USD"),
        ("--date", "2026-12-31", "purchase_date", "2026-12-31"),
        ("--notes", "a\nb", "notes", "a\nb"),
        ("--crm-id", "X-1", "crm_id", "X-1"),
        ("--crm-id", "", "crm_id", None),
        ("--campaign-id", "AUTUMN", "campaign_id", "AUTUMN"),
    ],
)
def test_one_field_changes_and_no_other(
    refterm: Command, active: int, option: str, value: str, field: str, kept: str | None
) -> None:
    before = refterm("show", active, "--json").json["deal"]
    understood = {
        "value": ": 7,000.10 EUR",
        "currency": ": 5,000.00 USD",
        "purchase_date": ": purchase date 31 Dec 2026",
    }
    assert said(refterm("edit", active, option, value)) == f"Saved #{active} Hansen KG{understood.get(field, '')}."
    after = refterm("show", active, "--json").json["deal"]
    changed = {"purchase_date", "timeframe"} if field == "purchase_date" else {field}
    assert after[field] == kept
    assert {name for name in after if after[name] != before[name]} <= changed


@pytest.mark.parametrize(
    ("option", "value"),
    [("--name", " "), ("--value", "-3"), ("--value", ""), ("--date", "2026-03-01"), ("--date", "x"), ("--notes", "")],
)
def test_bad_values_are_named_by_their_option(refterm: Command, active: int, option: str, value: str) -> None:
    assert complaint(refterm("edit", active, option, value)).startswith(f"{option}: ")


def test_at_least_one_field(refterm: Command, active: int) -> None:
    assert complaint(refterm("edit", active)) == "name at least one field to change, such as --value"
    refterm("contact", "add", active, "--name", "Uwe")
    assert "at least one field" in complaint(refterm("contact", "edit", active, 1))


def test_contacts_are_added_corrected_removed(refterm: Command, active: int) -> None:
    (there,) = team(refterm, active)
    assert (
        said(refterm("contact", "add", active, "--name", "Anke Groß", "--email", "anke@n.example", "--phone", "+49 5"))
        == f"Added contact 2, Anke Groß, to #{active} Hansen KG."
    )
    assert said(refterm("contact", "add", active, "--name", "Uwe")) == f"Added contact 3, Uwe, to #{active} Hansen KG."
    assert (
        said(refterm("contact", "edit", active, 2, "--phone", "+49 6"))
        == f"Saved contact 2, Anke Groß, of #{active} Hansen KG."
    )
    assert team(refterm, active) == [there, ("Anke Groß", "anke@n.example", "+49 6"), ("Uwe", None, None)]
    assert said(refterm("contact", "remove", active, 1)) == (
        f"Removed contact 1, {there[0]}, from #{active} Hansen KG. The numbers of those after it are one less now."
    )
    assert [name for name, _email, _phone in team(refterm, active)] == ["Anke Groß", "Uwe"]


def test_contact_complaints(refterm: Command, active: int) -> None:
    assert complaint(refterm("contact", "add", active, "--name", " ")).startswith("--name: ")
    assert complaint(refterm("contact", "add", active, "--name", "A", "--email", "a b")).startswith("--email: ")
    assert "there is no contact 9" in complaint(refterm("contact", "remove", active, 9))
    assert "there is no contact 9" in complaint(refterm("contact", "edit", active, 9, "--name", "B"))
    assert "Missing option '--name'" in complaint(refterm("contact", "add", active), status=2)
    assert "Invalid value for 'N'" in complaint(refterm("contact", "remove", active, "first"), status=2)
    assert "Missing command" in complaint(refterm("contact"), status=2)
    assert "No such command 'call'" in complaint(refterm("contact", "call"), status=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ("edit", "--name", "x"),
        ("contact", "add", "--name", "x"),
        ("contact", "edit", "1", "--name", "x"),
        ("contact", "remove", "1"),
    ],
)
def test_only_engagements(refterm: Command, import_records: ImportRecords, arguments: tuple[str, ...]) -> None:
    new, won = import_records([api_record(), closed_record("Won")])
    place = 2 if arguments[0] == "contact" else 1
    for number, sentence in ((new, "accept it first"), (won, "it is closed")):
        assert sentence in complaint(refterm(*arguments[:place], number, *arguments[place:]))
