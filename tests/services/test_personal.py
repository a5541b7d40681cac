"""The files of one person, damaged in every way: the desk opens, and what can be kept is kept."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from refterm.domain.query import Filter, Tab
from refterm.services.personal.drafts import Drafts
from refterm.services.personal.view_state import SavedView, ViewState, ViewStates
from refterm.services.workplace import Workplace
from tests.samples import NOW

STORES = ("sqlite",)
SPOILT = (b"", b"{", b"[]", b"\xff\xfe\x00", b"null", b"[" * 100_000, b'{"saved_at": 1e999}', b"9" * 5000, b"\0" * 9)


def spoil(path: Path, content: bytes | None) -> None:
    """Put something else in a file's place; None puts a pipe there, which nobody writes to."""
    path.unlink()
    if content is None:
        os.mkfifo(path)
    else:
        path.write_bytes(content)


@pytest.mark.parametrize("content", [*SPOILT, None], ids=lambda content: repr(content)[:12])
def test_a_damaged_file_stops_nothing(tmp_path: Path, content: bytes | None) -> None:
    states, drafts = ViewStates(tmp_path, "ana", "desk"), Drafts(tmp_path, "desk", "ana")
    states.save(ViewState(Tab.ACTIVE))
    spoil(states.path, content)
    assert states.load() == ViewState()
    states.save(ViewState(Tab.ACTIVE))
    assert states.load().tab is Tab.ACTIVE

    for number in (1, 2):
        drafts.save("accept", number, {"name": "Deal"}, NOW)
    path = next(tmp_path.rglob("accept-1.json"))
    spoil(path, content)
    assert drafts.load("accept", 1) is None
    assert path.with_suffix(".damaged").exists()
    other = drafts.load("accept", 2)
    assert other is not None
    assert other.texts == {"name": "Deal"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"told": 10**30},
        {"told": -1},
        {"yielded": [10**30]},
        {"theme": 7},
        {"orders": {"inbox": []}},
        {"filters": {"inbox": {"min_fit": "many"}}},
        {"filters": {"inbox": {"expiring": 10**18}}},
        {"filters": {"inbox": {"profile": ["A"]}}},
        {"filters": {"inbox": {"since": "0001-01-01T00:00:00+14:00"}}},
        {"views": [{"name": {}, "tab": "inbox", "order": None, "filter": {}, "search": ""}]},
    ],
    ids=str,
)
def test_a_view_that_is_none_is_that_of_the_first_time(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """What passes is asked of the database at every opening."""
    states = ViewStates(tmp_path, "ana", "desk")
    states.save(ViewState(Tab.ACTIVE))
    states.path.write_text(json.dumps({**json.loads(states.path.read_text()), **wrong}))
    assert states.load() == ViewState()


def test_a_view_is_read_as_it_was_kept(workplace: Workplace, tmp_path: Path) -> None:
    since = datetime(2026, 1, 2, tzinfo=UTC)
    chosen = Filter(since=since, profile="DACH", mine="ana", flame=True, expiring=24, min_fit=60, country="DE")
    kept = ViewState(Tab.ACTIVE, {}, {Tab.INBOX: chosen}, "dark", "beside", [], True, 7, {1, 2})
    kept.views = [SavedView("Mine", kept_view(chosen))]
    states = ViewStates(tmp_path, "ana", workplace.desk_id)
    states.save(kept)
    assert states.load() == kept


def kept_view(chosen: Filter) -> Any:
    from refterm.domain.query import Order, View

    return View(Tab.INBOX, Order.EXPIRES, chosen, "acme")
