"""Names of the Referrals API as people read them: `EnterpriseMobilityAndSecurity`, `CustomSolution(ISV)`."""

from __future__ import annotations

import re

# What the splitter would not get right, or what is longer than it needs to be.
_WORDS = {
    "ConsultingAndProfessional": "Consulting",
    "EnterpriseMobilityAndSecurity": "Enterprise Mobility + Security",
    "CustomSolution(ISV)": "Custom solution (ISV)",
    "IntegrationOrDeployment": "Integration or deployment",
}
_SMALL = {"And": "and", "Or": "or", "Of": "of", "For": "for", "The": "the", "To": "to", "In": "in"}
_PART = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+|\d+|\([^)]*\)|[^A-Za-z\d(]+|\(")


def in_words(name: str) -> str:
    """A name in words; a text that has blanks, or is no such name, is left as it is."""
    if name in _WORDS:
        return _WORDS[name]
    if " " in name or not name.isascii() or not re.search(r"[a-z][A-Z\d(]", name):
        return name
    first, *rest = _PART.findall(name)
    return " ".join((first, *(_SMALL.get(part, part) for part in rest)))
