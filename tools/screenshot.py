"""Draws the picture of the README: the Inbox of the demo, 120x40, at an instant that is always the same.

usage: screenshot.py FILE.svg
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

INSTANT = datetime(2026, 3, 2, 11, 2, tzinfo=UTC)
SIZE = (120, 40)


async def draw(target: Path, folder: Path) -> None:
    """Open the demo without a terminal, and keep what it shows."""
    from refterm.clock import SettableClock
    from refterm.config import Settings
    from refterm.domain.history import Actor
    from refterm.services import demo
    from refterm.services.workplace import workplace
    from refterm.store.opening import open_database
    from refterm.tui.app import RefTermApp, office_for
    from refterm.tui.draw.signs import UNICODE

    clock = SettableClock(INSTANT)
    settings = Settings(time_zone="UTC")
    place = workplace(open_database(demo.build(folder, clock)), settings, Actor("ana", "ana"), clock)
    app = RefTermApp(office_for(place, settings, UNICODE), states=None, settings=settings)
    try:
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause()
            await app.workers.wait_for_complete()
            await pilot.pause()
            picture = app.export_screenshot(title="refterm demo")
    finally:
        place.close()
    # The reader's own fonts do: a picture in a document should fetch nothing.
    target.write_text(re.sub(r',\s*url\([^)]*\) format\("\w+"\)', "", picture) + "\n", "utf-8")


def main() -> None:
    """Draw into the file that is named, whoever and wherever the person is."""
    [target] = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOME=folder, XDG_STATE_HOME=folder, LANG="C.UTF-8", LC_ALL="C.UTF-8", LANGUAGE="en")
        asyncio.run(draw(Path(target), Path(folder)))


if __name__ == "__main__":
    main()
