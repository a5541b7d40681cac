"""docs/import.md tells what import understands; every example of it is tried here, alone and among garbage."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refterm.domain.deadline import Deadlines
from refterm.domain.referral import Referral
from refterm.formats import record
from refterm.formats.judging import Choices
from refterm.formats.reader import Reader
from tests.samples import NOW, api_record

PAGE = Path(__file__).parents[2] / "docs" / "import.md"
LINE = re.compile(r"\| ([^|]+) \| `([^`]*)` \| (.*?) \|")
EXAMPLES = [match.groups() for line in PAGE.read_text("utf-8").splitlines() if (match := LINE.fullmatch(line))]
CELLS = [one for one in EXAMPLES if " " in one[0] or one[0] == "Currency"]
FIELDS = [one for one in EXAMPLES if one not in CELLS]
BASE = {
    "Referral ID": "r1",
    "Customer Name": "Kontor",
    "Partner Referral Status": "Active",
    "Partner Referral Substatus": "Accepted",
}
LEFT_OUT = ("left out, with a warning", "not stated")


def test_the_page_has_examples() -> None:
    assert len(CELLS) > 50
    assert len(FIELDS) > 10


def rows(given: list[dict[str, str]], choices: Choices = Choices(), delimiter: str = ",") -> list[Any]:
    names = list(dict.fromkeys(name for row in given for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(given)
    return list(Reader(io.BytesIO(out.getvalue().encode()), name="x.csv", choices=choices))


def of(column: str, cell: str) -> dict[str, str]:
    row = {**BASE, column: cell}
    if "reason" in column:
        row |= {"Partner Referral Status": "Closed", "Partner Referral Substatus": "Lost"}
    return row


def referral(item: Any) -> Referral:
    assert item.record is not None, item.refusal
    return record.read(item.record, now=NOW, deadlines=Deadlines(), dated=False).referral


def seen(column: str, one: Referral) -> str:
    person = one.team[0] if one.team else None
    values = {
        "Referral ID": one.source_id,
        "Customer Name": one.customer.company,
        "Customer D-U-N-S ID": one.customer.duns,
        "Partner Referral Status": one.status.value,
        "Estimated Deal Value": None if one.deal.value is None else format(one.deal.value, "f"),
        "Currency": one.deal.currency,
        "Estimated Close Date": one.deal.purchase_date,
        "Team member 1": f"{person.name}; {person.email}; {person.phone}" if person else None,
    }
    return str(one.reason if "reason" in column else values[column])


@pytest.mark.parametrize(("column", "cell", "promised"), CELLS)
def test_a_cell_is_read_as_the_page_says(column: str, cell: str, promised: str) -> None:
    (item,) = [item for item in rows([of(column, cell)]) if item.record or item.refusal]
    first, _comma, other = promised.partition(", or ")
    if promised.startswith("kept"):
        assert (seen(column, referral(item)), len(item.warnings)) == (cell, 1)
    elif promised in LEFT_OUT:
        assert (seen(column, referral(item)), len(item.warnings)) == ("None", int(promised == LEFT_OUT[0]))
    else:
        assert (seen(column, referral(item)), item.warnings) == (first, ())
    if other:
        chosen = Choices("day-first", "comma")
        assert seen(column, referral(rows([of(column, cell)], chosen)[0])) == other.partition(" ")[0]


@pytest.mark.parametrize(("field", "value", "promised"), FIELDS)
def test_a_field_is_read_as_the_page_says(field: str, value: str, promised: str) -> None:
    raw = api_record()
    inner = raw["details"] if field in ("customerRequestedContact", "dealValue", "closingDateTime") else raw
    inner[field] = json.loads(value)
    incoming = record.read(raw, now=NOW, deadlines=Deadlines())
    one = incoming.referral
    assert len(incoming.warnings) == int(promised == LEFT_OUT[0])
    match field:
        case "expirationDateTime":
            assert one.expiry_estimated
        case "createdDateTime":
            assert one.received_at.isoformat() == promised
        case "customerRequestedContact":
            assert one.flame == (promised == "yes")
        case "dealValue":
            assert one.deal.value == (None if promised in LEFT_OUT else record.amount(promised))
        case _:
            assert str(one.deal.purchase_date) == promised


GARBAGE = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=12)
JUDGED = [one for one in CELLS if one[0] in ("Estimated Deal Value", "Estimated Close Date")]


@pytest.mark.parametrize("second", [False, True])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_among_garbage_no_value_comes_in_but_what_the_page_says(second: bool, data: st.DataObject) -> None:
    """In both directions of date and decimal mark: proven by a cell of the same column, whatever stands around."""
    proof = {
        "Estimated Deal Value": "9.999.999,5" if second else "9,999,999.5",
        "Estimated Close Date": "31/10/2026" if second else "10/31/2026",
    }
    mixed = data.draw(st.lists(st.sampled_from(JUDGED), min_size=1, max_size=6))
    contrary = dict.fromkeys(proof, False)
    given: list[tuple[dict[str, str], str | None]] = []
    for column, cell, promised in mixed:
        first, _comma, other = promised.partition(", or ")
        expected = None if promised in LEFT_OUT else other.partition(" ")[0] if second and other else first
        given.append((of(column, cell), expected))
        contrary[column] |= _proves(column, cell) == (not second)
    given += [(of("Estimated Deal Value", f"x{data.draw(GARBAGE)}"), None), ({**BASE, **proof}, None)]
    order = data.draw(st.permutations(range(len(given))))
    found = [item for item in rows([given[place][0] for place in order]) if item.record is not None]
    assert len(found) == len(given)
    for place, item in zip(order, found, strict=True):
        row, expected = given[place]
        column = next((name for name in proof if name in row), None)
        if len(row) > len(BASE) + 1 or column is None:
            continue
        value = seen(column, referral(item))
        if contrary[column] and _is_open(column, row[column]):
            assert value == "None"  # the column contradicts itself
        else:
            assert value == str(expected)


def _readings(column: str, cell: str) -> tuple[object, object]:
    from refterm.formats import amounts, dates

    return amounts.readings(cell)[:2] if column == "Estimated Deal Value" else dates.readings(cell)


def _proves(column: str, cell: str) -> bool | None:
    """True for the second reading, False for the first, None for neither."""
    first, second = _readings(column, cell)
    return None if (first is None) == (second is None) else first is None


def _is_open(column: str, cell: str) -> bool:
    first, second = _readings(column, cell)
    return first is not None and second is not None and first != second


def test_what_nothing_decides_is_counted() -> None:
    cells = [of("Estimated Close Date", day) for day in ("05/11/2026", "01/02/2027", "03/03/2027")]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(cells[0]))
    writer.writeheader()
    writer.writerows(cells)
    reader = Reader(io.BytesIO(out.getvalue().encode()), name="x.csv")
    list(reader)
    assert [guess.split()[0] for guess in reader.guesses] == ["2"]
    assert "Estimated Close Date" in reader.guesses[0]


def test_of_a_receipt_that_could_be_two_the_row_is_refused() -> None:
    days = ("31/12/2025", "12/31/2025", "05/11/2025", "06/06/2025")
    found = rows([of("Created Date", day) for day in days])
    assert [item.record is None for item in found] == [False, False, True, False]
    assert "Created Date" in found[2].refusal
