"""Draws every screen at every size, in every look, to be looked at: `make screens`.

The demo stands at an instant that is always the same. Each picture is an SVG, a PNG where `rsvg-convert` is installed, and
plain text, from which widths can be counted.

usage: screens.py FOLDER [SCREEN...] [LOOK...] [WIDTHxHEIGHT...]   all of them, or those named
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pictures import INSTANT, Drawing, Opened

SIZES = ((80, 24), (100, 30), (120, 40), (160, 45), (200, 60))
# The keys that lead from the Inbox to each screen, by Textual's names; a line of text is typed.
SCREENS: dict[str, tuple[str, ...]] = {
    "inbox": (),
    "active": ("2",),
    "archived": ("3",),
    "detail": ("f", "enter"),
    "detail-of-a-deal": ("2", "enter", "tab"),
    "detail-of-a-closed-one": ("3", "enter"),
    "search": ("slash", *"mo"),
    "nothing-found": ("slash", *"xyzzy"),
    "marked": ("space", "space"),
    "beside": ("L",),
    "after-a-decision": ("d", "4", "ctrl+s"),
    "accept": ("f", "a", "tab", *"12.5k", "tab", "tab", *"3m"),
    "accept-refused": ("f", "a", "tab", *"abc", "tab", "tab", *"soon", "ctrl+s"),
    "decline": ("d",),
    "whole-over-a-form": ("f", "a", "f2"),
    "decline-marked": ("space", "space", "space", "d", "1"),
    "letter": ("d", "1", "ctrl+l"),
    "skip": ("z",),
    "note": ("n",),
    "contacted": ("f", "m"),
    "reply": ("R",),
    "assign": ("T",),
    "filter": ("F",),
    "hand-on": ("E",),
    "import": ("I",),
    "edit": ("2", "e"),
    "move-date": ("2", "D"),
    "follow-up": ("2", "z"),
    "contact": ("2", "c"),
    "won": ("2", "w"),
    "lost": ("2", "l"),
    "history": ("h",),
    "similar": ("b",),
    "views": ("V",),
    "insights": ("i",),
    "insights-tables": ("i", "tab"),
    "profiles": ("p",),
    "profiles-add": ("p", "a"),
    "outbox": ("O",),
    "help": ("question_mark",),
    "palette": ("ctrl+p",),
    "palette-of-a-customer": ("ctrl+p", *"ha"),
    "empty-desk": (),
    "emptied-inbox": (),
}
LOOKS = ("dark", "light", "plain", "ascii", "es")


@asynccontextmanager
async def opened(folder: Path, beginning: Path | None, look: str) -> AsyncIterator[Opened]:
    """Open a desk on a copy of the demo's database, or on an empty one, in a look."""
    from refterm import i18n
    from refterm.clock import SettableClock
    from refterm.config import NoticeSettings, Settings
    from refterm.domain.history import Actor
    from refterm.services.workplace import workplace
    from refterm.store.opening import open_database
    from refterm.tui.app import RefTermApp, session_for
    from refterm.tui.draw import themes
    from refterm.tui.draw.signs import ASCII, UNICODE

    path = folder / "desk.db"
    if beginning:
        path.write_bytes(beginning.read_bytes())
    notices = NoticeSettings(transport="maildir", maildir=str(folder / "notices"))
    theme = themes.LIGHT if look == "light" else themes.DARK
    settings = Settings(time_zone="UTC", notices=notices, database=str(path), theme=theme)
    i18n.use("es" if look == "es" else "en")
    place = workplace(open_database(path), settings, Actor("ana", "ana"), SettableClock(INSTANT))
    app = RefTermApp(
        session_for(place, settings, ASCII if look == "ascii" else UNICODE, folder), states=None, settings=settings
    )
    try:
        async with app.run_test(size=SIZES[0]) as pilot:
            one = Opened(app, pilot)
            await one.settle()
            yield one
    finally:
        place.close()


async def empty_inbox(desk: Opened) -> None:
    """Decline all that stands in the Inbox."""
    for key in ("space", "G", "v", "d", "1", "ctrl+s"):
        await desk.press(key)


@dataclass
class Task:
    """What is drawn, and where to."""

    target: Path
    home: Path
    beginnings: dict[str, Path]

    async def draw(self, name: str, look: str, sizes: list[tuple[int, int]]) -> None:
        """One screen in one look at some sizes."""
        folder = Path(tempfile.mkdtemp(dir=self.home))
        beginning = None if name == "empty-desk" else self.beginnings["es" if look == "es" else "en"]
        async with opened(folder, beginning, look) as desk:
            if name == "emptied-inbox":
                await empty_inbox(desk)
            for key in SCREENS[name]:
                await desk.press(key)
            for columns, lines in sizes:
                await desk.pilot.resize_terminal(columns, lines)
                await desk.settle()
                drawing = Drawing(columns, lines, desk.colours[1])
                screen = desk.screen()
                drawing.frame(screen)
                path = self.target / f"{name}-{columns}x{lines}-{look}.svg"
                path.write_text(drawing.text(path.stem), "utf-8")
                words = ("".join(piece[0] for piece in line).rstrip() for line in screen)
                path.with_suffix(".txt").write_text("\n".join(words) + "\n", "utf-8")
                if convert := shutil.which("rsvg-convert"):
                    subprocess.run([convert, path, "-o", path.with_suffix(".png")], check=True)
        shutil.rmtree(folder)


def main() -> None:
    """Draw into the folder that is named."""
    target, wanted = Path(sys.argv[1]), sys.argv[2:]
    sizes = [(int(one), int(two)) for one, two in re.findall(r"\b(\d+)x(\d+)\b", " ".join(wanted))]
    names = [name for name in wanted if name in SCREENS]
    looks = [look for look in wanted if look in LOOKS]
    if unknown := [name for name in wanted if name not in (*SCREENS, *LOOKS) and not re.fullmatch(r"\d+x\d+", name)]:
        sys.exit(f"there is no screen {unknown[0]}: choose from {', '.join((*SCREENS, *LOOKS))}")
    from refterm.services.demo import desk as demo
    from refterm.services.demo.options import SEED

    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ.update(HOME=folder, XDG_STATE_HOME=folder, COLORTERM="truecolor", TERM="xterm-256color")
        os.environ.update(LANG="C.UTF-8", LC_ALL="C.UTF-8", LANGUAGE="en")
        task = Task(target, home, {})
        for language in ("en", "es"):
            task.beginnings[language] = demo.replay(home / f"{language}.db", INSTANT, SEED, language)
        for look in looks or LOOKS:
            os.environ["LC_ALL"] = "es_ES.UTF-8" if look == "es" else "C.UTF-8"
            os.environ.pop("NO_COLOR", None)
            if look == "plain":
                os.environ["NO_COLOR"] = "1"
            for name in names or SCREENS:
                asyncio.run(task.draw(name, look, sizes or list(SIZES)))


if __name__ == "__main__":
    main()
