"""What the bars of one line say."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from refterm.domain.query import Filter
from refterm.domain.when import parse_day_start
from refterm.tui.desk import bars


@pytest.mark.parametrize("name", ["Europe/Madrid", "UTC", "America/Lima"])
def test_a_filter_names_the_days_that_were_typed(name: str) -> None:
    zone = ZoneInfo(name)
    since, until = (parse_day_start(day, "since", zone) for day in ("2026-06-01", "2026-06-30"))
    assert bars.filter_text(Filter(since=since, until=until), zone) == "from 2026-06-01, until 2026-06-30"
