"""The desk: tabs, alert, list, detail. What keeps them true to the time and to what others write stands in watcher.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input

from refterm.config import NoticeSettings
from refterm.domain import deadline
from refterm.domain.query import STATUS_OF_TAB, Filter, Tab, View
from refterm.domain.referral import Referral, Status
from refterm.domain.row import Row
from refterm.errors import NotFoundError, RefTermError
from refterm.i18n import _
from refterm.services.desk import Alert
from refterm.services.view_state import ViewState
from refterm.tui import bars
from refterm.tui.actions import Situation, registry, why_off
from refterm.tui.desk_actions import HANDLERS
from refterm.tui.detail_text import Shown
from refterm.tui.fits import Fits
from refterm.tui.link import Link, writing
from refterm.tui.messages import Messages
from refterm.tui.neighbours import Neighbours
from refterm.tui.office import Office
from refterm.tui.render import Look
from refterm.tui.searching import Searching
from refterm.tui.sleeper import Sleeper
from refterm.tui.textual_quirks import Covered, StillBelow, focus_without_repaint, set_breakpoint_classes
from refterm.tui.watcher import Watcher
from refterm.tui.widgets.detail_pane import Body, DetailPane
from refterm.tui.widgets.line import Line
from refterm.tui.widgets.referral_list import ReferralList

T = TypeVar("T")
DETAIL_PAUSE = 0.12
SAME_SHOWN = 3
# Of the referrals of a finding so many are shown, the newest.
MOST_ONLY = 1000


class DeskScreen(Covered, StillBelow, Screen[None]):
    """The desk's one screen. It reads between keys and writes in workers, always through the services."""

    BINDINGS: ClassVar = [
        Binding(",".join(action.keys), f"act('{action.id}')", action.label, show=False, id=action.id)
        for action in registry()
    ]
    AUTO_FOCUS = "#list"
    focused = focus_without_repaint()

    def __init__(
        self,
        office: Office,
        state: ViewState,
        *,
        kiosk: bool = False,
        bell: bool = False,
        notices: NoticeSettings | None = None,
    ) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-cramped"), (80, "-normal"), (160, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-short"), (30, "-tall")]
        self.office = office
        self.referral_list = ReferralList(id="list")
        self.detail_pane = DetailPane(id="detail")
        self.signs = office.signs
        self.state = state
        self.kiosk, self.rings, self.notices = kiosk, bell, notices
        self.search = ""
        self.whole = False
        self.contact_index: int | None = None
        self._all_actions = registry()
        self.counts: dict[Tab, int] = {}
        self.alert: Alert | None = None
        self.searching = Searching(self, lambda: self.close_search(keep=True))
        self._messages = Messages(office.workplace.undo_seconds)
        self.sleeper = Sleeper(self, office.workplace.clock, self.wake)
        self._detail_due: asyncio.TimerHandle | None = None
        self.watcher = Watcher(self)
        self.neighbours = Neighbours(self)
        self.fits = Fits(self)
        self._title = ""
        self.link = Link(self, office.workplace, self.say, self.draw, self._reached_again)

    def compose(self) -> ComposeResult:
        """Bars of one line each, the list, and the detail."""
        set_breakpoint_classes(self)
        ellipsis, outside = self.signs.ellipsis, self.signs.outside
        yield Line(id="top", ellipsis=ellipsis, outside=outside)
        yield Line(id="tabs", ellipsis=ellipsis, outside=outside)
        alert = Line(id="alert", ellipsis=ellipsis, outside=outside)
        alert.display = self.state.tab is Tab.INBOX and self._has_alert()
        yield alert
        with Body(id="body"):
            yield self.referral_list
            yield Line(id="rule", ellipsis="")
            yield self.detail_pane
        yield Line(id="message", ellipsis=ellipsis, outside=outside)
        yield Line(id="keys", ellipsis=ellipsis, outside=outside)

    def on_mount(self) -> None:
        """Show the first rows, then archive what is due meanwhile (I4)."""
        self._lines = {line.id: line for line in self.query(Line)}
        self._show_rule()
        try:
            self.watcher.begin()
        except RefTermError as error:
            self.link.failed(error)
        self.reload(top=True)
        self.call_after_refresh(self.watcher.expire)
        self.call_after_refresh(self.sleeper.sleep)
        self.neighbours.begin()

    def action_act(self, name: str) -> None:
        """Do an action of the registry, or say why it cannot be done now."""
        action = next(action for action in self._all_actions if action.id == name)
        reason = why_off(action, self.situation())
        if reason:
            self.say(reason, "dim")
            return
        try:
            HANDLERS[name](self)
        except RefTermError as error:
            self.link.failed(error)

    # What is looked at

    @property
    def view(self) -> View:
        """The list that is shown."""
        tab = self.state.tab
        return View(tab, self.state.orders.get(tab), self.state.filters.get(tab, Filter()), self.search)

    @property
    def row(self) -> Row | None:
        """The referral under the cursor."""
        return self.referral_list.current

    def referral(self) -> Referral | None:
        """The referral under the cursor, whole; when it cannot be read, that is said."""
        row = self.row
        if row is None:
            return None
        try:
            return self.office.desk.referral(row.id)
        except RefTermError as error:
            self.link.failed(error)
            return None

    def look(self) -> Look:
        """What drawing needs to know at this instant."""
        workplace = self.office.workplace
        digits = max(3, len(str(sum(self.counts.values()))))
        busy = self.neighbours.busy
        return Look(workplace.now(), workplace.deadlines, workplace.zone, self.signs, digits, busy, self.fits.known)

    def situation(self) -> Situation:
        """What decides whether an action can be done now."""
        return Situation(self.state.tab, self.row is not None, self.office.workplace.looks_only, self.kiosk)

    def _has_alert(self) -> bool:
        try:
            return self.office.desk.alert() is not None
        except RefTermError:
            return False  # the first reading of the list tells what is wrong

    def reload(self, *, cursor_on: int | None = None, top: bool = False) -> bool:
        """Read the list, the counts and the alert again; the cursor stays on its referral, or goes to a given one.

        Returns:
            Whether they could be read; if not, that was said.
        """
        stay = cursor_on if cursor_on is not None else (self.row.id if self.row and not top else None)
        try:
            desk = self.office.desk
            self.counts = desk.counts()
            self.alert = desk.alert()
            listing = desk.listing(self.view)
            self._forget_marks()
            self.referral_list.show(self.state.tab, listing, self.look(), cursor_on=stay, top=top)
            self.sleeper.event = desk.next_event(self.alert)
            self.referral_list.empty_text = [] if listing.count else self._empty_text()
        except RefTermError as error:
            self.link.failed(error)
            return False
        self.draw()
        return True

    def _forget_marks(self) -> None:
        """Marks stay on what is still in the tab: what somebody decided meanwhile is not marked any more."""
        if self.referral_list.marked:
            rows = self.office.desk.rows(sorted(self.referral_list.marked))
            self.referral_list.marked &= {row.id for row in rows if row.status is STATUS_OF_TAB[self.state.tab]}

    def draw(self) -> None:
        """Bring every bar up to date; each draws itself only where it reads otherwise."""
        look, workplace = self.look(), self.office.workplace
        view = self.view
        hits = self.referral_list.count if view.search or view.filter != Filter() else None
        caption = _("connection lost, trying again") if self.link.lost else self.office.caption
        here = self.neighbours.count
        self._lines["top"].show(*bars.top(workplace.actor.name, caption, workplace.looks_only, here, look))
        marked = len(self.referral_list.marked)
        self._lines["tabs"].show(*bars.tabs(view, self.counts, hits, marked, self.app.size.width, look.zone))
        said = bars.alert(self.alert, look) if self.state.tab is Tab.INBOX and not self.whole else []
        self._lines["alert"].display = bool(said)
        self._lines["alert"].show(said, bars.alert_keys(self.alert) if said else [])
        self._draw_keys()
        self._draw_message()
        self._plan_texts()

    def _draw_keys(self) -> None:
        now = self.situation()
        able = [action for action in self._all_actions if action.short and why_off(action, now) is None]
        self._lines["keys"].show(
            bars.keys(able, self._lines["keys"].size.width or self.app.size.width, whole=self.whole)
        )

    def _draw_message(self) -> None:
        self._lines["message"].show(*self._messages.pieces(self.office.workplace.now(), self.app.size))

    def say(self, sentence: str, style: str = "plain", *, undo: bool = False) -> None:
        """Say what happened. With `undo`, the seconds in which it can be undone are counted down beside it (U1)."""
        self._messages.say(sentence, style, self.office.workplace.now(), undo=undo)
        self._draw_message()
        self._plan_texts()

    def forget_undo(self) -> None:
        """Stop counting down: it was undone."""
        self._messages.forget_undo()

    # Time and other people

    def _plan_texts(self) -> None:
        look = self.look()
        moments = [self.referral_list.next_change(), self._messages.next_change(look.now)]
        urged = [self.alert.row.received_at] if self.alert and self.alert.hot else []
        if (shown := self.detail_pane.shown) and shown.referral.flame and not shown.referral.contacted_at:
            urged.append(shown.referral.received_at)
        moments += [deadline.flame_changes_at(received, look.now, look.deadlines) for received in urged]
        self.sleeper.texts = min((moment for moment in moments if moment), default=None)
        if self.sleeper.asleep:
            self.sleeper.sleep()

    def wake(self) -> None:
        """Look what has changed, by time or by others; called by the sleeper."""
        self.watcher.look()

    def _reached_again(self) -> None:
        if self.reload():
            self.say(_("The database can be reached again."))

    def on_screen_resume(self) -> None:
        """Catch up with what happened under a form."""
        if self.sleeper.asleep:
            self.reload()
            self.wake()

    def update_times(self) -> None:
        """Draw anew what reads otherwise now, and nothing else (F5)."""
        look = self.look()
        self.referral_list.update_times(look)
        self.detail_pane.update_times(look)
        self.draw()

    def show_title(self) -> None:
        """Count the unseen ones in the terminal's title."""
        unseen = len(self.referral_list.unseen)
        title = f"refterm ({unseen})" if unseen else "refterm"
        if title != self._title:
            self._title = title
            self.app.set_terminal_title(title)  # type: ignore[attr-defined]

    # Moving about

    @on(ReferralList.Moved)
    def _moved(self, event: ReferralList.Moved) -> None:
        row = event.row
        if row and row.id in self.referral_list.unseen:
            self.referral_list.saw(row.id)
            self.show_title()
        if row is None or (self.detail_pane.shown is None and not self._detail_due):
            self.show_detail()
            return
        # A held key draws the list only; the detail follows once the cursor rests. Textual's timers are tasks, a tenth of a key.
        if self._detail_due:
            self._detail_due.cancel()
        self._detail_due = asyncio.get_running_loop().call_later(DETAIL_PAUSE, self.call_later, self.show_detail)

    @on(ReferralList.Failed)
    def _list_failed(self, event: ReferralList.Failed) -> None:
        if not self.link.lost:
            self.link.failed(event.error)

    def show_detail(self) -> None:
        """Show the referral under the cursor, and what is known of the same customer (I9)."""
        row, look = self.row, self.look()
        if row is None:
            self.detail_pane.show(None, look)
            self._draw_keys()
            return
        try:
            referral = self.office.desk.referral(row.id)
            same = self.office.desk.duplicates(row.id)
            told = self.office.desk.rows(same[:SAME_SHOWN])
        except NotFoundError:
            self.detail_pane.show(None, look)
            return
        except RefTermError as error:
            self.link.failed(error)
            return
        if not self.whole or not referral.team:
            self.contact_index = None
        else:
            self.contact_index = min(self.contact_index or 0, len(referral.team) - 1)
        self.detail_pane.show(Shown(referral, tuple(told), len(same), self.contact_index), look)
        self._draw_keys()
        if referral.status is Status.NEW:
            self.fits.soon()

    def show_whole(self, whole: bool) -> None:
        """The detail on the full screen, or the list again."""
        self.whole = self.detail_pane.whole = whole
        self.contact_index = None
        self.set_class(whole, "-whole")
        self.show_detail()
        self.draw()

    def show_tab(self, tab: Tab) -> None:
        """Another tab, from its top."""
        if self.whole:
            self.show_whole(False)
        if tab is not self.state.tab:
            self.state.tab = tab
            self.referral_list.clear_marks()
            self.reload(top=True)
            self.keep_view()

    def keep_view(self) -> None:
        """Remember tab, order and filter for the person."""
        self.app.keep_view()  # type: ignore[attr-defined]

    # Search

    def on_key(self, event: events.Key) -> None:
        """Open the search at its key, not by the binding, which acts later than the next letter may come."""
        if not self.searching.take(event) and event.key == "slash" and not self.searching.is_open:
            event.stop()
            self.action_act("search")

    @on(Input.Changed, "#search")
    def _typed(self, event: Input.Changed) -> None:
        self.search = event.value
        # The letter is drawn first; of several typed at once only the last is searched for.
        self.call_after_refresh(self._search_for, event.value)

    def _search_for(self, text: str) -> None:
        if text == self.search:
            self.reload(top=True)

    @on(Input.Submitted, "#search")
    def _searched(self) -> None:
        self.close_search(keep=True)

    def close_search(self, *, keep: bool) -> None:
        """Back to the list, with the hits or with everything."""
        self.searching.close()
        self.referral_list.focus()
        if not keep:
            self.search = ""
            self.searching.clear()
            self.reload()
        elif not self.search:
            self.reload()

    # Writing

    def write(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[RefTermError], None] | None = None,
    ) -> None:
        """Do a service's work in a thread; then show what became of it. No key waits for it."""
        self.run_worker(writing(work, done, failed or (lambda _error: None), self.link), group="writes")

    def after_write(self, sentence: str, *, undo: bool = False) -> None:
        """Show the desk as it is after a change of one's own, and say what happened."""
        try:
            self.watcher.own()
            self.reload()
            self.show_detail()
        except RefTermError as error:
            self.link.failed(error)  # what was written is written
        self.say(sentence, undo=undo)

    # Rare states

    def _empty_text(self) -> list[str]:
        desk_is_empty = not sum(self.counts.values())
        return bars.empty(self.view, self.look(), desk_is_empty=desk_is_empty, back=self.office.desk.next_back())

    def on_resize(self) -> None:
        """Draw the bars to the new width."""
        if self.is_mounted and self.counts:
            self._show_rule()
            self.draw()

    def _show_rule(self) -> None:
        self._lines["rule"].show([(self.signs.rule * max(self.app.size.width, 1), "dim")])

    def show_only(self, referrals: Sequence[int]) -> None:
        """Narrow the list to some referrals, in the tab of the first of them."""
        try:
            rows = self.office.desk.rows(list(referrals[-MOST_ONLY:]))
        except RefTermError as error:
            self.link.failed(error)
            return
        if not rows:
            return
        tabs = {status: tab for tab, status in STATUS_OF_TAB.items()}
        self.show_tab(tabs[rows[0].status])
        self.search = ""
        self.set_filter(Filter(ids=tuple(row.id for row in rows)))

    def open_record(self, referral: int) -> None:
        """One referral, whole, wherever it stands."""
        self.show_only([referral])
        self.show_whole(True)

    def set_filter(self, chosen: Filter) -> None:
        """Narrow the list of this tab."""
        self.state.filters = {**self.state.filters, self.state.tab: chosen}
        self.reload(top=True)
        self.keep_view()
