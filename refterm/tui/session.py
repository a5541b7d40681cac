"""What the screens work with: one open desk, its services, how this terminal draws, and the program around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from refterm.config import SharedView
from refterm.services.desk import Desk
from refterm.services.personal.drafts import Drafts
from refterm.services.workplace import Workplace
from refterm.tui.draw.signs import UNICODE, Signs
from refterm.tui.textual_quirks import SafeApp

if TYPE_CHECKING:
    from textual import events

    from refterm.services.marks import Marks
    from refterm.services.triage import Triage
    from refterm.tui.draw.links import Links


@dataclass(frozen=True)
class Session:
    """The services and settings that every screen gets.

    Attributes:
        workplace: the open database, the clock, who acts.
        desk: the read side.
        drafts: what was typed and not yet sent.
        signs: what this terminal can draw.
        phrases: texts of one's own and of the site for notes, by name.
        links: what links are made of; None where there are none.
    """

    workplace: Workplace
    desk: Desk
    drafts: Drafts
    signs: Signs = UNICODE
    phrases: Mapping[str, str] = field(default_factory=dict)
    links: Links | None = None

    # Loaded at first use: the first screen is there 5 ms sooner.

    @cached_property
    def triage(self) -> Triage:
        """Decisions and the work on a deal."""
        from refterm.services.triage import Triage

        return Triage(self.workplace)

    @cached_property
    def marks(self) -> Marks:
        """Marks and notes."""
        from refterm.services.marks import Marks

        return Marks(self.workplace)

    @property
    def ascii(self) -> bool:
        """Whether nothing but ASCII is drawn."""
        return self.signs is not UNICODE


class DeskApp(SafeApp):
    """What the desk asks of the program around it; RefTermApp does it.

    Attributes:
        typed_at: when the last key came, by the monotonic clock.
    """

    typed_at = 0.0

    async def type_again(self, keys: Sequence[events.Key]) -> None:
        """Take keys as if they were typed now."""

    @property
    def editor(self) -> str | None:
        """The site's editor for letters; None where there is none, as in a kiosk."""
        return None

    @property
    def shared_views(self) -> Sequence[SharedView]:
        """The views that the site gives to all."""
        return ()

    def alert_about(self, kind: str, words: str, referral: int, company: str, count: int = 1) -> None:
        """Ask the terminal to notify, where the person wants that and does not look at the desk (S1).

        Args:
            kind: `flame`, `assigned` or `mine-due`.
            words: our own words.
            referral: the first it is about.
            company: its customer.
            count: how many it is about.
        """

    def keep_view(self) -> None:
        """Remember tab, order and filter for the person."""
        raise NotImplementedError

    def set_terminal_title(self, title: str) -> None:
        """Set the terminal's title."""
        raise NotImplementedError
