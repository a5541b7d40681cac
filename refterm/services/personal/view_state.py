"""What the desk remembers for a person between two openings: tab, orders, filters, theme. One small file in the state folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from refterm import files
from refterm.domain.query import ORDERS, Filter, Order, Tab
from refterm.domain.referral import Outcome


@dataclass
class ViewState:
    """Where a person left the desk."""

    tab: Tab = Tab.INBOX
    orders: dict[Tab, Order] = field(default_factory=dict)
    filters: dict[Tab, Filter] = field(default_factory=dict)
    theme: str | None = None


class ViewStates:
    """Keeps the view state of each person in a file of their own."""

    def __init__(self, folder: Path, person: str) -> None:
        name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in person)
        self.path = folder / f"view-{name}.json"

    def load(self) -> ViewState:
        """What was kept; the defaults where there is nothing, or nothing that can be read."""
        try:
            kept = json.loads(self.path.read_text("utf-8"))
            return _read(kept)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # A view that cannot be read is not worth a word: the desk opens as at the first time.
            return ViewState()

    def save(self, state: ViewState) -> None:
        """Keep it, for this person's eyes only."""
        files.write(self.path, json.dumps(_write(state)).encode())


def _write(state: ViewState) -> dict[str, Any]:
    filters = {
        tab: {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(chosen).items()}
        for tab, chosen in state.filters.items()
        if chosen != Filter()
    }
    return {"tab": state.tab, "orders": dict(state.orders), "filters": filters, "theme": state.theme}


def _read(kept: Mapping[str, Any]) -> ViewState:
    orders = {Tab(tab): Order(order) for tab, order in kept["orders"].items()}
    filters = {Tab(tab): _read_filter(chosen) for tab, chosen in kept["filters"].items()}
    return ViewState(
        tab=Tab(kept["tab"]) if kept["tab"] != Tab.ALL else Tab.INBOX,
        orders={tab: order for tab, order in orders.items() if order in ORDERS[tab]},
        filters=filters,
        theme=kept["theme"],
    )


def _read_filter(kept: Mapping[str, Any]) -> Filter:
    return Filter(
        outcome=Outcome(kept["outcome"]) if kept["outcome"] else None,
        since=datetime.fromisoformat(kept["since"]) if kept["since"] else None,
        until=datetime.fromisoformat(kept["until"]) if kept["until"] else None,
        profile=kept["profile"],
        favorite=bool(kept["favorite"]),
        skipped=bool(kept["skipped"]),
    )
