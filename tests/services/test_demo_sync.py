"""The demo's sync: with a Partner Center of its own in this process, no socket and no sign-in; no other desk can have it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import refterm
from refterm.config import PartnerCenterSettings
from refterm.domain.decisions import Context
from refterm.domain.query import View
from refterm.services.demo.partner_center import ACCOUNT, BASE_URL, InventedPartnerCenter
from refterm.services.referral_json import Objects
from refterm.services.sync import conflicts, connecting, standing
from refterm.services.triage import Triage
from tests.samples import NOW
from tests.services.test_demo_wheel import MINUTE, Demo

PACKAGE = Path(refterm.__file__).parent
TYPED = {"name": "Warehouse", "value": "12.5k", "currency": "GBP", "timeframe": "3m", "notes": "Before the summer."}


@pytest.fixture
def one(tmp_path: Path, beginning: Path) -> Iterator[Demo]:
    made = Demo(tmp_path, beginning)
    yield made
    made.workplace.close()


def number(one: Demo, company: str) -> int:
    """The open referral of a customer."""
    rows = one.desk.listing(View()).rows(0, 60)
    return next(row.id for row in rows if row.company == company)


def remote_of(one: Demo, referral: int) -> dict[str, Any]:
    """The object `remote` of `show --json`."""
    found: dict[str, Any] = next(iter(Objects(one.workplace).of([referral])))["remote"]
    return found


def edge(one: Demo) -> str:
    """The one status at the desk's edge."""
    return standing.status(standing.read(one.workplace), PartnerCenterSettings(), NOW.tzinfo)


def test_a_decision_goes_there_when_it_can_no_longer_be_undone(one: Demo) -> None:
    """U1: held for 60 s, then sent and acknowledged; undone within them, nothing leaves."""
    first, second = number(one, "Northbridge Freight Ltd"), number(one, "Hartwell Bakeries Ltd")
    assert (edge(one), remote_of(one, first)["state"]) == (f"synced {NOW - 4 * MINUTE:%H:%M}", "synced")
    Triage(one.workplace).accept(first, TYPED, Context(NOW.date(), "GBP"))
    Triage(one.workplace).decline([second], {"reason": "budget"})
    Triage(one.workplace).undo([second])
    assert (edge(one), remote_of(one, first)["state"]) == ("waiting 1", "waiting")
    coming = one.wheel.next()
    assert coming
    assert (coming.at, coming.company) == (NOW + MINUTE, "Northbridge Freight Ltd")
    (happened,) = one.wheel.move_to(coming.at)
    assert (happened.what, happened.company) == ("pushed", "Northbridge Freight Ltd")
    assert (edge(one)[:6], remote_of(one, first)["state"]) == ("synced", "synced")
    assert list(one.desk.history(first))[-1].action == "pushed"
    with one.workplace.database.reading() as connection:
        kept = connection.execute("select record from remote where referral_id = ?", (first,)).fetchone()[0]
    there = json.loads(kept)
    assert (there["status"], there["substatus"], there["details"]["dealValue"]) == ("Active", "Accepted", "12500")


def test_the_script_brings_new_ones_a_change_and_a_conflict(one: Demo) -> None:
    """What comes in comes by the sync; theirs stands where both sides changed a field, and ours can be sent again."""
    changed = number(one, "Northbridge Freight Ltd")
    before = one.desk.referral(changed).need
    one.wheel.move_to(NOW + 17 * MINUTE)
    ((referral, (found,)),) = conflicts.all_open(one.workplace).items()
    assert (found.field, found.theirs, found.ours, found.by) == ("deal.value", "26400", "29500", "luis")
    assert remote_of(one, referral)["state"] == "conflict"
    conflicts.send_again(one.workplace, referral)
    one.wheel.sync("push")
    assert remote_of(one, referral) | {"synced_at": ""} == {
        "state": "synced",
        "synced_at": "",
        "account": ACCOUNT,
        "not_visible_since": None,
        "error": None,
    }
    assert str(one.desk.referral(referral).deal.value) == "29500"
    one.wheel.move_to(NOW + 29 * MINUTE)
    assert one.desk.referral(changed).need == f"{before} It should be two months earlier than planned."


def test_back_at_the_beginning_nothing_was_sent(one: Demo) -> None:
    """And all can be decided and sent anew."""
    first = number(one, "Northbridge Freight Ltd")
    for _turn in range(2):
        Triage(one.workplace).decline([first], {"reason": "budget"})
        one.wheel.move_to(NOW + timedelta(hours=1))
        assert remote_of(one, first)["state"] == "synced"
        assert "pushed" in [entry.action for entry in one.desk.history(first)]
        one.wheel.begin_again(one.kept)
        assert list(one.desk.history(first))[-1].action == "imported"


def test_many_days_pass_without_a_refusal(one: Demo) -> None:
    """Each day everything is read again (EVERYTHING), over several pages; nothing fails, waits or is gone."""
    for _day in range(3):
        one.wheel.move_to(one.clock.now() + timedelta(days=1))
        found = standing.read(one.workplace)
        assert (found.problem, found.failed, found.waiting, found.syncing) == (None, 0, 0, None)
    with one.workplace.database.reading() as connection:
        marks = "select count(*) from remote where not_visible_since is not null or error is not null or behind = 1"
        assert connection.execute(marks).fetchone()[0] == 0
        assert connection.execute("select count(*) from remote").fetchone()[0] > 45


# The whole demo, keys and all, watched by the interpreter itself.
WATCHED = """
import asyncio, os, socket, sys
seen = []
def watch(event, given):
    network = event == "socket.__new__" and given[1] not in (socket.AF_UNIX, -1)
    if network or event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.posix_spawn"):
        seen.append((event, str(given[1:])))
sys.addaudithook(watch)
from refterm.config import Settings
from refterm.services.demo.options import options
from refterm.tui.demo import app
def run_app(made, place, settings):
    async def show():
        async with made.run_test(size=(120, 40)) as pilot:
            async def until(what, screens=1):
                for _turn in range(600):
                    await pilot.pause(0.1)
                    if what in made.desk.syncing.status and len(made.screen_stack) == screens:
                        return
                raise AssertionError((what, made.desk.syncing.status, made.screen_stack))
            await until("synced 08:56")
            await pilot.press("d")
            await until("synced", screens=2)
            await pilot.press("1", "ctrl+s")
            await until("waiting 1")
            await pilot.press("greater_than_sign")
            await until("synced 08:56")  # sent; what changed there was read then
            await pilot.press("r")
            await until("synced 09:01")
            await pilot.press("right_square_bracket")
            await until("synced 10:01")
    asyncio.run(show())
    place.close()
    return 0
app.run_app = run_app
app.run_demo(Settings(time_zone="UTC"), options("2026-11-25T09:00+00:00", "en", speed=0.0), None)
print(seen, sorted({"msal", "httpx", "requests"} & set(sys.modules)))
"""


def test_no_socket_is_opened_and_nothing_of_a_sign_in_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", WATCHED], capture_output=True, text=True, check=False, timeout=200)
    assert (done.stdout.strip(), done.stderr) == ("[] []", "")


def test_no_other_desk_can_have_that_partner_center() -> None:
    """Only the demo's wheel and its preparation name it; a desk set up with its address goes out by TLS, as to any."""
    naming = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom | ast.Import):
                names = {f"{getattr(node, 'module', None) or ''}.{one.name}" for one in node.names}
                if any("demo.partner_center" in name for name in names):
                    naming.add(path.relative_to(PACKAGE).as_posix())
    assert naming == {"services/demo/desk.py", "services/demo/wheel.py"}
    from refterm.partner_center.transport import HttpTransport

    settings = PartnerCenterSettings(base_url=BASE_URL, token_command="true")
    client = connecting.client(settings)
    try:
        assert type(client._transport) is HttpTransport
        assert not isinstance(client._transport, InventedPartnerCenter)
    finally:
        client.close()
