"""What a desk asks at its start and at every return of the list is answered from indexes, however large the archive."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from refterm.clock import SettableClock
from refterm.domain.query import ORDERS, Order, Tab, View
from refterm.services.background.expiry import expire_due
from refterm.services.background.fitting import Fitting
from refterm.services.desk import Desk, todo
from refterm.services.profiles import Profiles
from refterm.services.workplace import Workplace
from refterm.store.today import put_aside
from tests.store.support import insert, micros, row

Question = Callable[[Workplace], object]


def _put_aside(desk: Workplace) -> object:
    with desk.database.reading() as connection:
        return put_aside(connection, desk.now())


# What is said here is of SQLite: its file, its locks, its plans.
STORES = ("sqlite",)
# Everything that the first screen needs, and the indexes that may answer it.
QUESTIONS: dict[str, tuple[Question, set[str]]] = {
    "counts": (lambda desk: Desk(desk).counts(), {"referral_skipped", "referral_expires"}),
    "inbox": (
        lambda desk: Desk(desk).listing(View(Tab.INBOX)).rows(0, 100),
        {"referral_received", "referral_open_flame", "referral_expires", "referral_skipped"},
    ),
    "active": (
        lambda desk: Desk(desk).listing(View(Tab.ACTIVE)).rows(0, 50),
        {"referral_purchase", "referral_expires", "referral_skipped"},
    ),
    "archived": (
        lambda desk: Desk(desk).listing(View(Tab.ARCHIVED)).rows(0, 50),
        {"referral_closed", "referral_expires", "referral_skipped"},
    ),
    "alert": (lambda desk: Desk(desk).alert(), {"referral_open_flame", "referral_skipped"}),
    "to do in the Inbox": (
        lambda desk: [Desk(desk).count(View(Tab.INBOX, filter=one)) for one in todo(Tab.INBOX, "ana").values()],
        {
            "referral_holder",
            "referral_open_flame",
            "referral_received",
            "referral_profile",
            "referral_expires",
            "referral_skipped",
        },
    ),
    "to do in Active": (
        lambda desk: [Desk(desk).count(View(Tab.ACTIVE, filter=one)) for one in todo(Tab.ACTIVE, "ana").values()],
        {"referral_holder", "referral_purchase", "referral_value"},
    ),
    "next instant": (lambda desk: Desk(desk).next_instant(), {"referral_expires", "referral_skipped"}),
    "expiry": (expire_due, {"referral_expires"}),
    "what the scores learn from": (
        lambda desk: Fitting(desk).refresh(),
        {"referral_closed", "referral_received", "sqlite_autoindex_profile_1"},
    ),
    "put aside": (_put_aside, {"referral_skipped"}),
}


@pytest.fixture
def filled(workplace: Workplace) -> Workplace:
    """A desk with some of everything, as the planner has no statistics to go by in either case."""
    rows = [row(flame=n % 2, skipped_until=micros(days=1) if n % 7 == 0 else None) for n in range(130)]
    rows += [row(status="active", purchase_date="2026-06-30") for _ in range(130)]
    rows += [row(status="archived", outcome="declined", closed_at=micros(days=-n)) for n in range(130)]
    insert(workplace.database, rows)
    return workplace


@contextmanager
def heard(connection: sqlite3.Connection) -> Iterator[list[str]]:
    """The statements that a connection runs, with their values."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    try:
        yield statements
    finally:
        connection.set_trace_callback(None)


def plan(connection: sqlite3.Connection, statement: str) -> list[str]:
    """How SQLite answers a statement, a step a line."""
    return [str(step["detail"]) for step in connection.execute(f"explain query plan {statement}")]


def asked(workplace: Workplace, question: Question) -> list[tuple[str, list[str]]]:
    """Every query that a question asks, with its plan."""
    with workplace.database.reading() as reader:
        assert isinstance(reader, sqlite3.Connection)
        with heard(reader) as statements:
            question(workplace)
        assert statements
        return [(text, plan(reader, text)) for text in statements if text.lstrip().startswith(("select", "SELECT"))]


def indexes(steps: list[str]) -> set[str]:
    """The indexes that a plan names."""
    return {name for step in steps for name in re.findall(r"USING (?:COVERING )?INDEX (\w+)", step)}


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_of_the_start_reads_or_sorts_a_table(filled: Workplace, name: str) -> None:
    question, meant = QUESTIONS[name]
    used = set()
    for statement, steps in asked(filled, question):
        for step in steps:
            assert not re.fullmatch(r"SCAN referral(?! USING)\b.*", step), (statement, steps)
            assert "TEMP B-TREE" not in step, (statement, steps)
        used |= indexes(steps)
    assert used - {"sqlite_autoindex_counter_1", "sqlite_autoindex_setting_1"} == meant


def test_the_check_for_expiry_is_one_step_into_its_index(filled: Workplace) -> None:
    """Asked by every command and every desk: nothing due costs one look (I4)."""
    [(_, steps)] = asked(filled, expire_due)
    assert steps == ["SEARCH referral USING INDEX referral_expires (status=? AND expires_at<?)"]


@pytest.mark.parametrize(
    ("tab", "order"), [(tab, order) for tab in ORDERS if tab is not Tab.ALL for order in (*ORDERS[tab], Order.FIT)]
)
def test_a_page_anywhere_in_any_order_is_not_sorted_for(filled: Workplace, tab: Tab, order: Order) -> None:
    if order is Order.VALUE and not Profiles(filled).all():  # its currency comes first, as a part of its own
        Profiles(filled).add({"name": "W", "region": "W", "country": "US", "location": "Rye", "currency": "USD"})

    def jump(workplace: Workplace) -> object:
        listing = Desk(workplace).listing(View(tab, order))
        [last] = listing.rows(listing.count - 1, listing.count)
        return listing.rows(0, 20), listing.rows(100, 120), listing.index_of(last.id)

    for statement, steps in asked(filled, jump):
        assert not any("TEMP B-TREE" in step or step == "SCAN referral" for step in steps), (statement, steps)


def test_a_desk_where_nothing_is_due_writes_nothing(filled: Workplace) -> None:
    """Even the check for what is due takes no write lock, so that starting desks do not wait for each other."""
    with filled.database.turn() as writer:
        assert isinstance(writer, sqlite3.Connection)
    with heard(writer) as statements:
        assert expire_due(filled) == []
    assert statements == []


def test_duplicates_are_asked_of_indexes(filled: Workplace) -> None:
    """I9: shown before every decision, so never by reading the table."""
    for statement, steps in asked(filled, lambda desk: Desk(desk).duplicates(1)):
        assert not any(re.match(r"SCAN (other|this)", step) for step in steps), (statement, steps)


def test_what_changed_is_asked_of_the_history_s_key(filled: Workplace) -> None:
    """T1: asked twice a second by every desk that is open."""
    for statement, steps in asked(filled, lambda desk: Desk(desk).changes(Desk(desk).token())):
        assert not any(step == "SCAN history" for step in steps), (statement, steps)


def test_past_due_referrals_do_not_change_the_plans(filled: Workplace, clock: SettableClock) -> None:
    """Between the instant of an expiry and the moment it is written down, the first page is as quick."""
    clock.advance(timedelta(days=13))
    for statement, steps in asked(filled, QUESTIONS["inbox"][0]):
        assert not any("TEMP B-TREE" in step or step == "SCAN referral" for step in steps), (statement, steps)
