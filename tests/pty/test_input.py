"""What a terminal sends that nobody typed: it acts on nothing, on the list and in a form; and what people type stays."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pty.terminal import Terminal, run
from tests.pty.test_pty import CTRL_P, ESCAPE, SMALL, new_records
from tests.workplaces import bring_in

PASTE, PASTE_END = "\x1b[200~", "\x1b[201~"
ANSWER = "\x1bP>|tmux 3.3a\x1b\\"
# Each of them acted as keys once: history entries, another tab, help, a search.
ANSWERS = [
    ANSWER,
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b^tms\x1b\\",
    "\x1b[?62;22;52c",
    "\x1b[?1u",
    "\x1b[?2048;2$y",
    "\x1b[?997;1n",
    "\x1b[12;40R",
    "\x1b[8;24;80t",
    "\x1b[99;1:3u",
    "\x1b[1114112u",
    "\x1b[:~",
    "\x1b[I",
    "\x1b[O",
]


@pytest.fixture
def database(database_path: Path) -> Path:
    bring_in(database_path, new_records("Penhale Boatyard Ltd", "Reederei Möwe KG", "Kontor Nord GmbH"))
    return database_path


@pytest.fixture
def desk(database: Path) -> Iterator[Terminal]:
    with Terminal("--db", str(database), "--as", "ana", size=SMALL) as terminal:
        terminal.wait("Penhale", "q quit")
        terminal.settle()
        yield terminal


def actions(database: Path) -> list[str]:
    """What the history holds."""
    return [entry["action"] for entry in json.loads(run("history", "--json", database=database))]


def note(terminal: Terminal) -> None:
    """Open the form for a note; it is empty."""
    terminal.press("n")
    terminal.wait("ctrl+s")
    terminal.settle()


def pause() -> None:
    """As long as a slow line takes between two pieces: longer than an escape is waited for."""
    time.sleep(0.15)


def test_answers_to_other_programs_act_on_nothing(desk: Terminal, database: Path) -> None:
    """Whole and split by a slow line, on the list and in a form."""
    shown = desk.text
    for answer in ANSWERS:
        desk.press(answer)
    for cut in (1, 2, 9):
        desk.press(ANSWER[:cut])
        pause()
        desk.press(ANSWER[cut:])
    desk.settle()
    assert desk.text == shown
    note(desk)
    desk.press("Dear " + "".join(ANSWERS) + "customer")
    desk.wait("Dear customer")
    assert actions(database) == ["imported"] * 3


def test_an_answer_that_waits_before_the_first_frame_is_thrown_away_and_keys_stay(database: Path) -> None:
    """As when another program asked, and refterm was started before the answer came."""
    with Terminal("--db", str(database), "--as", "ana", size=SMALL) as terminal:
        terminal.press(ANSWER + "?")
        terminal.wait("escape closes")
        terminal.press(ESCAPE)
        terminal.wait("Penhale", "q quit")
    assert actions(database) == ["imported"] * 3


def test_bytes_that_are_no_utf8_and_joiners_are_text(desk: Terminal, database: Path) -> None:
    """An umlaut of a Latin-1 terminal ended the desk; in Persian every second word has a zero-width non-joiner."""
    desk.press(b"\xe9\xfc\x9b\xff")  # type: ignore[arg-type]
    note(desk)
    desk.press(b"Gr\xfc\xdfe ")  # type: ignore[arg-type]
    desk.press("می\u200cشود 👩\u200d💻")
    desk.press("\x13")
    desk.gone("ctrl+s")
    entry = json.loads(run("history", "--json", database=database))[-1]
    assert "Gr\ufffd\ufffde می\u200cشود 👩\u200d💻" in json.dumps(entry["changes"], ensure_ascii=False)


@pytest.mark.parametrize("key", ["q", "j", "2", "\x13"], ids=["q", "j", "2", "ctrl+s"])
def test_escape_and_a_key_in_one_piece_are_both_done(desk: Terminal, key: str) -> None:
    """A line that joins what was apart made alt+q of them: escape was lost, and q replaced the name that stood there."""
    desk.press("a")
    desk.wait("Accept referral")
    desk.settle()
    desk.press("\x1b" + key)
    if key == "q":
        assert desk.end() == 0
        return
    desk.gone("Accept referral")
    desk.wait("No engagement is being worked." if key == "2" else "Penhale")
    if key == "2":
        desk.press("1")
    desk.press("ggg")
    desk.press("a")
    desk.wait("Accept referral")
    desk.settle()
    assert "restored" not in desk.text


def test_escape_and_a_letter_close_the_search_and_act(desk: Terminal) -> None:
    desk.press("/Nord")
    desk.wait("1 hit")
    desk.press("\x1bk")
    desk.gone("/Nord")
    desk.wait("Reederei Möwe KG ·")


def test_alt_and_backspace_stay_keys_of_a_field(desk: Terminal) -> None:
    note(desk)
    desk.press("one two\x1b\x7fthree \x1b[D\x1b[D\x1b[D\x1b[3;3~")
    desk.wait("one thr")
    assert "three" not in desk.text


def test_what_is_pasted_is_text_to_its_end(desk: Terminal, database: Path) -> None:
    """tmux filters no ESC: what followed it was pressed as keys (`m` marked a customer as contacted)."""
    shown = desk.text
    desk.press(f"{PASTE}log: \x1b[31mtimeout\x1b[0m s\x1bq{PASTE_END}")
    desk.settle()
    assert desk.text == shown
    note(desk)
    desk.press(f"{PASTE}first\x1b[31mred\x1b")
    pause()
    desk.press("qlast\x1b[20")
    pause()
    desk.press("1~ end")
    desk.wait("first[31mredqlast end")
    assert actions(database) == ["imported"] * 3


def test_lines_pasted_without_a_mark_do_nothing_on_the_list(desk: Terminal, database: Path) -> None:
    """`tmux paste-buffer` without -p, and old terminals. In a field they are text."""
    text = "Please adjust the quote\rmutter und tante\rsds"
    desk.press(text)
    desk.wait("What was pasted does nothing here")
    desk.settle(0.4)  # what comes at once belongs to it
    desk.press("n")
    desk.wait("ctrl+s")
    desk.settle()
    desk.press(text)
    desk.wait("Please adjust the quote", "mutter und tante")
    assert actions(database) == ["imported"] * 3


def test_mouse_focus_and_the_kitty_protocol_go_on_working(desk: Terminal) -> None:
    """Also where a slow line splits a report."""
    desk.press("\x1b[O\x1b[I")
    line = next(y for y, text in enumerate(desk.screen.display) if "Kontor" in text) + 1
    for report in (f"\x1b[<0;20;{line}M", f"\x1b[<0;20;{line}m"):
        desk.press(report[:5])
        pause()
        desk.press(report[5:])
    desk.wait("Kontor Nord GmbH ·")
    desk.settle()
    desk.press("\x1b[47;;47u")
    desk.press("\x1b[110;;110u\x1b[111;;111u\x1b[114;;114u")
    desk.wait("/nor", "1 hit")
    desk.press("\x1b[27u")
    desk.gone("/nor")
    desk.press("\x1b[63;;63u")
    desk.wait("escape closes")


def test_ctrl_q_does_nothing(desk: Terminal) -> None:
    """It is what people press where ctrl+s has frozen the screen."""
    desk.press("\x11")
    note(desk)
    desk.press("HELLO\x11 there")
    desk.wait("HELLO there")
    desk.press(ESCAPE)
    desk.gone("ctrl+s")
    desk.press(CTRL_P)
    desk.wait("type to search")
    desk.press("\x11")
    desk.settle()
    assert desk.child.isalive()


def test_the_size_is_the_terminal_s_whatever_the_environment_says(database: Path) -> None:
    """COLUMNS and LINES come from `eval $(resize)` or `docker exec -e`, and do not follow a resize."""
    wrong = {"COLUMNS": "300", "LINES": "100"}
    with Terminal("--db", str(database), "--as", "ana", size=SMALL, environment=wrong) as terminal:
        terminal.wait("Penhale", "q quit")
        assert terminal.screen.display[-1].rstrip().endswith("quit") or "q quit" in terminal.screen.display[-1]
        terminal.screen.resize(20, 60)
        terminal.child.setwinsize(20, 60)
        terminal.until(lambda: "quit" in terminal.screen.display[19], "the keys in the last line")


def test_variables_of_textual_s_own_cannot_end_the_desk(database: Path) -> None:
    strange = {"TEXTUAL_DRIVER": "nope:x", "ESCDELAY": "x", "TEXTUAL_FPS": "y"}
    with Terminal("--db", str(database), size=SMALL, environment=strange) as terminal:
        terminal.wait("Penhale", "q quit")
    with Terminal("--db", str(database), size=SMALL, environment={"TEXTUAL_COLOR_SYSTEM": "foo"}) as terminal:
        terminal.wait("TEXTUAL_COLOR_SYSTEM must be one of auto")
        assert terminal.end() == 1


def test_with_ascii_nothing_else_is_drawn_in_insights_either(database: Path) -> None:
    with Terminal("--ascii", "--db", str(database), "--as", "ana", size=SMALL) as terminal:
        terminal.wait("Penhale", "q quit")
        terminal.settle()
        terminal.raw = b""
        terminal.press("i")
        terminal.wait("Time to accept")
        terminal.settle()
        assert not [letter for letter in terminal.raw.decode() if letter > "\u024f"]  # letters of names stay
