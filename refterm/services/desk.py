"""What the desk shows: rows, counts, alert, one referral, what changed. Reads only, each quick enough for a key press."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from refterm.domain.deadline import as_of, purchase_passes_at
from refterm.domain.history import Action, Entry
from refterm.domain.holding import Hold
from refterm.domain.query import STATUS_OF_TAB, Filter, Tab, View
from refterm.domain.referral import Referral, Status
from refterm.domain.row import Row
from refterm.services.background.holding import hold
from refterm.services.workplace import Workplace
from refterm.store import history, queries, remote
from refterm.store.connection import Connection
from refterm.store.counting import counts, first_received, past_due_count, view_count
from refterm.store.listing import MOST_HITS, KeptHits, Listing, listing
from refterm.store.opening import open_database

__all__ = ["Alert", "Changes", "Desk", "Listing"]

# Stored in the history for undo, not shown.
HIDDEN_FIELDS = frozenset({"changed_here"})
# Of more changes than this only the number is given.
MOST_ENTRIES = 200
# How long a count is kept while nobody writes and nothing expires.
KEPT = timedelta(minutes=1)


def shown_entry(entry: Entry) -> Entry:
    """An entry of the history without what is only stored for undo."""
    return entry._replace(changes={field: both for field, both in entry.changes.items() if field not in HIDDEN_FIELDS})


class Alert(NamedTuple):
    """The flame alert above the Inbox (F1-F3): the one to contact first, and how many there are."""

    row: Row
    hot: bool
    total: int


class Changes(NamedTuple):
    """What was written since a history entry.

    Attributes:
        token: the newest entry, to ask from next time.
        entries: what was done, oldest first; at most MOST_ENTRIES.
        more: whether there was more.
        arrived: how many of all of them came in and are new still; counted only where there was more.
        expired: how many of all of them ran out; counted only where there was more.
    """

    token: int
    entries: tuple[Entry, ...]
    more: bool
    arrived: int = 0
    expired: int = 0


class Snapshot(NamedTuple):
    """What the list shows and the bars around it, read at one instant.

    Attributes:
        counts: how many referrals each tab has.
        todo: how many of the tab are mine, late and so on, by the names of `todo`.
        hits: how many each tab shows while search or filter narrow one of them; empty where none is narrowed.
        alert: the flame alert above the Inbox.
        listing: the rows of the view.
        next_event: when rows next come, go or change their place by themselves.
        token: the newest history entry.
    """

    counts: dict[Tab, int]
    todo: dict[str, int]
    hits: dict[Tab, int]
    alert: Alert | None
    listing: Listing
    next_event: datetime
    token: int


class Held(NamedTuple):
    """What would be archived, and why it is not."""

    hold: Hold
    due: int


def todo(tab: Tab, me: str) -> dict[str, Filter]:
    """What the line of counts tells of a tab, in its order."""
    mine = {"mine": Filter(mine=me)}
    if tab is Tab.INBOX:
        return mine | {
            "calls": Filter(uncalled=True),
            "late": Filter(overdue=True),
            "unrouted": Filter(unrouted=True),
        }
    if tab is Tab.ACTIVE:
        return mine | {"passed": Filter(overdue=True), "no-step": Filter(no_follow_up=True)}
    return {}


class Desk:
    """The read side of a workplace."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace
        # Counts by view and the hits of the last search, what they hold for, and from when till when.
        self._kept: dict[View, int] = {}
        self._kept_hits = KeptHits()
        self._kept_for: tuple[object, ...] = ()
        self._kept_from = self._kept_until = datetime.min.replace(tzinfo=UTC)

    def snapshot(self, view: View, filters: Mapping[Tab, Filter] | None = None) -> Snapshot:
        """The list and what stands around it, all at this instant; `filters` are those of the tabs."""
        with self.workplace.database.reading() as connection:
            now, token = self.workplace.now(), history.last_number(connection)
            alert = self._alert(connection, now)
            next_event = self._next_event(connection, alert, now)
            self._forget_kept(token, now, next_event)
            counted = self._counts(connection, now)
            listed = self._listing(view, now, MOST_HITS, self._kept_hits)
            chosen = todo(view.tab, self.workplace.actor.name)
            others = self._others(view, filters or {})
            found = {other.tab: self._kept_count(connection, other, now) for other in others}
            return Snapshot(
                counts=counted,
                todo={
                    name: self._kept_count(connection, View(view.tab, filter=one), now) for name, one in chosen.items()
                },
                hits={view.tab: listed.count, **found} if others else {},
                alert=alert,
                listing=listed,
                next_event=next_event,
                token=token,
            )

    def _forget_kept(self, token: int, now: datetime, next_event: datetime) -> None:
        """Forget the counts and hits that may be others now: after a write, an expiry, a while."""
        workplace = self.workplace
        holds_for = (token, workplace.desk_id, workplace.actor, workplace.today(), workplace.deadlines)
        if holds_for != self._kept_for or not self._kept_from <= now < self._kept_until:
            self._kept.clear()
            self._kept_hits = KeptHits()
            self._kept_for, self._kept_from, self._kept_until = holds_for, now, min(next_event, now + KEPT)

    def _kept_count(self, connection: Connection, view: View, now: datetime) -> int:
        """How many rows a view has, as it was counted last while nothing has changed: late ones take a thousand rows."""
        count = self._kept.get(view)
        if count is None:
            count = self._kept[view] = self._count(connection, view, now)
        return count

    def listing(self, view: View, *, most_hits: int = MOST_HITS) -> Listing:
        """The rows of a view at this instant, by position; of a search only the newest `most_hits`, -1 for all."""
        return self._listing(view, self.workplace.now(), most_hits)

    def _listing(self, view: View, now: datetime, most_hits: int, kept: KeptHits | None = None) -> Listing:
        workplace = self.workplace
        with workplace.database.reading() as connection:
            # Only a desk that does not archive shows what is past due among the archived.
            show_due = self._archives_nothing(connection) and past_due_count(connection, now) > 0
        return listing(
            workplace.database,
            view,
            now,
            workplace.today(),
            workplace.deadlines,
            show_due=show_due,
            most_hits=most_hits,
            kept=kept,
        )

    def counts_of(self, views: Sequence[View]) -> list[int]:
        """How many rows each view has, counted up to MOST_COUNTED + 1; on a connection of its own, for a thread."""
        with closing(open_database(self.workplace.database.location, read_only=True)) as database:
            now = self.workplace.now()
            with database.reading() as connection:
                return [self._count(connection, view, now) for view in views]

    def count(self, view: View) -> int:
        """How many rows a view has, up to one more than MOST_COUNTED."""
        with self.workplace.database.reading() as connection:
            return self._count(connection, view, self.workplace.now())

    def _count(self, connection: Connection, view: View, now: datetime) -> int:
        workplace = self.workplace
        show_due = view.tab is Tab.ARCHIVED and self._archives_nothing(connection)
        return view_count(connection, view, now, workplace.today(), workplace.deadlines, show_due=show_due)

    def _others(self, view: View, filters: Mapping[Tab, Filter]) -> list[View]:
        """The views of the other tabs, whose hits stand beside this one's; none without search and filter."""
        if not view.search.strip() and all(chosen == Filter() for chosen in (view.filter, *filters.values())):
            return []
        tabs = (tab for tab in STATUS_OF_TAB if tab is not view.tab)
        return [View(tab, filter=filters.get(tab, Filter()), search=view.search) for tab in tabs]

    def counts(self) -> dict[Tab, int]:
        """How many referrals each tab has."""
        with self.workplace.database.reading() as connection:
            return self._counts(connection, self.workplace.now())

    def _counts(self, connection: Connection, now: datetime) -> dict[Tab, int]:
        found = counts(connection, now)
        if self._archives_nothing(connection):
            found[Tab.ARCHIVED] += past_due_count(connection, now)
        return found

    def _archives_nothing(self, connection: Connection) -> bool:
        return self.workplace.database.read_only or hold(self.workplace, connection) is not None

    def held(self) -> Held | None:
        """Whether anything is past its expiry and not archived, because somebody has to say so first (holding.py)."""
        with self.workplace.database.reading() as connection:
            found = hold(self.workplace, connection)
            due = past_due_count(connection, self.workplace.now()) if found else 0
        return Held(found, due) if found and due else None

    def doubts_clock(self) -> bool:
        """Whether this machine's clock was set by days and nobody has said yet that it is right (I4)."""
        with self.workplace.database.reading() as connection:
            found = hold(self.workplace, connection)
        return found is not None and found.reason == "clock"

    def alert(self) -> Alert | None:
        """The flame alert above the Inbox: the hot one with least time left, else the newest cooled one (F1)."""
        with self.workplace.database.reading() as connection:
            return self._alert(connection, self.workplace.now())

    def _alert(self, connection: Connection, now: datetime) -> Alert | None:
        found = queries.open_flames(connection, now, now - self.workplace.deadlines.flame)
        return Alert(*found) if found else None

    def flames(self) -> list[int]:
        """Those who asked to be contacted and were not yet, in the order in which to do it (F1)."""
        workplace, now = self.workplace, self.workplace.now()
        with workplace.database.reading() as connection:
            return queries.flames(connection, now, now - workplace.deadlines.flame)

    def referral(self, referral_id: int) -> Referral:
        """One referral, whole, as it stands at this instant.

        Raises:
            NotFoundError: when there is none.
        """
        with self.workplace.database.reading() as connection:
            return as_of(queries.referral(connection, referral_id), self.workplace.now())

    def currency(self, referral: Referral) -> str | None:
        """What counts as the currency where none is typed: the deal's, else that of the profile (contract)."""
        if referral.deal.currency or referral.profile is None:
            return referral.deal.currency
        with self.workplace.database.reading() as connection:
            return queries.profile_currency(connection, referral.profile)

    def is_pushed(self, referral: Referral) -> bool:
        """Whether what is written on a referral goes to Partner Center, where Microsoft reads it."""
        with self.workplace.database.reading() as connection:
            return remote.is_known(connection, referral.id)

    def resolve(self, text: str) -> int:
        """The number of the referral that a person named: number, source id, or a unique beginning of that.

        Raises:
            NotFoundError: when there is none, or more than one.
        """
        with self.workplace.database.reading() as connection:
            return queries.resolve(connection, text)

    def duplicates(self, referral_id: int, limit: int = 1000) -> list[int]:
        """Referrals of the same engagement or customer, newest first (I9)."""
        with self.workplace.database.reading() as connection:
            return queries.duplicates(connection, referral_id, limit)

    def rows(self, ids: list[int]) -> list[Row]:
        """Lines for some referrals as they stand at this instant, in the order given."""
        with self.workplace.database.reading() as connection:
            return queries.rows(connection, ids, self.workplace.now())

    def history(self, referral_id: int | None = None) -> Iterator[Entry]:
        """The history of one referral or of the whole desk, oldest first (T4)."""
        with self.workplace.database.reading() as connection:
            for entry in history.by_time(connection, referral_id):
                yield shown_entry(entry)

    def latest(self, referral_id: int, count: int) -> list[Entry]:
        """The latest history entries of a referral, the newest first (T4)."""
        with self.workplace.database.reading() as connection:
            return [shown_entry(entry) for entry in history.latest(connection, referral_id, count)]

    def source_says(self, referral: Referral) -> str | None:
        """The outcome or status that the source has come to otherwise than this desk; None where they agree."""
        if referral.status is Status.NEW:
            return None
        with self.workplace.database.reading() as connection:
            return history.source_says(connection, referral.id)

    def both_changed(self, referral: Referral) -> list[str]:
        """The fields that were changed here and at Partner Center, of which theirs stands until ours is sent again."""
        if referral.status is Status.NEW:
            return []
        with self.workplace.database.reading() as connection:
            return remote.both_changed(connection, referral.id)

    def profiles(self) -> list[str]:
        """The names of the profiles that referrals are routed to."""
        with self.workplace.database.reading() as connection:
            return queries.profiles(connection)

    def token(self) -> int:
        """The newest history entry: where to ask for changes from."""
        with self.workplace.database.reading() as connection:
            return history.last_number(connection)

    def notices_due(self) -> bool:
        """Whether a notice waits to be delivered (N1)."""
        with self.workplace.database.reading() as connection:
            return queries.notices_due(connection, self.workplace.now())

    def written(self) -> int:
        """A number that is another once anything was written; asking costs some microseconds."""
        return self.workplace.database.change_token()

    def is_another(self) -> bool:
        """Whether the database holds another desk than before, because it was restored; reads the desk's settings again."""
        before = self.workplace.desk_id
        self.workplace.read_settings()
        return before not in ("", self.workplace.desk_id)

    def changes(self, token: int) -> Changes:
        """What was written since a history entry."""
        with self.workplace.database.reading() as connection:
            newest = history.last_number(connection)
            entries = tuple(history.entries(connection, after=token, limit=MOST_ENTRIES))
            last = entries[-1].id if entries else token
            more = last < newest
            arrived, expired = history.came_and_went(connection, token) if more else (0, 0)
        if more or any(entry.action == Action.SETTING_CHANGED for entry in entries):
            self.workplace.read_settings()
        return Changes(max(newest, last), entries, more, arrived=arrived, expired=expired)

    def next_instant(self) -> datetime | None:
        """When the next referral expires or comes back from where it was put aside (I4, I8)."""
        with self.workplace.database.reading() as connection:
            return min(queries.next_instants(connection, self.workplace.now()), default=None)

    def next_event(self, alert: Alert | None) -> datetime:
        """When rows next come, go or change their place by themselves (F5).

        An expiry, a return, the flame of the alert cooling (the first of all to do so), an answer that becomes late
        and is counted so (I3), the end of the day (A4).
        """
        with self.workplace.database.reading() as connection:
            return self._next_event(connection, alert, self.workplace.now())

    def _next_event(self, connection: Connection, alert: Alert | None, now: datetime) -> datetime:
        moments = [*queries.next_instants(connection, now), self.day_ends()]
        deadlines = self.workplace.deadlines
        if received := first_received(connection, now - deadlines.respond):
            moments.append(deadlines.respond_by(received))
        if alert and alert.hot:
            moments.append(deadlines.flame_until(alert.row.received_at))
        return min(moments)

    def next_back(self) -> datetime | None:
        """When the next of those put aside comes back (I8)."""
        with self.workplace.database.reading() as connection:
            return queries.next_back(connection, self.workplace.now())

    def day_ends(self) -> datetime:
        """When the viewer's day ends, and with it purchase dates (A4)."""
        return purchase_passes_at(self.workplace.today(), self.workplace.zone)
