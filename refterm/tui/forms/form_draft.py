"""The draft of one open form: what it opens with, and keeping what is typed without mixing up old and new."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from refterm.domain.when import date_text, month_short
from refterm.i18n import _
from refterm.log import note_failure
from refterm.services.personal.drafts import Drafts
from refterm.tui.session import Session


class Opening(NamedTuple):
    """What a form opens with.

    Attributes:
        texts: what the fields read.
        shown: what stood there before anything was typed; differs from `texts` where a draft came back.
        restored: when that draft was kept; None without one.
    """

    texts: dict[str, str]
    shown: dict[str, str]
    restored: datetime | None = None


class Typed(NamedTuple):
    """The texts of a form at one moment; a higher number is a later moment."""

    number: int
    texts: dict[str, str]
    shown: dict[str, str]
    at: datetime


class DraftKeeper:
    """Writes and forgets the draft of an open form; from any thread, the latest word counts.

    A form on several referrals keeps one for each of them, so that it comes back with any of them.
    """

    def __init__(self, drafts: Drafts, form: str, referrals: Sequence[int]) -> None:
        self._drafts = drafts
        self._form = form
        self._referrals = tuple(referrals)
        self._turn = threading.Lock()
        self._number = 0
        self._latest = 0
        self._kept = False

    def open(self, initial: Mapping[str, str]) -> Opening:
        """Begin with the newest draft. From it come the fields that were typed in; the others are as they are now."""
        texts, shown = dict(initial), dict(initial)
        found = [draft for one in self._referrals if (draft := self._drafts.load(self._form, one))]
        if not found:
            return Opening(texts, shown)
        self._kept = True
        draft = max(found, key=lambda draft: draft.saved_at)
        for name, text in draft.texts.items():
            was = draft.shown.get(name, "")
            if name in texts and text != was:
                texts[name], shown[name] = text, was
        return Opening(texts, shown, draft.saved_at if texts != initial else None)

    def typed(self, texts: dict[str, str], shown: Mapping[str, str], at: datetime) -> Typed:
        """Take down what is typed now, to be written later; called in one thread only."""
        self._number += 1
        return Typed(self._number, texts, dict(shown), at)

    def write(self, typed: Typed) -> None:
        """Keep these texts, unless later ones were kept or all of them forgotten."""
        with self._turn:
            if typed.number <= self._latest:
                return
            self._latest = typed.number
            differs = typed.texts != typed.shown
            try:
                for one in self._referrals:
                    if differs:
                        self._drafts.save(self._form, one, typed.texts, typed.at, shown=typed.shown)
                    elif self._kept:
                        self._drafts.drop(self._form, one)
                self._kept = differs
            except OSError as error:
                _note(error)

    def forget(self) -> None:
        """Delete the draft: its texts were submitted or discarded."""
        with self._turn:
            self._latest = self._number
            self._kept = False
            try:
                for one in self._referrals:
                    self._drafts.drop(self._form, one)
            except OSError as error:
                _note(error)


def restored_sentence(saved_at: datetime, session: Session) -> str:
    """That a draft came back, and how to start over."""
    workplace = session.workplace
    at = saved_at.astimezone(workplace.zone)
    days = (workplace.today() - at.date()).days
    far = f"{at.day} {month_short(at)}" if abs(days) < 300 else date_text(at)
    day = {0: _("today"), 1: _("yesterday")}.get(days, far)
    return _("Draft of {day} {time} restored {dot} ctrl+r start over").format(
        day=day, time=f"{at:%H:%M}", dot=session.signs.dot
    )


def _note(error: OSError) -> None:
    """Log a failed draft: a full disk must not stop a decision."""
    with suppress(OSError):
        note_failure(error)
