"""`refterm note`, `contacted`, `take`, `release`, `favorite`, `skip`, `unskip` (T4, F4, T3, I10, I8)."""

from __future__ import annotations

import sys

import pytest

from refterm.cli import output
from tests.cli.conftest import Command, complaint, said
from tests.conftest import ImportRecords
from tests.samples import active_record, ahead, api_record, closed_record


@pytest.fixture
def new(import_records: ImportRecords) -> int:
    return import_records([api_record(customerProfile__name="Hansen KG")])[0]


def test_note(refterm: Command, new: int) -> None:
    assert said(refterm("note", new, "called\nnobody there")) == f"Noted on #{new} Hansen KG."
    assert refterm("history", new, "--json").json[-1]["changes"] == {"note": [None, "called\nnobody there"]}
    assert complaint(refterm("note", new, " ")).startswith("TEXT: ")


def test_contacted_and_withdrawn(refterm: Command, new: int) -> None:
    assert said(refterm("contacted", new, "--notes", "will answer")) == f"#{new} Hansen KG counts as contacted."
    record = refterm("show", new, "--json").json
    assert (record["contacted_at"], record["contacted_by"]) == ("2026-03-02T09:00:00Z", "ana")
    assert said(refterm("contacted", new)) == f"#{new} Hansen KG: withdrawn."
    assert refterm("show", new, "--json").json["contacted_at"] is None


def test_favorite_toggles(refterm: Command, new: int) -> None:
    assert said(refterm("favorite", new)) == f"#{new} Hansen KG is a favourite."
    assert refterm("show", new, "--json").json["favorite"] is True
    assert said(refterm("favorite", new)) == f"#{new} Hansen KG: removed from favourites."
    assert refterm("show", new, "--json").json["favorite"] is False


def test_a_sentence_ends_with_one_point(refterm: Command, import_records: ImportRecords) -> None:
    (number,) = import_records([api_record(customerProfile__name="Lakehead Schools Inc.")])
    assert said(refterm("note", number, "x")) == f"Noted on #{number} Lakehead Schools Inc."
    assert said(refterm("favorite", number)).startswith(f"#{number} Lakehead Schools Inc. is ")


class TestTake:
    """Another's take is given up only after a question (T3)."""

    def taken_by(self, refterm: Command, number: int) -> str | None:
        holder: str | None = refterm("show", number, "--json").json["taken_by"]
        return holder

    def test_take_and_release(self, refterm: Command, new: int) -> None:
        assert said(refterm("take", new)) == f"Took #{new} Hansen KG."
        assert said(refterm("take", new)) == f"Took #{new} Hansen KG."
        assert self.taken_by(refterm, new) == "ana"
        assert said(refterm("release", new)) == f"Released #{new} Hansen KG."
        assert self.taken_by(refterm, new) is None
        assert complaint(refterm("release", new)) == "nobody has taken it, so there is nothing to release"

    @pytest.mark.parametrize(("command", "holder"), [("take", "ana"), ("release", None)])
    def test_anothers_without_a_terminal(self, refterm: Command, new: int, command: str, holder: str | None) -> None:
        refterm("take", new, "--as", "luis")
        assert complaint(refterm(command, new, stdin="y\n")) == (
            f"luis has taken #{new} Hansen KG; to go on nevertheless, add --yes"
        )
        assert self.taken_by(refterm, new) == "luis"
        assert refterm(command, new, "--yes").status == 0
        assert self.taken_by(refterm, new) == holder

    @pytest.mark.parametrize("answer", ["y\n", "Yes\n", "n\n", "\n", ""])
    def test_anothers_at_a_terminal(
        self, refterm: Command, new: int, monkeypatch: pytest.MonkeyPatch, answer: str
    ) -> None:
        refterm("take", new, "--as", "luis")
        monkeypatch.setattr(output.terminal, "is_terminal", lambda stream: stream in (sys.stdin, sys.stderr))
        result = refterm("release", new, stdin=answer)
        question = f"luis has taken #{new} Hansen KG. Release it? [y/N] "
        if answer[:1].lower() == "y":
            assert (result.status, result.err) == (0, question)
            assert self.taken_by(refterm, new) is None
        else:
            assert (result.status, result.out) == (1, "")
            assert result.err == f"{question}refterm: luis keeps #{new} Hansen KG; nothing was changed\n"
            assert self.taken_by(refterm, new) == "luis"


class TestSkip:
    def test_skip_and_bring_back(self, refterm: Command, new: int) -> None:
        assert said(refterm("skip", new, "--until", "+2h")) == f"Skipped #{new} Hansen KG until Mon 2 Mar 2026 11:00."
        assert refterm("show", new, "--json").json["skipped_until"] == "2026-03-02T11:00:00Z"
        assert refterm("list", "--json").json == []
        assert said(refterm("unskip", new)) == f"Brought back #{new} Hansen KG. Inbox."
        assert complaint(refterm("unskip", new)) == "it is not skipped, so it stands in the Inbox already"

    @pytest.mark.parametrize("until", ["tomorrow 09:00", "2026-03-03T09:00", "2026-03-03T09:00:00Z"])
    def test_ways_to_say_when(self, refterm: Command, new: int, until: str) -> None:
        assert said(refterm("skip", new, "--until", until)).endswith("until Tue 3 Mar 2026 09:00.")

    def test_later_than_its_expiry_names_the_expiry(self, refterm: Command, import_records: ImportRecords) -> None:
        (number,) = import_records([api_record(expirationDateTime=ahead(hours=3))])
        assert complaint(refterm("skip", number, "--until", "+4h")) == (
            "--until: it expires before that, at Mon 2 Mar 12:00"
        )

    @pytest.mark.parametrize("until", ["later", "2026-03-02T08:00", ""])
    def test_bad_times(self, refterm: Command, new: int, until: str) -> None:
        assert complaint(refterm("skip", new, "--until", until)).startswith("--until: ")

    def test_only_new_ones(self, refterm: Command, import_records: ImportRecords) -> None:
        (active,) = import_records([active_record()])
        assert "only a new one can be skipped" in complaint(refterm("skip", active, "--until", "+1h"))


@pytest.mark.parametrize("arguments", [("take",), ("contacted",), ("skip", "--until", "+1h")])
def test_archived_ones_cannot_be_changed(
    refterm: Command, import_records: ImportRecords, arguments: tuple[str, ...]
) -> None:
    """What is closed is final (H2); a favourite and a note change nothing about it."""
    (closed,) = import_records([closed_record("Lost")])
    assert "it is closed" in complaint(refterm(arguments[0], closed, *arguments[1:]))
    assert refterm("favorite", closed).status == 0
    assert refterm("note", closed, "they called again").status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("note", 1, "x"),
        ("favorite", 1),
        ("take", 1),
        ("skip", 1, "--until", "+1h"),
        ("decline", 1, "--reason", "budget"),
        ("accept", 1, "--name", "n", "--value", "1", "--currency", "EUR", "--timeframe", "1 week", "--notes", "n"),
        ("undo", 1),
        ("tick",),
        ("db", "upgrade"),
    ],
)
def test_a_read_only_desk_refuses_every_change(refterm: Command, new: int, arguments: tuple[object, ...]) -> None:
    assert "open for reading only" in complaint(refterm("--read-only", *arguments))
    assert refterm("history", "--json").json[-1]["action"] == "imported"
