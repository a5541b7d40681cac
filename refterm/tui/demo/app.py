"""The program that shows the demo."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.actions import ActionParseResult
from textual.dom import DOMNode
from textual.screen import Screen

from refterm import i18n
from refterm.config import Settings
from refterm.services.demo import desk as demo_desk
from refterm.services.demo.clock import DemoClock
from refterm.services.demo.options import DemoOptions
from refterm.services.demo.wheel import Wheel
from refterm.services.workplace import open_workplace, who
from refterm.tui.app import RefTermApp, run_app, session_for
from refterm.tui.demo.screen import DemoScreen
from refterm.tui.demo.tour import Tour
from refterm.tui.draw.signs import choose_signs
from refterm.tui.session import Session

if TYPE_CHECKING:
    from refterm.services.demo.story import Planned

PRESENTER = "ana"


class DemoApp(RefTermApp):
    """The desk of the demo in a terminal."""

    def __init__(
        self, session: Session, *, settings: Settings, options: DemoOptions, clock: DemoClock, kept: Path
    ) -> None:
        super().__init__(session, states=None, settings=settings)
        self._options = options
        self._clock = clock
        self._kept = kept
        self.tour = Tour(session, on=options.tour, shows_keys=options.present)

    def get_default_screen(self) -> Screen[None]:
        """The demo's desk."""
        settings, options, workplace = self.settings, self._options, self.session.workplace
        language = demo_desk.spoken(i18n.language())

        def planned() -> Sequence[Planned]:

            from refterm.services.demo.story import story

            present = demo_desk.present(language)
            return story(options.seed, self._clock.start, present, language, live=options.live)

        self.desk = DemoScreen(
            self.session,
            self.state,
            kiosk=settings.kiosk,
            bell=settings.bell,
            notices=settings.notices,
            wheel=Wheel(workplace, self._clock, planned, settings.notices),
            settings=settings,
            tour=self.tour,
            kept=self._kept,
            large=options.present,
        )
        self.tour.offer(set(self.desk.actions))
        return self.desk

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action, and let the tour know of it."""
        done = await super().run_action(action, default_namespace, namespaces)
        if isinstance(default_namespace, DemoScreen):
            self.tour.noted(action if isinstance(action, str) else action[1])
        return done

    async def on_event(self, event: events.Event) -> None:
        """Show an audience which keys are pressed."""
        if isinstance(event, events.Key) and self._options.present and not event.is_forwarded:
            self.tour.pressed(event.character if event.character and event.is_printable else event.key)
        await super().on_event(event)


def run_demo(settings: Settings, options: DemoOptions, acting: str | None) -> int:
    """Open the demo and stay until the person leaves.

    Returns:
        The exit status.
    """
    i18n.use(options.language or settings.language)
    language = demo_desk.spoken(i18n.language())
    clock = DemoClock(options.start or datetime.now(UTC), options.speed)
    with demo_desk.throwaway() as folder:
        acting = PRESENTER if options.present else acting
        name = who(settings, acting).name
        path = demo_desk.build(folder, clock, presenter=name, seed=options.seed, language=language)
        kept = folder / "beginning.db"
        shutil.copy(path, kept)
        # Nothing leaves this machine: letters go to a folder that is thrown away with the rest.
        notices = replace(settings.notices, transport="maildir", maildir=str(folder / "notices"), deliver="desk")
        settings = replace(settings, notices=notices, database=str(path))
        if options.light:
            settings = replace(settings, theme="refterm-light")
        place = open_workplace(settings, clock=clock, acting=acting)
        place.tell_customers = False
        signs = choose_signs(settings.ascii, os.environ, coerced=bool(sys.flags.utf8_mode))
        session = session_for(place, settings, signs, folder)
        return run_app(DemoApp(session, settings=settings, options=options, clock=clock, kept=kept), place, settings)
