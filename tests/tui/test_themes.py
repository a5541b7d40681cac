"""The colours: every text on every ground can be read, on each theme offered, in 256 and in 16 colours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rich.color import Color, ColorSystem
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, TerminalTheme
from textual.geometry import Region
from textual.theme import BUILTIN_THEMES

from refterm.config import Settings
from refterm.tui.draw import themes
from refterm.tui.draw.themes import CONTRAST, OWN, Palette, contrast, offered, pairs, palette_named, palette_of
from tests.conftest import ImportRecords
from tests.samples import active_record, ago, api_record, closed_record
from tests.tui.conftest import SitDown
from tests.tui.seat import Seat, screen_segments

# The sixteen colours of xterm, which most terminals follow.
XTERM = TerminalTheme(
    (0, 0, 0),
    (229, 229, 229),
    [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)],
    [
        *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255)),
        *((0, 255, 255), (255, 255, 255)),
    ],
)


@pytest.mark.parametrize("name", offered())
def test_every_text_can_be_read_on_every_ground(name: str) -> None:
    found = pairs(palette_named(name))
    assert min(found.values()) >= CONTRAST, {pair: value for pair, value in found.items() if value < CONTRAST}


def test_the_themes_offered_are_all_that_pass() -> None:
    """And our own come first, the dark one being the default."""
    passing = {
        theme.name
        for theme in BUILTIN_THEMES.values()
        if not theme.ansi and min(pairs(palette_of(theme)).values()) >= CONTRAST
    }
    assert set(themes.OTHERS) == passing
    assert list(offered())[:2] == [themes.DARK, themes.LIGHT]


@pytest.mark.parametrize("name", [one.name for one in OWN])
def test_our_own_can_be_read_in_256_colours(name: str) -> None:
    of = palette_named(name)
    shown = Palette(
        **{
            name: Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex
            for name, colour in of._asdict().items()
        }
    )
    found = pairs(shown)
    assert min(found.values()) >= CONTRAST, {pair: value for pair, value in found.items() if value < CONTRAST}
    assert shown.cursor != shown.ground


@pytest.mark.parametrize("name", [one.name for one in OWN])
def test_colours_say_one_thing_each(name: str) -> None:
    """Where one is, soon, late and the flame are four colours."""
    of = palette_named(name)
    assert len({of.accent, of.late, of.soon, of.flame, of.text, of.dim}) == 6


def _weak(seat: Seat, terminal: TerminalTheme = DEFAULT_TERMINAL_THEME, *, inside: bool) -> list[tuple[str, float]]:
    """The texts that are hard to read; behind a form all are."""
    found = []
    frame = seat.app.screen.query(".panel, #form-dialog").first().region if inside else seat.app.screen.region
    for y, line in enumerate(screen_segments(seat.app)):
        x = 0
        for text, style, _control in line:
            within = frame.contains(x, y) and frame.contains(x + len(text) - 1, y)
            x += len(text)
            if not text.strip(" ─│╭╮╰╯▐|-+▁▂▃▄▅▆▇█▎▊▌") or style is None or not within:
                continue
            front = (style.color or Color.default()).get_truecolor(terminal, foreground=True).hex
            ground = (style.bgcolor or Color.default()).get_truecolor(terminal, foreground=False).hex
            assert not style.dim
            if contrast(front, ground) < CONTRAST:
                found.append((text, contrast(front, ground)))
    return found


def _records(import_records: ImportRecords) -> None:
    late = ago(hours=30)
    import_records(
        [
            api_record(createdDateTime=late, updatedDateTime=late, details__customerRequestedContact=True),
            api_record(expirationDateTime="2026-03-02T15:00:00Z"),
            api_record(),
        ]
    )


@pytest.mark.parametrize("name", [*(one.name for one in OWN), "textual-light", "nord"])
async def test_what_is_drawn_can_be_read(sit: SitDown, import_records: ImportRecords, name: str) -> None:
    _records(import_records)
    async with sit(size=(120, 40), settings=Settings(theme=name)) as seat:
        assert seat.app.theme == name
        assert _weak(seat, inside=False) == []
        for keys in (("a",), ("d",), ("i",), ("p",), ("question_mark",), ("h",), ("ctrl+p",)):
            await seat.press(*keys)
            assert _weak(seat, inside=True) == [], keys
            await seat.press("escape")


@pytest.mark.parametrize("name", [one.name for one in OWN])
async def test_sixteen_colours_are_chosen_by_role(
    sit: SitDown, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """`late` is red, what runs out is a colour of its own, and nothing takes the colour that happens to be nearest."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM")
    _records(import_records)
    async with sit(size=(120, 40), settings=Settings(theme=name)) as seat:
        assert seat.app.console.color_system == "standard"
        await seat.press("j")
        assert _weak(seat, XTERM, inside=False) == []
        late = [style for line in screen_segments(seat.app) for text, style, _c in line if "late 6h" in text]
        assert late
        assert all(style and style.color and style.color.number in (1, 9) for style in late)
        await seat.press("a")
        assert _weak(seat, XTERM, inside=True) == []
        seat.app.theme = themes.LIGHT
        await seat.settle()
        assert _weak(seat, XTERM, inside=True) == []


async def test_no_pair_is_drawn_that_is_not_measured(sit: SitDown, import_records: ImportRecords) -> None:
    """Every text of every screen is one of the colours by role on one of the grounds, so that `pairs` says it all."""
    _records(import_records)
    import_records([active_record(), closed_record()])
    of = palette_named(themes.DARK)
    measured = {tuple(getattr(of, name) for name in pair) for pair in pairs(of)}
    measured |= {(ground, front) for front, ground in measured}  # reversed, as what is selected
    keys = (
        *(
            (),
            ("j",),
            ("space",),
            ("enter",),
            ("L",),
            ("slash", "a"),
            ("2",),
            ("3",),
            ("2", "enter", "tab"),
            ("a", "ctrl+s"),
        ),
        *(
            ("d", "ctrl+l"),
            ("z",),
            ("n",),
            ("T",),
            ("R",),
            ("F",),
            ("E",),
            ("I",),
            ("h",),
            ("b",),
            ("V",),
            ("i",),
            ("i", "tab"),
        ),
        *(
            ("p",),
            ("p", "a"),
            ("O",),
            ("question_mark",),
            ("ctrl+p",),
            ("2", "e"),
            ("2", "c"),
            ("2", "w"),
            ("2", "l", "tab"),
        ),
    )
    async with sit(size=(120, 40), settings=Settings(theme=themes.DARK)) as seat:
        for one in keys:
            await seat.press("1", *one)
            floats = seat.app.screen.query(".panel, #form-dialog")
            frame = floats.first().region if floats else seat.app.screen.region
            drawn = set(_drawn(seat, frame))
            assert {pair for pair in drawn if pair[:2] not in measured} == set(), one
            while len(seat.app.screen_stack) > 1:
                await seat.press("escape")
            await seat.press("escape", "escape", "escape")


def _drawn(seat: Seat, frame: Region) -> Iterator[tuple[str, str, str]]:
    """Colour and ground of each text within a frame, and the text."""
    for y, line in enumerate(screen_segments(seat.app)):
        x = 0
        for text, style, _control in line:
            within = frame.contains(x, y) and frame.contains(x + len(text) - 1, y)
            x += len(text)
            if text.strip(" ─│╭╮╰╯▐|-+▁▂▃▄▅▆▇█▎▊▌") and style and style.color and style.bgcolor and within:
                front, ground = style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex
                yield (ground, front, text) if style.reverse else (front, ground, text)
