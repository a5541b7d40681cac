"""Our own export, changed in a spreadsheet and brought back: exactly the edits arrive, or the row is refused."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from refterm.domain.decisions import Context
from refterm.domain.referral import Referral
from refterm.services.exporting import Exporter
from refterm.services.importing import Importer, Refused, Summary
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store import history, queries
from tests.conftest import ImportRecords
from tests.samples import NOW, active_record, api_record

Row = dict[str, str]


@pytest.fixture
def desk(workplace: Workplace, import_records: ImportRecords) -> Workplace:
    import_records(
        [
            active_record(customerProfile__name="Kontor A", details__closingDateTime="2026-05-12T00:00:00Z"),
            active_record(
                customerProfile={
                    "name": "=Hafen & Söhne",
                    "address__postalCode": "01067",
                    "ids": [{"profileType": "Duns", "id": "081466849"}],
                },
                details__closingDateTime="2026-07-01T00:00:00Z",
                details__dealValue=1250.5,
                externalReferenceId="12345678901234567890",
            ),
            api_record(customerProfile__name="Kontor new"),
        ]
    )
    return workplace


def exported(workplace: Workplace) -> str:
    out = io.StringIO(newline="")
    Exporter(workplace).write(out, format="csv")
    return out.getvalue()


def changed(text: str, change: Callable[[int, Row], None], **options: Any) -> bytes:
    header, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    out = io.StringIO(newline="")
    writer = csv.writer(out, **options)
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        cells = dict(zip(header, row, strict=True))
        change(number, cells)
        writer.writerow(cells.values())
    return out.getvalue().encode()


def bring_in(workplace: Workplace, content: bytes) -> tuple[Summary, list[str]]:
    refused: list[Refused] = []
    summary = Importer(workplace).run(io.BytesIO(content), name="x.csv", on_refused=refused.append)
    return summary, [one.sentence for one in refused]


def referral(workplace: Workplace, number: int) -> Referral:
    with workplace.database.reading() as connection:
        return queries.referral(connection, number)


def of_first(**cells: str) -> Callable[[int, Row], None]:
    names = {name.replace("_", " "): cell for name, cell in cells.items()}
    return lambda number, row: row.update(names) if number == 1 else None


def test_what_was_changed_arrives_and_nothing_else(desk: Workplace) -> None:
    before = [referral(desk, number) for number in (1, 2, 3)]
    edit = of_first(
        Deal_Name="New name",
        Estimated_Deal_Value="99999",
        Currency="usd",
        Estimated_Close_Date="12/31/2026",
        Notes="edited\nin a spreadsheet",
        CRM_ID="",
        Marketing_Campaign_ID="AUTUMN",
        Team_member_1="Per, Ost, +49 1, per@nord.example",
    )
    content = changed(exported(desk), edit)
    assert bring_in(desk, content) == (Summary(updated=1, unchanged=2), [])
    after = referral(desk, 1)
    deal = after.deal
    assert (deal.name, str(deal.value), deal.currency) == ("New name", "99999", "USD")
    assert (str(deal.purchase_date), deal.notes) == ("2026-12-31", "edited\nin a spreadsheet")
    assert (deal.crm_id, deal.campaign_id) == (None, "AUTUMN")
    assert [(one.name, one.email) for one in after.team] == [("Per Ost", "per@nord.example")]
    assert after.need == before[0].need
    assert [referral(desk, number) for number in (2, 3)] == before[1:]
    with desk.database.reading() as connection:
        (last, *_earlier) = list(history.entries(connection, 1))[::-1]
    assert last.action == "edited"
    # The same file again has nothing more to say.
    assert bring_in(desk, content) == (Summary(unchanged=3), [])


@pytest.mark.parametrize(
    ("name", "rewrite"),
    [
        ("a German spreadsheet", {"Estimated Close Date": "01.07.2026", "Estimated Deal Value": "1250,50"}),
        ("numbers without their zeros", {"Customer D-U-N-S ID": "81466849", "Customer Postal Code": "1067"}),
        ("a phone without its plus", {"Customer Contact Phone number": "494310000001"}),
        ("a long number rounded", {"CRM ID": "1.23457E+19"}),
        ("ISO dates", {"Estimated Close Date": "2026-07-01 00:00:00"}),
        ("yes and no", {"Favorite": "FALSE", "Customer requested contact": "FALSE"}),
        ("more blanks", {"Customer Name": "'=Hafen & Söhne ", "Deal Name": " Mailbox migration"}),
    ],
)
def test_what_a_spreadsheet_rewrites_by_itself_is_no_edit(desk: Workplace, name: str, rewrite: Row) -> None:
    before = referral(desk, 2)
    content = changed(exported(desk), lambda number, row: row.update(rewrite) if number == 2 else None)
    assert bring_in(desk, content) == (Summary(unchanged=3), [])
    assert referral(desk, 2) == before


def test_a_file_saved_day_first_is_known_by_its_records(desk: Workplace) -> None:
    """No cell proves the order by itself: 12/05 and 01/07 could be either; the records beside them tell."""
    days = {1: "12/05/2026", 2: "01/07/2026"}
    content = changed(
        exported(desk),
        lambda number, row: row.update({"Estimated Close Date": days[number]}) if number in days else None,
    )
    assert bring_in(desk, content) == (Summary(unchanged=3), [])


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Customer Name", "Another"),
        ("Partner Referral Status", "Closed"),
        ("Customer Contact Email Address", "x@y.example"),
        ("Received", "2026-01-01T00:00:00Z"),
        ("Outcome", "won"),
        ("Solution 1", "SOL-9"),
    ],
)
def test_any_other_changed_cell_refuses_the_row_by_name(desk: Workplace, column: str, cell: str) -> None:
    before = referral(desk, 1)
    summary, (why,) = bring_in(desk, changed(exported(desk), of_first(**{column.replace(" ", "_"): cell})))
    assert summary == Summary(unchanged=2, rejected=1)
    assert why.startswith(column)
    assert referral(desk, 1) == before


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"Deal_Name": ""}, "name"),
        ({"Estimated_Deal_Value": ""}, "value"),
        ({"Estimated_Deal_Value": "much"}, "Estimated Deal Value"),
        ({"Estimated_Deal_Value": "-5"}, "Estimated Deal Value"),
        ({"Estimated_Close_Date": "01/31/2026"}, "date"),
        ({"Currency": "XYZ"}, "currency"),
        ({"Team_member_1": ", , 1, no address"}, "name"),
    ],
)
def test_what_the_edit_form_refuses_is_refused_here(desk: Workplace, cells: Row, why: str) -> None:
    before = referral(desk, 1)
    summary, (sentence,) = bring_in(desk, changed(exported(desk), of_first(**cells)))
    assert summary == Summary(unchanged=2, rejected=1)
    assert why in sentence
    assert referral(desk, 1) == before


def test_only_an_engagement_can_be_edited(desk: Workplace) -> None:
    content = changed(exported(desk), lambda number, row: row.update({"CRM ID": "X-1"}) if number == 3 else None)
    summary, (why,) = bring_in(desk, content)
    assert summary == Summary(unchanged=2, rejected=1)
    assert "CRM ID" in why
    assert "Active" in why


def test_a_field_changed_on_the_desk_meanwhile_refuses_the_row(desk: Workplace) -> None:
    text = exported(desk)
    Triage(desk).edit(1, {"value": "7777"}, Context(NOW.date(), "EUR"))
    summary, (why,) = bring_in(desk, changed(text, of_first(Estimated_Deal_Value="99999")))
    assert summary == Summary(unchanged=2, rejected=1)
    assert "7777" in why
    # Another field of the same row is no conflict.
    assert bring_in(desk, changed(text, of_first(CRM_ID="X-2")))[0] == Summary(updated=1, unchanged=2)
    assert (str(referral(desk, 1).deal.value), referral(desk, 1).deal.crm_id) == ("7777", "X-2")


def test_edits_come_into_another_desk_too(desk: Workplace, fresh: Callable[[], Workplace]) -> None:
    other = fresh()
    content = changed(exported(desk), of_first(Estimated_Deal_Value="99999"))
    assert bring_in(other, content)[0] == Summary(new=3)
    assert str(referral(other, 1).deal.value) == "99999"


def workbook(workplace: Workplace) -> bytes:
    out = io.BytesIO()
    Exporter(workplace).write_workbook(out)
    return out.getvalue()


def test_a_workbook_makes_the_round_trip(desk: Workplace, fresh: Callable[[], Workplace]) -> None:
    pytest.importorskip("xlsxwriter")
    content = workbook(desk)
    other = fresh()
    assert bring_in(desk, content) == (Summary(unchanged=3), [])
    assert bring_in(other, content) == (Summary(new=3), [])
    assert exported(other) == exported(desk)


def test_long_and_odd_texts_make_the_round_trip_of_a_workbook(
    workplace: Workplace, import_records: ImportRecords, fresh: Callable[[], Workplace]
) -> None:
    odd = "_x0041_ =1+1 \U0001f525 'x"
    import_records([active_record(customerProfile__name=odd, details__notes="\U0001f525=x " * 12_000, name=odd)])
    content = workbook(workplace)
    other = fresh()
    assert bring_in(workplace, content) == (Summary(unchanged=1), [])
    assert bring_in(other, content) == (Summary(new=1), [])
    assert exported(other) == exported(workplace)


SOFFICE = shutil.which("soffice")


def converted(folder: Path, target: str, *sources: Path, filters: Sequence[str] = ()) -> list[Path]:
    """Opened and saved by LibreOffice, in the order given."""
    profile = folder / "profile"
    out = folder / f"out-{target.partition(':')[0]}"
    command = [str(SOFFICE), f"-env:UserInstallation=file://{profile}", "--headless", *filters, "--convert-to", target]
    subprocess.run([*command, "--outdir", str(out), *map(str, sources)], check=True, capture_output=True, timeout=180)
    return [next(out.glob(f"{source.stem}.*")) for source in sources]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("shape", ["csv", "xlsx"])
def test_saved_by_libreoffice_only_the_edits_arrive(desk: Workplace, tmp_path: Path, shape: str) -> None:
    """Opened and saved in a spreadsheet program: without an edit nothing changes, with some exactly those.

    The edits are made in LibreOffice's own document, as it reads our file: a number, a date, a name and a note.
    """
    file = tmp_path / f"desk.{shape}"
    file.write_bytes(exported(desk).encode() if shape == "csv" else workbook(desk))
    filters = ["--infilter=CSV:44,34,76,1,,1033,false,true"] if shape == "csv" else []
    (opened,) = converted(tmp_path, "fods", file, filters=filters)
    text, edited = opened.read_text("utf-8"), tmp_path / "edited.fods"
    edits = {
        'office:value="5000"': 'office:value="99999.5"',
        'office:date-value="2026-05-12"': 'office:date-value="2027-02-01"',
        ">Mailbox migration</text:p>": ">Renamed in Calc</text:p>",
    }
    for was, becomes in edits.items():
        assert text.count(was) >= 1, was
        text = text.replace(was, becomes, 1)
    edited.write_text(text, "utf-8")
    target = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true" if shape == "csv" else "xlsx"
    same, other = converted(tmp_path, target, opened, edited)
    before = [referral(desk, number) for number in (1, 2, 3)]
    assert bring_in(desk, same.read_bytes()) == (Summary(unchanged=3), [])
    assert [referral(desk, number) for number in (1, 2, 3)] == before
    assert bring_in(desk, other.read_bytes()) == (Summary(updated=1, unchanged=2), [])
    deal = referral(desk, 1).deal
    assert (deal.name, str(deal.value), str(deal.purchase_date)) == ("Renamed in Calc", "99999.5", "2027-02-01")
    # The window is as typed, and so is the new date.
    rest = {name: getattr(before[0].deal, name) for name in ("name", "value", "purchase_date", "timeframe")}
    assert deal._replace(**rest) == before[0].deal
    assert [referral(desk, number) for number in (2, 3)] == before[1:]
