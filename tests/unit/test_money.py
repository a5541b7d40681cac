"""Amounts as people type them: kept exactly, understood under either decimal mark (I5; contract, The screen)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refterm.domain import money
from refterm.domain.money import DecimalMark, parse_amount, plain
from refterm.errors import InvalidInputError


@pytest.mark.parametrize("mark", [".", ","])
@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("0", "0"),
        ("12500", "12500"),
        ("  12500  ", "12500"),
        ("+12500", "12500"),
        ("0012", "12"),
        # Digits are kept as typed.
        ("10.50", "10.50"),
        ("10,50", "10.50"),
        ("0.0000", "0.0000"),
        (".5", "0.5"),
        # Both separators: the last one is the decimal mark.
        ("12,500.50", "12500.50"),
        ("12.500,50", "12500.50"),
        ("1,234,567.8901", "1234567.8901"),
        ("1.234.567,8901", "1234567.8901"),
        # The same separator twice can only group.
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        # A single one that does not stand before exactly three digits is the decimal mark.
        ("1,5", "1.5"),
        ("1.2345", "1.2345"),
        ("1234.567", "1234.567"),
        ("1234,567", "1234.567"),
        # Nobody groups after a leading zero.
        ("0,500", "0.500"),
        ("0.500", "0.500"),
        # Blanks (also those that do not break) and apostrophes group.
        ("12 500", "12500"),
        ("12\u00a0500,50", "12500.50"),
        ("1\u202f234\u202f567", "1234567"),
        ("12'500.50", "12500.50"),
        ("12’500", "12500"),
        # Thousands and millions.
        ("12.5k", "12500"),
        ("12,5K", "12500"),
        ("3m", "3000000"),
        ("1.5 M", "1500000"),
        ("1.2345k", "1234.5"),
        # Digits of other scripts, as input methods write them.
        ("１２５００", "12500"),
        ("999999999999999.9999", "999999999999999.9999"),
        # A negative nothing is nothing.
        ("-0.00", "0.00"),
    ],
)
def test_understood_the_same_under_either_mark(typed: str, digits: str, mark: DecimalMark) -> None:
    amount, currency = parse_amount(typed, mark)
    assert (plain(amount), currency) == (digits, None)


@pytest.mark.parametrize(
    ("typed", "point", "comma"),
    [
        ("12,500", "12500", "12.500"),
        ("12.500", "12.500", "12500"),
        ("1,234", "1234", "1.234"),
        ("1.234", "1.234", "1234"),
        ("123,456k", "123456000", "123456"),
    ],
)
def test_a_single_separator_before_three_digits_groups_as_the_locale_does(typed: str, point: str, comma: str) -> None:
    assert plain(parse_amount(typed, ".")[0]) == point
    assert plain(parse_amount(typed, ",")[0]) == comma


@pytest.mark.parametrize(
    ("typed", "digits", "currency"),
    [
        ("12500 EUR", "12500", "EUR"),
        ("12500EUR", "12500", "EUR"),
        ("12500 eur", "12500", "EUR"),
        ("EUR 12500", "12500", "EUR"),
        ("usd12,500.50", "12500.50", "USD"),
        ("12.5k EUR", "12500", "EUR"),
        ("12.5kEUR", "12500", "EUR"),
        # The first letter of these is no `k` and no `m`.
        ("5 KES", "5", "KES"),
        ("5KRW", "5", "KRW"),
        ("5 MXN", "5", "MXN"),
        ("5MKD", "5", "MKD"),
        ("5k KES", "5000", "KES"),
        ("100 XCG", "100", "XCG"),
    ],
)
def test_a_currency_typed_with_the_amount(typed: str, digits: str, currency: str) -> None:
    amount, found = parse_amount(typed)
    assert (plain(amount), found) == (digits, currency)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "What is it worth? For example 12500 or 12.5k"),
        ("   ", "What is it worth? For example 12500 or 12.5k"),
        *[
            (typed, f'"{typed}" is not an amount. Try 12500 or 12.5k')
            for typed in (
                *(
                    "abc",
                    "EUR",
                    "-",
                    ".",
                    "12.",
                    "12,",
                    "1e5",
                    "1E+5",
                    "NaN",
                    "sNaN",
                    "inf",
                    "Infinity",
                    "0x10",
                    "1_000",
                ),
                *(
                    "12..5",
                    "1.2.3",
                    "1,2,3",
                    "12,34,567",
                    "1,234.567.890",
                    "1.234,567.8",
                    "1,2345.67",
                    "1 2 5",
                    "12 50",
                ),
                *(
                    "12  500",
                    "1 234'567",
                    "12.5kk",
                    "12.5 t",
                    "EUR 5 EUR",
                    "5 EURO",
                    "5 %",
                    "$5",
                    "5 5k 5",
                    "--5",
                    "+-5",
                ),
            )
        ],
        ("-1", "the value cannot be negative"),
        ("-0.01", "the value cannot be negative"),
        ("EUR -5", "the value cannot be negative"),
        ("-5k", "the value cannot be negative"),
        ("1.00000", "at most 4 decimals"),
        ("0.00001", "at most 4 decimals"),
        ("1.23456789k", "at most 4 decimals"),
        ("1.000000000000000000000000000000001k", "at most 4 decimals"),
        ("1000000000000000", "the value is too large"),
        ("999999999999999k", "the value is too large"),
        ("9" * 50 + "k", "the value is too large"),
        ("9" * 100_000, '"' + "9" * 40 + '" is not an amount. Try 12500 or 12.5k'),
    ],
)
def test_refused_in_one_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_amount(typed)
    assert caught.value.fields == {"value": sentence}


@pytest.mark.parametrize("typed", ["5 EUX", "ABC 5", "12k XXX"])
def test_an_unknown_currency_is_an_error_of_the_currency(typed: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_amount(typed)
    assert list(caught.value.fields) == ["currency"]


@pytest.mark.parametrize(("typed", "code"), [("EUR", "EUR"), (" usd ", "USD"), ("Chf", "CHF")])
def test_a_currency_is_an_iso_4217_code(typed: str, code: str) -> None:
    assert money.parse_currency(typed) == code


@pytest.mark.parametrize("typed", ["", " ", "EU", "EURO", "€", "XXX", "ÉUR", "EUR USD"])
def test_any_other_currency_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInputError, match="is no ISO 4217 currency"):
        money.parse_currency(typed)


@pytest.mark.parametrize("value", ["NaN", "-NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_value(value: str) -> None:
    with pytest.raises(InvalidInputError, match="must be a number"):
        money.check_amount(Decimal(value))


# All that the desk keeps: up to 15 digits, up to 4 decimals, trailing noughts among them.
amounts = st.builds(
    lambda digits, places: Decimal((0, tuple(map(int, str(digits))), -places)),
    st.integers(0, 10**15 - 1),
    st.integers(0, 4),
)


@given(amounts)
def test_digits_survive_typing(amount: Decimal) -> None:
    """What is shown as plain digits is read back as the same digits."""
    again, currency = parse_amount(plain(amount))
    assert (plain(again), currency) == (plain(amount), None)


@given(amounts, st.sampled_from([".", ","]))
def test_what_is_shown_can_be_typed(amount: Decimal, mark: DecimalMark) -> None:
    """`= 12,500.00 EUR` beside the field means what it says."""
    assert parse_amount(money.show_money(amount, "EUR", mark), mark) == (amount, "EUR")


@given(st.text(alphabet="0123456789.,'’ \u00a0+-kKmMEURe_x", max_size=70), st.sampled_from([".", ","]))
def test_anything_typed_is_an_exact_amount_or_a_sentence(typed: str, mark: DecimalMark) -> None:
    try:
        amount, _currency = parse_amount(typed, mark)
    except InvalidInputError:
        return
    assert 0 <= amount < 10**15
    assert "E" not in plain(amount)
    assert len(plain(amount).partition(".")[2]) <= 4


@pytest.mark.parametrize(
    ("amount", "currency", "point", "comma"),
    [
        (None, "EUR", "", ""),
        (Decimal(0), "EUR", "0.00 EUR", "0,00 EUR"),
        (Decimal(12500), "EUR", "12,500.00 EUR", "12.500,00 EUR"),
        (Decimal("12500.5"), "EUR", "12,500.50 EUR", "12.500,50 EUR"),
        (Decimal("1234567.8901"), None, "1,234,567.8901", "1.234.567,8901"),
        (Decimal("1E+3"), None, "1,000.00", "1.000,00"),
    ],
)
def test_how_an_amount_reads(amount: Decimal | None, currency: str | None, point: str, comma: str) -> None:
    assert money.show_money(amount, currency) == point
    assert money.show_money(amount, currency, ",") == comma
