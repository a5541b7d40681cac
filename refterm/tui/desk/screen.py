"""The desk: tabs, alert, list and detail; what its keys do is in desk_actions.py.

Work in the background touches no widget: the watcher, the neighbours and the scores post messages, and what they say is
shown here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from textual import on
from textual.app import ComposeResult

from refterm.config import NoticeSettings
from refterm.domain import deadline
from refterm.domain.query import STATUS_OF_TAB, Filter, Tab
from refterm.domain.referral import Status
from refterm.errors import NotFoundError, RefTermError
from refterm.i18n import _, ngettext
from refterm.services.desk import Alert
from refterm.services.personal.view_state import ViewState
from refterm.tui.actions import why_off
from refterm.tui.background.connection import Link
from refterm.tui.background.fit import Fits
from refterm.tui.background.presence import Neighbours
from refterm.tui.background.ticker import Sleeper
from refterm.tui.background.watcher import Watcher
from refterm.tui.background.work import work
from refterm.tui.desk import bars
from refterm.tui.desk.actions import DeskActions
from refterm.tui.desk.detail_pane import Body, DetailPane
from refterm.tui.desk.message_line import Messages
from refterm.tui.desk.referral_list import ReferralList
from refterm.tui.desk.search import Searching
from refterm.tui.draw.detail import Shown
from refterm.tui.draw.line import Line
from refterm.tui.draw.row import Look
from refterm.tui.office import Office
from refterm.tui.textual_quirks import Covered, StillBelow, focus_without_repaint, set_breakpoint_classes

T = TypeVar("T")
DETAIL_PAUSE = 0.12
SAME_SHOWN = 3


class DeskScreen(Covered, StillBelow, DeskActions):
    """The desk's one screen. It reads between keys and writes in workers, always through the services."""

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
        self.kiosk, self.rings = kiosk, bell
        self.search = ""
        self.whole = False
        self.contact_index: int | None = None
        self.counts: dict[Tab, int] = {}
        self.alert: Alert | None = None
        self.searching = Searching(self, lambda: self.close_search(keep=True))
        self._messages = Messages(office.workplace.undo_seconds)
        self.sleeper = Sleeper(self, office.workplace.clock, self.wake)
        self._detail_due: asyncio.TimerHandle | None = None
        # Whether the referral in the detail was read since the list was.
        self._detail_fresh = False
        # The newest history entry when the list was read.
        self._listed = 0
        self._title = ""
        self.link = Link(self, office.workplace, self.say, self.draw, self._reached_again)
        self.watcher = Watcher(self, office.desk, self.link, notices)
        self.neighbours = Neighbours(self, office.workplace, self.link)
        self.fits = Fits(self, office.workplace, self._new_in_sight)

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

    # What is looked at

    def look(self) -> Look:
        """What drawing needs to know at this instant."""
        workplace = self.office.workplace
        digits = max(3, len(str(sum(self.counts.values()))))
        busy = self.neighbours.busy
        return Look(workplace.now(), workplace.deadlines, workplace.zone, self.signs, digits, busy, self.fits.known)

    def _has_alert(self) -> bool:
        try:
            return self.office.desk.alert() is not None
        except RefTermError:
            return False  # the first reading of the list tells what is wrong

    def reload(self, *, top: bool = False) -> bool:
        """Read the list, the counts and the alert again; the cursor stays on its referral, or goes to the top.

        Returns:
            Whether they could be read; if not, that was said.
        """
        stay = self.row.id if self.row and not top else None
        try:
            snapshot = self.office.desk.snapshot(self.view)
            self.counts, self.alert, self._listed = snapshot.counts, snapshot.alert, snapshot.token
            self._detail_fresh = False
            self._forget_marks()
            self.referral_list.show(self.state.tab, snapshot.listing, self.look(), cursor_on=stay, top=top)
            self.sleeper.event = snapshot.next_event
            self.referral_list.empty_text = [] if snapshot.listing.count else self._empty_text()
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
        able = [action for action in self.actions.values() if action.short and why_off(action, now) is None]
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
        """Look what has changed, by time or by others, then sleep again; called by the sleeper."""
        if not self.link.lost:
            try:
                self._catch_up()
            except RefTermError as error:
                self.link.failed(error)
        self.sleeper.sleep()

    def _catch_up(self) -> None:
        sleeper, now = self.sleeper, self.office.workplace.now()
        due = sleeper.event is not None and now >= sleeper.event
        if self.watcher.look():
            self.neighbours.look()
        if due:
            sleeper.event = None
            self.watcher.expire()
            self._follow()
            self.detail_pane.update_times(self.look())
        elif sleeper.texts and now >= sleeper.texts:
            self.update_times()

    @on(Watcher.Changed)
    def _written(self, event: Watcher.Changed) -> None:
        """Show what was written, and say what others did; one's own is shown and said already."""
        from refterm.tui.background.news import CLOSING, news  # not needed by the first screen

        changes = event.changes
        self.referral_list.unseen -= {entry.referral for entry in changes.entries if entry.action in CLOSING}
        if changes.token > self._listed:
            self._follow()
        try:
            told = news(self.office.desk, changes, self.look())
        except RefTermError as error:
            self.link.failed(error)
            return
        if told:
            self.say(told.sentence, told.style)
            if told.arrived:
                self.referral_list.unseen |= told.arrived
                self.referral_list.refresh()
                if self.rings:
                    self.app.bell()
        self.show_title()

    @on(Watcher.Undelivered)
    def _undelivered(self, event: Watcher.Undelivered) -> None:
        count = event.notices
        said = ngettext("{n} notice could not be delivered.", "{n} notices could not be delivered.", count)
        self.say(said.format(n=count) + " " + _("refterm outbox tells why."), "late")

    @on(Neighbours.Changed)
    def _neighbours_changed(self, event: Neighbours.Changed) -> None:
        self._draw_rows(event.referrals)
        self.draw()

    @on(Fits.Known)
    def _fits_known(self, event: Fits.Known) -> None:
        self._draw_rows(event.referrals)

    def _draw_rows(self, changed: set[int]) -> None:
        """Draw anew some rows, and the detail where it shows one of them."""
        self.referral_list.update_rows(changed, self.look())
        if self.detail_pane.referral_id in changed:
            self.show_detail()

    def _follow(self) -> None:
        """Read again what time or others changed. The full detail is left when its referral left the list: another in
        its place would take the keys that are meant for the first."""
        here = self.row.id if self.row and self.whole else None
        self.reload()
        if here is not None and (self.row is None or self.row.id != here):
            self.show_whole(False)

    def _new_in_sight(self) -> list[int]:
        """Whose scores are wanted; none while the database is lost."""
        if self.link.lost:
            return []
        return [row.id for row in self.referral_list.in_sight() if row.status is Status.NEW]

    def _reached_again(self) -> None:
        if self.reload():
            self.watcher.expire()
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
            self.app.set_terminal_title(title)

    # Moving about

    @on(ReferralList.Moved)
    def _moved(self, event: ReferralList.Moved) -> None:
        row = event.row
        if row and row.id in self.referral_list.unseen:
            self.referral_list.saw(row.id)
            self.show_title()
        if row and self._detail_fresh and row.id == self.detail_pane.referral_id:
            return
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
        self._detail_fresh = True
        if not self.whole or not referral.team:
            self.contact_index = None
        else:
            self.contact_index = min(self.contact_index or 0, len(referral.team) - 1)
        self.detail_pane.show(Shown(referral, tuple(told), len(same), self.contact_index), look)
        self._draw_keys()
        if referral.status is Status.NEW:
            self.fits.soon()

    # Writing

    def write(self, job: Callable[[], T], done: Callable[[T], object]) -> None:
        """Do a service's work in a thread; then show what became of it. No key waits for it."""
        work(self, job, done, self.link.failed, group="writes")

    def after_write(self, sentence: str, *, undo: bool = False) -> None:
        """Show the desk as it is after a change of one's own, and say what happened.

        What others wrote right before is told by the next look.
        """
        self.reload()
        self.show_detail()
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
