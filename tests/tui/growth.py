"""A desk that is used: opens every form and panel many times, and tells what is left of them. Run in a process of its own.

Prints the memory that the rounds after the first ones added, in KiB, and the closed screens and widgets still alive.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import weakref
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from refterm.clock import SettableClock
from refterm.config import Settings
from refterm.domain.deadline import Deadlines
from refterm.domain.history import Actor
from refterm.domain.query import Tab
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from refterm.tui.desk.screen import DeskScreen
from tests.conftest import import_into
from tests.samples import NOW, active_record, api_record
from tests.tui.seat import TestedApp, session_for

INBOX = ("accept", "decline", "note", "skip", "filter", "insights", "profiles", "similar", "history", "help")
ACTIVE = ("edit", "add_contact", "won", "lost")
KINDS = (*INBOX, "palette", *ACTIVE, "confirm")

SETTLE_SECONDS = 5


class Counted:
    """Opens screens one after another, and knows which of them are alive."""

    def __init__(self, app: TestedApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        self.opened: list[weakref.ref[object]] = []
        self.kinds: Counter[str] = Counter()

    @property
    def desk(self) -> DeskScreen:
        """The desk's screen."""
        desk = self.app.screen_stack[0]
        assert isinstance(desk, DeskScreen)
        return desk

    async def once(self, kind: str, open_it: Callable[[], None], *, inside: str = "") -> None:
        """Open a screen, let it be drawn, type a little into it, close it."""
        before = self.app.screen
        with self.app._context():
            open_it()
        await self._until(lambda: self.app.screen is not before)
        screen = self.app.screen
        await self._draw(screen)
        if inside:
            await self.once(f"{kind} {inside}", lambda: getattr(screen, inside)())
        self.kinds[kind] += 1
        for widget in screen.walk_children(Widget, with_self=True):
            self.opened += [weakref.ref(widget), weakref.ref(widget._styles_cache)]
        self._escape()
        await self._until(lambda: self.app.screen is before)
        await self._until(lambda: not screen.is_attached)
        await self._draw(before)

    async def _draw(self, screen: Screen[object]) -> None:
        await self._turns()
        screen._on_timer_update()
        await self._turns()

    async def _turns(self) -> None:
        for _turn in range(20):
            await asyncio.sleep(0)

    def _escape(self) -> None:
        assert self.app._driver is not None
        self.app._driver.send_message(events.Key("escape", "\x1b"))

    async def _until(self, condition: Callable[[], bool]) -> None:
        for _turn in range(2000):
            if condition():
                return
            await asyncio.sleep(0.002)
        raise AssertionError("a screen did not come or go")

    async def kind_once(self, kind: str) -> None:
        """One form or panel once."""
        self.desk.show_tab(Tab.ACTIVE if kind in ACTIVE or kind == "confirm" else Tab.INBOX)
        if kind == "palette":
            await self.once(kind, self.app.action_command_palette)
        elif kind == "confirm":
            self.desk.show_whole(True)
            await self.pilot.press("tab")
            await self.once(kind, self.desk.action_remove_contact)
            self.desk.show_whole(False)
        else:
            inside = "action_add" if kind == "profiles" else ""
            await self.once(kind, getattr(self.desk, f"action_{kind}"), inside=inside)

    async def all_once(self) -> None:
        """Every form and panel once."""
        for kind in KINDS:
            await self.kind_once(kind)

    async def settle(self) -> None:
        """Wait for what is gone soon: a timer that was set while a form closed keeps that until it has run."""
        end = monotonic() + SETTLE_SECONDS
        while self.alive() and monotonic() < end:
            await asyncio.sleep(0.05)

    def alive(self) -> Counter[str]:
        """The closed screens, their widgets and the lines drawn of them that something still holds."""
        gc.collect()
        return Counter(type(widget).__name__ for ref in self.opened if (widget := ref()) is not None)


def private_kib() -> int:
    """The memory that this process has for itself alone."""
    gc.collect()
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))


async def measure(place: Workplace, folder: Path, warm: int, rounds: int) -> dict[str, object]:
    """Open everything `warm` times, then `rounds` times more, and compare."""
    app = TestedApp(session_for(place, folder), states=None, settings=Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        counted = Counted(app, pilot)
        for _round in range(warm):
            await counted.all_once()
        counted.alive()
        before = private_kib()
        for _round in range(rounds):
            await counted.all_once()
        await app.workers.wait_for_complete()
        after = private_kib()
        await counted.settle()
        return {"grown": after - before, "kinds": counted.kinds, "alive": counted.alive()}


async def measure_each(place: Workplace, folder: Path, warm: int, rounds: int) -> dict[str, object]:
    """The same for each kind by itself, one after the other; a line for each as it is done."""
    app = TestedApp(session_for(place, folder), states=None, settings=Settings())
    found: dict[str, object] = {}
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        for kind in KINDS:
            counted = Counted(app, pilot)
            for _round in range(warm):
                await counted.kind_once(kind)
            before = private_kib()
            for _round in range(rounds):
                await counted.kind_once(kind)
            await app.workers.wait_for_complete()
            await counted.settle()
            grown, alive = private_kib() - before, counted.alive()
            print(f"{kind:12} {grown:6} KiB  alive {sum(alive.values())}", file=sys.stderr, flush=True)
            found[kind] = {"grown": grown, "alive": alive}
    return found


def main(warm: int, rounds: int, *, each: bool) -> None:
    """Measure, and print it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        database = open_database(folder / "desk.db")
        place = Workplace(database, SettableClock(NOW), Actor("ana", "ana"), Deadlines())
        import_into(place, [*[api_record() for _ in range(5)], *[active_record() for _ in range(3)]])
        print(json.dumps(asyncio.run((measure_each if each else measure)(place, folder, warm, rounds))))
        place.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), each="each" in sys.argv[3:])
