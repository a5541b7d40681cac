"""Letters that did not go out are drafts of their writer again (U1, W1)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from refterm.log import note_failure
from refterm.services.personal.drafts import Drafts
from refterm.services.workplace import Workplace

FORM = "reply"


class Letter(Protocol):
    """What a reply says."""

    @property
    def to(self) -> str:
        """The address."""
        ...

    @property
    def subject(self) -> str:
        """Its subject."""
        ...

    @property
    def text(self) -> str:
        """Its text."""
        ...


class Recalled(Letter, Protocol):
    """A letter and its referral."""

    @property
    def referral(self) -> int:
        """The number."""
        ...


def keep(drafts: Drafts, referral_id: int, letter: Letter, at: datetime) -> bool:
    """Keep a letter as the draft of the reply form, unless there is a draft already, which is newer.

    Returns:
        Whether it was kept.
    """
    if drafts.load(FORM, referral_id) is not None:
        return False
    try:
        drafts.save(FORM, referral_id, {"to": letter.to, "subject": letter.subject, "text": letter.text}, at)
    except OSError as error:  # the history has the text all the same
        with suppress(OSError):
            note_failure(error)
        return False
    return True


def keep_recalled(workplace: Workplace, letters: Iterable[Recalled], drafts: Drafts | None = None) -> None:
    """Keep letters that were undone; without drafts given, in the person's state folder."""
    if drafts is None:
        from refterm import paths

        drafts = Drafts(paths.state_folder() / "drafts", workplace.desk_id, workplace.actor.name)
    for letter in letters:
        keep(drafts, letter.referral, letter, workplace.now())
