"""Insights: the four numbers first, then what to do next, and how the numbers come about (G0-G5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size

from refterm.i18n import _
from refterm.tui.background.work import work
from refterm.tui.draw.signs import UNICODE
from refterm.tui.panels.chooser import Chooser, Item
from refterm.tui.session import Session

if TYPE_CHECKING:
    from refterm.services.insight.insights import Insights

# Days; None is all time.
PERIODS = (90, 30, 365, None)
# Lines of the frame.
_FRAME = 2


class InsightsScreen(Chooser):
    """What the past says. `enter` on a finding, or its number, opens its referrals; `o` chooses another period."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "period", show=False, priority=True),
        Binding("tab", "next_page", show=False, priority=True),
        Binding("i", "close", show=False),
        *(Binding(str(number), f"open({number})", show=False, priority=True) for number in range(1, 10)),
    ]

    def __init__(self, session: Session, show: Callable[[Sequence[int], str], None]) -> None:
        super().__init__(_("Insights"), "", session.signs, cells=120)
        self._session, self._show = session, show
        self._period = 0
        self._page = self._pages = 0
        self._found: Insights | None = None
        self.message = _("Reading ...")

    def on_mount(self) -> None:
        """Read in a thread: a year of a large desk takes a moment."""
        self._read()

    def fit(self, size: Size) -> None:
        """Say the period in the frame, and which keys do something."""
        self._say()
        super().fit(size)

    def action_period(self) -> None:
        """The next period."""
        self._period = (self._period + 1) % len(PERIODS)
        self._found, self.chosen, self._page, self.message = None, 0, 0, _("Reading ...")
        self.draw()
        self._read()

    def action_next_page(self) -> None:
        """The tables, where there was no room for them; and back."""
        if self._pages > 1:
            self._page = (self._page + 1) % self._pages
            self.draw()
            self.body.scroll_home(animate=False)

    def action_open(self, number: int) -> None:
        """Open the referrals of a finding by its number."""
        if self._found and number <= len(self._found.findings):
            self.act(number - 1)

    def items(self, cells: int) -> list[Item]:
        """One page; two where the terminal is low."""
        from refterm.services.insight.insight_parts import Drawn
        from refterm.services.insight.insight_text import pages

        if self._found is None:
            return self.sentence(self.message, cells)
        unicode = self._signs is UNICODE
        drawn = Drawn(cells, unicode=unicode, sanitize=self._signs.sanitize)
        shown = pages(self._found, drawn, max(self.app.size.height - _FRAME, 1))
        self._pages = len(shown)
        self._page = min(self._page, self._pages - 1)
        self._say()
        return [Item(line.pieces, line.key) for line in shown[self._page]]

    def act(self, key: int) -> None:
        """Open the referrals of a finding."""
        if not self._found:
            return
        finding = self._found.findings[key]
        if finding.referrals:
            self.dismiss(None)
            self._show(finding.referrals, finding.label)

    def _say(self) -> None:
        days = PERIODS[self._period]
        # The line of counts on the desk is of everything: the words say why its numbers are others.
        period = _("All time") if days is None else _("received in the last {n} days").format(n=days)
        self.set_beside(period)
        keys = [_("enter opens them"), _("o period")]
        if self._pages > 1:
            keys.append(_("tab back") if self._page else _("tab tables"))
        self.set_keys("   ".join((*keys, _("escape closes"))))

    def _read(self) -> None:
        days = PERIODS[self._period]
        work(self, lambda: self._gather(days), self._gathered, self.fail, group="insights", exclusive=True)

    def _gathered(self, found: Insights) -> None:
        self._found = found
        self.draw()

    def _gather(self, days: int | None) -> Insights:
        from refterm.services.insight.insights import gather_apart

        workplace = self._session.workplace
        return gather_apart(workplace, since=None if days is None else workplace.now() - timedelta(days=days))
