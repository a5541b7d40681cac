"""Replies go out once, threaded, and undone ones never; colleagues are told of what they get; follow-ups fall due (W1, T5, A5)."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.config import NoticeSettings, RoleSettings
from refterm.errors import InvalidInputError, UndoError, WrongStateError
from refterm.services import desk_settings
from refterm.services.assigning import Assigning, sentence
from refterm.services.background.delivery import Delivered, deliver_due
from refterm.services.desk import Desk
from refterm.services.follow_ups import FollowUps
from refterm.services.marks import Marks
from refterm.services.outbox import Outbox
from refterm.services.replies import KINDS, Replies, Written, mailto
from refterm.services.several import Recalled
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from tests.services.mail import Mailbox, deliver, mail_server
from tests.services.racing import at_once
from tests.services.use_cases import ACTIONS, LETTER, active, after, new
from tests.store.support import dump, notices, seated

MINUTE = timedelta(seconds=60)


@pytest.fixture
def post() -> Iterator[tuple[Mailbox, NoticeSettings]]:
    with mail_server() as found:
        yield found


@pytest.fixture
def desk(workplace: Workplace) -> Workplace:
    """A desk with people: Ana and Bob have addresses."""
    for name in ("ana", "bob"):
        desk_settings.change(workplace, f"people.{name}={name}@us.example")
    return workplace


def _customer(*people: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"customerProfile": {"team": list(people), **more}}


def _states(workplace: Workplace) -> list[tuple[str, str | None, str]]:
    return [(one["kind"], one["to"], one["state"]) for one in Outbox(workplace).objects()]


def _history(workplace: Workplace, number: int) -> list[tuple[str, str]]:
    return [(entry.action, entry.by) for entry in Desk(workplace).history(number)][1:]


class TestAReply:
    def test_goes_out_once_after_the_undo_time_and_the_second_follows_the_first(
        self, desk: Workplace, post: tuple[Mailbox, NoticeSettings], clock: SettableClock
    ) -> None:
        """W1, U1, F4: four programs deliver; the customer counts as contacted once it is sent, not before."""
        box, settings = post
        number = new(desk)
        for subject in ("Your request", "¿Una pregunta? =?utf-8?b?QmNjOiB4?="):
            Replies(desk).send(number, {**LETTER, "subject": subject})
            assert Desk(desk).referral(number).contacted_at is None or subject != "Your request"
            clock.advance(MINUTE - timedelta(microseconds=1))
            assert deliver_due(desk, settings) == Delivered()
            clock.advance(timedelta(microseconds=1))
            done = at_once(2, deliver, desk.database.location, clock.now(), settings)
            assert sum(sent for sent, _failed in done) == 1
        first, second = box.received
        assert (first["From"], first["Reply-To"], first["To"]) == (
            "desk@refterm.example",
            "ana@us.example",
            "inga@kontor.example",
        )
        assert first["In-Reply-To"] is None
        assert (second["In-Reply-To"], second["References"]) == (first["Message-ID"],) * 2
        assert second["Subject"] == "¿Una pregunta? =?utf-8?b?QmNjOiB4?="
        assert first.get_content().splitlines() == LETTER["text"].splitlines()
        assert first["Auto-Submitted"] is None
        referral = Desk(desk).referral(number)
        assert (referral.contacted_by, referral.contacted_at) == ("ana", clock.now() - MINUTE)
        assert _history(desk, number) == [("replied", "ana"), ("contacted", "ana"), ("replied", "ana")]

    def test_two_in_one_run_into_a_maildir_name_each_other(
        self, desk: Workplace, clock: SettableClock, tmp_path: Path
    ) -> None:
        """W1: a Maildir takes many letters at once."""
        number = new(desk)
        for subject in ("One", "Two"):
            Replies(desk).send(number, {**LETTER, "subject": subject})
        clock.advance(MINUTE)
        assert deliver_due(desk, NoticeSettings(maildir=str(tmp_path / "mail"))) == Delivered(2, 0)
        first, second = sorted(
            mailbox.Maildir(tmp_path / "mail", create=False), key=lambda letter: str(letter["Subject"])
        )
        assert (first["In-Reply-To"], second["In-Reply-To"]) == (None, first["Message-ID"])

    def test_undone_it_is_never_sent_and_is_a_draft_again(
        self, desk: Workplace, post: tuple[Mailbox, NoticeSettings], clock: SettableClock
    ) -> None:
        """U1: by its writer while it is held; `u` takes the latest of decisions and replies."""
        box, settings = post
        number = after("accept", "reply")(desk)
        assert Triage(seated(desk, "bob")).undo([number]).refused
        assert Triage(desk).last_decision() == [number]
        done = Triage(desk).undo([number])
        assert done.letters == (Recalled(number, "inga@kontor.example", LETTER["subject"], LETTER["text"]),)
        assert Desk(desk).referral(number).status == "active"
        assert Triage(desk).undo([number]).letters == ()  # then the decision before it
        assert Desk(desk).referral(number).status == "new"
        ACTIONS["reply"](desk, number)
        clock.advance(MINUTE)
        [refused] = Triage(desk).undo([number]).refused
        assert isinstance(refused.error, UndoError)
        with pytest.raises(UndoError):
            Triage(desk).last_decision()
        deliver_due(desk, settings)
        assert len(box.received) == 1
        assert [state for _kind, _to, state in _states(desk)] == ["undone", "sent"]

    def test_one_that_fails_is_its_writer_s_again_and_nobody_was_contacted(
        self, desk: Workplace, post: tuple[Mailbox, NoticeSettings], clock: SettableClock
    ) -> None:
        box, settings = post
        box.answer["inga@kontor.example"] = "550 no such person"
        number = after("reply")(desk)
        clock.advance(MINUTE)
        assert deliver_due(desk, settings) == Delivered(0, 1)
        assert Desk(desk).referral(number).contacted_at is None
        [(_notice, referral, letter, why)] = Replies(desk).failed()
        assert (referral, letter) == (number, Written("inga@kontor.example", LETTER["subject"], LETTER["text"]))
        assert "no such person" in why
        assert Replies(seated(desk, "bob")).failed() == []
        ACTIONS["reply"](desk, number)
        assert Replies(desk).failed() == []

    @pytest.mark.parametrize(("transport", "state"), [("off", "written"), ("maildir", "held")])
    def test_a_desk_that_mails_nothing_hands_it_over(self, desk: Workplace, transport: str, state: str) -> None:
        """W1: the person sends it, and says so afterwards."""
        number = new(desk)
        sent = Replies(replace(desk, transport=transport)).send(number, LETTER)
        assert sent.handed_over
        assert _states(desk) == [("reply", "inga@kontor.example", state)]
        assert Desk(desk).referral(number).contacted_at is None
        assert mailto(sent.letter) == (
            "mailto:inga@kontor.example?subject=Your%20request&body=Dear%20Inga%2C%0D%0Amay%20we%20call%3F"
        )

    def test_into_a_maildir_nobody_is_contacted(self, desk: Workplace, clock: SettableClock, tmp_path: Path) -> None:
        number = after("reply")(desk)
        clock.advance(MINUTE)
        assert deliver_due(desk, NoticeSettings(maildir=str(tmp_path / "letters"))) == Delivered(1, 0)
        assert _states(desk)[0][2] == "written"
        assert Desk(desk).referral(number).contacted_at is None

    @pytest.mark.parametrize(
        ("typed", "bad"),
        [
            ({"to": "somebody@else.example"}, "is no contact of this customer; choose one of inga@kontor.example"),
            ({"to": "inga@kontor.example\nBcc: x@y.example"}, "is no contact"),
            ({"subject": " ", "text": ""}, "needs a subject"),
        ],
    )
    def test_what_cannot_be_sent_is_a_sentence_and_nothing_is_written(
        self, desk: Workplace, typed: dict[str, str], bad: str
    ) -> None:
        number = new(desk)
        before = dump(desk.database)
        with pytest.raises(InvalidInputError) as refused:
            Replies(desk).send(number, {**LETTER, **typed})
        assert bad in "; ".join(refused.value.fields.values())
        assert dump(desk.database) == before

    def test_an_address_that_cannot_be_written_to_is_passed_over(self, desk: Workplace) -> None:
        """No customer's text chooses a recipient: only what is one whole address counts."""
        odd = {"firstName": "Odd", "email": "not an address"}
        good = {"firstName": "Eva", "email": "Eva <eva@kontor.example>; more@kontor.example"}
        number = new(desk, **_customer(odd, good))
        assert Replies(desk).send(number, LETTER).letter.to == "eva@kontor.example"
        nobody = new(desk, **_customer(odd))
        with pytest.raises(InvalidInputError, match="no contact of referral"):
            Replies(desk).send(nobody, LETTER)


class TestATemplate:
    def test_is_filled_from_names_only_in_the_customer_s_language(self, desk: Workplace) -> None:
        """W1: what a name holds is never a placeholder, and what the customer wrote freely never goes in."""
        team = {"firstName": "$need ${person}", "lastName": "{crm_id} %s", "email": "inga@kontor.example"}
        for country, greeting in (("DE", "Dear $need ${person} {crm_id} %s,"), ("MX", "Estimado/a $need ${person}")):
            record = _customer(team, name="$contact GmbH", address={"country": country})
            number = new(desk, details={"notes": "the secret need"}, **record)
            for kind in KINDS:
                letter = Replies(desk).prepare(Desk(desk).referral(number), kind)
                assert letter.text.startswith(greeting)
                assert letter.text.rstrip().endswith("ana")
                assert "secret" not in letter.text + letter.subject
                assert str(number) in letter.subject

    def test_one_s_own_stands_over_the_site_s_and_that_over_ours(
        self, desk: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own, site = tmp_path / "own", tmp_path / "site"
        monkeypatch.setattr("refterm.services.background.letters.SITE", site)
        referral = Desk(desk).referral(new(desk))
        mine = replace(desk, own_letters=own)
        for folder, by in ((site, "of the site"), (own, "my own, $customer")):
            (folder / "en").mkdir(parents=True)
            (folder / "en" / "thanks.txt").write_text(f"Subject: Thanks\n\n{by}\n")
        assert Replies(mine).prepare(referral, "thanks").text == f"my own, {referral.customer.company}"
        assert Replies(desk).prepare(referral, "thanks").text == "of the site"  # as in a kiosk

    @pytest.mark.parametrize(
        ("body", "bad"),
        [("Dear $nmae,", r"has \$nmae, which is not known"), ("50 $", "begins no name"), ("$need", "need")],
    )
    def test_one_that_cannot_be_filled_is_a_sentence(
        self, desk: Workplace, tmp_path: Path, body: str, bad: str
    ) -> None:
        (tmp_path / "en").mkdir()
        (tmp_path / "en" / "thanks.txt").write_text(f"Subject: Thanks\n\n{body}\n")
        with pytest.raises(InvalidInputError, match="template") as refused:
            Replies(replace(desk, own_letters=tmp_path)).prepare(Desk(desk).referral(new(desk)), "thanks")
        assert refused.match(bad)


class TestAssigning:
    def test_it_is_theirs_and_they_are_told_once(
        self, desk: Workplace, post: tuple[Mailbox, NoticeSettings], clock: SettableClock
    ) -> None:
        """T5: several at once; the history says who gave it."""
        box, settings = post
        numbers = [new(desk), active(desk)]
        done = Assigning(desk).assign([*numbers, 999], {"to": "Bob", "notes": "you know them"})
        assert done.referrals == tuple(numbers)
        assert len(done.refused) == 1
        assert {Desk(desk).referral(number).taken_by for number in numbers} == {"bob"}
        assert _history(desk, numbers[0])[-1] == ("assigned", "ana")
        sum_sent = sum(sent for sent, _failed in at_once(2, deliver, desk.database.location, clock.now(), settings))
        assert sum_sent == 2
        assert box.to() == ["bob@us.example"] * 2
        assert "you know them" in box.received[0].get_content()

    def test_without_an_address_it_is_told_that_no_notice_goes_out(self, desk: Workplace) -> None:
        number = after("take", "release", by="mei")(desk)
        done = Assigning(desk).assign([number], {"to": "mei"})
        assert "no notice goes out" in sentence(done, "mei", Assigning(desk).address("mei"), "ana")
        assert notices(desk.database, number) == []
        ACTIONS["release"](seated(desk, "mei"), number)
        assert Desk(desk).referral(number).assigned_by is None

    def test_another_s_is_given_away_only_after_a_question(self, desk: Workplace) -> None:
        number = after("take", by="mei")(desk)
        [refused] = Assigning(desk).assign([number], {"to": "bob"}).refused
        assert str(refused.error) == "mei has taken it; release it first"
        assert Assigning(desk).assign([number], {"to": "bob"}, over=True, was={number: "eva"}).refused
        assert Assigning(desk).assign([number], {"to": "bob"}, over=True, was={number: "mei"}).referrals

    def test_nobody_who_left_no_viewer_and_nothing_that_is_closed(self, desk: Workplace, clock: SettableClock) -> None:
        number = after("take", by="mei")(desk)
        clock.advance(timedelta(days=91))
        again = new(desk)
        for name, why in (
            ("mei", "did nothing here for 90 days"),
            ("", "name the colleague"),
            ("x", "choose one of ana, bob"),
        ):
            with pytest.raises(InvalidInputError, match=why):
                Assigning(desk).assign([again], {"to": name})
        with pytest.raises(InvalidInputError, match="may only look"):
            Assigning(replace(desk, roles=RoleSettings(viewer=("bob",), triager=("ana",)))).assign(
                [again], {"to": "bob"}
            )
        [refused] = Assigning(desk).assign([number], {"to": "bob"}).refused
        assert isinstance(refused.error, WrongStateError)


class TestAFollowUp:
    def test_is_told_once_at_its_instant_to_who_holds_it(
        self, desk: Workplace, post: tuple[Mailbox, NoticeSettings], clock: SettableClock
    ) -> None:
        """A5: also where it changed hands meanwhile."""
        box, settings = post
        number = after("follow up", start=active)(desk)
        Assigning(desk).assign([number], {"to": "bob"})
        deliver_due(desk, settings)
        assert FollowUps(desk).next_due() == clock.now() + timedelta(days=1)
        clock.advance(timedelta(days=1) - timedelta(microseconds=1))
        assert (deliver_due(desk, settings), FollowUps(desk).due()) == (Delivered(), [])
        clock.advance(timedelta(microseconds=1))
        assert [row.id for row in FollowUps(desk).due()] == [number]
        assert sum(sent for sent, _ in at_once(2, deliver, desk.database.location, clock.now(), settings)) == 1
        assert [(one["To"], "ring them" in one.get_content()) for one in box.received[1:]] == [("bob@us.example", True)]

    @pytest.mark.parametrize("end", ["followed up", "won", "another"])
    def test_done_closed_or_another_it_is_not_told(
        self, desk: Workplace, post: tuple[Mailbox, NoticeSettings], clock: SettableClock, end: str
    ) -> None:
        box, settings = post
        number = after("take", "follow up", start=active)(desk)
        if end == "another":
            FollowUps(desk).set(number, {"at": "+3d"})
        else:
            ACTIONS[end](desk, number)
        clock.advance(timedelta(days=2))
        deliver_due(desk, settings)
        assert box.received == []
        assert "dropped" in [state for kind, _to, state in _states(desk) if kind == "follow-up"]

    def test_one_of_a_deal_whose_closing_is_undone_is_told_all_the_same(
        self, desk: Workplace, post: tuple[Mailbox, NoticeSettings], clock: SettableClock
    ) -> None:
        box, settings = post
        number = active(desk)
        FollowUps(desk).set(number, {"at": "+1min"})
        clock.advance(timedelta(seconds=50))
        ACTIONS["won"](desk, number)
        clock.advance(timedelta(seconds=20))
        deliver_due(desk, settings)
        ACTIONS["undo"](desk, number)
        clock.advance(timedelta(seconds=60))
        deliver_due(desk, settings)
        assert box.to() == ["ana@us.example"]

    def test_what_cannot_be_followed_up_is_a_sentence(self, desk: Workplace) -> None:
        with pytest.raises(WrongStateError, match="accept it first"):
            FollowUps(desk).set(new(desk), {"at": "+1d"})
        with pytest.raises(WrongStateError, match="it is closed"):
            FollowUps(desk).set(after("won", start=active)(desk), {"at": "+1d"})
        number = active(desk)
        with pytest.raises(WrongStateError, match="has no follow-up"):
            FollowUps(desk).done(number)
        with pytest.raises(InvalidInputError) as refused:
            FollowUps(desk).set(number, {"at": "2020-01-01"})
        assert list(refused.value.fields) == ["at"]
        at = FollowUps(desk).set(number, {"at": "+1d"})
        assert not FollowUps(desk).done(number, was=at + MINUTE)
        assert FollowUps(desk).done(number, was=at)
        assert Marks(desk).favorite(number)
