"""The past deals most like a referral; each opens its record (I7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from refterm.domain import reasons
from refterm.domain.row import Row
from refterm.i18n import _
from refterm.tui.background.work import work
from refterm.tui.draw.row import deal_value
from refterm.tui.forms import parts
from refterm.tui.panels.chooser import Chooser, Item
from refterm.tui.session import Session
from refterm.words import outcome_word


class SimilarScreen(Chooser):
    """`enter` opens the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("b", "close", show=False)]

    def __init__(self, session: Session, referral_id: int, company: str, show: Callable[[int], None]) -> None:
        super().__init__(_("Similar past deals"), parts.named(referral_id, company), session.signs, cells=118)
        self._session, self._referral, self._show = session, referral_id, show
        self._rows: list[Row] | None = None
        self.message = _("Reading ...")

    def on_mount(self) -> None:
        """Look for them in a thread."""
        work(self, self._find, self._found, self.fail, group="similar")

    def items(self, cells: int) -> list[Item]:
        """A row for each: who, how it ended, and what they needed."""
        if not self._rows:
            return self.sentence(self.message, cells)
        rows = []
        for row in self._rows:
            ended = outcome_word(row.outcome) if row.outcome else _("active")
            why = reasons.word(row.reason) if row.reason else ""
            need = parts.plain_line(row.need)[:200]
            rows.append((f"#{row.id}", parts.plain_line(row.company), ended, deal_value(row), why, need))
        heads = ("#", _("Customer"), _("Outcome"), _("Value"), _("Reason"), _("Needs"))
        return self.rows(heads, rows, cells, frozenset({0, 3}))

    def act(self, key: int) -> None:
        """Open one."""
        if self._rows:
            self.dismiss(None)
            self._show(self._rows[key].id)

    def _find(self) -> list[Row]:
        from refterm.services.insight.similar import similar

        return similar(self._session.workplace, self._referral)

    def _found(self, rows: list[Row]) -> None:
        self._rows, self.message = rows, _("No past deal is like this one.")
        self.draw()
