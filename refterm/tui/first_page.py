"""The first page: rows, bars and colours, painted before Textual is imported, which takes most of the start.

The texts come from the functions that the widgets draw with. The attributes of the styles and the places of the widgets
are what the last desk in such a terminal wrote down; they lie in one small file of the state folder, which holds nothing
of a referral. Where anything differs from then nothing is painted, and the desk opens as it does without a page.
"""

from __future__ import annotations

import json
import os
import re
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import refterm
from refterm import files, paths
from refterm.config import Settings
from refterm.domain.query import Filter, Tab, View
from refterm.errors import RefTermError
from refterm.log import note_failure
from refterm.services.desk import Desk, Snapshot
from refterm.services.personal.view_state import ViewState, ViewStates
from refterm.services.workplace import Workplace, open_workplace
from refterm.tui.actions import Situation, registry, use_keys, why_off
from refterm.tui.desk import bars
from refterm.tui.draw.lines import BAR_STYLES, LIST_STYLES, Styled, bar, filled, has_thumb, joined, under_cursor
from refterm.tui.draw.list_columns import columns, header
from refterm.tui.draw.row import Look, Piece, pieces
from refterm.tui.draw.signs import choose_signs
from refterm.tui.terminal.ending import watched

if TYPE_CHECKING:
    from refterm.tui.desk.screen import DeskScreen

# What decides in which colours and letters is drawn, and whether a multiplexer is between.
VARIABLES = (
    *("TERM", "COLORTERM", "TERM_PROGRAM", "VTE_VERSION", "NO_COLOR", "FORCE_COLOR"),
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES"),
)
MULTIPLEXERS = ("TMUX", "STY")
LEAST_COLUMNS, LEAST_LINES = 80, 24
# As many terminals or layouts may a person go back and forth between.
MOST_PAGES = 4
BARS = ("top", "tabs", "alert", "message", "keys")
# The other screen without a cursor; pastes are marked from now on. The terminal shows all of it at the end of it.
_BEGIN, _END = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?2026h", "\x1b[?2026l"
_ATTRIBUTES = re.compile(r"[0-9;]*")


class FirstPage:
    """The first page of one start: painted from what the last desk kept, kept for the next."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._place: Workplace | None = None
        self._painted = False
        self._terminal = _terminal(settings)
        self._kept = _read() if self._terminal else []

    def paint(self, acting: str | None) -> None:
        """Open the desk and paint its first page, where it will look as it did last time.

        Args:
            acting: the name given with `--as`.

        Raises:
            RefTermError: when the desk cannot be opened.
        """
        location = paths.database_location(self._settings.database)
        known = any(page["key"][0] == self._terminal for page in self._kept)
        # On a server one may wait, and a desk that is not there yet has nothing to show.
        if not known or not isinstance(location, Path) or not location.is_file():
            return
        use_keys(self._settings.keys)
        watched()
        self._place = open_workplace(self._settings, acting=acting)
        try:
            text = self._draw(self._place)
        except RefTermError:
            return  # the desk says what it cannot read
        except Exception as error:  # the file is damaged
            with suppress(OSError):
                note_failure(error)
            return
        if text:
            self._painted = True
            _show(text)

    def hand_over(self) -> Workplace | None:
        """The open workplace, for the desk; None where it was not opened."""
        place, self._place = self._place, None
        return place

    def leave(self) -> None:
        """Give the terminal back and close the database, where no desk has taken them over."""
        if self._painted:
            watched().give_back()
        if place := self.hand_over():
            place.close()

    def _draw(self, place: Workplace) -> str | None:
        state = ViewStates(paths.state_folder(), place.actor.name, place.desk_id).load()
        tab = state.tab
        view = View(tab, state.orders.get(tab), state.filters.get(tab, Filter()), "")
        found = Desk(place).snapshot(view, state.filters)
        key = self._key(state, alert=tab is Tab.INBOX and found.alert is not None)
        page = next((page for page in self._kept if page["key"] == key), None)
        if page is None or place.looks_only or state.yielded or not found.listing.count:
            return None
        signs = choose_signs(self._settings.ascii, os.environ, coerced=bool(sys.flags.utf8_mode))
        look = Look(place.now(), place.deadlines, place.zone, signs, max(3, len(str(sum(found.counts.values())))))
        return "".join([_BEGIN, *_bars(page, place, view, found, look), *_list(page, view, found, look), _END])

    def _key(self, state: ViewState, *, alert: bool) -> list[object]:
        """What colours and places depend on."""
        return [self._terminal, state.theme, state.detail, alert]

    def keep(self, desk: DeskScreen) -> None:
        """Write down how the desk looks, in a thread, where that is not known yet and nothing is open over it."""
        from refterm.tui.background.work import work

        is_plain = desk.app.screen is desk and not desk.whole and not desk.searching.is_open
        if self._terminal is None or not is_plain or list(desk.app.size) != self._terminal[:2]:
            return
        styles: dict[str, dict[str, str]] = {}
        places: dict[str, list[int]] = {}
        for name in (*BARS, "list", "detail"):
            widget = desk.query_one(f"#{name}")
            places[name] = list(widget.region) if widget.display else [0, 0, 0, 0]
            if name == "list":
                named = {style: desk.referral_list.style_of(style) for style in LIST_STYLES}
                named |= {f"{style} cursor": desk.referral_list.style_of(style, True) for style in LIST_STYLES}
            elif name == "detail":
                named = {"plain": widget.get_component_rich_style("detail--plain")}
            else:
                named = {style: widget.get_component_rich_style(f"line--{style}") for style in BAR_STYLES}
            styles[name] = {style: _attributes(desk, found) for style, found in named.items()}
        key = self._key(desk.state, alert=desk.query_one("#alert").display)
        page = {"key": key, "places": places, "styles": styles}
        if page not in self._kept:
            self._kept = [page, *(one for one in self._kept if one["key"] != key)][:MOST_PAGES]
            work(desk, lambda: _write(self._kept), group="first page")


def _terminal(settings: Settings) -> list[Any] | None:
    """The terminal's size, what else is known of it, and how it is to be drawn on; None where no page is painted."""
    try:
        size = os.get_terminal_size(0)
        in_front = os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return None
    is_bent = any(name.startswith("TEXTUAL") and name != "TEXTUAL_FPS" for name in os.environ)
    is_small = size.columns < LEAST_COLUMNS or size.lines < LEAST_LINES
    if is_small or is_bent or not in_front or settings.kiosk or settings.read_only:
        return None
    chosen = (settings.theme, settings.language, settings.ascii)
    told = [os.environ.get(name) for name in VARIABLES] + [name in os.environ for name in MULTIPLEXERS]
    return [*size, refterm.__version__, sys.flags.utf8_mode, *chosen, *told]


def _bars(page: Any, place: Workplace, view: View, found: Snapshot, look: Look) -> Iterator[str]:
    """The bars, as `DeskBase.draw` has them while nobody has done anything."""
    places, cells, count, signs = page["places"], page["key"][0][0], found.listing.count, look.signs
    hits = count if view.filter != Filter() else None
    now = Situation(view.tab, has_row=True, read_only=False)
    able = [action for action in registry() if action.short and why_off(action, now) is None]
    at = bars.position(0, count, signs)
    drawn: dict[str, tuple[list[Piece], list[Piece]]] = {
        "top": bars.top(place.actor.name, "", False, 1, look, "", found.todo, cells),
        "tabs": bars.tabs(view, found.counts, hits, 0, cells, look.zone, found.hits),
        "alert": (bars.alert(found.alert, look, cells), bars.alert_keys(found.alert)),
        "message": (bars.ruled([], at, places["message"][2], signs), at),
        "keys": (bars.keys(able, places["keys"][2], view.tab, whole=False)[0], []),
    }
    for name in BARS:
        x, y, room, lines = places[name]
        styles = page["styles"][name]
        left, right = ([(signs.sanitize(text), style) for text, style in part] for part in drawn[name])
        if lines:
            line = [(text, styles[style]) for text, style in bar(left, right, room, signs.ellipsis)]
            yield _line(x, y, filled(line, room, styles["plain"]))


def _list(page: Any, view: View, found: Snapshot, look: Look) -> Iterator[str]:
    """The list with the cursor on its first row, and the empty detail, which comes with Textual."""
    x, y, room, lines = page["places"]["list"]
    styles, cells, rows = page["styles"]["list"], room - 2, lines - 1
    shown = columns(view.tab, cells, look.signs, look.digits, view.effective_order)
    listed = found.listing.rows(0, rows)
    for line in range(lines):
        row = listed[line - 1] if 0 < line <= len(listed) else None
        named = pieces(row, view.tab, shown, look) if row else []
        drawn = [(text, styles[style]) for text, style in named]
        plain, sign = styles["plain"], " "
        if line == 0:
            drawn = [(header(shown, look.signs), styles["header"])]
        elif line == 1:
            drawn = [(text, styles[under_cursor(style) + " cursor"]) for text, style in named]
            plain = styles["plain cursor"]
        if row and has_thumb(line - 1, rows, 0, found.listing.count):
            sign = look.signs.thumb
        yield _line(x, y + line, [*filled(joined(drawn), cells, plain), (" " + sign, styles["thumb"])])
    x, y, room, lines = page["places"]["detail"]
    for line in range(lines):
        yield _line(x, y + line, filled([], room, page["styles"]["detail"]["plain"]))


def _line(x: int, y: int, drawn: Styled[str]) -> str:
    return f"\x1b[{y + 1};{x + 1}H" + "".join(f"\x1b[{style}m{text}\x1b[0m" for text, style in drawn if text)


def _show(text: str) -> None:
    """Take the terminal as Textual does, so that no key is echoed and all wait for the desk, and write."""
    import tty  # Textual's driver has it, too

    watched().painted = True  # first: from here on it has to be given back
    with suppress(OSError, termios.error):  # the terminal has gone, as the desk will find
        raw = termios.tcgetattr(0)
        raw[tty.IFLAG] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
        raw[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        raw[tty.CC][termios.VMIN] = 1
        termios.tcsetattr(0, termios.TCSANOW, raw)
        left = memoryview(text.encode(sys.stderr.encoding, "replace"))
        while left:
            left = left[os.write(2, left) :]


def _attributes(desk: DeskScreen, style: Any) -> str:
    """What the terminal is sent for a style, as the program's filters leave it."""
    from rich.segment import Segment
    from textual.strip import Strip

    strip = Strip([Segment("x", style)])
    for line_filter in desk.app.get_line_filters():
        strip = strip.apply_filter(line_filter, desk.background_colors[1])
    return strip.render(desk.app.console).partition("x")[0].removeprefix("\x1b[").removesuffix("m")


def _path() -> Path:
    return paths.state_folder() / "first-page.json"


def _read() -> list[dict[str, Any]]:
    """The pages that were kept; none where the file is damaged or somebody else's."""
    try:
        return [page for page in json.loads(files.read(_path())) if _can_be_painted(page)]
    except (OSError, ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return []


def _can_be_painted(page: Any) -> bool:
    """Whether places are numbers, and attributes nothing that does anything else to a terminal."""
    numbers = [number for place in page["places"].values() for number in place]
    attributes = [one for styles in page["styles"].values() for one in styles.values()]
    return (
        isinstance(page["key"][0], list)
        and all(0 <= number < 1000 for number in numbers)
        and all(_ATTRIBUTES.fullmatch(one) for one in attributes)
    )


def _write(pages: list[dict[str, Any]]) -> None:
    with suppress(OSError):  # a full disk: the next start has no first page
        files.write(_path(), json.dumps(pages).encode())
