"""Draws the pictures of README and pages, and the recording, from the demo: `make pictures`.

Each is 100 cells by 30, in the dark theme, of the demo with its usual seed at an instant that is always the same. The
recording is an SVG that moves by itself: it needs no player, and where nothing moves it shows its first frame.

usage: pictures.py FOLDER [NAME...]
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

INSTANT = datetime(2026, 3, 2, 11, 2, tzinfo=UTC)
SIZE = (100, 30)
CELL, LINE, FONT = 10, 21, 16.61
FONTS = "'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,monospace"
# The keys that lead from the Inbox to each picture.
PICTURES: dict[str, tuple[str, ...]] = {
    "inbox": (),
    "accept": ("f", "a", "tab", *"12.5k", "tab", "tab", *"3m"),
    "insights": ("i",),
    "detail": ("f", "enter"),
    "decline": ("space", "space", "d", "1"),
    "deals": ("2",),
}
# The recording: the seconds that each frame stands, and the key that leads to it. 20 seconds in all.
RECORDING: tuple[tuple[float, str], ...] = (
    *(
        (1.6, ""),
        (0.9, "f"),
        (0.7, "m"),
        *((0.08, letter) for letter in "Called, wants a quote"),
        (0.3, ""),
        (1.2, "enter"),
    ),
    *(
        (0.9, "a"),
        (0.3, "tab"),
        *((0.18, letter) for letter in "12.5k"),
        (0.5, ""),
        (0.2, "tab"),
        (0.2, "tab"),
        (0.25, "3"),
        (0.9, "m"),
    ),
    *((1.5, "ctrl+s"), (1.2, ">"), (1.2, ">"), (0.9, ")")),
    *((0.9, "2"), (0.9, "w"), (1.3, "ctrl+s"), (1.57, "i")),
)
NAMES = {
    "[": "left_square_bracket",
    ">": "greater_than_sign",
    ")": "right_parenthesis",
    ".": "full_stop",
    ",": "comma",
    " ": "space",
}
CHARACTERS = {"space": " ", "question_mark": "?", "enter": "\r", "tab": "\t"}
ROUNDS = 6  # a key sets off a message, that another, and the last a refresh
Piece = tuple[str, str, str, bool, bool]  # text, colour, ground, bold, underlined
Screenful = list[tuple[Piece, ...]]


@dataclass
class Drawing:
    """An SVG in the making: each line that looks the same is drawn once."""

    columns: int
    lines: int
    ground: str
    known: dict[tuple[Piece, ...], str] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)

    def frame(self, screen: Screenful, more: str = "") -> None:
        """Add a screenful."""
        uses = []
        for row, line in enumerate(screen):
            if line not in self.known:
                self.known[line] = f"l{len(self.known)}"
            uses.append(f'<use href="#{self.known[line]}" y="{row * LINE}"/>')
        self.body.append(f"<g{more}>{''.join(uses)}</g>")

    def text(self, title: str, style: str = "") -> str:
        """The whole file."""
        width, height = self.columns * CELL + 24, self.lines * LINE + 24
        lines = "\n".join(f'<g id="{name}">{_line(line, self.ground)}</g>' for line, name in self.known.items())
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"><title>{escape(title)}</title>\n'
            f"<style>text{{font:{FONT}px {FONTS}}}.b{{font-weight:bold}}.u{{text-decoration:underline}}{style}</style>\n"
            f"<defs>\n{lines}\n</defs>\n"
            f'<rect width="{width}" height="{height}" rx="8" fill="{self.ground}"/>\n'
            f'<g transform="translate(12 12)">\n' + "\n".join(self.body) + "\n</g>\n</svg>\n"
        )


def _line(line: tuple[Piece, ...], ground: str) -> str:
    from rich.cells import cell_len

    rects, texts, x = [], [], 0
    for text, colour, back, bold, underlined in line:
        cells = cell_len(text)
        if back != ground:
            rects.append(f'<rect x="{x * CELL}" width="{cells * CELL}" height="{LINE}" fill="{back}"/>')
        # Words far apart are placed each by itself, so that columns stay where they are in any font.
        for match in re.finditer(r"\S+(?: {1,2}\S+)*", text):
            shown, start = match[0], x + cell_len(text[: match.start()])
            names = " ".join(("b",) * bold + ("u",) * underlined)
            kind = f' class="{names}"' if names else ""
            texts.append(
                f'<text x="{start * CELL}" y="{LINE - 5}" textLength="{cell_len(shown) * CELL}"'
                f' lengthAdjust="spacingAndGlyphs" fill="{colour}"{kind}>{escape(shown.replace(" ", chr(160)))}</text>'
            )
        x += cells
    return "".join(rects + texts)


def _pieces(line: Iterable[Any], colours: tuple[str, str]) -> tuple[Piece, ...]:
    """A line of the screen with its colours, neighbours of the same looks joined."""
    found: list[Piece] = []
    for text, style, control in line:
        if control:
            continue
        fore, back = colours
        if style is not None:
            fore = style.color.get_truecolor().hex if style.color and not style.color.is_default else fore
            back = style.bgcolor.get_truecolor().hex if style.bgcolor and not style.bgcolor.is_default else back
            if style.reverse:
                fore, back = back, fore
        looks = (fore, back, bool(style and style.bold), bool(style and style.underline))
        if found and (
            found[-1][1:] == looks
            or (found[-1][2] == back and not text.strip(" ") and not looks[3] and not found[-1][4])
        ):
            found[-1] = (found[-1][0] + text, *found[-1][1:])
        else:
            found.append((text, *looks))
    return tuple(found)


@dataclass
class Opened:
    """A demo without a terminal."""

    app: Any
    pilot: Any

    async def press(self, key: str) -> None:
        """Press a key, and wait until all that it sets off is done."""
        from textual import events

        character = CHARACTERS.get(key, key if len(key) == 1 else None)
        self.app._driver.send_message(events.Key(NAMES.get(key, key), character))
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is going on."""
        desk, loop, still = self.app.desk, asyncio.get_running_loop(), 0
        while still < ROUNDS:
            # Not `pause`: that waits until the whole machine is idle.
            await self.pilot._wait_for_screen()
            self.app.screen._on_timer_update()
            planned = (desk._detail_due, desk.fit_scores._due)
            waits = any(due and not due.cancelled() and due.when() > loop.time() for due in planned)
            quiet = all(worker.is_finished for worker in self.app.workers) and not desk.message_queue_size
            still = still + 1 if quiet and not waits else 0
            if not still:
                await asyncio.sleep(0.01)

    def screen(self) -> Screenful:
        """What stands on it."""
        update = self.app.screen._compositor.render_update(full=True, screen_stack=self.app._background_screens)
        return [_pieces((piece for strip in line for piece in strip), self.colours) for line in update.strips]

    @property
    def colours(self) -> tuple[str, str]:
        """Colour of plain text, and of the ground."""
        theme = self.app.current_theme
        return (theme.foreground or "#ffffff").lower(), (theme.background or "#000000").lower()


@asynccontextmanager
async def opened(folder: Path, beginning: Path, *, present: bool) -> AsyncIterator[Opened]:
    """Open a demo on a copy of its first database, with its clock standing."""
    from refterm.config import NoticeSettings, Settings
    from refterm.domain.history import Actor
    from refterm.services.demo import desk as demo
    from refterm.services.demo.clock import DemoClock
    from refterm.services.demo.options import DemoOptions
    from refterm.services.workplace import workplace
    from refterm.store.opening import open_database
    from refterm.tui.app import session_for
    from refterm.tui.demo.app import DemoApp
    from refterm.tui.draw.signs import UNICODE

    path = folder / "desk.db"
    path.write_bytes(beginning.read_bytes())
    clock = DemoClock(INSTANT, 0)
    notices = NoticeSettings(transport="maildir", maildir=str(folder / "notices"))
    settings = Settings(time_zone="UTC", notices=notices, database=str(path))
    place = workplace(open_database(path), settings, Actor("ana", "ana"), clock)
    place.tell_customers = False
    with place.database.writing() as connection:
        demo.introduce(connection, "ana")
    kept = folder / "beginning.db"
    place.database.backup(kept)
    options = DemoOptions(start=INSTANT, speed=0, present=present)
    session = session_for(place, settings, UNICODE, folder)
    app = DemoApp(session, settings=settings, options=options, clock=clock, kept=kept)
    try:
        async with app.run_test(size=SIZE) as pilot:
            one = Opened(app, pilot)
            await one.settle()
            yield one
    finally:
        place.close()


async def picture(name: str, folder: Path, beginning: Path) -> str:
    """One picture."""
    async with opened(folder, beginning, present=False) as desk:
        for key in PICTURES[name]:
            await desk.press(key)
        drawing = Drawing(*SIZE, desk.colours[1])
        drawing.frame(desk.screen())
        return drawing.text(f"refterm demo: {name}")


async def recording(folder: Path, beginning: Path) -> str:
    """All frames of the recording, each shown for its time, again and again."""
    async with opened(folder, beginning, present=True) as desk:
        drawing, rules, at = Drawing(*SIZE, desk.colours[1]), [], 0.0
        whole = sum(seconds for seconds, _key in RECORDING)
        for number, (seconds, key) in enumerate(RECORDING):
            if key:
                await desk.press(key)
            begins, ends = 100 * at / whole, 100 * (at + seconds) / whole
            at += seconds
            drawing.frame(desk.screen(), f' class="f" id="f{number}"')
            before = "0%{visibility:hidden}" if number else ""
            after = f"{ends:.2f}%,100%{{visibility:hidden}}" if number < len(RECORDING) - 1 else ""
            rules.append(f"@keyframes k{number}{{{before}{begins:.2f}%{{visibility:visible}}{after}}}")
            rules.append(f"#f{number}{{animation:k{number} {whole:.0f}s infinite step-end}}")
        still = "@media (prefers-reduced-motion:reduce){.f{animation:none!important}}"
        return drawing.text(
            "refterm demo, 20 seconds", ".f{visibility:hidden}#f0{visibility:visible}" + "".join(rules) + still
        )


def draw(names: Sequence[str]) -> dict[str, str]:
    """Pictures by name; `recording` is the one that moves."""
    from refterm.services.demo import desk as demo
    from refterm.services.demo.options import SEED

    found = {}
    with tempfile.TemporaryDirectory() as home:
        kept = dict(os.environ)
        os.environ.update(HOME=home, XDG_STATE_HOME=home, LANG="C.UTF-8", LC_ALL="C.UTF-8", LANGUAGE="en")
        os.environ.update(COLORTERM="truecolor", TERM="xterm-256color")
        os.environ.pop("NO_COLOR", None)
        try:
            beginning = demo.replay(Path(home) / "first.db", INSTANT, SEED, "en")
            for name in names:
                folder = Path(home) / name
                folder.mkdir()
                made = recording(folder, beginning) if name == "recording" else picture(name, folder, beginning)
                found[name] = asyncio.run(made)
        finally:
            os.environ.clear()
            os.environ.update(kept)
    return found


def main() -> None:
    """Draw into the folder that is named."""
    target, names = Path(sys.argv[1]), sys.argv[2:] or [*PICTURES, "recording"]
    target.mkdir(parents=True, exist_ok=True)
    for name, svg in draw(names).items():
        (target / f"{name}.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
