"""A date as Partner Center, spreadsheets and people write it, in each of the ways in which it can be read."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from refterm.formats.fields import FIRST_YEAR, LAST_YEAR
from refterm.formats.values import kept_text

LONGEST = 60
# "Not stated", in the words of programs that have no other.
NOT_STATED = datetime(1, 1, 1, tzinfo=UTC)

_TIME = re.compile(
    r"[T,]?\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?"
    r"\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})")
_DAY_MONTH = re.compile(
    r"(?:[^\W\d]{2,10}\.?,?\s+)?(\d{1,2})(?:\.|st|nd|rd|th)?[\s/-]*(?:de\s+)?([^\W\d]{3,10})\.?[\s,/-]*(?:de\s+)?(\d{4}|\d{2})"
)
_MONTH_DAY = re.compile(r"(?:[^\W\d]{2,10}\.?,?\s+)?([^\W\d]{3,10})\.?\s*(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d{1,12}))?")
# Spreadsheets count days from here; 2000 to 2099 are plausible, other numbers are not dates.
_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_SERIALS = range(36526, 73051)
_DATE_PART = re.compile(r"(.*?\d)(?:[T\s,]\s*(?=\d{1,2}:)(.*))?", re.DOTALL)

_MONTHS = (
    "january januar janvier enero gennaio janeiro januari jan janv ene gen jaenner",
    "february februar fevrier febrero febbraio fevereiro februari feb fevr fev",
    "march marz maerz mars marzo marco maart mar mrz mrt",
    "april avril abril aprile apr avr abr",
    "may mai mayo maggio maio mei mag",
    "june juni juin junio giugno junho jun giu",
    "july juli juillet julio luglio julho jul juil lug",
    "august aout agosto augustus aug ago",
    "september septembre septiembre settembre setembro sep sept set",
    "october oktober octobre octubre ottobre outubro oct okt ott out",
    "november novembre noviembre novembro nov",
    "december dezember decembre diciembre dicembre dezembro dec dez dic",
)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}


@lru_cache(maxsize=4096)
def readings(cell: str) -> tuple[datetime | None, datetime | None]:
    """The date with the month first, and with the day first, each as an instant in UTC.

    None is what the cell cannot mean: `12/31/2026` has no reading with the day first, `soon` none at all. What reads alike
    in both ways proves nothing. A date of a year that no referral has is `NOT_STATED`.
    """
    text = kept_text(cell.strip()).strip()
    if not text or len(text) > LONGEST:
        return None, None
    if serial := _SERIAL.fullmatch(text):
        return _twice(_of_serial(serial))
    parts = _DATE_PART.fullmatch(text)
    if parts is None:
        return None, None
    written, clock = parts[1], parts[2]
    time = _TIME.fullmatch(clock.strip()) if clock else None
    if clock and time is None:
        return None, None
    if days := _YEAR_FIRST.fullmatch(written):
        year, month, day = (days[1], days[3], days[4]) if days[1] else (days[5], days[6], days[7])
        return _twice(_instant(year, month, day, time))
    if days := _YEAR_LAST.fullmatch(written):
        first, mark, second, year = days.groups()
        day_first = _instant(year, second, first, time)
        return (day_first if mark == "." else _instant(year, first, second, time)), day_first
    if days := _DAY_MONTH.fullmatch(written):
        return _twice(_named(days[3], days[2], days[1], time))
    if days := _MONTH_DAY.fullmatch(written):
        return _twice(_named(days[3], days[1], days[2], time))
    return None, None


def _twice(moment: datetime | None) -> tuple[datetime | None, datetime | None]:
    return moment, moment


def _of_serial(serial: re.Match[str]) -> datetime | None:
    if int(serial[1]) not in _SERIALS:
        return None
    share = float(f"0.{serial[2]}") if serial[2] else 0.0
    return _EPOCH + timedelta(days=int(serial[1]), seconds=round(share * 86400))


def _named(year: str, month: str, day: str, time: re.Match[str] | None) -> datetime | None:
    bare = "".join(c for c in unicodedata.normalize("NFKD", month.casefold()) if not unicodedata.combining(c))
    number = _MONTH_OF.get(bare)
    return _instant(year, str(number), day, time) if number else None


def _instant(year: str, month: str, day: str, time: re.Match[str] | None) -> datetime | None:
    try:
        full = int(year) if len(year) == 4 else 2000 + int(year)
        if not FIRST_YEAR <= full <= LAST_YEAR:
            datetime(max(full, 1), int(month), int(day))
            return NOT_STATED
        moment = datetime(full, int(month), int(day), tzinfo=UTC)
        return moment if time is None else _at(moment, time)
    except (ValueError, OverflowError):
        return None


def _at(day: datetime, time: re.Match[str]) -> datetime:
    hour = int(time["hour"])
    if half := time["half"]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    moment = day.replace(hour=hour, minute=int(time["minute"]), second=int(time["second"] or 0))
    zone = time["zone"]
    if not zone or zone[0] not in "+-":
        return moment
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return moment - offset if zone[0] == "+" else moment + offset
