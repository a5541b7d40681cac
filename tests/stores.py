"""For folders whose tests say what holds on either database: each test that has a desk runs on both."""

from __future__ import annotations

import pytest

STORES = ("sqlite", "postgresql")


def on_both(metafunc: pytest.Metafunc) -> None:
    """Run a test once on SQLite and once on PostgreSQL, unless it or its module (`STORES = ("sqlite",)`) says otherwise."""
    own = any("location" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "location" in metafunc.fixturenames and not own:
        stores = getattr(metafunc.module, "STORES", STORES)
        metafunc.parametrize("location", stores, indirect=True)
