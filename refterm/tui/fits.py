"""How well the rows in sight fit (I7): worked out in a thread once the cursor rests, so that no key waits for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from refterm.domain.referral import Status
from refterm.errors import RefTermError

if TYPE_CHECKING:
    from refterm.domain.fit import Fit
    from refterm.services.fitting import Fitting
    from refterm.tui.desk_screen import DeskScreen

# Seconds after the detail followed the cursor.
PAUSE = 0.4


class Fits:
    """The scores that are known.

    Attributes:
        known: by referral.
    """

    def __init__(self, desk: DeskScreen) -> None:
        self.known: dict[int, Fit] = {}
        self._desk = desk
        self._due: asyncio.TimerHandle | None = None
        self._fitting: Fitting | None = None

    def soon(self) -> None:
        """Work out those in sight once nothing has happened for a moment."""
        if self._due:
            self._due.cancel()
        self._due = asyncio.get_running_loop().call_later(PAUSE, self._desk.call_later, self.look)

    def look(self) -> None:
        """Work them out now."""
        desk = self._desk
        numbers = [row.id for row in desk.referral_list.in_sight() if row.status is Status.NEW]
        if numbers and not desk.link.lost:
            desk.run_worker(self._work_out(numbers), group="fits", exclusive=True, exit_on_error=False)

    async def _work_out(self, numbers: list[int]) -> None:
        from refterm.services.fitting import Fitting

        self._fitting = self._fitting or Fitting(self._desk.office.workplace)
        try:
            found = await asyncio.to_thread(self._fitting.apart, numbers)
        except RefTermError:
            return  # the desk's own next look tells what is wrong with the database
        changed = {number for number, fit in found.items() if self.known.get(number) != fit}
        if not changed:
            return
        self.known.update(found)
        desk = self._desk
        desk.referral_list.update_rows(changed, desk.look())
        if desk.detail_pane.referral_id in changed:
            desk.show_detail()
