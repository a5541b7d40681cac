"""Any keys in any order, while another person works and the clock moves: the desk neither ends nor shows what is not so."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

import pytest

from refterm.clock import SettableClock
from refterm.domain.query import Tab
from refterm.errors import RefTermError
from refterm.services.desk import Desk
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.tui.actions import registry
from refterm.tui.desk.screen import DeskScreen
from tests.conftest import ImportRecords, import_into
from tests.samples import api_record
from tests.tui.conftest import SitDown
from tests.tui.invented import desk_records
from tests.tui.seat import Seat

KEYS = [key for action in registry() for key in action.keys if action.id not in ("quit", "suspend")]
MORE_KEYS = [
    "escape",
    "escape",
    "escape",
    "enter",
    "tab",
    "ctrl+s",
    "ctrl+p",
    "backspace",
    "1",
    "2",
    "3",
    "j",
    "k",
    "e",
]
SIZES = [(80, 24), (120, 40), (160, 50), (60, 20), (20, 6)]


def _somebody_works(place: Workplace, dice: random.Random) -> None:
    with place.database.reading() as connection:
        numbers = [row[0] for row in connection.execute("select id from referral")]
    number = dice.choice(numbers)
    deed = dice.choice(
        [
            lambda: Marks(place).take(number, over=True),
            lambda: Marks(place).favorite(number),
            lambda: Marks(place).contacted(number),
            lambda: Marks(place).skip(number, "+1h"),
            lambda: Triage(place).decline([number], {"reason": "budget", "notes": ""}),
            lambda: Triage(place).undo([number]),
            lambda: import_into(place, [api_record(details__customerRequestedContact=dice.random() < 0.5)]),
        ]
    )
    with suppress(RefTermError):  # what cannot be done is refused; that is not what this is about
        deed()


def _assert_true(seat: Seat) -> None:
    """What stands on the screen is what a desk opened now would show."""
    fresh = Desk(seat.place)
    assert seat.desk.counts == fresh.counts()
    assert seat.ids == list(fresh.listing(seat.desk.view).ids())
    marked = seat.desk.referral_list.marked
    wanted = {Tab.INBOX: "new", Tab.ACTIVE: "active", Tab.ARCHIVED: "archived"}[seat.tab]
    assert {row.status.value for row in fresh.rows(sorted(marked))} <= {wanted}
    if seat.desk.row:
        assert seat.desk.detail_pane.referral_id == seat.desk.row.id


@pytest.mark.parametrize("seed", range(2))
async def test_any_keys_in_any_order(
    sit: SitDown, import_records: ImportRecords, luis: Workplace, clock: SettableClock, seed: int
) -> None:
    dice = random.Random(seed)
    import_records(desk_records() + [api_record() for _ in range(20)])
    async with sit() as seat:
        for _ in range(45):
            chance = dice.random()
            if chance < 0.7:
                await seat.press(*(dice.choice(KEYS + MORE_KEYS) for _ in range(dice.randint(1, 4))))
            elif chance < 0.85:
                _somebody_works(luis, dice)
            elif chance < 0.95:
                clock.advance(timedelta(minutes=dice.choice([0.1, 3, 61, 600])))
            else:
                await seat.resize(*dice.choice(SIZES))
            while not isinstance(seat.app.screen, DeskScreen) and dice.random() < 0.5:
                await seat.press("escape")
            if isinstance(seat.app.screen, DeskScreen):
                await seat.wake()
                await seat.wake()
                _assert_true(seat)
                await seat.assert_drawn_fresh()
