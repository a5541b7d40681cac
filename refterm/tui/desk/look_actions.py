"""The actions that only look: the tabs, the cursor, the detail, search and filter, and the panels."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic, sleep
from typing import TYPE_CHECKING, TypeVar

from textual import events, on

from refterm.domain.query import ORDERS, STATUS_OF_TAB, Filter, Order, Tab, View
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.tui.actions import keys_of
from refterm.tui.desk.base import BESIDE_LEAST, DeskBase
from refterm.tui.desk.referral_list import ReferralList

if TYPE_CHECKING:
    from textual.widgets import Input

# Forms and panels are imported when they open: they load Textual's inputs, which the first frame does not need.

T = TypeVar("T")
# More rows than any list has, for a jump to its top or end.
FAR = 10**9
# A finding shows at most this many of its referrals, the newest.
MOST_ONLY = 1000
# Seconds after a key in which somebody still types; and how long a thread rests before it looks whether the desk is left.
TYPING, SHORT_REST = 0.5, 0.1


class LookActions(DeskBase):
    """The actions that change nothing."""

    # The newest history entry when the scores were last brought up to date.
    _scored = -1

    # The detail, the list's order and filter, the panels

    def action_next_contact(self) -> None:
        """In the detail: the next contact of the deal."""
        shown = self.detail_pane.shown
        if self.whole and shown and shown.referral.team:
            self.contact_index = ((self.contact_index if self.contact_index is not None else -1) + 1) % len(
                shown.referral.team
            )
            self.show_detail()
            self.detail_pane.show_chosen()

    def action_search(self) -> None:
        """The search field."""
        if self.whole:
            self.show_whole(False)
        self.searching.open()
        self._draw_keys()

    def action_next_order(self) -> None:
        """The next order; the cursor stays on its referral."""
        orders = ORDERS[self.state.tab]
        present = orders.index(self.view.effective_order) if self.view.effective_order in orders else 0
        self.set_order(orders[(present + 1) % len(orders)])

    @on(ReferralList.Headed)
    def _headed(self, event: ReferralList.Headed) -> None:
        self.set_order(event.order)

    def set_order(self, chosen: Order) -> None:
        """Order the list of this tab; the cursor stays on its referral."""
        self.state.orders = {**self.state.orders, self.state.tab: chosen}
        self.reload()
        if chosen is Order.FIT:
            self._score()
        self.app.keep_view()

    def action_layout(self) -> None:
        """The detail below the list, beside it, or off; remembered."""
        choices = ("below", "beside", "off")
        present = self.state.detail or ("beside" if self.has_class("-beside") else "below")
        chosen = choices[(choices.index(present) + 1) % len(choices)]
        self.state.detail = chosen
        self.place_detail()
        if chosen == "beside" and not self.has_class("-beside"):
            self.say(_("The detail beside the list needs {n} columns.").format(n=BESIDE_LEAST), "dim")
        elif chosen == "off":
            self.say(_("The detail is off; {key} brings it back.").format(key=keys_of("layout")), "dim")
        self.app.keep_view()

    def action_next_record(self) -> None:
        """In the full detail: the next referral of the list."""
        self._page_to(1)

    def action_previous_record(self) -> None:
        """In the full detail: the one before."""
        self._page_to(-1)

    def _page_to(self, by: int) -> None:
        """Go to another referral; the full detail shows it at once."""
        if not self.whole:
            pages = _("{next} and {previous} turn the pages of the full detail; {detail} opens it.")
            keys = {"next": keys_of("next_record"), "previous": keys_of("previous_record"), "detail": keys_of("detail")}
            self.say(pages.format(**keys), "dim")
            return
        self.contact_index = None
        self.referral_list.move_by(by)
        self.show_detail()

    def action_views(self) -> None:
        """What people ask for most, one key each."""
        from refterm.tui.panels.views import ViewsScreen

        if self.whole:
            self.show_whole(False)
        shared, keep = self.app.shared_views, self.app.keep_view
        self.views = ViewsScreen(self.session, self.state, self.view, shared, self.show_view, keep)
        self.app.push_screen(self.views, self._views_closed)

    def _views_closed(self, _none: None) -> None:
        self.views = None

    def show_view(self, chosen: View) -> None:
        """Show a view: its tab, order and search; its filter in each tab, until escape."""
        state = self.state
        if chosen.filter == Filter():
            before = self.view.filter
            state.filters = {tab: one for tab, one in state.filters.items() if tab is not chosen.tab and one != before}
        else:
            only = chosen.filter.tab
            state.filters = {tab: chosen.filter for tab in STATUS_OF_TAB if only in (None, tab)}
        if chosen.order:
            state.orders = {**state.orders, chosen.tab: chosen.order}
        self.search = chosen.search
        if chosen.tab is not state.tab:
            state.tab = chosen.tab
            self.referral_list.clear_marks()
        if chosen.order is Order.FIT or chosen.filter.min_fit is not None:
            self._score()
        self.reload(top=True)
        self.app.keep_view()

    def _score(self) -> None:
        """Bring the scores up to date, then show the list again; not where nothing was written since the last time.

        Of a million referrals it takes a minute. The thread rests while somebody types, and ends with the desk.
        """
        from refterm.services.background.fitting import store_scores

        app = self.app

        def go_on() -> bool:
            while app.is_running and (rest := app.typed_at + TYPING - monotonic()) > 0:
                sleep(min(rest, SHORT_REST))
            return app.is_running

        if self._listed == self._scored:
            return
        self._scored = self._listed

        def job() -> int:
            try:
                return store_scores(self.session.workplace, go_on)
            except RefTermError:
                self._scored = -1
                raise

        self.write(job, lambda changed: self.reload() if changed else None)

    def action_filter(self) -> None:
        """The form that narrows the list; the only tab that can hold what it lets through is shown."""
        from refterm.tui.forms.filter import filter_form

        def chosen(wanted: Filter | None) -> None:
            if wanted is None:
                return
            if wanted.tab:  # as in refterm list: the tab follows a filter of what this one cannot hold
                self.show_tab(wanted.tab)
            self.set_filter(wanted)

        self.app.push_screen(filter_form(self.session, self.view), chosen)

    def action_next_flame(self) -> None:
        """Go to the next customer who asked to be contacted: hot ones by time left, then cooled ones (F1)."""
        flames = self.session.desk.flames()
        if not flames:
            self.say(_("No customer waits to be contacted."), "dim")
            return
        here = self.row.id if self.row and self.state.tab is Tab.INBOX else None
        if self.state.tab is not Tab.INBOX:
            self.show_tab(Tab.INBOX)
        after = flames.index(here) + 1 if here in flames else 0
        for number in (*flames[after:], *flames[:after]):
            if self.referral_list.go_to(number):
                return
        hidden = _("The filter hides those who wait to be contacted; {key} clears it.")
        self.say(hidden.format(key=keys_of("back")), "dim")

    def action_history(self) -> None:
        """Open the history of this referral (T4)."""
        from refterm.tui.panels.history import HistoryScreen

        if row := self.row:
            self.app.push_screen(HistoryScreen(self.session, row.id, row.company))

    def action_similar(self) -> None:
        """The past deals most like this referral; each opens its record (I7)."""
        from refterm.tui.panels.similar import SimilarScreen

        if row := self.row:
            self.app.push_screen(SimilarScreen(self.session, row.id, row.company, self.open_record))

    def action_insights(self) -> None:
        """Open the insights; a finding opens its referrals (G0-G5)."""
        from refterm.tui.panels.insights import InsightsScreen

        self.app.push_screen(InsightsScreen(self.session, self.show_only))

    def action_refresh(self) -> None:
        """Read everything again, and sync where the desk is connected."""
        self.wake()
        if self.reload():
            self.show_detail()
            said = self.syncing.now() if self.syncing else None
            self.say(said or _("Read again."), "dim")

    def action_back(self) -> None:
        """One step back: out of the search, the detail, then the search's hits, the filter, the marks."""
        if self.searching.is_open:
            self.close_search(keep=False)
        elif self.whole:
            self.show_whole(False)
        elif self.search:
            self.close_search(keep=False)
        elif self.referral_list.marked:
            self.referral_list.clear_marks()
            self.draw()
        elif self.view.filter != Filter():
            self.set_filter(Filter())

    def action_quit(self) -> None:
        """Leave at once: everything is written already."""
        self.app.exit()

    def action_suspend(self) -> None:
        """To the shell, and back with fg."""
        self.app.action_suspend_process()

    def action_tour(self) -> None:
        """The demo with its tour, in the place of this desk until the person leaves it."""
        from refterm.tui.desk.visit import show_the_demo

        said = show_the_demo(self.app)
        self.state.toured = True
        self.app.keep_view()
        self.reload()
        self.say(said, "dim")

    def action_tab_inbox(self) -> None:
        """Go to the referrals to decide."""
        self.show_tab(Tab.INBOX)

    def action_tab_active(self) -> None:
        """Go to the deals in work."""
        self.show_tab(Tab.ACTIVE)

    def action_tab_archived(self) -> None:
        """Go to the closed deals."""
        self.show_tab(Tab.ARCHIVED)

    def action_down(self) -> None:
        """One row on."""
        self._move(1)

    def action_up(self) -> None:
        """One row back."""
        self._move(-1)

    def action_page_down(self) -> None:
        """One page on."""
        self._page(1)

    def action_page_up(self) -> None:
        """One page back."""
        self._page(-1)

    def action_top(self) -> None:
        """To the first row."""
        self._edge(-FAR)

    def action_bottom(self) -> None:
        """To the last row."""
        self._edge(FAR)

    def _move(self, rows: int) -> None:
        """Move the cursor, or scroll the detail."""
        if self.whole:
            self.detail_pane.scroll_lines(rows)
        else:
            self.referral_list.move_by(rows)

    def _page(self, pages: int) -> None:
        """Move by a page."""
        if self.whole:
            self.detail_pane.scroll_lines(pages * max(1, self.detail_pane.size.height - 1))
        else:
            self.referral_list.move_by_page(pages)

    def _edge(self, far: int) -> None:
        """To the top or to the end."""
        if self.whole:
            self.detail_pane.scroll_lines(far)
        else:
            self.referral_list.move_to(far)

    # Where the list goes

    def show_tab(self, tab: Tab) -> None:
        """Another tab, from its top."""
        if self.whole:
            self.show_whole(False)
        if tab is not self.state.tab:
            self.state.tab = tab
            self.referral_list.clear_marks()
            self.reload(top=True)  # the detail follows a moment later: the rows do not wait for it
            self.app.keep_view()

    def set_filter(self, chosen: Filter) -> None:
        """Narrow the list of this tab; to let everything through ends a view in all tabs."""
        before = self.view.filter
        filters = {tab: one for tab, one in self.state.filters.items() if chosen != Filter() or one != before}
        self.state.filters = {**filters, self.state.tab: chosen}
        if chosen.min_fit is not None:
            self._score()
        self.reload(top=True)
        self.app.keep_view()

    def show_only(self, referrals: Sequence[int], label: str = "") -> None:
        """Narrow the list to some referrals, in the tab of the first of them; `label` says what they are."""
        rows = self.session.desk.rows(list(referrals[-MOST_ONLY:]))
        if not rows:
            return
        tabs = {status: tab for tab, status in STATUS_OF_TAB.items()}
        self.show_tab(tabs[rows[0].status])
        self.search = ""
        self.set_filter(Filter(ids=tuple(row.id for row in rows), label=label))

    def open_record(self, referral: int) -> None:
        """One referral, whole, wherever it stands."""
        self.show_only([referral], f"#{referral}")
        self.show_whole(True)

    # Search

    def on_key(self, event: events.Key) -> None:
        """Open the search on the key itself: the binding would act after the next letter."""
        if not self.searching.take(event) and event.key in self.actions["search"].keys and not self.searching.is_open:
            event.stop()
            self.action_search()

    # By the names of Textual's messages: the search field, the only one of this screen, is loaded when it opens.

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is searched for was changed."""
        self.search = event.value
        # Draw the letter first; search only for the last of several typed at once.
        self.call_after_refresh(self._search_for, event.value)

    def _search_for(self, text: str) -> None:
        if text == self.search:
            self.reload(top=True)
            # Nobody holds a letter down: the detail need not wait as long as for a cursor that moves.
            self.call_after_refresh(self._detail_of_search, text)

    def _detail_of_search(self, text: str) -> None:
        if text == self.search:
            if self._detail_due:
                self._detail_due.cancel()
            self.show_detail()

    def on_input_submitted(self) -> None:
        """Back to the list, with the hits."""
        self.close_search(keep=True)
