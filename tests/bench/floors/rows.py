"""The floor of moving about: a list drawn line by line over SQLite, one style for a row, one for the cursor.

Its one argument is a desk's database, whose referrals it shows by number.
"""

from __future__ import annotations

import sqlite3
import sys
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

PAGE = 200
PLAIN, CURSOR = Style.parse("#d4d4d4 on #1e1e1e"), Style.parse("bold #ffffff on #005fd7")


class Rows(ScrollView, can_focus=True):
    """The list."""

    BINDINGS: ClassVar = [
        Binding("down", "move(1)"),
        Binding("up", "move(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("pageup", "page(-1)"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.database = sqlite3.connect(sys.argv[1])
        self.count = self.database.execute("select max(id) from referral").fetchone()[0]
        self.pages: dict[int, list[Any]] = {}
        self.cursor = 0

    def on_mount(self) -> None:
        """As high as there are rows."""
        self.virtual_size = Size(self.app.size.width - 2, self.count)

    def row(self, place: int) -> Any:
        """A row by its place, a page at a time."""
        page = place // PAGE
        if page not in self.pages:
            query = "select id, company, industry, status, city, received_at from referral where id between ? and ?"
            bounds = (page * PAGE + 1, page * PAGE + PAGE)
            self.pages[page] = self.database.execute(query, bounds).fetchall()
        return self.pages[page][place % PAGE]

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        place = y + self.scroll_offset.y
        width = self.size.width
        if place >= self.count:
            return Strip.blank(width)
        number, company, industry, status, city, received = (str(value) for value in self.row(place))
        text = f"{number:<8} {company:<30.30} {industry:<30.30} {status:<10} {city:<16.16} {received}"
        return Strip([Segment(text[:width].ljust(width), CURSOR if place == self.cursor else PLAIN)])

    def action_move(self, by: int) -> None:
        """Move the cursor and draw the two lines anew."""
        before, self.cursor = self.cursor, max(0, min(self.count - 1, self.cursor + by))
        top, height = self.scroll_offset.y, self.size.height
        if not top <= self.cursor < top + height:
            self.scroll_to(y=max(0, self.cursor if self.cursor < top else self.cursor - height + 1), animate=False)
        for place in (before, self.cursor):
            self.refresh(Region(0, place - self.scroll_offset.y, self.size.width, 1))

    def action_page(self, by: int) -> None:
        """Move by a screen."""
        self.action_move(by * max(1, self.size.height - 1))


class Floor(App[None]):
    """The list and a word."""

    CSS = "Rows { height: 1fr; }"

    def compose(self) -> ComposeResult:
        """The list, and what says that it is there."""
        yield Rows()
        yield Static("READY")


Floor().run()
