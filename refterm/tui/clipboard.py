"""Copying: the customer's address or number goes to the person's own clipboard, through the terminal (I2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refterm.i18n import _
from refterm.text import display

if TYPE_CHECKING:
    from refterm.tui.desk_screen import DeskScreen


def copy_email(desk: DeskScreen) -> None:
    """Send the customer's e-mail address to the person's own clipboard (I2)."""
    copy(desk, "email", _("e-mail address"))


def copy_phone(desk: DeskScreen) -> None:
    """Send the customer's phone number to the person's own clipboard (I2)."""
    copy(desk, "phone", _("phone number"))


def copy(desk: DeskScreen, part: str, name: str) -> None:
    """Send a part of the customer's contact through the terminal (OSC 52); whether it took it, nobody can know."""
    referral = desk.referral()
    people = referral.customer.contacts if referral else ()
    text = next((display(getattr(person, part)).strip() for person in people if getattr(person, part).strip()), "")
    if not text:
        desk.say(_("This customer has no {part}.").format(part=name), "dim")
        return
    desk.app.copy_to_clipboard(text)
    desk.say(_("{text} was sent to your terminal's clipboard.").format(text=text))
