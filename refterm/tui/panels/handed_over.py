"""A letter that the person sends with a program of their own: whether it was sent (W1)."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

from refterm.i18n import _
from refterm.tui.draw.signs import Signs
from refterm.tui.panels.confirm import Confirm


class HandedOver(Confirm):
    """Asks whether a letter was sent, and offers it to the mail program by a link that the terminal opens (OSC 8)."""

    def __init__(self, to: str, link: str | None, signs: Signs) -> None:
        """
        Args:
            to: the address, fit for display.
            link: a `mailto:` of one address; None where no link is to be made.
            signs: how this terminal draws.
        """
        question = signs.sanitize(_("The letter to {to} is in your clipboard. Was it sent?").format(to=to))
        super().__init__(question, _("Sent"), _("Not yet"))
        if link:
            offer = Content.styled(signs.sanitize(_("open in the mail program")), Style(link=link, underline=True))
            self.said = Content("\n").join([self.said, Content.assemble(offer)])
