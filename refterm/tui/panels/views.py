"""Views: what people ask for most, one key each, with how many there are now; one's own, and those of the site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from textual import events, on
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input

from refterm.config import SharedView
from refterm.domain.filter_words import read_options, view_from
from refterm.domain.query import Filter, Tab, View
from refterm.domain.referral import Outcome
from refterm.errors import ConfigurationError, InvalidInputError, RefTermError
from refterm.i18n import _
from refterm.services.personal.view_state import SavedView, ViewState
from refterm.text import as_sentence, clean_line, fit, fold, width
from refterm.tui.background.work import work
from refterm.tui.desk.bars import number_text
from refterm.tui.draw.themes import DIM
from refterm.tui.panels.panel import Panel
from refterm.tui.session import Session

NUMBER = 8
# One's own views have the figures as their keys.
MOST_OWN = 9
SAVE, REMOVE, SEARCH = "s", "x", "/"
# What the panel itself takes.
TAKEN = f"amnhlepzfwdu{SAVE}{REMOVE}{SEARCH}qjkgG?123456789"


class Named(NamedTuple):
    """One view: its key, its name, and what it shows; `own` is its place among one's own."""

    key: str
    name: str
    view: View
    own: int | None = None


def views_of(tab: Tab, me: str) -> list[Named]:
    """The views that every desk has, of a tab."""
    mine = [
        ("a", _("all"), Filter()),
        ("m", _("mine"), Filter(mine=me)),
        ("n", _("nobody's"), Filter(unassigned=True)),
    ]
    favorites = ("f", _("favourites"), Filter(favorite=True))
    of_tab = {
        Tab.INBOX: [
            ("h", _("calls waiting"), Filter(uncalled=True)),
            ("l", _("late"), Filter(overdue=True)),
            ("e", _("expires within 24 h"), Filter(expiring=24)),
            ("p", _("no active profile"), Filter(unrouted=True)),
            ("z", _("Skipped").lower(), Filter(skipped=True)),
        ],
        Tab.ACTIVE: [
            ("l", _("past the purchase date"), Filter(overdue=True)),
            ("z", _("with a next step"), Filter(follow_up=True)),
            ("u", _("no next step"), Filter(no_follow_up=True)),
        ],
        Tab.ARCHIVED: [
            ("w", _("won"), Filter(outcome=Outcome.WON)),
            ("l", _("lost"), Filter(outcome=Outcome.LOST)),
            ("d", _("declined"), Filter(outcome=Outcome.DECLINED)),
            ("e", _("expired"), Filter(outcome=Outcome.EXPIRED)),
        ],
    }
    return [Named(key, name, View(tab, filter=chosen)) for key, name, chosen in (*mine, *of_tab[tab], favorites)]


def check(views: Sequence[SharedView]) -> None:
    """Refuse a view of the site's whose filter cannot be read or whose key is taken.

    Raises:
        ConfigurationError: naming it.
    """
    keys: dict[str, str] = {}
    for one in views:
        if one.key in TAKEN:
            raise ConfigurationError(
                _("[[views]] {name}: the key {key} is taken in Views; choose another").format(
                    name=one.name, key=one.key
                )
            )
        if one.key in keys:
            raise ConfigurationError(
                _("[[views]] {key} is the key of both {one} and {other}; choose another for one of them").format(
                    key=one.key, one=keys[one.key], other=one.name
                )
            )
        keys[one.key] = one.name
        try:
            view_from(read_options(one.filter), "", datetime.now(UTC), UTC)
        except InvalidInputError as error:
            raise ConfigurationError(f"[[views]] {one.name}: {'; '.join(error.fields.values())}") from error


class ViewsScreen(Panel):
    """The views; a letter goes to one at once, `/` searches them by name, `s` saves what is shown now."""

    def __init__(
        self,
        session: Session,
        state: ViewState,
        present: View,
        shared: Sequence[SharedView],
        choose: Callable[[View], None],
        keep: Callable[[], None],
    ) -> None:
        """
        Args:
            session: what screens work with.
            state: has one's own views.
            present: what is shown now.
            shared: the site's views.
            choose: shows one.
            keep: writes the view state down.
        """
        super().__init__(
            _("Views"),
            _("press a key"),
            session.signs,
            cells=60,
            keys=_("/ search   s save this   x remove   escape closes"),
        )
        self._session, self._state, self._present = session, state, present
        self._shared, self._choose, self._keep = shared, choose, keep
        self._field = Input(id="views-field", compact=True)
        self._field.cursor_blink = False
        self._field.display = False
        self._counting = self._again = False
        self._mode = ""
        self._said = ""
        self._views: list[Named] = []
        self._counts: list[int] = []
        self._wide = 50
        self._gather()

    def _gather(self) -> None:
        workplace = self._session.workplace
        me, now = workplace.actor.name, workplace.now()
        shared = [
            Named(one.key, one.name, view_from(read_options(one.filter), me, now, workplace.zone))
            for one in self._shared
        ]
        own = [Named(str(place), one.name, one.view, place) for place, one in enumerate(self._state.views, 1)]
        self._views = [*views_of(self._present.tab, me), *shared, *own]
        self._counts = []

    def on_mount(self) -> None:
        """Count in a thread."""
        self.query_one("#panel-body", VerticalScroll).mount(self._field)
        self.count()

    def count(self) -> None:
        """Count anew, in a thread: what is shown may have changed."""
        self._again = self._counting
        if not self._counting:
            self._counting = True
            wanted = [one.view for one in self._views]
            work(self, lambda: self._session.desk.counts_of(wanted), self._counted, self._not_counted, group="views")

    def _not_counted(self, error: RefTermError) -> None:
        self._counting = False
        self._say(as_sentence(str(error)))

    def _counted(self, counts: list[int]) -> None:
        self._counting = False
        if self._again:
            self.count()
        if len(counts) == len(self._views):
            self._counts = counts
            self._draw()

    def _draw(self) -> None:
        self._text.update(Content("\n").join(self.lines(self._wide)))

    @property
    def _found(self) -> list[int]:
        """The places of the views whose names hold what is searched for."""
        words = fold(self._field.value).split() if self._mode == SEARCH else []
        names = [fold(one.name) for one in self._views]
        return [place for place, name in enumerate(names) if all(word in name for word in words)]

    def lines(self, cells: int) -> list[Content]:
        """A view a line: key, name, how many."""
        self._wide = cells
        sanitize, ellipsis = self._signs.sanitize, self._signs.ellipsis
        lines = []
        for place in self._found:
            one = self._views[place]
            count = number_text(self._counts[place]) if self._counts else ellipsis
            shown = fit(sanitize(one.name), cells - NUMBER - 4, ellipsis=ellipsis)
            number = " " * (NUMBER - width(count)) + count
            lines.append(Content.assemble((f" {one.key}  ", "bold"), shown, (number, "bold")))
        if not lines:
            lines.append(Content.styled(_("Nothing is called so."), DIM))
        if self._said:
            lines += [Content(""), Content.styled(fit(self._said, cells, ellipsis=ellipsis), "bold")]
        return lines

    def _say(self, sentence: str) -> None:
        self._said = sentence
        self._draw()

    def _ask(self, mode: str, placeholder: str) -> None:
        self._mode = mode
        self._field.value = ""
        self._field.placeholder = placeholder
        self._field.display = True
        self._field.focus()

    def _close_field(self) -> None:
        self._mode = ""
        self._field.display = False
        self.body.focus()
        self._draw()

    def action_close(self) -> None:
        """Close the field, else the panel."""
        if self._mode in (SEARCH, SAVE):
            self._close_field()
        else:
            super().action_close()

    def on_key(self, event: events.Key) -> None:
        """Go to the view of the letter."""
        if self.app.screen is not self or self._mode in (SEARCH, SAVE):
            return
        found = next((one for one in self._views if one.key == event.character), None)
        if self._mode == REMOVE:
            self._mode = ""
            if found and found.own:
                del self._state.views[found.own - 1]
                self._changed(_("{name} is removed.").format(name=self._signs.sanitize(found.name)))
            else:
                self._say(_("Only your own views are removed, by their figures."))
        elif event.character == SEARCH:
            self._ask(SEARCH, _("search"))
        elif event.character == SAVE:
            if self._present.filter.ids:
                self._say(_("What a finding shows cannot be saved."))
            elif len(self._state.views) >= MOST_OWN:
                self._say(_("There are nine views of your own; x removes one."))
            else:
                self._ask(SAVE, _("a name for what is shown now"))
        elif event.character == REMOVE:
            self._mode = REMOVE
            self._say(_("Which of your own is removed? Press its figure."))
        elif found:
            self._go(found)
        else:
            return
        event.stop()
        event.prevent_default()

    def _go(self, chosen: Named) -> None:
        self.dismiss(None)
        self._choose(chosen.view)

    def _changed(self, sentence: str) -> None:
        self._keep()
        self._gather()
        self._say(sentence)
        self.count()

    @on(Input.Changed, "#views-field")
    def _typed(self) -> None:
        if self._mode == SEARCH:
            self._draw()

    @on(Input.Submitted, "#views-field")
    def _entered(self) -> None:
        if self._mode == SEARCH:
            if found := self._found:
                self._go(self._views[found[0]])
            return
        name = clean_line(self._field.value).strip()
        if not name:
            return
        kept = [one for one in self._state.views if one.name != name]
        self._state.views = [*kept, SavedView(name, self._present)]
        self._close_field()
        self._changed(_("{name} is saved; its key is {key}.").format(name=name, key=len(self._state.views)))

    def on_click(self, event: events.Click) -> None:
        """Go to the view that was clicked."""
        if event.widget is self._text and event.y < len(self._found):
            self._go(self._views[self._found[event.y]])
