"""An open form, panel or palette at rest, in a real terminal: it writes nothing, whatever happens on the desk below it."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from refterm.services.profiles import Profiles
from tests.pty.terminal import Terminal
from tests.samples import active_record, api_record, stamp
from tests.workplaces import bring_in, open_at

ESCAPE, CTRL_P = "\x1b", "\x10"
WIDE = (120, 40)
# Keys to open one, and a text that stands in it.
OPENED = {
    "accept": ("a", "Accept referral"),
    "decline": ("d", "Decline referral"),
    "skip": ("z", "ctrl+s"),
    "note": ("n", "─ Note "),
    "filter": ("F", "ctrl+s"),
    "profiles": ("p", "enter edit"),
    "profile": ("pa", "Add profile"),
    "insights": ("i", "Time to accept"),
    "similar": ("b", "escape closes"),
    "history": ("h", "escape closes"),
    "help": ("?", "escape closes"),
    "palette": (CTRL_P, "type to search"),
    "edit": ("2e", "ctrl+s"),
    "contact": ("2c", "ctrl+s"),
    "won": ("2w", "ctrl+s"),
    "lost": ("2l", "ctrl+s"),
    "reply": ("R", "ctrl+s"),
    "assign": ("T", "ctrl+s"),
    "views": ("V", "escape closes"),
    "outbox": ("O", "escape closes"),
    "hand on": ("E", "ctrl+s"),
    "import": ("I", "ctrl+s"),
    "follow up": ("2z", "ctrl+s"),
    "move date": ("2D", "ctrl+s"),
}
# In the suite one of each kind and a few seconds; all of them, and so many seconds, where REFTERM_TEST_REST says so:
# the forms of decisions and of deals are one class, and so are the panels of a referral.
LONG = os.environ.get("REFTERM_TEST_REST")
REST = float(LONG or "3")
IN_SHORT = ("accept", "skip", "filter", "profiles", "profile", "insights", "history", "palette", "lost")
# A desk with nothing open rests for longer than anything waits that comes round again (letters: 30 s).
AT_REST = max(REST, 35.0)


def _new(name: str, left: timedelta, **overrides: object) -> dict[str, object]:
    """A referral of which minutes and seconds are left to answer: a desk counts them down."""
    now = datetime.now(UTC)
    created = stamp(now - timedelta(hours=1, seconds=30))
    times = {"createdDateTime": created, "updatedDateTime": created, "expirationDateTime": stamp(now + left)}
    return api_record(**{**times, "customerProfile__name": name, **overrides})


@pytest.fixture
def database(database_path: Path) -> Path:
    """A desk with customers who wait, times that count down each second, and an engagement."""
    bring_in(
        database_path,
        [
            _new("Penhale Boatyard Ltd", timedelta(days=13, minutes=30), details__customerAction="ContactMe"),
            _new("Seconds Left Ltd", timedelta(seconds=max(110, 5 * REST))),
            _new("Kontor Nord GmbH", timedelta(days=9, minutes=30)),
            active_record(),
        ],
    )
    place = open_at(database_path, name="import")
    Profiles(place).add({"name": "UK", "region": "UK", "country": "GB", "location": "Falmouth;;Jo;jo@x.example"})
    place.close()
    return database_path


@pytest.fixture
def opened(database: Path) -> Iterator[dict[str, Terminal]]:
    """A desk for each form, panel and palette, with that open."""
    with ExitStack() as stack:
        terminals = {
            name: stack.enter_context(Terminal("--db", str(database), "--as", name, size=WIDE))
            for name in OPENED
            if LONG or name in IN_SHORT
        }
        for name, terminal in terminals.items():
            keys, words = OPENED[name]
            terminal.wait("Penhale", "q quit")
            for key in keys:
                terminal.press(key)
                terminal.settle()
            terminal.wait(words)
        yield terminals


def _read(terminals: dict[str, Terminal], seconds: float) -> dict[str, int]:
    """How many bytes each wrote within some time; those that wrote none are left out."""
    end = time.monotonic() + seconds
    written: dict[str, int] = {}
    while time.monotonic() < end:
        for name, terminal in terminals.items():
            if got := terminal.read(0.01):
                written[name] = written.get(name, 0) + len(got)
    return written


def _silent(terminals: dict[str, Terminal]) -> None:
    """Wait until what is under way is drawn; then nothing may be written for the time of rest."""
    for terminal in terminals.values():
        terminal.settle(0.5)
    assert _read(terminals, REST) == {}


@pytest.fixture
def resting(tmp_path: Path, empty_desk: Path) -> Iterator[Terminal]:
    """A desk at which nobody does anything, silent since it was drawn."""
    path = tmp_path / "resting.db"
    shutil.copyfile(empty_desk, path)
    # Days and half hours: what is counted in them reads the same for minutes.
    created = stamp(datetime.now(UTC) - timedelta(days=3, minutes=30))
    calm = {"createdDateTime": created, "updatedDateTime": created}
    bring_in(path, [_new("Nothing happens here AG", timedelta(days=9, minutes=30), **calm)])
    with Terminal("--db", str(path), "--as", "ana", size=WIDE) as terminal:
        terminal.wait("Nothing happens", "q quit")
        terminal.settle(1.5)
        yield terminal


def test_what_is_open_writes_nothing_at_rest_and_below_it_all_is_right(
    database: Path, opened: dict[str, Terminal], resting: Terminal
) -> None:
    """Also after others wrote and after a referral below ran out. Closed, each desk shows what became of it.

    Beside them a desk with nothing open: not a byte, although it gives signs of life and asks what others wrote.
    """
    rested_since = time.monotonic()
    _silent(opened)

    over = time.monotonic() + 6
    bring_in(
        database, [_new("Soon Over GmbH", timedelta(seconds=6)), _new("Stays Here AG", timedelta(days=5, minutes=30))]
    )
    _read(opened, over + 2 - time.monotonic())
    _silent(opened)

    for name, terminal in opened.items():
        terminal.press(ESCAPE)
        terminal.settle()
        if name == "profile":  # the panel below the form
            terminal.press(ESCAPE)
        terminal.settle()
        terminal.press("1")
        terminal.wait("q quit", "Stays Here AG", "Kontor Nord", "Penhale")
        # "Seconds Left" may have run out meanwhile, where the machine is busy.
        assert re.search(r"Inbox [34]\b", terminal.text), terminal.text
        assert re.search(r"Archived [12]\b", terminal.text), terminal.text

    while (left := rested_since + AT_REST - time.monotonic()) > 0:
        assert resting.read(left) == b""
    assert resting.read() == b""
    assert resting.leave() == 0
