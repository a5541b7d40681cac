"""The demo's wheel of time: moves the clock, and lets all that is due happen on the way, in its order, by the services."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from refterm.config import NoticeSettings, PartnerCenterSettings
from refterm.domain.history import DESK, Actor
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.services.background.expiry import expire_due
from refterm.services.demo.clock import DemoClock
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from refterm.store import codec
from refterm.store import demo as demo_store

if TYPE_CHECKING:
    from refterm.services.background.presence import Presence
    from refterm.services.demo.partner_center import InventedPartnerCenter
    from refterm.services.demo.story import Planned
    from refterm.services.sync.standing import Standing


class Moment(NamedTuple):
    """An instant at which something happens.

    Attributes:
        company: whose referral it is about.
        what: `late`, `cooled`, `expired`, `back`, `follow-up` or `pushed`; empty where the desk itself says what happened.
        quiet: nobody sees it happen: it is no reason to stop there.
    """

    at: datetime
    company: str = ""
    what: str = ""
    quiet: bool = False


class Wheel:
    """Moves the demo's time.

    Attributes:
        clock: the demo's clock.
    """

    def __init__(
        self,
        workplace: Workplace,
        clock: DemoClock,
        story: Callable[[], Sequence[Planned]],
        notices: NoticeSettings | None,
    ) -> None:
        """
        Args:
            workplace: the presenter's.
            clock: the demo's.
            story: gives all that will happen; asked once, after the first rows are drawn.
            notices: how letters go out.
        """
        self.clock = clock
        self._workplace = workplace
        self._desk = replace(workplace, actor=DESK)
        self._story_of = story
        self._done = 0
        self._notices = notices
        self._seats: dict[str, Presence] = {}
        self._partner_center: InventedPartnerCenter | None = None
        # The story must not happen twice at once: the desk's own tick and a key both turn the wheel.
        self._turning = threading.Lock()

    @cached_property
    def _story(self) -> Sequence[Planned]:
        return self._story_of()

    def next(self) -> Moment | None:
        """The next thing that happens by itself."""
        seen = [one for one in self._coming(self.clock.now()) if not one.quiet]
        return min(seen, key=lambda one: one.at, default=None)

    def move_to(self, target: datetime) -> list[Moment]:
        """Go on to an instant; everything due on the way happens at its own instant.

        Returns:
            What happened that the desk itself does not say, in order.

        Raises:
            StoreError: when the database fails; the clock stands where it came to.
        """
        happened = []
        with self._turning:
            now = self.clock.now()
            try:
                while (one := min(self._coming(now), key=lambda one: one.at, default=None)) and one.at <= target:
                    self.clock.held = now = one.at
                    self._happen(now)
                    if one.what:
                        happened.append(one)
            finally:
                self.clock.move_to(max(now, target))
            self._happen(target)
            self._keep_step(target, pulls=True)
        return happened

    def begin_again(self, kept: Path) -> None:
        """Put the desk and the clock back to the beginning.

        Args:
            kept: a copy of the database as it was then.

        Raises:
            StoreError: when the database cannot be written.
        """
        with self._turning:
            demo_store.put_back(self._workplace.database, kept)
            self.clock.back()
            self._done = 0
            self._seats.clear()
            self._partner_center = None

    @property
    def is_behind(self) -> bool:
        """Whether something of the story has become due while the clock ran by itself."""
        return self._done < len(self._story) and self._story[self._done].at <= self.clock.now()

    def catch_up(self) -> None:
        """Let that happen."""
        with self._turning:
            self._tell(self.clock.now())

    def sync(self, kind: str) -> None:
        """Keep step with the demo's Partner Center.

        Args:
            kind: `pull`, which then pushes, or `push`.
        """
        with self._turning:
            self._sync(pulls=kind == "pull")

    def _sync(self, *, pulls: bool) -> None:
        if self._workplace.looks_only:
            return
        from refterm.services.sync import running

        running.run(self._workplace, self._there().client(), pulls=pulls)

    def _there(self) -> InventedPartnerCenter:
        """The demo's Partner Center; it begins with what the desk saw there last."""
        if self._partner_center is None:
            from refterm.services.demo.partner_center import InventedPartnerCenter

            self._partner_center = InventedPartnerCenter.as_seen(self._workplace)
        return self._partner_center

    def _keep_step(self, now: datetime, *, pulls: bool) -> None:
        """Run the pass that is due."""
        from refterm.services.sync import standing

        kind = due(standing.read(self._workplace), now)
        if kind == "push" or (kind and pulls):
            self._sync(pulls=kind == "pull")

    def _happen(self, now: datetime) -> None:
        """Everything that is due at an instant."""
        self._tell(now)
        expire_due(self._workplace)
        if self._notices is not None:
            from refterm.services.background.delivery import deliver_due

            deliver_due(self._workplace, self._notices)
        self._keep_step(now, pulls=False)

    def _tell(self, now: datetime) -> None:
        while self._done < len(self._story) and self._story[self._done].at <= now:
            planned = self._story[self._done]
            self._done += 1
            try:
                self._do(planned)
            except RefTermError:  # the presenter was quicker
                continue

    def _do(self, planned: Planned) -> None:
        if planned.record is not None:
            self._there().hold(planned.record)
        if planned.there is not None:
            self._there().change(str(planned.source_id), planned.there)
        if planned.what not in ("receive", "there"):
            self._by_hand(planned)
        if planned.record is not None or planned.there is not None:
            self._sync(pulls=True)

    def _by_hand(self, planned: Planned) -> None:
        """What a colleague does."""
        from refterm.services.demo import playing

        number = self._number(planned)
        if planned.what == "form":
            self._seat(planned.by).hold(number, str(planned.given))
        elif planned.what == "assign":
            from refterm.services.assigning import Assigning

            person = replace(self._desk, actor=Actor(planned.by, planned.by))
            Assigning(person).assign(
                [number], {"to": self._workplace.actor.name, "notes": _("Yours? You know the trade.")}
            )
        else:
            self._seat(planned.by).let_go()
            deed = {"decide": "decline", "both": "edit"}.get(planned.what, planned.what)
            playing.do(self._desk, planned.by, deed, number, planned.given)

    def _number(self, planned: Planned) -> int:
        if planned.what == "decide":
            with self._workplace.database.reading() as connection:
                deciding = demo_store.own_form(connection, self._workplace.actor.name)
            if deciding is not None:
                return deciding
        assert planned.source_id is not None
        return Desk(self._workplace).resolve(planned.source_id)

    def _seat(self, name: str) -> Presence:
        from refterm.services.background.presence import Presence

        if name not in self._seats:
            self._seats[name] = Presence(replace(self._desk, actor=Actor(name, name)))
        return self._seats[name]

    def _coming(self, now: datetime) -> list[Moment]:
        """All that happens after an instant; of the story only the next."""
        found = [Moment(one.at) for one in self._story[self._done : self._done + 1]]
        deadlines = self._workplace.deadlines
        with self._workplace.database.reading() as connection:
            rows = demo_store.open_referrals(connection)
            delivery = demo_store.next_delivery(connection, now)
            pushes = demo_store.pushes_to_come(connection, now)
        if delivery:
            found.append(Moment(delivery))
        for push in pushes:
            own = push["person"] == self._workplace.actor.name
            found.append(Moment(codec.instant(push["due_at"]), push["company"], "pushed" if own else "", quiet=not own))
        for row in rows:
            name = row["company"]
            follow_up = codec.instant_or_none(row["follow_up_at"])
            if follow_up:
                found.append(Moment(follow_up, name, "follow-up"))
            if row["status"] != "new":
                continue
            received = codec.instant(row["received_at"])
            found.append(Moment(deadlines.respond_by(received), name, "late"))
            if row["flame"] and row["contacted_at"] is None:
                found.append(Moment(deadlines.flame_until(received), name, "cooled"))
            if expires := codec.instant_or_none(row["expires_at"]):
                found.append(Moment(expires, name, "expired"))
            if back := codec.instant_or_none(row["skipped_until"]):
                found.append(Moment(back, name, "back"))
        return [one for one in found if one.at > now]


def due(found: Standing, now: datetime) -> str | None:
    """Which pass with the demo's Partner Center is due: `pull`, `push`, or none; a push at once, for its clock may stand."""
    from refterm.services.sync import standing

    if found.next_push is not None and found.next_push <= now:
        return "push"
    return standing.due(found, PartnerCenterSettings(), now, 0.5)
