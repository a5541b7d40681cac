"""Random addresses, subjects and names through a real mail server: each letter is sent, or fails by itself (N1, W1).

Some hundred letters in the suite; REFTERM_TEST_LETTERS says how many (`make letters`: 10000).
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from refterm.clock import SettableClock
from refterm.errors import InvalidInputError
from refterm.services.background.addresses import for_mail, usable
from refterm.services.background.delivery import deliver_due
from refterm.services.desk import Desk
from refterm.services.outbox import Outbox
from refterm.services.profiles import Profiles
from refterm.services.replies import Replies
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import api_record
from tests.services.mail import mail_server

STORES = ("sqlite",)
COUNT = int(os.environ.get("REFTERM_TEST_LETTERS", "300"))
OURS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding"]  # fmt: skip
# A reply is no automatic letter.
REPLY = [name for name in OURS if name != "Auto-Submitted"]
PIECES = ["=?utf-8?q?", "=0D=0ABcc:_x@y.example", "?=", "\r\n", "\n", "Bcc: x@y.example", "@", "é", "例", "😀", "a", ";", ".", "\r\n.\r\n",
          "b.example", "<", ">", "(", '"', "[", ":", " ", ".", "\\", "\u2028", "-", "ß", "%0d%0a", "mailto:", ",", "QUIT"]  # fmt: skip
DOMAINS = [
    "c.example",
    "bücher.example",
    "例子.example",
    "[192.0.2.1]",
    "c.example.",
    "-.example",
    "ß.example",
    "ü" * 64,
]


def _text(chance: random.Random) -> str:
    return "".join(chance.choices(PIECES, k=chance.randrange(1, 12)))


def _address(chance: random.Random, number: int) -> str:
    """Half of them as people write them, the others of any pieces."""
    local = chance.choice([f"a{number}", f"a+{number}'x", f"jörg{number}", f"a b{number}", f"a{number}.", ""])
    domain = chance.choice(DOMAINS)
    whole = [
        f"{local}@{domain}",
        f"mailto:{local}@{domain}?subject=x",
        f'"A, B" <{local}@{domain}>',
        f"n/a; {local}@{domain}",
    ]
    return chance.choice(whole) if number % 2 else _text(chance)


def _owe(workplace: Workplace, import_records: ImportRecords, chance: random.Random) -> dict[int, str]:
    """To the profile's contact and the customer of each referral, and what a person wrote; gives the subjects typed."""
    Profiles(workplace).add(
        {"name": "All", "region": "All", "country": ["DE"], "location": ["Kiel;;Ana;ana@us.example"]}
    )
    records = [
        api_record(
            customerProfile__name=f"{number} {_text(chance)}",
            customerProfile__team=[
                {"firstName": _text(chance), "lastName": "", "phoneNumber": "", "email": _address(chance, number)}
            ],
            details__notes=_text(chance),
        )
        for number in range(COUNT // 2)
    ]
    numbers = import_records(records)
    triage, replies, subjects = Triage(workplace), Replies(workplace), {}
    for number in numbers:
        referral = Desk(workplace).referral(number)
        people = replies.recipients(referral)
        subject = _text(chance)
        with suppress(InvalidInputError):
            replies.send(number, {"to": people[0][1] if people else "n/a", "subject": subject, "text": _text(chance)})
            subjects[number] = subject
    triage.decline(numbers, {"reason": "budget", "notes": ""})
    return subjects


def test_each_letter_is_sent_or_fails_by_itself_and_has_no_header_but_ours(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    workplace = replace(workplace, transport="smtp")
    subjects = _owe(workplace, import_records, random.Random(20))
    clock.advance(timedelta(minutes=2))
    began = time.monotonic()
    with mail_server() as (box, settings):
        done = deliver_due(workplace, replace(settings, customers="always"))
    seconds = time.monotonic() - began
    owed = [one for one in Outbox(workplace).objects() if one["kind"] != "reminder"]  # those are for later
    states = Counter((one["kind"], one["state"]) for one in owed)
    print(f"{len(owed)} letters in {seconds:.0f} s: {dict(states)}")
    assert {one["state"] for one in owed} == {"sent", "failed"}
    assert (done.sent, done.failed) == tuple(sum(one["state"] == state for one in owed) for state in ("sent", "failed"))
    assert len(owed) >= COUNT
    assert states["new-referral", "sent"] == COUNT // 2  # whatever the customers' texts are
    for one in owed:
        right = usable(one["to"] or "")
        # Nothing fails but what has no address to write to, or one that this server refuses for good.
        assert (one["state"] == "sent") <= (right is not None), one
        assert one["state"] == "sent" or one["error"], one
        assert one["attempts"] <= 1, one
    # What the server was told, letter by letter, is what the outbox says.
    sent = {one["id"]: one for one in owed if one["state"] == "sent"}
    assert len(box.taken) == len(sent)
    for sender, to, content in box.taken:
        letter = message_from_bytes(content, policy=policy.compat32)
        one = sent.pop(int(letter["Message-ID"].split("-")[1]))
        assert (sender, to) == (settings.from_, [for_mail(usable(one["to"]) or "")])
        _examine(one, letter, content, subjects)


def _examine(one: dict[str, Any], letter: Message, content: bytes, subjects: dict[int, str]) -> None:
    assert list(letter.keys()) == (REPLY if one["kind"] == "reply" else OURS), letter.items()
    assert not letter.defects
    assert not letter.is_multipart()
    assert b"\r" not in content.replace(b"\r\n", b"")
    if one["kind"] == "reply":
        # Without white space: a line break of the text is a blank, and folding may add one.
        subject = "".join(str(make_header(decode_header(letter["Subject"]))).split())
        assert subject == "".join(subjects[one["referral"]].split())
