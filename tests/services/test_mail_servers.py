"""Mail servers of every temper: how often each is called, signed in to, and given a letter (N1)."""

from __future__ import annotations

import errno
import os
import random
import stat
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.config import NoticeSettings
from refterm.services.background import maildir, smtp
from refterm.services.background.addresses import for_mail, usable
from refterm.services.background.delivery import Delivered, deliver_due
from refterm.services.background.letters import LetterError, letter
from refterm.services.background.referral_notices import recipient
from refterm.services.outbox import Outbox
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store import queries
from refterm.text import clean_line
from tests.conftest import ImportRecords
from tests.samples import api_record
from tests.services.mail import MailServer

DECLINE = {"reason": "budget", "notes": ""}
LOGIN = ("AUTH LOGIN PLAIN",)
# Temper: its answers, its offers; after one run with three letters due: connections, sign-ins, letters taken, and the
# states with their tries.
ENDED = {("due", 1): 1, ("due", 0): 2}
LATER = {("due", 1): 3}
FOR_GOOD = {("failed", 1): 3}
SENT = {("sent", 1): 3}
BROKEN = {("due", 1): 2, ("due", 0): 1}
TEMPERS: dict[str, tuple[Mapping[str, str], Sequence[str], tuple[int, int, int], Mapping[tuple[str, int], int]]] = {
    "plain": ({}, (), (1, 0, 3), SENT),
    "sign-in": ({}, LOGIN, (1, 1, 3), SENT),
    "too busy": ({"connect": "421 4.3.2 too busy"}, (), (1, 0, 0), ENDED),
    "refuses calls": ({"connect": "554 no service here"}, (), (1, 0, 0), ENDED),
    "refuses greeting": ({"EHLO": "550 not you", "HELO": "550 not you"}, (), (1, 0, 0), ENDED),
    "no STARTTLS": ({"STARTTLS": "454 TLS not available"}, ("STARTTLS",), (1, 0, 0), ENDED),
    "wrong password": ({"AUTH": "535 5.7.139 refused"}, LOGIN, (1, 1, 0), ENDED),
    "sign-in later": ({"AUTH": "454 4.7.0 later"}, LOGIN, (1, 1, 0), ENDED),
    "only XOAUTH2": ({}, ("AUTH XOAUTH2",), (1, 0, 0), ENDED),
    "MAIL 4xx": ({"MAIL": "451 4.7.1 greylisted"}, (), (1, 0, 0), LATER),
    "MAIL 5xx": ({"MAIL": "550 5.7.60 not as this sender"}, (), (1, 0, 0), FOR_GOOD),
    "MAIL 530": ({"MAIL": "530 5.7.0 STARTTLS first"}, (), (1, 0, 0), FOR_GOOD),
    "RCPT 4xx": ({"RCPT": "452 4.2.2 mailbox full"}, (), (1, 0, 0), LATER),
    "RCPT 5xx": ({"RCPT": "550 5.1.1 no such user"}, (), (1, 0, 0), FOR_GOOD),
    "DATA 4xx": ({"DATA": "451 later"}, (), (1, 0, 0), LATER),
    "DATA 5xx": ({"DATA": "554 no valid recipients"}, (), (1, 0, 0), FOR_GOOD),
    "end 4xx": ({"end": "451 later"}, (), (1, 0, 0), LATER),
    "end 5xx": ({"end": "554 5.7.1 looks like spam"}, (), (1, 0, 0), FOR_GOOD),
    "too small": ({}, ("SIZE 200",), (1, 0, 0), FOR_GOOD),
    "closes at RCPT": ({"RCPT": "421 closing"}, (), (1, 0, 0), ENDED),
    "breaks off at end": ({"end": ""}, (), (2, 0, 0), BROKEN),
}


def _owe(workplace: Workplace, import_records: ImportRecords, clock: SettableClock, records: list[Any]) -> None:
    """Declined referrals whose customers are to be told now."""
    Triage(workplace).decline(import_records(records), DECLINE)
    clock.advance(timedelta(minutes=2))


def _mail_to(*addresses: str) -> list[Any]:
    return [
        api_record(
            customerProfile__team=[
                {"firstName": "A", "lastName": "B", "phoneNumber": "", "email": address} for address in addresses
            ]
        )
    ]


PAGE = Path(__file__).parents[2] / "docs" / "mail.md"


def test_the_page_says_what_each_server_is_asked() -> None:
    lines = [line.strip("| ").split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.count("|") == 6]
    words = [
        (SENT, "sent"),
        (ENDED, "due later, together"),
        (LATER, "due later, each"),
        (BROKEN, "due later, each"),
        (FOR_GOOD, "failed"),
    ]
    assert {name: (tuple(map(int, counts)), word) for name, *counts, word in lines[2:]} == {
        name: (counted, next(word for state, word in words if state is states))
        for name, (_answers, _offers, counted, states) in TEMPERS.items()
    }


class TestTempers:
    @pytest.mark.parametrize("temper", TEMPERS)
    def test_three_letters(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock, temper: str
    ) -> None:
        answers, offers, counted, states = TEMPERS[temper]
        _owe(workplace, import_records, clock, [api_record() for _ in range(3)])
        with MailServer(answers, offers) as server:
            settings = server.settings
            if any(one.startswith("AUTH") for one in offers):
                settings = replace(settings, user="desk", password_command="echo secret")
            deliver_due(workplace, settings)
            assert (server.connections, server.sign_ins, len(server.letters)) == counted
            assert Counter((one["state"], one["attempts"]) for one in Outbox(workplace).objects()) == states
            deliver_due(workplace, settings)  # at once again: nothing is due, so the server is not called
            assert server.connections == counted[0]

    def test_a_refused_password_is_tried_once_a_pause_and_locks_nothing(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock
    ) -> None:
        _owe(workplace, import_records, clock, [api_record() for _ in range(60)])
        with MailServer({"AUTH": "535 5.7.139 refused"}, LOGIN) as server:
            settings = replace(server.settings, user="desk", password_command="echo secret")
            for _ in range(2 * 60):  # a desk looks once a minute
                deliver_due(workplace, settings)
                clock.advance(timedelta(minutes=1))
            # After 0, 1, 6, 21 and 81 minutes, then each 4 hours.
            assert server.sign_ins == server.connections == 5
        assert {one["state"] for one in Outbox(workplace).objects()} == {"due"}

    def test_a_refusal_is_remembered_between_runs_for_letters_that_fall_due_later(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock
    ) -> None:
        """Another program, another minute, another letter: the same password is not tried before its time."""
        _owe(workplace, import_records, clock, [api_record()])
        with MailServer({"AUTH": "535 5.7.139 refused"}, LOGIN) as server:
            settings = replace(server.settings, user="desk", password_command="echo secret")
            for _ in range(30):
                Triage(workplace).decline(import_records([api_record()]), DECLINE)
                deliver_due(workplace, settings)
                clock.advance(timedelta(minutes=1))
            (first, *_others) = Outbox(workplace).objects()
            # After 0, 1, 6 and 21 minutes, as if there were one letter.
            assert server.sign_ins == server.connections == 4
            assert (first["state"], first["attempts"]) == ("due", 4)
            assert first["error"] == "535 5.7.139 refused"
            # Somebody who asks for it is served at once.
            Outbox(workplace).retry(first["id"])
            server.answers = {}
            deliver_due(workplace, settings)
            # And what fell due a moment ago goes with it.
            assert (server.sign_ins, len(server.letters)) == (5, 2)

    def test_a_command_for_the_token_has_its_time(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        clock: SettableClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(smtp, "SECONDS", 0.2)
        _owe(workplace, import_records, clock, [api_record()])
        with MailServer({}, ("AUTH XOAUTH2",)) as server:
            deliver_due(workplace, replace(server.settings, user="desk", token_command="exec sleep 5"))
            assert server.connections == 0
        (one,) = Outbox(workplace).objects()
        assert one["error"].startswith("notices.token_command did not answer within 0.2 s")

    def test_a_claim_is_renewed_while_a_slow_server_takes_letter_after_letter(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        clock: SettableClock,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        """Of twenty that were claimed at once none is sent twice, however long the first ones take."""
        _owe(workplace, import_records, clock, [api_record() for _ in range(6)])
        settings = NoticeSettings(maildir=str(tmp_path / "mail"))
        delivered: list[int] = []
        inner = maildir.Maildir.deliver

        def slow(self: maildir.Maildir, message: Any, number: int) -> None:
            delivered.append(number)
            inner(self, message, number)
            clock.advance(timedelta(minutes=6))
            if len(delivered) == 4:  # another program looks after 24 minutes, past the first claim of 15
                monkeypatch.setattr(maildir.Maildir, "deliver", inner)
                assert deliver_due(workplace, settings).sent == 2
                monkeypatch.setattr(maildir.Maildir, "deliver", slow)

        monkeypatch.setattr(maildir.Maildir, "deliver", slow)
        assert deliver_due(workplace, settings).sent == 4
        assert len(delivered) == len(set(delivered)) == 4
        assert {one["state"] for one in Outbox(workplace).objects()} == {"written"}

    def test_a_token_signs_in(self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock) -> None:
        _owe(workplace, import_records, clock, [api_record()])
        with MailServer({}, ("AUTH XOAUTH2",)) as server:
            deliver_due(workplace, replace(server.settings, user="desk", token_command="echo abc"))
            assert (server.sign_ins, len(server.letters)) == (1, 1)
            assert b"AUTH XOAUTH2 dXNlcj1kZXNrAWF1dGg9QmVhcmVyIGFiYwEB\r\n" in server.heard

    def test_a_way_that_is_not_set_up_is_named(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock
    ) -> None:
        _owe(workplace, import_records, clock, [api_record()])
        with MailServer({}, ("AUTH XOAUTH2",)) as server:
            deliver_due(workplace, replace(server.settings, user="desk", password_command="echo secret"))
        (one,) = Outbox(workplace).objects()
        assert "offers XOAUTH2" in one["error"]
        assert "notices.token_command" in one["error"]


class TestAddresses:
    @pytest.mark.parametrize(
        ("given", "address"),
        [
            ("b@c.example", "b@c.example"),
            ("mailto:b@c.example?subject=x", "b@c.example"),
            ("B C <b@c.example>", "b@c.example"),
            ("a@x.example; b@x.example", "a@x.example"),
            ("n/a, b@x.example", "b@x.example"),
            ("b@bücher.example", "b@xn--bcher-kva.example"),
            ("zhang@例子.example", "zhang@xn--fsqu00a.example"),
            ("b@straße.example", "b@xn--strae-oqa.example"),
            ("n/a", None),
            ("a@[", None),
            ("x@[1", None),
            ("a b@c.example", None),
            ("=?utf-8?q?x=0D=0A?=@b.example", None),
            ("a@b\r\nBcc: c@d.example", "a@b"),
            ("a@" + "ü" * 64 + ".example", None),
        ],
    )
    def test_read(self, given: str, address: str | None) -> None:
        found = usable(given)
        assert (found and for_mail(found)) == address

    def test_the_first_usable_one_of_a_customer(self) -> None:
        assert recipient('[{"email": "n/a"}, {"email": "d@e.example"}]') == "d@e.example"
        assert recipient('[{"email": "n/a"}]') == "n/a"
        assert recipient('[{"email": " "}]') == ""

    @pytest.mark.parametrize(("offers", "state"), [((), "failed"), (("8BITMIME", "SMTPUTF8"), "sent")])
    def test_letters_beyond_ascii_only_where_offered(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        clock: SettableClock,
        offers: Sequence[str],
        state: str,
    ) -> None:
        _owe(workplace, import_records, clock, _mail_to("jörg@c.example"))
        with MailServer({}, offers) as server:
            deliver_due(workplace, server.settings)
            mailed = any(line.startswith(b"MAIL FROM:<desk@refterm.example> SMTPUTF8") for line in server.heard)
        (one,) = Outbox(workplace).objects()
        assert (one["state"], one["attempts"], mailed) == (state, 1, bool(offers))


class TestHarm:
    def test_one_customer_s_text_stops_no_other_letter(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        clock: SettableClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Even a failure that nobody foresaw is that letter's own."""
        records = [*_mail_to("a@["), *_mail_to("bad@c.example"), *_mail_to("good@c.example")]
        _owe(workplace, import_records, clock, records)

        def written(workplace: Workplace, notice: Mapping[str, Any], *more: Any, **named: Any) -> Any:
            if notice["recipient"] == "bad@c.example":
                raise IndexError("unforeseen")
            return letter(workplace, notice, *more, **named)

        monkeypatch.setattr("refterm.services.background.delivery.letter", written)
        with MailServer({}) as server:
            done = deliver_due(workplace, server.settings)
        assert (done.sent, done.failed) == (1, 2)
        errors = {one["to"]: (one["state"], one["error"]) for one in Outbox(workplace).objects()}
        assert errors == {
            "a@[": ("failed", "a@[ is no address to write to"),
            "bad@c.example": ("failed", "IndexError: unforeseen"),
            "good@c.example": ("sent", None),
        }

    def test_thousands_of_random_addresses_and_names(self, workplace: Workplace, import_records: ImportRecords) -> None:
        """Each letter is written, or refused as a letter; no header but ours, and each text arrives as it was."""
        chance = random.Random(20)  # the same texts at every run
        (number,) = import_records([api_record()])
        with workplace.database.reading() as connection:
            referral = queries.referral(connection, number)
        pieces = ["=?utf-8?q?", "=0D=0ABcc:_x@y.example", "?=", "\r\n", "Bcc: x@y.example", "@", "é", "例", "😀", "a", ";",
                  "b.example", "<", ">", "(", '"', "[", ":", " ", ".", "\\", "\0", "\u2028", "-", "ß", "%0d%0a", "mailto:"]  # fmt: skip
        ours = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"]
        ours += ["Content-Type", "Content-Transfer-Encoding"]
        written = 0
        for turn in range(2_500):
            text, name = ("".join(chance.choices(pieces, k=chance.randrange(1, 12))) for _ in range(2))
            address = text if turn % 2 else f"a{turn}@bücher.example"
            one = referral._replace(customer=referral.customer._replace(company=name))
            notice = {
                "id": turn,
                "history_id": 1,
                "kind": "new-referral",
                "recipient": address,
                "person": None,
                "text": None,
            }
            try:
                made = letter(workplace, notice, one, sender="Día <desk@x.example>", countries=("DE",))
            except LetterError:
                continue
            written += 1
            head = made.data.partition(b"\r\n\r\n")[0]
            assert b"\n" not in head.replace(b"\r\n", b"")
            assert b"\r" not in head.replace(b"\r\n", b"")
            assert max(map(len, head.split(b"\r\n"))) <= 330
            parsed = message_from_bytes(made.data, policy=policy.compat32)
            assert list(parsed.keys()) == ours
            assert not parsed.defects
            subject = str(make_header(decode_header(parsed["Subject"])))
            # Without white space: a reader of headers folded at a blank may see two.
            assert "".join(clean_line(name).split())[:80] in "".join(subject.split())
        assert written >= 2_500 // 2


def _filling_up(function: Callable[..., Any], works: int) -> Callable[..., Any]:
    """The function on a disk that is full after so many calls."""
    calls = count(1)

    def called(*arguments: Any) -> Any:
        if next(calls) > works:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return function(*arguments)

    return called


class TestMaildir:
    def test_a_disk_that_fills_up_within_a_batch_loses_nothing_and_sends_nothing_twice(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        clock: SettableClock,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        """It fills up at writing a letter, at forcing them to the disk, and after some of them were moved."""
        _owe(workplace, import_records, clock, [api_record() for _ in range(5)])
        folder = tmp_path / "letters"
        settings = NoticeSettings(maildir=str(folder))
        for module, name, works in ((maildir, "_private", 3), (os, "fsync", 1), (os, "replace", 2)):
            with monkeypatch.context() as patch:
                patch.setattr(module, name, _filling_up(getattr(module, name), works))
                assert deliver_due(workplace, settings) == Delivered(0, 1)
            assert list((folder / "tmp").iterdir()) == []
            assert {one["state"] for one in Outbox(workplace).objects()} == {"due"}
            clock.advance(timedelta(hours=1))
        moved = list((folder / "new").iterdir())
        assert len(moved) == 2
        moved[0].rename(folder / "cur" / f"{moved[0].name}:2,S")  # read meanwhile
        assert deliver_due(workplace, settings) == Delivered(5, 0)
        names = [file.name.partition(":")[0] for part in ("new", "cur") for file in (folder / part).iterdir()]
        assert sorted(names) == [f"refterm-{one['id']}" for one in Outbox(workplace).objects()]
        assert {one["state"] for one in Outbox(workplace).objects()} == {"written"}

    def test_for_the_owner_s_eyes_only(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock, tmp_path: Path
    ) -> None:
        _owe(workplace, import_records, clock, [api_record()])
        folder = tmp_path / "letters"
        (folder / "new").mkdir(parents=True)  # of an older program
        for open_to_all in (folder, folder / "new"):
            open_to_all.chmod(0o755)
        assert deliver_due(workplace, NoticeSettings(maildir=str(folder))).sent == 1
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
        assert set(modes.values()) == {0o700, 0o600}
        assert all((mode == 0o600) == name.startswith("refterm-") for name, mode in modes.items())
