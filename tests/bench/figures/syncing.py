"""What a sync costs beside an import of the same referrals."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator
from decimal import Decimal
from statistics import median
from typing import Any, cast
from unittest import mock

from refterm.config import Settings
from refterm.services.importing import Importer
from refterm.services.workplace import open_workplace
from tests.bench import desks
from tests.bench.report import Figure, shown

PAGE, PAGES = 100, 40


def storing() -> Iterator[Figure]:
    """Pages of new referrals stored as a pull stores them, and as many imported, by turns in one process.

    Both begin with the text that came, and end with what was written.
    """
    from refterm.partner_center.client import PartnerCenter, _record
    from refterm.services.sync.passing import Pass
    from refterm.services.sync.pull import store

    path = desks.FOLDER / "page.db"
    for left in desks.FOLDER.glob(f"{path.name}*"):
        left.unlink()
    desks.FOLDER.mkdir(exist_ok=True)
    lines = [json.dumps(one, ensure_ascii=False).encode() for one in desks.records(2 * PAGES * PAGE)]
    with mock.patch.dict(os.environ, desks.environment(), clear=True):
        place = open_workplace(Settings(database=str(path)))
    one = Pass(place, cast("PartnerCenter", None))  # nothing is asked
    importer = Importer(place)
    spent: dict[str, list[float]] = {"sync": [], "import": []}
    for number in range(2 * PAGES):
        part = lines[number * PAGE : (number + 1) * PAGE]
        kind = "import" if number % 2 else "sync"
        began = time.perf_counter()
        if kind == "import":
            importer.run(io.BytesIO(b"\n".join(part) + b"\n"), name="page.ndjson")
        else:
            content: list[Any] = json.loads(b"[" + b",".join(part) + b"]", parse_float=Decimal)
            store(one, [_record(record, "") for record in content])
        spent[kind].append(time.perf_counter() - began)
    place.close()
    ours, floor = (1000 * median(spent[kind]) for kind in ("sync", "import"))
    note = f"{shown(ours)} to {shown(floor)} ms"
    yield Figure("a page of 100 stored, to its import", str(PAGE), ours / floor, "x", 1.3, note)
