"""How many keys the work of a day takes, counted at a real terminal: what goes through the pty is what is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from refterm.clock import SystemClock
from refterm.domain.deadline import Deadlines
from refterm.domain.history import Actor
from refterm.services.importing import Importer
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.pty.terminal import Terminal
from tests.samples import active_record, api_record, ndjson, stamp

SUBMIT = "\x13"  # ctrl+s
PALETTE = "\x10"  # ctrl+p
ACCEPT, DECLINE, MINE, PAST, MOVE, INBOX = 14, 3, 2, 8, 5, 150
CALLED, DECLINED, SKIPPED = 4, 12, 2
# What people type for the value and for when the customer wants to buy.
DEALS = (("18k", "3m"), ("12.5k", "Q1"), ("9500", "31.1."), ("240k", "6w"), ("4800", "30d"), ("75k", "1 Mar"))


class Counted:
    """Keys that go to a terminal, each of them one character here, and how many there were."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.keys = 0

    def press(self, *keys: str) -> None:
        """Type, a key after the other; texts of several characters are so many keys."""
        for text in keys:
            self.keys += len(text)
            self.terminal.press(text)

    def taken(self, most: int) -> int:
        """The keys since this was asked last, which may be so many."""
        taken, self.keys = self.keys, 0
        assert taken <= most, taken
        return taken


def _customer(name: str) -> dict[str, object]:
    return {"name": name, "team": [{"firstName": "Eva", "lastName": "Voss", "email": "eva@voss.example"}]}


def _desk(path: Path) -> None:
    now = datetime.now(UTC)
    new = [
        api_record(
            createdDateTime=stamp(now - timedelta(hours=1, minutes=number)),
            updatedDateTime=stamp(now - timedelta(hours=1, minutes=number)),
            expirationDateTime=stamp(now + timedelta(days=9, minutes=number)),
            customerProfile=_customer(f"Reederei {number} GmbH"),
            details={"customerRequestedContact": number <= CALLED},
        )
        for number in range(1, len(DEALS) + DECLINED + SKIPPED + 1)
    ]
    worked = active_record(customerProfile=_customer("Kröger Yachten KG"))
    past = api_record(expirationDateTime=stamp(now + timedelta(days=9)), customerProfile=_customer("Hansen Segel GmbH"))
    workplace = Workplace(open_database(path), SystemClock(), Actor("ana", "ana"), Deadlines())
    Importer(workplace).run(BytesIO(ndjson([worked, past, *new])), name="records.ndjson")
    Triage(workplace).decline([2], {"reason": "budget"})
    workplace.close()


def test_a_day_s_work_takes_few_keys(database_path: Path) -> None:
    """An Inbox of 20: 4 called, 6 accepted, 12 declined, 2 put aside. Then what is mine, a date that moves, a past deal."""
    _desk(database_path)
    with Terminal("--db", str(database_path), "--as", "ana") as terminal:
        count = Counted(terminal)
        terminal.wait("q quit", "Inbox 20")
        for number in range(CALLED, 0, -1):
            terminal.wait(f"Reederei {number} GmbH: contact them now")
            count.press("m")
            terminal.wait("─ Customer contacted")
            count.press("\r")
            terminal.wait(f"Reederei {number} GmbH: contacted by you")
            terminal.gone("─ Customer contacted")
        total = count.taken(INBOX)
        for done, (value, wanted) in enumerate(DEALS, 1):
            count.press("a")
            terminal.wait("─ Accept referral")
            count.press("\t", value, "\t\t", wanted)
            terminal.wait("= by ", ".00 EUR")
            count.press(SUBMIT)
            terminal.wait(f"Active {done + 1}")
            terminal.gone("─ Accept referral")
            total += count.taken(ACCEPT)
        for done in range(1, DECLINED + 1):
            count.press("d")
            terminal.wait("─ Decline referral")
            count.press("4", SUBMIT)
            terminal.wait(f"Archived {done + 1}")
            terminal.gone("─ Decline referral")
            total += count.taken(DECLINE)
        for left in reversed(range(SKIPPED)):
            count.press("z")
            terminal.wait("─ Skip")
            count.press("2d", SUBMIT)
            terminal.wait(f"Inbox {left}")
            terminal.gone("─ Skip")
            total += count.taken(INBOX)
        assert total <= INBOX, total
        terminal.wait("All done")
        terminal.press("2")
        terminal.wait("Reederei 20 GmbH", "Kröger")
        count.press("V")
        terminal.wait("─ Views")
        count.press("m")
        terminal.wait("6 hits")
        terminal.gone("Kröger")
        count.taken(MINE)
        terminal.press("\x1b")
        terminal.wait("Kröger")
        terminal.press("g")
        count.press("D")
        terminal.wait("─ Move date")
        count.press("+1m", SUBMIT)
        terminal.wait("Saved Kröger Yachten KG.")
        count.taken(MOVE)
        # A past deal by its customer's name, from whatever tab: by the palette, or by the search that says where it is.
        count.press(PALETTE, "hansen")
        terminal.wait("> #2  Hansen Segel GmbH")
        count.press("\r")
        terminal.wait("State         declined", "Hansen Segel GmbH")
        count.taken(PAST)
        terminal.press("\x1b\x1b1")
        terminal.wait("All done")
        count.press("/", "hanse")
        terminal.wait("3: 1 in Archived")
        count.press("\r")
        terminal.wait(" refterm")  # the field is gone
        count.press("3")
        terminal.wait("State         declined", "1 hit")
        count.taken(PAST)
        assert terminal.leave() == 0
