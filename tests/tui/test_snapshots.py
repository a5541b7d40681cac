"""Pictures of the desk and its forms, compared with those under `snapshots/`.

`REFTERM_UPDATE_SNAPSHOTS=1` writes them anew; look at every one that changed. They are made at 2026-03-02 09:00 UTC, of
invented data, without a cursor that blinks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from refterm.clock import SettableClock
from refterm.config import Settings
from refterm.services.marks import Marks
from refterm.services.workplace import Workplace
from refterm.tui.draw.signs import ASCII, UNICODE
from tests.conftest import ImportRecords
from tests.samples import NOW, ago, api_record
from tests.tui.conftest import SitDown
from tests.tui.invented import NIDAROS, desk_records
from tests.tui.seat import Seat

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = "REFTERM_UPDATE_SNAPSHOTS"
# Asked once, here: every test begins by forgetting such variables.
UPDATING = bool(os.environ.get(UPDATE))
# What a person reads on each picture, so that a picture made anew by mistake still has to show it.
SCREENS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "inbox": ((), ("contact them now", "Reederei", "late 3h", "41m")),
    "active": (("2",), ("late 20 Feb 2026", "Power BI")),
    "archived": (("3",), ("Penhale", "won")),
    "detail": (("enter",), ("Referral ID", "Penhale Boatyard Ltd")),
    "detail of a deal": (("2", "G", "enter", "tab"), ("Jon Brandt", "enter edit", "escape back")),
    "marked": (("space", "space"), ("2 marked",)),
    "search": (("slash", *"mo"), ("1 hit ", "/mo")),
    "no match": (("slash", *"nobody", "enter"), ("Nothing found for nobody.",)),
    "accept": (("a",), ("Accept referral", "Next")),
    "accept refused": (("a", "ctrl+s"), ("! When will they buy?",)),
    "decline": (("d",), ("Decline referral", "Close engagement")),
    "edit": (("2", "e"), ("Edit engagement", "Save")),
    "contact": (("2", "c"), ("Add contact",)),
    "won": (("2", "w"), ("Report won", "Archive")),
    "lost": (("2", "l"), ("Report lost", "Archive")),
    "note": (("n",), ("Note", "Save")),
    "skip": (("z",), ("Skip",)),
    "filter": (("3", "F"), ("Filter",)),
    "history": (("h",), ("History",)),
    "help": (("question_mark",), ("Keys",)),
    "question": (("j", "j", "t"), ("luis has taken",)),
    "palette": (("ctrl+p",), ("Accept the referral",)),
}


def assert_looks_the_same(seat: Seat, name: str) -> None:
    """Compare the screen with its picture.

    Args:
        seat: the desk.
        name: of the picture, without its suffix.
    """
    # Rich names its styles after what it drew, by a number that differs between its versions.
    svg = re.sub(r"terminal-\d+", "terminal", seat.app.export_screenshot(title="refterm", simplify=True))
    path = FOLDER / f"{name.replace(' ', '-')}.svg"
    if UPDATING:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(svg, "utf-8")
        return
    assert path.exists(), f"there is no picture {path.name}; make it with {UPDATE}=1"
    if svg != path.read_text("utf-8"):
        seen = path.with_suffix(".new.svg")
        seen.write_text(svg, "utf-8")
        pytest.fail(f"{path.name} looks otherwise now, see {seen.name}:\n{seat.text}")


@pytest.fixture
def desk(import_records: ImportRecords, workplace: Workplace, luis: Workplace) -> None:
    """The invented desk; Luis has taken one, Ana another."""
    import_records(desk_records())
    Marks(luis).take(5)
    Marks(workplace).take(2)


async def _picture(seat: Seat, screen: str, size: tuple[int, int], *, suffix: str = "") -> None:
    keys, words = SCREENS[screen]
    await seat.press(*keys)
    await seat.until(lambda: all(part in seat.text for part in words))
    await seat.settle()
    assert_looks_the_same(seat, f"{screen} {size[0]}x{size[1]}{suffix}")


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("screen", SCREENS)
async def test_the_screen_looks_as_it_did(sit: SitDown, screen: str, size: tuple[int, int]) -> None:
    async with sit(size=size) as seat:
        await _picture(seat, screen, size)


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("screen", ["inbox", "active", "detail", "accept", "help"])
async def test_the_screen_in_ascii(sit: SitDown, screen: str) -> None:
    async with sit(signs=ASCII) as seat:
        await _picture(seat, screen, (80, 24), suffix=" ascii")
        if screen not in ("active", "inbox"):
            return
        own = [line for line in seat.text.splitlines() if line.isascii()]
        assert len(own) > 10


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("screen", "size"), [("inbox", (160, 50)), ("inbox", (60, 20)), ("detail of a deal", (160, 50))]
)
async def test_the_screen_in_other_sizes(sit: SitDown, screen: str, size: tuple[int, int]) -> None:
    async with sit(size=size) as seat:
        await _picture(seat, screen, size)


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("screen", ["inbox", "accept refused", "palette"])
async def test_the_screen_without_colour(sit: SitDown, monkeypatch: pytest.MonkeyPatch, screen: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with sit() as seat:
        await _picture(seat, screen, (80, 24), suffix=" no colour")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_an_empty_desk(sit: SitDown, size: tuple[int, int]) -> None:
    async with sit(size=size) as seat:
        assert "The desk is empty." in seat.text
        assert_looks_the_same(seat, f"empty desk {size[0]}x{size[1]}")


@pytest.mark.parametrize("signs", [UNICODE, ASCII], ids=["", " ascii"])
async def test_a_cooled_flame(sit: SitDown, import_records: ImportRecords, clock: SettableClock, signs: object) -> None:
    received = ago(hours=74)
    import_records(
        [
            api_record(
                id="00000005-5b1e-4c07-9a5e-0c1d2e3f4a5b",
                createdDateTime=received,
                customerProfile=NIDAROS,
                details__customerRequestedContact=True,
            )
        ]
    )
    assert clock.now() == NOW
    async with sit(signs=signs, settings=Settings()) as seat:
        assert "72 h have passed" in seat.bar("alert")
        assert_looks_the_same(seat, "cooled 80x24" + (" ascii" if signs is ASCII else ""))
