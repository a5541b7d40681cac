"""The demo desk: enough of everything to see what the desk does, invented, deterministic, gone afterwards."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.domain.deadline import Deadlines, Flame, flame_state, is_overdue, purchase_passed
from refterm.domain.history import Actor
from refterm.domain.query import View
from refterm.domain.referral import Outcome, Referral, Status
from refterm.services.demo import desk as demo
from refterm.services.demo import script
from refterm.services.desk import Desk
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.samples import NOW
from tests.store.support import query

DEADLINES = Deadlines()
LEAP_DAY = datetime(2028, 2, 29, 13, 7, 5, 123456, tzinfo=UTC)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared database, as the build of the wheel makes it."""
    return demo.replay(tmp_path_factory.mktemp("prepared") / "prepared.db", demo.PREPARED_AT, demo.SEED, "en")


@pytest.fixture(autouse=True)
def prepared_is_found(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo opens from it."""
    monkeypatch.setattr(demo, "prepared", lambda language: prepared if language == "en" else prepared / "none")


@pytest.fixture(scope="module")
def folder(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's database in it, made once."""
    made = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "prepared", lambda _language: prepared)
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


def test_nothing_happens_by_itself_in_the_first_two_minutes(desk: Desk, referrals: list[Referral]) -> None:
    """A presenter can begin in peace; then something does, within the hour."""
    moments = [
        moment
        for one in referrals
        if one.status is Status.NEW
        for moment in (
            one.expires_at,
            DEADLINES.flame_until(one.received_at),
            DEADLINES.respond_by(one.received_at),
            one.skipped_until,
        )
        if moment and moment > NOW
    ]
    assert min(moments) > NOW + timedelta(minutes=2)
    assert sum(moment < NOW + timedelta(hours=1) for moment in moments) >= 3


def test_the_figures_of_the_past_get_better(desk: Desk) -> None:
    """About 180 decided referrals; the answers become quicker and more of them come within a day."""
    from refterm.services.insight.insights import gather

    early = gather(desk.workplace, until=NOW - timedelta(days=270)).figures
    late = gather(desk.workplace, since=NOW - timedelta(days=90), until=NOW - timedelta(days=14)).figures
    assert 15 < (early.median_hours_to_decide or 0) < 23
    assert 4 < (late.median_hours_to_decide or 0) < 8
    assert (early.answered_within_24h_share or 1) < 0.7
    assert (late.answered_within_24h_share or 0) > 0.8
    for days in (90, 30, 365, None):  # as Insights shows it, whichever period is chosen
        found = gather(desk.workplace, since=NOW - timedelta(days=days) if days else None)
        now, before = found.figures, found.before
        if days and days < 365:
            assert before
            assert (now.accepted_of_decided or 0) > (before.accepted_of_decided or 1), days
            assert (now.median_hours_to_accept or 99) < (before.median_hours_to_accept or 0), days
            assert now.won + now.active > before.won, days
        elif before:
            assert before.received == 0
        if days != 30:
            assert all(one.won for name, one in found.by_profile.items() if name), days
    stems = ("wait longer", "Answered within", "no active profile", "has an e-mail", "The keyword", "customers of")
    stems += ("past their purchase", "no value or no date", "no closing date", "were won; by", "declined:", "expired")
    for stem in stems:
        assert any(stem in one.fact for one in found.findings), stem


def test_the_first_rows_are_in_the_language_of_the_desk(desk: Desk) -> None:
    rows = desk.listing(View()).rows(0, 10)
    languages = {one["company"]: one.get("lang") for one in script.read("present.json")}
    assert [languages.get(row.company) for row in rows[:5]] == ["en"] * 5
    assert sum(languages.get(row.company) == "en" for row in rows) >= 7


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
    whole = [one for one in active if one.deal.name and one.deal.notes and one.deal.purchase_date]
    assert len(whole) == len(active) - 1  # the one that came accepted, for the finding about what lacks its value


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
    for words in ("Postfächer", "Trasladar", "Sauvegarde", "Substituir", "mailboxes|boats", "postvakken", "skrzynek"):
        assert re.search(words, needs), words


def test_nobody_real_is_in_it(referrals: list[Referral]) -> None:
    for referral in referrals:
        for person in (*referral.customer.contacts, *referral.team):
            assert person.email.endswith(".example"), person


def test_its_history_was_lived(desk: Desk, referrals: list[Referral]) -> None:
    """T4: several people, in order of time, each change at the instant it happened; nothing of it in the future."""
    history = list(desk.history())
    assert {"ana", "luis", "mei", "tom", "refterm"} == {entry.by for entry in history}
    for number in {entry.referral for entry in history}:
        own = [entry.at for entry in history if entry.referral == number]
        assert all(one <= other for one, other in pairwise(own)), number
    assert max(entry.at for entry in history) <= NOW
    elsewhere = {one["company"] for one in script.read("past.json") if "standing" in one}
    done = {entry.action for entry in history}
    assert {"imported", "accepted", "declined", "expired", "won", "lost", "edited", "undone"} <= done
    assert {"taken", "contacted", "favorited", "skipped", "noted", "contact-added"} <= done
    for referral in referrals:
        received = [entry.at for entry in history if entry.referral == referral.id and entry.action == "imported"]
        assert received == [referral.received_at]
        if referral.customer.company in elsewhere:
            continue
        if referral.status is not Status.NEW and referral.outcome is not Outcome.EXPIRED:
            assert referral.decided_by in {"ana", "luis", "mei", "tom"}
            assert referral.decided_at is not None
            assert referral.decided_at > referral.received_at


def test_its_notices_are_owed_to_nobody(desk: Desk) -> None:
    """The demo is offline: there is nothing in its outbox that could ever be sent."""
    with desk.workplace.database.reading() as reader:
        assert reader.execute("select count(*) from outbox").fetchone()[0] == 0


def test_nothing_is_written_outside_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a read-only home stand in its way."""
    home, there = tmp_path / "home", tmp_path / "there"
    there.mkdir()
    monkeypatch.chdir(tmp_path)
    demo.build(there, SettableClock(NOW))
    assert [path.name for path in there.iterdir()] == ["desk.db"]
    assert list(home.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"home", "there"}


def test_a_prepared_desk_is_what_a_replay_gives(tmp_path: Path) -> None:
    """Moved from its midnight to an afternoon of a leap day: every instant, day and text of history and records."""
    assert _dump(demo.build(tmp_path, SettableClock(LEAP_DAY))) == _dump(
        demo.replay(tmp_path / "replayed.db", LEAP_DAY, demo.SEED, "en")
    )


@pytest.mark.parametrize("older", ["update alembic_version set version_num = '9999'", "delete from sync"])
def test_a_prepared_desk_of_an_older_build_is_played_anew(
    older: str, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade of the program: one of another schema, or one that was not synced yet."""
    newer = tmp_path / "newer.db"
    shutil.copyfile(prepared, newer)
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute(older)
        connection.commit()
    monkeypatch.setattr(demo, "prepared", lambda _language: newer)
    played = []
    monkeypatch.setattr(demo, "replay", lambda path, *_more: played.append(shutil.copyfile(prepared, path)))
    demo.build(tmp_path, SettableClock(NOW))
    assert played == [tmp_path / "desk.db"]


def test_every_instant_and_day_of_the_tables_is_moved() -> None:
    """A new column that holds a time must be named in the demo's store, too."""
    from refterm.store import demo as demo_store
    from refterm.store import tables

    for model in (tables.Referral, tables.History):
        columns = model.__table__.columns  # type: ignore[attr-defined]
        instants = {one.name for one in columns if one.name.endswith(("_at", "_until")) or one.name == "at"}
        assert instants == set(demo_store.INSTANTS[model.__tablename__]), model
    days = {one for one in tables.Referral.model_fields if one.endswith(("_date", "_on"))}
    assert days == set(demo_store.DAYS)
    for table in (tables.Remote, tables.Sync):
        kept = {
            name for name in table.model_fields if name.endswith(("_at", "_since", "_until")) or name == "watermark"
        }
        # What is marked, paused or leased is so only while a demo runs.
        known = {"synced_at", *demo_store.SYNCED, "not_visible_since", "paused_until", "lease_until"}
        assert kept <= known, table


def _dump(path: Path) -> dict[str, list[Any]]:
    database = open_database(path)
    try:
        return {
            table: [tuple(row) for row in query(database, f"select * from {table} order by 1")]
            for table in ("referral", "source", "history", "outbox", "counter", "profile", "remote", "sync")
        }
    finally:
        database.close()


def test_the_throwaway_desk_is_gone_afterwards() -> None:
    with demo.throwaway() as folder:
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_the_throwaway_desk_is_gone_after_an_error() -> None:
    folder = None

    def fail() -> None:
        nonlocal folder
        with demo.throwaway() as made:
            folder = made
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert folder is not None
    assert not folder.exists()


def test_no_room_for_temporary_files_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    from refterm.errors import RefTermError

    with pytest.raises(RefTermError, match=r"^the demo needs a folder for temporary files \(.+\); name one in TMPDIR$"):
        demo.throwaway().__enter__()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_throwaway_desk_is_gone_after_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    """Also one that comes before the desk has handlers of its own."""
    program = (
        # A test run that was itself started under nohup hands on that hang-ups are ignored.
        "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "from refterm.services.demo import desk as demo\n"
        # Not one long wait: a signal just before it would be seen only after it.
        "import time\nwith demo.throwaway() as path:\n    print(path, flush=True)\n"
        "    while True:\n        time.sleep(0.05)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        path = Path(process.stdout.readline().strip())
        assert path.is_dir()
        assert path.is_relative_to(tmp_path)
        process.send_signal(number)
        assert process.wait(timeout=60) == 128 + number
    finally:
        process.kill()
        process.communicate()
    assert not path.exists()


def test_a_second_signal_does_not_stop_the_tidying_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that closes sends several."""
    remove = shutil.rmtree

    def interrupted(folder: Path, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.raise_signal(number)
        remove(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with demo.throwaway() as path:
        pass
    assert not path.exists()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_it_can_be_made_in_any_thread() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(_made_and_gone).result().exists()


def _made_and_gone() -> Path:
    with demo.throwaway() as path:
        return path


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """Under nohup a hang-up ends nothing; and afterwards all is as it was."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with demo.throwaway():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)
