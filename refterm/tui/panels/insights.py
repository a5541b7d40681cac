"""Insights: the four numbers first, then how they come about, and what to change (G0-G5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from refterm.i18n import _
from refterm.tui.background.work import work
from refterm.tui.draw.signs import UNICODE
from refterm.tui.draw.themes import DIM
from refterm.tui.office import Office
from refterm.tui.panels.chooser import Block, Chooser

if TYPE_CHECKING:
    from refterm.services.insight.insights import Insights

# Days; None is all time.
PERIODS = (90, 30, 365, None)
# Free cells at the right of a plot, so that no line wraps.
_EDGE = 6


class InsightsScreen(Chooser):
    """What the past says. `enter` on a finding opens its referrals, `o` chooses another period."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "period", show=False, priority=True),
        Binding("i", "close", show=False),
    ]

    def __init__(self, office: Office, show: Callable[[Sequence[int]], None]) -> None:
        super().__init__(_("Insights"), "", office.signs)
        self._office, self._show = office, show
        self._period = 0
        self._found: Insights | None = None
        self.message = _("Reading ...")

    def on_mount(self) -> None:
        """Read in a thread: a year of a large desk takes a moment."""
        self._read()

    def action_period(self) -> None:
        """The next period."""
        self._period = (self._period + 1) % len(PERIODS)
        self._found, self.chosen, self.message = None, 0, _("Reading ...")
        self.draw()
        self._read()

    def blocks(self) -> list[Block]:
        """The sections, and the findings one by one."""
        from refterm.services.insight.insight_text import sections

        days = PERIODS[self._period]
        period = _("All time") if days is None else _("Received in the last {n} days").format(n=days)
        blocks = [Block([f"{period}   " + _("o: another period")], style=DIM), Block([""])]
        if self._found is None:
            return [*blocks, Block([self.message])]
        full, empty = ("█", "░") if self._signs is UNICODE else ("#", ".")
        findings = self._found.findings
        for title, lines in sections(self._found, full=full, empty=empty)[: -1 if findings else None]:
            blocks.append(Block(([title] if title else []), style="bold"))
            if title == _("Response") and self._signs is UNICODE:
                lines = [lines[0], *(self._plot() or lines[1:])]
            blocks.append(Block([*lines, ""], style="" if title else "bold"))
        if findings:
            blocks.append(Block([_("What to do (enter opens the referrals)")], style="bold"))
            blocks += [Block([f"{one.text} ({len(one.referrals)})"], key) for key, one in enumerate(findings)]
        return blocks

    def _plot(self) -> list[str]:
        from refterm.tui.draw.plots import response

        assert self._found
        return response(self._found.weeks, self._cells_now - _EDGE)

    def act(self, key: int) -> None:
        """Open the referrals of a finding."""
        if self._found and self._found.findings[key].referrals:
            referrals = self._found.findings[key].referrals
            self.dismiss(None)
            self._show(referrals)

    def _read(self) -> None:
        days = PERIODS[self._period]
        work(self, lambda: self._gather(days), self._gathered, self.fail, group="insights", exclusive=True)

    def _gathered(self, found: Insights) -> None:
        self._found = found
        self.draw()

    def _gather(self, days: int | None) -> Insights:
        from refterm.services.insight.insights import gather_apart

        workplace = self._office.workplace
        return gather_apart(workplace, since=None if days is None else workplace.now() - timedelta(days=days))
