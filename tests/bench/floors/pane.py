"""The floor of the start: Textual with what its tutorial shows, tabs, an empty table, header and footer."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header, Static, TabbedContent, TabPane

if "models" in sys.argv:
    import pendulum
    import sqlmodel

    LOADED = (pendulum, sqlmodel)


class Pane(App[None]):
    """Three tabs; the title says when it is there."""

    CSS = "TabbedContent, ContentSwitcher, TabPane, DataTable { height: 1fr; }"
    TITLE = "READY"

    def compose(self) -> ComposeResult:
        """Header, tabs, footer."""
        yield Header()
        with TabbedContent():
            with TabPane("Inbox"):
                yield DataTable(cursor_type="row")
            with TabPane("Active"):
                yield Static("active")
            with TabPane("Archived"):
                yield Static("archived")
        yield Footer()

    def on_mount(self) -> None:
        """A table with the desk's columns and no rows."""
        table = self.query_one(DataTable)
        table.add_columns("number", "customer", "need", "place", "answer in", "expires in", "who")
        table.focus()


Pane().run()
