"""What the bars of one line say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from refterm.domain.query import Filter
from refterm.domain.referral import Outcome
from refterm.domain.when import period
from refterm.tui.desk import bars


@pytest.mark.parametrize("name", ["Europe/Madrid", "UTC", "America/Lima"])
def test_a_filter_names_the_days_that_were_typed(name: str) -> None:
    zone = ZoneInfo(name)
    since, until = period("2026-06-01", "2026-06-30", datetime(2026, 7, 1, tzinfo=UTC), zone)
    assert bars.filter_text(Filter(since=since, until=until), zone) == "from 1 Jun 2026, until 30 Jun 2026"


def test_every_filter_has_words() -> None:
    """A filter that is on and says nothing would leave the person with a shorter list and no reason for it."""
    examples: dict[str, Any] = {
        "outcome": Outcome.WON,
        "since": datetime(2026, 6, 1, tzinfo=UTC),
        "until": datetime(2026, 6, 1, tzinfo=UTC),
        "profile": "UK",
        "mine": "ana",
        "expiring": 24,
        "min_fit": 60,
        "country": "GB",
        "channel": "search",
        "ids": (1,),
    }
    for name in Filter._fields:
        if name != "label":
            chosen = Filter(**{name: examples.get(name, True)})
            assert bars.filter_text(chosen, UTC), name
