"""Desks of invented referrals to measure on: made once by `refterm import`, kept in `.bench`, made anew when they grow old.

Of a desk's referrals 22 % are new, 18 % active, 60 % archived; of the new ones some asked to be contacted, and none
changes its texts within a minute: all are late by days. The desk `counting` shows minutes in every row.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.samples import api_record, stamp

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".bench"
COUNTING = "counting"
# Longer ago, and the first referrals of the Inbox would expire.
GOOD_FOR = timedelta(hours=20)
_NAMES = ("Bäckerei Hansen", "Kontor Nord", "Clínica Santa Eulalia", "Llewellyn & Daughters", "Spedition Küstenland")
_NEEDS = (
    "Move mailboxes and a file server to Microsoft 365 before the season starts; no downtime on weekdays. ",
    "After a phishing attack: audit, conditional access and training for everybody. ",
    "Teams telephony for the head session and two branches, keep all numbers, one attendant console. ",
    "An offer for Azure Virtual Desktop, as the lease of the old servers ends in spring. ",
)


def records(count: int, *, counting: bool = False) -> Iterator[dict[str, Any]]:
    """Records of some 2.4 kB, the same for the same count."""
    chance, now = random.Random(count), datetime.now(UTC)
    for number in range(count):
        kind = chance.random()
        age = timedelta(hours=chance.uniform(1, 20)) if counting else timedelta(days=chance.uniform(2.1, 9.9))
        name = f"{chance.choice(_NAMES)} {number % 997} GmbH"
        given: dict[str, Any] = {
            "createdDateTime": stamp(now - age),
            "updatedDateTime": stamp(now - age),
            "expirationDateTime": stamp(now - age + timedelta(days=13.4)),
            "details__customerRequestedContact": chance.random() < 0.02,
            "customerProfile__name": name,
            "details__notes": "".join(chance.choices(_NEEDS, k=chance.randint(1, 8))) + f"Reference {number}.",
        }
        if not counting and kind > 0.22:
            given |= {"status": "Active", "substatus": "Accepted", "acceptedDateTime": stamp(now - age)}
            given |= {"details__dealValue": str(chance.randint(1000, 90000)), "details__currency": "EUR"}
            given |= {"details__closingDateTime": stamp(now + timedelta(days=chance.randint(5, 90)))}
        if not counting and kind > 0.40:
            given |= {"status": "Closed", "substatus": chance.choice(("Won", "Lost", "Declined"))}
            given |= {"closedDateTime": stamp(now - age / 2)}
        record = api_record(**given)
        record["id"] = f"{number:08x}-{count:07x}-4c63-9d0e-2f6f0f1f9a11"
        yield record


def write(path: Path, count: int, *, counting: bool = False) -> Path:
    """A file of one record a line."""
    with path.open("w") as file:
        for record in records(count, counting=counting):
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path


def environment() -> dict[str, str]:
    """The surroundings of every measured program: a home of its own, UTF-8, UTC."""
    home = FOLDER / "home"
    shutil.rmtree(home, ignore_errors=True)  # nobody's tab, order and filter are remembered
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")}
    folders = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    return {**kept, **folders, "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": str(ROOT)}


def without_delivery() -> dict[str, str]:
    """The surroundings of a program that delivers no notice."""
    file = FOLDER / "no-delivery.toml"
    file.write_text('[notices]\ntransport = "off"\n')
    return {**environment(), "REFTERM_CONFIG": str(file)}


def refterm(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "refterm", *map(str, arguments)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=True, **options)


def desk(size: int | str) -> Path:
    """A desk's file of so many referrals."""
    path = FOLDER / f"desk-{size}.db"
    if path.exists() and time.time() - path.stat().st_ctime < GOOD_FOR.total_seconds():
        return path
    FOLDER.mkdir(exist_ok=True)
    for left in FOLDER.glob(f"{path.name}*"):
        left.unlink()
    count, source = (100, COUNTING) if size == COUNTING else (int(size), str(size))
    file = write(FOLDER / f"{source}.ndjson", count, counting=size == COUNTING)
    unfinished = path.with_suffix(".part")
    refterm("import", file, "--db", unfinished)
    file.unlink()
    for suffix in ("", "-wal", "-shm"):
        part = Path(f"{unfinished}{suffix}")
        if part.exists():
            part.rename(f"{path}{suffix}")
    return path


def copy(size: int) -> Path:
    """A desk's file that may be changed."""
    target = FOLDER / "changed.db"
    for left in FOLDER.glob("changed.db*"):
        left.unlink()
    refterm("db", "backup", target, "--db", desk(size))
    return target
