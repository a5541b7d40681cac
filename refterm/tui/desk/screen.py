"""The desk screen: its widgets, and what it does with their messages and those of the work in the background.

Work in the background touches no widget: it posts messages, which are handled here.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TypeVar

from textual import on
from textual.app import ComposeResult
from textual.geometry import Size
from textual.timer import Timer

from refterm.domain.query import Tab
from refterm.errors import RefTermError
from refterm.i18n import _, ngettext
from refterm.services.background.holding import release
from refterm.tui.background.duties import Duties
from refterm.tui.background.fit import FitScores
from refterm.tui.background.presence import DeskPresence
from refterm.tui.background.watcher import Watcher
from refterm.tui.desk.actions import DeskActions
from refterm.tui.desk.detail_pane import Body
from refterm.tui.desk.referral_list import ReferralList
from refterm.tui.draw.row import moment
from refterm.tui.textual_quirks import (
    Covered,
    StillBelow,
    collect_closed,
    focus_without_repaint,
    set_breakpoint_classes,
    share_arena,
)

T = TypeVar("T")
DETAIL_PAUSE = 0.12
# A closed form is a circle of objects that Python by itself leaves until there are many. It is collected once nothing was
# typed for so long, which took 13 ms, at most 41, after each of ninety forms. Where a quick hand left no such pause between
# forms (it was half a second), a desk took 50.1 MiB after ten decisions of every kind; it takes 45.8.
COLLECT_PAUSE = 0.15


class DeskScreen(Covered, StillBelow, DeskActions):
    """The desk's one screen. It reads between keys and writes in workers, always through the services."""

    AUTO_FOCUS = "#list"
    focused = focus_without_repaint()
    _collect_due: Timer | None = None

    def compose(self) -> ComposeResult:
        """Bars of one line each, the list, and the detail."""
        set_breakpoint_classes(self)
        self.place_detail()
        lines = self._lines
        lines["alert"].display = self.state.tab is Tab.INBOX and self._has_alert()
        yield from (lines["top"], lines["tabs"], lines["alert"])
        with Body(id="body"):
            yield from (self.referral_list, lines["message"], self.detail_pane)
        yield lines["keys"]

    def on_mount(self) -> None:
        """Show the first rows, then archive what is due meanwhile (I4)."""
        try:
            self.watcher.begin()
        except RefTermError as error:
            self.connection.failed(error)
        self.reload(top=True)
        self.call_after_refresh(share_arena)  # before any of these has a thread
        self.call_after_refresh(self.watcher.expire)
        self.call_after_refresh(self.ticker.schedule)
        self.presence.begin()
        self.referral_list.unseen |= self.state.yielded
        self.call_after_refresh(self.duties.begin, self.state.told)
        if self.syncing:
            self.syncing.begin()

    # Messages

    @on(Watcher.Changed)
    def _written(self, event: Watcher.Changed) -> None:
        """Show what was written, and say what others did; the person's own changes are shown already."""
        from refterm.tui.background.news import CLOSING, news  # not needed by the first screen

        changes = event.changes
        if self.form:
            self.form.hear(changes.entries)
        self.referral_list.unseen -= {entry.referral for entry in changes.entries if entry.action in CLOSING}
        if changes.token > self._listed:
            self._follow()
        self.duties.changed(changes.entries)
        self.state.told = max(self.state.told, changes.token)
        try:
            found = news(self.session.desk, changes, self.look())
        except RefTermError as error:
            self.connection.failed(error)
            return
        if found:
            if not self.messages.must_wait(found.sentence, found.style, self.session.workplace.now()):
                self.say(found.sentence, found.style)
            for kind, words, rows in (
                ("flame", _("hot flame"), found.hot),
                ("assigned", _("given to you"), found.given),
            ):
                if rows:
                    self.app.alert_about(kind, words, rows[0].id, rows[0].company, len(rows))
            if found.arrived:
                self.referral_list.unseen |= found.arrived
                if found.yielded:
                    self.state.yielded |= found.yielded
                    self.app.keep_view()
                self.referral_list.refresh()
                if self.rings:
                    self.app.bell()
        self.show_title()

    @on(Watcher.Replaced)
    def _replaced(self) -> None:
        self.start_anew(
            _("This desk was restored from a backup. refterm history tells by whom, and where the former one is.")
        )

    @on(Watcher.Held)
    def _held(self) -> None:
        """Ask whether what is past its expiry may be archived; a person who only looks gets the message without the question (I4)."""
        from refterm.tui.panels.confirm import Confirm

        held = self.session.desk.held()
        if held is None or isinstance(self.app.screen, Confirm):
            return
        self._follow()
        if held.hold.reason == "clock":
            why = _("The clock of this machine has jumped to {now}.").format(now=moment(held.hold.since, self.look()))
        else:
            why = _("This desk was restored from a backup.")
        text = ngettext(
            "{n} referral is past its expiry and was not archived.",
            "{n} referrals are past their expiry and were not archived.",
            held.due,
        ).format(n=held.due)
        self.say(f"{why} {text}", "late")
        if self.session.workplace.looks_only or self.app.screen is not self:
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.write(lambda: release(self.session.workplace), lambda _released: self.watcher.expire())
            else:
                self.say(
                    _("Nothing is archived. When it may be: refterm db set archiving=on, or open the desk anew."),
                    "late",
                )

        question = _("{why} {what} Is that right, and may they be archived as Expired?").format(why=why, what=text)
        self.app.push_screen(Confirm(question, _("archive"), _("not now")), answered)

    @on(Watcher.ClockIsBack)
    def _clock_is_back(self) -> None:
        self.say(_("The clock of this machine is right again. Nothing was archived meanwhile."))
        self._follow()

    @on(Watcher.Undelivered)
    def _undelivered(self, event: Watcher.Undelivered) -> None:
        count = event.notices
        text = ngettext("{n} notice could not be delivered.", "{n} notices could not be delivered.", count)
        self.say(text.format(n=count) + " " + _("refterm outbox tells why."), "late")

    @on(Duties.Due)
    def _due(self, event: Duties.Due) -> None:
        self.due(event)

    @on(Duties.Yielded)
    def _yielded(self, event: Duties.Yielded) -> None:
        self.yielded(event)
        if self.referral_list.unseen:
            self.show_title()

    @on(Duties.Unsent)
    def _unsent(self, event: Duties.Unsent) -> None:
        self.unsent(event)

    @on(DeskPresence.Changed)
    def _presence_changed(self, event: DeskPresence.Changed) -> None:
        self._draw_rows(event.referrals)
        self.draw()

    @on(FitScores.Known)
    def _scores_known(self, event: FitScores.Known) -> None:
        self._draw_rows(event.referrals)

    def _draw_rows(self, changed: set[int]) -> None:
        """Draw anew some rows, and the detail where it shows one of them."""
        self.referral_list.update_rows(changed, self.look())
        if self.detail_pane.referral_id in changed:
            self.show_detail()

    @on(ReferralList.Moved)
    def _moved(self, event: ReferralList.Moved) -> None:
        row = event.row
        if row and row.id in self.referral_list.unseen:
            self.referral_list.saw(row.id)
            if row.id in self.state.yielded:
                self.state.yielded.discard(row.id)
                self.app.keep_view()
            self.show_title()
        if row and self._detail_fresh and row.id == self.detail_pane.referral_id:
            return
        if row is None or (self.detail_pane.shown is None and not self._detail_due):
            self.show_detail()
            return
        # A held key draws the list only; the detail follows when the cursor rests. A Textual timer costs a tenth of a key more.
        if self._detail_due:
            self._detail_due.cancel()
        self._detail_due = asyncio.get_running_loop().call_later(DETAIL_PAUSE, self.call_later, self._rested)

    def _rested(self) -> None:
        """Show the referral on which the cursor rests, and read ahead for the keys that come next."""
        self.show_detail()
        self.referral_list.read_ahead()

    @on(ReferralList.Failed)
    def _list_failed(self, event: ReferralList.Failed) -> None:
        if not self.connection.lost:
            self.connection.failed(event.error)

    def show_title(self) -> None:
        """Count the unseen ones in the terminal's title."""
        unseen = len(self.referral_list.unseen)
        title = f"refterm ({unseen})" if unseen else "refterm"
        if title != self._title:
            self._title = title
            self.app.set_terminal_title(title)

    # The terminal

    def on_screen_resume(self) -> None:
        """Catch up with what happened under a form."""
        if self.ticker.scheduled:
            self.reload()
            self.wake()
            if self._collect_due:
                self._collect_due.stop()
            self._collect_due = self.set_timer(COLLECT_PAUSE, self._collect)

    def _collect(self) -> None:
        if self.app.screen is not self:
            return
        if monotonic() - self.app.typed_at < COLLECT_PAUSE:
            self._collect_due = self.set_timer(COLLECT_PAUSE, self._collect)
        else:
            self.session.workplace.database.free_memory()
            collect_closed()

    def fit(self, size: Size) -> None:
        """Draw the bars to the new width."""
        self.place_detail()
        if self.is_mounted and self.counts:
            self.draw()

    def _has_alert(self) -> bool:
        try:
            return self.session.desk.alert() is not None
        except RefTermError:
            return False  # reload() reports the error
