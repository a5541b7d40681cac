"""An amount as people, spreadsheets and banks print it, in each of the ways in which it can be read."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from refterm.domain.money import CURRENCIES
from refterm.formats.values import kept_text

LONGEST = 60
_POINT, _COMMA = ".", ","
# What stands for one currency only; the others, such as `$` and `kr`, say that it is money.
SIGNS: dict[str, str | None] = {
    "€": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "£": "GBP",
    "₹": "INR",
    "us$": "USD",
    "r$": "BRL",
    "zł": "PLN",
    "kč": "CZK",
    "₺": "TRY",
    "₩": "KRW",
    "₪": "ILS",
    "฿": "THB",
    "₽": "RUB",
    "₴": "UAH",
    "$": None,
    "¥": None,
    "kr": None,
    "kr.": None,
    "fr.": None,
    "rs": None,
    "rs.": None,
    "dollar": None,
    "dollars": None,
}
_SHAPE = re.compile(
    r"(?P<before>[^\d+\-(.,'’]*?\.?)\s*\+?(?P<number>(?:\d[\d.,'’\s]*)?\d|[.,]\d+)(?P<exponent>[eE][+-]?\d{1,2})?"
    r"(?:,-|,--|\.-|\.--)?\s*(?P<scale>[kKmM](?![A-Za-z]))?\s*(?P<after>[^\d+\-(.,'’]*\.?)"
)
# Groups of three behind one mark, or as in India of two but for the last.
_GROUPED = re.compile(r"(?!0)\d{1,3}(?:([ '.,])\d{3}(?:\1\d{3})*|,(?:\d{2},)+\d{3})")


@lru_cache(maxsize=4096)
def readings(cell: str) -> tuple[Decimal | None, Decimal | None, str | None]:
    """The amount with a decimal point, with a decimal comma, and the currency that the cell names.

    None is what the cell cannot mean: `12,500.00` has no reading with a comma, `n/a` none at all. What reads alike in
    both ways proves nothing.
    """
    text = kept_text(cell.strip()).strip()
    shape = _SHAPE.fullmatch(text) if text and len(text) <= LONGEST else None
    if shape is None:
        return None, None, None
    named = [word for word in (shape["before"].strip(), shape["after"].strip()) if word]
    known, currency = _currency(named)
    if not known:
        return None, None, None
    number = re.sub(r"\s", " ", shape["number"].replace("’", "'"))
    by_point, by_comma = (_read(number, mark, shape["exponent"], shape["scale"]) for mark in (_POINT, _COMMA))
    return by_point, by_comma, currency


def currency_of(cell: str) -> str | None:
    """The currency that a cell names by its code or by a sign that only it has; None for anything else."""
    known, currency = _currency([kept_text(cell.strip()).strip()])
    return currency if known else None


def _currency(named: list[str]) -> tuple[bool, str | None]:
    """Whether every word is a currency's, and the one they name."""
    found: set[str] = set()
    for word in named:
        if word.upper() in CURRENCIES:
            found.add(word.upper())
        elif word.casefold() in SIGNS:
            found.update(filter(None, [SIGNS[word.casefold()]]))
        else:
            return False, None
    return len(found) < 2, found.pop() if len(found) == 1 else None


def _read(number: str, mark: str, exponent: str | None, scale: str | None) -> Decimal | None:
    """Digits and separators as a number with that decimal mark; None where they make no sense so."""
    whole, point, fraction = number.partition(mark)
    if point and (not fraction.isdecimal() or (whole and not _is_whole(whole, mark))):
        return None
    if not point and not _is_whole(whole, mark):
        return None
    digits = re.sub(r"\D", "", whole) or "0"
    exact = Decimal(f"{digits}.{fraction}" if fraction else digits)
    if exponent or scale:
        power = int(exponent[1:] if exponent else 0) + {"k": 3, "m": 6}.get(scale.lower() if scale else "", 0)
        exact = exact.scaleb(power)
        exact = (
            exact.quantize(Decimal(1)) if 0 <= exact.adjusted() < 25 and exact == exact.to_integral_value() else exact
        )
    return exact


def _is_whole(text: str, mark: str) -> bool:
    return text.isdecimal() or (mark not in text and _GROUPED.fullmatch(text) is not None)
