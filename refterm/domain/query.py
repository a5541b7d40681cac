"""What a person looks at, as plain values: tab, order, filter, search."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from refterm.domain.referral import Outcome, Status
from refterm.domain.tabs import Tab as Tab

STATUS_OF_TAB = {Tab.INBOX: Status.NEW, Tab.ACTIVE: Status.ACTIVE, Tab.ARCHIVED: Status.ARCHIVED}


class Order(StrEnum):
    """The orders of a list (contract, section The screen); `--sort` takes the same words."""

    DUE = "due"
    EXPIRES = "expires"
    RECEIVED = "received"
    VALUE = "value"
    FIT = "fit"
    CUSTOMER = "customer"
    PURCHASE_DATE = "purchase_date"
    CLOSED_AT = "closed_at"


# The first of each is what the tab opens with; `o` goes through them.
ORDERS: dict[Tab, tuple[Order, ...]] = {
    Tab.INBOX: (Order.DUE, Order.EXPIRES, Order.RECEIVED, Order.VALUE, Order.FIT, Order.CUSTOMER),
    Tab.ACTIVE: (Order.PURCHASE_DATE, Order.RECEIVED, Order.VALUE, Order.CUSTOMER),
    Tab.ARCHIVED: (Order.CLOSED_AT, Order.RECEIVED, Order.VALUE, Order.CUSTOMER),
    Tab.ALL: (Order.RECEIVED,),
}


class Filter(NamedTuple):
    """What a list is narrowed to (`F`, and the options of `list`). Each one left alone lets everything through.

    Attributes:
        outcome: only archived ones that ended so.
        since: received at or after.
        until: received before; exclusive.
        profile: routed to this profile.
        favorite: marked as favourite (I10).
        skipped: only those put aside (I8), which are otherwise left out of the Inbox.
        flame: the customer asked to be contacted directly (F1) and the referral is not archived.
        overdue: late to answer (Inbox), purchase date passed (Active).
        mine: held by this person, who took it or was assigned it (T3, T5), else who accepted it.
        unrouted: of no business profile (P5).
        unassigned: held by nobody.
        uncalled: the customer waits to be contacted (F1-F4); not archived.
        expiring: waits for an answer and expires within so many hours (I4).
        min_fit: fits at least so well, 0 to 100 (I7).
        country: the customer's, as a code of two letters.
        channel: where it came from: search, marketing, sales, partner.
        follow_up: has a next step (A5).
        no_follow_up: is active and has none.
        ids: these referrals only, such as those a finding speaks of (G5), also those put aside.
        label: what these are, for people.
    """

    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    profile: str | None = None
    favorite: bool = False
    skipped: bool = False
    flame: bool = False
    overdue: bool = False
    mine: str | None = None
    unrouted: bool = False
    unassigned: bool = False
    uncalled: bool = False
    expiring: int | None = None
    min_fit: int | None = None
    country: str | None = None
    channel: str | None = None
    follow_up: bool = False
    no_follow_up: bool = False
    ids: tuple[int, ...] = ()
    label: str = ""

    @property
    def tab(self) -> Tab | None:
        """The only tab that can hold what it lets through; None where more than one can."""
        if self.outcome:
            return Tab.ARCHIVED
        if self.follow_up or self.no_follow_up:
            return Tab.ACTIVE
        return Tab.INBOX if self.skipped or self.expiring is not None else None


class View(NamedTuple):
    """One list: what is in it and in which order."""

    tab: Tab = Tab.INBOX
    order: Order | None = None
    filter: Filter = Filter()
    search: str = ""

    @property
    def effective_order(self) -> Order:
        """The order, or the one the tab opens with."""
        return self.order or ORDERS[self.tab][0]
