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
from typing import NamedTuple

from refterm.domain import reasons
from refterm.domain.deadline import Deadlines
from refterm.domain.profile import Profile
from refterm.domain.referral import channel_word
from refterm.i18n import _, ngettext
from refterm.text import fold

# Fewer cases are too few for a finding.
ENOUGH = 5
MOST_NAMED = 4


class Fact(NamedTuple):
    """What the figures need of one referral, as it stands.

    Attributes:
        decided_at: the accept or decline; None where nobody decided, or it expired.
        accepted: whether it was accepted here or elsewhere.
        value: with `currency`, of the deal.
        words: its need, solutions and products, folded, for keywords.
        acknowledged_at: when Partner Center had the accept or decline made here; None where it was not sent.
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
    country: str | None = None
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some referrals; None where nothing counts.

    Attributes:
        undecided: how many are open still, so that the share accepted may grow.
        active: how many are worked on, so that the number won may grow.
        ended: how many were won or lost, which the win rate rests on.
        median_hours_to_acknowledge: from the decision here to Partner Center's having it; so is `p90`.
    """

    received: int
    accepted_share: float | None
    median_hours_to_accept: float | None
    won: int
    answered_within_24h_share: float | None
    median_hours_to_decide: float | None
    p90_hours_to_decide: float | None
    expired_share: float | None
    win_rate: float | None
    undecided: int = 0
    active: int = 0
    ended: int = 0
    median_hours_to_acknowledge: float | None = None
    p90_hours_to_acknowledge: float | None = None
    declined_by_reason: dict[str, int] = field(default_factory=dict)
    won_value: dict[str, Decimal] = field(default_factory=dict)

    @property
    def accepted_of_decided(self) -> float | None:
        """The share accepted of those that are not open any more, by which two periods can be compared."""
        if self.accepted_share is None or self.received == self.undecided:
            return None
        return self.accepted_share * self.received / (self.received - self.undecided)


class Finding(NamedTuple):
    """What stands out, with its figures, what to do about it and why, and the referrals it speaks of (G5).

    Attributes:
        fact: a sentence with the figures.
        advice: a sentence that says what to change, and why.
        referrals: all it counts, no other.
        weight: the more, the more there is to gain.
        label: what its referrals are, in a few words, for a list that holds them.
    """

    fact: str
    advice: str
    referrals: tuple[int, ...]
    weight: float = 0.0
    label: str = ""

    @property
    def text(self) -> str:
        """Fact and advice."""
        return f"{self.fact} {self.advice}"


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
    to_acknowledge = [
        (one.acknowledged_at - one.decided_at) / timedelta(hours=1)
        for one in facts
        if one.acknowledged_at and one.decided_at
    ]
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
        undecided=sum(one.status == "new" for one in facts),
        active=sum(one.status == "active" for one in facts),
        ended=won + lost,
        median_hours_to_acknowledge=median(to_acknowledge) if to_acknowledge else None,
        p90_hours_to_acknowledge=percentile(to_acknowledge, 0.9) if to_acknowledge else None,
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


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


def _late(facts: Sequence[Fact], now: datetime, deadlines: Deadlines) -> list[Finding]:
    """What waits too long now; and what late answers cost (G1)."""
    hours = int(deadlines.respond.total_seconds() // 3600)
    waiting = [one for one in facts if one.status == "new" and now - one.received_at > deadlines.respond]
    found = []
    if waiting:
        fact = ngettext(
            "{n} referral waits longer than {hours} h.", "{n} referrals wait longer than {hours} h.", len(waiting)
        ).format(n=len(waiting), hours=hours)
        advice = ngettext(
            "Answer it first: fast partners rank higher in the search.",
            "Answer these first: fast partners rank higher in the search.",
            len(waiting),
        )
        label = _("waiting over {hours} h").format(hours=hours)
        found.append(Finding(fact, advice, _ids(waiting), 100 + len(waiting), label))
    closed = [one for one in facts if one.outcome in ("won", "lost") and one.decided_at]
    quick = [one for one in closed if one.decided_at and one.decided_at - one.received_at <= deadlines.respond]
    slow = [one for one in closed if one not in quick]
    if len(quick) >= ENOUGH and len(slow) >= ENOUGH:
        good, bad = (sum(one.outcome == "won" for one in group) for group in (quick, slow))
        gain = good / len(quick) - bad / len(slow)
        if gain > 0:
            fact = _("Answered within {hours} h, {good} of {quick} were won; later, {bad} of {slow}.").format(
                hours=hours, good=good, quick=len(quick), bad=bad, slow=len(slow)
            )
            label = _("answered late")
            found.append(Finding(fact, _("Decide sooner: it pays."), _ids(slow), 60 + 40 * gain, label))
    return found


def _expired(facts: Sequence[Fact]) -> list[Finding]:
    expired = [one for one in facts if one.outcome == "expired"]
    if not expired or len(facts) < ENOUGH:
        return []
    fact = _("{n} of {all} expired unanswered ({share}).").format(
        n=len(expired), all=len(facts), share=_percent(len(expired), len(facts))
    )
    advice = _("Decline what you don't want: an expired referral counts against you.")
    return [Finding(fact, advice, _ids(expired), 90 * len(expired) / len(facts) + 5, _("expired unanswered"))]


def _unreported(facts: Sequence[Fact], now: datetime, zone: tzinfo | None) -> list[Finding]:
    """Engagements without value, date or outcome (G3)."""
    active = [one for one in facts if one.status == "active"]
    today = now.astimezone(zone).date().isoformat()
    past = [one for one in active if one.purchase_date and one.purchase_date < today]
    lacking = [one for one in active if one.value is None or not one.purchase_date]
    unvalued = [one for one in facts if one.outcome == "won" and (one.value is None or not one.closed_on)]
    found = []
    if past:
        fact = ngettext(
            "{n} deal is past its purchase date.", "{n} deals are past their purchase date.", len(past)
        ).format(n=len(past))
        advice = ngettext(
            "Report won or lost, or move the date, so that it counts.",
            "Report won or lost, or move the date, so that they count.",
            len(past),
        )
        found.append(Finding(fact, advice, _ids(past), 30 + len(past), _("past their purchase date")))
    if lacking:
        fact = ngettext(
            "{n} deal has no value or no date.", "{n} deals have no value or no date.", len(lacking)
        ).format(n=len(lacking))
        advice = _("Add what is missing, so that the forecast holds.")
        found.append(Finding(fact, advice, _ids(lacking), 30 + len(lacking), _("without value or date")))
    if unvalued:
        fact = ngettext(
            "{n} won deal has no value or no closing date.",
            "{n} won deals have no value or no closing date.",
            len(unvalued),
        ).format(n=len(unvalued))
        advice = _("Report both with each win: the value won is what is ranked.")
        found.append(Finding(fact, advice, _ids(unvalued), 30 + len(unvalued), _("won without value or date")))
    return found


def _by_channel(facts: Sequence[Fact], now: datetime, deadlines: Deadlines) -> list[Finding]:
    groups = {
        channel: of
        for channel, some in grouped(facts, lambda one: one.channel).items()
        if (of := figures(some, now, deadlines)).ended >= ENOUGH
    }
    if len(groups) < 2:
        return []
    rates = {channel: of.win_rate or 0.0 for channel, of in groups.items()}
    best, worst = (pick(rates, key=lambda name: rates[name]) for pick in (max, min))
    if rates[best] <= rates[worst]:
        return []
    good, bad = groups[best], groups[worst]
    names = {name: channel_word(name) if name else "?" for name in (best, worst)}
    fact = _("By {best}, {won} of {ended} were won; by {worst}, {fewer} of {others}.").format(
        best=names[best], won=good.won, ended=good.ended, worst=names[worst], fewer=bad.won, others=bad.ended
    )
    advice = _("Answer those by {best} first.").format(best=names[best])
    new = _ids(one for one in facts if one.channel == best and one.status == "new")
    label = _("new, by {channel}").format(channel=names[best])
    return [Finding(fact, advice, new, 20 + 20 * (rates[best] - rates[worst]), label)]


def _reasons(facts: Sequence[Fact]) -> list[Finding]:
    declined = [one for one in facts if one.outcome == "declined" and one.reason]
    if len(declined) < ENOUGH:
        return []
    ((reason, count),) = Counter(one.reason for one in declined).most_common(1)
    if count * 2 < len(declined):
        return []
    name = reasons.word(reason or "other")
    fact = _("{n} of {all} declined: {reason}.").format(n=count, all=len(declined), reason=name)
    advice = _("Say in the profile what you take, and such referrals stay away.")
    ids = _ids(one for one in declined if one.reason == reason)
    return [Finding(fact, advice, ids, 25 * count / len(declined), _("declined: {reason}").format(reason=name))]


def _profiles(facts: Sequence[Fact], profiles: Sequence[Profile]) -> list[Finding]:
    """Keywords and sizes that only bring what is declined; nobody to write to; no profile (G4, P2)."""
    found = []
    unrouted = [one for one in facts if one.profile is None and one.status == "new"]
    if unrouted:
        fact = ngettext(
            "{n} new referral has no active profile.", "{n} new referrals have no active profile.", len(unrouted)
        ).format(n=len(unrouted))
        countries = [code for code, _n in Counter(one.country for one in unrouted if one.country).most_common()]
        named = ", ".join(countries[:MOST_NAMED])
        if len(countries) > MOST_NAMED:
            named = _("{countries} and others").format(countries=named)
        advice = _("Add one for {countries}, so that somebody is notified.").format(countries=named)
        if not countries:
            advice = _("Add one, so that somebody is notified.")
        found.append(Finding(fact, advice, _ids(unrouted), 50 + len(unrouted), _("no active profile")))
    for profile in profiles:
        own = [one for one in facts if one.profile == profile.name]
        decided = [one for one in own if one.accepted or one.outcome == "declined"]
        if profile.active and not any(person.email for place in profile.locations for person in place.contacts):
            fact = _("No contact of {profile} has an e-mail address.").format(profile=profile.name)
            advice = _("Add one, so that new referrals are heard of at once.")
            new = _ids(one for one in own if one.status == "new")
            found.append(Finding(fact, advice, new, 45, _("new, profile {name}").format(name=profile.name)))
        for keyword in profile.keywords:
            hit = [one for one in decided if f" {fold(keyword)} " in f" {one.words} "]
            if len(hit) >= ENOUGH and not any(one.accepted for one in hit):
                fact = _("The keyword {keyword} of {profile} brought {n} referrals, all declined.").format(
                    keyword=keyword, profile=profile.name, n=len(hit)
                )
                advice = _("Take it out, and better ones come.")
                found.append(Finding(fact, advice, _ids(hit), 35 + len(hit), _("keyword {word}").format(word=keyword)))
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
                fact = _("{n} customers of {size} employees came by {profile}, all declined.").format(
                    n=len(hit), size=size, profile=profile.name
                )
                advice = _("Ask for other sizes in the profile.")
                found.append(Finding(fact, advice, _ids(hit), 30 + len(hit), _("{size} employees").format(size=size)))
    return found


def _hours(fact: Fact) -> float:
    assert fact.decided_at
    return (fact.decided_at - fact.received_at) / timedelta(hours=1)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _ids(facts: Iterable[Fact]) -> tuple[int, ...]:
    return tuple(one.id for one in facts)
