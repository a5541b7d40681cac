"""The colours of the desk: two themes of its own, Textual's others as far as they can be read, and sixteen colours.

One colour says where one is (`accent`, `cursor`, `focus`); amber and red belong to time alone, orange to the flame. The
stylesheet uses these roles only, as `$desk-late` and so on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import BUILTIN_THEMES, Theme

DARK, LIGHT = "refterm-dark", "refterm-light"
# Textual's themes in which every text stands out enough; a test works it out anew.
OTHERS = (
    *("textual-dark", "textual-light", "nord", "gruvbox", "dracula", "tokyo-night", "monokai", "flexoki"),
    *("catppuccin-mocha", "catppuccin-latte", "catppuccin-frappe", "catppuccin-macchiato"),
    *("rose-pine", "rose-pine-moon", "rose-pine-dawn", "atom-one-light"),
)
# The style of secondary words in a `Content`.
DIM = "$desk-dim"
# What WCAG asks of a text and its ground.
CONTRAST = 4.5


class Palette(NamedTuple):
    """The colours by what they are for.

    Attributes:
        ground: behind the list, the detail and the bars.
        raised: behind what floats: forms and panels.
        field, focus: of a field, and of the one that is typed into.
        cursor: of the row under the cursor.
        rule: of thin rules and scroll bars, which carry no text.
    """

    ground: str
    raised: str
    field: str
    focus: str
    cursor: str
    rule: str
    text: str
    dim: str
    accent: str
    late: str
    soon: str
    flame: str


GROUNDS = ("ground", "raised", "field", "focus", "cursor")
TEXTS = ("text", "dim", "accent", "late", "soon", "flame")
ON_CURSOR = ("text", "dim", "late", "soon", "flame")
_DARK = Palette(
    ground="#121212",
    raised="#1a1a1a",
    field="#2e2e2e",
    focus="#1f2f78",
    cursor="#1f2f78",
    rule="#4a4a4a",
    text="#e0e0e0",
    dim="#b0b0b0",
    accent="#6cb6ff",
    late="#ff8f9c",
    soon="#ffc473",
    flame="#ff9f43",
)
_LIGHT = Palette(
    ground="#f4f4f2",
    raised="#ffffff",
    field="#e4e4e0",
    focus="#c8ecff",
    cursor="#c8ecff",
    rule="#b8b8b4",
    text="#1c1c1c",
    dim="#555555",
    accent="#0b5cad",
    late="#a0142a",
    soon="#7a4a00",
    flame="#8a3d00",
)


def _theme(name: str, of: Palette, *, dark: bool) -> Theme:
    return Theme(
        name,
        primary=of.accent,
        secondary=of.accent,
        accent=of.accent,
        warning=of.soon,
        error=of.late,
        success=of.text,
        foreground=of.text,
        background=of.ground,
        surface=of.raised,
        panel=of.field,
        dark=dark,
    )


OWN = (_theme(DARK, _DARK, dark=True), _theme(LIGHT, _LIGHT, dark=False))


@lru_cache(maxsize=1)
def offered() -> dict[str, Theme]:
    """The themes that can be chosen, our own first."""
    return {theme.name: theme for theme in (*OWN, *(BUILTIN_THEMES[name] for name in OTHERS))}


@lru_cache(maxsize=4)
def palette_named(name: str) -> Palette:
    """The colours of one of the themes that are offered."""
    return {DARK: _DARK, LIGHT: _LIGHT}.get(name) or palette_of(BUILTIN_THEMES[name])


def palette_of(theme: Theme) -> Palette:
    """The colours that a theme of Textual's gives the desk: its grounds and its accent; time and flame stay ours.

    A colour that is hard to read on these grounds goes towards the theme's text, by at most a half.
    """
    made = theme.to_color_system().generate()
    ours = _DARK if theme.dark else _LIGHT
    ground, text, accent = (Color.parse(made[name]) for name in ("background", "foreground", "primary"))
    cursor = ground.blend(accent, 0.16)
    grounds = [ground, Color.parse(made["surface"]), ground.blend(text, 0.12), cursor]

    def readable(colour: Color, on: list[Color]) -> str:
        mixed = (colour.blend(text, step / 10) for step in range(6))
        return next(
            (one.hex6 for one in mixed if all(contrast(one.hex6, other.hex6) >= CONTRAST for other in on)), colour.hex6
        )

    return Palette(
        ground=ground.hex6,
        raised=grounds[1].hex6,
        field=grounds[2].hex6,
        focus=cursor.hex6,
        cursor=cursor.hex6,
        rule=ground.blend(text, 0.3).hex6,
        text=text.hex6,
        dim=readable(text.blend(ground, 0.15), grounds),
        accent=readable(accent, grounds[:2]),
        late=readable(Color.parse(ours.late), grounds),
        soon=readable(Color.parse(ours.soon), grounds),
        flame=readable(Color.parse(ours.flame), grounds),
    )


def variables(theme: Theme) -> dict[str, str]:
    """The variables of the stylesheet, and those by which Textual colours its fields."""
    of = palette_named(theme.name)
    return {f"desk-{name}": colour for name, colour in of._asdict().items()} | {
        "input-cursor-background": of.text,
        "input-cursor-foreground": of.ground,
        "input-selection-background": of.text,
        "input-selection-foreground": of.ground,
    }


def contrast(one: str, other: str) -> float:
    """How much two colours differ, from 1 to 21, as WCAG reckons it."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (part / 255 for part in Color.parse(colour).rgb)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def pairs(of: Palette) -> dict[tuple[str, str], float]:
    """The contrast of every text on every ground where it can stand."""
    return {
        (text, ground): contrast(getattr(of, text), getattr(of, ground))
        for ground in GROUNDS
        for text in (TEXTS if ground in ("ground", "raised") else ON_CURSOR if ground == "cursor" else ("text", "dim"))
    }


# The sixteen colours: black, red, green, yellow, blue, magenta, cyan, white, and the same bright from 8 on.
# What stands on a field or on the cursor is drawn with that ground's own text colour.
_SIXTEEN = {
    True: Palette("0", "0", "4", "6", "7", "8", "15", "7", "14", "9", "11", "11"),
    False: Palette("15", "15", "7", "14", "14", "7", "0", "0", "4", "1", "5", "1"),
}
_SIXTEEN_ON = {
    True: {"field": "15", "focus": "0", "cursor": "0"},
    False: {"field": "0", "focus": "0", "cursor": "0"},
}


class SixteenColours(LineFilter):
    """For a terminal with sixteen colours: each role has one of them, instead of the one that happens to be nearest."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.use(theme)

    def use(self, theme: Theme) -> None:
        """Draw in the roles of a theme from now on."""
        self._dark = theme.dark
        of = palette_named(theme.name)._asdict()
        # The first role of a colour wins: text before what happens to have the same colour.
        self._roles: dict[tuple[int, ...], str] = {
            Color.parse(colour).rgb: name for name, colour in reversed(of.items())
        }
        self._kept: dict[Style, Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments in the terminal's own colours."""
        return [
            Segment(text, style and self._style(style), control) if control is None else Segment(text, style, control)
            for text, style, control in segments
        ]

    def _style(self, style: Style) -> Style:
        found = self._kept.get(style)
        if found is None:
            found = self._kept[style] = self._drawn(style)
        return found

    def _drawn(self, style: Style) -> Style:
        table, on = _SIXTEEN[self._dark], _SIXTEEN_ON[self._dark]
        ground, text = self._role(style.bgcolor, "ground"), self._role(style.color, "dim")
        if style.color is None or style.color.is_default:
            text = "text"
        front = on.get(ground) or getattr(table, text)
        if on.get(ground) and text == "late":
            front = "1"
        return style + Style(
            color=RichColor.from_ansi(int(front)),
            bgcolor=RichColor.from_ansi(int(getattr(table, ground))),
        )

    def _role(self, colour: RichColor | None, other: str) -> str:
        """What a colour is for; one that is mixed stands behind a form."""
        if colour is None or colour.triplet is None:
            return "ground" if other == "ground" else "text"
        return self._roles.get(tuple(colour.triplet), other)
