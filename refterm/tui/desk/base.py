"""The state of the desk screen: the list, the referral under the cursor, the bars, and the work in the background.

The keys are in actions.py and look_actions.py, the widgets and their messages in screen.py; both build on this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from textual import getters
from textual.screen import Screen

from refterm.config import NoticeSettings, Settings
from refterm.domain import deadline
from refterm.domain.query import STATUS_OF_TAB, Filter, Tab, View
from refterm.domain.referral import Referral, Status
from refterm.domain.row import Row
from refterm.errors import NotFoundError, RefTermError
from refterm.i18n import _
from refterm.services.desk import Alert
from refterm.services.personal.view_state import ViewState
from refterm.text import width
from refterm.tui.actions import Situation, keys_of, registry, why_off
from refterm.tui.background.connection import Connection
from refterm.tui.background.duties import Duties
from refterm.tui.background.fit import FitScores
from refterm.tui.background.presence import DeskPresence
from refterm.tui.background.ticker import Ticker
from refterm.tui.background.watcher import Watcher
from refterm.tui.background.work import work
from refterm.tui.desk import bars
from refterm.tui.desk.detail_pane import DetailPane
from refterm.tui.desk.line import Line
from refterm.tui.desk.message_line import Messages
from refterm.tui.desk.referral_list import ReferralList
from refterm.tui.desk.search import Searching
from refterm.tui.draw.detail import LATEST, MOST_ENTRIES, Shown
from refterm.tui.draw.row import Look
from refterm.tui.session import DeskApp, Session
from refterm.words import both_changed_text, contradiction_text

if TYPE_CHECKING:
    from refterm.tui.background.syncing import Syncing
    from refterm.tui.forms.form import Form
    from refterm.tui.panels.views import ViewsScreen

T = TypeVar("T")
SAME_SHOWN = 3
# The detail stands beside the list where that keeps its columns; chosen with L, from fewer cells on.
BESIDE_FROM, BESIDE_LEAST = 190, 110
LIST_KEEPS, DETAIL_LEAST, DETAIL_MOST = 126, 56, 80


class DeskBase(Screen[None]):
    """The state of the desk and what all its actions use.

    Attributes:
        search: the text that the list is searched for.
        whole: whether the detail takes the full screen.
        contact_index: the contact under the cursor of the full detail.
        form: the form that is open on a referral.
    """

    app = getters.app(DeskApp)

    def __init__(
        self,
        session: Session,
        state: ViewState,
        *,
        kiosk: bool = False,
        bell: bool = False,
        notices: NoticeSettings | None = None,
        syncs: Settings | None = None,
    ) -> None:
        super().__init__()
        # Not in the class: the labels are in the language chosen after the import.
        self.actions = {action.id: action for action in registry()}
        self.HORIZONTAL_BREAKPOINTS = [(0, "-cramped"), (80, "-normal"), (BESIDE_FROM, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-short"), (30, "-tall")]
        self.session = session
        self.referral_list = ReferralList(id="list")
        self.detail_pane = DetailPane(id="detail")
        signs = self.signs = session.signs
        self._lines = {
            name: Line(id=name, ellipsis=signs.ellipsis, sanitize=signs.sanitize)
            for name in ("top", "tabs", "alert", "message", "keys")
        }
        self.state = state
        self.kiosk, self.rings = kiosk, bell
        self.search = ""
        self.whole = False
        self.contact_index: int | None = None
        self.form: Form[str] | None = None
        self.views: ViewsScreen | None = None
        self.counts: dict[Tab, int] = {}
        self.todo: dict[str, int] = {}
        self.hits: dict[Tab, int] = {}
        self.alert: Alert | None = None
        self.searching = Searching(self, lambda: self.close_search(keep=True))
        self.messages = Messages(session.workplace.undo_seconds)
        self.ticker = Ticker(self, session.workplace.clock, self.wake)
        self._detail_due: asyncio.TimerHandle | None = None
        # Whether the detail was read after the list.
        self._detail_fresh = False
        # The newest history entry when the list was read.
        self._listed = 0
        self._title = ""
        self.connection = Connection(self, session.workplace, self.say, self.draw, self._reached_again)
        self.watcher = Watcher(self, session.desk, self.connection, notices)
        self.duties = Duties(self, session, self.connection)
        self.presence = DeskPresence(self, session.workplace, self.connection)
        self.fit_scores = FitScores(self, session.workplace, self._new_in_sight)
        self.syncing: Syncing | None = None
        if syncs is not None:
            from refterm.tui.background.syncing import Syncing

            self.syncing = Syncing(self, session.workplace, syncs, self.connection, self.say, self.draw)

    # What is shown

    @property
    def view(self) -> View:
        """The list that is shown."""
        tab = self.state.tab
        return View(tab, self.state.orders.get(tab), self.state.filters.get(tab, Filter()), self.search)

    @property
    def caption(self) -> str:
        """Which desk this is, where it is not the person's own."""
        return ""

    @property
    def row(self) -> Row | None:
        """The referral under the cursor."""
        return self.referral_list.current

    def referral(self) -> Referral | None:
        """The referral under the cursor, whole.

        Raises:
            RefTermError: when it cannot be read.
        """
        return self.session.desk.referral(self.row.id) if self.row else None

    def situation(self) -> Situation:
        """What decides whether an action can be done now."""
        return Situation(self.state.tab, self.row is not None, self.session.workplace.looks_only, self.kiosk)

    def look(self) -> Look:
        """What drawing needs to know at this instant."""
        workplace = self.session.workplace
        return Look(
            workplace.now(),
            workplace.deadlines,
            workplace.zone,
            self.signs,
            max(3, len(str(sum(self.counts.values())))),
            self.presence.busy,
            self.fit_scores.known,
            self.fit_scores.nothing,
            self.session.links,
        )

    def reload(self, *, top: bool = False) -> bool:
        """Read the list, the counts and the alert again; the cursor stays on its referral, or goes to the top.

        Returns:
            Whether they could be read; if not, the message line says why.
        """
        stay = self.row.id if self.row and not top else None
        try:
            snapshot = self.session.desk.snapshot(self.view, self.state.filters)
            self.counts, self.alert, self._listed = snapshot.counts, snapshot.alert, snapshot.token
            self.todo, self.hits = snapshot.todo, snapshot.hits
            self._detail_fresh = False
            self._forget_marks()
            self.referral_list.empty_text = [] if snapshot.listing.count else self._empty_text()
            self.referral_list.show(self.view, snapshot.listing, self.look(), cursor_on=stay, top=top)
            self.ticker.event = snapshot.next_event
        except RefTermError as error:
            self.connection.failed(error)
            return False
        if self.views:
            self.views.count()
        self.draw()
        return True

    def _forget_marks(self) -> None:
        """Remove the marks from referrals that left the tab."""
        if self.referral_list.marked:
            rows = self.session.desk.rows(sorted(self.referral_list.marked))
            self.referral_list.marked &= {row.id for row in rows if row.status is STATUS_OF_TAB[self.state.tab]}

    @property
    def in_detail(self) -> int | None:
        """The referral that the detail shows: an open form keeps it on its own, wherever that went."""
        held, here = self.form.referrals if self.form else (), self.row.id if self.row else None
        return here if not held or here in held else held[0]

    def show_detail(self) -> None:
        """Show the referral under the cursor, with other referrals of the same customer (I9)."""
        number, look = self.in_detail, self.look()
        if number is None:
            self.detail_pane.show(None, look)
            self._draw_keys()
            return
        try:
            shown = self.read_shown(number, MOST_ENTRIES if self.whole else LATEST)
        except NotFoundError:
            self.detail_pane.show(None, look)
            return
        except RefTermError as error:
            self.connection.failed(error)
            return
        self._detail_fresh = True
        referral = shown.referral
        chosen = min(self.contact_index or 0, len(referral.team) - 1)
        self.contact_index = chosen if self.whole and referral.team else None
        self.detail_pane.show(shown._replace(contact=self.contact_index), look)
        self._draw_keys()
        self._draw_message()
        if referral.status is Status.NEW:
            self.fit_scores.soon()

    def read_shown(self, number: int, entries: int) -> Shown:
        """A referral with what stands beside it, and so many history entries."""
        desk = self.session.desk
        referral, same = desk.referral(number), desk.duplicates(number)
        remarks = [contradiction_text(said)] if (said := desk.source_says(referral)) else []
        if fields := desk.both_changed(referral):
            remarks.append(both_changed_text(fields, keys_of("outbox")))
        others, latest = desk.rows(same[:SAME_SHOWN]), desk.latest(number, entries)
        return Shown(referral, tuple(others), len(same), None, tuple(latest), tuple(remarks))

    def show_whole(self, whole: bool) -> None:
        """The detail on the full screen, or the list again."""
        self.whole = self.detail_pane.whole = whole
        self.contact_index = None
        self.set_class(whole, "-whole")
        self.place_detail()
        self.show_detail()
        self.draw()

    def close_search(self, *, keep: bool) -> None:
        """Back to the list, with the hits or with everything."""
        self.searching.close()
        self._draw_keys()
        self.referral_list.focus()
        if not keep:
            self.search = ""
            self.searching.clear()
        if not self.search:
            self.reload()

    # Drawing

    def place_detail(self) -> None:
        """Put the detail below the list, beside it, or away: as chosen (L), else by the room there is."""
        width, choice = self.app.size.width, self.state.detail
        beside = width >= (BESIDE_LEAST if choice == "beside" else BESIDE_FROM) and choice in ("", "beside")
        self.set_class(beside and not self.whole, "-beside")
        self.set_class(choice == "off" and not self.whole, "-off")
        cells = max(DETAIL_LEAST, min(DETAIL_MOST, width - LIST_KEEPS))
        self.detail_pane.styles.width = cells if beside and not self.whole else None

    def draw(self) -> None:
        """Bring every bar up to date; each draws itself only when its text changed."""
        look, workplace = self.look(), self.session.workplace
        view = self.view
        hits = self.referral_list.count if view.search or view.filter != Filter() else None
        caption = self.connection.caption if self.connection.lost else self.caption
        here = self.presence.count
        synced = self.syncing.status if self.syncing and not self.connection.lost else ""
        cells, me = self.app.size.width, workplace.actor.name
        self._lines["top"].show(*bars.top(me, caption, workplace.looks_only, here, look, synced, self.todo, cells))
        marked = len(self.referral_list.marked)
        self._lines["tabs"].show(
            *bars.tabs(view, self.counts, hits, marked, cells, look.zone, self.hits), actions=bars.TAB_ACTIONS
        )
        alert = bars.alert(self.alert, look, cells) if self.state.tab is Tab.INBOX and not self.whole else []
        self._lines["alert"].display = bool(alert)
        self._lines["alert"].show(alert, bars.alert_keys(self.alert) if alert else [], all_do="next_flame")
        self._draw_keys()
        self._draw_message()
        self._plan_texts()

    def _draw_keys(self) -> None:
        now, line = self.situation(), self._lines["keys"]
        able = [action for action in self.actions.values() if action.short and why_off(action, now) is None]
        cells = line.size.width or self.app.size.width
        pieces, does = bars.keys(able, cells, self.state.tab, whole=self.whole, searching=self.searching.is_open)
        line.show(pieces, actions=does)

    def _draw_message(self) -> None:
        """What was said, over the rule between list and detail; at its right the position in the list."""
        line = self._lines["message"]
        said, undo = self.messages.pieces(self.session.workplace.now(), self.app.size)
        cursor, count = self.referral_list.cursor, self.referral_list.count
        cells = line.size.width or self.app.size.width
        right = undo or bars.position(cursor, count, self.signs)
        # A blank parts the two.
        if not undo and sum(width(text) for text, _style in (*said, *right)) >= cells:
            right = []
        line.show(bars.ruled(said, right, cells, self.signs), right)

    def say(self, sentence: str, style: str = "plain", *, undo: bool = False) -> None:
        """Say what happened. With `undo`, the seconds in which it can be undone are counted down beside it (U1)."""
        self.messages.say(sentence, style, self.session.workplace.now(), undo=undo)
        self._draw_message()
        self._plan_texts()

    def _empty_text(self) -> list[str]:
        from refterm.tui.desk import empty_list

        view, filters, session = self.view, self.state.filters, self.session
        if view.search or view.filter != Filter():
            elsewhere = {
                tab: count
                for tab, count in self.hits.items()
                if tab is not view.tab and (view.search or filters.get(tab) == view.filter)
            }
            return empty_list.narrowed(view, elsewhere)
        if view.tab is not Tab.INBOX:
            return empty_list.nothing_in(view.tab)
        if not sum(self.counts.values()) and not session.desk.next_back():
            writes = not (self.kiosk or session.workplace.looks_only)
            return empty_list.first_steps(writes=writes, tour=not (self.kiosk or self.state.toured))
        from refterm.services.today import today

        return empty_list.all_done(today(session.desk), self.look())

    # Time and other people

    def _plan_texts(self) -> None:
        look = self.look()
        moments = [self.referral_list.next_change(), self.duties.next]
        urged = [self.alert.row.received_at] if self.alert and self.alert.hot else []
        if (shown := self.detail_pane.shown) and shown.referral.flame and not shown.referral.contacted_at:
            urged.append(shown.referral.received_at)
        moments += [deadline.flame_changes_at(received, look.now, look.deadlines) for received in urged]
        self.ticker.texts = min((moment for moment in moments if moment), default=None)
        self.ticker.message = self.messages.next_change(look.now)
        if self.ticker.scheduled:
            self.ticker.schedule()

    def wake(self) -> None:
        """Look what time or others changed, then plan the next tick; the ticker calls this."""
        if not self.connection.lost:
            try:
                self._catch_up()
            except RefTermError as error:
                self.connection.failed(error)
        self.ticker.schedule()

    def _catch_up(self) -> None:
        ticker, now = self.ticker, self.session.workplace.now()
        due = ticker.event is not None and now >= ticker.event
        written = self.watcher.look()
        if written:
            self.presence.look()
            self.duties.look_for_letters()
        self.duties.look(now)
        if self.syncing:
            self.syncing.look(written=written)
        if due:
            ticker.event = None
            self.watcher.expire()
            self._follow()
            self.detail_pane.update_times(self.look())
        elif ticker.texts and now >= ticker.texts:
            self.update_times()
        elif ticker.message and now >= ticker.message:
            # Nothing but the seconds left to undo: to draw all that time changes took ten times as much each second.
            self._draw_message()
            ticker.message = self.messages.next_change(now)

    def _follow(self) -> None:
        """Read again what time or others changed.

        Close the full detail when its referral left the list: another one in its place would take its keys.
        """
        here = self.row.id if self.row and self.whole and not self.form else None
        self.reload()
        if here is not None and (self.row is None or self.row.id != here):
            self.show_whole(False)

    def update_times(self) -> None:
        """Draw the texts that changed with time, and nothing else (F5)."""
        look = self.look()
        self.referral_list.update_times(look)
        self.detail_pane.update_times(look)
        self.draw()

    def _new_in_sight(self) -> list[int]:
        """The new referrals on the screen, whose scores are wanted; none while the connection is lost."""
        if self.connection.lost:
            return []
        here = [self.row] if self.row else []  # the full detail hides the list
        rows = here if self.whole else self.referral_list.in_sight()
        return [row.id for row in rows if row.status is Status.NEW]

    def _reached_again(self) -> None:
        if self.session.workplace.database.file is None:
            if self.reload():
                self.watcher.expire()
                self.say(_("The database can be reached again."))
            return
        self.session.desk.is_another()
        self.watcher.begin_anew()
        self.start_anew(_("The database file was replaced. This is the desk that has its name now."))

    def start_anew(self, sentence: str) -> None:
        """Show the desk that has taken the place of the former one.

        Open forms close, since their referrals may be others now; what was typed is there again when one is opened.
        """
        self.session.drafts.belong_to(self.session.workplace.desk_id)
        for screen in reversed(self.app.screen_stack[1:]):
            if save := getattr(screen, "save_draft_now", None):
                save()
            screen.dismiss(None)
        self.referral_list.unseen.clear()
        self.state.yielded.clear()
        self.fit_scores.known.clear()
        self.messages.forget_undo()
        if self.reload(top=True):
            self.show_detail()
            self.watcher.expire()
            self.say(sentence, "late")

    # Writing

    def write(self, job: Callable[[], T], done: Callable[[T], object]) -> None:
        """Run a service's write in a thread, then call `done` with its result."""
        work(self, job, done, self.connection.failed, group="writes")

    def after_write(self, sentence: str, *, undo: bool = False) -> None:
        """Show the desk as it is after a change of one's own, and say what happened.

        The next look reports what others wrote right before.
        """
        self.reload()
        self.show_detail()
        self.say(sentence, undo=undo)
