"""`refterm assign`, `reply`, `follow-up` (T5, W1, A5)."""

from __future__ import annotations

import pytest

from refterm.clock import SettableClock
from refterm.services.personal.drafts import Drafts
from refterm.services.workplace import Workplace
from tests.cli.conftest import Command, complaint, said
from tests.services.use_cases import active, new


def _desk_id(workplace: Workplace) -> str:
    workplace.read_settings()
    return workplace.desk_id


@pytest.fixture(autouse=True)
def people(refterm: Command) -> None:
    refterm("db", "set", "people.bob=bob@us.example")


def test_assign_names_who_gets_what_and_who_does_not(refterm: Command, workplace: Workplace) -> None:
    first, second = new(workplace), active(workplace)
    assert (
        said(refterm("assign", first, second, "--to", "bob", "--notes", "yours"))
        == f"#{first}, #{second}: given to bob."
    )
    assert refterm("show", first, "--json").json["assigned_by"] == "ana"
    assert [entry["action"] for entry in refterm("history", first, "--json").json][-1] == "assigned"
    assert "choose one of ana, bob" in complaint(refterm("assign", first, "--to", "zoe"))
    refterm("--as", "bob", "take", second)
    assert "add --yes" in complaint(refterm("assign", second, "--to", "ana", "--as", "mei"))
    assert refterm("assign", second, 999, "--to", "ana", "--yes", "--as", "mei").status == 3
    assert refterm("show", second, "--json").json["taken_by"] == "ana"


def test_reply_names_the_address_prints_without_sending_and_is_undone(
    refterm: Command, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = new(workplace)
    shown = refterm("reply", number, "--template", "first-answer", "--print")
    assert shown.lines[:2] == ["To: inga@kontor.example", f"Subject: Your request ({number})"]
    assert refterm("outbox", "--json").json == []
    sent = refterm("reply", number, "--text", "-", "--subject", "Hello", stdin="Dear Inga,\nyes.\n")
    assert sent.status == 0
    assert sent.out.startswith(f"Wrote to inga@kontor.example about #{number} ")
    assert "mailto:inga@kontor.example?subject=Hello" in sent.err
    [owed] = refterm("outbox", "--json").json
    assert (owed["kind"], owed["to"], owed["state"]) == ("reply", "inga@kontor.example", "held")
    [entry] = [one for one in refterm("history", number, "--json").json if one["action"] == "replied"]
    assert entry["changes"] == {
        "to": [None, "inga@kontor.example"],
        "subject": [None, "Hello"],
        "text": [None, "Dear Inga,\nyes."],
    }
    assert refterm("undo", number).status == 0
    from refterm import paths

    drafts = Drafts(paths.state_folder() / "drafts", _desk_id(workplace), "ana")
    draft = drafts.load("reply", number)
    assert draft is not None
    assert draft.texts["text"] == "Dear Inga,\nyes."
    assert "one of both" in complaint(refterm("reply", number), 2)
    assert "no template; allowed are first-answer" in complaint(refterm("reply", number, "--template", "x"))


def test_follow_up_is_set_and_done(refterm: Command, workplace: Workplace, clock: SettableClock) -> None:
    number = active(workplace)
    assert said(refterm("follow-up", number, "--at", "tomorrow 09:00", "--text", "ring")).endswith(
        "at Tue 3 Mar 2026 09:00."
    )
    deal = refterm("show", number, "--json").json["deal"]
    assert (deal["follow_up_at"], deal["follow_up_text"]) == ("2026-03-03T09:00:00Z", "ring")
    assert said(refterm("follow-up", number, "--done")).startswith("Followed up")
    assert "has no follow-up" in complaint(refterm("follow-up", number, "--done"))
    assert "one of both" in complaint(refterm("follow-up", number), 2)
    assert "--at:" in complaint(refterm("follow-up", number, "--at", "2020-01-01"))
