"""Money: exact decimals with an ISO 4217 currency, never a float."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from typing import Literal, NamedTuple

from refterm.errors import InvalidInputError
from refterm.i18n import _

DecimalMark = Literal[".", ","]
MAX_DECIMALS = 4
MAX_DIGITS = 15
_TOO_LARGE = Decimal(10) ** MAX_DIGITS
_LONGEST = 60

CURRENCIES = frozenset(
    (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD "
        "CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
        "GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD "
        "KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO "
        "NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
        "SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV "
        "WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
    ).split()
)

_AMOUNT = re.compile(
    r"(?:(?P<before>[A-Za-z]{3})\s*)?(?P<sign>[+-]?)(?P<number>[\d.,'’\s]*\d)\s*(?P<scale>[kKmM])?(?:\s*(?P<after>[A-Za-z]{3}))?"
)
# Digits, or groups of three with the same separator between them.
_WHOLE = re.compile(r"\d*|\d{1,3}([.,' ])\d{3}(?:\1\d{3})*")


class Money(NamedTuple):
    """An amount and its currency."""

    amount: Decimal
    currency: str


def parse_currency(text: str) -> str:
    """An ISO 4217 code.

    Raises:
        InvalidInputError: for anything else.
    """
    code = text.strip().upper()
    if code not in CURRENCIES:
        raise InvalidInputError(
            {"currency": _("{code} is no ISO 4217 currency, such as EUR").format(code=code or "''")}
        )
    return code


def parse_amount(text: str, decimal_mark: DecimalMark = ".") -> tuple[Decimal, str | None]:
    """An amount as people type it, and the currency if they typed one with it (contract, section The screen).

    `12500`, `12,500.50`, `12.5k` and `12500 EUR` are understood; a single mark before three digits groups where the
    other mark is the decimal one. Blanks and apostrophes group, too. The digits typed are kept: `10.50` stays `10.50`.

    Args:
        text: what was typed.
        decimal_mark: the person's decimal mark.

    Raises:
        InvalidInputError: under the name `value`.
    """
    typed, example = text.strip(), f"12{decimal_mark}5k"
    if not typed:
        raise InvalidInputError(
            {"value": _("What is it worth? For example 12500 or {example}").format(example=example)}
        )
    match = _AMOUNT.fullmatch(typed) if len(typed) <= _LONGEST else None
    number = _decimal(match["number"], decimal_mark) if match else None
    if not match or number is None or (match["before"] and match["after"]):
        raise InvalidInputError(
            {"value": _('"{text}" is not an amount. Try 12500 or {example}').format(text=typed[:40], example=example)}
        )
    if match["scale"]:
        number = _scaled(number, 1000 if match["scale"] in "kK" else 1_000_000)
    amount = check_amount(number.copy_negate() if match["sign"] == "-" else number)
    currency = match["before"] or match["after"]
    return amount, parse_currency(currency) if currency else None


def require_plain(text: str) -> None:
    """Refuse an amount whose only separator can be a decimal mark or group thousands: `12.500`, `1,234`.

    Raises:
        InvalidInputError: under the name `value`, with both readings.
    """
    found = re.search(r"(?<![\d.,'])(?<!\d[ '\u2019])([1-9]\d{0,2})[.,](\d{3})(?![\d.,])", text)
    if found:
        whole, part = found.groups()
        raise InvalidInputError(
            {
                "value": _("{text} can be read as {one} or as {other}; write {one} or {other}").format(
                    text=found[0], one=whole + part, other=f"{whole}.{part}0"
                )
            }
        )


def check_amount(amount: Decimal) -> Decimal:
    """The amount, if the desk can keep it exactly.

    Raises:
        InvalidInputError: when it is negative, no number, too large, or has more than four decimals.
    """
    if not amount.is_finite():
        raise InvalidInputError({"value": _("the value must be a number")})
    if amount.is_signed() and amount != 0:
        raise InvalidInputError({"value": _("the value cannot be negative")})
    amount = amount.copy_abs()
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MAX_DECIMALS:
        raise InvalidInputError({"value": _("at most {n} decimals").format(n=MAX_DECIMALS)})
    if amount >= _TOO_LARGE:
        raise InvalidInputError({"value": _("the value is too large")})
    return amount


def _decimal(number: str, decimal_mark: DecimalMark) -> Decimal | None:
    """Digits and separators as a number; None where the separators make no sense."""
    number = re.sub(r"\s", " ", number.strip().replace("’", "'"))
    mark = _mark(number, decimal_mark)
    whole, _separator, fraction = number.partition(mark) if mark else (number, "", "")
    if not _WHOLE.fullmatch(whole) or not re.fullmatch(r"\d*", fraction):
        return None
    digits = re.sub(r"\D", "", whole) or "0"
    return Decimal(f"{digits}.{fraction}" if fraction else digits)


def _mark(number: str, decimal_mark: DecimalMark) -> str:
    """Which of the separators is the decimal mark; empty where all of them group."""
    dots, commas = number.count("."), number.count(",")
    if dots and commas:
        return "." if number.rfind(".") > number.rfind(",") else ","
    if dots + commas != 1:
        return ""
    used = "." if dots else ","
    # Ambiguous, so the person's own mark decides; but nobody groups after a leading zero: `0,500` is a half.
    return "" if used != decimal_mark and re.fullmatch(r"(?!0)\d{1,3}[.,]\d{3}", number) else used


def _scaled(number: Decimal, factor: int) -> Decimal:
    with localcontext(prec=2 * _LONGEST):
        scaled = number * factor
        return scaled.quantize(Decimal(1)) if scaled == scaled.to_integral_value() else scaled.normalize()


def plain(amount: Decimal) -> str:
    """The amount with the digits it was typed with and no exponent: what is stored and sent as JSON."""
    return format(amount, "f")


# Digits after the mark by ISO 4217, where they are not two.
_DECIMALS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}


def show_amount(amount: Decimal, decimal_mark: DecimalMark = ".", currency: str | None = None) -> str:
    """An amount for reading, with all its digits and at least those that its currency has: `12,500.00`, `4,200,000`."""
    usual = _DECIMALS.get(currency or "", 2)
    exponent = amount.as_tuple().exponent
    typed = -exponent if isinstance(exponent, int) else 0
    if usual == 0 and amount == amount.to_integral_value():
        typed = 0
    text = f"{amount:,.{max(usual, typed)}f}"
    return text if decimal_mark == "." else text.translate({ord(","): ".", ord("."): ","})


def show_money(amount: Decimal | None, currency: str | None, decimal_mark: DecimalMark = ".") -> str:
    """Amount and currency for reading; empty where there is no amount."""
    if amount is None:
        return ""
    return f"{show_amount(amount, decimal_mark, currency)} {currency or ''}".rstrip()


def show_money_within(amount: Decimal | None, currency: str | None, decimal_mark: DecimalMark, cells: int) -> str:
    """The same in so many cells: where they do not suffice without decimals, then in thousands, millions and so on.

    The currency always stands: an amount without it says nothing.
    """
    text = show_money(amount, currency, decimal_mark)
    if amount is None or len(text) <= cells:
        return text
    for unit, factor in (("", 1), ("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12)):
        whole = f"{(amount / factor).quantize(Decimal(1)):,}{unit} {currency or ''}".rstrip()
        if len(whole) <= cells:
            break
    return whole if decimal_mark == "." else whole.replace(",", ".")
