"""What is handed to others, at real terminals with a real mail server: letters, assignments, follow-ups, alerts (W1, T5, A5, S1)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from refterm.config import NoticeSettings
from tests.pty.terminal import PATIENCE, Stopwatch, Terminal, run
from tests.samples import active_record, api_record, stamp
from tests.services.mail import Mailbox, mail_server
from tests.workplaces import bring_in

BOTH = pytest.mark.parametrize("location", ["sqlite", "postgresql"], indirect=True)
SHOWN = 2.0
# Whoever wrote this wants a second alert, another title, and a window of the terminal's full of it.
HOSTILE = "Kontor;Sur\x1b]0;own\x07\x9d52;c;eA==\x9c\x1b]9;again\x07" + "x" * 90
ALERTS = re.compile(rb"\x1b\](?:9|777);[^\x07\x1b]*\x07")


@pytest.fixture
def post() -> Iterator[tuple[Mailbox, NoticeSettings]]:
    with mail_server() as found:
        yield found


def _config(folder: Path, name: str, alerts: str, settings: NoticeSettings | None = None, undo: int = 2) -> str:
    path = folder / f"{name}.toml"
    notices = (
        f'[notices]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = {settings.port}\nsecurity = "none"\n'
        f'from = "{settings.from_}"\n'
        if settings
        else '[notices]\ntransport = "off"\n'
    )
    path.write_text(
        f'undo_seconds = {undo}\n[links]\ncrm = "https://crm.example/{{crm_id}}"\n[alerts]\nterminal = "{alerts}"\n{notices}'
    )
    return str(path)


def _customer(country: str) -> dict[str, object]:
    return {
        "name": HOSTILE,
        "address": {"country": country},
        "team": [{"firstName": "Eva", "email": "eva@kontor.example", "phoneNumber": "+34 954 000 311"}],
    }


def _arrived(box: Mailbox, count: int, location: Path | str, config: str) -> None:
    """Deliver beside the open desks, which only look twice a minute, until a letter is there."""
    end = time.monotonic() + PATIENCE
    while len(box.received) < count:
        assert time.monotonic() < end, f"letter {count} did not come"
        run("tick", "--config", config, database=location)


@BOTH
def test_what_is_handed_on_comes_once_and_in_time(
    location: Path | str, tmp_path: Path, post: tuple[Mailbox, NoticeSettings]
) -> None:
    """A letter in the customer's language, threaded, none that is undone; an assignment within 2 s; a follow-up at its instant."""
    box, settings = post
    bring_in(location, [active_record(customerProfile=_customer("MX"))])
    run("db", "set", "people.ana=ana@us.example", database=location)
    run("db", "set", "people.luis=luis@us.example", database=location)
    db = ("--db", str(location))
    mine = _config(tmp_path, "ana", "osc9", settings)
    slow = _config(tmp_path, "slow", "off", settings, undo=60)
    theirs = _config(tmp_path, "luis", "osc777", settings)
    with (
        Terminal(*db, "--as", "ana", "--config", mine) as ana,
        Terminal(*db, "--as", "luis", "--config", theirs) as luis,
    ):
        for terminal in (ana, luis):
            terminal.wait("q quit", "2 here")
            terminal.press("2")
            terminal.wait("Kontor;Sur")
        # W1: a letter, one that is undone, and a second that follows the first.
        ana.press("R")
        ana.wait("Estimado", "ana@us.example")
        ana.press("\x13")
        ana.wait("Wrote to eva@kontor.example")
        _arrived(box, 1, location, mine)
        undone = ("--as", "ana", "--config", slow)
        run("reply", "1", "--template", "thanks", *undone, database=location)
        run("undo", "1", *undone, database=location)
        run("reply", "1", "--template", "appointment", "--as", "ana", "--config", mine, database=location)
        _arrived(box, 2, location, mine)
        first, second = box.received
        assert first["To"] == second["To"] == "eva@kontor.example"
        assert first.get_content().startswith("Estimado/a Eva")
        assert (second["In-Reply-To"], second["Reply-To"]) == (first["Message-ID"], "ana@us.example")
        # T5: on the other's screen within 2 s, and in their mail once.
        ana.press("T")
        ana.wait("Assign")
        ana.press("luis\x13")
        ana.gone("─ Assign ")
        watch = Stopwatch(ana, luis)
        luis.wait("ana gave you #1")
        assert watch.seconds < SHOWN
        _arrived(box, 3, location, mine)
        # A5: at its instant on both desks, and in the holder's mail once.
        at = datetime.now(UTC) + timedelta(seconds=8)
        run("follow-up", "1", "--at", at.isoformat(), "--text", "ring", "--as", "ana", database=location)
        watch = Stopwatch(ana, luis)
        for terminal in (ana, luis):
            terminal.wait("Follow up: #1")
            assert timedelta(0) <= datetime.now(UTC) - at < timedelta(seconds=SHOWN + watch.waited)
        _arrived(box, 4, location, mine)
        luis.press("\r")
        luis.wait("Referral ID", "+34 954 000 311")
        for terminal in (ana, luis):
            terminal.settle(1.2)
            assert terminal.leave() == 0
    assert box.to() == ["eva@kontor.example"] * 2 + ["luis@us.example"] * 2
    assert run("outbox", "--json", database=location).count('"undone"') == 1
    # S1: one sequence for each of the two events that concern Luis, with our words and the cleaned name.
    assert ALERTS.findall(ana.raw) == []
    for sent, words in zip(ALERTS.findall(luis.raw), (b"given to you", b"follow up"), strict=True):
        assert sent.startswith(b"\x1b]777;notify;refterm;refterm: " + words + b" #1 Kontor")
        assert len(sent) < 120
    # The links of the detail, from checked parts alone.
    assert b"tel:+34954000311\x1b\\" in luis.raw
    assert b"mailto:eva@kontor.example\x1b\\" in luis.raw


def test_a_kiosk_and_a_terminal_that_knows_no_links_get_none(database_path: Path) -> None:
    """And what a kiosk does: a letter without an editor and without a link, a follow-up."""
    bring_in(database_path, [active_record(customerProfile=_customer("DE"))])
    with Terminal("--db", str(database_path), environment={"TERM": "linux"}) as terminal:
        terminal.wait("q quit")
        terminal.press("2\r")
        terminal.wait("Referral ID", "+34 954 000 311")
        assert terminal.leave() == 0
    assert b"\x1b]8;" not in terminal.raw
    data = Path(os.environ["XDG_DATA_HOME"], "refterm")
    data.mkdir(parents=True)
    shutil.copy(database_path, data / "desk.db")
    with Terminal("--kiosk", "--as", "ana", environment={"EDITOR": "/bin/false", "VISUAL": "/bin/false"}) as terminal:
        terminal.wait("q quit")
        terminal.press("2\r")
        terminal.wait("Referral ID", "+34 954 000 311")
        terminal.press("R")
        terminal.wait("Dear Eva")
        assert "ctrl+g" not in terminal.text
        terminal.press("\x07")
        terminal.wait("There is no editor here")
        terminal.press("\x13")
        terminal.wait("Not yet")
        assert "open in the mail program" not in terminal.text
        terminal.press("n")
        terminal.gone("Not yet")
        terminal.press("z")
        terminal.wait("Follow up")
        terminal.press("+2h\x07\x13")
        terminal.wait("Follow up ")
        terminal.gone("[ Save ]")
        assert terminal.leave() == 0
    assert b"\x1b]8;" not in terminal.raw


def test_through_tmux_an_alert_is_one_sequence_and_none_while_the_pane_is_in_focus(
    database_path: Path, tmp_path: Path
) -> None:
    """S1: tmux hands on exactly what was sent, with `allow-passthrough on`."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed; the test in a plain pty holds the same sequences")
    run("db", "set", "people.luis=luis@us.example", database=database_path)
    conf = tmp_path / "tmux.conf"
    conf.write_text("set -g allow-passthrough on\nset -g focus-events on\nset -g status off\n")
    socket = str(tmp_path / "tmux.socket")
    config = _config(tmp_path, "luis", "osc9")
    tmux = ("tmux", "-S", socket, "-f", str(conf), "new-session")
    outer = Terminal("--db", str(database_path), "--as", "luis", "--config", config, command=tmux)
    try:
        outer.wait("q quit")
        for number, (seen, alerts) in enumerate((("\x1b[O", 1), ("\x1b[I", 1), ("\x1b[O", 2)), 1):
            outer.press(seen)
            outer.settle()
            now = datetime.now(UTC) - timedelta(minutes=1)
            hot = api_record(
                createdDateTime=stamp(now),
                updatedDateTime=stamp(now),
                expirationDateTime=stamp(now + timedelta(days=9)),
                customerProfile=_customer("DE"),
                details={"customerRequestedContact": True},
            )
            bring_in(database_path, [hot])
            outer.wait(f"Inbox {number}")
            outer.settle(0.6)
            found = ALERTS.findall(outer.raw)
            assert len(found) == alerts, found
            assert all(one.startswith(b"\x1b]9;refterm: hot flame #") and len(one) < 110 for one in found)
        assert b"\x1b]0;own" not in outer.raw
        assert b"\x1b]52" not in outer.raw
    finally:
        subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)
        outer.__exit__(None, None, None)
