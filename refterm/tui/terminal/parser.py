"""What the terminal sends, cut into keys, mouse reports and pastes. What is none of these acts on nothing.

Textual 8.2.8 hands a sequence that it does not know on as keys: a terminal's late answer to another program would
decide a referral. Its tables and its reading of a single sequence are used; only the cutting is our own.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator

from textual import constants, events, messages
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._time import get_time
from textual._xterm_parser import (
    BRACKETED_PASTE_END,
    BRACKETED_PASTE_START,
    FOCUSIN,
    FOCUSOUT,
    XTermParser,
    _re_mouse_event,
    _re_terminal_mode_response,
)
from textual.keys import Keys
from textual.message import Message

ESC = "\x1b"
# Seconds of silence after which the rest of a sequence, an answer or a paste is not waited for any more.
SEQUENCE_SILENCE, ANSWER_SILENCE, PASTE_SILENCE = 1.0, 2.0, 5.0
# An answer that has gone on for so long is no answer: somebody types.
LONGEST_ANSWER = 6.0
# The rest of a sequence that comes so soon after its ESC, in one piece, is still its rest.
LATE = 1.0
# Zero-width non-joiner and joiner: letters of what people write, though Python calls them not printable.
JOINERS = "\u200c\u200d"

# A whole sequence. `[[A` are keys of the Linux console, `[M` a mouse report of old, `[3$` a key of rxvt.
_WHOLE = re.compile(
    r"\x1b(?:\[\[[A-Z]|\[M[^\x1b]{3}|\[\d+\$(?![0-?]*[@-~])|\[<[-\d;]+[mM]|\[(?!\[|M)[0-?]*[ -/]*[@-~]|O[0-9;]*[@-~])",
    re.DOTALL,
)
# The beginning of one, with nothing after it.
_BEGUN = re.compile(r"\x1b(?:\[(?:\[|M[^\x1b]{0,2}|<[-\d;]*|[0-?]*[ -/]*)?|O[0-9;]*)?\Z", re.DOTALL)
# One that goes wrong: everything up to what does not belong to it. A control character within it is noise as well.
_BROKEN = re.compile(r"\x1b[\[O][\[M]?[0-?]*[ -/]*[\x00-\x1a\x1c-\x1f\x7f]?")
# DCS, SOS, OSC, PM and APC, which answers come in, and where they end; BEL ends an OSC only.
_ANSWER = "PX]^_"
_ANSWER_END = re.compile(r"[\x1b\x18\x1a\x9c]")
_OSC_END = re.compile(r"[\x1b\x18\x1a\x9c\x07]")
# What follows an ESC that was taken for the key; nobody types it within one read. A bracket and a single letter are
# a sequence where no text goes on behind them: `[Smith]` is text.
_LATE_REST = re.compile(
    r"\[(?:[0-?]+[ -/]*[@-~]|[@-~](?=[^ -~]|\Z)|M[^\x1b]{3})|[PX^_\]][^\x1b\x07]*(?:\x1b\\|\x07)", re.DOTALL
)

_KEY_WITH_NUMBERS = re.compile(r"\x1b\[([0-9]{0,7})[0-9:;]{0,200}([u~ABCDEFHPQS])")


class Prefixed(events.Event):
    """ESC and a key in one piece: either the escape key and then that key, or one key with alt.

    Attributes:
        alt: the one key, as Textual names it.
        keys: the key by itself.
    """

    def __init__(self, alt: list[events.Key], keys: list[events.Key]) -> None:
        super().__init__()
        self.alt, self.keys = alt, keys


class TerminalParser(XTermParser):
    """Cuts what comes into events. `feed` and `tick` may be called in one thread only."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._begun = ""
        self._answer = self._paste = False
        self._answer_end = _ANSWER_END
        self._pasted: list[str] = []
        self._touched = self._answer_since = 0.0
        self._escaped_at: float | None = None

    @property
    def inside(self) -> bool:
        """Whether the text that comes next belongs to a sequence, an answer or a paste."""
        return bool(self._begun) or self._answer or self._paste

    def feed(self, data: str) -> Iterable[Message]:
        """The events in what was read.

        Args:
            data: the text of one read.
        """
        now = get_time()
        # Who waits for the terminal calls `tick` when it is silent. While an answer or a paste goes on it never is; and
        # a busy machine that reads late what came in time must not take a sequence's beginning for the escape key.
        if self._answer or self._paste:
            yield from self.tick(now)
        if self._escaped_at is not None:
            if now - self._escaped_at < LATE and _LATE_REST.match(data):
                data = ESC + data
            self._escaped_at = None
        if not self._answer:
            self._answer_since = now
        self._touched = now
        data, self._begun = self._begun + data, ""
        at = 0
        while at < len(data):
            if self._paste:
                at = yield from self._go_on_pasting(data, at)
            elif self._answer:
                at = self._go_on_answering(data, at)
            elif data[at] == ESC:
                at = yield from self._sequence(data, at)
            else:
                yield from self._keys(data[at])
                at += 1

    def tick(self, now: float | None = None) -> Iterable[Message]:
        """The events that come of silence: the escape key, and a paste without an end."""
        now = get_time() if now is None else now
        due = self._due()
        if due is None or now < due:
            return
        begun, self._begun = self._begun, ""
        if self._paste:
            self._paste = False
            yield from self._end_paste(begun)
        elif self._answer:
            self._answer = False
        elif begun == ESC:
            self._escaped_at = now
            yield events.Key("escape", ESC)
        elif begun == ESC + "O":
            yield from self._prefixed("O")

    def wait(self) -> float | None:
        """Seconds until `tick` has something to do; None for never."""
        due = self._due()
        return None if due is None else max(due - get_time(), 0.0)

    def _due(self) -> float | None:
        if self._paste:
            return self._touched + PASTE_SILENCE
        if self._answer:
            return min(self._touched + ANSWER_SILENCE, self._answer_since + LONGEST_ANSWER)
        if self._begun in (ESC, ESC + "O"):
            return self._touched + constants.ESCAPE_DELAY
        return self._touched + SEQUENCE_SILENCE if self._begun else None

    # Each of these takes up what stands at a place, and returns the place after it.

    def _go_on_pasting(self, data: str, at: int) -> Generator[Message, None, int]:
        end = data.find(BRACKETED_PASTE_END, at)
        if end >= 0:
            self._paste = False
            yield from self._end_paste(data[at:end])
            return end + len(BRACKETED_PASTE_END)
        most = min(len(BRACKETED_PASTE_END) - 1, len(data) - at)
        kept = next((n for n in range(most, 0, -1) if BRACKETED_PASTE_END.startswith(data[-n:])), 0)
        self._pasted.append(data[at : len(data) - kept])
        self._begun = data[len(data) - kept :]
        return len(data)

    def _end_paste(self, rest: str) -> Iterator[Message]:
        text = "".join([*self._pasted, rest]).replace("\x00", "")
        self._pasted.clear()
        yield events.Paste(text)

    def _go_on_answering(self, data: str, at: int) -> int:
        found = self._answer_end.search(data, at)
        if found is None:
            return len(data)
        if found.group() != ESC:
            self._answer = False
            return found.end()
        if found.end() == len(data):
            self._begun = ESC
            return len(data)
        self._answer = False
        return found.end() + 1 if data[found.end()] == "\\" else found.start()

    def _sequence(self, data: str, at: int) -> Generator[Message, None, int]:
        if whole := _WHOLE.match(data, at):
            yield from self._whole(whole.group())
            return whole.end()
        if _BEGUN.match(data, at):
            self._begun = data[at:]
            return len(data)
        following = data[at + 1]
        if following in _ANSWER:
            self._answer, self._answer_end = True, _OSC_END if following == "]" else _ANSWER_END
            return at + 2
        if following in "[O":
            broken = _BROKEN.match(data, at)
            return broken.end() if broken else at + 2
        if following == ESC:
            yield events.Key("escape", ESC)
            return at + 1
        yield from self._prefixed(following)
        return at + 2

    def _prefixed(self, character: str) -> Iterator[Message]:
        keys = list(self._known_keys(character))
        if ESC + character in ANSI_SEQUENCES_KEYS:
            alt = list(self._known_keys(ESC + character))
        else:
            named = self._known_keys(character, alt=True)
            alt = [key if "alt+" in key.key else events.Key(f"alt+{key.key}", None) for key in named]
        yield Prefixed(alt, keys)

    def _whole(self, sequence: str) -> Iterator[Message]:
        """What a whole sequence means; one that Textual cannot read means nothing."""
        if sequence == BRACKETED_PASTE_START:
            self._paste = True
        elif sequence in (FOCUSIN, FOCUSOUT):
            yield events.AppFocus() if sequence == FOCUSIN else events.AppBlur()
        elif report := _re_terminal_mode_response.match(sequence):
            if report["mode_id"] == "2026" and report["setting_parameter"] in "1234":
                yield messages.TerminalSupportsSynchronizedOutput()
        elif _re_mouse_event.match(sequence):
            try:
                mouse = self.parse_mouse_code(sequence)
            except (ValueError, ArithmeticError):
                return
            if mouse is not None:
                yield mouse
        else:
            yield from self._keys(sequence)

    def _keys(self, sequence: str) -> Iterator[Message]:
        for key in self._known_keys(sequence):
            # A field takes no key that Python calls not printable; a paste it does.
            yield events.Paste(key.character) if key.character and key.character in JOINERS else key

    def _known_keys(self, sequence: str, alt: bool = False) -> Iterator[events.Key]:
        if "\x80" <= sequence <= "\x9f" or (len(sequence) > 1 and not _might_be_a_key(sequence)):
            return
        try:
            keys = list(self._sequence_to_key_events(sequence, alt))
        except (ValueError, OverflowError):
            return
        found = _KEY_WITH_NUMBERS.fullmatch(sequence)
        for key in keys:
            if key.key == Keys.Ignore:
                continue
            # A key that is named by a final letter or `~` types nothing, whatever text its numbers name.
            yield key if found is None or found[2] == "u" or key.character is None else events.Key(key.key, None)


def _might_be_a_key(sequence: str) -> bool:
    """Whether a sequence can be a key. A letter is reported by its code and `u` only, as the kitty protocol has it."""
    if sequence.endswith("R") and ";" in sequence:
        return False  # where the cursor stands
    if sequence in ANSI_SEQUENCES_KEYS:
        return True
    if found := _KEY_WITH_NUMBERS.fullmatch(sequence):
        return found[2] == "u" or f"{found[1] or 1}{found[2]}" in FUNCTIONAL_KEYS
    return False
