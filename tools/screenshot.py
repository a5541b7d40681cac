"""Draws pictures of the demo's screens, at an instant that is always the same.

usage: screenshot.py FOLDER [SCREEN...]   every tab, form and panel, or those named, at 120x40 and 80x24
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

INSTANT = datetime(2026, 3, 2, 11, 2, tzinfo=UTC)
SIZES = ((120, 40), (80, 24))
# The keys that lead from the Inbox to each screen, by Textual's names.
SCREENS: dict[str, tuple[str, ...]] = {
    "inbox": (),
    "active": ("2",),
    "archived": ("3",),
    "detail": ("enter",),
    "detail-of-a-deal": ("2", "enter", "tab"),
    "search": ("slash", "m", "o"),
    "marked": ("space", "space"),
    "accept": ("a",),
    "accept-refused": ("a", "ctrl+s"),
    "decline-marked": ("space", "space", "space", "d"),
    "move-date": ("2", "D"),
    "contacted": ("m",),
    "decline": ("d",),
    "skip": ("z",),
    "note": ("n",),
    "filter": ("F",),
    "edit": ("2", "e"),
    "contact": ("2", "c"),
    "won": ("2", "w"),
    "lost": ("2", "l"),
    "history": ("h",),
    "similar": ("b",),
    "insights": ("i",),
    "profiles": ("p",),
    "profiles-add": ("p", "a"),
    "help": ("question_mark",),
    "palette": ("ctrl+p",),
}


async def draw(keys: Sequence[str], size: tuple[int, int], folder: Path) -> str:
    """Open a demo without a terminal, press keys, and give the picture of what it shows."""
    from refterm.clock import SettableClock
    from refterm.config import Settings
    from refterm.domain.history import Actor
    from refterm.services.demo import desk as demo
    from refterm.services.workplace import workplace
    from refterm.store.opening import open_database
    from refterm.tui.app import RefTermApp, session_for
    from refterm.tui.draw.signs import UNICODE

    clock = SettableClock(INSTANT)
    settings = Settings(time_zone="UTC")
    place = workplace(open_database(demo.build(folder, clock)), settings, Actor("ana", "ana"), clock)
    app = RefTermApp(session_for(place, settings, UNICODE, folder), states=None, settings=settings)
    try:
        async with app.run_test(size=size) as pilot:
            for key in ("", *keys):
                if key:
                    await pilot.press(key)
                await pilot.pause()
                await app.workers.wait_for_complete()
                await pilot.pause()
            picture = app.export_screenshot(title="refterm demo")
    finally:
        place.close()
    # The reader's own fonts do: a picture in a document should fetch nothing.
    return re.sub(r',\s*url\([^)]*\) format\("\w+"\)', "", picture) + "\n"


def draw_into(target: Path, keys: Sequence[str], size: tuple[int, int]) -> None:
    """Draw one picture, in a home of its own, whoever and wherever the person is."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOME=folder, XDG_STATE_HOME=folder, LANG="C.UTF-8", LC_ALL="C.UTF-8", LANGUAGE="en")
        target.write_text(asyncio.run(draw(keys, size, Path(folder))), "utf-8")


def main() -> None:
    """Draw into the folder that is named."""
    target, names = Path(sys.argv[1]), sys.argv[2:]
    if unknown := [name for name in names if name not in SCREENS]:
        sys.exit(f"there is no screen {unknown[0]}: choose from {', '.join(SCREENS)}")
    target.mkdir(parents=True, exist_ok=True)
    for name in names or SCREENS:
        for size in SIZES:
            draw_into(target / f"{name}-{size[0]}x{size[1]}.svg", SCREENS[name], size)


if __name__ == "__main__":
    main()
