"""The one way in which tests open a desk, and bring referrals into it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any

from refterm.clock import Clock, SystemClock
from refterm.domain.deadline import Deadlines
from refterm.domain.history import Actor
from refterm.services.importing import Importer
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.samples import ndjson


def open_at(
    location: Path | str,
    clock: Clock | None = None,
    name: str = "ana",
    *,
    read_only: bool = False,
    undo_seconds: int = 60,
) -> Workplace:
    """A desk of its own on a database, as another person's program has it; the clock is the machine's, or another."""
    return Workplace(
        database=open_database(location, read_only=read_only),
        clock=clock or SystemClock(),
        actor=Actor(name, name),
        deadlines=Deadlines(),
        zone=UTC,
        undo_seconds=undo_seconds,
    )


def bring_in(location: Path | str, records: Iterable[Any]) -> None:
    """Import API records into the desk of a database, as a program beside it does."""
    place = open_at(location, name="import")
    summary = Importer(place).run(BytesIO(ndjson(records)), name="records.ndjson")
    place.close()
    assert summary.rejected == 0, summary
