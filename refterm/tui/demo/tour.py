"""The tour: one line at the bottom says what to look at and what to press, and goes on when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from refterm.domain.history import Action
from refterm.i18n import _
from refterm.services.desk import Desk
from refterm.tui.desk.line import Line
from refterm.tui.draw.row import Piece
from refterm.tui.session import Session

KEYS_SHOWN = 8
# Where the sentence and the keys fit on one line.
ONE_LINE = 110


class Step(NamedTuple):
    """One step.

    Attributes:
        text: what to look at and what to press, for one line of 80 cells.
        needs: the action without which the desk cannot do it; the step is left out then.
        done: whether it is done, from the actions and the changes of one's own since the step began.
    """

    text: str
    needs: str
    done: Callable[[Counter[str]], bool]


def steps() -> list[Step]:
    """All steps, in order."""

    def did(name: str, times: int = 1) -> Callable[[Counter[str]], bool]:
        return lambda counted: counted[name] >= times

    return [
        Step(
            _("The line above the list says whom to call first; f goes to the next."), "next_flame", did("next_flame")
        ),
        Step(_("j and k move. enter shows all of a referral; read, escape leaves it."), "detail", did("back")),
        Step(_("You called? f, then m and enter note it; the flame stops urging."), "contacted", did("contacted!")),
        Step(_("a accepts: tab, a value (12.5k), tab, tab, a time (3m), then ctrl+s."), "accept", did("accepted!")),
        Step(_("Changed your mind? u undoes it for 60 s; nobody was told yet."), "undo", did("undone!")),
        Step(_("d declines: the number of a reason, then ctrl+s."), "decline", did("declined!")),
        Step(_("space marks several; s makes the marked ones favourites."), "favorite", did("favorited!")),
        Step(_("z puts one aside: type +2h, then ctrl+s. It comes back by itself."), "skip", did("skipped!")),
        Step(_("/ searches all tabs as you type; enter keeps the hits, escape clears."), "search", did("back")),
        Step(_("V shows views, a letter for each: mine, late, nobody's. escape leaves."), "views", did("views")),
        Step(
            _("T gives one to a colleague, R answers its customer; escape leaves."),
            "assign",
            lambda counted: bool(counted["assign"] and counted["reply"]),
        ),
        Step(_("> lets time go on to the next thing that happens. Press it twice."), "demo_next", did("demo_next", 2)),
        Step(_("The sync at the top told Partner Center. O lists it; escape leaves."), "outbox", did("outbox")),
        Step(_("escape shows all, 2 the team's deals; w reports one as won."), "won", did("won!")),
        Step(_("i shows how you answer, what you win, and what to change."), "insights", did("insights")),
        Step(_("? finds every key, ctrl+p every action. That is all: q leaves."), "help", did("help")),
    ]


class Tour:
    """Where a person is in the tour, and the lines that say it."""

    def __init__(self, session: Session, *, on: bool = False, shows_keys: bool = False) -> None:
        """
        Args:
            session: the demo's.
            on: whether it has begun.
            shows_keys: whether the line also shows the keys that were pressed last.
        """
        self.session = session
        self.on = on
        self._shows_keys = shows_keys
        self._steps: list[Step] = []
        self._at = 0
        self._counted: Counter[str] = Counter()
        self._pressed: list[str] = []
        self._lines: tuple[Line, Line] | None = None
        self._token = 0

    def offer(self, actions: set[str]) -> None:
        """Say which actions the desk has; steps for others are left out."""
        self._steps = [step for step in steps() if step.needs in actions]
        self._token = Desk(self.session.workplace).token()

    def lines(self) -> tuple[Line, Line]:
        """The line that shows the step, and above it, where both have no room on one, that of the keys pressed."""
        signs = self.session.signs

        def line(name: str) -> Line:
            return Line(id=name, ellipsis=signs.ellipsis, sanitize=signs.sanitize)

        self._lines = (line("pressed"), line("tour"))
        self.draw()
        return self._lines

    def noted(self, action: str) -> None:
        """An action was done."""
        self._counted[action] += 1
        self.look()

    def pressed(self, key: str) -> None:
        """A key was pressed, to be shown to an audience."""
        if self._shows_keys:
            self._pressed = [*self._pressed, key][-KEYS_SHOWN:]
            self.draw()

    def begin_or_skip(self) -> None:
        """Begin, or go on to the next step though this one is not done."""
        if self.on:
            self._go_on()
        else:
            self.on = True
            if self._at >= len(self._steps):
                self._at = 0
            self._counted.clear()
            self.draw()

    def leave(self) -> None:
        """Leave; what was done so far is remembered."""
        self.on = False
        self.draw()

    def look(self) -> None:
        """Go on where the step is done."""
        if not self.on or self._at >= len(self._steps):
            return
        desk = Desk(self.session.workplace)
        token = desk.token()
        if token != self._token:
            for entry in desk.changes(self._token).entries:
                if entry.by == self.session.workplace.actor.name:
                    self._counted[f"{Action(entry.action).value}!"] += 1
            self._token = token
        if self._steps[self._at].done(self._counted):
            self._go_on()

    def _go_on(self) -> None:
        self._at += 1
        self._counted.clear()
        if self._at >= len(self._steps):
            self.on = False
        self.draw()

    def draw(self) -> None:
        """Show the step and the keys."""
        if self._lines is None:
            return
        step: list[Piece] = []
        if self.on and self._at < len(self._steps):
            step = [(f" {self._at + 1}/{len(self._steps)} ", "chosen"), (" " + self._steps[self._at].text, "strong")]
        keys: list[Piece] = [(" ".join(self._pressed) + " ", "key")] if self._pressed else []
        above, line = self._lines
        parted = bool(step and keys) and line.app.size.width < ONE_LINE
        for shown, left, right in ((above, [], keys if parted else []), (line, step, [] if parted else keys)):
            shown.display = bool(left or right)
            shown.show(left, right)
