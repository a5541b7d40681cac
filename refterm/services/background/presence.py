"""Other open desks, and the forms open at them: a lease on a referral that warns and blocks nobody.

A desk gives a sign of life twice a minute; who vanishes is forgotten by the others after a minute and a half. None of
this is a change of the desk: it has no history, and nobody reads the list again because of it.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import NamedTuple

from refterm.services.workplace import Workplace
from refterm.store import codec, presence

SIGN_EVERY = timedelta(seconds=30)
GONE_AFTER = timedelta(seconds=90)


class Seat(NamedTuple):
    """Somebody else's open desk.

    Attributes:
        name: who sits there.
        until: when it counts as gone, unless it gives a sign of life before.
        referral: what they have a form open on.
        form: which form.
    """

    name: str
    until: datetime
    referral: int | None = None
    form: str | None = None


class Presence:
    """One open desk among the others."""

    def __init__(self, workplace: Workplace) -> None:
        """Nothing is written yet."""
        self.workplace = workplace
        self._seat = os.urandom(8).hex()
        self._lease: tuple[int, str] | None = None

    @property
    def is_told(self) -> bool:
        """Whether this desk tells the others of itself; one open for reading only cannot."""
        return not self.workplace.database.read_only

    def sign(self) -> None:
        """Give a sign of life.

        Raises:
            StoreError: when it cannot be written.
        """
        if not self.is_told:
            return
        workplace, now = self.workplace, self.workplace.now()
        referral_id, form = self._lease or (None, None)
        with workplace.database.writing() as connection:
            presence.sign(connection, self._seat, workplace.actor, now, referral_id, form)
            presence.forget(connection, now - GONE_AFTER)

    def hold(self, referral_id: int, form: str) -> None:
        """Tell the others that a form is open on a referral (a lease: it ends with `let_go`, or with this desk)."""
        self._lease = (referral_id, form)
        self.sign()

    def let_go(self) -> None:
        """The form was closed."""
        if self._lease is not None:
            self._lease = None
            self.sign()

    def leave(self) -> None:
        """The desk is being closed."""
        if self.is_told:
            with self.workplace.database.writing() as connection:
                presence.leave(connection, self._seat)

    def others(self) -> tuple[Seat, ...]:
        """The other open desks, those open longest first; the same person may have several."""
        with self.workplace.database.reading() as connection:
            found = presence.present(connection, self.workplace.now() - GONE_AFTER)
        return tuple(
            Seat(row["name"], codec.instant(row["seen_at"]) + GONE_AFTER, row["referral_id"], row["form"])
            for row in found
            if row["id"] != self._seat
        )
