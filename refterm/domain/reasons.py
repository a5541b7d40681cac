"""Reasons for declining and for losing, by code and by Partner Center's number (table under I10)."""

from __future__ import annotations

import re

from refterm.errors import InvalidInputError
from refterm.i18n import _

# One digit only: `int` refuses thousands of them.
_NUMBERED = re.compile(r"([1-9])(?:\.0*)?(?:\s*[-–—:.)]\s+\S.*)?", re.DOTALL)

# In the order of Partner Center's numbers 1 to 8. The texts are what the source sends and takes, so the keys of a
# translation; `label` gives the person's language.
REASONS: dict[str, str] = {
    "budget": "Project budget is not adequate",
    "no-response": "Customer did not respond",
    "other-vendor": "Customer chose another vendor",
    "requirement": "Customer requirement not met",
    "not-a-customer": "Not a customer",
    "timeline": "Proposed time line was too short",
    "abuse": "Report as abuse, spam or phishing",
    "other": "Others",
}
CODES = tuple(REASONS)


def label(code: str) -> str:
    """What people read for a code."""
    return {
        "budget": _("Project budget is not adequate"),
        "no-response": _("Customer did not respond"),
        "other-vendor": _("Customer chose another vendor"),
        "requirement": _("Customer requirement not met"),
        "not-a-customer": _("Not a customer"),
        "timeline": _("Proposed time line was too short"),
        "abuse": _("Report as abuse, spam or phishing"),
        "other": _("Others"),
    }[code]


def word(code: str) -> str:
    """A code in a word or two of the person's language."""
    words = {
        "budget": _("budget"),
        "no-response": _("no response"),
        "other-vendor": _("other vendor"),
        "requirement": _("requirement"),
        "not-a-customer": _("not a customer"),
        "timeline": _("timeline"),
        "abuse": _("abuse"),
        "other": _("other"),
    }
    return words.get(code, code)


def parse(text: str) -> str:
    """A code from what was typed: the code itself or its number.

    Raises:
        InvalidInputError: for anything else, naming the codes.
    """
    typed = text.strip().lower()
    if typed in REASONS:
        return typed
    if len(typed) == 1 and (code := of_number(typed)):
        return code
    if not typed:
        raise InvalidInputError({"reason": _("Which reason? Give its number, 1 to 8, or its code")})
    raise InvalidInputError({"reason": _("use one of {codes}, or its number 1 to 8").format(codes=", ".join(CODES))})


def from_source(text: str) -> tuple[str | None, str | None]:
    """Code and remaining notes for the source's `statusReason`: its text or number; other text is `other`."""
    given = text.strip()
    if not given:
        return None, None
    for code, known in REASONS.items():
        if given.casefold() == known.casefold():
            return code, None
        if given.casefold().startswith(known.casefold() + ": "):  # as the desk itself writes it
            return code, given[len(known) + 2 :].strip() or None
    if numbered := of_number(given):
        return numbered, None
    return "other", given


def of_number(text: str) -> str | None:
    """The code of Partner Center's number; None for anything else."""
    number = number_of(text)
    return CODES[number - 1] if number and number <= len(CODES) else None


def number_of(text: str) -> int | None:
    """The number of a reason, as spreadsheets and people write it: `3`, `3.0`, `3 - Customer chose another vendor`."""
    numbered = _NUMBERED.fullmatch(text.strip())
    return int(numbered[1]) if numbered else None
