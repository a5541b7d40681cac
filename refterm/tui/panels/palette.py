"""The command palette: every action by name, with its key, or why it is off; customers by name; and the themes."""

from __future__ import annotations

from functools import partial

from refterm.domain.query import Tab, View
from refterm.domain.referral import Status
from refterm.domain.row import Row
from refterm.i18n import _
from refterm.text import fold
from refterm.tui.desk.screen import DeskScreen
from refterm.tui.panels.finder import Entry, Finder, matching
from refterm.tui.panels.help import action_entries
from refterm.words import outcome_word, tab_word

CELLS = 76
MOST_CUSTOMERS, MOST_SEARCHED = 6, 60
# Fewer letters would find half of the desk.
LEAST_LETTERS = 2


class Palette(Finder):
    """Actions, customers and themes by name."""

    def __init__(self, desk: DeskScreen) -> None:
        super().__init__(_("Everything by name"), "", desk.session.signs, cells=CELLS)
        self._desk = desk

    def entries(self, typed: str) -> list[Entry]:
        """Actions that match, then customers, then themes."""
        desk = self._desk
        actions = matching(action_entries(desk.actions.values(), desk.off_words, desk.run_action), typed)
        able = [entry for entry in actions if entry.run]
        off = [entry for entry in actions if not entry.run]
        return [*able, *self._customers(typed), *matching(self._themes(), typed), *off]

    def _customers(self, typed: str) -> list[Entry]:
        if len(typed) < LEAST_LETTERS:
            return []
        session = self._desk.session
        found = session.desk.listing(View(tab=Tab.ALL, search=typed), most_hits=MOST_SEARCHED)
        # The search finds contacts, needs and deals as well; here a customer is looked for by name.
        rows = sorted(found.rows(0, MOST_SEARCHED), key=lambda row: fold(typed) not in fold(row.company))
        return [
            Entry(
                f"#{row.id}  {' '.join(row.company.split())}", _standing(row), partial(self._desk.open_record, row.id)
            )
            for row in rows[:MOST_CUSTOMERS]
        ]

    def _themes(self) -> list[Entry]:
        return [
            Entry(_("Theme: {name}").format(name=name), _("the choice lasts"), partial(self._use, name), _("Themes"))
            for name in self.app.available_themes
        ]

    def _use(self, name: str) -> None:
        self.app.theme = name


def _standing(row: Row) -> str:
    """Where it stands, or how it ended."""
    if row.status is Status.ARCHIVED and row.outcome:
        return outcome_word(row.outcome)
    return tab_word(row.status)
