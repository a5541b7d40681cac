"""Who else has the desk open, and who has a form open on which referral: told on the screen, in nobody's way (T1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from refterm.clock import SettableClock
from refterm.services.background.presence import GONE_AFTER, Presence
from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import api_record
from tests.tui.conftest import SitDown


@pytest.fixture
def luis_here(luis: Workplace) -> Presence:
    """Luis' open desk."""
    presence = Presence(luis)
    presence.sign()
    return presence


async def test_how_many_people_have_the_desk_open(
    sit: SitDown, import_records: ImportRecords, luis_here: Presence, clock: SettableClock
) -> None:
    import_records([api_record()])
    async with sit() as seat:
        assert "here" not in seat.bar("top")
        seat.desk.presence._sign()
        await seat.settle()
        assert seat.bar("top").rstrip().endswith("ana   2 here")
        Presence(luis_here.workplace).sign()  # another desk of the same person
        await seat.wake()
        assert "2 here" in seat.bar("top")
        # Who vanishes is no longer counted, though nothing is written any more.
        clock.advance(GONE_AFTER + timedelta(microseconds=1))
        seat.desk.presence._sign()
        await seat.settle()
        assert "here" not in seat.bar("top")


async def test_a_form_that_somebody_else_has_open_is_shown_and_said_before_one_s_own(
    sit: SitDown, import_records: ImportRecords, luis_here: Presence
) -> None:
    number, other = import_records([api_record(), api_record()])
    async with sit(size=(120, 40)) as seat:
        seat.desk.presence._sign()
        await seat.settle()
        seat.desk.referral_list.go_to(number)
        await seat.settle()
        luis_here.hold(number, "decline")
        await seat.wake()
        assert "luis…" in seat.row_line(number)
        assert "luis…" not in seat.row_line(other)
        assert "luis has a form open on it now." in seat.text
        await seat.press("d")
        assert "luis has a form open on this referral." in seat.text
        await seat.press("escape")
        luis_here.let_go()
        await seat.wake()
        assert "luis" not in seat.row_line(number)
        assert "has a form open" not in seat.text
        await seat.press("d")
        assert "has a form open" not in seat.text
        await seat.assert_drawn_fresh()


async def test_an_open_form_is_told_to_the_others_until_it_closes(
    sit: SitDown, import_records: ImportRecords, luis_here: Presence
) -> None:
    (number,) = import_records([api_record()])
    async with sit() as seat:
        await seat.press("a")
        assert [(one.name, one.referral, one.form) for one in luis_here.others()] == [("ana", number, "accept")]
        await seat.press("escape")
        assert [(one.name, one.referral) for one in luis_here.others()] == [("ana", None)]
        seat.desk.presence.leave()
        assert luis_here.others() == ()


async def test_signs_of_life_are_no_change_of_the_desk(
    sit: SitDown, import_records: ImportRecords, luis_here: Presence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes, goes or opens a form makes nobody read the list again."""
    import_records([api_record()])
    async with sit() as seat:
        seat.desk.presence._sign()
        await seat.settle()
        reads: list[object] = []
        monkeypatch.setattr(seat.desk, "reload", lambda **_given: reads.append(1))
        luis_here.hold(1, "decline")
        await seat.wake()
        luis_here.leave()
        await seat.wake()
        assert not reads
        assert "here" not in seat.bar("top")


async def test_the_form_opens_while_the_signs_cannot_be_written(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    """A locked database keeps nobody from a form, nor from leaving the desk."""
    (number,) = import_records([api_record()])
    async with sit() as seat:
        with luis.database.writing():
            driver = seat.app._driver
            assert driver is not None
            seat.desk.action_decline()
            await seat._rounds()
            assert f"#{number}" in seat.text
            assert not seat.desk.presence.leave()
