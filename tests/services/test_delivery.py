"""Notices go out: once each, in the recipient's language, whoever delivers; what fails is tried again and told (N1, P3, I4, I6)."""

from __future__ import annotations

import mailbox
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.config import NoticeSettings
from refterm.errors import ConfigurationError, NotAllowedError, NotFoundError
from refterm.services.background import letters
from refterm.services.background.delivery import PAUSES, Delivered, deliver_due
from refterm.services.background.expiry import expire_due
from refterm.services.desk import Desk
from refterm.services.marks import Marks
from refterm.services.outbox import Outbox
from refterm.services.profiles import Profiles
from refterm.services.roles import Role
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store import codec
from tests.conftest import ImportRecords
from tests.samples import ahead, api_record
from tests.services.mail import Mailbox, deliver, mail_server
from tests.services.racing import at_once

DECLINE = {"reason": "budget", "notes": ""}
REGIONS = {"DACH": ("DE", "Kiel"), "Iberia": ("ES", "Madrid"), "Nordics": ("SE", "Malmö")}


@pytest.fixture
def post() -> Iterator[tuple[Mailbox, NoticeSettings]]:
    with mail_server() as found:
        yield found


@pytest.fixture
def regions(workplace: Workplace) -> None:
    """Three profiles, one contact each."""
    for name, (country, city) in REGIONS.items():
        Profiles(workplace).add(
            {
                "name": name,
                "region": name,
                "country": [country],
                "location": [f"{city};;Contact;{name.lower()}@us.example"],
            }
        )


def _from(country: str, **more: Any) -> dict[str, Any]:
    return api_record(**{"customerProfile__address__country": country, **more})


def _states(workplace: Workplace) -> list[tuple[str, str | None, str]]:
    return [(one["kind"], one["to"], one["state"]) for one in Outbox(workplace).objects()]


def _maildir(folder: Path) -> list[Any]:
    return list(mailbox.Maildir(folder, create=False))


class TestOnceEach:
    @pytest.mark.usefixtures("regions")
    def test_three_regions_four_programs_each_contact_is_told_once(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        post: tuple[Mailbox, NoticeSettings],
        clock: SettableClock,
        tmp_path: Path,
    ) -> None:
        """By mail and into a Maildir alike."""
        box, smtp = post
        folder = tmp_path / "letters"
        expected = sorted(f"{name.lower()}@us.example" for name in REGIONS)
        for settings in (smtp, NoticeSettings(maildir=str(folder), from_="desk@refterm.example")):
            import_records([_from(country) for country, _city in REGIONS.values()])
            done = at_once(4, deliver, workplace.database.location, clock.now(), settings)
            assert sum(sent for sent, _failed in done) == 3
            assert sum(failed for _sent, failed in done) == 0
        assert box.to() == expected
        assert sorted(str(letter["To"]) for letter in _maildir(folder)) == expected
        states = [state for kind, _to, state in _states(workplace) if kind == "new-referral"]
        assert states == ["sent"] * 3 + ["written"] * 3

    def test_a_decline_undone_sends_nothing_one_not_undone_and_an_expiry_send_one(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        post: tuple[Mailbox, NoticeSettings],
        clock: SettableClock,
    ) -> None:
        box, settings = post
        undone, declined, _expiring = import_records(
            [api_record(), api_record(), api_record(expirationDateTime=ahead(hours=1))]
        )
        triage = Triage(workplace)
        for number in (undone, declined):
            triage.decline([number], DECLINE)
        triage.undo([undone])
        clock.advance(timedelta(seconds=59, microseconds=999_999))
        assert deliver_due(workplace, settings) == Delivered()
        clock.advance(timedelta(microseconds=1))
        assert deliver_due(workplace, settings) == Delivered(1, 0)
        clock.advance(timedelta(hours=1))
        expire_due(workplace)
        assert deliver_due(workplace, settings) == Delivered(1, 0)
        assert deliver_due(workplace, settings) == Delivered()
        assert ["please choose a different partner" in letter["Subject"] for letter in box.received] == [True, True]
        assert [(kind, state) for kind, _to, state in _states(workplace)] == [
            ("declined", "undone"),
            ("declined", "sent"),
            ("expired", "sent"),
        ]

    def test_a_maildir_gets_a_notice_once_even_where_it_could_not_be_noted(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock, tmp_path: Path
    ) -> None:
        """A program killed between the file and the database: the next one finds the file."""
        settings = NoticeSettings(maildir=str(tmp_path / "letters"))
        import_records([api_record()])
        Triage(workplace).decline([1], DECLINE)
        clock.advance(timedelta(minutes=2))
        deliver_due(workplace, settings)
        with workplace.database.writing() as connection:
            connection.execute("update outbox set state = 'due'")
        assert deliver_due(workplace, settings) == Delivered(1, 0)
        assert len(_maildir(tmp_path / "letters")) == 1

    def test_what_somebody_else_delivers_is_left_alone_until_he_is_missed(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock, tmp_path: Path
    ) -> None:
        settings = NoticeSettings(maildir=str(tmp_path / "letters"))
        import_records([api_record()])
        Triage(workplace).decline([1], DECLINE)
        clock.advance(timedelta(minutes=2))
        from refterm.store import codec, outbox

        with workplace.database.writing() as connection:
            now = codec.micros(clock.now())
            assert len(outbox.claim(connection, now, now + 60_000_000, 9)) == 1
        assert deliver_due(workplace, settings) == Delivered()
        clock.advance(timedelta(minutes=1))
        assert deliver_due(workplace, settings) == Delivered(1, 0)


class TestWhatFails:
    @pytest.fixture
    def owed(self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock) -> int:
        """A declined referral whose notice is due."""
        (number,) = import_records([api_record()])
        Triage(workplace).decline([number], DECLINE)
        clock.advance(timedelta(minutes=2))
        return number

    @pytest.mark.usefixtures("owed")
    def test_a_server_that_refuses_is_asked_again_with_growing_pauses_then_its_words_are_shown(
        self, workplace: Workplace, post: tuple[Mailbox, NoticeSettings], clock: SettableClock
    ) -> None:
        box, settings = post
        box.answer["data"] = "451 the cellar is full"
        for pause in PAUSES:
            assert deliver_due(workplace, settings) == Delivered(0, 1)
            (one,) = Outbox(workplace).objects()
            assert (one["state"], one["error"]) == ("due", "451 the cellar is full")
            clock.advance(pause - timedelta(microseconds=1))
            assert deliver_due(workplace, settings) == Delivered()
            clock.advance(timedelta(microseconds=1))
        deliver_due(workplace, settings)
        (one,) = Outbox(workplace).objects()
        assert (one["state"], one["attempts"], one["error"]) == ("failed", len(PAUSES) + 1, "451 the cellar is full")
        box.answer.clear()
        Outbox(workplace).retry(one["id"])
        assert deliver_due(workplace, settings) == Delivered(1, 0)

    @pytest.mark.usefixtures("owed")
    def test_an_address_that_is_refused_for_good_is_not_tried_again(
        self, workplace: Workplace, post: tuple[Mailbox, NoticeSettings]
    ) -> None:
        box, settings = post
        (one,) = Outbox(workplace).objects()
        box.answer[one["to"]] = "550 nobody of that name here"
        assert deliver_due(workplace, settings) == Delivered(0, 1)
        (one,) = Outbox(workplace).objects()
        assert (one["state"], one["error"]) == ("failed", "550 nobody of that name here")

    @pytest.mark.usefixtures("owed")
    def test_a_server_that_is_not_there_or_hangs_up(self, workplace: Workplace, clock: SettableClock) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as listening:
            port = listening.getsockname()[1]
        settings = NoticeSettings(transport="smtp", host="127.0.0.1", port=port, security="none")
        assert deliver_due(workplace, settings) == Delivered(0, 1)
        (one,) = Outbox(workplace).objects()
        assert one["state"] == "due"
        assert "refused" in one["error"]

    def test_a_customer_without_an_address_is_shown_and_not_tried_again(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock, tmp_path: Path
    ) -> None:
        (number,) = import_records([api_record(customerProfile__team=[])])
        Triage(workplace).decline([number], DECLINE)
        clock.advance(timedelta(minutes=2))
        assert deliver_due(workplace, NoticeSettings(maildir=str(tmp_path / "x"))) == Delivered(0, 1)
        (one,) = Outbox(workplace).objects()
        assert (one["to"], one["state"], one["error"]) == (None, "failed", "nobody is no address to write to")

    @pytest.mark.usefixtures("owed")
    def test_what_is_not_set_up_is_said_and_nothing_is_lost(self, workplace: Workplace) -> None:
        with pytest.raises(ConfigurationError, match=r"notices\.host must name the mail server"):
            deliver_due(workplace, NoticeSettings(transport="smtp"))
        assert deliver_due(workplace, NoticeSettings(transport="off")) == Delivered()
        assert [state for _kind, _to, state in _states(workplace)] == ["due"]

    @pytest.mark.usefixtures("owed")
    def test_only_an_admin_keeps_the_outbox(self, workplace: Workplace) -> None:
        box = Outbox(replace(workplace, role=Role.TRIAGER))
        with pytest.raises(NotAllowedError, match="Keeping the outbox: only an admin may do this"):
            box.drop(1)
        Outbox(workplace).drop(1)
        assert [state for _kind, _to, state in _states(workplace)] == ["dropped"]
        for unknown in (box.retry, box.drop):
            with pytest.raises(NotFoundError, match=r"there is no notice 9{30}"):
                unknown(int("9" * 30))
        with pytest.raises(NotFoundError):
            Outbox(workplace).drop(1)
        Outbox(workplace).retry(1)
        with pytest.raises(NotFoundError):
            Outbox(workplace).retry(99)


class TestLetters:
    @pytest.mark.usefixtures("regions")
    def test_in_the_language_of_the_recipient(
        self, workplace: Workplace, import_records: ImportRecords, post: tuple[Mailbox, NoticeSettings]
    ) -> None:
        box, settings = post
        import_records(
            [_from("ES", customerProfile__name="Bufete Sur SL"), _from("DE", customerProfile__name="Kontor")]
        )
        deliver_due(workplace, settings)
        subjects = {letter["To"]: letter["Subject"] for letter in box.received}
        assert subjects["iberia@us.example"].startswith("Nueva referencia: Bufete Sur SL")
        assert subjects["dach@us.example"].startswith("New referral: Kontor")
        (english,) = (letter for letter in box.received if letter["To"] == "dach@us.example")
        text = english.get_content()
        assert "please answer by 3 March 2026, 08:00 UTC" in text
        assert "If nobody answers by 15 March 2026, 09:00 UTC" in text
        (spanish,) = (letter for letter in box.received if letter["To"] == "iberia@us.example")
        assert "antes del 3 de marzo de 2026, 08:00 UTC" in " ".join(spanish.get_content().split())

    @pytest.mark.usefixtures("regions")
    def test_no_line_break_of_a_customer_s_becomes_a_header(
        self, workplace: Workplace, import_records: ImportRecords, post: tuple[Mailbox, NoticeSettings]
    ) -> None:
        box, settings = post
        import_records(
            [
                _from(
                    "DE",
                    customerProfile__name="Evil\r\nBcc: everybody@x.example\r\n\r\nBody",
                    details__notes="$number ${x}",
                )
            ]
        )
        deliver_due(workplace, settings)
        (letter,) = box.received
        assert letter["Bcc"] is None
        assert "Evil Bcc: everybody@x.example" in letter["Subject"]
        assert "$number ${x}" in letter.get_content()

    @pytest.mark.usefixtures("regions")
    def test_the_site_s_own_template_and_a_wrong_name_in_it(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        post: tuple[Mailbox, NoticeSettings],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        box, settings = post
        monkeypatch.setattr(letters, "SITE", tmp_path)
        file = tmp_path / "en" / "new-referral.txt"
        file.parent.mkdir()
        file.write_text("Subject: Look, $customer!\n\nAnswer until $respond_by.\n")
        import_records([_from("DE", customerProfile__name="Kontor")])
        deliver_due(workplace, settings)
        assert [letter["Subject"] for letter in box.received] == ["Look, Kontor!"]
        file.write_text("Subject: $custommer\n\n")
        import_records([_from("DE")])
        assert deliver_due(workplace, settings) == Delivered(0, 1)
        (failed,) = (one for one in Outbox(workplace).objects() if one["state"] == "failed")
        assert failed["error"] == "the template of new-referral has a name that is not known: 'custommer'"


class TestReminders:
    @pytest.mark.usefixtures("regions")
    def test_before_either_time_runs_out_while_nobody_answered(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        post: tuple[Mailbox, NoticeSettings],
        clock: SettableClock,
    ) -> None:
        box, settings = post
        waiting, answered = import_records([_from("DE"), _from("DE")])
        deliver_due(workplace, settings)
        Triage(workplace).decline([answered], DECLINE)
        clock.advance(timedelta(hours=19))  # received an hour ago: 20 h after receipt, 4 h before the 24 are over
        deliver_due(workplace, settings)
        reminded = [letter["Subject"] for letter in box.received if "Still without an answer" in letter["Subject"]]
        assert len(reminded) == 1
        assert f"(#{waiting})" in reminded[0]
        clock.advance(timedelta(days=12))
        deliver_due(workplace, settings)
        reminded = [letter["Subject"] for letter in box.received if "Still without an answer" in letter["Subject"]]
        assert len(reminded) == 2
        assert [state for kind, _to, state in _states(workplace) if kind == "reminder"].count("dropped") == 2

    @pytest.mark.usefixtures("regions")
    def test_of_a_short_life_at_half_of_its_time(self, workplace: Workplace, import_records: ImportRecords) -> None:
        """One that lives for less than the usual 24 hours would otherwise not be reminded of."""
        (number,) = import_records([_from("DE", expirationDateTime=ahead(hours=11))])  # received an hour ago
        referral = Desk(workplace).referral(number)
        assert referral.expires_at is not None
        half = referral.received_at + (referral.expires_at - referral.received_at) / 2
        due = [one["due_at"] for one in Outbox(workplace).objects() if one["kind"] == "reminder"]
        assert codec.iso(half) in due

    def test_to_who_took_it(
        self,
        workplace: Workplace,
        import_records: ImportRecords,
        post: tuple[Mailbox, NoticeSettings],
        clock: SettableClock,
    ) -> None:
        box, settings = post
        Profiles(workplace).add(
            {
                "name": "DACH",
                "region": "DACH",
                "country": ["DE"],
                "location": ["Kiel;;Ana;ana@us.example", "Kiel;;Bo;bo@us.example"],
            }
        )
        (number,) = import_records([_from("DE")])
        deliver_due(workplace, settings)
        box.received.clear()
        Marks(workplace).take(number)
        clock.advance(timedelta(hours=19))
        deliver_due(workplace, settings)
        assert box.to() == ["ana@us.example"]


class TestMailServersThatMisbehave:
    @pytest.fixture
    def owed(self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock) -> None:
        """A declined referral whose notice is due."""
        import_records([api_record()])
        Triage(workplace).decline([1], DECLINE)
        clock.advance(timedelta(minutes=2))

    @pytest.mark.usefixtures("owed")
    def test_one_that_hangs(self, workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
        """It takes the call and says nothing: given up after a while, and tried again later."""
        monkeypatch.setattr("refterm.services.background.smtp.SECONDS", 0.2)
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            settings = NoticeSettings(transport="smtp", host="127.0.0.1", port=silent.getsockname()[1], security="none")
            assert deliver_due(workplace, settings) == Delivered(0, 1)
        (one,) = Outbox(workplace).objects()
        assert (one["state"], one["attempts"], "timed out" in one["error"]) == ("due", 1, True)

    @pytest.mark.usefixtures("owed")
    def test_one_that_dies_in_mid_message(self, workplace: Workplace) -> None:
        def serve(listening: socket.socket) -> None:
            caller, _address = listening.accept()
            with caller:
                caller.sendall(b"220 hello\r\n")
                while heard := caller.recv(4096):
                    if heard.upper().startswith(b"DATA"):
                        caller.sendall(b"354 go on\r\n")
                        caller.recv(10)
                        return
                    caller.sendall(b"250 fine\r\n")

        with closing(socket.create_server(("127.0.0.1", 0))) as listening:
            server = threading.Thread(target=serve, args=(listening,))
            server.start()
            settings = NoticeSettings(
                transport="smtp", host="127.0.0.1", port=listening.getsockname()[1], security="none"
            )
            assert deliver_due(workplace, settings) == Delivered(0, 1)
            server.join(10)
        (one,) = Outbox(workplace).objects()
        assert (one["state"], one["attempts"]) == ("due", 1)
        assert one["error"]

    @pytest.mark.usefixtures("owed")
    def test_a_password_command_that_never_ends(self, workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
        """Such as one that asks for a passphrase where nobody is: the notice is tried again later."""
        monkeypatch.setattr("refterm.services.background.smtp.SECONDS", 0.5)
        with mail_server() as (_box, plain):
            settings = replace(plain, user="desk", password_command="exec sleep 60")
            assert deliver_due(workplace, settings) == Delivered(0, 1)
        (one,) = Outbox(workplace).objects()
        assert (one["state"], one["attempts"]) == ("due", 1)
        assert one["error"] == "notices.password_command did not answer within 0.5 s; run it by hand to see why"

    @pytest.mark.usefixtures("owed")
    def test_no_password_and_one_from_a_command(self, workplace: Workplace, clock: SettableClock) -> None:
        with mail_server() as (_box, plain):
            settings = replace(plain, user="desk", password_command="exit 3")
            assert deliver_due(workplace, settings) == Delivered(0, 1)
        (one,) = Outbox(workplace).objects()
        assert one["error"]


class TestUndoneDecision:
    """The notice of an undone decision never goes out, however it was dropped or retried (U1)."""

    @pytest.mark.parametrize("steps", ["drop undo retry", "drop retry undo retry", "undo retry", "undo drop retry"])
    def test_no_letter(
        self, workplace: Workplace, import_records: ImportRecords, clock: SettableClock, tmp_path: Path, steps: str
    ) -> None:
        settings = NoticeSettings(maildir=str(tmp_path / "letters"))
        import_records([api_record()])
        triage, outbox = Triage(workplace), Outbox(workplace)
        triage.decline([1], DECLINE)
        for step in steps.split():
            with suppress(NotFoundError):  # of an undone notice nothing can be done
                if step == "undo":
                    assert not triage.undo([1]).refused
                else:
                    getattr(outbox, step)(1)
            assert deliver_due(workplace, settings) == Delivered()
        clock.advance(timedelta(hours=1))
        assert deliver_due(workplace, settings) == Delivered()
        assert [one["state"] for one in outbox.objects()] == ["undone"]
