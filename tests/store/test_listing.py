"""The rows of every list equal what plain Python picks and sorts from all referrals, at every page border."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refterm.clock import SettableClock
from refterm.domain.query import ORDERS, Filter, Order, Tab, View
from refterm.domain.referral import Outcome
from refterm.services.desk import Desk
from refterm.services.profiles import Profiles
from refterm.services.workplace import Workplace
from refterm.store import codec
from tests.samples import NOW
from tests.store.support import Columns, insert, micros, open_at, row

SIZES = (0, 1, 99, 100, 101, 250)
HOURS = (-400, -80, -72, -71, -25, -24, -23, -3, -1, -1, 0)
HOUR = 3_600_000_000
VIEWS = [(tab, order) for tab in Tab for order in {Tab.ALL: list(Order)}.get(tab, ORDERS[tab])]
FILTERS = {
    "none": Filter(),
    "won": Filter(outcome=Outcome.WON),
    "expired": Filter(outcome=Outcome.EXPIRED),
    "period": Filter(since=NOW - timedelta(hours=72), until=NOW - timedelta(hours=1)),
    "profile": Filter(profile="Nord"),
    "favorite": Filter(favorite=True),
    "skipped": Filter(skipped=True),
    "flame": Filter(flame=True),
    "overdue": Filter(overdue=True),
    "mine": Filter(mine="ana"),
    "nobodys": Filter(unassigned=True, unrouted=True),
    "uncalled": Filter(uncalled=True, country="de"),
    "expiring": Filter(expiring=12),
    "fit": Filter(min_fit=40, channel="sales"),
    "follow-up": Filter(follow_up=True),
    "no follow-up": Filter(no_follow_up=True),
    "several": Filter(profile="Nord", favorite=True, since=NOW - timedelta(hours=72)),
}


def some_rows(rng: random.Random, size: int) -> list[Columns]:
    """Referrals in all states, their times on and beside every border, their keys often the same."""
    return [some_row(rng) for _ in range(size)]


def some_row(rng: random.Random) -> Columns:
    """One referral; what its state cannot have it has not."""
    status = rng.choice(["new", "new", "new", "active", "archived"])
    received = micros(hours=rng.choice(HOURS))
    columns: dict[str, Any] = {
        "status": status,
        "received_at": received,
        "received_estimated": int(rng.random() < 0.1),
        "company": rng.choice(["Ábaco", "abaco", "Zeta", "Kontor 1", "Kontor 2", "日本電気"]),
        "flame": int(rng.random() < 0.4),
        "favorite": int(rng.random() < 0.3),
        "profile": rng.choice([None, "Nord", "Süd"]),
        "taken_by": rng.choice([None, None, "ana", "bob"]),
        "fit": rng.choice([None, 0, 40, 40, 90]),
        "country": rng.choice([None, "DE", "de", "ES"]),
        "channel": rng.choice(["search", "sales"]),
        "deal_value": rng.choice([None, "0", "10.50", "10.5", "9", "120000"]),
        "deal_currency": rng.choice([None, "EUR", "EUR", "AED", "USD", "JPY"]),
    }
    if status == "new":
        expires = rng.choice([codec.NEVER, micros(), micros(seconds=1), micros(seconds=-1), received + 336 * HOUR])
        columns |= {"expires_at": expires}
        columns |= {"skipped_until": rng.choice([None, None, micros(), micros(seconds=1), micros(hours=5)])}
        columns |= {"contacted_at": rng.choice([None, None, micros(minutes=-3)])}
    if status == "active":
        columns |= {"purchase_date": rng.choice([None, "2026-03-01", "2026-03-02", "2026-06-30"])}
        columns |= {"decided_by": rng.choice([None, "ana", "bob"])}
        columns |= {"follow_up_at": rng.choice([None, micros(hours=4)])}
    if status == "archived":
        outcome = rng.choice(["won", "lost", "declined", "expired"])
        columns |= {"outcome": outcome, "closed_at": rng.choice([None, micros(hours=-1), micros(hours=-2)])}
        columns |= {"decided_by": None if outcome == "expired" else rng.choice([None, "ana", "bob"])}
    return row(**columns)


class Model:
    """What the rules say of a list, one record at a time."""

    own = "EUR"

    def __init__(self, rows: list[Columns], now: datetime, *, read_only: bool = False) -> None:
        self.rows = rows
        self.now = codec.micros(now)
        self.today = now.date().isoformat()
        self.read_only = read_only

    def expected(self, view: View) -> list[int]:
        """The numbers of a view's rows, in its order."""
        kept = [one for one in self.rows if self.stands_in(one, view.tab) and self.passes(one, view)]
        return [one["id"] for one in self.ordered(kept, view.tab, view.effective_order)]

    def due(self, one: Columns) -> bool:
        return bool(one["status"] == "new" and one["expires_at"] <= self.now)

    def state(self, one: Columns) -> str:
        return "archived" if self.due(one) else str(one["status"])

    def skipped(self, one: Columns) -> bool:
        return one["skipped_until"] is not None and one["skipped_until"] > self.now

    def stands_in(self, one: Columns, tab: Tab) -> bool:
        if tab is Tab.ALL:
            return True
        if self.due(one):  # left out of the Inbox at once (I4); among the archived once that is written down
            return tab is Tab.ARCHIVED and self.read_only
        return {Tab.INBOX: "new", Tab.ACTIVE: "active", Tab.ARCHIVED: "archived"}[tab] == one["status"]

    def passes(self, one: Columns, view: View) -> bool:
        chosen, state = view.filter, self.state(one)
        outcome = "expired" if self.due(one) else one["outcome"]
        late = state == "new" and one["received_at"] <= self.now - 24 * HOUR and not one["received_estimated"]
        passed = state == "active" and one["purchase_date"] is not None and one["purchase_date"] < self.today
        accepted = state == "active" or outcome in ("won", "lost")
        holder = one["taken_by"] or (one["decided_by"] if accepted else None)
        step = one["follow_up_at"] is not None
        return all(
            (
                chosen.outcome is None or outcome == chosen.outcome,
                chosen.since is None or one["received_at"] >= codec.micros(chosen.since),
                chosen.until is None or one["received_at"] < codec.micros(chosen.until),
                chosen.profile is None or one["profile"] == chosen.profile,
                not chosen.favorite or one["favorite"],
                self.skipped(one) if chosen.skipped else view.tab is not Tab.INBOX or not self.skipped(one),
                not chosen.flame or (one["flame"] and state != "archived"),
                not chosen.overdue or late or passed,
                chosen.mine is None or holder == chosen.mine,
                not chosen.unassigned or holder is None,
                not chosen.unrouted or one["profile"] is None,
                not chosen.uncalled or (one["flame"] and one["contacted_at"] is None and state != "archived"),
                chosen.expiring is None or (state == "new" and one["expires_at"] <= self.now + chosen.expiring * HOUR),
                chosen.min_fit is None or (one["fit"] is not None and one["fit"] >= chosen.min_fit),
                chosen.country is None or (one["country"] or "").upper() == chosen.country.upper(),
                chosen.channel is None or one["channel"] == chosen.channel,
                not chosen.follow_up or step,
                not chosen.no_follow_up or (state == "active" and not step),
            )
        )

    def hot(self, one: Columns) -> bool:
        return bool(one["flame"] and one["contacted_at"] is None and one["received_at"] + 72 * HOUR > self.now)

    def by_value(self, one: Columns) -> Any:
        """By currency, the desk's own first; amounts of one currency downwards; no currency and no value last."""
        if one["deal_value"] is None:
            return (3, "", 0, one["id"])
        rank = 0 if one["deal_currency"] == self.own else 2 if one["deal_currency"] is None else 1
        return (rank, one["deal_currency"] or "", -float(one["deal_value"]), one["id"])

    def ordered(self, rows: list[Columns], tab: Tab, order: Order) -> list[Columns]:
        def closed(one: Columns) -> int:
            return int((one["expires_at"] if self.due(one) else one["closed_at"]) or 0)

        by: dict[Order, tuple[Callable[[Columns], Any], bool]] = {
            Order.DUE: (
                lambda one: (
                    tab is Tab.INBOX and not self.hot(one),
                    one["received_at"] + 24 * HOUR,
                    one["expires_at"],
                    one["id"],
                ),
                False,
            ),
            Order.EXPIRES: (lambda one: (one["expires_at"], one["id"]), False),
            Order.RECEIVED: (lambda one: (one["received_at"], one["expires_at"], one["id"]), True),
            Order.VALUE: (self.by_value, False),
            Order.FIT: (lambda one: (-1 if one["fit"] is None else one["fit"], one["id"]), True),
            Order.CUSTOMER: (lambda one: (one["company_key"], one["id"]), False),
            Order.PURCHASE_DATE: (lambda one: (one["purchase_date"] or "9999", one["id"]), False),
            Order.CLOSED_AT: (lambda one: (closed(one), one["id"]), True),
        }
        key, down = by[order]
        return sorted(rows, key=key, reverse=down)


def assert_listed(workplace: Workplace, model: Model, view: View, rng: random.Random) -> None:
    """Count, order, any stretch from anywhere, and the place of each row."""
    expected = model.expected(view)
    desk = Desk(workplace)
    listing = desk.listing(view)
    assert listing.count == len(expected), view
    assert [one.id for one in listing.rows(0, listing.count + 5)] == expected, view
    assert (list(listing.ids()), list(listing.ids(7))) == (expected, expected[:7]), view
    for _ in range(3):
        start = rng.randint(0, len(expected))
        stop = rng.randint(start, len(expected) + 1)
        # A new listing each time: it knows no page yet, so that each is reached from nothing.
        fresh = desk.listing(view)
        assert [one.id for one in fresh.rows(start, stop)] == expected[start:stop], (view, start, stop)
        assert [one.id for one in fresh.rows(0, 1)] == expected[:1], view
    for position in {0, len(expected) // 2, len(expected) - 1} & set(range(len(expected))):
        assert listing.index_of(expected[position]) == position, view
    absent = {one["id"] for one in model.rows} - set(expected)
    assert all(listing.index_of(number) is None for number in list(absent)[:2]), view


@pytest.fixture(scope="module", params=SIZES)
def sized(
    request: pytest.FixtureRequest, empty_desk: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Workplace, Workplace, list[Columns]]]:
    """A desk with so many referrals: to write and to read only; these tests only read."""
    path = tmp_path_factory.mktemp("sized") / "desk.db"
    shutil.copyfile(empty_desk, path)
    writable = open_at(path, SettableClock(NOW))
    for name in ("Nord", "Süd", "West"):
        profile = {"name": name, "region": name, "country": ["DE"], "location": ["Kiel"]}
        Profiles(writable).add({**profile, "currency": "USD" if name == "West" else "EUR"})
    insert(writable.database, some_rows(random.Random(request.param), request.param))
    read_only = open_at(path, SettableClock(NOW), read_only=True)
    yield writable, read_only, all_rows(writable)
    read_only.close()
    writable.close()


@pytest.fixture(autouse=True)
def _counted_from_the_nearer_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a long list, where a sample tells which end is nearer."""
    monkeypatch.setattr("refterm.store.segment.WORTH_A_SAMPLE", 1)


def all_rows(workplace: Workplace) -> list[Columns]:
    with workplace.database.reading() as connection:
        return [dict(one) for one in connection.execute("select * from referral")]


# Lists end at, before and behind the border of a page without a filter; under one they end anywhere.
FILTERED = [(size, name) for size in SIZES for name in FILTERS if name == "none" or size in (1, SIZES[-1])]


@pytest.mark.parametrize(("sized", "name"), FILTERED, indirect=["sized"])
def test_every_tab_in_every_order_is_what_the_rules_pick(
    sized: tuple[Workplace, Workplace, list[Columns]], name: str
) -> None:
    writable, read_only, rows = sized
    rng = random.Random(len(rows))
    for tab, order in VIEWS:
        view = View(tab, order, FILTERS[name])
        assert_listed(writable, Model(rows, NOW), view, rng)
        assert_listed(read_only, Model(rows, NOW, read_only=True), view, rng)


@pytest.mark.parametrize("sized", SIZES[-1:], indirect=True)
def test_the_place_of_a_row_is_the_same_however_many_are_left_out(
    sized: tuple[Workplace, Workplace, list[Columns]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few are subtracted from a count; many are tested for row by row."""
    writable, _read_only, rows = sized
    monkeypatch.setattr("refterm.store.listing.FEW", 0)
    for order in ORDERS[Tab.INBOX]:
        assert_listed(writable, Model(rows, NOW), View(Tab.INBOX, order), random.Random(1))


@pytest.mark.parametrize("sized", SIZES[-1:], indirect=True)
def test_the_page_of_a_row_whose_place_was_asked_for_is_found_by_its_key(
    sized: tuple[Workplace, Workplace, list[Columns]],
) -> None:
    """Not by a step over all rows that stand before it or after it."""
    desk = Desk(sized[0])
    for tab, order in VIEWS:
        expected = list(desk.listing(View(tab, order)).ids())
        for position in (len(expected) // 2, len(expected) - 1):
            found = desk.listing(View(tab, order))
            assert found.index_of(expected[position]) == position
            first = max(0, position - 30)
            assert [one.id for one in found.rows(first, position + 30)] == expected[first : position + 30]


def test_counts_are_the_lengths_of_the_lists(sized: tuple[Workplace, Workplace, list[Columns]]) -> None:
    for workplace in sized[:2]:
        desk = Desk(workplace)
        counts = desk.counts()
        assert counts == {tab: desk.listing(View(tab)).count for tab in counts}


@given(
    seed=st.integers(0, 2**32),
    size=st.integers(0, 30),
    minutes=st.integers(-5000, 5000),
    view=st.builds(
        lambda tab, order, filtered: View(tab, order, Filter(**filtered)),
        st.sampled_from(Tab),
        st.none() | st.sampled_from(Order),
        st.fixed_dictionaries(
            {
                "outcome": st.none() | st.sampled_from(Outcome),
                "since": st.none() | st.sampled_from([NOW - timedelta(hours=hours) for hours in (0, 1, 24, 72)]),
                "until": st.none() | st.sampled_from([NOW - timedelta(hours=hours) for hours in (0, 1, 24, 72)]),
                "profile": st.none() | st.sampled_from(["Nord", "Süd", "none such"]),
                "favorite": st.booleans(),
                "skipped": st.booleans(),
                "flame": st.booleans(),
                "overdue": st.booleans(),
                "mine": st.none() | st.sampled_from(["ana", "carla"]),
            }
        ),
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_view_at_any_instant_is_what_the_rules_pick(
    workplace: Workplace, clock: SettableClock, seed: int, size: int, minutes: int, view: View
) -> None:
    rng = random.Random(seed)
    with workplace.database.writing() as connection:
        for table in ("history", "referral_search", "referral"):
            connection.execute(f"delete from {table}")
        connection.execute("update counter set referrals = 0")
    insert(workplace.database, some_rows(rng, size))
    clock.set(NOW + timedelta(minutes=minutes))
    assert_listed(workplace, Model(all_rows(workplace), clock.now()), view, rng)


def test_hot_flames_stand_first_then_who_waits_longest(workplace: Workplace) -> None:
    """`due`: hot flames, then by respond_by, then expires_at, then number."""
    plain, cooled, contacted, warm, hot, sooner = insert(
        workplace.database,
        [
            row(received_at=micros(hours=-100)),
            row(received_at=micros(hours=-72), flame=1),
            row(received_at=micros(hours=-2), flame=1, contacted_at=micros(hours=-1)),
            row(received_at=micros(hours=-2), expires_at=micros(days=2)),
            row(received_at=micros(hours=-1), flame=1),
            row(received_at=micros(hours=-71), flame=1),
        ],
    )
    listed = [one.id for one in Desk(workplace).listing(View()).rows(0, 10)]
    assert listed == [sooner, hot, plain, cooled, warm, contacted]


def test_what_is_skipped_is_out_of_sight_until_its_time(workplace: Workplace, clock: SettableClock) -> None:
    """I8: it comes back by itself, at the instant picked."""
    [number] = insert(workplace.database, [row(skipped_until=micros(hours=2))])
    desk = Desk(workplace)

    def inbox(**narrowed: bool) -> list[int]:
        return [one.id for one in desk.listing(View(filter=Filter(**narrowed))).rows(0, 10)]

    clock.advance(timedelta(hours=2, microseconds=-1))
    assert (inbox(), inbox(skipped=True), desk.counts()[Tab.INBOX]) == ([], [number], 0)
    assert desk.next_instant() == NOW + timedelta(hours=2)
    clock.advance(timedelta(microseconds=1))
    assert (inbox(), inbox(skipped=True), desk.counts()[Tab.INBOX]) == ([number], [], 1)
    assert desk.rows([number])[0].skipped_until is None


def test_what_is_past_due_is_out_of_the_inbox_before_anybody_wrote_it_down(
    workplace: Workplace, clock: SettableClock
) -> None:
    """I4, contract: queries leave out what is past due from the first frame."""
    [number] = insert(workplace.database, [row(expires_at=micros(hours=1))])
    desk = Desk(workplace)
    clock.advance(timedelta(hours=1, microseconds=-1))
    assert [one.id for one in desk.listing(View()).rows(0, 10)] == [number]
    assert desk.next_instant() == NOW + timedelta(hours=1)
    clock.advance(timedelta(microseconds=1))
    assert desk.listing(View()).rows(0, 10) == []
    assert desk.counts() == {Tab.INBOX: 0, Tab.ACTIVE: 0, Tab.ARCHIVED: 0}
    assert desk.next_instant() is None


def test_a_read_only_desk_shows_what_is_due_as_expired(
    workplace: Workplace, location: Path | str, clock: SettableClock
) -> None:
    """Contract: it shows it as expired without writing."""
    [number] = insert(workplace.database, [row(expires_at=micros(hours=1), flame=1)])
    clock.advance(timedelta(hours=3))
    reader = open_at(location, clock, read_only=True)
    desk = Desk(reader)
    [shown] = desk.listing(View(Tab.ARCHIVED)).rows(0, 10)
    assert (shown.id, shown.status, shown.outcome) == (number, "archived", "expired")
    assert shown.closed_at == NOW + timedelta(hours=1)
    whole = desk.referral(number)
    assert (whole.status, whole.outcome, whole.closed_at) == (shown.status, shown.outcome, shown.closed_at)
    assert desk.rows([number]) == [shown]
    assert desk.counts() == {Tab.INBOX: 0, Tab.ACTIVE: 0, Tab.ARCHIVED: 1}
    assert desk.alert() is None
    reader.close()
    with workplace.database.reading() as connection:
        assert connection.execute("select status from referral").fetchone()[0] == "new"


def test_a_list_that_was_read_once_serves_pages_while_others_write(workplace: Workplace) -> None:
    """A page after a change is that of the rows as they are now; none is shown twice or left out beside the change."""
    numbers = insert(workplace.database, [row(received_at=micros(hours=-300, minutes=n)) for n in range(350)])
    listing = Desk(workplace).listing(View(Tab.INBOX, Order.RECEIVED))
    newest_first = numbers[::-1]
    assert [one.id for one in listing.rows(0, 100)] == newest_first[:100]
    insert(workplace.database, [row(received_at=micros())])
    assert [one.id for one in listing.rows(100, 200)] == newest_first[100:200]


def test_instants_of_the_list_are_utc(workplace: Workplace) -> None:
    insert(workplace.database, [row(received_at=micros(microseconds=1))])
    [one] = Desk(workplace).listing(View()).rows(0, 1)
    assert one.received_at == NOW + timedelta(microseconds=1)
    assert one.received_at.tzinfo is UTC
