"""What the screens work with: one open desk, its services, and how this terminal draws."""

from __future__ import annotations

from dataclasses import dataclass

from refterm.services.desk import Desk
from refterm.services.drafts import Drafts
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.tui.signs import UNICODE, Signs


@dataclass(frozen=True)
class Office:
    """Handed to every screen; nothing is looked up.

    Attributes:
        workplace: the open database, the clock, who acts.
        desk: the read side.
        triage: decisions and the work on a deal.
        marks: marks and notes.
        drafts: what was typed and not yet sent.
        signs: what this terminal can draw.
        caption: which desk this is, where it is not the person's own, such as the demo's.
    """

    workplace: Workplace
    desk: Desk
    triage: Triage
    marks: Marks
    drafts: Drafts
    signs: Signs = UNICODE
    caption: str = ""

    @property
    def ascii(self) -> bool:
        """Whether nothing but ASCII is drawn."""
        return self.signs is not UNICODE
