"""A field and a list that narrows as one types; `enter` does what stands under the cursor. Help and palette are made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from refterm.i18n import _
from refterm.text import fit, fold, width
from refterm.tui.draw.signs import Signs
from refterm.tui.draw.themes import DIM
from refterm.tui.forms.frame import frame_title
from refterm.tui.textual_quirks import StillBelow

# The frame with its padding; the frame, the field and the line under it.
_SIDES, _ABOVE = 6, 4
_SIGN = "> "


class Entry(NamedTuple):
    """One line that can be chosen.

    Attributes:
        label: what it does or is.
        beside: at the right: its key, or where it stands.
        run: does it; None where it cannot be done now.
        group: the heading it stands under while nothing is typed.
        why: why it cannot be done now.
    """

    label: str
    beside: str = ""
    run: Callable[[], object] | None = None
    group: str = ""
    why: str = ""


class Finder(StillBelow, ModalScreen[None]):
    """Every letter is typed; arrows move, enter does it, escape closes."""

    AUTO_FOCUS = "#finder-field"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False, priority=True),
        Binding("down,ctrl+n", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
        Binding("pagedown", "step(10)", show=False, priority=True),
        Binding("pageup", "step(-10)", show=False, priority=True),
        Binding("enter", "choose", show=False, priority=True),
    ]

    def __init__(self, title: str, beside: str, signs: Signs, *, cells: int, below: Sequence[str] = ()) -> None:
        """
        Args:
            title: at the left of the frame.
            beside: at its right, fit for display.
            signs: how this terminal draws.
            cells: how wide it is where there is room.
            below: lines that stand under the list always.
        """
        super().__init__(classes="form")
        self._title, self._beside, self._signs, self._cells, self._below = title, beside, signs, cells, below
        self._field = Input(placeholder=_("type to search"), id="finder-field")
        self._field.cursor_blink = False  # each blink would be written to the terminal
        self._list = Static(Content(""), id="finder-list")
        self._shown: list[Entry] = []
        self._at: list[int | None] = []
        self._chosen = self._top = 0

    def entries(self, typed: str) -> list[Entry]:
        """What there is, for what is typed; those that can be done first."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The field over the list."""
        below = Static(Content("\n").join([Content.styled(line, DIM) for line in self._below]), id="finder-below")
        below.display = bool(self._below)
        panel = Container(self._field, self._list, below, id="finder", classes="panel")
        panel.styles.width = self._cells
        yield panel

    def fit(self, size: Size) -> None:
        """Fit into a terminal of a size."""
        panel = self.query_one("#finder", Container)
        panel.border_title = frame_title(self._title, self._beside, self._room, self._signs)
        self._find()

    @on(Input.Changed, "#finder-field")
    def _typed(self) -> None:
        self._chosen = self._top = 0
        self._find()

    @property
    def _room(self) -> int:
        return max(min(self._cells, self.app.size.width) - _SIDES, 20)

    @property
    def _height(self) -> int:
        below = len(self._below) + 1 if self._below else 0
        return max(self.app.size.height - _ABOVE - below, 1)

    def _find(self) -> None:
        self._shown = self.entries(self._field.value.strip())
        self._draw()

    def _draw(self) -> None:
        cells = self._room
        lines: list[Content] = []
        at: list[int | None] = []
        group = ""
        for number, entry in enumerate(self._shown):
            if entry.group != group and not self._field.value.strip():
                lines += [Content("")] * bool(lines) + [Content.styled(fit(entry.group, cells), "bold")]
                at += [None] * (len(lines) - len(at))
                group = entry.group
            lines.append(self._line(entry, cells, chosen=number == self._chosen))
            at.append(number)
        if not lines:
            lines, at = [Content.styled(fit(_("Nothing is called so."), cells), DIM)], [None]
        here = at.index(self._chosen) if self._chosen in at else 0
        height = self._height
        self._top = max(0, min(self._top, len(lines) - height))
        if here < self._top + 1:
            self._top = max(here - 1, 0)
        elif here >= self._top + height:
            self._top = here - height + 1
        self._at = at[self._top : self._top + height]
        self._list.update(Content("\n").join(lines[self._top : self._top + height]))
        below = len(lines) - self._top - height
        more = _("{n} more below").format(n=below) + "   " if below > 0 else ""
        self.query_one("#finder", Container).border_subtitle = Content.styled(
            more + _("enter does it   escape closes"), DIM
        )

    def _line(self, entry: Entry, cells: int, *, chosen: bool) -> Content:
        """The label, and at the right end its key or why it cannot be done."""
        sanitize, ellipsis = self._signs.sanitize, self._signs.ellipsis
        beside = sanitize(entry.beside if entry.run else entry.why)
        room = cells - width(_SIGN)
        if entry.run is None and width(beside) > room // 2:
            beside = fit(beside, room // 2, ellipsis=ellipsis).rstrip()
        label = fit(sanitize(entry.label), max(room - width(beside) - 2, 4), ellipsis=ellipsis)
        text = f"{_SIGN if chosen else ' ' * width(_SIGN)}{label}  "
        beside_style = "bold" if entry.run else DIM
        line = Content.assemble((text, "" if entry.run else DIM), (beside, beside_style))
        under = f"bold on $desk-cursor{' reverse' if self.app.no_color else ''}"
        return line.stylize(under) if chosen else line

    def action_step(self, by: int) -> None:
        """Another line."""
        if self._shown:
            self._chosen = max(0, min(self._chosen + by, len(self._shown) - 1))
            self._draw()

    def action_choose(self) -> None:
        """Close, and do what stands under the cursor; what cannot be done stays, with its reason."""
        if self._shown and self.app.screen is self and (run := self._shown[self._chosen].run):
            self.dismiss(None)
            self.app.call_next(run)

    def action_close(self) -> None:
        """Close."""
        if self.app.screen is self:
            self.dismiss(None)

    def on_click(self, event: events.Click) -> None:
        """Do what was clicked."""
        if event.widget is self._list and event.y < len(self._at):
            number = self._at[event.y]
            if number is not None:
                self._chosen = number
                self.action_choose()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go on with the wheel."""
        self.action_step(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go back with the wheel."""
        self.action_step(-3)


def matching(entries: Sequence[Entry], typed: str) -> list[Entry]:
    """The entries that hold every word typed, or have it as their key; those whose words begin so come first."""
    words = fold(typed).split()
    if not words:
        return list(entries)
    found: list[tuple[tuple[bool, bool, bool], Entry]] = []
    for entry in entries:
        label = fold(entry.label)
        is_key = typed in entry.beside.split()
        if not is_key and not all(word in label for word in words):
            continue
        begins = all(f" {word}" in f" {label}" for word in words)
        found.append(((entry.run is None, not is_key, not begins), entry))
    return [entry for _rank, entry in sorted(found, key=lambda pair: pair[0])]
