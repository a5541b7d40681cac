"""Links that the terminal opens (OSC 8): telephone, e-mail, and the CRM's page, each built from checked parts alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

# Before the address of a link, in the name of a style.
LINK = "link "
# What a telephone number is written with; `(0)` is only dialled within the country.
_PHONE = re.compile(r"\+?[0-9 ()/.\-]+")
_LEAST_DIGITS, _MOST_DIGITS = 4, 20
# Terminals that do not know such links, by the beginning of TERM; screen hands none on.
_WITHOUT = ("dumb", "linux", "vt", "ansi", "cons", "sun", "screen")
_FIRST_VTE = 5000  # before that a link could end a program


class Links(NamedTuple):
    """What the site configures about links.

    Attributes:
        crm: the URL of a deal in the CRM with `{crm_id}` in it, as the configuration has it; None where it has none.
    """

    crm: str | None = None

    def page(self, crm_id: str | None) -> str:
        """The CRM's page of a deal, its id percent-encoded; empty without one."""
        bare = (crm_id or "").strip()
        # `.` and `..` would lead to another folder of the page.
        return self.crm.replace("{crm_id}", quote(bare, safe="")) if self.crm and bare.strip(".") else ""


def style(text: str, way: str, links: Links | None) -> str:
    """The name of the style of a text: that of a link where one can be built.

    Args:
        text: what stands there.
        way: `tel` or `mailto`; empty for no link.
        links: None where the terminal knows none.
    """
    found = (phone(text) if way == "tel" else mail(text)) if links and way else ""
    return LINK + found if found else "plain"


def phone(text: str) -> str:
    """`tel:` of digits and one leading `+`; empty where the text holds anything else than one number."""
    bare = text.strip()
    if not _PHONE.fullmatch(bare):
        return ""
    digits = re.sub("[^0-9]", "", bare.replace("(0)", "") if bare[0] == "+" else bare)
    if not _LEAST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return ""
    return f"tel:{'+' if bare[0] == '+' else ''}{digits}"


def mail(text: str) -> str:
    """`mailto:` of the first address in a text that can be written to, percent-encoded; empty without one."""
    from refterm.services.background.addresses import usable

    address = usable(text)
    if address is None:
        return ""
    local, _at, domain = address.rpartition("@")
    return f"mailto:{quote(local, safe='')}@{quote(domain, safe='')}"


def are_shown(environment: Mapping[str, str]) -> bool:
    """Whether the terminal is one that knows links, as far as the environment tells."""
    term = environment.get("TERM", "")
    if not term or (term.startswith(_WITHOUT) and not (term.startswith("screen") and environment.get("TMUX"))):
        return False
    vte = environment.get("VTE_VERSION", "")
    if vte.isdecimal() and int(vte[:9]) < _FIRST_VTE:
        return False
    return environment.get("TERM_PROGRAM") != "Apple_Terminal"
