"""What the desk reads: counts, alert, one referral, whom it resembles, what changed, what comes next."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from refterm.clock import SettableClock
from refterm.domain.query import ORDERS, Tab, View
from refterm.errors import NotFoundError
from refterm.services.desk import MOST_ENTRIES, Alert, Desk
from refterm.services.marks import Marks
from refterm.services.workplace import Workplace
from refterm.store import codec
from refterm.store.connection import Connection
from tests.conftest import ImportRecords
from tests.samples import NOW, active_record, ago, api_record, closed_record
from tests.services.use_cases import ACTIONS, after, new
from tests.store.support import dump, insert, micros, row, until_another


def test_an_empty_desk_has_an_answer_to_everything(workplace: Workplace) -> None:
    desk = Desk(workplace)
    assert desk.counts() == {Tab.INBOX: 0, Tab.ACTIVE: 0, Tab.ARCHIVED: 0}
    assert (desk.alert(), desk.flames(), desk.next_instant(), desk.next_back()) == (None, [], None, None)
    assert (desk.token(), list(desk.history()), desk.profiles(), desk.rows([])) == (0, [], [], [])
    assert desk.changes(0).entries == ()


def test_counts_are_those_of_the_tabs(workplace: Workplace, import_records: ImportRecords) -> None:
    import_records([api_record(), api_record(), active_record(), closed_record("Won"), closed_record("Expired")])
    Marks(workplace).skip(1, "+2h")
    assert Desk(workplace).counts() == {Tab.INBOX: 1, Tab.ACTIVE: 1, Tab.ARCHIVED: 2}


class TestAlert:
    """F1-F4: the hot one with least time left, else the newest cooled one, and how many there are."""

    def seen(self, workplace: Workplace) -> tuple[int, bool, int] | None:
        alert = Desk(workplace).alert()
        assert alert is None or isinstance(alert, Alert)
        return (alert.row.id, alert.hot, alert.total) if alert else None

    def test_the_hot_one_with_least_time_left(self, workplace: Workplace, clock: SettableClock) -> None:
        late, early, cooled, older = insert(
            workplace.database,
            [
                row(flame=1, received_at=micros(hours=-10)),
                row(flame=1, received_at=micros(hours=-71)),
                row(flame=1, received_at=micros(hours=-72)),
                row(flame=1, received_at=micros(hours=-80)),
            ],
        )
        assert self.seen(workplace) == (early, True, 2)
        assert Desk(workplace).flames() == [early, late, cooled, older]
        clock.advance(timedelta(hours=1) - timedelta(microseconds=1))
        assert self.seen(workplace) == (early, True, 2)
        clock.advance(timedelta(microseconds=1))  # F3: at 72 h it has cooled
        assert self.seen(workplace) == (late, True, 1)
        clock.advance(timedelta(hours=61))
        assert self.seen(workplace) == (late, False, 4)
        assert Desk(workplace).flames() == [late, early, cooled, older]

    def test_what_needs_no_urging_is_not_in_it(self, workplace: Workplace) -> None:
        """Until contacted, decided or expired; what is skipped urges again when it is back."""
        insert(
            workplace.database,
            [
                row(flame=0),
                row(flame=1, contacted_at=micros()),
                row(flame=1, expires_at=micros()),
                row(flame=1, skipped_until=micros(seconds=1)),
                row(flame=1, status="active"),
                row(flame=1, status="archived", outcome="declined"),
            ],
        )
        assert self.seen(workplace) is None
        assert Desk(workplace).flames() == []

    def test_the_site_s_span_counts(self, workplace: Workplace) -> None:
        """`[deadlines] flame_hours`."""
        [number] = insert(workplace.database, [row(flame=1, received_at=micros(hours=-5))])
        short = replace(workplace, deadlines=workplace.deadlines._replace(flame=timedelta(hours=5)))
        assert self.seen(workplace) == (number, True, 1)
        assert self.seen(short) == (number, False, 1)

    def test_one_whose_answer_is_taken_back_urges_again(self, workplace: Workplace) -> None:
        number = after("accept")(workplace)
        with workplace.database.writing() as connection:
            connection.execute("update referral set flame = 1")
        assert self.seen(workplace) is None
        ACTIONS["undo"](workplace, number)
        assert self.seen(workplace) == (number, True, 1)


class TestResolve:
    """Contract: the desk's own number, or the source's id or a unique beginning of it of six characters or more."""

    @pytest.fixture
    def numbers(self, workplace: Workplace) -> list[int]:
        ids = ("abcdef01-x", "abcdef02-x", "123456", "%%%%%%%", "ääääää-1")
        return insert(workplace.database, [row(source_id=source_id) for source_id in ids])

    @pytest.mark.parametrize(
        ("text", "position"),
        [
            ("1", 0),
            (" 2 ", 1),
            ("03", 2),
            ("abcdef01-x", 0),
            ("abcdef02", 1),
            ("%%%%%%", 3),
            ("ääääää", 4),
            ("abcdef02\x00", 1),
        ],
    )
    def test_found(self, workplace: Workplace, numbers: list[int], text: str, position: int) -> None:
        assert Desk(workplace).resolve(text) == numbers[position]

    NOTHING = (
        *("", " ", "0", "6", "-1", "abcde", "abcdef03", "ABCDEF01", "123456", "______", "\udcff", "abcdef\udcff"),
        *("9" * 30, "9" * 5000, "x" * 5000, "9223372036854775808", "' or 1=1 --"),
    )

    def test_not_found(self, workplace: Workplace, numbers: list[int]) -> None:
        """Digits alone are always a number of the desk, also where a source uses them as an id."""
        for text in self.NOTHING:
            with pytest.raises(NotFoundError) as refused:
                Desk(workplace).resolve(text)
            assert len(str(refused.value)) < 200

    def test_a_guid_is_found_without_case_braces_and_hyphens(self, workplace: Workplace) -> None:
        [number, _other] = insert(
            workplace.database, [row(source_id=f"abcdef0{n}-00aa-4000-8000-0000000000ab") for n in range(2)]
        )
        whole = "ABCDEF00-00AA-4000-8000-0000000000AB"
        for text in (whole, "{" + whole + "}", whole.replace("-", ""), "ABCDEF00", "abcdef0000AA", "{abcdef00-00"):
            assert Desk(workplace).resolve(text) == number
        with pytest.raises(NotFoundError, match="beginning of more than one"):
            Desk(workplace).resolve("ABCDEF")

    def test_a_beginning_of_several_is_refused(self, workplace: Workplace, numbers: list[int]) -> None:
        with pytest.raises(NotFoundError, match="beginning of more than one"):
            Desk(workplace).resolve("abcdef")


class TestDuplicates:
    """I9: the same engagement, company, e-mail domain or D-U-N-S number; never a reason to refuse one."""

    def test_they_point_at_each_other(self, workplace: Workplace, import_records: ImportRecords) -> None:
        def customer(name: str, email: str, duns: str = "") -> dict[str, object]:
            ids = [{"profileType": "DUNS", "id": duns}] if duns else []
            return {"name": name, "team": [{"email": email}], "ids": ids}

        numbers = import_records(
            [
                api_record(customerProfile=customer("Ábaco, S.A.", "a@one.example", "123456789"), engagementId="E1"),
                api_record(customerProfile=customer("abaco s a", "b@two.example")),
                api_record(customerProfile=customer("Other", "c@ONE.example")),
                api_record(customerProfile=customer("Third", "d@three.example", "123456789")),
                api_record(customerProfile=customer("Fourth", "e@four.example"), engagementId="E1"),
                api_record(customerProfile=customer("Fifth", "someone@gmail.com")),
                api_record(customerProfile=customer("Sixth", "another@gmail.com")),
            ]
        )
        desk = Desk(workplace)
        first, *_others, gmail, _other_gmail = numbers
        assert desk.duplicates(first) == numbers[4:0:-1]  # newest first
        for other in desk.duplicates(first):
            assert first in desk.duplicates(other)
        assert desk.duplicates(gmail) == []  # a public mail provider says nothing about the company

    def test_the_newest_of_many_and_none_of_one_that_does_not_exist(self, workplace: Workplace) -> None:
        numbers = insert(workplace.database, [row(company="Kontor") for _ in range(20)])
        assert Desk(workplace).duplicates(numbers[0], 5) == numbers[:-6:-1]
        assert Desk(workplace).duplicates(999) == []


class TestChanges:
    """T1: what one does shows on the others' screens."""

    def test_each_entry_is_told_once_and_in_order(self, workplace: Workplace) -> None:
        desk = Desk(workplace)
        number = new(workplace)
        token = desk.token()
        assert desk.changes(token).entries == ()
        ACTIONS["favorite"](workplace, number)
        ACTIONS["accept"](workplace, number)
        changes = desk.changes(token)
        assert [entry.action for entry in changes.entries] == ["favorited", "accepted"]
        assert (changes.token, changes.more) == (desk.token(), False)
        assert desk.changes(changes.token).entries == ()

    @pytest.mark.parametrize(("many", "more"), [(MOST_ENTRIES, False), (MOST_ENTRIES + 1, True)])
    def test_of_very_many_the_first_and_that_there_are_more(self, workplace: Workplace, many: int, more: bool) -> None:
        insert(workplace.database, [row() for _ in range(many)])
        changes = Desk(workplace).changes(0)
        assert (len(changes.entries), changes.more, changes.token) == (MOST_ENTRIES, more, Desk(workplace).token())

    def test_one_s_own_writes_count_as_others_do(self, workplace: Workplace) -> None:
        desk = Desk(workplace)
        before = desk.written()
        assert desk.written() == before
        number = new(workplace)
        between = until_another(desk.written, before)
        ACTIONS["accept"](workplace, number)
        until_another(desk.written, between)


class TestNext:
    """When the desk changes by itself: the screen sleeps until then."""

    def test_the_nearest_of_expiry_and_return(self, workplace: Workplace, clock: SettableClock) -> None:
        insert(
            workplace.database,
            [
                row(expires_at=micros(hours=3)),
                row(expires_at=micros(hours=9), skipped_until=micros(hours=2)),
                row(expires_at=codec.NEVER),
                row(status="active", expires_at=micros(hours=1)),
                row(status="archived", outcome="lost", expires_at=micros(hours=1)),
            ],
        )
        desk = Desk(workplace)
        moments = []
        while (moment := desk.next_instant()) is not None:
            moments.append(moment - NOW)
            clock.set(moment)
        assert moments == [timedelta(hours=2), timedelta(hours=3), timedelta(hours=9)]

    @pytest.mark.parametrize(
        ("zone", "ends"),
        [
            ("UTC", datetime(2026, 3, 3, tzinfo=UTC)),
            ("Pacific/Auckland", datetime(2026, 3, 2, 11, tzinfo=UTC)),
            ("America/Los_Angeles", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ],
    )
    def test_the_day_ends_in_the_viewer_s_zone(
        self, workplace: Workplace, clock: SettableClock, zone: str, ends: datetime
    ) -> None:
        """A4, Z1."""
        clock.set(datetime(2026, 3, 2, 7, 30, tzinfo=UTC))
        there = replace(workplace, zone=ZoneInfo(zone))
        assert Desk(there).day_ends() == ends
        assert there.today() == (date(2026, 3, 1) if zone.startswith("America") else date(2026, 3, 2))


def test_rows_come_in_the_order_asked_for(workplace: Workplace) -> None:
    numbers = insert(workplace.database, [row() for _ in range(5)])
    wanted = [numbers[3], numbers[0], 999, numbers[4]]
    assert [one.id for one in Desk(workplace).rows(wanted)] == [numbers[3], numbers[0], numbers[4]]


def test_profiles_are_named_once(workplace: Workplace) -> None:
    insert(workplace.database, [row(profile=name) for name in ("Süd", None, "Nord", "Süd")])
    assert Desk(workplace).profiles() == ["Nord", "Süd"]


def test_the_history_of_one_and_of_all(workplace: Workplace) -> None:
    """T4: oldest first."""
    first, second = after("favorite")(workplace), after("note", "take")(workplace)
    desk = Desk(workplace)
    assert [entry.action for entry in desk.history(second)] == ["imported", "noted", "taken"]
    assert [(entry.referral, entry.action) for entry in desk.history()] == [
        (first, "imported"),
        (first, "favorited"),
        (second, "imported"),
        (second, "noted"),
        (second, "taken"),
    ]
    assert list(desk.history(999)) == []


def test_reading_changes_nothing(workplace: Workplace) -> None:
    number = after("favorite")(workplace)
    before = dump(workplace.database)
    desk = Desk(workplace)
    desk.referral(number), desk.counts(), desk.alert(), desk.rows([number]), desk.changes(0), list(desk.history())
    assert dump(workplace.database) == before
    with pytest.raises(NotFoundError, match="no referral 999"):
        desk.referral(999)


def test_a_snapshot_is_all_of_it_at_one_instant(workplace: Workplace, import_records: ImportRecords) -> None:
    import_records([api_record(), api_record(details__customerRequestedContact=True), active_record()])
    desk = Desk(workplace)
    found = desk.snapshot(View(Tab.INBOX))
    alert = desk.alert()
    assert (found.counts, found.alert, found.token) == (desk.counts(), alert, desk.token())
    assert found.next_event == desk.next_event(alert)
    assert list(found.listing.ids()) == list(desk.listing(View(Tab.INBOX)).ids())
    assert found.listing.count == 2


def test_counts_are_kept_until_something_may_have_changed_them(
    workplace: Workplace, clock: SettableClock, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a minute at most; a write of anybody, or an instant at which rows change by themselves, ends it."""
    (number,) = import_records([api_record()])
    desk, view = Desk(workplace), View(Tab.INBOX)
    counted: list[View] = []
    count = Desk._count

    def noted(self: Desk, connection: Connection, one: View, now: datetime) -> int:
        counted.append(one)
        return count(self, connection, one, now)

    monkeypatch.setattr(Desk, "_count", noted)
    assert desk.snapshot(view).todo["unrouted"] == 1
    every = len(counted)
    assert desk.snapshot(view).todo["mine"] == 0
    assert len(counted) == every
    Marks(workplace).take(number)
    assert desk.snapshot(view).todo["mine"] == 1
    assert len(counted) == 2 * every
    clock.advance(timedelta(minutes=1))
    desk.snapshot(view)
    assert len(counted) == 3 * every


def test_a_word_typed_letter_by_letter_finds_what_it_finds_at_once(workplace: Workplace, clock: SettableClock) -> None:
    """The hits before are kept in order; whatever is written, expires or comes back between two letters is seen."""
    chance = random.Random(5)
    insert(
        workplace.database,
        [
            row(
                status=chance.choice(("new", "new", "active", "archived")),
                company=chance.choice(("Kontor", "Kobold", "Konrad")) + f" {number % 7}",
                received_at=micros(hours=-chance.randint(1, 200)),
                expires_at=micros(minutes=chance.choice((9, 60, 3000)) + number),
                flame=chance.randint(0, 1),
                fit=chance.randint(0, 100),
            )
            for number in range(80)
        ],
    )
    desk, marks = Desk(workplace), Marks(workplace)
    typed = ("k", "ko", "kon", "kont", "konto", "kon", "ko 3", "#7", "kob", "kontor 1", "nothing")
    for turn in range(60):
        if turn % 5 == 0:
            tab = chance.choice((Tab.INBOX, Tab.INBOX, Tab.ARCHIVED))
            order = chance.choice(ORDERS[tab])
        view = View(tab, order, search=typed[turn % len(typed)])
        here, anew = desk.snapshot(view), Desk(workplace).snapshot(view)
        assert (list(here.listing.ids()), here.hits) == (list(anew.listing.ids()), anew.hits), view
        inbox = desk.rows(list(desk.listing(View(Tab.INBOX)).ids()))
        if turn % 3 == 1:
            last = max(inbox, key=lambda one: one.expires_at or NOW)
            marks.skip(last.id, "+1h")
        elif turn % 3 == 2:
            clock.advance(timedelta(minutes=chance.choice((0, 2, 20))))
    assert 5 < len(inbox) < 30


def test_an_answer_is_counted_as_late_at_the_instant_it_becomes_so(
    workplace: Workplace, clock: SettableClock, import_records: ImportRecords
) -> None:
    """As its row says it (I3, F5); the desk wakes for it, and what was counted a moment before no longer holds."""
    import_records([api_record(createdDateTime=ago(hours=23, minutes=59, seconds=30))])
    desk, view = Desk(workplace), View(Tab.INBOX)
    before = desk.snapshot(view)
    assert (before.todo["late"], before.next_event) == (0, clock.now() + timedelta(seconds=30))
    clock.set(before.next_event)
    after = desk.snapshot(view)
    assert after.todo["late"] == 1
    assert after.next_event > clock.now()
