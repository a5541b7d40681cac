"""Replies, assignments, follow-ups, alerts and what is handed on, by keys (W1, T5, A5, S1)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual import events

from refterm.clock import SettableClock
from refterm.config import AlertSettings, Settings
from refterm.services import desk_settings
from refterm.services.assigning import Assigning
from refterm.services.desk import Desk
from refterm.services.follow_ups import FollowUps
from refterm.services.marks import Marks
from refterm.services.outbox import Outbox
from refterm.services.workplace import Workplace
from refterm.store import codec, remote
from refterm.tui import alerts
from refterm.tui.forms.reply import ReplyForm
from tests.conftest import import_into
from tests.samples import ago, api_record
from tests.services.use_cases import active, new
from tests.tui.conftest import SitDown
from tests.tui.seat import Seat


@pytest.fixture
def mailing(workplace: Workplace) -> Workplace:
    """A desk that sends mail, with Ana's and Luis' addresses."""
    for name in ("ana", "luis"):
        desk_settings.change(workplace, f"people.{name}={name}@us.example")
    return replace(workplace, transport="smtp", sender="desk@refterm.example")


def _sent(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the desk sends to the terminal beside its frames."""
    sent: list[str] = []
    monkeypatch.setattr(seat.app, "write_to_terminal", sent.append)
    return sent


async def test_a_reply_goes_into_the_outbox_and_u_makes_it_a_draft_again(sit: SitDown, mailing: Workplace) -> None:
    """W1, U1: what goes out is shown as it will be, with the customer's words."""
    number = new(mailing, details={"notes": "We need $contact {crm_id} [red]now[/]"})
    async with sit(place=mailing, size=(120, 40)) as seat:
        await seat.press("R")
        for part in ("Reply", "inga@kontor.example", "Dear Inga,", "ana@us.example", "$contact {crm_id} [red]now[/]"):
            assert part in seat.text
        await seat.press("tab", "tab")
        await seat.type("PS: soon")
        await seat.press("ctrl+s")
        assert seat.message.startswith(f"Wrote to inga@kontor.example about #{number}.")
        [owed] = Outbox(mailing).objects()
        assert (owed["kind"], owed["state"]) == ("reply", "held")
        await seat.press("enter")
        for part in ("customer: Your request", "to inga@kontor.example", "PS: soon"):
            assert part in seat.text  # the timeline has the letter
        await seat.press("escape", "u")
        assert "is not sent; R has it again" in seat.message
        assert "reply taken back" in seat.text
        assert Outbox(mailing).objects()[0]["state"] == "undone"
        await seat.press("R")
        form = seat.app.screen
        assert isinstance(form, ReplyForm)
        assert form.texts()["text"].endswith("PS: soon")
        await seat.press("ctrl+t", "4")
        assert "sorry that we cannot take it on" in form.texts()["text"]
        await seat.press("escape")


async def test_a_desk_that_mails_nothing_copies_the_letter_and_asks(sit: SitDown, workplace: Workplace) -> None:
    number = new(workplace)
    off = replace(workplace, transport="off")
    async with sit(place=off, size=(120, 40)) as seat:
        for key, contacted in (("n", None), ("y", "ana")):
            await seat.press("R", "ctrl+s")
            assert "Was it sent?" in seat.text
            assert "Dear Inga," in seat.app.clipboard
            await seat.press(key)
            assert seat.place.database.file
            assert seat.desk.session.desk.referral(number).contacted_by == contacted


async def test_nobody_who_can_be_written_to_is_a_sentence(sit: SitDown, workplace: Workplace) -> None:
    new(workplace, customerProfile={"team": [{"firstName": "Odd", "email": "odd"}]})
    async with sit() as seat:
        await seat.press("R")
        assert "has an address that can be written to: odd" in seat.message


async def test_the_site_s_editor_edits_the_letter(
    sit: SitDown, workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run without a shell; never in a kiosk."""
    new(workplace)
    script = tmp_path / "edit.py"
    script.write_text("import sys, pathlib\npathlib.Path(sys.argv[-1]).write_text('by the editor\\x1b[2J\\n')\n")

    @contextmanager
    def suspend() -> Iterator[None]:
        yield

    for kiosk in (False, True):
        settings = Settings(editor=f"{sys.executable} {script} ;", kiosk=kiosk)
        async with sit(size=(120, 40), settings=settings) as seat:
            monkeypatch.setattr(seat.app, "suspend", suspend)
            await seat.press("R", "ctrl+g")
            form = seat.app.screen
            assert isinstance(form, ReplyForm)
            assert (form.texts()["text"] == "by the editor[2J") == (not kiosk)
            await seat.press("ctrl+r", "escape")


async def test_an_assigned_referral_is_on_the_other_s_screen(
    sit: SitDown, mailing: Workplace, luis: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T5, S1: completed as one types, marked ones together; the other is told on the screen and by the terminal, once."""
    numbers = [new(mailing, customerProfile__name="Kontor; AG") for _ in range(2)]
    alert = Settings(alerts=AlertSettings(terminal="osc9"))
    async with sit(place=mailing) as here, sit(place=luis, settings=alert) as there:
        sent = _sent(there, monkeypatch)
        await here.press("space", "space", "T")
        await here.type("lu")
        assert "= luis" in here.text
        await here.press("tab")
        await here.type("yours")
        await here.press("ctrl+s")
        assert "given to luis" in here.message
        assert {here.desk.session.desk.referral(number).taken_by for number in numbers} == {"luis"}
        await there.wake()
        assert there.message.startswith("ana gave you #")
        assert there.message.endswith(": yours")
        assert len(sent) == 1
        assert sent[0].startswith(f"\x1b]9;refterm: given to you #{numbers[0]} ")
        assert sent[0].endswith("and 1 more\x07")
        await there.press("t")
        assert sorted(one["kind"] for one in Outbox(luis).objects()) == ["assigned", "assigned"]


async def test_a_follow_up_is_set_comes_up_at_its_instant_and_is_done(
    sit: SitDown, mailing: Workplace, luis: Workplace, clock: SettableClock
) -> None:
    """A5: for everybody who looks; one key for done, which asks for the next."""
    number = active(mailing)
    async with sit(place=mailing) as here, sit(place=luis) as there:
        await here.press("2", "z")
        await here.type("+2h")
        await here.press("tab")
        await here.type("ring them")
        await here.press("ctrl+s")
        assert here.message.startswith("Follow up ")
        await there.wake()
        clock.advance(timedelta(hours=2))
        for seat in (here, there):
            await seat.wake()
            assert f"Follow up: #{number}" in seat.message
            clock.advance(timedelta(seconds=9))
            await seat.wake()
            assert "Follow up: #" not in seat.message
        await here.press("Z")
        assert here.desk.session.desk.referral(number).deal.follow_up_at is None
        assert "Follow up" in here.text
        await here.press("escape")


async def test_marked_ones_are_taken_skipped_and_favourites_together(sit: SitDown, workplace: Workplace) -> None:
    numbers = [new(workplace) for _ in range(3)]
    Marks(replace(workplace, actor=workplace.actor._replace(name="bob"))).take(numbers[2])
    async with sit(size=(140, 40)) as seat:
        await seat.press("space", "space", "space", "t")
        assert "yours." in seat.message
        assert "Not done: #" in seat.message
        rows = seat.desk.session.desk.rows(numbers)
        assert [row.taken_by for row in rows] == ["ana", "ana", "bob"]
        await seat.press("g", "space", "space", "space", "s")
        assert [row.favorite for row in seat.desk.session.desk.rows(numbers)] == [True] * 3
        await seat.press("g", "space", "space", "space", "z", "ctrl+s")
        assert all(row.skipped_until for row in seat.desk.session.desk.rows(numbers))


async def test_a_letter_that_failed_comes_back_with_a_toast(sit: SitDown, mailing: Workplace) -> None:
    number = new(mailing)
    async with sit(place=mailing, size=(120, 40)) as seat:
        await seat.press("R", "ctrl+s")
        with mailing.database.writing() as connection:
            connection.execute("update outbox set state = 'failed', error = '550 no'")
        await seat.wake()
        assert seat.message.startswith(f"Your letter on #{number} could not be sent (550 no); R has it again.")
        await seat.press("O")
        assert "550 no" in seat.text
        await seat.press("x")
        assert Outbox(mailing).objects()[0]["state"] == "dropped"
        await seat.press("escape")


async def test_what_both_sides_changed_is_shown_and_sent_again_by_one_key(sit: SitDown, workplace: Workplace) -> None:
    """Theirs stands, and what was typed here stands beside it until enter sends it."""
    number = active(workplace)
    kept = [{"column": "deal_value", "field": "deal.value", "theirs": "99", "ours": "30000", "by": "ana"}]
    with workplace.database.writing() as connection:
        seen = {"etag": "1", "record": "{}", "synced_at": codec.micros(workplace.now()), "account": "ana@us.example"}
        remote.keep(connection, [{"referral_id": number, **seen}])
        remote.mark(connection, number, conflict=json.dumps(kept))
    async with sit(size=(120, 40)) as seat:
        await seat.press("O")
        assert "theirs 99, ours 30000 (ana)" in seat.text
        await seat.press("enter")
        assert f"What was typed here of #{number} is sent again." in seat.text
        assert "theirs 99" not in seat.text
        await seat.press("escape")
    assert str(Desk(workplace).referral(number).deal.value) == "30000"


async def test_the_list_its_history_and_the_insights_are_handed_on(
    sit: SitDown, workplace: Workplace, tmp_path: Path
) -> None:
    number = new(workplace, customerProfile__name="=Kontor | AG")
    async with sit(size=(120, 40)) as seat:
        await seat.press("E", "ctrl+s")
        assert "'=Kontor | AG" in seat.app.clipboard
        await seat.press("E", "2", "tab", "2", "tab")
        await seat.press("ctrl+u")
        await seat.type(str(tmp_path / "history.csv"))
        await seat.press("ctrl+s")
        assert "1 entry of the history: written to" in seat.message
        assert f",{number}," in (tmp_path / "history.csv").read_text("utf-8")
        await seat.press("E", "3", "ctrl+s")
        await seat.until(lambda: seat.app.clipboard.startswith("# Insights"))
    async with sit(settings=Settings(kiosk=True)) as seat:
        await seat.press("E")
        assert "Where to" not in seat.text
        await seat.press("escape")


class TestAnAlert:
    """S1: exactly one sequence, which no name adds to or changes."""

    HOSTILE = ("A;B\x1b]0;own\x07\x9d52;c;x\x9c\u202e\\", "Kontor " * 30, "漢字" * 60, "", "a\nb\tc")

    @pytest.mark.parametrize("company", HOSTILE)
    @pytest.mark.parametrize("environment", [{}, {"TMUX": "x"}, {"STY": "1", "TERM": "screen"}])
    def test_holds_our_words_and_the_cleaned_name(self, company: str, environment: dict[str, str]) -> None:
        words = f"refterm: hot flame #1 {alerts.name(company)}"
        assert ";" not in words
        for way, end in (("osc9", "\x07"), ("osc777", "\x07")):
            sent = alerts.sequence(way, words, environment)
            inside = sent.removeprefix("\x1bPtmux;\x1b").removeprefix("\x1bP").removesuffix("\x1b\\")
            assert inside.startswith("\x1b]")
            assert inside.endswith(end)
            body = inside[2:-1]
            assert body.isprintable()
            assert body == ("9;" if way == "osc9" else "777;notify;refterm;") + words
        assert alerts.sequence("ring", words, environment) == "\x07"
        assert alerts.sequence("off", words, environment) == ""

    async def test_comes_once_for_a_hot_flame_and_not_while_the_desk_is_in_focus(
        self, sit: SitDown, workplace: Workplace, luis: Workplace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hot: dict[str, Any] = {"details": {"customerRequestedContact": True}, "createdDateTime": ago(hours=1)}
        async with sit(settings=Settings(alerts=AlertSettings(terminal="osc777", on=("flame",)))) as seat:
            sent = _sent(seat, monkeypatch)
            new(workplace)  # Ana has acted
            for message, expected in ((None, 1), (events.AppBlur(), 2), (events.AppFocus(), 2)):
                if message:
                    seat.app.post_message(message)
                    await seat.settle()
                [number] = import_into(luis, [api_record(**hot)])
                import_into(luis, [api_record()])
                await seat.wake()
                notified = [one for one in sent if "notify" in one]
                assert len(notified) == expected
            Assigning(luis).assign([number], {"to": "ana"})  # not among `on`
            await seat.wake()
            assert len([one for one in sent if "notify" in one]) == 2
            assert FollowUps(workplace).due() == []


async def test_the_next_step_stands_in_the_list_and_in_the_detail(
    sit: SitDown, workplace: Workplace, clock: SettableClock
) -> None:
    """A5, T5: and who gave it to whom."""
    number = active(workplace)
    FollowUps(workplace).set(number, {"at": "+2h", "text": "ring them"})
    Assigning(workplace).assign([number], {"to": "ana"})
    async with sit(size=(140, 40)) as seat:
        await seat.press("2")
        assert "2 Mar 2026" in seat.row_line(number)
        await seat.press("enter")
        assert "ring them" in seat.line_with("Follow up")
        assert "given by ana" in seat.text
        await seat.press("escape")
        clock.advance(timedelta(hours=2))
        await seat.wake()
        assert "due 2 Mar 2026" in seat.row_line(number)


@pytest.mark.parametrize("keys", [("a",), ("R", "tab"), ("n",)])
async def test_a_form_shows_its_referral_whole_and_is_there_again_as_it_was_left(
    sit: SitDown, workplace: Workplace, keys: tuple[str, ...]
) -> None:
    """I2: whoever decides reads the address, too, and what was typed meanwhile stays."""
    new(workplace)
    async with sit(size=(80, 24)) as seat:
        for one in keys:
            await seat.press(one)
        form = seat.app.screen
        await seat.type("half a wor")
        typed = form.texts()
        await seat.press("f2")
        assert "All details" in seat.text
        await seat.press("G")
        assert "24103" in seat.text
        await seat.press("escape" if "a" in keys else "f2")
        assert seat.app.screen is form
        await seat.type("d")
        assert form.texts() != typed
        assert any("half a word" in text for text in form.texts().values())
    async with sit() as seat:
        await seat.press("F")
        await seat.press("f2")
        assert "not about a single referral" in seat.text
