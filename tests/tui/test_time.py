"""What changes on the screen by itself, at its instant and not before (I3, I4, F2-F5, I8, A4, U1); and that nothing else does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from textual.events import Resize
from textual.widget import Widget

from refterm.clock import SettableClock
from refterm.domain.query import Filter
from refterm.errors import RefTermError
from refterm.services.desk import Desk
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.tui.desk.detail_pane import DetailPane
from refterm.tui.desk.line import Line
from refterm.tui.desk.referral_list import ReferralList
from refterm.tui.draw.signs import ASCII
from tests.conftest import ImportRecords
from tests.samples import NOW, active_record, ago, ahead, api_record, stamp
from tests.tui.conftest import SitDown
from tests.tui.seat import Seat

TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the lines that each part of the desk draws, by its name."""
    lines: Counter[str] = Counter()

    def counted(kind: type[Widget]) -> None:
        original = kind.render_line

        def render_line(self: Widget, y: int) -> object:
            lines[self.id or ""] += 1
            return original(self, y)

        monkeypatch.setattr(kind, "render_line", render_line)

    for kind in (ReferralList, DetailPane, Line):
        counted(kind)
    return lines


async def _at(seat: Seat, clock: SettableClock, instant: datetime) -> None:
    clock.set(instant)
    await seat.wake()
    await seat.assert_drawn_fresh()


# Texts that count down


async def test_a_desk_at_rest_draws_nothing(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock, drawn: Counter[str]
) -> None:
    """Only these texts change by themselves: a desk at rest has no ticking clock (contract, The screen)."""
    clock.advance(timedelta(seconds=30))
    import_records([api_record(createdDateTime=ago(hours=number, minutes=15)) for number in range(1, 30)])
    async with sit() as seat:
        drawn.clear()
        for _ in range(28):
            clock.advance(timedelta(seconds=1))
            await seat.wake()
        assert drawn == {}


async def test_when_a_minute_passes_only_rows_whose_text_changes_are_drawn(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock, drawn: Counter[str]
) -> None:
    """Late rows count in hours or days, the others in minutes; all of them to their expiry in hours."""
    clock.advance(timedelta(seconds=30))
    late = import_records([api_record(createdDateTime=ago(days=2, hours=1)) for _ in range(5)])
    soon = import_records([api_record(createdDateTime=ago(hours=1)) for _ in range(3)])
    async with sit() as seat:
        assert seat.row.id == late[0]
        assert "22h 59m" in seat.row_line(soon[0])
        drawn.clear()
        clock.advance(MINUTE)
        await seat.wake()
        assert drawn == {"list": 3}
        assert "22h 58m" in seat.row_line(soon[0])
        await seat.assert_drawn_fresh()


@pytest.mark.parametrize(
    ("left", "text", "sooner", "then"),
    [
        # Rounded down: just before a whole unit is over, the smaller number stands already.
        (timedelta(hours=23, minutes=12), "23h 12m", TICK, "23h 11m"),
        (timedelta(hours=1), "1h 0m", TICK, "59m"),
        (timedelta(minutes=41), "41m", TICK, "40m"),
        (timedelta(minutes=1), "1m", TICK, "59s"),
        (timedelta(seconds=52), "52s", TICK, "51s"),
        (timedelta(seconds=1), "1s", TICK, "0s"),
        (TICK, "0s", TICK, "late 0s"),
        (timedelta(0), "late 0s", timedelta(seconds=1), "late 1s"),
        (-timedelta(seconds=59), "late 59s", timedelta(seconds=1), "late 1m"),
        (-timedelta(minutes=59), "late 59m", MINUTE, "late 1h"),
        (-timedelta(hours=23), "late 23h", HOUR, "late 1d"),
    ],
)
async def test_the_time_to_answer_reads_so_and_changes_at_its_instant(
    sit: SitDown,
    import_records: ImportRecords,
    clock: SettableClock,
    left: timedelta,
    text: str,
    sooner: timedelta,
    then: str,
) -> None:
    expires = ahead(days=13, minutes=7, seconds=13)
    [number] = import_records([api_record(createdDateTime=ago(hours=20), expirationDateTime=expires)])
    start = NOW + timedelta(hours=4) - left
    clock.set(start)
    async with sit() as seat:
        assert f" {text} " in seat.row_line(number)
        planned = seat.desk.ticker.texts
        assert planned is not None
        assert planned <= start + sooner
        await _at(seat, clock, start + sooner - TICK)
        assert f" {text} " in seat.row_line(number)
        await _at(seat, clock, start + sooner)
        assert f" {then} " in seat.row_line(number)
        assert seat.text.count(then) >= 2, "the detail says the same as the row"


async def test_numbers_that_count_never_move_their_column(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    [number] = import_records([api_record(createdDateTime=ago(hours=1), expirationDateTime=ahead(days=13))])
    async with sit() as seat:
        header = seat.line_with("Customer")
        for span in (0, 3, 15, 22.99, 23.001, 23.5, 40, 200, 300):
            await _at(seat, clock, NOW + timedelta(hours=span))
            for name in ("Answer", "Expires"):
                end = header.index(name) + len(name)
                cell = seat.row_line(number)[end - 3 : end + 1]
                assert cell.rstrip() == cell[:3], "times end below the end of their header"
                assert cell[2].isalpha()


# Overdue (I3)


async def test_late_to_answer_stands_from_24_hours_on_exactly(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    [number] = import_records([api_record(createdDateTime=ago(hours=1))])
    async with sit() as seat:
        await _at(seat, clock, NOW + 23 * HOUR - TICK)
        assert "late" not in seat.text
        await _at(seat, clock, NOW + 23 * HOUR)
        assert "late 0s" in seat.row_line(number)
        await _at(seat, clock, NOW + 26 * HOUR)
        assert "late 3h" in seat.row_line(number)


# Flame (F1-F5)


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_the_flame_cools_at_72_hours_in_icon_and_words_everywhere(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock, ascii_only: bool
) -> None:
    [number] = import_records(
        [
            api_record(
                createdDateTime=ago(hours=1),
                customerProfile__name="Penhale Boatyard Ltd",
                details__customerRequestedContact=True,
            )
        ]
    )
    hot, cooled = ("HOT", "WARM") if ascii_only else ("🔥", "○")
    async with sit(**{"signs": ASCII} if ascii_only else {}) as seat:
        await _at(seat, clock, NOW + 71 * HOUR - TICK)
        assert seat.bar("alert").startswith(f" {hot} Penhale Boatyard Ltd: contact them now, 0 s left of the 72 h")
        assert hot in seat.row_line(number)
        assert seat.text.count("contact them now") == 2
        await _at(seat, clock, NOW + 71 * HOUR)
        assert seat.bar("alert").startswith(f" {cooled} Penha")  # the name gives way to the sentence
        assert ": 72 h have passed; contact them still if you are interested" in seat.bar("alert")
        assert cooled in seat.row_line(number)
        assert hot not in seat.text
        assert seat.text.count("72 h have passed") == 2
        assert "contact them now" not in seat.text


async def test_the_alert_counts_hours_then_minutes_then_seconds(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    import_records([api_record(createdDateTime=ago(hours=1), details__customerRequestedContact=True)])
    async with sit() as seat:
        for left, text in (
            (71 * HOUR, "71 h left"),
            (71 * HOUR - TICK, "70 h left"),
            (HOUR, "1 h left"),
            (HOUR - TICK, "59 min left"),
            (MINUTE, "1 min left"),
            (MINUTE - TICK, "59 s left"),
        ):
            planned = seat.desk.ticker.texts
            assert planned is not None
            assert planned <= NOW + 71 * HOUR - left or left == 71 * HOUR
            await _at(seat, clock, NOW + 71 * HOUR - left)
            assert text in seat.bar("alert")
            assert seat.text.count(text) == 2


async def test_the_full_detail_counts_down_as_well(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    """Also of an engagement, whose row shows no time (F1: the detail of any flamed referral)."""
    import_records([active_record(createdDateTime=ago(hours=70), details__customerRequestedContact=True)])
    async with sit() as seat:
        await seat.press("2", "enter")
        assert "2 h left of the 72 h" in seat.text
        for left, text in ((2 * HOUR - TICK, "1 h left"), (HOUR - TICK, "59 min left"), (MINUTE - TICK, "59 s left")):
            planned = seat.desk.ticker.texts
            assert planned is not None
            assert planned <= NOW + 2 * HOUR - left
            await _at(seat, clock, NOW + 2 * HOUR - left)
            assert text in seat.text
        await _at(seat, clock, NOW + 2 * HOUR)
        assert "72 h have passed" in seat.text


async def test_the_alert_shows_the_hot_one_with_least_time_left_and_how_many_there_are(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    """Whatever the cursor; when none is hot, the newest cooled one (F1)."""
    for hours, name in ((100, "Cooled long ago"), (60, "Nearly cooled"), (10, "Hot"), (73, "Just cooled")):
        import_records(
            [
                api_record(
                    createdDateTime=ago(hours=hours),
                    customerProfile__name=name,
                    details__customerRequestedContact=True,
                )
            ]
        )
    async with sit() as seat:
        await seat.press("G")
        assert "Nearly cooled: contact them now" in seat.bar("alert")
        assert "f next of 2" in seat.bar("alert")
        await _at(seat, clock, NOW + 12 * HOUR)
        assert "Hot: contact them now" in seat.bar("alert")
        assert " of " not in seat.bar("alert").split("f next")[1]
        await _at(seat, clock, NOW + 62 * HOUR)
        assert "Hot: 72 h have passed" in seat.bar("alert")
        assert "f next of 4" in seat.bar("alert")


async def test_f_goes_from_flame_to_flame_by_time_left_from_any_tab(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    ids = import_records(
        [
            api_record(createdDateTime=ago(hours=hours), details__customerRequestedContact=flame)
            for hours, flame in ((1, True), (2, False), (60, True), (80, True), (90, True))
        ]
    )
    async with sit() as seat:
        await seat.press("2")
        visited = []
        for _ in range(5):
            await seat.press("f")
            visited.append(seat.row.id)
        order = [ids[2], ids[0], ids[3], ids[4]]
        assert visited == [*order, order[0]]


# Expiry (I4)


async def test_at_its_expiry_a_referral_leaves_the_inbox_and_stands_archived_at_that_very_time(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    stays, goes = import_records([api_record(), api_record(expirationDateTime=ahead(minutes=5))])
    deadline = NOW + timedelta(minutes=5)
    async with sit() as seat:
        await _at(seat, clock, deadline - TICK)
        assert goes in seat.ids
        assert "0s" in seat.row_line(goes)
        clock.set(deadline + timedelta(seconds=3))
        await seat.wake()
        assert seat.ids == [stays]
        assert "Inbox 1" in seat.bar("tabs")
        assert "Archived 1" in seat.bar("tabs")
        assert seat.message.startswith(f"Expired: #{goes} ")
        assert "Archived." in seat.message
        await seat.press("3")
        assert seat.row.outcome == "expired"
        assert seat.row.closed_at == deadline
        assert "expired Mon 2 Mar 09:05" in seat.text
        await seat.assert_drawn_fresh()


async def test_what_is_past_due_at_the_opening_is_never_shown_as_new(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    import_records([api_record(expirationDateTime=ahead(minutes=5))])
    clock.advance(HOUR)
    async with sit() as seat:
        assert seat.ids == []
        assert "Archived 1" in seat.bar("tabs")


async def test_an_expiry_that_failed_is_tried_again(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace, clock: SettableClock
) -> None:
    """Its instant passes once only; somebody held the database right then."""
    [number] = import_records([api_record(expirationDateTime=ahead(seconds=20))])
    async with sit() as seat:
        with pytest.MonkeyPatch.context() as meanwhile:

            def busy(_place: Workplace) -> list[int]:
                raise RefTermError("the database is busy")

            meanwhile.setattr("refterm.tui.background.watcher.expire_due", busy)
            clock.advance(timedelta(seconds=21))
            await seat.wake()
            assert seat.message == "The database is busy"
        with seat.app._context():
            seat.desk.watcher._tick()
        await seat.settle()
        assert seat.message.startswith(f"Expired: #{number} ")
        assert Desk(workplace).referral(number).closed_at == NOW + timedelta(seconds=20)


async def test_a_read_only_desk_shows_what_ran_out_as_expired_and_writes_nothing(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock, workplace: Workplace
) -> None:
    from refterm.store.opening import open_database

    [number] = import_records([api_record(expirationDateTime=ahead(minutes=5))])
    place = replace(workplace, database=open_database(workplace.database.file, read_only=True))
    async with sit(place=place) as seat:
        assert seat.ids == [number]
        await _at(seat, clock, NOW + timedelta(minutes=5))
        assert seat.ids == []
        assert "Inbox 0" in seat.bar("tabs")
        await seat.press("3")
        assert seat.row.outcome == "expired"
        assert seat.row.closed_at == NOW + timedelta(minutes=5)
    place.close()
    with workplace.database.reading() as connection:
        assert connection.execute("select status from referral").fetchone()[0] == "new"


async def test_many_that_expire_at_once_are_told_in_one_sentence(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    import_records([api_record(expirationDateTime=ahead(minutes=5)) for _ in range(40)])
    async with sit() as seat:
        clock.advance(timedelta(minutes=5))
        await seat.wake()
        assert seat.message.startswith("40 expired: ")
        assert "All done" in seat.text


# Skipped (I8)


async def test_what_was_put_aside_comes_back_at_its_time(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock, workplace: Workplace
) -> None:
    stays, skipped = import_records([api_record(), api_record()])
    Marks(workplace).skip(skipped, "+2h")
    async with sit() as seat:
        assert seat.ids == [stays]
        assert "Inbox 1" in seat.bar("tabs")
        seat.desk.set_filter(Filter(skipped=True))
        await seat.settle()
        assert seat.ids == [skipped]
        await seat.press("escape")
        await _at(seat, clock, NOW + 2 * HOUR - TICK)
        assert seat.ids == [stays]
        await _at(seat, clock, NOW + 2 * HOUR)
        assert sorted(seat.ids) == sorted([stays, skipped])
        assert "Inbox 2" in seat.bar("tabs")


async def test_an_inbox_with_only_skipped_ones_says_when_the_next_comes_back(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock, workplace: Workplace
) -> None:
    [skipped] = import_records([api_record()])
    Marks(workplace).skip(skipped, "+2h")
    async with sit() as seat:
        assert "comes back Mon 2 Mar 11:00" in seat.text
        await _at(seat, clock, NOW + 2 * HOUR)
        assert seat.ids == [skipped]


async def test_a_flame_put_aside_does_not_urge_until_it_is_back(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock, workplace: Workplace
) -> None:
    [skipped] = import_records([api_record(details__customerRequestedContact=True)])
    Marks(workplace).skip(skipped, "+2h")
    async with sit() as seat:
        assert seat.bar("alert") == ""
        await _at(seat, clock, NOW + 2 * HOUR)
        assert "contact them now" in seat.bar("alert")


# Purchase date (A4)


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        (UTC, datetime(2026, 3, 3, tzinfo=UTC)),
        (ZoneInfo("Asia/Tokyo"), datetime(2026, 3, 2, 15, tzinfo=UTC)),
        (ZoneInfo("America/Los_Angeles"), datetime(2026, 3, 3, 8, tzinfo=UTC)),
    ],
    ids=str,
)
async def test_a_purchase_date_passes_at_the_end_of_that_day_in_the_viewers_zone(
    sit: SitDown,
    import_records: ImportRecords,
    clock: SettableClock,
    workplace: Workplace,
    zone: ZoneInfo,
    midnight: datetime,
) -> None:
    [number] = import_records([active_record(details__closingDateTime="2026-03-02T00:00:00Z")])
    async with sit(place=replace(workplace, zone=zone), size=(120, 40)) as seat:
        await seat.press("2")
        await _at(seat, clock, midnight - TICK)
        assert "late 2 Mar 2026" not in seat.row_line(number)
        assert "purchase date has passed" not in seat.text
        await _at(seat, clock, midnight)
        assert "late 2 Mar 2026" in seat.row_line(number)
        assert "purchase date has passed" in seat.text


# Undo (U1)


async def test_the_undo_seconds_count_down_and_end_at_sixty(
    sit: SitDown,
    import_records: ImportRecords,
    clock: SettableClock,
    drawn: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each second only the message line is made anew: twenty desks may count down at once."""
    clock.advance(timedelta(seconds=30))
    numbers = import_records([api_record(createdDateTime=ago(days=3)), api_record(createdDateTime=ago(days=3))])
    start = clock.now()
    async with sit() as seat:
        Triage(seat.place).decline([numbers[0]], {"reason": "budget", "notes": ""})
        seat.desk.after_write("Declined Kontor (budget). Archived.", undo=True)
        await seat.settle()
        assert "u undo 60 s" in seat.bar("message")
        for second in (1, 2, 30, 59):
            await _at(seat, clock, start + timedelta(seconds=second) - TICK)
            assert f"u undo {61 - second} s" in seat.bar("message")
            drawn.clear()
            clock.set(start + timedelta(seconds=second))
            with monkeypatch.context() as patched:
                patched.setattr(seat.desk, "draw", lambda: pytest.fail("all bars were made anew"))
                await seat.wake()
            assert f"u undo {60 - second} s" in seat.bar("message")
            assert set(drawn) == {"message"}
            assert "Declined Kontor (budget)" in seat.message
        await _at(seat, clock, start + timedelta(seconds=60))
        assert "undo" not in seat.bar("message")
        assert seat.message == ""
        await seat.press("u")
        assert seat.message.startswith("Nothing to undo")


async def test_a_sentence_goes_after_some_seconds(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    clock.advance(timedelta(seconds=30))
    import_records([api_record()])
    async with sit() as seat:
        await seat.press("s")
        assert "favourite" in seat.message
        await _at(seat, clock, clock.now() + timedelta(seconds=7))
        assert "favourite" in seat.message
        await _at(seat, clock, clock.now() + timedelta(seconds=1))
        assert seat.message == ""


async def test_without_undo_seconds_nothing_counts(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace
) -> None:
    numbers = import_records([api_record(), api_record()])
    place = replace(workplace, undo_seconds=0)
    async with sit(place=place) as seat:
        Triage(place).decline([numbers[0]], {"reason": "budget", "notes": ""})
        seat.desk.after_write("Declined.", undo=True)
        await seat.settle()
        assert "undo" not in seat.bar("message")


# The ticker (F5)


async def test_the_desk_plans_to_wake_at_the_earliest_thing_that_changes(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    clock.advance(timedelta(seconds=30))
    import_records(
        [
            api_record(createdDateTime=ago(days=5), expirationDateTime=stamp(NOW + timedelta(days=3, seconds=40))),
            api_record(
                createdDateTime=ago(days=5), expirationDateTime=stamp(NOW + timedelta(seconds=50, milliseconds=500))
            ),
        ]
    )
    async with sit() as seat:
        assert seat.desk.ticker.event == NOW + timedelta(seconds=50, milliseconds=500)
        assert seat.desk.ticker.texts == NOW + timedelta(seconds=30, milliseconds=500) + TICK


async def test_a_clock_set_back_loses_nothing_and_expires_none_early(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    """Z2: a machine whose clock jumps shows what its clock says, and no worse."""
    [number] = import_records([api_record(expirationDateTime=ahead(hours=2))])
    async with sit() as seat:
        await _at(seat, clock, NOW - timedelta(days=2))
        assert seat.ids == [number]
        await _at(seat, clock, NOW + HOUR)
        assert seat.ids == [number]
        await _at(seat, clock, NOW + 2 * HOUR)
        assert seat.ids == []


async def test_rows_of_two_lines_are_drawn_anew_only_where_their_lines_changed(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock, drawn: Counter[str]
) -> None:
    """As the demo shows them to an audience: below each customer what it needs; moved and clicked like any row."""
    clock.advance(timedelta(seconds=30))
    ids = import_records([api_record(createdDateTime=ago(hours=20, minutes=-number)) for number in range(60)])
    async with sit() as seat:
        listing = seat.desk.referral_list
        listing.row_lines = 2
        seat.desk.reload()
        listing.on_resize(Resize(listing.size, listing.size))
        await seat.settle()
        assert seat.row.need[:20] in seat.text.splitlines()[listing.region.y + 2]
        await seat.pilot.click("#list", offset=(10, 4))
        assert seat.row.id == ids[1]
        await seat.press("G")
        assert seat.row.id == ids[-1]
        await seat.assert_drawn_fresh()
        await seat.press("g")
        assert seat.row.id == ids[0]
        drawn.clear()
        await seat.press("j")
        assert drawn["list"] == 4
        await _at(seat, clock, clock.now() + timedelta(seconds=29))
        drawn.clear()
        clock.advance(timedelta(minutes=1))
        await seat.wake()
        assert drawn["list"] == len(listing.in_sight())
        await seat.assert_drawn_fresh()
