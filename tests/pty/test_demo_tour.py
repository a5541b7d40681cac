"""The demo as a presenter drives it: the tour is walked to its end by keys alone, and time moves when it is moved."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pty.terminal import Terminal

START = ("--start", "2026-11-25T09:00", "--speed", "0")

# For each step, the word of the tour's line by which it is known in English and in Spanish, and the keys that do it.
STEPS: tuple[tuple[tuple[str, str], tuple[str, ...]], ...] = (
    (("whom to call first", "a quién llamar primero"), ("f",)),
    (("enter shows all", "intro muestra toda"), ("j", "k", "\r", "\x1b")),
    (("the flame stops urging", "la llama ya no urge"), ("f", "m", "\r")),
    (("accepts: tab, a value", "acepta: tab, un valor"), ("a", "\t", "12.5k", "\t", "\t", "3m", "\x13")),
    (("undoes it for 60 s", "lo deshace durante 60 s"), ("u",)),
    (("declines: the number", "rechaza: el número"), ("d", "1", "\x13")),
    (("marks several", "marca varias"), (" ", "s", "\x1b")),
    (("puts one aside", "aplaza una"), ("z", "+2h", "\x13")),
    (("searches all tabs", "busca en todo"), ("/", "microsoft", "\r", "\x1b")),
    (("shows views", "muestra vistas"), ("V", "\x1b")),
    (("gives one to a colleague", "asigna una a otra"), ("T", "\x1b", "R", "\x1b")),
    (("lets time go on to", "adelanta el tiempo hasta"), (">", ">")),
    (("told Partner Center", "sincronizado con Partner Center"), ("O", "\x1b")),
    (("reports one as won", "comunica una ganada"), ("2", "w", "\x13")),
    (("shows how you answer", "muestra cómo responden"), ("i", "\x1b")),
    (("finds every key", "halla cada tecla"), ("?", "\x1b")),
)


@pytest.fixture
def demo(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """A demo of some size with some options, whose clock stands."""
    size, options = request.param
    with Terminal("demo", *START, *options, size=size) as terminal:
        yield terminal


SPANISH, AUDIENCE = ("--lang", "es"), ("--present",)
# In the suite each size and each language once; every pair of them where REFTERM_TEST_TOUR is set.
WALKS = {
    "80x24 for an audience": ((80, 24), AUDIENCE, 0),
    "spanish for an audience": ((120, 40), (*SPANISH, *AUDIENCE), 1),
    "80x24": ((80, 24), (), 0),
    "120x40": ((120, 40), (), 0),
    "for an audience": ((120, 40), AUDIENCE, 0),
    "spanish 80x24": ((80, 24), SPANISH, 1),
    "spanish 120x40": ((120, 40), SPANISH, 1),
}
WALKED = WALKS if os.environ.get("REFTERM_TEST_TOUR") else dict(list(WALKS.items())[:2])


@pytest.mark.parametrize(
    ("demo", "language"),
    [((size, ("--tour", *options)), language) for size, options, language in WALKED.values()],
    indirect=["demo"],
    ids=list(WALKED),
)
def test_the_tour_is_walked_to_its_end_by_keys(demo: Terminal, language: int) -> None:
    demo.wait(" 1/")
    assert 12 <= len(STEPS) <= 16
    for walked, (known, keys) in enumerate(STEPS, 1):
        demo.wait(known[language], f" {walked}/{len(STEPS)} ")
        line = next(row for row in demo.text.splitlines() if known[language] in row).strip()
        assert line.split("  ")[1].endswith("."), "nothing cuts the sentence"
        for key in keys:
            demo.settle()
            demo.press(key)
        demo.gone(known[language])
    demo.settle()
    assert f" {len(STEPS)}/{len(STEPS)} " not in demo.text


@pytest.mark.parametrize("demo", [((120, 40), ())], indirect=True)
def test_time_goes_on_and_back_by_keys(demo: Terminal) -> None:
    demo.wait("demo: Wed 25 Nov 09:00", "Hartwell")
    demo.settle()
    first = demo.text
    demo.press(">")
    demo.wait("mei took")
    demo.press("]")
    demo.wait("10:03 (+1h)")
    demo.press(")")
    demo.wait("Thu 26 Nov 10:03 (+1d 1h)", "became late")
    demo.press(")]]]")  # faster than the demo works them off
    demo.wait("Fri 27 Nov 13:03 (+2d 4h)")
    demo.press("<")
    demo.wait("demo: Wed 25 Nov 09:00", "Back at the beginning.")
    demo.settle()
    assert demo.text.splitlines()[2:20] == first.splitlines()[2:20]


KEYS = {"enter": "\r", "tab": "\t", "escape": "\x1b", "ctrl+s": "\x13"}
ROW = re.compile(r"^\| \d+ \|[^|]+\| (`[^|]+`) \| `([^|`]+)` \|$", re.M)


def test_the_script_for_presenters_shows_what_it_says_and_the_same_twice() -> None:
    """Two runs with the same seed, start and keys give the same screens at each step of docs/demo.md."""
    page = (Path(__file__).parents[2] / "docs" / "demo.md").read_text("utf-8")
    steps = [(re.findall(r"`([^`]+)`", keys), shows) for keys, shows in ROW.findall(page)]
    assert len(steps) > 10
    same_twice(steps, "--present", *START)


def test_the_clock_s_keys_give_the_same_screens_twice() -> None:
    """Another past, a story that begins at once, and a clock that runs, slowly; back, and the same again."""
    keys = (">", ">", "]", "d", "1", "ctrl+s", ">", ")", "O", "escape", "<", ">", "]", ")", "<")
    options = ("--live", "--seed", "7", "--start", "2026-11-25T09:00", "--speed", "0.001")
    same_twice([([key], "") for key in keys], *options, size=(80, 24))


def same_twice(steps: list[tuple[list[str], str]], *options: str, size: tuple[int, int] = (120, 40)) -> None:
    """Give two demos the same keys; after each step both show the same, and what the step says."""
    here = {"TZ": "UTC"}
    with (
        Terminal("demo", *options, size=size, environment=here) as one,
        Terminal("demo", *options, size=size, environment=here) as other,
    ):
        for terminal in (one, other):
            terminal.wait("Seaview", "demo: Wed 25 Nov 09:00", "synced")
            terminal.settle()
        for keys, shows in [([], ""), *steps]:
            for key in keys:
                for terminal in (one, other):
                    terminal.press(KEYS.get(key, key))
                for terminal in (one, other):
                    terminal.settle()
            for terminal in (one, other):
                terminal.wait(shows)
                terminal.settle()
            # On a busy machine one of them may still be drawing.
            one.until(lambda: [other.read()] and one.text == other.text, f"the same screen after {keys}")
