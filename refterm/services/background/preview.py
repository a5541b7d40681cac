"""The letter that a decision will send, to read before it is decided (N1)."""

from __future__ import annotations

import json
from typing import NamedTuple

from refterm.domain.referral import Referral
from refterm.services.background.addresses import for_mail
from refterm.services.background.letters import addressed, words_of
from refterm.services.background.referral_notices import recipient
from refterm.services.workplace import Workplace
from refterm.text import clean_line


class Preview(NamedTuple):
    """A letter as its reader sees it."""

    to: str
    subject: str
    text: str

    @property
    def core(self) -> str:
        """The first paragraph after the greeting, on one line."""
        paragraphs = [part for part in self.text.split("\n\n") if part.strip()]
        return " ".join((paragraphs[1] if len(paragraphs) > 1 else paragraphs[0] if paragraphs else "").split())


def of_decline(workplace: Workplace, referral: Referral) -> Preview | None:
    """What the customer gets when a referral is declined; None where nobody can be written to.

    Raises:
        LetterError: when the address or the template cannot be used.
    """
    given = recipient(json.dumps([{"email": person.email} for person in referral.customer.contacts]))
    if not given:
        return None
    to = addressed(given)
    notice = {"id": 0, "history_id": 0, "kind": "declined", "recipient": to, "person": None, "text": None}
    countries = (referral.customer.country,) if referral.customer.country else ()
    title, text = words_of(workplace, notice, referral, countries)
    return Preview(for_mail(to), " ".join(clean_line(title).split()), text.strip())
