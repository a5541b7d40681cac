"""The demo desk: enough of everything to see what the desk does, invented, deterministic, gone afterwards."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.domain.deadline import Deadlines, Flame, flame_state, is_overdue, purchase_passed
from refterm.domain.history import Actor
from refterm.domain.referral import Outcome, Referral, Status
from refterm.services import demo
from refterm.services.background.expiry import expire_due
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.samples import NOW
from tests.store.support import query

DEADLINES = Deadlines()
# Late on New Year's Eve, a leap day, and the hour that summer time leaves out in Madrid: the demo opens at any time.
INSTANTS = (
    NOW,
    datetime(2027, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2028, 2, 29, 0, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's database in it, made once."""
    made = tmp_path_factory.mktemp("demo")
    assert demo.build(made, SettableClock(NOW)) == made / "desk.db"
    return made


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    """The demo as somebody sees it at its first instant."""
    opened = Workplace(
        open_database(folder / "desk.db"), SettableClock(NOW), Actor("vera", "vera"), DEADLINES, zone=UTC
    )
    yield Desk(opened)
    opened.close()


@pytest.fixture
def referrals(desk: Desk) -> list[Referral]:
    """All of them, in the order of their numbers."""
    with desk.workplace.database.reading() as reader:
        ids = [row[0] for row in reader.execute("select id from referral order by id")]
    return [desk.referral(number) for number in ids]


def flame(referral: Referral) -> Flame:
    """The state of its alert at the first instant."""
    return flame_state(referral.flame, referral.status, referral.contacted_at, referral.received_at, NOW, DEADLINES)


def test_it_has_at_least_forty_referrals_in_every_state(referrals: list[Referral]) -> None:
    assert len(referrals) >= 40
    states = Counter((referral.status, referral.outcome) for referral in referrals)
    assert states[Status.NEW, None] >= 15
    assert states[Status.ACTIVE, None] >= 5
    for outcome in Outcome:
        assert states[Status.ARCHIVED, outcome] >= 2, outcome
    channels = {referral.channel for referral in referrals if referral.status is Status.NEW}
    assert channels == {"search", "marketing", "sales", "partner"}


def test_the_inbox_shows_every_flame_deadline_and_mark(referrals: list[Referral]) -> None:
    inbox = [referral for referral in referrals if referral.status is Status.NEW]
    flames = Counter(flame(referral) for referral in inbox)
    assert flames[Flame.HOT] >= 3
    assert flames[Flame.COOLED] >= 2
    assert flames[Flame.CONTACTED] >= 2
    overdue = [is_overdue(DEADLINES.respond_by(referral.received_at), NOW) for referral in inbox]
    assert overdue.count(True) >= 5
    assert overdue.count(False) >= 5
    assert sum(NOW - referral.received_at < timedelta(hours=1) for referral in inbox) >= 2
    assert sum(referral.skipped_until is not None for referral in inbox) >= 2
    assert sum(referral.favorite for referral in inbox) >= 2
    assert len({referral.taken_by for referral in inbox} - {None}) >= 3
    assert any(referral.expiry_estimated for referral in inbox)


def test_something_changes_by_itself_within_two_minutes(referrals: list[Referral]) -> None:
    """F5, I3, I4, I8: the desk can be watched at its work."""
    soon = timedelta(minutes=2)
    inbox = [referral for referral in referrals if referral.status is Status.NEW]
    expiring = [referral for referral in inbox if referral.expires_at and referral.expires_at - NOW < soon]
    assert [(one.expires_at - NOW).total_seconds() for one in expiring if one.expires_at] == [45]
    assert any(NOW < DEADLINES.flame_until(one.received_at) <= NOW + soon for one in inbox if one.flame)
    assert any(NOW < DEADLINES.respond_by(one.received_at) <= NOW + soon for one in inbox)
    assert any(one.skipped_until and one.skipped_until <= NOW + soon for one in inbox)


def test_the_one_about_to_expire_is_seen_at_once(desk: Desk, referrals: list[Referral]) -> None:
    """It stands among the first rows of the Inbox in its first order, and expires at its deadline, once."""
    from refterm.domain.query import View

    expiring = next(one for one in referrals if one.expires_at == NOW + timedelta(seconds=45))
    first = [row.id for row in desk.listing(View()).rows(0, 8)]
    assert expiring.id in first


def test_it_expires_at_its_deadline(tmp_path: Path) -> None:
    clock = SettableClock(NOW)
    workplace = Workplace(open_database(demo.build(tmp_path, clock)), clock, Actor("vera", "vera"), DEADLINES, zone=UTC)
    clock.advance(timedelta(seconds=44))
    assert expire_due(workplace) == []
    clock.advance(timedelta(seconds=1))
    [number] = expire_due(workplace)
    assert Desk(workplace).referral(number).closed_at == NOW + timedelta(seconds=45)
    workplace.close()


def test_referrals_of_the_same_customer_point_at_each_other(desk: Desk, referrals: list[Referral]) -> None:
    """I9, in all four ways: engagement, company, e-mail domain, D-U-N-S number."""
    pairs = {(one.id, other) for one in referrals for other in desk.duplicates(one.id)}
    by_id = {referral.id: referral for referral in referrals}
    alike: Counter[str] = Counter()
    for one, other in ((by_id[a], by_id[b]) for a, b in pairs if a < b):
        company = one.customer.company == other.customer.company
        domain = _domain(one) == _domain(other)
        duns = one.customer.duns is not None and one.customer.duns == other.customer.duns
        alike["engagement"] += one.engagement_id == other.engagement_id
        alike["company"] += company
        alike["only domain"] += domain and not company and not duns
        alike["only duns"] += duns and not company and not domain
    assert all(alike[way] for way in ("engagement", "company", "only domain", "only duns")), alike


def _domain(referral: Referral) -> str:
    return referral.contact.email.rpartition("@")[2] if referral.contact else ""


def test_engagements_are_worked(desk: Desk, referrals: list[Referral]) -> None:
    active = [referral for referral in referrals if referral.status is Status.ACTIVE]
    passed = [purchase_passed(referral.deal.purchase_date, NOW, UTC) for referral in active]
    assert passed.count(True) >= 2
    assert passed.count(False) >= 4
    assert sum(bool(referral.team) for referral in active) >= 3
    assert len({referral.deal.currency for referral in active}) >= 4
    assert all(referral.deal.name and referral.deal.notes and referral.deal.purchase_date for referral in active)


def test_reasons_are_many(referrals: list[Referral]) -> None:
    declined = {referral.reason for referral in referrals if referral.outcome is Outcome.DECLINED}
    lost = {referral.reason for referral in referrals if referral.outcome is Outcome.LOST}
    assert len(declined) >= 6
    assert len(lost) >= 4


def test_it_speaks_many_languages(referrals: list[Referral]) -> None:
    needs = " ".join(referral.need for referral in referrals)
    scripts = {unicodedata.name(character, "?").split()[0] for character in needs if character.isalpha()}
    assert {"LATIN", "CJK", "HIRAGANA", "HANGUL", "ARABIC", "GREEK"} <= scripts
    assert len({referral.customer.country for referral in referrals}) >= 20
    assert len({referral.customer.industry for referral in referrals}) >= 10
    assert len({referral.customer.size for referral in referrals}) >= 6
    for words in ("Postfächer", "necesitamos", "Sauvegarde", "Substituir", "mailboxes|boats", "postvakken", "skrzynek"):
        assert re.search(words, needs), words


def test_nobody_real_is_in_it(referrals: list[Referral]) -> None:
    for referral in referrals:
        for person in (*referral.customer.contacts, *referral.team):
            assert person.email.endswith(".example"), person


def test_its_history_was_lived(desk: Desk, referrals: list[Referral]) -> None:
    """T4: several people, in order of time, each change at the instant it happened; nothing of it in the future."""
    history = list(desk.history())
    assert {"ana", "luis", "mei", "tom", "refterm"} == {entry.by for entry in history}
    assert all(one.at <= other.at for one, other in pairwise(history))
    assert history[-1].at <= NOW
    done = {entry.action for entry in history}
    assert {"imported", "accepted", "declined", "expired", "won", "lost", "edited", "undone"} <= done
    assert {"taken", "contacted", "favorited", "skipped", "noted", "contact-added"} <= done
    for referral in referrals:
        received = [entry.at for entry in history if entry.referral == referral.id and entry.action == "imported"]
        assert received == [referral.received_at]
        if referral.status is not Status.NEW and referral.outcome is not Outcome.EXPIRED:
            assert referral.decided_by in {"ana", "luis", "mei", "tom"}
            assert referral.decided_at is not None
            assert referral.decided_at > referral.received_at


def test_its_notices_are_owed_to_nobody(desk: Desk) -> None:
    """The demo is offline: there is nothing in its outbox that could ever be sent."""
    with desk.workplace.database.reading() as reader:
        assert reader.execute("select count(*) from outbox").fetchone()[0] == 0


def test_nothing_is_written_outside_its_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a read-only home stand in its way."""
    home, there = tmp_path / "home", tmp_path / "there"
    there.mkdir()
    monkeypatch.chdir(tmp_path)
    demo.build(there, SettableClock(NOW))
    assert [path.name for path in there.iterdir()] == ["desk.db"]
    assert list(home.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"home", "there"}


@pytest.mark.parametrize("now", INSTANTS)
def test_the_same_instant_gives_the_same_desk(now: datetime, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert _dump(demo.build(one, SettableClock(now))) == _dump(demo.build(other, SettableClock(now)))


def _dump(path: Path) -> dict[str, list[Any]]:
    database = open_database(path)
    try:
        return {
            table: [tuple(row) for row in query(database, f"select * from {table} order by 1")]
            for table in ("referral", "source", "history", "outbox", "counter")
        }
    finally:
        database.close()


@pytest.mark.parametrize("now", INSTANTS[1:])
def test_it_has_the_same_states_at_any_time(now: datetime, folder: Path, tmp_path: Path) -> None:
    def states(path: Path) -> list[Any]:
        return [(row[0], row[3], row[4], row[5]) for row in _dump(path)["referral"]]

    assert states(demo.build(tmp_path, SettableClock(now))) == states(folder / "desk.db")


def test_the_throwaway_desk_is_gone_afterwards() -> None:
    with demo.throwaway(SettableClock(NOW)) as path:
        assert path.is_file()
        folder = path.parent
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_the_throwaway_desk_is_gone_after_an_error() -> None:
    folder = None

    def fail() -> None:
        nonlocal folder
        with demo.throwaway(SettableClock(NOW)) as path:
            folder = path.parent
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert folder is not None
    assert not folder.exists()


def test_no_room_for_temporary_files_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    from refterm.errors import RefTermError

    with pytest.raises(RefTermError, match=r"^the demo needs a folder for temporary files \(.+\); name one in TMPDIR$"):
        demo.throwaway(SettableClock(NOW)).__enter__()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_throwaway_desk_is_gone_after_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    """Also one that comes before the desk has handlers of its own."""
    program = (
        # A test run that was itself started under nohup hands on that hang-ups are ignored.
        "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "from refterm.clock import SystemClock\nfrom refterm.services import demo\n"
        # Not one long wait: a signal just before it would be seen only after it.
        "import time\nwith demo.throwaway(SystemClock()) as path:\n    print(path, flush=True)\n"
        "    while True:\n        time.sleep(0.05)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        path = Path(process.stdout.readline().strip())
        assert path.is_file()
        assert path.is_relative_to(tmp_path)
        process.send_signal(number)
        assert process.wait(timeout=10) == 128 + number
    finally:
        process.kill()
        process.communicate()
    assert not path.parent.exists()


def test_a_second_signal_does_not_stop_the_tidying_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that closes sends several."""
    remove = shutil.rmtree

    def interrupted(folder: Path, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.raise_signal(number)
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with demo.throwaway(SettableClock(NOW)) as path:
        pass
    assert not path.parent.exists()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_it_can_be_made_in_any_thread() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(_made_and_gone).result().exists()


def _made_and_gone() -> Path:
    with demo.throwaway(SettableClock(NOW)) as path:
        return path.parent


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """Under nohup a hang-up ends nothing; and afterwards all is as it was."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with demo.throwaway(SettableClock(NOW)):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
