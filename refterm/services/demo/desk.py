"""The demo's desk: opened from a prepared database whose instants are moved to the present, or else played anew."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import FrameType

from refterm.clock import Clock
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.services.demo import script
from refterm.services.demo.options import SEED
from refterm.services.demo.past import COUNT, PEOPLE, STUBBORN, generated
from refterm.services.demo.script import Json
from refterm.store import demo as demo_store
from refterm.store import updates
from refterm.store.connection import Connection

LANGUAGES = ("en", "es")
# The midnight at which prepared databases begin; opening one moves all of it.
PREPARED_AT = datetime(2026, 1, 7, tzinfo=UTC)

# Where the demo's company does business; customers of other countries have no active profile (P2).
_PROFILES: tuple[dict[str, str], ...] = (
    {
        "name": "DACH",
        "region": "Germany, Austria, Switzerland",
        "country": "DE, AT, CH",
        "location": "Kiel;;Ana Petersen;ana@nordlicht.example;+49 431 0000001",
        "keywords": "Postfächer, Microsoft 365, Dateiserver",
        "products": "Microsoft365, Exchange, Teams",
        "solutions": "Cloud Migration, Threat protection",
        "size": "1-1000",
        "currency": "EUR",
    },
    {
        "name": "Iberia",
        "region": "Spain, Portugal",
        "country": "ES, PT",
        "location": "Madrid;;Luis Ortega;luis@nordlicht.example;+34 910 000001",
        "keywords": "buzones, Microsoft 365, impresoras",
        "products": "Microsoft365, Exchange, Teams",
        "solutions": "Cloud Migration, Threat protection",
        "size": "10-1000",
        "currency": "EUR",
    },
    {
        "name": "North",
        "region": "Northern Europe",
        "country": "GB, IE, NL, SE, NO, FI",
        "location": "London;;Tom Barker;tom@nordlicht.example;+44 20 0000001",
        "keywords": "mailboxes, Microsoft 365, telephony",
        "products": "Microsoft365, Exchange, Teams",
        "services": "DeploymentOrMigration",
        "solutions": "Cloud Migration, Cloud voice",
        "size": "50-1000",
        "currency": "GBP",
    },
    {
        "name": "Italy",
        "region": "Italy",
        "country": "IT",
        "location": "Milano;;Mei Rossi;;+39 02 0000001",
        "size": "50-",
        "currency": "EUR",
    },
)


@contextmanager
def throwaway() -> Iterator[Path]:
    """A folder for temporary files; it is removed when the block ends, also by SIGTERM and SIGHUP.

    Raises:
        RefTermError: when there is no room for temporary files.
    """
    with _ending_on_signals():
        try:
            folder = Path(tempfile.mkdtemp(prefix="refterm-demo-"))
        except OSError as error:
            raise RefTermError(
                _("the demo needs a folder for temporary files ({error}); name one in TMPDIR").format(
                    error=error.strerror
                )
            ) from error
        try:
            yield folder
        finally:
            # A terminal that closes sends more than one signal; the second must not stop the tidying up.
            with _handling(signal.SIG_IGN, [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]):
                shutil.rmtree(folder, ignore_errors=True)


def build(folder: Path, clock: Clock, *, presenter: str = "ana", seed: int = SEED, language: str = "en") -> Path:
    """Make the demo's database, quickly where it was prepared.

    Args:
        folder: an empty folder; nothing is written elsewhere.
        clock: tells the instant from which everything is dated back.
        presenter: who acts at it.
        seed: of the past and of the story; only SEED is prepared.
        language: of the first rows of the Inbox, one of LANGUAGES.

    Returns:
        The SQLite file.
    """
    path, now = folder / "desk.db", clock.now().astimezone(UTC)
    found = prepared(language)
    if seed != SEED or not found.exists() or not _moved(found, path, now):
        replay(path, now, seed, language)
    with demo_store.alone(path) as connection:
        introduce(connection, presenter)
    return path


def introduce(connection: Connection, presenter: str) -> None:
    """Make the presenter and the people of the script known to the demo's desk, so that they can be given work (T5)."""
    for name in dict.fromkeys((*PEOPLE, presenter)):
        updates.put_setting(connection, f"people.{name}", f"{name}@nordlicht.example")


def prepared(language: str) -> Path:
    """Where the prepared database of a language lies, if it was made."""
    return script.DATA / f"prepared-{language}.db"


def spoken(language: str) -> str:
    """The language of the first rows for somebody who reads a language."""
    return language if language in LANGUAGES else LANGUAGES[0]


def prepare(folder: Path) -> list[Path]:
    """Make the prepared databases; the build of the wheel and `make` do this.

    Returns:
        The files.
    """
    made = []
    for language in LANGUAGES:
        target = folder / prepared(language).name
        unfinished = target.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        replay(unfinished, PREPARED_AT, SEED, language)
        made.append(unfinished.replace(target))
    return made


def replay(path: Path, now: datetime, seed: int, language: str) -> Path:
    """Play all of the script into a new database: the past before the last midnight UTC, then the present."""
    from refterm.clock import SettableClock
    from refterm.domain.deadline import Deadlines
    from refterm.domain.history import DESK, Actor
    from refterm.services.background.expiry import expire_due
    from refterm.services.background.fitting import store_scores
    from refterm.services.demo import playing
    from refterm.services.demo.partner_center import connect
    from refterm.services.profiles import Profiles
    from refterm.services.workplace import Workplace
    from refterm.store import outbox
    from refterm.store.opening import open_database

    played = SettableClock(now)
    # The customers of what came from Microsoft are Microsoft's to tell: no notices.
    desk = Workplace(open_database(path), played, DESK, Deadlines(), zone=UTC, tell_customers=False)
    try:
        past = [*script.read("past.json"), *generated(seed)]
        midnight = _midnight(now)
        played.set(midnight - timedelta(days=403))
        for profile in _PROFILES:
            Profiles(replace(desk, actor=Actor("ana", "ana"))).add(profile)
        for (first, one), origin in zip(script.numbered((past, present(language))), (midnight, now), strict=True):
            playing.play(desk, played, one, origin, first)
        played.set(now)
        expire_due(desk)
        # Its contacts are invented, too: nothing is owed to them.
        with desk.database.writing() as connection:
            outbox.clear(connection)
        store_scores(desk)
        connect(desk)
    finally:
        desk.close()
    return path


def present(language: str) -> list[Json]:
    """The script of the present, which is dated back from the demo's first instant."""
    return [one for one in script.read("present.json") if one.get("lang", language) == language]


def _moved(found: Path, path: Path, now: datetime) -> bool:
    """Copy a prepared database and move it to an instant: its past by whole days, so that days stay days, its present exactly.

    Returns:
        False where it is of an older build of the program.
    """
    shutil.copyfile(found, path)
    path.chmod(0o600)  # as any desk's file, whatever the installation's are
    with demo_store.alone(path) as connection:
        if done := demo_store.is_of_this_build(connection):
            last = len(script.read("past.json")) + COUNT + 2 * STUBBORN
            demo_store.shift(connection, 1, last, _midnight(now) - PREPARED_AT)
            demo_store.shift(connection, last + 1, 2**31, now - PREPARED_AT)
            demo_store.shift_sync(connection, now - PREPARED_AT)
    if not done:
        path.unlink()
    return done


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.date(), time(), UTC)


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the block like an error does, so that it can tidy up; the desk has its own handlers.

    Only where they would otherwise kill the process: what is ignored, as under nohup, stays ignored.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    deadly = [
        number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.Handlers.SIG_DFL
    ]
    with _handling(end, deadly):
        yield


@contextmanager
def _handling(
    handler: Callable[[int, FrameType | None], None] | signal.Handlers, numbers: list[signal.Signals]
) -> Iterator[None]:
    """Handle signals so within the block. Outside the main thread, which alone can, nothing changes."""
    try:
        kept = {number: signal.signal(number, handler) for number in numbers}
    except ValueError:
        kept = {}
    try:
        yield
    finally:
        for number, before in kept.items():
            signal.signal(number, before)


if __name__ == "__main__":
    prepare(script.DATA)
    sys.exit(0)
