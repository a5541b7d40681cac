"""`refterm accept`, `decline`, `won`, `lost`, `undo` (I5, I6, A1, U1): what they say, do, and refuse."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from refterm.clock import SettableClock
from refterm.domain.reasons import CODES
from refterm.services.workplace import Workplace
from tests.cli.conftest import Command, complaint, said
from tests.conftest import ImportRecords
from tests.samples import active_record, ahead, api_record, closed_record
from tests.store.support import query

ACCEPT = (
    "--name",
    "Cloud Migration",
    "--value",
    "12500",
    "--currency",
    "EUR",
    "--timeframe",
    "3 months",
    "--notes",
    "80",
)
HINT = "Undo within 60 s: refterm undo"


@pytest.fixture
def new(import_records: ImportRecords) -> int:
    return import_records([api_record(customerProfile__name="Hansen KG")])[0]


@pytest.fixture
def active(import_records: ImportRecords) -> int:
    return import_records([active_record(customerProfile__name="Hansen KG")])[0]


@pytest.fixture
def closed(import_records: ImportRecords) -> int:
    return import_records([closed_record("Declined", customerProfile__name="Hansen KG")])[0]


class TestAccept:
    def test_it_moves_to_active(self, refterm: Command, new: int) -> None:
        assert (
            said(refterm("accept", new, *ACCEPT)) == f"Accepted #{new} Hansen KG: 12,500.00 EUR. Active. {HINT} {new}"
        )
        record = refterm("show", new, "--json").json
        assert (record["status"], record["decided_by"], record["deal"]["value"]) == ("active", "ana", "12500")
        assert record["deal"]["purchase_date"] == "2026-06-02"

    def test_all_options(self, refterm: Command, new: int) -> None:
        contacts = ("--contact", "Mara Voss;mara@n.example;+49 1", "--contact", "Jörg Weiß; ;+49 2", "--contact", "Uwe")
        references = ("--crm-id", "OPP-7", "--campaign-id", "SPRING")
        assert refterm("accept", new, *ACCEPT, *references, *contacts).status == 0
        record = refterm("show", new, "--json").json
        assert (record["deal"]["crm_id"], record["deal"]["campaign_id"]) == ("OPP-7", "SPRING")
        assert [(person["name"], person["email"], person["phone"]) for person in record["team"]] == [
            ("Mara Voss", "mara@n.example", "+49 1"),
            ("Jörg Weiß", None, "+49 2"),
            ("Uwe", None, None),
        ]

    @pytest.mark.parametrize("missing", ["--name", "--value", "--timeframe", "--notes"])
    def test_what_is_required_is_syntax(self, refterm: Command, new: int, missing: str) -> None:
        place = ACCEPT.index(missing)
        sentence = complaint(refterm("accept", new, *ACCEPT[:place], *ACCEPT[place + 2 :]), status=2)
        assert f"Missing option '{missing}'" in sentence

    @pytest.mark.parametrize(
        ("option", "value", "flag"),
        [
            ("--name", "  ", "--name"),
            ("--notes", "\t", "--notes"),
            ("--value", "-1", "--value"),
            ("--value", "1e3", "--value"),
            ("--value", "1.00001", "--value"),
            ("--value", "many", "--value"),
            ("--currency", "EURO", "--currency"),
            ("--currency", "", "--currency"),
            ("--timeframe", "soon", "--timeframe"),
            ("--timeframe", "2026-03-01", "--timeframe"),
            ("--contact", ";x@y", "--contact"),
            ("--contact", "Mara;no address", "--contact"),
        ],
    )
    def test_bad_values_are_named_by_their_option(
        self, refterm: Command, new: int, option: str, value: str, flag: str
    ) -> None:
        assert complaint(refterm("accept", new, *ACCEPT, option, value)).startswith(f"{flag}: ")
        assert refterm("show", new, "--json").json["status"] == "new"

    def test_all_bad_fields_are_told_at_once_in_one_line(self, refterm: Command, new: int) -> None:
        sentence = complaint(refterm("accept", new, *ACCEPT, "--value", "-1", "--notes", " ", "--timeframe", "x"))
        assert [part.split(":")[0] for part in sentence.split("; ") if part.startswith("--")] == [
            "--value",
            "--timeframe",
            "--notes",
        ]

    def test_a_point_is_the_decimal_mark(self, refterm: Command, new: int) -> None:
        refterm("accept", new, *ACCEPT, "--value", "12.50")
        assert refterm("show", new, "--json").json["deal"]["value"] == "12.50"

    def test_what_can_be_read_two_ways_is_refused(self, refterm: Command, new: int) -> None:
        sentence = complaint(refterm("accept", new, *ACCEPT, "--value", "12.500"))
        assert "12.500 can be read as 12500 or as 12.5000" in sentence

    def test_wrong_states(self, refterm: Command, active: int, closed: int) -> None:
        assert "it is in Active" in complaint(refterm("accept", active, *ACCEPT))
        assert "it is closed" in complaint(refterm("accept", closed, *ACCEPT))

    def test_expired_meanwhile(self, refterm: Command, import_records: ImportRecords, clock: SettableClock) -> None:
        (number,) = import_records([api_record(expirationDateTime=ahead(hours=1))])
        clock.advance(timedelta(hours=1))
        assert "archived as expired" in complaint(refterm("accept", number, *ACCEPT))


class TestDecline:
    def test_one(self, refterm: Command, new: int, workplace: Workplace) -> None:
        assert (
            said(refterm("decline", new, "--reason", "budget"))
            == f"Declined #{new} Hansen KG (budget). Archived. {HINT} {new}"
        )
        record = refterm("show", new, "--json").json
        assert (record["outcome"], record["reason"], record["closed_by"]) == ("declined", "budget", "ana")
        held = query(workplace.database, "select kind, state from outbox")
        assert [tuple(row) for row in held] == [("declined", "held")]

    @pytest.mark.parametrize(("number", "code"), list(enumerate(CODES, 1)))
    def test_reasons_by_code_and_number(self, refterm: Command, new: int, number: int, code: str) -> None:
        assert refterm("decline", new, "--reason", number, "--notes", "why").status == 0
        assert refterm("show", new, "--json").json["reason"] == code

    def test_unknown_reason_names_the_codes(self, refterm: Command, new: int) -> None:
        sentence = complaint(refterm("decline", new, "--reason", "mood"))
        assert sentence.startswith("--reason: ")
        assert all(code in sentence for code in CODES)

    def test_others_needs_notes(self, refterm: Command, new: int) -> None:
        assert complaint(refterm("decline", new, "--reason", "other")).startswith("--notes: ")
        assert refterm("decline", new, "--reason", "other", "--notes", "moved away").status == 0

    def test_several_are_one_decision(self, refterm: Command, import_records: ImportRecords) -> None:
        ids = import_records([api_record(), api_record(), api_record()])
        numbers = " ".join(map(str, ids))
        assert said(refterm("decline", *ids, ids[0], "--reason", "2")) == (
            f"Declined 3 referrals (no-response): #{ids[0]}, #{ids[1]}, #{ids[2]}. Archived. {HINT} {numbers}"
        )
        assert said(refterm("undo", *ids)).startswith("Undone: 3 referrals")

    def test_some_refused_is_done_in_part(self, refterm: Command, import_records: ImportRecords, active: int) -> None:
        """Each that is refused is said on a line of its own, by what was typed; the others are done."""
        one, two = import_records([api_record(), api_record()])
        result = refterm("decline", one, active, "nosuch-one", two, "--reason", "budget")
        assert result.status == 3
        assert result.lines[0].startswith("Declined 2 referrals (budget)")
        refused = result.err.splitlines()
        assert sorted(line.split(": ")[1] for line in refused) == sorted([str(active), "nosuch-one"])
        assert all(line.startswith("refterm: ") for line in refused)
        assert refterm("show", active, "--json").json["status"] == "active"

    def test_all_refused_is_refused(self, refterm: Command, active: int, closed: int) -> None:
        result = refterm("decline", active, closed, "--reason", "budget")
        assert (result.status, result.out, result.err.count("\n")) == (1, "", 2)

    def test_needs_an_id_and_a_reason(self, refterm: Command, new: int) -> None:
        assert "Missing argument 'ID" in complaint(refterm("decline", "--reason", "budget"), status=2)
        assert "Missing option '--reason'" in complaint(refterm("decline", new), status=2)


class TestOutcome:
    def test_won(self, refterm: Command, active: int) -> None:
        assert said(refterm("won", active)) == f"Won #{active} Hansen KG: 5,000.00 EUR. Archived. {HINT} {active}"
        record = refterm("show", active, "--json").json
        assert (record["outcome"], record["deal"]["value"]) == ("won", "5000")
        assert record["deal"]["closed_on"] == "2026-03-02"
        assert record["deal"]["purchase_date"] == "2026-06-30"

    def test_won_with_value_and_date(self, refterm: Command, active: int) -> None:
        refterm("won", active, "--value", "6000.5", "--currency", "USD", "--date", "2026-02-28")
        deal = refterm("show", active, "--json").json["deal"]
        assert (deal["value"], deal["currency"], deal["closed_on"]) == ("6000.5", "USD", "2026-02-28")

    def test_won_tomorrow(self, refterm: Command, active: int) -> None:
        assert complaint(refterm("won", active, "--date", "2026-03-03")).startswith("--date: ")

    def test_won_needs_a_value_where_none_is_known(self, refterm: Command, import_records: ImportRecords) -> None:
        (number,) = import_records([active_record(details__dealValue=None)])
        assert complaint(refterm("won", number)).startswith("--value: ")

    def test_lost(self, refterm: Command, active: int) -> None:
        line = said(refterm("lost", active, "--reason", "3", "--notes", "cheaper"))
        assert line == f"Lost #{active} Hansen KG (other-vendor). Archived. {HINT} {active}"
        record = refterm("show", active, "--json").json
        assert (record["outcome"], record["reason"], record["reason_notes"]) == ("lost", "other-vendor", "cheaper")

    @pytest.mark.parametrize("arguments", [("won",), ("lost", "--reason", "budget")])
    def test_wrong_states(self, refterm: Command, new: int, closed: int, arguments: tuple[str, ...]) -> None:
        command, *options = arguments
        assert "accept it first" in complaint(refterm(command, new, *options))
        assert "it is closed" in complaint(refterm(command, closed, *options))


class TestUndo:
    @pytest.mark.parametrize(
        ("maker", "decision", "place"),
        [
            (api_record, ("accept", *ACCEPT), "Inbox"),
            (api_record, ("decline", "--reason", "budget"), "Inbox"),
            (active_record, ("won",), "Active"),
            (active_record, ("lost", "--reason", "budget"), "Active"),
        ],
    )
    def test_each_decision(
        self,
        refterm: Command,
        import_records: ImportRecords,
        clock: SettableClock,
        maker: type,
        decision: tuple[str, ...],
        place: str,
    ) -> None:
        (number,) = import_records([maker(customerProfile__name="Hansen KG")])
        before = refterm("show", number, "--json").json
        refterm(decision[0], number, *decision[1:])
        clock.advance(timedelta(seconds=59))
        assert said(refterm("undo", number)) == f"Undone: #{number} Hansen KG. {place}."
        assert refterm("show", number, "--json").json == {**before, "version": before["version"] + 2}

    def test_too_late(self, refterm: Command, new: int, clock: SettableClock) -> None:
        refterm("decline", new, "--reason", "budget")
        clock.advance(timedelta(seconds=60))
        assert "can no longer be undone" in complaint(refterm("undo", new))

    def test_another_persons(self, refterm: Command, new: int) -> None:
        refterm("--as", "luis", "decline", new, "--reason", "budget")
        assert "only who decided can undo it" in complaint(refterm("undo", new))
        assert refterm("undo", new, "--as", "luis").status == 0

    def test_nothing_to_undo(self, refterm: Command, new: int) -> None:
        assert "no decision to undo" in complaint(refterm("undo", new))

    def test_switched_off(self, refterm: Command, new: int, tmp_path: Path) -> None:
        settings = tmp_path / "mine.toml"
        settings.write_text("undo_seconds = 0\n")
        assert "Undo within" not in said(refterm("decline", new, "--reason", "budget", "--config", settings))
        assert "switched off" in complaint(refterm("undo", new, "--config", settings))


def test_hostile_text_comes_out_as_text(refterm: Command, import_records: ImportRecords) -> None:
    """Braces, markup and escapes of a customer's name are text in every sentence."""
    (number,) = import_records([api_record(customerProfile__name="{0.__class__} %s [red]x[/red] \u202e\x1b[31m")])
    line = said(refterm("decline", number, "--reason", "abuse"))
    assert "{0.__class__} %s [red]x[/red]" in line
    assert "\x1b" not in line
    assert "\u202e" not in line
    for command in ("list", "show", "history"):
        arguments = ("--tab", "all") if command == "list" else (number,)
        result = refterm(command, *arguments)
        assert result.status == 0
        assert not set(result.out) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160), 0x202E)}
    assert json.loads(refterm("show", number, "--json").out)["customer"]["company"].startswith("{0.__class__} %s [red]")
