"""What somebody changed in our own export with a spreadsheet: visible cells that differ from the record beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from refterm.domain import money
from refterm.domain.referral import TeamMember
from refterm.formats import amounts, cells, csv_columns, dates, values
from refterm.formats.api_json import Json, RecordError
from refterm.formats.csv_columns import COLUMNS, EXTRAS, KEY, TEAM, found_at
from refterm.formats.judging import CLOSE, VALUE, Exact, Judge
from refterm.formats.record import nearest_day
from refterm.i18n import _

# Columns that an edit may change, by the fields of the edit form (A2).
EDITABLE = {
    "deal name": "name",
    VALUE: "value",
    "currency": "currency",
    CLOSE: "date",
    "notes": "notes",
    "crm id": "crm_id",
    "marketing campaign id": "campaign_id",
}
_MEMBERS = tuple(f"team member {number}" for number in range(1, TEAM + 1))
_SHOWN = tuple(column.casefold() for column in (*COLUMNS, *EXTRAS[:-1]))
_TITLES = dict(zip(_SHOWN, (*COLUMNS, *EXTRAS), strict=False))
_TIMES = ("received", "expires", "skipped until", "closed")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,20})?")
T = TypeVar("T")
_FLOAT = re.compile(r"([+-]?[0-9]{1,40}(?:[.,][0-9]{1,20})?)(?:[eE]\+?0*([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Edits:
    """The changed cells of one row.

    Attributes:
        typed: new texts by field of the edit form; dates in ISO 8601, amounts with a point.
        before: what these fields said when the file was written.
        team: the deal's people as the row has them now; None where none was changed.
        team_before: the same when the file was written.
        columns: the names of the changed columns, for sentences.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    team: tuple[TeamMember, ...] | None = None
    team_before: tuple[TeamMember, ...] = ()
    columns: tuple[str, ...] = ()


def shown(content: Json) -> dict[str, str]:
    """The visible cells of a record's row as export writes them, by the folded names of their columns."""
    return dict(zip(_SHOWN, (*csv_columns.row(content), *csv_columns.extras(content)), strict=True))


def found(row: Mapping[str, str], content: Json, judge: Judge) -> Edits | None:
    """What was changed in a row since it was written; None where nothing was.

    Raises:
        RecordError: when a cell was changed that cannot be, naming its column.
    """
    changed = [
        (column, before)
        for column, before in shown(content).items()
        if (cell := row.get(column)) is not None
        and cell != before
        and not _is_same(column, cell if isinstance(cell, Exact) else cell.strip(), before.strip(), content, judge)
    ]
    if not changed:
        return None
    typed: dict[str, str] = {}
    for column, _before in changed:
        if column in EDITABLE:
            typed[EDITABLE[column]] = _typed(column, row[column], judge)
        elif column not in _MEMBERS:
            sentence = _(
                "{column} was changed in the file; only name, value, currency, date, notes, IDs and team can be"
            )
            raise RecordError(sentence.format(column=_TITLES[column]))
    team_before = _team_of(content)
    names = {column for column, _before in changed}
    return Edits(
        typed,
        _said_before(content),
        _team(row, names, team_before) if names.intersection(_MEMBERS) else None,
        team_before,
        tuple(_TITLES[column] for column, _before in changed),
    )


def proves(column: str, cell: str, content: Json) -> bool | None:
    """Whether a cell that can be read in two ways is written in the second, as the record beside it tells; None for neither."""
    before = shown(content).get(column, "")
    if column == VALUE:
        return _which(amounts.readings(cell)[:2], amounts.readings(before)[0])
    return _which(dates.readings(cell), dates.readings(before)[0])


def _which(readings: tuple[T | None, T | None], known: T | None) -> bool | None:
    return None if known is None or known not in readings else known == readings[1]


def _is_same(column: str, cell: str, before: str, content: Json, judge: Judge) -> bool:
    """Whether a cell says what was written there: numbers and dates by value, texts but for blanks and line ends."""
    if " ".join(cell.split()) == " ".join(before.split()):
        return column != "notes" or _lines(cell) == _lines(before)
    if len(cell) > csv_columns.LONGEST_CELL - 200 and before.startswith(cell):
        return True  # a spreadsheet's cell has no room for more
    if column == "notes":
        # Older exports show the customer's words there, whatever the desk's own notes say.
        return _lines(cell) == _lines(str(found_at(content, ("details", "notes")) or ""))
    if not cell or not before:
        return False
    if column == VALUE:
        return _named(column, lambda: judge.amount(cell)[0] == Decimal(before))
    if column == CLOSE:
        return _named(column, lambda: _day(cell, judge) == _day(before, Judge()))
    if column == "currency":
        return amounts.currency_of(cell) == before
    if column in _TIMES:
        known = dates.readings(before)[0]
        return known is not None and any(
            one is not None and one.replace(second=0) == known.replace(second=0) for one in dates.readings(cell)
        )
    if (said := values.yes(cell)) is not None and said == values.yes(before):
        return True
    if column in _MEMBERS:
        return cells.member(cell) == cells.member(before)
    return _is_same_number(cell, before)


def _is_same_number(cell: str, before: str) -> bool:
    """Whether a spreadsheet made this of a number: it drops zeros in front and a plus, and keeps 15 digits at most."""
    written = _FLOAT.fullmatch(values.kept_text(cell))
    if written is None or not _NUMBER.fullmatch(before):
        return False
    mantissa, exponent = Decimal(written[1].replace(",", ".")), int(written[2] or 0)
    exact, rounded = Decimal(before), mantissa.scaleb(exponent)
    if exact == rounded:
        return True
    digits = len(mantissa.as_tuple().digits)
    return exponent > 0 and f"{exact:.{digits - 1}E}" == f"{rounded:.{digits - 1}E}"


def _typed(column: str, cell: str, judge: Judge) -> str:
    """A changed cell as the edit form takes it."""
    if not cell.strip():
        return ""
    if column == VALUE:
        amount = _named(column, lambda: judge.amount(cell)[0])
        # A point before three digits could group them.
        return money.plain(amount) + ("0" if amount.as_tuple().exponent == -3 else "")
    if column == CLOSE:
        return _named(column, lambda: _day(cell, judge))
    if column == "currency":
        return amounts.currency_of(cell) or cell
    return cell


def _day(cell: str, judge: Judge) -> str:
    moment = judge.date(CLOSE, cell)
    return nearest_day(moment).isoformat() if moment else ""


def _named(column: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except RecordError as error:
        raise RecordError(f"{_TITLES[column]}: {error}") from None


def _said_before(content: Json) -> dict[str, str]:
    deal = content[KEY].get("deal") or {}
    texts = {
        "name": deal.get("name"),
        "value": deal.get("value"),
        "currency": deal.get("currency"),
        "date": deal.get("purchase_date"),
        "notes": deal.get("notes"),
        "crm_id": deal.get("crm_id"),
        "campaign_id": deal.get("campaign_id"),
    }
    return {name: "" if text is None else str(text) for name, text in texts.items()}


def _team_of(content: Json) -> tuple[TeamMember, ...]:
    return tuple(
        TeamMember(str(one.get("name") or ""), str(one.get("email") or ""), str(one.get("phone") or ""))
        for one in csv_columns.listed(content[KEY].get("team"))
    )


def _team(row: Mapping[str, str], changed: set[str], before: tuple[TeamMember, ...]) -> tuple[TeamMember, ...]:
    """The people as the row has them: changed cells anew, an empty one without its person, the others as they were."""
    team: list[TeamMember] = []
    for number, column in enumerate(_MEMBERS):
        if column not in changed:
            team.extend(before[number : number + 1])
        elif row[column].strip():
            one = cells.member(row[column])
            name = " ".join(filter(None, (one.get("firstName"), one.get("lastName"))))
            team.append(TeamMember(name, one.get("email") or "", one.get("phoneNumber") or ""))
    return (*team, *before[TEAM:])


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]
