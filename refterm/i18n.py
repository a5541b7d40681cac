"""Every text a person reads passes through here, so that a catalogue can translate it."""

from __future__ import annotations

import gettext
import os
import re
import sys
from functools import lru_cache
from importlib import import_module
from typing import Literal

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language: str | None = None


def use(language: str | None) -> None:
    """Choose the catalogue: a language such as `es`, or None for what LANG and its kin say."""
    global _catalogue, _language
    _language = language
    # Without pathlib, which costs --help and --version 5 ms.
    folder = os.path.join(os.path.dirname(__file__), "locale")
    _catalogue = gettext.translation("refterm", folder, _own(folder, language), fallback=True)


def languages() -> set[str]:
    """The languages there are: English, in which the program is written, and those with a catalogue."""
    return {"en", *os.listdir(os.path.join(os.path.dirname(__file__), "locale"))}


def _own(folder: str, language: str | None) -> list[str]:
    """The languages that are asked for, as far as the name is that of a folder of ours.

    gettext takes a name such as `/folder` or `../folder` for a path; in a kiosk that would read a file of the user's.
    """
    asked = [language] if language else _asked()
    ours = set(os.listdir(folder))
    return [name for name in asked if re.split("[_.@]", name)[0] in ours and os.sep not in name]


def _asked() -> list[str]:
    """The languages of the environment, in gettext's order."""
    values = (os.environ.get(name) for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    return next((value for value in values if value), "").split(":")


def _(text: str) -> str:
    """The text in the person's language."""
    return _catalogue.gettext(text)


def pgettext(context: str, text: str) -> str:
    """The text in the person's language, where its meaning is another than elsewhere: of a profile, of a tab."""
    return _catalogue.pgettext(context, text)


def ngettext(one: str, many: str, number: int) -> str:
    """The text for one or for many, in the person's language."""
    return _catalogue.ngettext(one, many, number)


def language() -> str:
    """The person's language, such as `es`: the chosen one, else what LANG and its kin say."""
    names = (os.environ.get(name) for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = _language or next((name for name in names if name), "")
    name = re.split("[:_.@]", chosen)[0].lower()
    return name if name not in ("", "c", "posix") else "en"


def date_order() -> Literal["day", "month", ""]:
    """Which comes first where the person writes `3/4/2027`; empty where neither locale nor language say."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_TIME", "LANG"))
    locale = next((name for name in names if name), "").partition(".")[0].partition("@")[0]
    if locale in ("", "C", "POSIX") or "_" not in locale:
        return "" if language() in _ORDER_UNKNOWN else "day"
    if locale in _MONTH_FIRST:
        return "month"
    return "" if locale[:2] in _YEAR_FIRST or locale == "en_CA" else "day"


# Who writes the month first; who writes the year first and has no usual order without it.
_MONTH_FIRST = ("en_US", "en_PH", "en_PR", "es_PR", "es_PA", "en_GU", "en_VI", "en_AS", "en_MH", "fil_PH")
_YEAR_FIRST = ("zh", "ja", "ko", "hu", "lt", "mn")
_ORDER_UNKNOWN = ("en", *_YEAR_FIRST)


def decimal_mark() -> Literal[".", ","]:
    """How the person writes decimals: as the chosen language does, else as the terminal's locale."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_NUMERIC", "LANG"))
    locale = next((name for name in names if name), "")
    # The locale knows the country, too: `de_CH` writes a point where `de` writes a comma.
    return _decimal_mark(locale if not _language or locale.startswith(_language) else _language)


def import_babel() -> None:
    """Import Babel, whatever TZ says: it reads a file that TZ names when it is imported, and fails where that is no zone.

    Nothing here asks it for the time.
    """
    if "babel.dates" in sys.modules:
        return
    zone = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    try:
        import_module("babel.dates")
    finally:
        if zone is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = zone


@lru_cache(maxsize=8)
def _decimal_mark(locale: str) -> Literal[".", ","]:
    name = locale.partition(".")[0].partition("@")[0]
    if name in ("", "C", "POSIX") or name.startswith("en"):
        return "."  # the common case needs no Babel, which costs 40 ms
    import_babel()
    from babel import UnknownLocaleError
    from babel.numbers import get_decimal_symbol

    try:
        return "," if get_decimal_symbol(name) == "," else "."
    except (UnknownLocaleError, ValueError):
        return "."
