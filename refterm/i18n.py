"""Every text a person reads passes through here, so that a catalogue can translate it."""

from __future__ import annotations

import gettext
from pathlib import Path

_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def use(language: str | None) -> None:
    """Choose the catalogue: a language such as `es`, or None for what LANG and its kin say."""
    global _catalogue
    folder = Path(__file__).parent / "locale"
    _catalogue = gettext.translation("refterm", folder, [language] if language else None, fallback=True)


def _(text: str) -> str:
    """The text in the person's language."""
    return _catalogue.gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """The text for one or for many, in the person's language."""
    return _catalogue.ngettext(one, many, number)
