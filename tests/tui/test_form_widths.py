"""Forms at every width from 60 to 250: no cell outside the frame, no label, hint or error cut.

Each form at ten widths, other ones each; REFTERM_TEST_WIDTHS=1 takes them all.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from refterm.services.workplace import Workplace
from refterm.text import display, width
from refterm.tui.forms.fields import LineField, NotesField
from refterm.tui.forms.row import FormRow
from tests.conftest import ImportRecords
from tests.samples import active_record, api_record
from tests.tui.forms import Sitting, session_at, sitting
from tests.tui.test_forms_screen import ALL, form_named

EVERY = bool(os.environ.get("REFTERM_TEST_WIDTHS"))
COMPANIES = ("東北精密工業 株式会社 " * 8, "مستشفى واحة النخيل " * 8, "👩‍👩‍👧‍👦 W" * 40)
VALUES = ("", "12.5k", "not a value " * 20, "東北精密工業" * 20, "مستشفى", "👩‍👩‍👧‍👦" * 9, "3m")


@pytest.mark.parametrize("number", range(len(ALL)), ids=ALL)
async def test_a_form_keeps_to_its_frame(
    workplace: Workplace, tmp_path: Path, import_records: ImportRecords, number: int
) -> None:
    company = COMPANIES[number % len(COMPANIES)]
    need = company * 20
    new, active = import_records(
        [api_record(customerProfile__name=company, details__notes=need), active_record(customerProfile__name=company)]
    )
    form = form_named(ALL[number], session_at(workplace, tmp_path), new, active)
    widths = range(60, 251) if EVERY else range(60 + 2 * number, 251, 19)
    async with sitting(form, (120, 40)) as here:
        _check(here, form)
        for place, field in enumerate(form.query("LineField, NotesField").results()):
            assert isinstance(field, LineField | NotesField)
            field.put(VALUES[(number + place) % len(VALUES)])
        await here.settle()
        if ALL[number] not in ("note", "filter"):  # these would be done
            await here.press("ctrl+s")
        for cells in widths:
            await here.pilot.resize_terminal(cells, 24 if cells % 2 else 40)
            await here.settle()
            _check(here, form)


def _check(here: Sitting[Any], form: Any) -> None:
    cells = here.app.size.width
    assert {width(line) for line in here.lines} == {cells}
    frame = form.query_one("#form-dialog").region
    assert frame.x >= 0
    assert frame.right <= cells
    for line in here.lines[frame.y + 1 : frame.bottom - 1]:
        # Wide letters before an edge would push it away.
        left, right = _from(line, frame.x), _from(line, frame.right - 1)
        assert (left, right) == ("│", "│"), (cells, line)
    for row in form.query(FormRow).results():
        drawn = [line.plain for line in row.render().split("\n")]
        room = row.size.width
        assert max(map(width, drawn), default=0) <= room, (cells, drawn)
        said = "".join("".join(drawn).split())
        for spec in row.specs:
            assert "".join(spec.label.split()) in said, (cells, spec.label, drawn)
        errors = row.errors
        for text in errors.values():
            assert "".join(display(text).split())[1:] in said, (cells, text, drawn)
        hint = "".join("  ".join(row.hints.values()).split())
        if hint and not errors:
            assert hint in said, (cells, hint, drawn)


def _from(line: str, cell: int) -> str:
    """The character at a cell."""
    # Not letter by letter: joined ones take the room of one.
    return next((letter for place, letter in enumerate(line) if width(line[:place]) >= cell and width(letter)), "")
