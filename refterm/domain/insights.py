"""What the desk's past says: figures of a period, and findings that say what to change (G0-G5).

Pure: from facts, one for each referral, to figures. Shares are exact fractions of counts; times are hours, not rounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from statistics import median

from refterm.domain import reasons
from refterm.domain.deadline import Deadlines
from refterm.domain.profile import Profile
from refterm.i18n import _, ngettext
from refterm.text import fold

# Fewer cases are too few for a finding.
ENOUGH = 5
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Fact:
    """What the figures need of one referral, as it stands.

    Attributes:
        decided_at: the accept or decline; None where nobody decided, or it expired.
        accepted: whether it was accepted here or elsewhere.
        value: with `currency`, of the deal.
        words: its need, solutions and products, folded, for keywords.
    """

    id: int
    received_at: datetime
    status: str
    outcome: str | None
    decided_at: datetime | None
    accepted: bool
    channel: str
    profile: str | None = None
    reason: str | None = None
    value: Decimal | None = None
    currency: str | None = None
    purchase_date: str | None = None
    closed_at: datetime | None = None
    closed_on: str | None = None
    size: tuple[int, int | None] | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some referrals; None where nothing counts."""

    received: int
    accepted_share: float | None
    median_hours_to_accept: float | None
    won: int
    answered_within_24h_share: float | None
    median_hours_to_decide: float | None
    p90_hours_to_decide: float | None
    expired_share: float | None
    win_rate: float | None
    declined_by_reason: dict[str, int] = field(default_factory=dict)
    won_value: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence that says what to change and why, with its figures; and the referrals it speaks of (G5)."""

    text: str
    referrals: tuple[int, ...]
    weight: float = 0.0


def figures(facts: Sequence[Fact], now: datetime, deadlines: Deadlines) -> Figures:
    """The figures of some referrals (G0-G2).

    Args:
        facts: the referrals.
        now: what is younger than the recommended response time does not count for the share answered in it.
        deadlines: the recommended response time.
    """
    accepted = [one for one in facts if one.accepted]
    to_accept = [_hours(one) for one in accepted if one.decided_at]
    to_decide = [_hours(one) for one in facts if one.decided_at]
    mature = [one for one in facts if now - one.received_at >= deadlines.respond]
    within = [one for one in mature if one.decided_at and one.decided_at - one.received_at <= deadlines.respond]
    won, lost = (sum(one.outcome == outcome for one in facts) for outcome in ("won", "lost"))
    values: dict[str, Decimal] = {}
    for one in facts:
        if one.outcome == "won" and one.value is not None and one.currency:
            values[one.currency] = values.get(one.currency, Decimal(0)) + one.value
    counted = Counter(one.reason for one in facts if one.outcome == "declined" and one.reason)
    return Figures(
        received=len(facts),
        accepted_share=_share(len(accepted), len(facts)),
        median_hours_to_accept=median(to_accept) if to_accept else None,
        won=won,
        answered_within_24h_share=_share(len(within), len(mature)),
        median_hours_to_decide=median(to_decide) if to_decide else None,
        p90_hours_to_decide=percentile(to_decide, 0.9) if to_decide else None,
        expired_share=_share(sum(one.outcome == "expired" for one in facts), len(facts)),
        win_rate=_share(won, won + lost),
        declined_by_reason=dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))),
        won_value=dict(sorted(values.items())),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile by linear interpolation between the two nearest."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def grouped(facts: Iterable[Fact], key: Callable[[Fact], str | None]) -> dict[str | None, list[Fact]]:
    """Facts by profile, channel, week ...; by name, those without one last."""
    found: dict[str | None, list[Fact]] = {}
    for one in facts:
        found.setdefault(key(one), []).append(one)
    return dict(sorted(found.items(), key=lambda pair: (pair[0] is None, pair[0] or "")))


def week(fact: Fact) -> str:
    """The Monday of the week in which it was received."""
    day = fact.received_at.date()
    return (day - timedelta(days=day.weekday())).isoformat()


def findings(
    facts: Sequence[Fact], profiles: Sequence[Profile], now: datetime, deadlines: Deadlines, zone: tzinfo | None
) -> list[Finding]:
    """What to change, the most rewarding first (G3-G5)."""
    found = [
        *_late(facts, now, deadlines),
        *_expired(facts),
        *_unreported(facts, now, zone),
        *_by_channel(facts, now, deadlines),
        *_reasons(facts),
        *_profiles(facts, profiles),
    ]
    return sorted(found, key=lambda one: -one.weight)


def _late(facts: Sequence[Fact], now: datetime, deadlines: Deadlines) -> list[Finding]:
    """What waits too long now; and what late answers cost (G1)."""
    hours = int(deadlines.respond.total_seconds() // 3600)
    waiting = [one for one in facts if one.status == "new" and now - one.received_at > deadlines.respond]
    found = []
    if waiting:
        text = ngettext(
            "{n} referral waits for more than {hours} h: answer it first, for partners who answer within a day rank higher.",
            "{n} referrals wait for more than {hours} h: answer them first, for partners who answer within a day rank higher.",
            len(waiting),
        ).format(n=len(waiting), hours=hours)
        found.append(Finding(text, _ids(waiting), 100 + len(waiting)))
    closed = [one for one in facts if one.outcome in ("won", "lost") and one.decided_at]
    quick = [one for one in closed if one.decided_at and one.decided_at - one.received_at <= deadlines.respond]
    slow = [one for one in closed if one not in quick]
    if len(quick) >= ENOUGH and len(slow) >= ENOUGH:
        good, bad = (sum(one.outcome == "won" for one in group) / len(group) for group in (quick, slow))
        if good > bad:
            text = _(
                "Of what was accepted within {hours} h {good:.0%} was won, of the rest {bad:.0%}: decide sooner, it pays."
            ).format(hours=hours, good=good, bad=bad)
            found.append(Finding(text, _ids(slow), 60 + 40 * (good - bad)))
    return found


def _expired(facts: Sequence[Fact]) -> list[Finding]:
    expired = [one for one in facts if one.outcome == "expired"]
    if not expired:
        return []
    text = ngettext(
        "{n} of {all} referrals expired without an answer ({share:.0%}): decline what you do not want, for silence counts against you.",
        "{n} of {all} referrals expired without an answer ({share:.0%}): decline what you do not want, for silence counts against you.",
        len(expired),
    ).format(n=len(expired), all=len(facts), share=len(expired) / len(facts))
    return [Finding(text, _ids(expired), 90 * len(expired) / len(facts) + 5)]


def _unreported(facts: Sequence[Fact], now: datetime, zone: tzinfo | None) -> list[Finding]:
    """Engagements without value, date or outcome (G3)."""
    active = [one for one in facts if one.status == "active"]
    today = now.astimezone(zone).date().isoformat()
    past = [one for one in active if one.purchase_date and one.purchase_date < today]
    lacking = [one for one in active if one.value is None or not one.purchase_date]
    unvalued = [one for one in facts if one.outcome == "won" and (one.value is None or not one.closed_on)]
    found = []
    if past:
        text = ngettext(
            "{n} engagement is past its purchase date without an outcome: report won or lost, so that it counts.",
            "{n} engagements are past their purchase date without an outcome: report won or lost, so that they count.",
            len(past),
        )
        found.append(Finding(text.format(n=len(past)), _ids(past), 30 + len(past)))
    if lacking:
        text = ngettext(
            "{n} engagement has no value or no date: add them, so that the forecast holds.",
            "{n} engagements have no value or no date: add them, so that the forecast holds.",
            len(lacking),
        )
        found.append(Finding(text.format(n=len(lacking)), _ids(lacking), 30 + len(lacking)))
    if unvalued:
        text = ngettext(
            "{n} won deal has no value or no closing date: report them, for won value is what is ranked.",
            "{n} won deals have no value or no closing date: report them, for won value is what is ranked.",
            len(unvalued),
        )
        found.append(Finding(text.format(n=len(unvalued)), _ids(unvalued), 30 + len(unvalued)))
    return found


def _by_channel(facts: Sequence[Fact], now: datetime, deadlines: Deadlines) -> list[Finding]:
    rates = {
        channel: (rate, some)
        for channel, some in grouped(facts, lambda one: one.channel).items()
        if sum(one.outcome in ("won", "lost") for one in some) >= ENOUGH
        and (rate := figures(some, now, deadlines).win_rate) is not None
    }
    if len(rates) < 2:
        return []
    best, worst = (pick(rates, key=lambda name: rates[name][0]) for pick in (max, min))
    if rates[best][0] <= rates[worst][0]:
        return []
    text = _(
        "Referrals by {best} are won in {good:.0%} of cases, by {worst} in {bad:.0%}: answer {best} first."
    ).format(best=best, good=rates[best][0], worst=worst, bad=rates[worst][0])
    return [
        Finding(
            text,
            _ids(one for one in rates[best][1] if one.status == "new"),
            20 + 20 * (rates[best][0] - rates[worst][0]),
        )
    ]


def _reasons(facts: Sequence[Fact]) -> list[Finding]:
    declined = [one for one in facts if one.outcome == "declined" and one.reason]
    if len(declined) < ENOUGH:
        return []
    ((reason, count),) = Counter(one.reason for one in declined).most_common(1)
    if count * 2 < len(declined):
        return []
    text = _(
        "{n} of {all} were declined for {reason}: say in the profile what you take, and such referrals stay away."
    ).format(n=count, all=len(declined), reason=reasons.label(reason or "other").lower())
    return [Finding(text, _ids(one for one in declined if one.reason == reason), 25 * count / len(declined))]


def _profiles(facts: Sequence[Fact], profiles: Sequence[Profile]) -> list[Finding]:
    """Keywords and sizes that only bring what is declined; nobody to write to; no profile (G4, P2)."""
    found = []
    unrouted = [one for one in facts if one.profile is None and one.status == "new"]
    if unrouted:
        text = ngettext(
            "{n} new referral has no active profile: add one for its country, so that somebody is told of it.",
            "{n} new referrals have no active profile: add one for their countries, so that somebody is told of them.",
            len(unrouted),
        )
        found.append(Finding(text.format(n=len(unrouted)), _ids(unrouted), 50 + len(unrouted)))
    for profile in profiles:
        own = [one for one in facts if one.profile == profile.name]
        decided = [one for one in own if one.accepted or one.outcome == "declined"]
        if profile.active and not any(person.email for place in profile.locations for person in place.contacts):
            text = _("Nobody of {profile} has an e-mail address: add one, so that new referrals are heard of at once.")
            found.append(
                Finding(text.format(profile=profile.name), _ids(one for one in own if one.status == "new"), 45)
            )
        for keyword in profile.keywords:
            hit = [one for one in decided if f" {fold(keyword)} " in f" {one.words} "]
            if len(hit) >= ENOUGH and not any(one.accepted for one in hit):
                text = _("The keyword {keyword} of {profile} brought {n} referrals, all declined: take it out.").format(
                    keyword=keyword, profile=profile.name, n=len(hit)
                )
                found.append(Finding(text, _ids(hit), 35 + len(hit)))
        by_size: dict[tuple[int, int | None], list[Fact]] = {}
        for one in decided:
            if one.size:
                by_size.setdefault(one.size, []).append(one)
        for (low, high), hit in sorted(by_size.items(), key=lambda pair: pair[0][0]):
            wanted = (profile.size_min is None or (high or low) >= profile.size_min) and (
                profile.size_max is None or low <= profile.size_max
            )
            if wanted and len(hit) >= ENOUGH and not any(one.accepted for one in hit):
                size = f"{low}-{high}" if high else f"{low}+"
                text = _(
                    "{n} customers of {size} employees came by {profile}, all declined: ask for other sizes."
                ).format(n=len(hit), size=size, profile=profile.name)
                found.append(Finding(text, _ids(hit), 30 + len(hit)))
    return found


def _hours(fact: Fact) -> float:
    assert fact.decided_at
    return (fact.decided_at - fact.received_at) / timedelta(hours=1)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _ids(facts: Iterable[Fact]) -> tuple[int, ...]:
    return tuple(one.id for one in facts)
