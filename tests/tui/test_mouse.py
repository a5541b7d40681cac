"""What answers the mouse, the footer, and the empty desk that imports from within."""

from __future__ import annotations

import json
from pathlib import Path

from refterm.clock import SettableClock
from refterm.domain.query import Tab
from refterm.text import width
from refterm.tui.desk.message_line import SAID_FOR
from tests.conftest import ImportRecords
from tests.samples import active_record, api_record, page
from tests.tui.conftest import SitDown
from tests.tui.seat import Seat


async def _click(seat: Seat, words: str, *, times: int = 1) -> None:
    lines = seat.text.splitlines()
    y = next(number for number, line in enumerate(lines) if words in line)
    x = width(lines[y][: lines[y].index(words)])
    await seat.pilot.click(offset=(x, y), times=times)
    await seat.settle()


async def test_tabs_heads_footer_alert_and_rows_answer_the_mouse(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([api_record(customerProfile={"name": f"Customer {n}"}) for n in range(3)] + [active_record()])
    async with sit(size=(120, 40)) as seat:
        await _click(seat, "Active ")
        assert seat.tab is Tab.ACTIVE
        await _click(seat, "Inbox ")
        assert seat.tab is Tab.INBOX
        await _click(seat, "Customer  ")
        assert seat.desk.view.effective_order == "customer"
        await _click(seat, "decline ")
        assert "Close engagement" in seat.text
        await seat.press("escape")
        await _click(seat, "Customer 1", times=2)
        assert seat.desk.whole


async def test_the_footer_fills_its_width(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([api_record()])
    for cells in (80, 120, 160):
        async with sit(size=(cells, 30)) as seat:
            assert cells - 14 <= width(seat.bar("keys")) <= cells, seat.bar("keys")
            assert seat.bar("keys").endswith(" quit ")


async def test_an_empty_desk_imports_a_file_from_within(sit: SitDown, clock: SettableClock, tmp_path: Path) -> None:
    file = tmp_path / "referrals.json"
    file.write_bytes(page([api_record(), {"id": "broken"}]))
    assert json.loads(file.read_text())
    async with sit() as seat:
        assert "I   import a file" in seat.text
        await seat.press("I")
        await seat.type(str(tmp_path / "none.json"))
        await seat.press("enter")
        assert "There is no such file" in seat.text
        await seat.press("ctrl+u")
        await seat.type(str(file))
        await seat.press("enter")
        assert "1 new, 0 updated, 0 unchanged, 1 rejected" in seat.text
        assert "line " in seat.text
        await seat.press("escape")
        assert len(seat.ids) == 1
        await seat.wake()
        assert seat.message == "referrals.json: 1 new, 0 updated, 0 unchanged, 1 rejected", "to be read first"
        clock.advance(SAID_FOR)
        await seat.wake()
        assert seat.message.startswith("1 new referral: "), "then the news of what it brought"
        clock.advance(SAID_FOR)
        await seat.wake()
        assert seat.message == ""
