"""The figures of a period and what follows from them (G0-G5), the same for the command and the screen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from refterm.domain import insights
from refterm.domain.insights import Fact, Figures, Finding
from refterm.domain.money import plain
from refterm.domain.profile import Profile
from refterm.domain.referral import employee_range
from refterm.services.workplace import Workplace
from refterm.store import codec, profiles, queries, remote, today
from refterm.store.connection import Connection
from refterm.store.opening import open_database
from refterm.text import clean_line, fold

BATCH = 5000


_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Insights:
    """The figures and findings of a period.

    Attributes:
        since: its beginning, by time of receipt; None from the first on.
        until: its end, exclusive; None until now.
        before: the figures of the period before, as long; None where the period has no beginning.
        weeks: figures by the Monday of the week of receipt.
        months: won value by month of closing and currency.
        pipeline: value in Active now by currency, and there by month of the purchase date; None without a date. Nothing is
            converted, and the period does not count here.
    """

    since: datetime | None
    until: datetime | None
    figures: Figures
    before: Figures | None
    by_profile: dict[str | None, Figures]
    by_channel: dict[str | None, Figures]
    weeks: dict[str | None, Figures]
    months: dict[str, dict[str, Decimal]]
    findings: list[Finding]
    pipeline: dict[str, dict[str | None, Decimal]] = field(default_factory=dict)


def gather(
    workplace: Workplace, *, since: datetime | None = None, until: datetime | None = None, profile: str | None = None
) -> Insights:
    """The figures of a period, which selects by time of receipt.

    Args:
        workplace: the desk.
        since: from then on, inclusive.
        until: until then, exclusive.
        profile: of this profile only.
    """
    now = workplace.now()
    if profile is not None:
        profile = clean_line(profile)  # as names are kept; the driver refuses lone surrogates
    with workplace.database.reading() as connection:
        kept = [one for one in profiles.read_all(connection) if profile is None or one.name == profile]
        facts = list(_facts(connection, now, since, until, profile, kept))
        earlier = None
        if since is not None:
            # No period lies before the calendar, and none that ends before it begins has one before it.
            length = max(min((until or now) - since, since - _FIRST), timedelta())
            earlier = list(_facts(connection, now, since - length, since, profile, []))
        active = _pipeline(connection, profile)
    deadlines = workplace.deadlines

    def of(some: list[Fact]) -> Figures:
        return insights.figures(some, now, deadlines)

    months: dict[str, dict[str, Decimal]] = {}
    for one in facts:
        if one.outcome == "won" and one.value is not None and one.currency and one.closed_at:
            month = months.setdefault((one.closed_on or one.closed_at.date().isoformat())[:7], {})
            month[one.currency] = month.get(one.currency, Decimal(0)) + one.value
    return Insights(
        since,
        until,
        of(facts),
        None if earlier is None else of(earlier),
        {name: of(some) for name, some in insights.grouped(facts, lambda one: one.profile).items()},
        {name: of(some) for name, some in insights.grouped(facts, lambda one: one.channel).items()},
        {name: of(some) for name, some in insights.grouped(facts, insights.week).items()},
        dict(sorted(months.items())),
        insights.findings(facts, kept, now, deadlines, workplace.zone),
        active,
    )


def gather_apart(workplace: Workplace, *, since: datetime | None = None) -> Insights:
    """Compute the insights on a connection of its own, for use in a thread: the desk's connection serves the keys meanwhile."""
    with closing(open_database(workplace.database.location, read_only=True)) as database:
        return gather(replace(workplace, database=database), since=since)


def insights_object(found: Insights) -> dict[str, Any]:
    """The insights as JSON (contract, `insights --json`)."""
    return {
        "since": None if found.since is None else codec.iso(found.since),
        "until": None if found.until is None else codec.iso(found.until),
        **_figures_object(found.figures),
        "by_profile": [{"profile": name, **_figures_object(one)} for name, one in found.by_profile.items()],
        "by_channel": [{"channel": name, **_figures_object(one)} for name, one in found.by_channel.items()],
        "findings": [{"text": one.text, "referrals": list(one.referrals)} for one in found.findings],
        "pipeline": [
            {
                "currency": currency,
                "value": plain(sum(months.values(), Decimal(0))),
                "by_month": [{"month": month, "value": plain(value)} for month, value in months.items()],
            }
            for currency, months in found.pipeline.items()
        ],
    }


def _figures_object(one: Figures) -> dict[str, Any]:
    return {
        "received": one.received,
        "accepted_share": one.accepted_share,
        "median_hours_to_accept": one.median_hours_to_accept,
        "won": one.won,
        "answered_within_24h_share": one.answered_within_24h_share,
        "median_hours_to_decide": one.median_hours_to_decide,
        "p90_hours_to_decide": one.p90_hours_to_decide,
        "median_hours_to_acknowledge": one.median_hours_to_acknowledge,
        "p90_hours_to_acknowledge": one.p90_hours_to_acknowledge,
        "expired_share": one.expired_share,
        "win_rate": one.win_rate,
        "declined_by_reason": one.declined_by_reason,
        "won_value": {currency: plain(value) for currency, value in one.won_value.items()},
    }


def _pipeline(connection: Connection, profile: str | None) -> dict[str, dict[str | None, Decimal]]:
    """What Active holds by currency and month: the months in their order, those without a date last."""
    found: dict[str, dict[str | None, Decimal]] = {}
    for row in today.pipeline(connection, profile):
        value = codec.amount_or_none(row["deal_value"])
        if value is not None:
            months = found.setdefault(row["deal_currency"], {})
            month = row["purchase_date"][:7] if row["purchase_date"] else None
            months[month] = months.get(month, Decimal(0)) + value
    return {currency: dict(sorted(found[currency].items(), key=_month_order)) for currency in sorted(found)}


def _month_order(one: tuple[str | None, Decimal]) -> str:
    return one[0] or "~"


def _facts(
    connection: Connection,
    now: datetime,
    since: datetime | None,
    until: datetime | None,
    profile: str | None,
    kept: list[Profile],
) -> Iterator[Fact]:
    # Words are folded only where a keyword asks for them: that is most of the work.
    wanted = any(one.keywords for one in kept)
    present, last = codec.micros(now), 0
    while rows := queries.received(connection, since, until, profile, after=last, limit=BATCH):
        acknowledged = remote.acknowledged(connection, after=last, until=rows[-1]["id"])
        last = rows[-1]["id"]
        for row in rows:
            gone = row["status"] == "new" and row["expires_at"] <= present  # nobody archived it yet (I4)
            status, outcome = ("archived", "expired") if gone else (row["status"], row["outcome"])
            words = ""
            if wanted:
                parts = [row["need"], *json.loads(row["products"]), *json.loads(row["solutions"])]
                words = " ".join("".join(c if c.isalnum() else " " for c in fold(" ".join(parts))).split())
            yield Fact(
                row["id"],
                codec.instant(row["received_at"]),
                status,
                outcome,
                codec.instant_or_none(row["decided_at"]),
                status == "active" or outcome in ("won", "lost"),
                row["channel"],
                row["profile"],
                row["reason"],
                codec.amount_or_none(row["deal_value"]),
                row["deal_currency"],
                row["purchase_date"],
                codec.instant_or_none(row["closed_at"]) if not gone else codec.instant_or_none(row["expires_at"]),
                row["closed_on"],
                employee_range(row["size"]),
                words,
                row["country"],
                codec.instant_or_none(acknowledged.get(row["id"])),
            )
