"""Taking referrals out, and back in with nothing lost (contract, section Import)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.domain.query import Tab, View
from refterm.formats import values
from refterm.formats.csv_columns import COLUMNS
from refterm.services import exporting
from refterm.services.exporting import Exporter, Shape
from refterm.services.importing import Importer, Summary
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.text import clean, clean_line
from tests.conftest import ImportRecords, import_into
from tests.samples import NOW, active_record, ago, ahead, api_record, closed_record
from tests.store.support import query

SHAPES: tuple[Shape, ...] = ("json", "ndjson", "csv")
TODAY = Context(today=NOW.date(), currency="EUR")


def export(workplace: Workplace, shape: Shape, tab: Tab = Tab.ALL) -> str:
    out = io.StringIO(newline="")
    Exporter(workplace).write(out, format=shape, view=View(tab))
    return out.getvalue()


def bring_in(workplace: Workplace, text: str, name: str = "export") -> Summary:
    return Importer(workplace).run(io.BytesIO(text.encode()), name=name)


def rows(workplace: Workplace) -> list[dict[str, Any]]:
    return [dict(row) for row in query(workplace.database, "select * from referral order by id")]


@pytest.fixture
def lived_in(workplace: Workplace, import_records: ImportRecords, clock: SettableClock) -> Workplace:
    """A desk with one of everything: each state, marks, skips, notes, contacts, times estimated and stated."""
    import_records(
        [
            api_record(details__customerRequestedContact=True),
            api_record(expirationDateTime=None),
            api_record(name="Early name", details={"dealValue": 1, "currency": "EUR"}),
            api_record(),
            api_record(),
            active_record(),
            active_record(),
            active_record(details__dealValue=None, details__currency=None),
            *(closed_record(name) for name in ("Won", "Lost", "Declined", "Expired")),
            api_record(direction="Outgoing", expirationDateTime=None),
            api_record(createdDateTime=ago(days=20), expirationDateTime=ago(days=6)),
            closed_record("Won", statusReason="Contract signed on 19 January", closedDateTime=None),
        ]
    )
    header = "Referral ID,Customer Name,Partner Referral Status,Partner Referral Substatus,Microsoft Referral Status\n"
    bring_in(workplace, header + "csv-new,Kontor CSV,New,Pending,New\ncsv-lost,Kontor CSV,Closed,Lost,\n", "x.csv")
    marks, triage = Marks(workplace), Triage(workplace)
    clock.advance(timedelta(minutes=1, microseconds=7))
    marks.contacted(1, "left a message")
    marks.take(1)
    marks.favorite(1)
    marks.skip(2, "+2h")
    accepted = {"name": "Grün\u00a0& Co", "value": "10.50", "currency": "CHF", "timeframe": "3-6 months"}
    triage.accept(
        3,
        {**accepted, "notes": "first\nsecond", "crm_id": "'=1+1", "contacts": "Ana Ruiz;ana@p.example;+34 1\nBo"},
        TODAY,
    )
    triage.decline([4], {"reason": "other", "notes": "far\naway"})
    triage.decline([5], {"reason": "budget", "notes": "too small"})
    triage.won(6, {"value": "", "date": NOW.date().isoformat()}, TODAY)
    triage.edit(7, {"value": "0.1000", "date": "2026-12-31"}, TODAY)
    triage.lost(8, {"reason": "no-response"})
    return workplace


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_lost(lived_in: Workplace, fresh: Callable[[], Workplace], shape: Shape) -> None:
    text = export(lived_in, shape)
    other = fresh()
    assert bring_in(other, text) == Summary(new=len(rows(lived_in)))
    assert rows(other) == rows(lived_in)
    assert export(other, shape) == text
    assert bring_in(other, text) == Summary(unchanged=len(rows(lived_in)))
    assert bring_in(lived_in, text) == Summary(unchanged=len(rows(lived_in)))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_tab_holds_what_it_shows_and_skipped_ones(lived_in: Workplace, shape: Shape) -> None:
    counts = {}
    for tab in Tab:
        out = io.StringIO(newline="")
        counts[tab] = Exporter(lived_in).write(out, format=shape, view=View(tab))
        assert bring_in(lived_in, out.getvalue()) == Summary(unchanged=counts[tab])
    by_status = {
        status: sum(row["status"] == status for row in rows(lived_in)) for status in ("new", "active", "archived")
    }
    assert counts == {
        Tab.INBOX: by_status["new"],
        Tab.ACTIVE: by_status["active"],
        Tab.ARCHIVED: by_status["archived"],
        Tab.ALL: len(rows(lived_in)),
    }


def test_what_is_past_due_is_expired_without_being_written(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    """A desk open for reading cannot archive it, but says so (I4)."""
    import_records([api_record(expirationDateTime=ahead(hours=1))])
    clock.advance(timedelta(hours=1))
    assert export(workplace, "ndjson", Tab.INBOX) == ""
    (record,) = json.loads(export(workplace, "json", Tab.ARCHIVED))
    assert (record["status"], record["substatus"], record["refterm"]["outcome"]) == ("Closed", "Expired", "expired")
    assert rows(workplace)[0]["status"] == "new"


def test_new_in_an_export_but_past_its_expiry_comes_in_expired(
    workplace: Workplace, import_records: ImportRecords, fresh: Callable[[], Workplace], clock: SettableClock
) -> None:
    import_records([api_record(expirationDateTime=ahead(hours=1))])
    text = export(workplace, "json")
    clock.advance(timedelta(hours=1))
    other = fresh()
    bring_in(other, text)
    assert rows(other)[0]["outcome"] == "expired"
    assert rows(other)[0]["closed_at"] == rows(workplace)[0]["expires_at"]


@pytest.mark.parametrize("shape", SHAPES)
def test_an_empty_desk_gives_an_empty_file(workplace: Workplace, shape: Shape) -> None:
    text = export(workplace, shape)
    if shape == "ndjson":
        assert text == ""
        return
    assert bring_in(workplace, text) == Summary()
    if shape == "json":
        assert json.loads(text) == []


def test_many_are_read_in_parts(
    workplace: Workplace, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BATCH", 3)
    records = [api_record() for _n in range(7)]
    import_records(records)
    assert [json.loads(line)["id"] for line in export(workplace, "ndjson").splitlines()] == [
        one["id"] for one in records
    ]


def test_untouched_it_leaves_as_it_came(workplace: Workplace, import_records: ImportRecords) -> None:
    records = [
        api_record(unknown={"a": [1, None]}, substatus="Received"),
        active_record(updatedDateTime="2026-03-01T09:02:10.1124318Z", acceptedDateTime="2026-03-01T09:02:09.8817402Z"),
        closed_record("Won", statusReason="Contract signed"),
        closed_record("Lost", statusReason="3"),
        api_record(direction="Outgoing", expirationDateTime=None),
        {**api_record(), "details": None},
    ]
    import_records(records)
    exported = json.loads(export(workplace, "json"))
    for record, again in zip(records, exported, strict=True):
        own = again.pop("refterm")
        assert own["number"] == exported.index(again) + 1
        assert again.pop("details") == (record.pop("details") or {})
        assert again == record


def test_what_nobody_changed_keeps_its_very_text(workplace: Workplace, fresh: Callable[[], Workplace]) -> None:
    """Blanks and the digits of numbers, also in the export of the desk that it was brought into."""
    kept = json.dumps(active_record(x=1), ensure_ascii=False).replace('"x": 1', '"x": [1.50e0, -0]')
    assert bring_in(workplace, kept + "\n" + json.dumps(active_record()) + "\n") == Summary(new=2)
    # A text that is cleaned on the way in cannot be kept to the letter: it leaves in the usual form.
    Triage(workplace).edit(2, {"notes": "first\nsecond"}, TODAY)
    text = export(workplace, "ndjson")
    first, second = text.splitlines()
    assert first.startswith(kept[:-1] + ',"refterm":{"number":1,')
    assert second.startswith('{"id":"')
    other = fresh()
    assert bring_in(other, text) == Summary(new=2)
    assert rows(other) == rows(workplace)
    assert export(other, "ndjson") == text


def test_others_can_read_what_was_done_here(workplace: Workplace, import_records: ImportRecords) -> None:
    import_records([api_record(), api_record(), active_record()])
    triage = Triage(workplace)
    accepted = {"name": "Pilot", "value": "10.50", "currency": "CHF", "timeframe": "2026-06-30", "notes": "x"}
    triage.accept(
        1, {**accepted, "crm_id": "CRM-1", "campaign_id": "C", "contacts": "Ana Ruiz Gil;a@p.example;1"}, TODAY
    )
    triage.decline([2], {"reason": "budget"})
    triage.won(3, {"value": "6000", "currency": "EUR"}, TODAY)
    text = export(workplace, "json")
    first, second, third = json.loads(text)
    assert (first["status"], first["substatus"], first["name"]) == ("Active", "Accepted", "Pilot")
    assert (first["externalReferenceId"], first["campaignId"]) == ("CRM-1", "C")
    assert first["details"]["closingDateTime"] == "2026-06-30T00:00:00Z"
    assert '"dealValue":10.50,"currency":"CHF"' in text
    assert first["acceptedDateTime"] == "2026-03-02T09:00:00Z"
    assert first["team"] == [{"firstName": "Ana", "lastName": "Ruiz Gil", "phoneNumber": "1", "email": "a@p.example"}]
    assert first["details"]["notes"].startswith("Move 80 mailboxes")
    assert (second["status"], second["substatus"], second["statusReason"]) == (
        "Closed",
        "Declined",
        "Project budget is not adequate",
    )
    assert second["closedDateTime"] == "2026-03-02T09:00:00Z"
    assert (third["substatus"], third["details"]["dealValue"]) == ("Won", 6000)
    assert third["team"][0]["firstName"] == "Mara"


def test_a_record_from_a_csv_says_when_it_was_received(workplace: Workplace) -> None:
    header = "Referral ID,Customer Name,Partner Referral Status,Partner Referral Substatus\n"
    bring_in(workplace, header + "a,Kontor,New,Pending\n")
    (record,) = json.loads(export(workplace, "json"))
    assert record["createdDateTime"] == "2026-03-02T09:00:00Z"
    assert record["refterm"]["received_estimated"] is True


def test_a_newer_export_of_another_desk_is_taken_over(
    workplace: Workplace, import_records: ImportRecords, fresh: Callable[[], Workplace], clock: SettableClock
) -> None:
    records = [api_record(), api_record(), api_record()]
    import_records(records)
    other = fresh()
    import_into(other, records)
    clock.advance(timedelta(minutes=1))
    Marks(workplace).take(2)
    clock.advance(timedelta(minutes=1))
    Triage(other).decline([1], {"reason": "budget"})
    Marks(other).favorite(2)
    Marks(other).contacted(2)
    text = export(other, "json")
    assert bring_in(workplace, text) == Summary(updated=2, unchanged=1)
    assert bring_in(workplace, text) == Summary(unchanged=3)
    first, second, _third = rows(workplace)
    assert (first["outcome"], first["decided_by"], first["closed_by"], first["reason"]) == (
        "declined",
        "ana",
        "ana",
        "budget",
    )
    assert (second["favorite"], second["contacted_by"], second["taken_by"]) == (1, "ana", "ana")
    clock.advance(timedelta(minutes=1))
    Triage(workplace).decline([3], {"reason": "timeline"})
    assert bring_in(workplace, text) == Summary(unchanged=3)


def test_what_another_desk_worked_on_stands_here_too(
    workplace: Workplace, import_records: ImportRecords, fresh: Callable[[], Workplace], clock: SettableClock
) -> None:
    record = active_record()
    import_records([record])
    other = fresh()
    import_into(other, [record])
    clock.advance(timedelta(minutes=1))
    Triage(other).edit(1, {"name": "Theirs", "notes": "Their notes"}, TODAY)
    assert bring_in(workplace, export(other, "ndjson")) == Summary(updated=1)
    later = {**record, "name": "Source", "updatedDateTime": ahead(hours=1)}
    assert bring_in(workplace, json.dumps(later)) == Summary(updated=1)
    assert (rows(workplace)[0]["deal_name"], rows(workplace)[0]["deal_notes"]) == ("Theirs", "Their notes")


def test_csv_has_partner_centers_columns_then_what_people_read_then_ours(lived_in: Workplace) -> None:
    header, first, *_rest = csv.reader(io.StringIO(export(lived_in, "csv").removeprefix("\ufeff")))
    assert tuple(header[: len(COLUMNS)]) == COLUMNS
    assert header[-1] == "Refterm"
    cells = dict(zip(header, first, strict=True))
    assert cells["Received"] == "2026-03-02T08:00:00Z"
    assert (cells["Channel"], cells["Customer requested contact"], cells["Favorite"]) == ("search", "Yes", "Yes")
    assert json.loads(cells["Refterm"])["refterm"]["contacted_by"] == "ana"


def test_no_cell_of_a_csv_is_a_formula(workplace: Workplace, import_records: ImportRecords) -> None:
    hostile = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-2+3", "'x", "\t=1"]
    import_records([api_record(customerProfile__name=text, details__notes=text) for text in hostile])
    for row in list(csv.reader(io.StringIO(export(workplace, "csv"))))[1:]:
        assert not any(cell.startswith(("=", "+cmd", "@", "-2+", "\t")) for cell in row)


def edited_csv(text: str, edit: Callable[[dict[str, str]], None], **options: Any) -> str:
    header, *given_rows = csv.reader(io.StringIO(text))
    out = io.StringIO()
    writer = csv.writer(out, **options)
    writer.writerow(header)
    for row in given_rows:
        cells = dict(zip(header, row, strict=True))
        edit(cells)
        writer.writerow(cells.values())
    return out.getvalue()


def test_a_spreadsheet_may_save_it_its_own_way(lived_in: Workplace, fresh: Callable[[], Workplace]) -> None:
    def touch(cells: dict[str, str]) -> None:
        cells["Estimated Close Date"] = cells["Estimated Close Date"].lstrip("0")

    text = edited_csv(export(lived_in, "csv"), touch, delimiter=";")
    other = fresh()
    summary = Importer(other).run(io.BytesIO(b"\xff\xfe" + text.encode("utf-16-le")), name="x.csv")
    assert summary == Summary(new=len(rows(lived_in)))
    assert rows(other) == rows(lived_in)


def test_without_our_cell_the_columns_are_read_and_with_a_damaged_one_the_row_is_refused(
    workplace: Workplace, import_records: ImportRecords, fresh: Callable[[], Workplace]
) -> None:
    import_records([active_record(customerProfile__name="=Kontor"), active_record()])
    cells = iter(["", '{"id": '])
    other = fresh()
    text = edited_csv(export(workplace, "csv"), lambda row: row.update(Refterm=next(cells)))
    assert bring_in(other, text) == Summary(new=1, rejected=1)
    (row,) = rows(other)
    assert (row["company"], row["deal_value"], row["purchase_date"]) == ("=Kontor", "5000", "2026-06-30")
    assert row["received_estimated"] == 1


TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
WORDS = TEXT.filter(lambda text: clean_line(text).strip() != "")


@pytest.mark.parametrize("shape", SHAPES)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(company=WORDS, need=TEXT, name=TEXT, reason=TEXT, extra=TEXT, notes=WORDS)
def test_any_text_makes_the_round_trip(
    workplace: Workplace,
    fresh: Callable[[], Workplace],
    shape: Shape,
    company: str,
    need: str,
    name: str,
    reason: str,
    extra: str,
    notes: str,
) -> None:
    """Round trips are of the cleaned text."""
    records = [
        active_record(
            customerProfile={"name": company, "address__city": name},
            details__notes=need,
            name=name,
            extra={extra: extra},
            team=[{"firstName": name, "email": extra}],
        ),
        closed_record("Lost", statusReason=reason, inviteContext__notes=need),
    ]
    here, there = fresh(), fresh()
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    assert Importer(here).run(io.BytesIO(content), name="x") == Summary(new=2)
    first = rows(here)[0]
    assert first["company"] == values.tidied(clean_line(company))
    assert first["need"] == ("" if not clean(need).strip() else clean(need))
    text = export(here, shape)
    assert bring_in(there, text) == Summary(new=2)
    assert rows(there) == rows(here)
    assert export(there, shape) == text
    for desk in (here, there):
        desk.close()
