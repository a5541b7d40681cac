"""The state of the database connection: reports its loss and reconnects with growing pauses."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from refterm.errors import ConnectionLostError, RefTermError
from refterm.i18n import _
from refterm.services.workplace import Workplace
from refterm.text import as_sentence
from refterm.tui.background.work import work

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
# To look for a file costs nothing.
LONGEST_PAUSE_OF_FILE = 1.0


class Connection:
    """Whether the database can be reached, and the attempts to reach it again.

    Attributes:
        lost: the connection is lost, or the file is not there any more; trying again.
    """

    def __init__(
        self,
        screen: Screen[None],
        workplace: Workplace,
        say: Callable[[str, str], None],
        draw: Callable[[], None],
        back: Callable[[], None],
    ) -> None:
        """Begin as connected.

        Args:
            screen: whose timers and workers are used.
            workplace: the database to reconnect.
            say: tells the person a sentence, in a style.
            draw: brings the bars up to date.
            back: called after it is reconnected.
        """
        self.lost = False
        self._screen = screen
        self._workplace = workplace
        self._say = say
        self._draw = draw
        self._back = back
        self._pause = FIRST_PAUSE

    def failed(self, error: RefTermError) -> None:
        """Show an error; if the connection is lost, begin to reconnect."""
        # A path or an address would leave no room on the line for the error.
        sentence, name = str(error), self._workplace.database.name
        if sentence.startswith(name):
            sentence = _("The database") + sentence.removeprefix(name)
        self._say(as_sentence(sentence), "late")
        if isinstance(error, ConnectionLostError) and not self.lost:
            self.lost, self._pause = True, FIRST_PAUSE
            self._draw()
            self._try_later()

    @property
    def caption(self) -> str:
        """What the top line says while it is lost."""
        if self._workplace.database.file is None:
            return _("connection lost, trying again")
        return _("the database file is gone, waiting for it")

    def _try_later(self) -> None:
        def reach() -> None:
            work(self._screen, self._workplace.reconnect, self._reached, self._not_reached, group="link")

        self._screen.set_timer(self._pause, reach)

    def _not_reached(self, _error: RefTermError) -> None:
        longest = LONGEST_PAUSE if self._workplace.database.file is None else LONGEST_PAUSE_OF_FILE
        self._pause = min(self._pause * 2, longest)
        self._try_later()

    def _reached(self, _none: None) -> None:
        self.lost = False
        self._back()
