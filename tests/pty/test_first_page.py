"""The first page, painted before Textual is there: the same as Textual's, with keys that count and ends that are in order."""

from __future__ import annotations

import json
import re
import stat
import sys
import termios
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest

from refterm import paths
from refterm.domain.query import Filter, Order, Tab
from refterm.services.personal.view_state import ViewState, ViewStates
from tests.pty.terminal import Terminal
from tests.samples import Json, api_record, stamp
from tests.workplaces import bring_in, open_at

BEGIN, END = b"\x1b[?2026h", b"\x1b[?2026l"
ALTERNATE, ORDINARY, MOUSE = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?1000h"
# What Textual sends from its first question to the terminal up to the end of the footer, the last line of its first frame.
FRAME = re.compile(rb"\x1b\[\?2026\$p.*? quit (?:[^\x1b]|\x1b\[[0-9;]*m)*", re.DOTALL)
# The program, and what it does between the first page and Textual.
PROGRAM = """
import os, select, signal, sys
from refterm.cli.main import main
from refterm.errors import StoreError
from refterm.tui import first_page
show = first_page._show
def show_then(text):
    show(text)
    {then}
first_page._show = show_then
sys.argv = ["refterm", *sys.argv[4:]]
main()
"""


def program(then: str) -> tuple[str, ...]:
    return (sys.executable, "-c", PROGRAM.format(then=then))


def records() -> list[Json]:
    """More than a screen of them, in all colours, wide letters too; no text of theirs changes within a minute."""
    now = datetime.now(UTC)
    found = []
    for number in range(70):
        age = timedelta(days=number % 12, minutes=30, seconds=2)
        status = {3: ("Active", "Accepted"), 4: ("Closed", "Won")}.get(number % 7, ("New", "Pending"))
        found.append(
            api_record(
                createdDateTime=stamp(now - age),
                updatedDateTime=stamp(now - age),
                expirationDateTime=stamp(now - age + timedelta(days=13 if number % 12 else 0, hours=20)),
                customerProfile__name=("Möwe & Söhne", "東京システム株式会社", "A very long name of a company Ltd")[
                    number % 3
                ],
                details__customerRequestedContact=number % 12 == 5,
                favorite=number % 5 == 0,
                status=status[0],
                substatus=status[1],
            )
        )
    return found


@pytest.fixture
def database(database_path: Path) -> Path:
    bring_in(database_path, records())
    return database_path


@pytest.fixture
def kept() -> Path:
    """The file of the page."""
    return paths.state_folder() / "first-page.json"


def open_once(database: Path, kept: Path, *, size: tuple[int, int] = (80, 24), real: bool = True, **more: str) -> None:
    """Open the desk as a first time, until it has kept how it looks."""
    with Terminal("--db", str(database), "--as", "ana", size=size, environment=more, real=real) as terminal:
        terminal.until(kept.exists, "the file")
        assert terminal.leave() == 0
        assert terminal.raw.count(ALTERNATE) == 1


CASES: list[tuple[tuple[int, int], dict[str, str], ViewState]] = [
    ((80, 24), {}, ViewState()),
    ((120, 40), {"COLORTERM": "truecolor"}, ViewState(filters={Tab.INBOX: Filter(favorite=True)})),
    ((200, 60), {}, ViewState(detail="beside", theme="refterm-light")),
    ((80, 24), {"NO_COLOR": "1"}, ViewState(tab=Tab.ACTIVE, orders={Tab.ACTIVE: Order.CUSTOMER})),
    ((120, 40), {"NO_COLOR": "1"}, ViewState(detail="off")),
    ((200, 60), {"NO_COLOR": "1"}, ViewState(tab=Tab.ARCHIVED)),
    ((80, 24), {"TERM": "linux"}, ViewState()),
]


@pytest.mark.parametrize(("size", "environment", "state"), CASES)
def test_textuals_first_frame_differs_in_no_cell(
    database: Path, kept: Path, size: tuple[int, int], environment: dict[str, str], state: ViewState
) -> None:
    place = open_at(database)
    place.read_settings()
    ViewStates(paths.state_folder(), "ana", place.desk_id).save(state)
    place.close()
    open_once(database, kept, size=size, real=False, **environment)
    file = kept.stat()
    assert stat.S_IMODE(file.st_mode) == 0o600
    assert not {letter for letter in kept.read_text() if ord(letter) > 127}, "a name of a customer"
    assert "Ltd" not in kept.read_text()
    with Terminal("--db", str(database), "--as", "ana", size=size, environment=environment) as terminal:
        terminal.until(lambda: FRAME.search(terminal.raw) is not None, "a frame of Textual's")
        terminal.settle()
        frame = FRAME.search(terminal.raw)
        assert frame is not None
        page = terminal.raw.partition(END)[0]
        assert MOUSE not in page
        assert terminal.raw.count(ALTERNATE) == 1  # a second time some terminals would clear the screen
        own, theirs = drawn(page, size), drawn(frame.group(), size)
        places = json.loads(kept.read_text())[0]["places"]
        del places["detail"]  # comes with Textual, a moment after the rest
        cells = [
            (x, y) for left, top, w, h in places.values() for y in range(top, top + h) for x in range(left, left + w)
        ]
        assert len(cells) > size[0] * 12
        assert {(cell, own[cell], theirs[cell]) for cell in cells if own[cell] != theirs[cell]} == set()
        assert terminal.leave() == 0
    assert kept.stat().st_ino == file.st_ino  # nothing has changed, so nothing is written


def drawn(sent: bytes, size: tuple[int, int]) -> dict[tuple[int, int], pyte.screens.Char]:
    """What an emulator shows of what was sent: letter, colours and attributes of each cell."""
    screen = pyte.Screen(*size)
    pyte.ByteStream(screen).feed(sent)
    return {(x, y): screen.buffer[y][x] for x in range(size[0]) for y in range(size[1])}


@pytest.fixture
def ordinary() -> Iterator[list[Any]]:
    """The attributes of a terminal in which nothing has changed them."""
    fresh = pexpect.spawn("sleep", ["120"], dimensions=(24, 80))
    yield termios.tcgetattr(fresh.child_fd)[:4]
    fresh.close(force=True)


def test_keys_typed_on_the_first_page_take_effect(database: Path, kept: Path, ordinary: list[Any]) -> None:
    """Each once and in their order: all of them are there before Textual is."""
    keys = "jj\x1b[Bkntokyo"  # down three times, up, and a note
    open_once(database, kept)
    # It goes on when all keys wait in the terminal, which is seen without reading them.
    then = f"import fcntl, struct, termios\n    while struct.unpack('i', fcntl.ioctl(0, termios.FIONREAD, b'1234'))[0] < {len(keys)}: pass"
    with Terminal("--db", str(database), "--as", "ana", size=(80, 24), command=program(then)) as terminal:
        terminal.until(lambda: END in terminal.raw, "the first page")
        assert not termios.tcgetattr(terminal.child.child_fd)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
        shown = terminal.text
        terminal.press(keys)
        terminal.wait("tokyo")
        assert re.search(r"\btokyo\b", terminal.text)
        page = terminal.raw.partition(END)[0]
        assert MOUSE not in page
        assert shown.count("1 of ") == 1
        terminal.press("\x1b")
        terminal.wait(" 3 of ")
        terminal.press("2")
        terminal.wait("1 of 10")
        terminal.press("q")
        terminal.until(lambda: not terminal.child.isalive(), "the end")
        assert termios.tcgetattr(terminal.child.child_fd)[:4] == ordinary
        assert terminal.end() == 0


ENDS = {
    "raise StoreError('it is full')": (1, "refterm: it is full"),
    "raise RuntimeError('no sentence')": (1, "refterm: unexpected error (RuntimeError); details in"),
    "os.kill(os.getpid(), signal.SIGTERM)": (128 + 15, ""),
    "os.kill(os.getpid(), signal.SIGHUP)": (128 + 1, ""),
    "os.kill(os.getpid(), signal.SIGINT)": (128 + 2, ""),
    "raise StoreError(repr(sorted({n.partition('.')[0] for n in sys.modules} & {'textual', 'asyncio', 'ssl'})))": (
        1,
        "refterm: []",  # Textual is not there yet
    ),
}


def test_what_ends_the_program_after_the_first_page_leaves_the_terminal_as_it_was(
    database: Path, kept: Path, ordinary: list[Any]
) -> None:
    open_once(database, kept)
    for then, (status, sentence) in ENDS.items():
        with Terminal("--db", str(database), "--as", "ana", size=(80, 24), command=program(then)) as terminal:
            terminal.until(lambda: not terminal.child.isalive(), "the end")
            assert termios.tcgetattr(terminal.child.child_fd)[:4] == ordinary, then
            assert terminal.end() == status, then
            sent = terminal.raw
        assert sent.count(ALTERNATE) == sent.count(ORDINARY) == 1, then
        assert sent.rindex(b"\x1b[?25h") > sent.rindex(b"\x1b[?25l"), then
        assert sent.rindex(b"\x1b[?2004l") > sent.rindex(b"\x1b[?2004h"), then
        after = sent.rpartition(ORDINARY)[2].rpartition(END)[2].decode().strip()
        assert after.startswith(sentence), (then, after)
        assert bool(after) is bool(sentence), (then, after)
        assert "Traceback" not in after


def test_a_database_that_goes_after_the_first_page_is_said_by_the_desk(database: Path, kept: Path) -> None:
    open_once(database, kept)
    then = f"os.unlink({str(database)!r})"
    with Terminal("--db", str(database), "--as", "ana", size=(80, 24), command=program(then)) as terminal:
        terminal.wait("refterm", "q quit")
        terminal.until(lambda: MOUSE in terminal.raw, "Textual")
        assert terminal.leave() == 0
        assert terminal.raw.rindex(ORDINARY) > terminal.raw.rindex(ALTERNATE)
