"""A row of Partner Center's CSV as a record in the API's shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from refterm.domain import money, reasons
from refterm.errors import InvalidInputError
from refterm.formats import amounts, api_json, values
from refterm.formats.api_json import Json, RecordError
from refterm.formats.csv_columns import CONSENTS, CONTACT, DUNS, HELP, HELPS, KEY, REASON, TEXTS, found_at, listed
from refterm.formats.fields import enum
from refterm.formats.judging import CLOSE, CREATED, VALUE, Exact, Judge
from refterm.formats.record import error_reason, nearest_day
from refterm.i18n import _

_CURRENCY = "currency"
_NUMBERED = re.compile(r"(solution|team member) ([0-9]{1,3})")
_ZONE = re.compile(r"\d(?:Z|z|[+-]\d{2}:?\d{2})\s*")
_EDGE = "\x1f"  # between the cells of a row; no cell has it


def to_record(
    cells: Mapping[str, str], judge: Judge, titles: Mapping[str, str] | None = None, *, own: bool = False
) -> tuple[Json, list[str]]:
    """A row as a record in the API's shape; a column that is missing is not mentioned in it.

    Args:
        cells: the row's cells by the folded names of their columns.
        judge: knows how the file writes dates and decimals.
        titles: the names as the file has them, for columns that the API's shape has no place for, and for sentences.
        own: whether refterm wrote the file, so that its texts are not tidied once more.

    Returns:
        The record, and a sentence for each cell that cannot be read and is left out.

    Raises:
        RecordError: for a time of receipt that could be two.
    """
    reading = _Reading(judge, titles or {})
    record, contact = reading.record, reading.contact
    for column, cell in cells.items():
        kind, place = _place(column)
        value = cell.strip() or None
        if kind == "text":
            _put(record, place, cell if value else None)
        elif kind == "contact":
            contact[place] = cell if value else None
        elif kind == "read":
            place(reading, cell if value and isinstance(cell, Exact) else value)
        elif kind == "consent":
            said = values.yes(value)
            _put(record, ("consent", place), value if said is None else said)
        elif kind == "numbered":
            reading.numbered(place, cell)
        elif value and kind == "other":
            _put(record, ("csv", reading.title(column)), cell)
    reading.finish()
    texts = (*cells, *cells.values())
    if not "".join(texts).isprintable():
        record = values.tidied_record(api_json.cleaned(record)) if not own else api_json.cleaned(record)
    elif not own and _is_untidy(_EDGE.join(texts)):
        record = values.tidied_record(record)
    return record, reading.sentences


class _Reading:
    """One row while it is read."""

    def __init__(self, judge: Judge, titles: Mapping[str, str]) -> None:
        self.record: Json = {}
        self.contact: Json = {}
        self.sentences: list[str] = []
        self._judge = judge
        self._titles = titles
        self._solutions: list[tuple[int, str]] = []
        self._team: list[tuple[int, str]] = []
        self._currency: str | None = None
        self._named: str | None = None  # the currency that the amount's cell names
        self._has_currency = False

    def title(self, column: str) -> str:
        """A column's name as the file has it."""
        return self._titles.get(column, column)

    def leave_out(self, column: str, why: str) -> None:
        """Note that a cell cannot be read."""
        self.sentences.append(_("{column}: {why}; it is left out").format(column=self.title(column), why=why))

    def currency(self, value: str | None) -> None:
        """The column Currency: a code, or a sign that one currency only has."""
        self._has_currency = True
        if value and (code := amounts.currency_of(value)) is None:
            self.leave_out(_CURRENCY, _("{code} is no ISO 4217 currency, such as EUR").format(code=value[:20]))
        elif value:
            self._currency = code

    def duns(self, value: str | None) -> None:
        """The customer's D-U-N-S number; what is none stays as it is, so that somebody sees it."""
        known = values.duns(value) if value else None
        if value and known is None:
            sentence = _("{column}: {value} is no D-U-N-S number of nine digits; it is kept as it is")
            self.sentences.append(sentence.format(column=self.title(DUNS), value=repr(str(value))[:40]))
        given = [{"profileType": "Duns", "id": known or value}] if value else []
        _put(self.record, ("customerProfile", "ids"), given)

    def reason(self, value: str | None) -> None:
        """Why it was declined, lost, or called an error; only together with the substatus it can be understood."""
        self.record["statusReason"] = value

    def value(self, value: str | None) -> None:
        """The deal's value, and the currency where its cell names one."""
        exact = None
        if value:
            try:
                exact, self._named = self._judge.amount(value)
                exact = money.check_amount(exact)
            except RecordError as error:
                self.leave_out(VALUE, str(error))
            except InvalidInputError as error:
                exact = None
                self.leave_out(VALUE, next(iter(error.fields.values())))
        _put(self.record, ("details", "dealValue"), exact)

    def close(self, value: str | None) -> None:
        """The estimated purchase date."""
        day = None
        if value:
            try:
                if moment := self._judge.date(CLOSE, value):
                    # Without a zone it is a date, whatever time a spreadsheet has put behind it.
                    day = nearest_day(moment) if ":" in value and _ZONE.search(value) else moment.date()
            except RecordError as error:
                self.leave_out(CLOSE, str(error))
        _put(self.record, ("details", "closingDateTime"), f"{day}T00:00:00Z" if day else None)

    def created(self, value: str | None) -> None:
        """When it was received."""
        if not value:
            return
        try:
            if moment := self._judge.date(CREATED, value):
                self.record["createdDateTime"] = moment.isoformat().replace("+00:00", "Z")
        except RecordError as error:
            if self._judge.is_open(CREATED, value):
                raise RecordError(f"{self.title(CREATED)}: {error}") from None
            self.leave_out(CREATED, str(error))

    def help(self, value: str | None) -> None:
        """What Microsoft is asked for, by its number."""
        number = reasons.number_of(value) if value else None
        code = HELPS[number - 1] if number and number <= len(HELPS) else value
        _put(self.record, ("inviteContext", "assistanceRequestCode"), code)

    def numbered(self, numbered: tuple[str, int], cell: str) -> None:
        """A solution or a person of the company."""
        (self._solutions if numbered[0] == "solution" else self._team).append((numbered[1], cell))

    def finish(self) -> None:
        """Put together what stands in several columns."""
        record = self.record
        if self.contact:
            given = [self.contact] if any(self.contact.values()) else []
            _put(record, ("customerProfile", "team"), given)
        if self._solutions:
            solutions = [_solution(cell) for _n, cell in sorted(self._solutions) if cell.strip()]
            _put(record, ("details", "requirements", "solutions"), solutions)
        if self._team:
            record["team"] = [member(cell) for _n, cell in sorted(self._team) if cell.strip()]
        if stated := record.get("statusReason"):
            if enum(record.get("substatus")) == "error":
                record["statusReason"] = error_reason(stated)
            elif code := reasons.of_number(stated):
                record["statusReason"] = reasons.REASONS[code]
        if self._has_currency or self._named:
            _put(record, ("details", "currency"), self._currency or self._named)
        if self._currency and self._named and self._currency != self._named:
            sentence = _("{column} names {named}, and {other} says {currency}, which counts")
            self.sentences.append(
                sentence.format(
                    column=self.title(VALUE),
                    named=self._named,
                    other=self.title(_CURRENCY),
                    currency=self._currency,
                )
            )


_READERS = {
    _CURRENCY: _Reading.currency,
    DUNS: _Reading.duns,
    REASON: _Reading.reason,
    VALUE: _Reading.value,
    CLOSE: _Reading.close,
    CREATED: _Reading.created,
    HELP: _Reading.help,
}


def over(old: Mapping[str, Any], new: Json) -> Json:
    """A row's record put over what was known: where the file has no room for more, what was known stays.

    It names the first contact only, of a solution not its name, and of the receipt not the hour.
    """
    result = api_json.merged(old, new)
    if old.get("createdDateTime"):
        result["createdDateTime"] = old["createdDateTime"]
    known = listed(found_at(old, ("customerProfile", "team")))
    given = listed(found_at(new, ("customerProfile", "team")))
    if known and given:
        result["customerProfile"]["team"] = [api_json.merged(known[0], given[0]), *known[1:]]
    solutions = {str(one.get("id")): one for one in listed(found_at(old, ("details", "requirements", "solutions")))}
    if given := listed(found_at(new, ("details", "requirements", "solutions"))):
        result["details"]["requirements"]["solutions"] = [
            api_json.merged(solutions.get(str(one.get("id")), {}), one) for one in given
        ]
    return result


@lru_cache(maxsize=512)
def _place(column: str) -> tuple[str, Any]:
    """How a column is read, and where it belongs."""
    if read := _READERS.get(column):
        return "read", read
    if path := TEXTS.get(column):
        return "text", path
    if part := CONTACT.get(column):
        return "contact", part
    if consent := CONSENTS.get(column):
        return "consent", consent
    if numbered := _NUMBERED.fullmatch(column):
        return "numbered", (numbered[1], int(numbered[2]))
    return ("own" if column == KEY else "other"), None


def _is_untidy(texts: str) -> bool:
    """Whether one of the cells has entities, or blanks at its ends or doubled; see `values.is_untidy`."""
    if "  " in texts or f" {_EDGE}" in texts or f"{_EDGE} " in texts or texts[-1:] == " ":
        return True
    return "&" in texts and values.has_entity(texts)


def _put(record: Json, path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        record = record.setdefault(key, {})
    record[path[-1]] = value


def _parts(cell: str) -> list[str]:
    """The parts of a cell that holds several, between commas, or semicolons where it has no comma."""
    return [part.strip() for part in cell.split("," if "," in cell or ";" not in cell else ";")]


def _solution(cell: str) -> Json:
    """`SOL-1234-PQRS, USD, 10, 100`: id, currency, price, quantity."""
    names = ("id", "currency", "price", "quantity")
    return {name: part for name, part in zip(names, _parts(cell), strict=False) if part}


def member(cell: str) -> Json:
    """`First, Last, phone, email`; the part with an `@` is the e-mail wherever it stands."""
    parts = _parts(cell)
    mails = [part for part in parts if "@" in part]
    if len(mails) == 1 and parts[-1] == mails[0] and len(parts) < 4:
        # No phone, or nothing but the address.
        rest = parts[:-1]
        phone = rest.pop() if len(rest) > 1 and _is_phone(rest[-1]) else None
        parts = [*rest[:1], " ".join(rest[1:]), phone or "", mails[0]] if rest else ["", "", "", mails[0]]
    elif len(mails) == 1 and len(parts) == 4 and parts[-1] == mails[0] and parts[2] and not _is_phone(parts[2]):
        parts = [parts[0], ", ".join(parts[1:3]), "", mails[0]]
    names = ("firstName", "lastName", "phoneNumber", "email")
    if len(parts) > len(names):
        parts = [parts[0], ", ".join(parts[1:-2]), *parts[-2:]]
    return {name: part or None for name, part in zip(names, parts, strict=False)}


def _is_phone(text: str) -> bool:
    return any(c.isdecimal() for c in text)
