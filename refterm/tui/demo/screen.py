"""The desk of the demo: one with a wheel of time, and a line at the bottom for the tour and for keys pressed."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.geometry import Size

from refterm.config import Settings
from refterm.domain.query import Tab
from refterm.domain.when import local_time
from refterm.errors import RefTermError
from refterm.i18n import _, ngettext
from refterm.services.demo.wheel import Moment, Wheel
from refterm.text import clean_line
from refterm.tui.actions import Action
from refterm.tui.background.work import work
from refterm.tui.demo.syncing import DemoSyncing
from refterm.tui.demo.tour import Tour
from refterm.tui.desk.screen import DeskScreen
from refterm.tui.draw.row import moment

T = TypeVar("T")
LOOK_EVERY = 1.0
# Of keys pressed while the wheel turns so many count; more of them are a key held down.
MOST_OWED = 9


def demo_actions() -> tuple[Action, ...]:
    """What only the demo can do."""
    group = _("Demo")
    return (
        Action(id="tour", keys=("ctrl+n",), label=_("The tour: begin, or skip a step"), group=group),
        Action(id="tour_end", keys=("ctrl+x",), label=_("Leave the tour"), group=group),
        Action(id="demo_hour", keys=("right_square_bracket",), label=_("An hour later"), group=group),
        Action(id="demo_day", keys=("right_parenthesis",), label=_("A day later"), group=group),
        Action(id="demo_next", keys=("greater_than_sign",), label=_("To the next thing that happens"), group=group),
        Action(id="demo_begin", keys=("less_than_sign",), label=_("Back to the beginning"), group=group),
    )


class DemoScreen(DeskScreen):
    """The desk whose time the presenter moves."""

    BINDINGS: ClassVar = [
        Binding(",".join(action.keys), action.id, action.label, show=False, id=action.id) for action in demo_actions()
    ]

    def __init__(
        self, *arguments: Any, wheel: Wheel, settings: Settings, tour: Tour, kept: Path, large: bool, **named: Any
    ) -> None:
        """
        Args:
            arguments: as for the desk.
            wheel: moves the time.
            settings: the configuration.
            tour: says what to look at and what to press.
            kept: a copy of the database as it was at the beginning.
            large: for an audience: rows of two lines, and the detail beside them where there is room.
            named: as for the desk.
        """
        super().__init__(*arguments, **named)
        # They stand first in help and palette, where somebody looks for the tour.
        own = {action.id: action for action in demo_actions()}
        self.actions = own | {name: action for name, action in self.actions.items() if name not in own}
        self.wheel = wheel
        self._demo_sync = DemoSyncing(self, wheel, settings, lambda: self._turning)
        self.syncing = self._demo_sync
        self.tour = tour
        self._kept = kept
        if large:
            self.referral_list.row_lines = 2
            self.state.detail = "beside"
        self._turning = False
        self._owed: list[Callable[[], None]] = []
        self._shown_time = ""

    def compose(self) -> ComposeResult:
        """The desk, and the line of the tour below it."""
        yield from super().compose()
        yield from self.tour.lines()

    def on_mount(self) -> None:
        """Say how to begin, and let the story go on by itself."""
        self.set_interval(LOOK_EVERY, self._look)
        if not self.tour.on:
            self.say(_("ctrl+n begins the tour, > lets time go on."), "dim")

    def fit(self, size: Size) -> None:
        """The tour's sentence and the keys may need two lines now, or one."""
        super().fit(size)
        self.tour.draw()

    @property
    def caption(self) -> str:
        """The demo's time, and how far it was moved."""
        workplace = self.session.workplace
        text = moment(workplace.now(), self.look())
        hours = round(self.wheel.clock.moved / timedelta(hours=1))
        if not hours:
            return _("demo: {time}").format(time=text)
        days, rest = divmod(hours, 24)
        moved = (f"+{days}d" if days else "") + (f" {rest}h" if days and rest else f"+{rest}h" if not days else "")
        return _("demo: {time} ({moved})").format(time=text, moved=moved)

    def _look(self) -> None:
        self.tour.look()
        if self.wheel.is_behind and not self._turning and not self.connection.lost:
            work(self, self.wheel.catch_up, lambda _none: None, self.connection.failed, group="wheel")
        now = local_time(self.session.workplace.now(), self.session.workplace.zone).strftime("%d%H%M")
        if now != self._shown_time and self.app.screen is self:
            self._shown_time = now
            self.draw()

    # The wheel

    def reload(self, *, top: bool = False) -> bool:
        """Read the rows again; how the sync stands changes with them."""
        done = super().reload(top=top)
        self._demo_sync.look(written=True)
        return done

    def wake(self) -> None:
        """Look what happened, but not half-way through a turn: the cursor would end on a row that timing chooses."""
        if self._turning:
            self.ticker.schedule()
        else:
            super().wake()

    def action_demo_hour(self) -> None:
        """An hour later."""
        self._in_turn(lambda: self._turn(timedelta(hours=1)))

    def action_demo_day(self) -> None:
        """A day later."""
        self._in_turn(lambda: self._turn(timedelta(days=1)))

    def action_demo_next(self) -> None:
        """To the next thing that happens."""
        self._in_turn(self._turn_to_next)

    def action_demo_begin(self) -> None:
        """Back to the beginning; what was to come before that is left out."""
        self._owed.clear()
        self._in_turn(self._begin)

    def _in_turn(self, turn: Callable[[], None]) -> None:
        """Do it now, or once the wheel stands again: keys pressed quickly all count."""
        if not self._turning:
            turn()
        elif len(self._owed) < MOST_OWED:
            self._owed.append(turn)

    def _turn_to_next(self) -> None:
        coming = self.wheel.next()
        if coming is not None:
            self._turn(coming.at - self.wheel.clock.now())

    def _begin(self) -> None:
        def done(_none: None) -> None:
            shutil.rmtree(self._kept.parent / "drafts", ignore_errors=True)
            self.watcher.begin_anew()
            self.state.tab = Tab.INBOX
            self.state.filters.clear()
            self.state.orders.clear()
            self.search = ""
            self.referral_list.marked.clear()
            self.referral_list.unseen.clear()
            self.fit_scores.known.clear()
            self.fit_scores.nothing.clear()
            self.reload(top=True)
            self.show_detail()
            self.ticker.schedule()
            self.messages.forget_undo()
            self.say(_("Back at the beginning."))

        self._work(lambda: self.wheel.begin_again(self._kept), done)

    def _turn(self, by: timedelta) -> None:
        target = self.wheel.clock.now() + by

        def done(happened: list[Moment]) -> None:
            self.presence.look()
            self.reload()
            self.show_detail()
            self.update_times()
            self.ticker.schedule()
            # What others did is said by the desk's own message, which is posted here; what time did is said after it.
            self.watcher.look()
            if happened:
                self.call_later(self.say, _sentence(happened))

        self._work(lambda: self.wheel.move_to(target), done)

    def _work(self, job: Callable[[], T], done: Callable[[T], None]) -> None:
        """Turn the wheel in a thread, and then do what waited for it."""
        self._turning = True

        def finished(result: T) -> None:
            self._turning = False
            done(result)
            while self._owed and not self._turning:
                self._owed.pop(0)()

        def failed(error: RefTermError) -> None:
            self._turning = False
            self._owed.clear()
            self.connection.failed(error)

        work(self, job, finished, failed, group="wheel")

    # The tour

    def action_tour(self) -> None:
        """Begin the tour, or go on to its next step."""
        self.tour.begin_or_skip()

    def action_tour_end(self) -> None:
        """Leave the tour; ctrl+n takes it up again."""
        self.tour.leave()


def _sentence(happened: list[Moment]) -> str:
    """What happened on the way: each by its company where there are two at most, else counted by kind."""
    if len(happened) <= 2:
        named = {
            "late": _("{company}: the answer is late."),
            "cooled": _("{company}: the 72 h have passed."),
            "expired": _("{company} expired."),
            "back": _("{company} is back from where it was put aside."),
            "follow-up": _("Follow up with {company}."),
            "pushed": _("Partner Center has what you decided about {company}."),
        }
        return " ".join(named[one.what].format(company=clean_line(one.company)) for one in happened)
    counts = Counter(one.what for one in happened)
    counted = {
        "late": ngettext("{n} answer became late", "{n} answers became late", counts["late"]),
        "cooled": ngettext("{n} flame cooled", "{n} flames cooled", counts["cooled"]),
        "expired": ngettext("{n} expired", "{n} expired", counts["expired"]),
        "back": ngettext("{n} came back", "{n} came back", counts["back"]),
        "follow-up": ngettext("{n} follow-up is due", "{n} follow-ups are due", counts["follow-up"]),
        "pushed": ngettext(
            "{n} decision went to Partner Center", "{n} decisions went to Partner Center", counts["pushed"]
        ),
    }
    return ", ".join(text.format(n=counts[what]) for what, text in counted.items() if counts[what]) + "."
