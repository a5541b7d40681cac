"""The same work done through the screens and through the command line ends in the same stored state (T4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.pty.terminal import Terminal, run
from tests.samples import api_record, ndjson

WON, LOST, DECLINED = "Wonder GmbH", "Lostwithiel Ltd", "Declan SARL"
CTRL_S, TAB, ENTER, ESCAPE = "\x13", "\t", "\r", "\x1b"


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Three new referrals, as a file."""
    now = datetime.now(UTC)
    records = []
    for number, name in enumerate((WON, LOST, DECLINED)):
        created = (now - timedelta(hours=3 - number)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        expires = (now + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
        record = api_record(id=f"same-state-{number}", createdDateTime=created, updatedDateTime=created)
        record["expirationDateTime"] = expires
        record["customerProfile"]["name"] = name
        records.append(record)
    path = tmp_path / "sample.ndjson"
    path.write_bytes(ndjson(records))
    return path


def by_commands(database: Path) -> None:
    """The whole life of three referrals, by commands."""
    run("decline", "3", "--reason", "budget", "--notes", "too small", database=database)
    accept = (
        "--name",
        "Big deal",
        "--value",
        "12500",
        "--currency",
        "EUR",
        "--timeframe",
        "1-3 months",
        "--notes",
        "mail",
    )
    run("accept", "1", *accept, "--contact", "Mara; mara@x.example; 1", database=database)
    run("accept", "2", *accept, database=database)
    run("edit", "1", "--value", "13000.50", "--crm-id", "OPP-1", database=database)
    run("contact", "add", "1", "--name", "Luis", "--email", "luis@x.example", "--phone", "2", database=database)
    run("won", "1", database=database)
    run("lost", "2", "--reason", "other-vendor", "--notes", "price", database=database)


def by_keys(database: Path) -> None:
    """The same by keys."""
    with Terminal("--db", str(database)) as desk:
        desk.wait(WON, LOST, DECLINED)
        desk.press("G")
        desk.wait("3")
        select(desk, DECLINED)
        form(desk, "d", "Decline referral", "1", "too small")
        desk.wait("Declined Declan SARL (budget). Archived.")
        show_all(desk, "Inbox 2")
        for name, contact in ((WON, "Mara; mara@x.example; 1"), (LOST, "")):
            select(desk, name)
            open_form(desk, "a", "Accept referral")
            desk.press("Big deal")
            desk.wait("Big deal")
            fill(desk, "12500", "EUR", "1-3 months", "mail", "", "", contact)
            desk.press(CTRL_S)
            desk.wait(f"Accepted {name}, 12,500.00 EUR; now in Active.")
        desk.press("2")
        show_all(desk, "Active 2")
        select(desk, WON)
        open_form(desk, "e", "Edit engagement")
        fill(desk, None, "13000.50", None, None, "OPP-1")
        desk.press(CTRL_S)
        desk.gone("Edit engagement")
        desk.wait("13,000.50 EUR")
        form(desk, "c", "Add contact", "Luis", "2", "luis@x.example")
        desk.gone("escape cancel")
        desk.wait("Luis")
        select(desk, WON)
        open_form(desk, "w", "Report won")
        desk.press(CTRL_S)
        desk.gone("Report won")
        show_all(desk, "Active 1")
        select(desk, LOST)
        form(desk, "l", "Report lost", "3", "price")
        show_all(desk, "Active 0", "Archived 3")
        assert desk.leave() == 0


def select(desk: Terminal, company: str) -> None:
    """Search for a company, so that the cursor stands on it. The tabs then show their hits."""
    desk.press("/" + company)
    desk.wait("1 hit", company)
    desk.press(ENTER)
    desk.settle()  # else the next key would be a letter of what is searched for
    desk.wait(f"/{company[:24]}")


def show_all(desk: Terminal, *counts: str) -> None:
    """Clear the search, and wait for the counts of the tabs."""
    desk.press(ESCAPE)
    desk.wait(*counts)


def open_form(desk: Terminal, key: str, title: str) -> None:
    """Open a form by its key, once its fields stand."""
    desk.press(key)
    desk.wait(title, "ctrl+s")


def form(desk: Terminal, key: str, title: str, first: str, *others: str) -> None:
    """Open a form, fill it in from its first field, and send it."""
    open_form(desk, key, title)
    desk.press(first)
    fill(desk, *others)
    desk.press(CTRL_S)
    desk.gone(title)


def fill(desk: Terminal, *texts: str | None) -> None:
    """Go from field to field, typing; None leaves a field as it is."""
    for text in texts:
        desk.press(TAB)
        if text:
            desk.press(text)
            desk.wait(text[-20:])


@pytest.fixture
def databases(tmp_path: Path, sample: Path) -> tuple[Path, Path]:
    """Two desks with the same referrals."""
    pair = (tmp_path / "commands.db", tmp_path / "keys.db")
    for database in pair:
        assert run("import", str(sample), database=database).strip() == "3 new, 0 updated, 0 unchanged, 0 rejected"
    return pair


def stored(database: Path) -> Any:
    """Everything the desk knows of its referrals, but for the instants at which it was done."""
    found = json.loads(run("list", "--tab", "all", "--json", database=database))
    for referral in found:
        for field in ("decided_at", "closed_at"):
            assert (referral[field] is None) == (field == "closed_at" and referral["status"] != "archived")
            del referral[field]
    return sorted(found, key=lambda referral: referral["id"])


def told(database: Path) -> Any:
    """The history, but for its instants."""
    entries = json.loads(run("history", "--json", database=database))
    told = []
    for entry in entries:
        changes = {field: values for field, values in entry["changes"].items() if not field.endswith("_at")}
        told.append((entry["referral"], entry["action"], entry["by"], changes))
    return sorted(
        told, key=lambda entry: (entry[0], entries.index(next(e for e in entries if e["referral"] == entry[0])))
    )


def test_screens_and_commands_end_in_the_same_state(databases: tuple[Path, Path]) -> None:
    commands, keys = databases
    by_commands(commands)
    by_keys(keys)
    assert stored(keys) == stored(commands)
    assert told(keys) == told(commands)
    actions = [(referral, action) for referral, action, _by, _changes in told(keys)]
    assert actions == [
        *((1, action) for action in ("imported", "accepted", "edited", "contact-added", "won")),
        *((2, action) for action in ("imported", "accepted", "lost")),
        *((3, action) for action in ("imported", "declined")),
    ]


def test_a_form_typed_in_one_burst_puts_every_text_into_its_field(databases: tuple[Path, Path]) -> None:
    """Over a slow line keys arrive together: none may land in the field before, none be missing when it is sent."""
    database = databases[0]
    with Terminal("--db", str(database)) as desk:
        desk.wait(WON)
        select(desk, WON)
        open_form(desk, "a", "Accept referral")
        desk.press(
            TAB.join(("Deal X", "12500", "EUR", "1-3 months", "what they want", "CRM-1", "CAM-1", "Mara")) + CTRL_S
        )
        desk.wait(f"Accepted {WON}, 12,500.00 EUR; now in Active.")
        assert desk.leave() == 0
    (found,) = json.loads(run("list", "--tab", "active", "--json", database=database))
    deal = found["deal"]
    typed = (
        deal["name"],
        deal["value"],
        deal["currency"],
        deal["timeframe"],
        deal["notes"],
        deal["crm_id"],
        deal["campaign_id"],
    )
    assert typed == ("Deal X", "12500", "EUR", "1-3 months", "what they want", "CRM-1", "CAM-1")
    assert [person["name"] for person in found["team"]] == ["Mara"]
