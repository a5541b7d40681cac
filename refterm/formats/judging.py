"""Dates and amounts judged by their column: one cell that can be read in one way only decides for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, TypeVar

from refterm.formats import amounts, dates
from refterm.formats.api_json import RecordError
from refterm.i18n import _

Dates = Literal["day-first", "month-first"]
Decimals = Literal["comma", "point"]
VALUE = "estimated deal value"
CLOSE = "estimated close date"
CREATED = "created date"
DATES = (CLOSE, CREATED)
JUDGED = (VALUE, CLOSE, CREATED)
T = TypeVar("T", datetime, Decimal)


class Exact(str):
    """A cell whose value a workbook states itself: a real number with a point, a real date in ISO 8601."""

    __slots__ = ()


class Choices(NamedTuple):
    """How the person says that the file is written; None leaves it to the file."""

    dates: Dates | None = None
    decimals: Decimals | None = None


@dataclass(slots=True)
class Column:
    """What the cells of one column prove.

    Attributes:
        second: the reading that counts where nothing is proven: the second is the day first, or the decimal comma.
        chosen: whether the person said which one it is.
        proofs: how many cells can be read only in the first, and only in the second way.
        open: how many can be read in both, with different values.
    """

    second: bool = False
    chosen: bool = False
    proofs: list[int] = field(default_factory=lambda: [0, 0])
    open: int = 0

    def see(self, first: T | None, second: T | None) -> None:
        """Take one cell into account."""
        if first == second:
            return
        if first is None or second is None:
            self.proofs[first is None] += 1
        else:
            self.open += 1

    @property
    def contradicted(self) -> bool:
        """Whether cells prove both ways, so that those which can be read in two ways have none."""
        return not self.chosen and all(self.proofs)

    @property
    def is_second(self) -> bool:
        """Whether the second reading counts."""
        return self.second if self.chosen or not any(self.proofs) else bool(self.proofs[1])

    @property
    def guessed(self) -> int:
        """How many cells are read in the documented form though nothing says that it is theirs."""
        return 0 if self.chosen or any(self.proofs) else self.open

    def pick(self, first: T | None, second: T | None) -> T | None:
        """The reading that counts; None where there is none, or two in a column that contradicts itself.

        What can be read in one way only is read so, whatever counts for the others.
        """
        if first is None or second is None:
            return second if first is None else first
        if first == second:
            return first
        if self.contradicted:
            return None
        return second if self.is_second else first


class Judge:
    """The columns of one file whose cells may be read in two ways."""

    def __init__(self, choices: Choices = Choices(), *, decimal_comma: bool = False) -> None:
        day_first, comma = choices.dates == "day-first", choices.decimals == "comma"
        self._columns = {
            VALUE: Column(comma if choices.decimals else decimal_comma, choices.decimals is not None),
            **{name: Column(day_first, choices.dates is not None) for name in DATES},
        }

    def see(self, column: str, cell: str) -> None:
        """Take one cell into account."""
        if not cell or isinstance(cell, Exact):
            return
        if column == VALUE:
            self._columns[column].see(*amounts.readings(cell)[:2])
        else:
            self._columns[column].see(*dates.readings(cell))

    def prove(self, column: str, *, second: bool) -> None:
        """Take into account that a cell, known from elsewhere, is written in one of the two ways."""
        self._columns[column].proofs[second] += 1

    def is_open(self, column: str, cell: str) -> bool:
        """Whether a cell can be read in two ways."""
        first, second = amounts.readings(cell)[:2] if column == VALUE else dates.readings(cell)
        return first is not None and second is not None and first != second

    def date(self, column: str, cell: str) -> datetime | None:
        """The date of a cell; None for one that is not stated.

        Raises:
            RecordError: when it is none, or could be two.
        """
        if isinstance(cell, Exact):
            first, second = dates.readings(cell)
            moment = first
        else:
            first, second = dates.readings(cell)
            moment = self._columns[column].pick(first, second)
        if moment is None:
            sentence = (
                _("{value} is no date; it is written MM/DD/YYYY")
                if first == second or None in (first, second)
                else _("{value} could be two dates, and the column has both orders; say which with --dates")
            )
            raise RecordError(sentence.format(value=repr(str(cell))[:40]))
        return None if moment == dates.NOT_STATED else moment

    def amount(self, cell: str) -> tuple[Decimal, str | None]:
        """The amount of a cell, and the currency it names.

        Raises:
            RecordError: when it is none, or could be two.
        """
        if isinstance(cell, Exact):
            first, second, currency = amounts.readings(cell)
            value = first
        else:
            first, second, currency = amounts.readings(cell)
            value = self._columns[VALUE].pick(first, second)
        if value is None:
            sentence = (
                _("{value} is no amount, such as 12500 or 12,500.50")
                if first == second or None in (first, second)
                else _("{value} could be two amounts, and the column has both decimal marks; say which with --decimal")
            )
            raise RecordError(sentence.format(value=repr(str(cell))[:40]))
        return value, currency

    def guesses(self, titles: Mapping[str, str]) -> list[str]:
        """A sentence for each column that nothing decides, with the number of its cells that have another reading."""
        said = []
        for name, column in self._columns.items():
            if column.guessed:
                said.append(_guess(titles.get(name, name), column, dates_=name != VALUE))
        return said


def _guess(title: str, column: Column, *, dates_: bool) -> str:
    if dates_:
        sentence = _("{n} of {column} could be read day-first, too, and were read as MM/DD/YYYY (--dates day-first)")
    elif column.is_second:
        sentence = _(
            "{n} of {column} could be read with a decimal point, too, and were read with a comma (--decimal point)"
        )
    else:
        sentence = _(
            "{n} of {column} could be read with a decimal comma, too, and were read with a point (--decimal comma)"
        )
    return sentence.format(n=column.guessed, column=title)
