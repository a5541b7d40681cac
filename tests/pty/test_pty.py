"""The desk in a real terminal, in real time: what it writes, how it ends, and what it leaves behind.

Waits are for something on the screen. Only two things take their time: a referral that runs out (I4), and a desk at rest.
"""

from __future__ import annotations

import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pexpect
import pytest

from refterm.services.desk import Desk
from tests.pty.terminal import PATIENCE, Stopwatch, Terminal
from tests.samples import Json, api_record, stamp
from tests.workplaces import bring_in, open_at

SMALL = (80, 24)
ENTER, ESCAPE, CTRL_P, CTRL_Z = "\r", "\x1b", "\x10", "\x1a"
ALTERNATE, ORDINARY = b"\x1b[?1049h", b"\x1b[?1049l"
SHOW_CURSOR, MOUSE = b"\x1b[?25h", b"\x1b[?1000h"
SGR = re.compile(rb"\x1b\[([0-9;:]*)m")


def new_records(*names: str, **overrides: Any) -> list[Json]:
    """New referrals whose times stand for most of a minute: 22 h 59 m and 58 s are left to answer."""
    now = datetime.now(UTC)
    created = stamp(now - timedelta(hours=1, seconds=2))
    return [
        api_record(
            **{
                "createdDateTime": created,
                "updatedDateTime": created,
                "expirationDateTime": stamp(now + timedelta(days=13, minutes=30)),
                "customerProfile__name": name,
                **overrides,
            }
        )
        for name in names
    ]


@pytest.fixture
def database(database_path: Path) -> Path:
    """A desk with two referrals."""
    bring_in(database_path, new_records("Penhale Boatyard Ltd", "Reederei Möwe KG"))
    return database_path


@pytest.fixture
def desk(database: Path) -> Iterator[Terminal]:
    """That desk, open in a terminal."""
    with Terminal("--db", str(database), "--as", "ana", size=SMALL) as terminal:
        terminal.wait("Penhale", "q quit")
        yield terminal


def _ends_in_order(terminal: Terminal, status: int) -> None:
    """It ends with a status, and the terminal is as it was: ordinary screen, cursor shown, no mouse, lines and echo."""
    fresh = pexpect.spawn("sleep", ["5"], dimensions=(24, 80))
    terminal.until(lambda: not terminal.child.isalive(), "the end of the program")
    assert termios.tcgetattr(terminal.child.child_fd)[:4] == termios.tcgetattr(fresh.child_fd)[:4]
    fresh.close(force=True)
    assert terminal.end() == status
    raw = terminal.raw
    assert raw.rindex(ORDINARY) > raw.rindex(ALTERNATE)
    assert raw.rindex(SHOW_CURSOR) > raw.rindex(b"\x1b[?25l")
    assert raw.rindex(b"\x1b[?1000l") > raw.rindex(MOUSE)


def _close(terminal: Terminal, words: str) -> None:
    """Press escape, and wait until what was open is gone and nothing more is drawn."""
    terminal.press(ESCAPE)
    terminal.gone(words)
    terminal.settle()


def _read_all(terminal: Terminal, seconds: float) -> bytes:
    """Everything that comes within some time."""
    end = time.monotonic() + seconds
    got = b""
    while (left := end - time.monotonic()) > 0:
        got += terminal.read(left)
    return got


# Time and others, without a key pressed


def test_what_another_process_brings_in_shows_runs_out_by_itself_and_a_desk_at_rest_is_silent(
    database: Path, tmp_path: Path, empty_desk: Path
) -> None:
    """T1: within 2 seconds. I4: at its deadline, and with exactly that as its time. At rest: not one byte."""
    quiet = tmp_path / "quiet.db"
    quiet.write_bytes(empty_desk.read_bytes())
    bring_in(quiet, new_records("Nothing happens here AG", "Nor here"))
    with (
        Terminal("--db", str(quiet), "--as", "ana", size=SMALL) as resting,
        Terminal("--db", str(database), "--as", "ana", size=SMALL) as terminal,
    ):
        resting.wait("Nothing happens here", "q quit")
        terminal.wait("Penhale", "q quit")
        resting.settle()
        silent_since = time.monotonic()

        deadline = datetime.now(UTC).replace(microsecond=123456) + timedelta(seconds=8)
        bring_in(database, new_records("Soon Over GmbH", expirationDateTime=stamp(deadline)))
        watch = Stopwatch(terminal)
        terminal.wait("1 new referral: Soon Over GmbH", "Inbox 3")
        assert watch.seconds < 2
        assert b"\x1b]0;refterm (1)\x07" in terminal.raw

        terminal.wait("Expired: #3 Soon Over GmbH. Archived.", "Inbox 2", "Archived 1")
        late = datetime.now(UTC) - deadline
        assert timedelta(0) <= late < timedelta(seconds=2 + watch.waited)
        terminal.press("3")
        terminal.wait("expired", "Soon Over GmbH")

        time.sleep(max(0.0, 5 - (time.monotonic() - silent_since)))
        assert _read_all(resting, 0.2) == b""
        assert terminal.leave() == 0
        assert resting.leave() == 0
    with closing(sqlite3.connect(database)) as connection, connection:
        found = connection.execute("select outcome, closed_at from referral where id = 3").fetchone()
    assert found == ("expired", round(deadline.timestamp() * 1_000_000))


# How it ends


def test_q_leaves_at_once_and_the_terminal_is_as_it_was(desk: Terminal) -> None:
    watch = Stopwatch(desk)
    desk.press("q")
    desk.until(lambda: watch.seconds > 2 or not desk.child.isalive(), "the end")
    assert not desk.child.isalive()
    _ends_in_order(desk, 0)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGHUP, 129), (signal.SIGTERM, 143)], ids=["hangup", "terminate"]
)
def test_a_signal_ends_the_desk_in_order_and_keeps_what_was_typed(
    desk: Terminal, database: Path, number: signal.Signals, status: int
) -> None:
    desk.press("n")
    desk.wait("ctrl+s")
    desk.press("They call back on Monday")
    desk.wait("They call back on Monday")
    desk.child.kill(number)
    _ends_in_order(desk, status)
    with Terminal("--db", str(database), "--as", "ana", size=SMALL) as again:
        again.wait("Penhale", "q quit")
        again.press("n")
        again.wait("They call back on Monday", "restored")


def test_a_closed_terminal_ends_the_desk(desk: Terminal) -> None:
    """And leaves no process that draws for nobody."""
    desk.press("a")
    desk.wait("Accept referral")
    desk.child.ptyproc.fileobj.close()
    assert desk.child.wait() == 129


def test_a_killed_desk_has_lost_nothing_that_was_saved(desk: Terminal, database: Path) -> None:
    desk.press("s")
    desk.wait("is a favourite")
    desk.child.kill(signal.SIGKILL)
    assert desk.end() == -signal.SIGKILL
    place = open_at(database)
    assert place.database.check() == []
    assert Desk(place).referral(1).favorite
    place.close()


def test_the_view_is_remembered_by_keys_typed_in_one_go(desk: Terminal, database: Path) -> None:
    desk.press("2oq")
    assert desk.end() == 0
    with Terminal("--db", str(database), "--as", "ana", size=SMALL) as again:
        again.wait("No engagement is being worked.", "order: received")


def test_a_search_typed_in_one_go_reaches_its_field_only(desk: Terminal) -> None:
    """The letters are keys of the desk as well: `d` declines, `q` quits."""
    desk.press("/möwe" + ENTER)
    desk.wait("1 hit", "/möwe")
    desk.gone("Penhale")
    assert desk.leave() == 0


def test_keys_that_edit_are_done_in_the_order_typed(desk: Terminal) -> None:
    """As they come in one piece over a slow line: a letter, backspace, another letter; from the line's start to its end."""
    desk.press("n")
    desk.wait("ctrl+s")
    desk.press("Mondey\x7f\x7fay, not Tuseday\x1b[D\x1b[D\x1b[D\x7f\x7fes")
    desk.wait("Monday, not Tuesday")
    _close(desk, "ctrl+s")
    desk.press("/Kx")
    desk.wait("Nothing found")
    desk.press("ontor\x01\x0bPenn\x7fhale")
    desk.wait("Penhale Boatyard", "1 hit")


def test_the_desk_is_suspended_to_the_shell_and_comes_back(database: Path) -> None:
    """`ctrl+z`, and `fg`."""
    shell = pexpect.spawn(
        "bash", ["--norc", "--noprofile", "-i"], dimensions=(24, 80), timeout=PATIENCE, encoding="utf-8", echo=False
    )
    shell.setwinsize(24, 80)
    try:
        shell.sendline("PS1='rea''dy> '; export TERM=xterm-256color")
        shell.expect("ready> ")
        shell.sendline(shlex.join([sys.executable, "-m", "refterm", "--db", str(database), "--as", "ana"]))
        shell.expect("Penhale")
        shell.expect("quit")
        shell.send(CTRL_Z)
        shell.expect_exact("\x1b[?1049l")
        shell.expect("Stopped")
        shell.expect("ready> ")
        shell.sendline("fg")
        shell.expect_exact("\x1b[?1049h")
        shell.expect("Penhale")
        shell.send("q")
        shell.expect("ready> ")
        shell.sendline("echo status=$?")
        shell.expect("status=0")
    finally:
        shell.close(force=True)


# What the terminal can do


def test_a_terminal_without_utf8_gets_ascii_only(database_path: Path) -> None:
    """Also where Textual itself draws: palette, forms, scrollbars; and customers' names."""
    team = [{"firstName": "Aurélien", "lastName": "Löwe", "email": "a@b.example", "phoneNumber": "٠١٢"}]
    names = ["Möwe & Söhne", "東北精密工業 株式会社", "مستشفى الواحة"]
    bring_in(
        database_path,
        new_records(*names, customerProfile__team=team, details__customerRequestedContact=True)
        + new_records(*[f"Ä{number}" for number in range(40)]),
    )
    environment = {"LANG": "C", "LC_ALL": "", "LC_CTYPE": ""}
    with Terminal("--db", str(database_path), "--as", "anaïs", size=SMALL, environment=environment) as terminal:
        terminal.wait("HOT", "contact them now", "Mowe", "q quit")
        for keys, words in (
            ("t", "is yours"),
            (CTRL_P, "type to search"),
            ("a", "Accept referral"),
            ("d", "Close engagement"),
            ("?", "escape closes"),
            ("h", "escape closes"),
            (ENTER, "escape back"),
            ("/mow", "1 hit"),
        ):
            terminal.press(keys)
            terminal.wait(words)
            if keys not in ("t", "/mow"):
                _close(terminal, words)
        assert re.findall(rb"[^\x1b]*[\x80-\xff][^\x1b]*", terminal.raw) == []


def test_no_colour_is_sent_where_none_is_wanted(database: Path) -> None:
    with Terminal("--db", str(database), "--as", "ana", size=SMALL, environment={"NO_COLOR": "1"}) as terminal:
        terminal.wait("Penhale", "q quit")
        for keys, words in (("a", "Accept referral"), (CTRL_P, "type to search")):
            terminal.press(keys)
            terminal.wait(words)
            _close(terminal, words)
    codes = {part for found in SGR.findall(terminal.raw) for part in re.split(rb"[;:]", found) if part}
    # Bold, dim, italic, underline, reverse, and their ends.
    assert codes <= {b"0", b"1", b"2", b"3", b"4", b"7", b"22", b"23", b"24", b"27"}
    assert b"7" in codes


@pytest.mark.parametrize("kind", ["linux", "screen", "vt100"])
def test_a_terminal_with_few_colours_shows_the_cursor(database: Path, kind: str) -> None:
    environment = {"TERM": kind, "COLORTERM": ""}
    with Terminal("--db", str(database), "--as", "ana", size=SMALL, environment=environment) as terminal:
        terminal.wait("Penhale", "q quit")
        line = next(y for y, text in enumerate(terminal.screen.display) if "Penhale" in text and " 1 " in text)
        assert terminal.screen.buffer[line][10].reverse


def test_the_mouse_is_left_alone_where_it_should_be(database: Path) -> None:
    with Terminal("--db", str(database), "--no-mouse", size=SMALL) as terminal:
        terminal.wait("Penhale", "q quit")
        for mode in (b"1000", b"1002", b"1003", b"1006", b"1015"):
            assert b"\x1b[?" + mode + b"h" not in terminal.raw


@pytest.mark.parametrize(
    ("where", "words"),
    [("pipe", "the desk needs a terminal"), ("dumb", "cannot be drawn on this terminal")],
)
def test_a_pipe_and_a_dumb_terminal_are_refused_with_a_hint(database: Path, where: str, words: str) -> None:
    if where == "pipe":
        done = subprocess.run(
            [sys.executable, "-m", "refterm", "--db", str(database)],
            capture_output=True,
            text=True,
            stdin=subprocess.PIPE,
        )
        status, said = done.returncode, done.stdout + done.stderr
    else:
        with Terminal("--db", str(database), size=SMALL, environment={"TERM": "dumb"}) as terminal:
            status = terminal.end()
            said = " ".join(terminal.text.split())
    assert status == 1
    assert words in said
    assert "refterm list" in said
    assert "\x1b" not in said


# What customers write

HOSTILE = [
    "\x1b]0;owned\x07Title",
    "\x1b]52;c;b3duZWQ=\x07Clip",
    "\x1b[2J\x1b[31mRed",
    "\x9b2J\x9d0;owned\x9cC1",
    "\u202eBidi\u202c",
    "[link=https://attacker.example]Link[/link]",
    "[@click=app.quit]Click[/]",
    "\x1bP$q q\x1b\\Dcs",
]
OPERATING_SYSTEM = re.compile(rb"\x1b\]([^\x07\x1b]*)(?:\x07|\x1b\\)")
# The title, the shape of the mouse's pointer, which Textual sends, and the links that the desk builds.
OWN = rb"0;refterm|22;default|8;;|8;id=[0-9]+;(?:tel:\+?[0-9]+|mailto:[A-Za-z0-9.@%_+-]+)"
# Everything that a desk may send: those, and sequences with parameters that only numbers can be.
ALLOWED = re.compile(rb"\x1b\](?:" + OWN + rb")(?:\x07|\x1b\\)|\x1b\[[?<>=]?[0-9;:]*[ $]?[A-Za-z~]|\x1b[=>]")


def _dirty(database: Path) -> None:
    """The same texts once more, past the import that cleans them."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for number, text in enumerate(HOSTILE, 1):
            people = f'[{{"name": "{text}", "title": "", "email": "e", "phone": "1"}}]'.replace("\x1b", "\\u001b")
            people = people.replace("\x07", "\\u0007").replace("\\\\", "")
            connection.execute(
                "update referral set company = ?, need = ?, city = ?, taken_by = ?, contacts = ? where id = ?",
                (text, text, text, text, people if number < len(HOSTILE) else "[]", number),
            )


@pytest.mark.parametrize("dirty", [False, True], ids=["imported", "in the database"])
def test_texts_that_mean_harm_change_neither_title_nor_clipboard_nor_screen(database_path: Path, dirty: bool) -> None:
    bring_in(database_path, new_records(*HOSTILE, details__customerRequestedContact=True))
    if dirty:
        _dirty(database_path)
    with Terminal("--db", str(database_path), "--as", "ana", size=(120, 40)) as terminal:
        terminal.wait("[link=https", "[@click=app.quit]Cl", "q quit")
        for _ in HOSTILE:
            terminal.press("j")
        terminal.press(ENTER)
        terminal.wait("Referral ID")
        for keys, words in (("h", "escape closes"), ("a", "Accept referral")):
            terminal.press(keys)
            terminal.wait(words)
            _close(terminal, words)
        assert terminal.leave() == 0
    assert not [sent for sent in OPERATING_SYSTEM.findall(terminal.raw) if not re.fullmatch(OWN, sent)]
    rest = ALLOWED.sub(b"", terminal.raw)
    assert not re.findall(rb".{0,40}\x1b.{0,30}", rest, re.S)
    letters = rest.decode()
    assert not [letter for letter in letters if "\x7f" <= letter <= "\x9f" or "\u202a" <= letter <= "\u202e"]


def test_a_copied_address_goes_to_the_clipboard_of_the_terminal(desk: Terminal) -> None:
    desk.press("y")
    desk.wait("was sent to your terminal's clipboard")
    assert re.search(rb"\x1b\]52;c;[A-Za-z0-9+/=]+\x07", desk.raw)


# Sizes


def test_no_size_ends_the_desk(desk: Terminal) -> None:
    sizes = [(1, 1), (300, 100), (2, 50), (80, 1), (1, 80), (40, 12), (159, 24), (160, 24), (79, 23), (20, 5)]
    for opened in ("", "a", CTRL_P, "?"):
        if opened:
            desk.press(opened)
        for columns, lines in sizes * 3:
            desk.child.setwinsize(lines, columns)
            desk.read(0.005)
        desk.screen.resize(24, 80)
        desk.child.setwinsize(24, 80)
        words = {"": "Customer", "a": "Accept referral", CTRL_P: "type to search", "?": "escape closes"}[opened]
        desk.wait(words)
        if opened:
            _close(desk, words)
    desk.child.setwinsize(40, 120)
    desk.screen.resize(40, 120)
    desk.wait("Answer in")
    assert desk.leave() == 0
