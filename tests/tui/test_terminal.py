"""What comes from the terminal: keys stay keys, and whatever else comes acts on nothing.

The driver rests on Textual's tables and private names; these tests fail when they change.
"""

from __future__ import annotations

import inspect
import itertools
import os
import threading

import pytest
from textual import events, messages
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS, IGNORE_SEQUENCE
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from refterm.tui.app import RefTermApp
from refterm.tui.terminal import parser as parsing
from refterm.tui.terminal.driver import TerminalDriver, Writer
from refterm.tui.terminal.ending import Ending
from refterm.tui.terminal.parser import Prefixed, TerminalParser

C1 = [chr(code) for code in range(0x80, 0xA0)]
ANSWERS = [
    "\x1bP>|tmux 3.3a\x1b\\",
    "\x1bP1+r544e=787465726d\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
    "\x1b]52;c;dGFrZQ==\x07",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b^told\x1b\\",
    "\x1bXtold\x1b\\",
    "\x1b[?62;22;52c",
    "\x1b[>1;10;0c",
    "\x1b[0n",
    "\x1b[?997;1n",
    "\x1b[12;40R",
    "\x1b[1;1R",
    "\x1b[8;24;80t",
    "\x1b[48;24;80;480;640t",
    "\x1b[?1u",
    "\x1b[?2048;2$y",
    "\x1b[4;2$y",
    "\x1b[99;1:3u",
    "\x1b[1114112u",
    "\x1b[:~",
    "\x1b[65;1~",
    "\x1b[" + "9" * 5000 + "u",
    "\x1b[M !!",
    "\x1b[32;10;10M",
    "\x1b[<0;-4;2M",
    "\x1bOz",
]


def parse(*reads: str) -> list[Message]:
    """What comes of some reads."""
    parser = TerminalParser()
    return [event for read in reads for event in parser.feed(read)]


def said(found: list[Message]) -> list[str]:
    """Keys by name, pastes by text, anything else by its kind."""
    return [
        event.key
        if isinstance(event, events.Key)
        else f"paste {event.text}"
        if isinstance(event, events.Paste)
        else type(event).__name__
        for event in found
    ]


def test_every_key_that_textual_knows_is_that_key() -> None:
    """Also split anywhere by a slow line. Textual takes ESC and a letter for one key; here the desk decides."""
    for sequence in ANSI_SEQUENCES_KEYS:
        expected = said(list(XTermParser().feed(sequence)))
        expected = [] if expected == ["CursorPosition"] else expected
        if (sequence.startswith("\x1b") and len(sequence) < 3) or sequence in C1:
            continue
        assert said(parse(sequence)) == expected, sequence
        for cut in range(2, len(sequence)):
            assert said(parse(sequence[:cut], sequence[cut:])) == expected, (sequence, cut)


def test_mouse_focus_and_the_kitty_protocol_are_read_as_textual_reads_them() -> None:
    for sequence in (
        "\x1b[<0;10;5M\x1b[<0;10;5m",
        "\x1b[<64;1;1M\x1b[<35;80;24M\x1b[<28;3;3M",
        "\x1b[I\x1b[O",
        "\x1b[?2026;2$y",
        "\x1b[97;;97u\x1b[106;1u\x1b[115;5u\x1b[113;3u\x1b[27u\x1b[13u\x1b[9;2u\x1b[127;5u\x1b[57399;1u",
        "\x1b[1;5C\x1b[3;3~\x1b[1;2A\x1b[5;5~\x1b[57427;;53u",
        "a é 漢 🔥\r\t\x7f\x13",
    ):
        expected = list(XTermParser().feed(sequence))
        found = parse(sequence)
        assert [repr(event) for event in found] == [repr(event) for event in expected]
        assert said(parse(*sequence)) == said(expected)


def test_a_key_that_is_no_letter_types_none_whatever_its_numbers_name() -> None:
    """Textual gives such a key the letter of its last number, and a field would take that in."""
    for sequence in ("\x1b[1;5;64C", "\x1b[1;;36P", "\x1b[3;1;66~", "\x1b[1;57;66S"):
        assert any(isinstance(key, events.Key) and key.character for key in XTermParser().feed(sequence))
        (key,) = parse(sequence)
        assert isinstance(key, events.Key)
        assert (key.character, key.is_printable) == (None, False)


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_what_a_terminal_answers_acts_on_nothing(answer: str) -> None:
    """Whole, in two pieces, and letter by letter; what is typed after it is typed."""
    assert said(parse(answer + "j")) == ["j"]
    if len(answer) < 100:
        assert said(parse(*answer, "j")) == ["j"]
        for cut in range(1, len(answer)):
            assert said(parse(answer[:cut], answer[cut:] + "j")) == ["j"], cut


def test_escape_is_known_by_the_silence_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the rest of a sequence that a slow line brings only then is still its rest."""
    now = 100.0
    monkeypatch.setattr(parsing, "get_time", lambda: now)
    for rest, expected in (
        ("j", ["j"]),
        ("[3~j", ["delete", "j"]),
        ("[<0;3;3M", ["MouseDown"]),
        ("P>|tmux\x1b\\j", ["j"]),
        ("[200~pasted\x1b[201~", ["paste pasted"]),
        ("[s", []),
        ("[s\x1b[Aj", ["up", "j"]),
        ("[t\ufffdj", ["replacement_character", "j"]),
        ("[Smith]", list(map(str, ["left_square_bracket", *"Smith", "right_square_bracket"]))),
    ):
        parser = TerminalParser()
        assert said(list(parser.feed("\x1b"))) == []
        now += parser.wait() or 0
        assert said(list(parser.tick())) == ["escape"]
        assert parser.wait() is None
        now += 0.1
        assert said(list(parser.feed(rest))) == expected


def test_a_reader_that_comes_late_takes_no_beginning_for_the_escape_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the rest has long been there; only silence, which `tick` tells, makes an ESC the key."""
    now = 100.0
    monkeypatch.setattr(parsing, "get_time", lambda: now)
    parser = TerminalParser()
    assert said(list(parser.feed("\x1b"))) == []
    now += 10
    assert said(list(parser.feed("[Aj"))) == ["up", "j"]


def test_nothing_is_waited_for_longer_than_a_line_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sequence, an answer or a paste without an end does not swallow what is typed later; a paste is not lost."""
    now = 100.0
    monkeypatch.setattr(parsing, "get_time", lambda: now)
    for begun, expected in (
        ("\x1b[<0;3", []),
        ("\x1b[", []),
        ("\x1bO", ["Prefixed"]),
        ("\x1bP>|tm", []),
        ("\x1b]11;\x1b", []),
        ("\x1b[200~told\x1b[20", ["paste told\x1b[20"]),
    ):
        parser = TerminalParser()
        assert said(list(parser.feed(begun))) == []
        wait = parser.wait()
        assert wait is not None
        assert parser.inside
        now += wait
        assert said(list(parser.tick())) == expected
        assert said(list(parser.feed("j"))) == ["j"]
    parser = TerminalParser()
    list(parser.feed("\x1bP"))
    for _second in range(7):
        now += 1
        found = said(list(parser.feed("j")))
    assert found == ["j"]


def test_a_paste_is_text_to_its_end() -> None:
    text = "log: \x1b[31mtimeout\x1b[0m s\r\n\x1b]0;x\x07\x1bq \x1b[200~ \x1b[20"
    whole = f"\x1b[200~{text}\x1b[201~"
    assert said(parse(whole + "j")) == [f"paste {text}", "j"]
    assert said(parse(*whole)) == [f"paste {text}"]
    for cut in range(1, len(whole)):
        assert said(parse(whole[:cut], whole[cut:])) == [f"paste {text}"]


def test_escape_and_a_key_in_one_piece_are_told_apart_later() -> None:
    found = parse("\x1bq\x1b\x7f\x1b\x13\x1bf\x1b\x1b")
    assert said(found) == ["Prefixed"] * 4 + ["escape"]
    prefixed = [event for event in found if isinstance(event, Prefixed)]
    assert [said([*event.alt]) for event in prefixed] == [["alt+q"], ["ctrl+w"], ["alt+ctrl+s"], ["ctrl+right"]]
    assert [said([*event.keys]) for event in prefixed] == [["q"], ["backspace"], ["ctrl+s"], ["f"]]


def test_joiners_are_text() -> None:
    """Textual's fields take printable keys only, and Python calls these not printable."""
    assert not events.Key("x", "\u200c").is_printable
    assert said(parse("می\u200cشود")) == ["م", "ی", "paste \u200c", "ش", "و", "د"]
    assert said(parse("\x1b[8205;;8205u")) == ["paste \u200d"]


def test_noise_gives_no_key() -> None:
    """Control characters within a sequence, C1 controls, sequences cut by the next."""
    for noise, expected in (
        ("\x1b[12\x13", []),
        ("\x1b[3\x1b[A", ["up"]),
        ("\x1bP>|x\x1b[A", ["up"]),
        ("\x1b]0;x\x18j", ["j"]),
        ("\x9b\x90\x9d", []),
        ("\x1b[12é", ["é"]),
        ("\x1b[\x1b[M\x1b[A", ["up"]),
    ):
        assert said(parse(noise)) == expected, noise


# What it rests on in Textual


def test_textual_still_hands_on_what_it_does_not_know() -> None:
    """Where it does not any more, most of the parser can go."""
    assert "c" in said(list(XTermParser().feed("\x1bP>|contacted" + "\x1b\\" * 20)))
    with pytest.raises(ValueError, match="invalid literal"):
        list(XTermParser().feed("\x1b[99;1:3u"))
    assert 'getincrementaldecoder("utf-8")()' in inspect.getsource(LinuxDriver.run_input_thread)
    assert "is_printable" in inspect.getsource(events.Key)
    assert any(keys is IGNORE_SEQUENCE for keys in ANSI_SEQUENCES_KEYS.values())
    assert issubclass(messages.TerminalSupportsSynchronizedOutput, Message)


def test_textual_calls_what_the_driver_overrides() -> None:
    for name in (
        "_get_terminal_size",
        "_query_in_band_window_resize",
        "_sigcont_application",
        "start_application_mode",
        "_run_input_thread",
        "run_input_thread",
    ):
        assert name in vars(LinuxDriver)
        assert getattr(TerminalDriver, name) is not getattr(LinuxDriver, name)
    source = inspect.getsource(linux_driver)
    for used in (
        "WriterThread(self._file)",
        "self.exit_event.set()",
        "self.exit_event.clear()",
        "self._run_input_thread",
    ):
        assert used in source
    assert "constants.DRIVER" in inspect.getsource(App.get_driver_class)
    assert "shutil.get_terminal_size" in inspect.getsource(LinuxDriver._get_terminal_size)
    for name in ("panic", "_handle_exception", "get_driver_class"):
        assert name in vars(App)
        assert getattr(RefTermApp, name) is not getattr(App, name)
    assert any(binding.key == "ctrl+q" for binding in App.BINDINGS)  # type: ignore[union-attr]


def test_a_terminal_that_does_not_read_holds_up_nothing_once_the_desk_is_to_end() -> None:
    """Textual's writer waits for ever when its queue is full: 30 frames."""
    assert "self._queue.put(text)" in inspect.getsource(WriterThread.write)
    read, write = os.pipe()
    ending = Ending()
    with os.fdopen(write, "w") as file:
        writer = Writer(file, ending)
        writer.start()
        ended = threading.Event()

        def fill() -> None:
            for _frame in itertools.repeat(None, 100):
                writer.write("x" * 65536)
            writer.stop()
            ended.set()

        thread = threading.Thread(target=fill, daemon=True)
        thread.start()
        assert not ended.wait(0.5)
        ending.status = 143
        assert ended.wait(10)
        os.close(read)
        thread.join(10)
        writer.join(10)
        assert not writer.is_alive()
