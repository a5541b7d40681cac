"""A person in front of one form, for tests: a small host instead of the desk, keys, and what stands on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Generic, TypeVar

from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from refterm.domain.referral import Referral
from refterm.services.desk import Desk
from refterm.services.personal.drafts import Drafts
from refterm.services.workplace import Workplace
from refterm.tui.app import stylesheet
from refterm.tui.draw import themes
from refterm.tui.draw.signs import ASCII, UNICODE
from refterm.tui.forms.form import Form
from refterm.tui.session import Session

T = TypeVar("T")
WIDE, NARROW = (120, 40), (80, 24)
LONGEST_WAIT = 60.0
# A key sets off a message, that another, and the last a refresh; more hops than this no form has.
ROUNDS = 4
_CHARACTERS = {"space": " ", "enter": "\r", "tab": "\t", "escape": "\x1b"}


def session_at(place: Workplace, folder: Path, *, plain: bool = False) -> Session:
    """An session at a workplace, its drafts in a folder of the test."""
    drafts = Drafts(folder / "drafts", place.desk_id, place.actor.name)
    return Session(place, Desk(place), drafts, ASCII if plain else UNICODE)


class Host(App[None]):
    """Nothing but the stylesheet and what a form closed with."""

    CSS_PATH = stylesheet()

    def __init__(self, *, plain: bool = False) -> None:
        super().__init__()
        self.animation_level = "none"
        self.set_class(plain, "-ascii")
        self.closed_with: list[object] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours of the stylesheet by their roles."""
        return themes.variables(themes.OWN[0])


class Sitting(Generic[T]):
    """A person in front of a screen of type T."""

    def __init__(self, app: Host, pilot: Pilot[None], screen: T) -> None:
        self.app, self.pilot, self.screen = app, pilot, screen

    async def press(self, *keys: str) -> None:
        """Press keys by Textual's names, and wait until all is done."""
        await self.keys(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.keys(*text)

    async def keys(self, *keys: str) -> None:
        """Press keys, and wait for the screen but not for workers."""
        driver = self.app._driver
        assert driver is not None
        for key in keys:
            name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
            driver.send_message(events.Key(name, key if len(key) == 1 else _CHARACTERS.get(key)))
            await self._rounds()

    async def settle(self) -> None:
        """Wait for workers, and for what they set off."""
        await self._rounds()
        await self.app.workers.wait_for_complete()
        await self._rounds()

    async def _rounds(self) -> None:
        """Let every message that is due be worked off, every refresh, and what these set off."""
        for _ in range(ROUNDS):
            await self.pilot._wait_for_screen()
            self.app.screen._on_timer_update()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that comes by itself."""
        end = monotonic() + LONGEST_WAIT
        while not condition():
            assert monotonic() < end, self.text
            await asyncio.sleep(0.01)
        await self._rounds()

    @property
    def closed_with(self) -> list[object]:
        """What the screen closed with; empty while it is open."""
        return self.app.closed_with

    @property
    def focus(self) -> str:
        """The name of the field with the focus; `submit` for the button."""
        focused = self.app.focused
        return (focused.id or "").removeprefix("field-").removeprefix("form-") if focused else ""

    @property
    def lines(self) -> list[str]:
        """The screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(self.lines)

    def visible(self, widget: Widget) -> bool:
        """Whether all of a widget is on the screen."""
        place = self.app.screen.find_widget(widget)
        return bool(place.region) and place.visible_region == place.region


@asynccontextmanager
async def sitting(
    screen: Screen[Any], size: tuple[int, int] = WIDE, *, plain: bool = False
) -> AsyncIterator[Sitting[Any]]:
    """Open a screen in a host of its own."""
    app = Host(plain=plain)
    async with app.run_test(size=size) as pilot:
        app.push_screen(screen, app.closed_with.append)
        here = Sitting(app, pilot, screen)
        await here.settle()
        yield here


def open_form(form: Form[T], size: tuple[int, int] = WIDE) -> Any:
    """Open a form; `async with open_form(...) as here`."""
    return sitting(form, size, plain=form.session.ascii)


def deal_of(referral: Referral) -> tuple[object, ...]:
    """What a decision wrote: all that does not name the referral."""
    return (
        referral.status,
        referral.outcome,
        referral.deal,
        referral.team,
        referral.reason,
        referral.reason_notes,
        referral.decided_at,
        referral.decided_by,
        referral.closed_at,
        referral.closed_by,
        referral.skipped_until,
        referral.version,
    )
