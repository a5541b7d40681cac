"""A desk that is connected to the stand-in, on a clock handed in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from refterm.clock import SettableClock
from refterm.config import PartnerCenterSettings
from refterm.domain.decisions import Context
from refterm.domain.referral import Referral
from refterm.services.desk import Desk
from refterm.services.referral_json import Objects
from refterm.services.sync import connecting, running
from refterm.services.sync.passing import Pace, Summary
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from tests.partner_center.server import StandIn

TYPED = {
    "name": "Mailboxes",
    "value": "12500.50 EUR",
    "timeframe": "3-6 months",
    "notes": "They want it before the summer.",
}
CONTEXT = Context(date(2026, 3, 2), "EUR")


@dataclass
class Session:
    """One desk of a company and its way to the stand-in.

    Attributes:
        slept: every pause that the sync made, in seconds.
    """

    workplace: Workplace
    clock: SettableClock
    standin: StandIn
    token: str
    dice: random.Random = field(default_factory=lambda: random.Random(3))
    slept: list[float] = field(default_factory=list)

    @property
    def triage(self) -> Triage:
        return Triage(self.workplace)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def sync(self, **how: Any) -> Summary:
        """One pass; a token that died is replaced, as `token_command` would."""
        return self.run(**how)[0]

    def run(self, **how: Any) -> tuple[Summary, int]:
        settings = PartnerCenterSettings(
            base_url=self.standin.url, authority=self.standin.url, token_command=how.pop("command", None)
        )
        client = connecting.client(settings, token=self.token, trust=self.standin.trust)
        if self.standin.rate:
            client._tokens = _Renewing(self.standin)
        try:
            return running.run(self.workplace, client, pace=Pace(self._sleep, self.dice.random), **how)
        finally:
            client.close()

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))

    def number(self, record: dict[str, Any]) -> int:
        return Desk(self.workplace).resolve(record["id"])

    def referral(self, record: dict[str, Any]) -> Referral:
        return Desk(self.workplace).referral(self.number(record))

    def json(self, record: dict[str, Any]) -> dict[str, Any]:
        return next(iter(Objects(self.workplace).of([self.number(record)])))

    def actions(self, record: dict[str, Any]) -> list[str]:
        return [entry.action for entry in Desk(self.workplace).history(self.number(record))]

    def accept(self, record: dict[str, Any], **typed: str) -> int:
        number = self.number(record)
        self.triage.accept(number, {**TYPED, **typed}, CONTEXT)
        return number

    def there(self, record: dict[str, Any]) -> dict[str, Any]:
        return self.standin.referrals.records[record["id"]]

    def pushes(self) -> list[dict[str, Any]]:
        from refterm.services.outbox import Outbox

        return [item for item in Outbox(self.workplace).objects() if item["kind"] == "push"]


class _Renewing:
    """Gives a new token when the last one was refused."""

    def __init__(self, standin: StandIn) -> None:
        from refterm.partner_center.tokens import described

        self._new = lambda: described(standin.authority.new_token())
        self._token = self._new()

    def token(self, *, fresh: bool = False, claims: str | None = None) -> Any:
        if fresh or claims:
            self._token = self._new()
        return self._token


@contextmanager
def connected(workplace: Workplace, clock: SettableClock, standin: StandIn) -> Iterator[Session]:
    """A desk with a token of its own."""
    yield Session(workplace, clock, standin, standin.authority.new_token())
