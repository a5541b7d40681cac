"""Which referrals a view holds, as conditions of SQL; each as it stands at the instant `:now` (see deadline.as_of)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from refterm.domain.deadline import Deadlines
from refterm.domain.query import Tab, View
from refterm.domain.referral import Outcome
from refterm.store import codec
from refterm.text import clean_line

WAITING = "(status = 'new' and expires_at > :now)"
FLAME = "status = 'new' and flame = 1 and contacted_at is null"
OPEN_FLAME = f"{FLAME} and received_at > :cooled"
HOT = f"select id from referral indexed by referral_open_flame where {OPEN_FLAME}"
DUE = "(status = 'new' and expires_at <= :now)"
PAST_DUE = f"select id from referral where {DUE}"
SKIPPED = "select id from referral where skipped_until > :now"
HOUR = 3_600_000_000  # microseconds
INBOX = f"status = 'new' and id not in ({PAST_DUE})"
# Who holds it: who took it or was assigned it (T3, T5), else who accepted it. As in the index referral_holder.
HOLDER = (
    "(case when taken_by is not null then taken_by"
    " when status = 'active' or outcome = 'won' or outcome = 'lost' then decided_by else null end)"
)
MINE = f"{HOLDER} = :mine"
NOBODYS = f"{HOLDER} is null"
LATE = f"({WAITING} and received_at <= :late and received_estimated = 0)"
PASSED = "(status = 'active' and coalesce(purchase_date, '9999-12-31') < :today)"  # as in the index referral_purchase
UNCALLED = f"(flame = 1 and contacted_at is null and status <> 'archived' and not {DUE})"


def moments(now: datetime, today: date, deadlines: Deadlines) -> dict[str, Any]:
    """The values that conditions name whatever the view."""
    return {
        "now": codec.micros(now),
        "cooled": codec.micros(now - deadlines.flame),
        "late": codec.micros(now - deadlines.respond),
        "today": today.isoformat(),
    }


def where_clause(view: View, bound: dict[str, Any], *, show_due: bool, with_skipped: bool = False) -> str:
    """The condition that the rows of a view satisfy.

    Args:
        view: tab and filter.
        bound: takes up the values that the condition names, beside `now`, `late` and `today`.
        show_due: what is past due stands among the archived (a read-only desk, which cannot archive it).
        with_skipped: the Inbox has what is put aside, too.
    """
    chosen, parts = view.filter, []
    if view.tab is Tab.INBOX:
        parts.append(INBOX)
        # A finding counts those put aside as well, and opens what it counts.
        if chosen.skipped or not (with_skipped or chosen.ids):
            parts.append(f"id {'in' if chosen.skipped else 'not in'} ({SKIPPED})")
    elif view.tab is Tab.ACTIVE:
        parts.append("status = 'active'")
    elif view.tab is Tab.ARCHIVED:
        parts.append(f"(status = 'archived' or {DUE})" if show_due else "status = 'archived'")
    if chosen.skipped and view.tab is not Tab.INBOX:
        parts.append(f"id in ({SKIPPED})")
    if chosen.outcome:
        shows_due = chosen.outcome is Outcome.EXPIRED and (show_due or view.tab is Tab.ALL)
        due = f" or {DUE}" if shows_due else ""
        parts.append(f"(status = 'archived' and outcome = :outcome{due})")
        bound["outcome"] = chosen.outcome.value
    if chosen.since:
        parts.append("received_at >= :since")
        bound["since"] = codec.micros(chosen.since)
    if chosen.until:
        parts.append("received_at < :until")
        bound["until"] = codec.micros(chosen.until)
    if chosen.profile is not None:
        parts.append("profile = :profile")
        bound["profile"] = clean_line(chosen.profile)  # as names are kept; the driver refuses lone surrogates
    if chosen.favorite:
        parts.append("favorite = 1")
    if chosen.flame:
        parts.append(f"flame = 1 and status <> 'archived' and not {DUE}")
    if chosen.overdue:
        parts.append({Tab.INBOX: LATE, Tab.ACTIVE: PASSED}.get(view.tab, f"({LATE} or {PASSED})"))
    if chosen.mine is not None:
        parts.append(MINE)
        bound["mine"] = clean_line(chosen.mine)
    if chosen.unrouted:
        parts.append("profile is null")
    if chosen.unassigned:
        parts.append(NOBODYS)
    if chosen.uncalled:
        parts.append(UNCALLED)
    if chosen.expiring is not None:
        parts.append(f"({WAITING} and expires_at <= :soon)")
        bound["soon"] = bound["now"] + chosen.expiring * HOUR
    if chosen.min_fit is not None:
        parts.append("coalesce(fit, -1) >= :min_fit")
        bound["min_fit"] = chosen.min_fit
    if chosen.country is not None:
        parts.append("upper(country) = :country")
        bound["country"] = clean_line(chosen.country).upper()
    if chosen.channel is not None:
        parts.append("channel = :channel")
        bound["channel"] = chosen.channel
    if chosen.follow_up:
        parts.append("follow_up_at is not null")
    if chosen.no_follow_up:
        parts.append("(status = 'active' and follow_up_at is null)")
    if chosen.ids:
        parts.append(f"id in ({', '.join(str(int(number)) for number in chosen.ids)})")
    return " and ".join(parts) or "true"
