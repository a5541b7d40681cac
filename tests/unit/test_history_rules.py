"""When a decision can be undone (U1), and the words of the history (T4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from refterm.domain.history import DECISIONS, Action, Actor, Entry, check_undo
from refterm.errors import UndoError

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANA = Actor("ana", "ana")


def decided(action: Action = Action.ACCEPTED, by: str = "ana") -> Entry:
    return Entry(id=7, at=AT, by=by, login=by, action=action, referral=1, version=3)


def undo(
    decision: Entry | None,
    seconds: float = 1,
    *,
    actor: Actor = ANA,
    changed: Entry | None = None,
    undo_seconds: int = 60,
) -> Entry:
    now = AT + timedelta(seconds=seconds)
    return check_undo(decision, actor=actor, now=now, undo_seconds=undo_seconds, changed=changed)


@pytest.mark.parametrize("action", DECISIONS)
@pytest.mark.parametrize("seconds", [0, 59, 59.999999])
def test_who_decided_can_undo_it_for_60_seconds(action: Action, seconds: float) -> None:
    decision = decided(action)
    assert undo(decision, seconds) is decision


@pytest.mark.parametrize("seconds", [60, 61, 86_400])
def test_from_the_60th_second_on_it_says_why_not(seconds: float) -> None:
    with pytest.raises(UndoError, match="was accepted 60 s or more ago and can no longer be undone"):
        undo(decided(), seconds)


@pytest.mark.parametrize("span", [1, 5, 3600])
def test_the_site_can_set_the_time(span: int) -> None:
    decision = decided()
    assert undo(decision, span - 0.000001, undo_seconds=span) is decision
    with pytest.raises(UndoError, match=f" {span} s or more ago"):
        undo(decided(), span, undo_seconds=span)


def test_with_no_time_nothing_can_be_undone() -> None:
    with pytest.raises(UndoError, match="undo is switched off"):
        undo(decided(), 0, undo_seconds=0)


def test_another_persons_decision_is_theirs() -> None:
    with pytest.raises(UndoError, match="declined by bo; only who decided can undo it"):
        undo(decided(Action.DECLINED, by="bo"))


def test_not_when_what_it_set_has_changed_since() -> None:
    with pytest.raises(UndoError, match=r"has changed since it was accepted, .*: declined by bo"):
        undo(decided(), changed=decided(Action.DECLINED, by="bo"))


def test_not_without_a_decision() -> None:
    with pytest.raises(UndoError, match="no decision to undo"):
        undo(None)


@pytest.mark.parametrize("action", [action for action in Action if action not in DECISIONS])
def test_nothing_but_a_decision(action: Action) -> None:
    with pytest.raises(UndoError, match="no decision to undo"):
        undo(decided(action))


def test_z2_a_clock_that_was_set_back_takes_no_undo_away() -> None:
    decision = decided()
    assert undo(decision, -3600) is decision


def test_the_decisions_that_can_be_undone() -> None:
    assert {"accepted", "declined", "won", "lost"} == set(DECISIONS)


def test_t4_the_words_of_the_history() -> None:
    """Contract, JSON: `action`."""
    words = """imported updated accepted declined expired edited contact-added contact-edited contact-removed noted
    contacted taken released skipped unskipped favorited unfavorited won lost undone"""
    assert set(words.split()) <= {action.value for action in Action}
