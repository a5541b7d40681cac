"""How well a new referral fits: 0 to 100 with its reasons in words, from the profile's wishes and from past deals (I7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from refterm.domain.api_words import in_words
from refterm.domain.profile import Profile
from refterm.domain.referral import Referral, employee_range, employees
from refterm.i18n import _
from refterm.text import fold

# Where nothing speaks for or against.
MIDDLE = 50
# Fewer past deals than this say nothing.
ENOUGH = 3
# How much the past, and each wish, may weigh.
PAST, KEYWORD, MOST_KEYWORDS, WISH, SIZE = 30, 8, 20, 8, 12


@dataclass(slots=True)
class Past:
    """What became of decided referrals that have something in common."""

    accepted: int = 0
    declined: int = 0
    won: int = 0
    lost: int = 0

    @property
    def count(self) -> int:
        """All that were decided."""
        return self.accepted + self.declined

    @property
    def worth(self) -> float:
        """0 to 1: declined are worth nothing, open ones a half, won ones all."""
        return ((self.accepted - self.won - self.lost) * 0.5 + self.won) / self.count if self.count else 0.5


class Fit(NamedTuple):
    """A score from 0 to 100, and why."""

    score: int
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class Knowledge:
    """What past decisions and outcomes say, by what referrals have in common: `(kind, value)`, folded."""

    past: dict[tuple[str, str], Past] = field(default_factory=dict)

    def learn(self, features: Sequence[tuple[str, str]], *, status: str, outcome: str | None) -> None:
        """Take in one referral that was decided."""
        if outcome == "expired":
            return  # nobody looked at it: that says nothing of what it was
        for feature in features:
            one = self.past.setdefault(feature, Past())
            one.declined += outcome == "declined"
            one.accepted += status == "active" or outcome in ("won", "lost")
            one.won += outcome == "won"
            one.lost += outcome == "lost"


def features(
    solutions: Sequence[str], products: Sequence[str], industry: str | None, size: str | None, country: str | None
) -> list[tuple[str, str]]:
    """What a referral may have in common with others."""
    found = [("solution", fold(text)) for text in solutions] + [("product", fold(text)) for text in products]
    found += [
        (kind, fold(text)) for kind, text in (("industry", industry), ("size", size), ("country", country)) if text
    ]
    return list(dict.fromkeys(found))


def score(referral: Referral, profile: Profile | None, knowledge: Knowledge) -> Fit | None:
    """How well a referral fits its profile and the past.

    Args:
        referral: a new one.
        profile: where it is routed to; None where nowhere.
        knowledge: past decisions.

    Returns:
        None where neither a wish nor the past says anything.
    """
    points, reasons = 0.0, []
    customer = referral.customer
    if profile is not None:
        more, why = _wishes(referral, profile)
        points += more
        reasons += why
    own = features(referral.solutions, referral.products, customer.industry, customer.size, customer.country)
    names: Mapping[str, str] = {fold(text): text for text in (*referral.solutions, *referral.products)}
    known = [(one, knowledge.past[one]) for one in own if one in knowledge.past and knowledge.past[one].count >= ENOUGH]
    if known:
        points += PAST * 2 * (sum(past.worth for _feature, past in known) / len(known) - 0.5)
        (kind, value), past = max(known, key=lambda pair: (abs(pair[1].worth - 0.5), pair[1].count))
        label = {
            "industry": customer.industry or "",
            "size": _("size {size}").format(size=employees(customer.size) or ""),
            "country": customer.country or "",
        }.get(kind, in_words(names.get(value, value)))
        if past.won + past.lost:
            told = _("{what}: {won} of {all} were won").format(what=label, won=past.won, all=past.won + past.lost)
        else:
            told = _("{what}: {n} of {all} were accepted").format(what=label, n=past.accepted, all=past.count)
        reasons.append(told)
    if not reasons:
        return None
    return Fit(max(0, min(100, round(MIDDLE + points))), tuple(reasons))


def _wishes(referral: Referral, profile: Profile) -> tuple[float, list[str]]:
    points, reasons = 0.0, []
    parts = (referral.need, *referral.products, *referral.solutions)
    words = " ".join("".join(c if c.isalnum() else " " for c in fold(" ".join(parts))).split())
    hits = [keyword for keyword in profile.keywords if f" {fold(keyword)} " in f" {words} "]
    if hits:
        points += min(MOST_KEYWORDS, KEYWORD * len(hits))
        reasons.append(_("keywords: {words}").format(words=", ".join(hits)))
    for wanted, there, said in (
        (profile.solutions, referral.solutions, _("solutions: {words}")),
        (profile.products, referral.products, _("products: {words}")),
        (profile.services, referral.services, _("services: {words}")),
        (profile.industries, (referral.customer.industry or "",), _("industry: {words}")),
    ):
        asked = {fold(text) for text in wanted}
        common = [in_words(text) for text in there if text and fold(text) in asked]
        if common:
            points += WISH
            reasons.append(said.format(words=", ".join(common)))
    low, high = employee_range(referral.customer.size) or (None, None)
    if low is not None and (profile.size_min is not None or profile.size_max is not None):
        fits = (profile.size_min is None or (high or low) >= profile.size_min) and (
            profile.size_max is None or low <= profile.size_max
        )
        points += SIZE if fits else -SIZE
        reasons.append(_("size wanted") if fits else _("size not wanted"))
    return points, reasons
