"""Which referrals a view holds, as conditions of SQL; each as it stands at the instant `:now` (see deadline.as_of)."""

from __future__ import annotations

from typing import Any

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
INBOX = f"status = 'new' and id not in ({PAST_DUE})"


def where_clause(view: View, bound: dict[str, Any], *, show_due: bool) -> str:
    """The condition that the rows of a view satisfy.

    Args:
        view: tab and filter.
        bound: takes up the values that the condition names, beside `now`, `late` and `today`.
        show_due: what is past due stands among the archived (a read-only desk, which cannot archive it).
    """
    chosen, parts = view.filter, []
    if view.tab is Tab.INBOX:
        parts.append(INBOX)
        if not chosen.ids:  # a finding counts those put aside as well, and opens what it counts
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
        parts.append(
            f"(({WAITING} and received_at <= :late and received_estimated = 0)"
            " or (status = 'active' and purchase_date < :today))"
        )
    if chosen.mine is not None:
        parts.append("(taken_by = :mine or (decided_by = :mine and (status = 'active' or outcome in ('won', 'lost'))))")
        bound["mine"] = chosen.mine
    if chosen.ids:
        parts.append(f"id in ({', '.join(str(int(number)) for number in chosen.ids)})")
    return " and ".join(parts) or "true"
