"""Noise on the line: it lives, does nothing, and types nothing.

Some thousand sequences in the suite; REFTERM_TEST_FUZZ says how many (`make fuzz`: 100000).
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from tests.pty.terminal import Terminal
from tests.pty.test_pty import SMALL, new_records
from tests.workplaces import bring_in

COUNT = int(os.environ.get("REFTERM_TEST_FUZZ", "1500"))
SEED = int(os.environ.get("REFTERM_TEST_SEED", "1"))
# After so many the form is opened anew: fields of a hundred thousand letters would only make it slow.
BLOCK = 4000
PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]
# Text that a valid paste may bring, and that nothing else writes.
PASTED = "ŋŋŋ"
PASTE = f"\x1b[200~{PASTED}\x1b[201~"
# Valid ones, to be cut anywhere: keys that move nothing of value, the mouse over the list, a paste, answers.
VALID = [
    *(f"\x1b[{final}" for final in "ABCDHFZ"),
    *(f"\x1b[{number}~" for number in (1, 2, 3, 4, 5, 6, 15, 17, 24)),
    "\x1bOA",
    "\x1b[1;5C",
    "\x1b[57419;1u",
    "\x1b[27;5;9~",
    "\x1b[<35;20;5M",
    "\x1b[<64;20;5M",
    "\x1b[<0;20;5M",
    "\x1b[M !!",
    "\x1b[I",
    "\x1b[O",
    PASTE,
    "\x1bP>|tmux 3.3a\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
    "\x1b[?62;22;52c",
    "\x1b[?2026;2$y",
    "\x1b[12;40R",
]


def _parameters(chance: random.Random) -> str:
    return "".join(chance.choice("0123456789;:<=>?") for _digit in range(chance.randrange(12)))


def _random_sequence(chance: random.Random) -> bytes:
    kind = chance.randrange(4)
    if kind == 0:
        return bytes(chance.randrange(0x80, 0x100) for _byte in range(chance.randint(1, 8)))
    if kind == 1:  # an answer
        inside = "".join(chance.choice(PRINTABLE) for _letter in range(chance.randrange(40)))
        return f"\x1b{chance.choice('PX]^_')}{inside}\x1b\\".encode()
    # A CSI, without those that the terminal of the desk may send: reports of the mouse, pastes, letters as `u`; and not Q,
    # which is f2: the whole referral opens above the form, and what comes then is that panel's.
    end = chance.choice([letter for letter in map(chr, range(0x40, 0x7F)) if letter not in "uMm~[O"]).replace("Q", "T")
    return f"\x1b[{_parameters(chance)}{end}".encode()


def _cut(chance: random.Random, *, form: bool) -> bytes:
    """A piece of a valid sequence from its beginning, and the next begins: nothing printable stands free."""
    whole = chance.choice(VALID)
    # What follows the beginning of a paste is its text, up to its end: in a form it would rightly stand in a field.
    if chance.random() < 0.3 or (form and whole == PASTE):
        return whole.encode()
    at = chance.randint(2, len(whole))
    if whole.startswith("\x1b[M"):
        at = len(whole)
    return whole[:at].encode() + b"\x1b[I"


@pytest.fixture
def database(database_path: Path) -> Path:
    bring_in(database_path, new_records("Penhale Boatyard Ltd", "Reederei Möwe KG"))
    return database_path


@pytest.fixture
def desk(database: Path) -> Iterator[Terminal]:
    with Terminal("--db", str(database), "--as", "ana", size=SMALL) as terminal:
        terminal.wait("Penhale", "q quit")
        yield terminal


def _write(desk: Terminal, pieces: list[bytes]) -> None:
    for start in range(0, len(pieces), 20):
        desk.child.send(b"".join(pieces[start : start + 20]))
        desk.read(0.001)


def _actions(database: Path) -> list[str]:
    """What the history holds, oldest first."""
    with closing(sqlite3.connect(database)) as connection:
        return [action for (action,) in connection.execute("select action from history order by id")]


def _typed(home: Path) -> dict[str, str]:
    """What stands in the fields of the form, as its draft keeps it."""
    for path in home.rglob("accept-*.json"):
        return cast("dict[str, str]", json.loads(path.read_text())["texts"])
    return {}


def _open_form(desk: Terminal, home: Path) -> dict[str, str]:
    """Open the form on the first referral, as if for the first time, and type a value; gives what its fields hold."""
    desk.press("\x1b[H")
    desk.press("a")
    desk.wait("Accept referral")
    desk.press("\x12")
    desk.until(lambda: not _typed(home), "a fresh form")
    desk.settle()  # a tab right behind ctrl+r would come before the form is fresh
    desk.press("\t5\t")
    desk.until(lambda: _typed(home).get("value") == "5", "the draft")
    return _typed(home)


def _less(text: str, whole: str) -> bool:
    """Whether a text is the whole, or what deleting left of it."""
    rest = iter(whole)
    return all(letter in rest for letter in text)


@pytest.mark.parametrize("where", ["desk", "form"])
@pytest.mark.parametrize("noise", ["random", "cut"])
def test_noise_does_nothing_and_types_nothing(
    desk: Terminal, database: Path, tmp_path: Path, where: str, noise: str
) -> None:
    chance = random.Random(f"{SEED} {where} {noise}")
    form = where == "form"
    count = COUNT if noise == "random" else max(COUNT // 10, 300)
    pieces = [_random_sequence(chance) if noise == "random" else _cut(chance, form=form) for _piece in range(count)]
    for start in range(0, count, BLOCK):
        before = _open_form(desk, tmp_path) if form else {}
        for part in range(start, min(start + BLOCK, count), 1000):
            _write(desk, pieces[part : min(part + 1000, start + BLOCK)])
            desk.settle(0.5)
        # A cut paste swallows what follows until its end: end it, and any answer.
        desk.press("\x1b[201~\x1b\\")
        desk.settle(0.5)
        assert desk.child.isalive()
        if form:
            desk.press("\x1b")
            desk.gone("Accept referral")
            after = _typed(tmp_path)
            # Bytes above 0x7f are letters of somebody's encoding, a paste is text, and among the valid keys is delete.
            assert after.keys() == before.keys()
            assert all(_less("".join(filter(str.isascii, text)), before[name]) for name, text in after.items()), after
    assert _actions(database) == ["imported"] * 2
    assert "Traceback" not in desk.text
    desk.press("?")
    desk.wait("escape closes")


def test_of_any_bytes_only_the_printable_keys_act(desk: Terminal, database: Path) -> None:
    """Noise between keys: the history holds what the keys alone give."""
    chance = random.Random(SEED)
    keys = "tjsksjtskjs" * max(COUNT // 1000, 1)
    expected = [{"t": "taken", "s": "favorited"}[key] for key in keys if key in "ts"]
    done = 2
    for key in keys:
        pieces = [_random_sequence(chance) for _piece in range(20)]
        pieces = [piece + b"\x1b[I" if piece[0] >= 0x80 else piece for piece in pieces]
        _write(desk, pieces)
        desk.press(key)
        if key in "ts":
            done += 1
            desk.until(lambda wanted=done: len(_actions(database)) >= wanted, "the entry")  # type: ignore[misc]
    found = _actions(database)[2:]
    assert len(found) == len(expected)
    for entry, kind in zip(found, expected, strict=True):
        assert entry in ({"taken", "released"} if kind == "taken" else {"favorited", "unfavorited"})
