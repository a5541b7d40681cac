"""The list of referrals: draws only the rows in sight and reads only the pages they stand on, at any number of rows.

A plain widget with its own offset: a scroll view of Textual's repaints more, and its scrollbar is one more widget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from refterm.domain.query import Order, Tab, View
from refterm.domain.row import Row
from refterm.errors import RefTermError
from refterm.services.desk import Listing
from refterm.tui.background.work import work
from refterm.tui.desk.pages import PAGE, Pages
from refterm.tui.draw.lines import LIST_STYLES, has_thumb, joined, under_cursor
from refterm.tui.draw.list_columns import Column, columns, header, order_at
from refterm.tui.draw.row import Look, Piece, changes_at, pieces, second_line, time_texts
from refterm.tui.draw.sheet import hanging

# Lines of rows that are kept as they were drawn: some screens of them.
MOST_STRIPS = 200


class _Drawn(NamedTuple):
    """A line of a row as it was drawn, and of what."""

    row: Row
    look: Look
    pieces: list[Piece]
    strip: Strip


class ReferralList(Widget, can_focus=True):
    """A cursor on a listing. The cursor is a referral: it stays on it whatever happens around it.

    Attributes:
        row_lines: lines of a row; on the second stands what the customer needs.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"list--{style}" for style in LIST_STYLES}
    DEFAULT_CSS = """
    ReferralList { height: 1fr; width: 1fr; }
    """

    @dataclass
    class Moved(Message):
        """The cursor stands on another referral, or on none."""

        row: Row | None

    class Headed(Message):
        """The head of a column was clicked."""

        def __init__(self, order: Order) -> None:
            super().__init__()
            self.order = order

    @dataclass
    class Failed(Message):
        """Rows that came into sight could not be read."""

        error: RefTermError

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.row_lines = 1
        self.marked: set[int] = set()
        self.unseen: set[int] = set()
        self.empty_text: list[str] = []
        self.tab = Tab.INBOX
        self._pages: Pages | None = None
        self._look: Look | None = None
        self._columns: list[Column] = []
        self._laid_out_for = 0
        self._order: Order | None = None
        self._cursor = 0
        self._top = 0
        self._drawn_times: dict[int, tuple[str, ...]] = {}
        # By line of the screen: the pieces, and what stands there.
        self._drawn: dict[int, list[Piece]] = {}
        self._on_screen: dict[int, Strip] = {}
        # Rows as they were drawn: referral, which of its lines, marked, unseen, under the cursor, beside the thumb.
        self._strips: dict[tuple[int, int, bool, bool, bool, bool], _Drawn] = {}
        self._styles_by_name: dict[tuple[str, bool], Style] = {}
        self._range_from: int | None = None

    # What it shows

    def show(
        self, view: View, listing: Listing, look: Look, *, cursor_on: int | None = None, top: bool = False
    ) -> None:
        """Show a listing, with the cursor on a referral if the listing has it, else where it was.

        Args:
            view: which columns to show, and by which they are ordered.
            listing: the rows.
            look: what drawing needs to know.
            cursor_on: the referral to stay on.
            top: begin at the top instead.
        """
        self.tab, self._pages, self._look = view.tab, Pages(listing), look
        self._order = view.effective_order
        self._drawn_times.clear()
        index = listing.index_of(cursor_on) if cursor_on is not None else None
        before = self._cursor
        if index is not None:
            # Rows above came or went: scroll by as many, so that the cursor keeps its line on the screen.
            self._top += index - before
            self._cursor = index
        elif top:
            self._cursor = self._top = 0
        self._cursor = max(0, min(self._cursor, listing.count - 1))
        self._keep_in_sight()
        self._lay_out()
        self._refresh_changed()
        self.post_message(self.Moved(self.current))

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._pages.count if self._pages else 0

    @property
    def cursor(self) -> int:
        """The position of the cursor."""
        return self._cursor

    @property
    def current(self) -> Row | None:
        """The row under the cursor; None in an empty list."""
        return self._row(self._cursor)

    @property
    def following(self) -> int | None:
        """The referral after the one under the cursor."""
        row = self._row(self._cursor + 1)
        return row.id if row else None

    def update_times(self, look: Look) -> None:
        """Draw anew the rows whose times read otherwise now, and no others (F5)."""
        self._look = look
        for line, row in self._rows_in_sight():
            if self._drawn_times.get(row.id) not in (None, time_texts(row, self.tab, look)):
                self._refresh_line(line)

    def in_sight(self) -> list[Row]:
        """The rows on the screen."""
        return [row for _line, row in self._rows_in_sight()]

    def _rows_in_sight(self) -> Iterator[tuple[int, Row]]:
        """The rows on the screen, each with its first line."""
        for line in range(1, self.size.height, self.row_lines):
            if row := self._row(self._top + (line - 1) // self.row_lines):
                yield line, row

    def _refresh_changed(self) -> None:
        """Draw anew the lines that are not on the screen as they should be."""
        width, height = self.size
        if changed := [line for line in range(height) if self._line(line) != self._on_screen.get(line)]:
            self.refresh(*(Region(0, line, width, 1) for line in changed))

    def _refresh_line(self, line: int) -> None:
        """Draw the first line of a row anew: the second one never changes by itself."""
        self.refresh(Region(0, line, self.size.width, 1))

    def _refresh_row(self, index: int) -> None:
        """Draw all lines of a row anew."""
        self.refresh(Region(0, (index - self._top) * self.row_lines + 1, self.size.width, self.row_lines))

    def update_rows(self, changed: set[int], look: Look) -> None:
        """Draw anew those of some rows that changed: somebody opened or closed a form, or the score is known now."""
        self._look = look
        for line, row in self._rows_in_sight():
            # A narrow list has no column for the score.
            if row.id in changed and self._pieces(row, look) != self._drawn.get(line):
                self._refresh_line(line)

    def next_change(self) -> datetime | None:
        """When the next of the rows in sight reads otherwise."""
        if self._look is None:
            return None
        moments = (changes_at(row, self._look) for row in self.in_sight())
        return min((moment for moment in moments if moment), default=None)

    # Moving

    def move_to(self, index: int, *, top: int | None = None) -> None:
        """Put the cursor on a position, with another row at the top if that is given."""
        index = max(0, min(index, self.count - 1))
        before, before_top = self._cursor, self._top
        self._cursor = index
        self._top = before_top if top is None else top
        self._keep_in_sight()
        if self._top != before_top:
            self.refresh()
        elif index != before:
            for position in (before, index):
                self._refresh_row(position)
        if index != before:
            self.post_message(self.Moved(self.current))

    def move_by(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self.move_to(self._cursor + rows)

    def move_by_page(self, pages: int) -> None:
        """Move the cursor by what is in sight."""
        step = pages * max(1, self._lines - 1)
        self.move_to(self._cursor + step, top=max(0, self._top + step))

    def go_to(self, referral_id: int) -> bool:
        """Put the cursor on a referral; false where the list has it not."""
        index = self._pages.listing.index_of(referral_id) if self._pages else None
        if index is None:
            return False
        self.move_to(index)
        return True

    def saw(self, referral_id: int) -> None:
        """Take the sign of a new one off."""
        self.unseen.discard(referral_id)
        self._refresh_changed()

    # Marks

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go on to the next."""
        row = self.current
        if row is None:
            return
        self.marked ^= {row.id}
        self._range_from = row.id
        self._refresh_row(self._cursor)
        self.move_by(1)

    def mark_range(self) -> None:
        """Mark everything from where a mark was last set to the cursor."""
        row = self.current
        if row is None or self._pages is None:
            return
        listing = self._pages.listing
        # Remember the referral, not its position: rows above may have come or gone.
        start = listing.index_of(self._range_from) if self._range_from is not None else None
        first, last = sorted((self._cursor if start is None else start, self._cursor))
        self.marked |= {row.id for row in listing.rows(first, last + 1)}
        self._range_from = row.id
        self.refresh()

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._range_from = None
        if self.marked:
            self.marked.clear()
            self.refresh()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """The header, a row, or the text of an empty list."""
        strip = self._on_screen[y] = self._line(y)
        return strip

    def _line(self, y: int) -> Strip:
        look = self._look
        if look is None:
            return Strip.blank(self.size.width, self.style_of("plain"))
        if self._laid_out_for != self._cells:  # the first frame is drawn before the size is told
            self._lay_out()
        if y == 0:
            return self._strip([(header(self._columns, look.signs), "header")])
        above, below = divmod(y - 1, self.row_lines)
        index = self._top + above
        row = self._row(index)
        if row is None:
            text = (
                []
                if self.count
                else [line for said in self.empty_text for line in hanging(said, self._cells - 4, look)]
            )
            return self._strip([("   " + (text[y - 2] if 0 <= y - 2 < len(text) else ""), "plain")])
        marked, unseen = row.id in self.marked, row.id in self.unseen
        cursor, thumb = index == self._cursor, has_thumb(above, self._lines, self._top, self.count)
        key = (row.id, below, marked, unseen, cursor, thumb)
        kept = self._strips.get(key)
        if kept is None or kept.row is not row or kept.look is not look:
            if below:
                drawn = second_line(row, self._columns, look, self._cells)
            else:
                drawn = self._pieces(row, look)
                self._drawn_times[row.id] = time_texts(row, self.tab, look)
            same = kept is not None and kept.pieces == drawn
            strip = kept.strip if kept and same else self._strip(drawn, cursor=cursor, thumb=thumb)
            if len(self._strips) >= MOST_STRIPS:
                self._strips.clear()
            kept = self._strips[key] = _Drawn(row, look, drawn, strip)
        if not below:
            self._drawn[y] = kept.pieces
        return kept.strip

    def _pieces(self, row: Row, look: Look) -> list[Piece]:
        marked, unseen = row.id in self.marked, row.id in self.unseen
        return pieces(row, self.tab, self._columns, look, marked=marked, unseen=unseen)

    def _strip(self, drawn: list[tuple[str, str]], *, cursor: bool = False, thumb: bool = False) -> Strip:
        cells = self._cells
        shown = [(text, self.style_of(under_cursor(name) if cursor else name, cursor)) for text, name in drawn]
        segments = [Segment(text, style) for text, style in joined(shown)]
        strip = Strip(segments).adjust_cell_length(cells, self.style_of("plain", cursor))
        sign = self._look.signs.thumb if thumb and self._look else " "
        return Strip.join([strip, Strip([Segment(" " + sign, self.style_of("thumb"))], 2)])

    def style_of(self, name: str, cursor: bool = False) -> Style:
        """A style by its name, as it is now, on the row of the cursor or on another."""
        style = self._styles_by_name.get((name, cursor))
        if style is None:
            style = self.get_component_rich_style(f"list--{name}")
            if cursor:
                style = self._under_cursor(style)
            self._styles_by_name[name, cursor] = style
        return style

    def _under_cursor(self, style: Style) -> Style:
        """The style of the cursor's row; with few colours or none, the row is reversed."""
        if self.app.no_color or self.app.console.color_system in (None, "standard"):
            return Style(bold=True, reverse=True)
        over = self.get_component_rich_style("list--cursor")
        return style + Style(bgcolor=over.bgcolor, bold=True)

    def notify_style_update(self) -> None:
        """Forget the styles when the theme changes."""
        self._styles_by_name.clear()
        self._strips.clear()
        super().notify_style_update()

    # Inside

    @property
    def _cells(self) -> int:
        return max(0, self.size.width - 2)  # the last cell of a line is the thumb's, with a blank before it

    @property
    def _lines(self) -> int:
        """How many rows there is room for."""
        return max(0, self.size.height - 1) // self.row_lines  # the first line is the header's

    def _lay_out(self) -> None:
        """Choose the columns for the width; rows that were drawn in others are forgotten."""
        before = self._laid_out_for, self._columns
        self._laid_out_for = self._cells
        if look := self._look:
            without = "need" if self.row_lines > 1 else ""
            self._columns = columns(self.tab, self._cells, look.signs, look.digits, self._order, without=without)
        if before != (self._laid_out_for, self._columns):
            self._strips.clear()

    def _keep_in_sight(self) -> None:
        """Scroll, by half a page at the edges, so that a held key repaints the list seldom."""
        lines = self._lines
        if lines <= 0:
            return
        if not self._top <= self._cursor < self._top + lines:
            half = lines // 2
            self._top = self._cursor - half if self._cursor < self._top else self._cursor - lines + 1 + half
        self._top = max(0, min(self._top, self.count - lines))

    def _row(self, index: int) -> Row | None:
        if self._pages is None:
            return None
        try:
            return self._pages.row(index)
        except RefTermError as error:
            self.post_message(self.Failed(error))
            return None

    def read_ahead(self) -> None:
        """Read the screens before and after the one in sight, in a thread: no key that comes next waits for them.

        Their rows lie apart in the database. Of a million on a disk, not in memory, a page took 0.3 s.
        """
        if self._pages is None:
            return
        screen = min(self._lines, PAGE)  # of a very high terminal less: pages that are in sight would be forgotten
        if missing := self._pages.missing(self._top - screen, self._top + self._lines + 2 * screen):
            work(self, partial(self._pages.read, missing), self._pages.keep, group="pages")

    def on_resize(self, event: events.Resize) -> None:
        """Lay the columns out anew."""
        if self._look:
            self._lay_out()
            self._keep_in_sight()
            self._refresh_changed()

    async def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; twice opens it; on the head of a column order by it."""
        if event.y == 0:
            if order := order_at(self._columns, self.tab, event.x):
                self.post_message(self.Headed(order))
        elif (index := self._top + (event.y - 1) // self.row_lines) < self.count:
            self.move_to(index)
            if event.chain == 2:
                await self.app.run_action("detail", self.screen)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel, the cursor in sight."""
        event.stop()
        self.move_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel, the cursor in sight."""
        event.stop()
        self.move_by(-3)
