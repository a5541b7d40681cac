"""Words for summary lines: which referral, which tab, how to undo."""

from __future__ import annotations

from collections.abc import Sequence

from refterm.domain.money import show_money
from refterm.domain.referral import Outcome, Referral
from refterm.i18n import _
from refterm.words import outcome_word, tab_word


def label(referral: Referral) -> str:
    """Which referral: `#42 Hansen KG`."""
    return f"#{referral.id} {referral.customer.company}".rstrip()


def place(referral: Referral) -> str:
    """The tab in which it stands, and that it expired: an undone decision may have been on one past its expiry."""
    tab = tab_word(referral.status)
    return f"{tab} ({outcome_word(referral.outcome)})" if referral.outcome is Outcome.EXPIRED else tab


def money(referral: Referral) -> str:
    """Value and currency as they were understood."""
    return show_money(referral.deal.value, referral.deal.currency)


def undo_hint(ids: Sequence[int], undo_seconds: int) -> str:
    """How to undo a decision, and how long that is open (U1); empty where nothing can be undone."""
    if undo_seconds <= 0:
        return ""
    numbers = " ".join(str(number) for number in ids)
    return " " + _("Undo within {n} s: refterm undo {ids}").format(n=undo_seconds, ids=numbers)
