"""A person who sits at a desk, for tests: presses keys, waits until what is due has happened, reads the screen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from rich.segment import Segment
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widget import Widget
from textual.worker import WorkerCancelled

from refterm.config import Settings
from refterm.domain.query import Tab
from refterm.domain.row import Row
from refterm.services.desk import Desk
from refterm.services.personal.drafts import Drafts
from refterm.services.personal.view_state import ViewState, ViewStates
from refterm.services.workplace import Workplace
from refterm.tui.app import RefTermApp
from refterm.tui.background.presence import DeskPresence
from refterm.tui.background.ticker import Ticker
from refterm.tui.desk.line import Line
from refterm.tui.desk.screen import DeskScreen
from refterm.tui.draw.signs import UNICODE, Signs
from refterm.tui.session import Session

LONGEST_WAIT = 60.0
# A key sets off a message, that another, and the last a refresh; more hops than this the desk never has.
ROUNDS = 4
_CHARACTERS = {"space": " ", "slash": "/", "question_mark": "?", "enter": "\r", "tab": "\t", "escape": "\x1b"}


class StillTicker(Ticker):
    """Never wakes by itself: the tests' clock stands still, and they wake the desk when they have moved it."""

    def schedule(self) -> None:
        """Do nothing."""


class StillPresence(DeskPresence):
    """Tells nobody of an open desk by itself; of an open form it does."""

    def begin(self) -> None:
        """Do nothing."""


class StillDesk(DeskScreen):
    """The desk, woken by the test."""

    def __init__(self, session: Session, state: ViewState, **given: Any) -> None:
        super().__init__(session, state, **given)
        self.ticker = StillTicker(self, session.workplace.clock, self.wake)
        self.presence = StillPresence(self, session.workplace, self.connection)


class TestedApp(RefTermApp):
    """The desk, with what it would send to the terminal beside its frames kept for the test."""

    __test__ = False

    def __init__(self, session: Session, **given: Any) -> None:
        super().__init__(session, **given)
        self.titles: list[str] = []
        self.copied: list[str] = []
        self.bells = 0

    def get_default_screen(self) -> DeskScreen:
        """The desk, woken by the test."""
        self.desk = StillDesk(self.session, self.state, kiosk=self.settings.kiosk, bell=self.settings.bell)
        return self.desk

    def set_terminal_title(self, title: str) -> None:
        """Keep the title."""
        self.titles.append(title)

    def bell(self) -> None:
        """Count the bells."""
        self.bells += 1


class Seat:
    """A person at an open desk."""

    def __init__(self, app: TestedApp, pilot: Pilot[None], place: Workplace) -> None:
        self.app, self.pilot, self.place = app, pilot, place

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until everything they set off is done. Keys by Textual's names; a letter is itself."""
        for key in keys:
            self._send(key)
            await self._rounds()
        await self._settle_rest()

    async def type(self, text: str) -> None:
        """Type a text, all of it before anything is awaited, as a paste or a quick hand does."""
        await self.burst(*text)

    async def burst(self, *keys: str) -> None:
        """Press keys that all come before the first is worked off, as over a slow line."""
        self.send(*keys)
        await self.settle()

    def send(self, *keys: str) -> None:
        """Press keys, and wait for nothing."""
        for key in keys:
            self._send(key)

    def _send(self, key: str) -> None:
        name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
        character = key if len(key) == 1 else _CHARACTERS.get(key)
        driver = self.app._driver
        assert driver is not None
        driver.send_message(events.Key(name, character))

    async def _rounds(self) -> None:
        """Let every message and every refresh that is due be worked off, and those which these set off."""
        for _ in range(ROUNDS):
            await self.pilot._wait_for_screen()
            self.app.screen._on_timer_update()

    async def settle(self) -> None:
        """Wait for messages, workers, and the detail that follows a resting cursor."""
        await self._rounds()
        await self._settle_rest()

    async def _settle_rest(self) -> None:
        await self._settle_work()
        await self.until(self._detail_follows)
        await self._settle_work()  # the cursor that rests has more read ahead

    async def _settle_work(self) -> None:
        # Work that has just ended may have posted what came of it.
        while self._has_messages() or not all(worker.is_finished for worker in self.app.workers):
            with suppress(WorkerCancelled):  # of a form that has closed meanwhile
                await self.app.workers.wait_for_complete()
            await self._rounds()

    def _has_messages(self) -> bool:
        return any(screen.is_running and screen.message_queue_size > 0 for screen in self.app.screen_stack)

    def _detail_follows(self) -> bool:
        due = self.desk._detail_due
        pending = due is not None and not due.cancelled() and due.when() > asyncio.get_running_loop().time()
        return not pending and self.desk.detail_pane.referral_id == self.desk.in_detail

    async def wake(self) -> None:
        """Let the desk look at the clock and at what others wrote, as its ticker does."""
        with self.app._context():  # several desks may be open in one test
            self.desk.wake()
        await self.settle()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that comes by itself."""
        end = monotonic() + LONGEST_WAIT
        while not condition():
            assert monotonic() < end, self.text
            await asyncio.sleep(0.005)
            await self._rounds()

    @property
    def desk(self) -> DeskScreen:
        """The desk's screen, also while a form stands above it."""
        screen = self.app.screen_stack[0]
        assert isinstance(screen, DeskScreen)
        return screen

    @property
    def row(self) -> Row:
        """The referral under the cursor."""
        row = self.desk.row
        assert row is not None
        return row

    @property
    def ids(self) -> list[int]:
        """The numbers in the list, from its top to its end."""
        listing = self.desk.referral_list
        return [row.id for row in (listing._row(index) for index in range(listing.count)) if row]

    @property
    def tab(self) -> Tab:
        """The tab that is shown."""
        return self.desk.view.tab

    def bar(self, name: str) -> str:
        """What a bar of one line says, cut or not: `top`, `tabs`, `alert`, `message`, `keys`."""
        line = self.desk.query_one(f"#{name}", Line)
        return line.text if line.display else ""

    @property
    def message(self) -> str:
        """What was said last."""
        return re.sub(r"( ?[─-]*)( +\d+ of \d+ [─-]+)?$", "", self.bar("message").rstrip()).strip()

    @property
    def text(self) -> str:
        """The screen as text."""
        return screen_text(self.app)

    def line_with(self, part: str) -> str:
        """The line of the screen that has a text in it."""
        found = [line for line in self.text.splitlines() if part in line]
        assert found, f"{part!r} is not on the screen:\n{self.text}"
        return found[0]

    def row_line(self, number: int) -> str:
        """The line of the screen on which a referral of the list stands."""
        listing = self.desk.referral_list
        line = listing.region.y + 1 + self.ids.index(number) - listing._top
        return self.text.splitlines()[line]

    async def resize(self, width: int, height: int) -> None:
        """Another size of the terminal."""
        await self.pilot.resize_terminal(width, height)
        await self.settle()

    async def assert_drawn_fresh(self) -> None:
        """What stands on the screen is what would stand there if all of it were drawn again."""
        shown = self.text
        for widget in self.app.screen.walk_children(Widget, with_self=True):
            widget.refresh()
        await self._rounds()
        now, before = self.text.splitlines(), shown.splitlines()
        assert now == before, (
            len(now),
            len(before),
            [pair for pair in zip(now, before, strict=False) if pair[0] != pair[1]],
        )


def screen_segments(app: RefTermApp) -> list[list[Segment]]:
    """The pieces of every line of the screen, as the terminal is sent them."""
    strips = app.screen._compositor.render_strips(app.size)
    return [[segment for segment in strip if not segment.control] for strip in strips]


def screen_text(app: RefTermApp) -> str:
    """The screen as text, blanks at the ends of lines taken off."""
    lines = ("".join(segment.text for segment in line).rstrip() for line in screen_segments(app))
    return "\n".join(lines)


def session_for(place: Workplace, folder: Path, signs: Signs = UNICODE) -> Session:
    """The services on a desk, with drafts in a folder of the test."""
    drafts = Drafts(folder / "drafts", place.desk_id, place.actor.name)
    return Session(place, Desk(place), drafts, signs)


@asynccontextmanager
async def sit_down(
    place: Workplace,
    folder: Path,
    *,
    size: tuple[int, int] = (80, 24),
    signs: Signs = UNICODE,
    settings: Settings | None = None,
) -> AsyncIterator[Seat]:
    """Open the desk and wait for its first frame.

    Args:
        place: the workplace.
        folder: where drafts and the view state lie.
        size: of the terminal, in cells.
        signs: what the terminal can draw.
        settings: the configuration.
    """
    settings = replace(settings or Settings(), bell=True)
    states = ViewStates(folder / "state", place.actor.name, place.desk_id)
    app = TestedApp(session_for(place, folder, signs), states=states, settings=settings)
    async with app.run_test(size=size) as pilot:
        seat = Seat(app, pilot, place)
        await seat.settle()
        yield seat
