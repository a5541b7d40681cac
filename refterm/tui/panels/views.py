"""Views: what of a tab people ask for most, one key each, with how many there are now."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.content import Content

from refterm.domain.query import Filter, Tab, View
from refterm.domain.referral import Outcome
from refterm.i18n import _
from refterm.text import fit, width
from refterm.tui.background.work import work
from refterm.tui.office import Office
from refterm.tui.panels.panel import Panel

NUMBER = 8
Named = tuple[str, str, Filter]


def views_of(tab: Tab, me: str) -> list[Named]:
    """Key, name and filter of each view of a tab."""
    mine = [("a", _("all"), Filter()), ("m", _("mine"), Filter(mine=me)), ("n", _("nobody's"), Filter(unassigned=True))]
    favorites = ("s", _("favourites"), Filter(favorite=True))
    if tab is Tab.INBOX:
        return [
            *mine,
            ("h", _("calls waiting"), Filter(uncalled=True)),
            ("l", _("late"), Filter(overdue=True)),
            ("e", _("expires within 24 h"), Filter(expiring=24)),
            ("p", _("no active profile"), Filter(unrouted=True)),
            ("z", _("skipped"), Filter(skipped=True)),
            favorites,
        ]
    if tab is Tab.ACTIVE:
        return [*mine, ("l", _("past the purchase date"), Filter(overdue=True)), favorites]
    return [
        *mine,
        ("w", _("won"), Filter(outcome=Outcome.WON)),
        ("l", _("lost"), Filter(outcome=Outcome.LOST)),
        ("d", _("declined"), Filter(outcome=Outcome.DECLINED)),
        ("x", _("expired"), Filter(outcome=Outcome.EXPIRED)),
        favorites,
    ]


class ViewsScreen(Panel):
    """The views of the tab; a letter goes to one at once."""

    def __init__(self, office: Office, tab: Tab, choose: Callable[[Filter], None]) -> None:
        super().__init__(_("Views"), _("press a key"), office.signs, cells=56)
        self._tab, self._choose = tab, choose
        self._office = office
        self._views = views_of(tab, office.workplace.actor.name)
        self._counts: list[int] = []
        self._wide = 50

    def on_mount(self) -> None:
        """Count in a thread."""
        tab, views = self._tab, self._views
        wanted = [View(tab, filter=chosen) for _key, _name, chosen in views]
        work(self, lambda: self._office.desk.counts_of(wanted), self._counted, group="views", exclusive=True)

    def _counted(self, counts: list[int]) -> None:
        self._counts = counts
        self._text.update(Content("\n").join(self.lines(self._wide)))

    def lines(self, cells: int) -> list[Content]:
        """A view a line: key, name, how many."""
        self._wide = cells
        lines = []
        for place, (key, name, _chosen) in enumerate(self._views):
            count = str(self._counts[place]) if self._counts else self._signs.ellipsis
            room = cells - NUMBER - 4
            shown = fit(name, room, ellipsis=self._signs.ellipsis)
            number = " " * (NUMBER - width(count)) + count
            lines.append(Content.assemble((f" {key}  ", "bold"), shown, (number, "bold")))
        return lines

    def on_key(self, event: events.Key) -> None:
        """Go to the view of the letter."""
        found = next((chosen for key, _name, chosen in self._views if key == event.character), None)
        if found is None or self.app.screen is not self:
            return
        event.stop()
        event.prevent_default()
        self.dismiss(None)
        self._choose(found)
