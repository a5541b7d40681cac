"""Tests of this folder run on both databases (tests/stores.py)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.samples import NOW
from tests.stores import on_both

pytest_generate_tests = on_both


@pytest.fixture
def fresh(tmp_path: Path, empty_desk: Path, workplace: Workplace) -> Iterator[Callable[[], Workplace]]:
    """Makes further empty desks."""
    opened: list[Workplace] = []

    def make() -> Workplace:
        path = tmp_path / f"desk{len(opened)}.db"
        shutil.copyfile(empty_desk, path)
        opened.append(replace(workplace, database=open_database(path)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's database at its first instant, played once."""
    from refterm.services.demo import desk as demo

    return demo.replay(tmp_path_factory.mktemp("beginning") / "desk.db", NOW, demo.SEED, "en")
