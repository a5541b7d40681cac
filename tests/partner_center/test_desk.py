"""The desk and the sync: its one status, `r`, a process of its own for each pass, and what a desk never loads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SystemClock
from refterm.config import PartnerCenterSettings, Settings
from refterm.services.desk import Desk
from refterm.services.sync import standing
from refterm.services.sync.standing import Standing, due, status
from refterm.services.workplace import Workplace
from refterm.store import remote
from tests.partner_center.server import StandIn, standing_in
from tests.samples import NOW, api_record

NOTHING = Standing(None, 0, 0, None, None, NOW, NOW, None, None)
SETTINGS = PartnerCenterSettings(token_command="true")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "synced 09:00"),
        ({"waiting": 3}, "waiting 3"),
        ({"waiting": 3, "problem": "offline"}, "offline"),
        ({"problem": "signed-out", "waiting": 2}, "signed out"),
        ({"failed": 1, "problem": "offline"}, "failed 1"),
        ({"syncing": 120, "failed": 1}, "syncing 120"),
        ({"completed_at": None}, "offline"),
    ],
)
def test_exactly_one_status(change: dict[str, Any], text: str) -> None:
    assert status(NOTHING._replace(**change), SETTINGS, None) == text


def test_when_a_pass_is_due() -> None:
    """Pulling by the interval with jitter; a push as soon as its hold ends; never in a pause."""
    settings = replace(SETTINGS, interval_minutes=10)
    later = NOW + timedelta(minutes=1)
    assert due(NOTHING, settings, later, 0.5) is None
    assert due(NOTHING._replace(next_push=later), settings, later, 0.5) == "push"
    assert due(NOTHING._replace(next_push=later, problem="signed-out"), settings, later, 0.5) is None
    assert due(NOTHING._replace(next_push=later + timedelta(seconds=1)), settings, later, 0.5) is None
    assert due(NOTHING, settings, NOW + timedelta(minutes=9), 0.0) == "pull"
    assert due(NOTHING, settings, NOW + timedelta(minutes=10.5), 1.0) is None
    assert (
        due(NOTHING._replace(paused_until=NOW + timedelta(hours=1)), settings, NOW + timedelta(minutes=30), 0) is None
    )
    assert due(NOTHING._replace(syncing=1), settings, NOW + timedelta(hours=1), 0) is None
    assert due(NOTHING._replace(tried_at=None), settings, NOW, 0) == "pull"


def test_a_desk_never_loads_what_speaks_to_the_service() -> None:
    script = (
        "import refterm.tui.app, refterm.tui.background.syncing, refterm.services.triage, sys;"
        "print([name for name in ('msal', 'httpx', 'requests', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_pass_in_a_process_of_its_own(
    workplace: Workplace, database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many desks one takes the lease; the child asks with this person's token, and ends."""
    clock = SystemClock()
    here = replace(workplace, clock=clock)
    with standing_in(tmp_path, clock.now) as standin:
        settings = _connected(standin, database_path, tmp_path, monkeypatch)
        standin.referrals.put([api_record() for _number in range(3)])
        children = [standing.start(here, settings, "pull") for _desk in range(20)]
        (child,) = [one for one in children if one is not None]
        assert standing.read(here).syncing is not None
        with open(f"/proc/{child.pid}/cmdline", "rb") as file:
            assert not [secret for secret in standin.authority.issued if secret.encode() in file.read()]
        assert child.wait(60) == 0
        found = standing.read(here)
        assert (found.syncing, found.problem, found.completed_at is not None) == (None, None, True)
        assert len(Desk(here).rows([1, 2, 3])) == 3
        assert len(standin.asked) == 2
        _no_secret_anywhere(standin, tmp_path)


def test_of_several_processes_one_asks(database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first holds its first request until the others have ended: they did nothing, and say so."""
    clock = SystemClock()
    with standing_in(tmp_path, clock.now) as standin:
        _connected(standin, database_path, tmp_path, monkeypatch)
        standin.referrals.put([api_record()])
        others_ended = threading.Event()
        standin.before_each = lambda _asked: others_ended.wait(60) and None
        command = [sys.executable, "-m", "refterm", "sync", "--json", "--db", str(database_path)]
        children = [
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for _desk in range(4)
        ]

        def ended() -> list[subprocess.Popen[str]]:
            return [child for child in children if child.poll() is not None]

        for _turn in range(1200):
            if len(ended()) == 3:
                break
            time.sleep(0.05)
        assert [child.returncode for child in ended()] == [3, 3, 3]
        others_ended.set()
        said = [child.communicate(timeout=60)[1] for child in children]
        assert sorted(child.returncode for child in children) == [0, 3, 3, 3]
        assert sum("another process is syncing this desk" in one for one in said) == 3


def test_a_child_that_cannot_begin_says_why_and_frees_the_lease(
    workplace: Workplace, database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = replace(workplace, clock=SystemClock())
    (tmp_path / "config.toml").write_text('[partner_center]\nbase_url = "http://plain"\ntoken_command = "true"\n')
    monkeypatch.setenv("REFTERM_CONFIG", str(tmp_path / "config.toml"))
    child = standing.start(here, Settings(database=str(database_path)), "pull")
    assert child is not None
    assert child.wait(60) == 1
    found = standing.read(here)
    assert (found.syncing, found.problem) == (None, "offline")
    assert "https" in (found.error or "")


def _connected(standin: StandIn, database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    script = folder / "token"
    script.write_text(f"#!/bin/sh\necho {standin.authority.new_token()}\n")
    script.chmod(0o700)
    (folder / "config.toml").write_text(
        f'[partner_center]\nbase_url = "{standin.url}"\nauthority = "{standin.url}"\ntoken_command = "{script}"\n'
    )
    monkeypatch.setenv("REFTERM_CONFIG", str(folder / "config.toml"))
    monkeypatch.setenv("SSL_CERT_FILE", str(standin.certificates))
    return Settings(database=str(database))


def _no_secret_anywhere(standin: StandIn, folder: Path) -> None:
    """No token in any file: database, log, state."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "token":
            content = path.read_bytes()
            assert not [secret for secret in standin.authority.issued if secret.encode() in content], path


def test_the_token_of_the_environment_is_taken_out(
    workplace: Workplace, database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sync` for cron: the token works, and no child could inherit it; the exit statuses are 0, 3 and 1."""
    clock = SystemClock()
    with standing_in(tmp_path, clock.now) as standin:
        _connected(standin, database_path, tmp_path, monkeypatch)
        standin.referrals.put([api_record()])
        monkeypatch.setenv("REFTERM_PARTNER_CENTER_TOKEN", standin.authority.new_token())

        def sync(*arguments: str) -> tuple[int, str, str]:
            done = subprocess.run(
                [sys.executable, "-m", "refterm", "sync", "--db", str(database_path), *arguments],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            return done.returncode, done.stdout, done.stderr

        status_, output, errors = sync("--json")
        assert (status_, errors) == (0, "")
        import json

        said = json.loads(output)
        assert (
            list(said)
            == (
                "account tenant organization started_at ended_at complete requests received new updated unchanged pushed merged"
                " yielded failed waiting paused_until error"
            ).split()
        )
        assert (said["new"], said["complete"]) == (1, True)
        standin.pause_seconds = 1000
        standin.fail("GET", "429")
        status_, output, errors = sync()
        assert (status_, errors.count("\n")) == (3, 1)
        with workplace.database.writing() as connection:
            remote.put_state(connection, {"paused_until": None})
        standin.paused_until = None
        standin.authority.revoke_access()
        status_, output, errors = sync()
        assert (status_, errors.count("\n"), "hand in a new one" in errors) == (1, 1, True)
        assert not [secret for secret in standin.authority.issued if secret in output + errors]
        assert sync("--dry-run") == (0, "Nothing waits to be sent.\n", "")
        _no_secret_anywhere(standin, tmp_path)
        assert "REFTERM_PARTNER_CENTER_TOKEN" in os.environ, "only its own process takes it out"


async def test_the_desk_syncs_by_itself_and_says_so_at_its_edge(
    workplace: Workplace, database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrives is in the list; `r` syncs; what was decided goes in a pass that only pushes."""
    from refterm.services.personal.drafts import Drafts
    from refterm.services.triage import Triage
    from refterm.tui.app import RefTermApp
    from refterm.tui.session import Session as Services
    from tests.partner_center.support import CONTEXT, TYPED

    clock = SystemClock()
    here = replace(workplace, clock=clock, undo_seconds=1)
    with standing_in(tmp_path, clock.now) as standin:
        settings = _connected(standin, database_path, tmp_path, monkeypatch)
        token_command = str(tmp_path / "token")
        connected_to = PartnerCenterSettings(
            base_url=standin.url, authority=standin.url, token_command=token_command, interval_minutes=60
        )
        settings = replace(settings, partner_center=connected_to)
        now = clock.now().isoformat()
        standin.referrals.put(
            [api_record(createdDateTime=now, updatedDateTime=now, expirationDateTime=None) for _number in range(2)]
        )
        drafts = Drafts(tmp_path / "drafts", "desk", "ana")
        app = RefTermApp(Services(here, Desk(here), drafts), states=None, settings=settings)
        async with app.run_test(size=(120, 40)) as pilot:

            def edge() -> str:
                assert app.desk is not None
                assert app.desk.syncing is not None
                return app.desk.syncing.status

            async def until(condition: Callable[[], bool]) -> None:
                for _turn in range(600):
                    if condition():
                        return
                    await pilot.pause(0.1)
                raise AssertionError(edge())

            await until(lambda: edge().startswith("synced"))
            assert app.desk is not None
            await until(lambda: app.desk is not None and app.desk.referral_list.count == 2)
            Triage(here).accept(1, TYPED, CONTEXT)
            await until(lambda: len(standin.of("PATCH")) == 1)
            await until(lambda: edge().startswith("synced"))
            asked = len(standin.asked)
            await pilot.press("r")
            await until(lambda: len(standin.asked) > asked)
            await until(lambda: edge().startswith("synced"))
