"""What the desk remembers for a person between two openings: tab, orders, filters, theme. One small file in the state folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from refterm import files
from refterm.domain.query import ORDERS, Filter, Order, Tab
from refterm.domain.referral import Outcome


@dataclass
class ViewState:
    """Where a person left the desk.

    Attributes:
        detail: where the detail stands: `below` the list, `beside` it, `off`; empty: as there is room.
    """

    tab: Tab = Tab.INBOX
    orders: dict[Tab, Order] = field(default_factory=dict)
    filters: dict[Tab, Filter] = field(default_factory=dict)
    theme: str | None = None
    detail: str = ""


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
    return {
        "tab": state.tab,
        "orders": dict(state.orders),
        "filters": filters,
        "theme": state.theme,
        "detail": state.detail,
    }


def _read(kept: Mapping[str, Any]) -> ViewState:
    orders = {Tab(tab): Order(order) for tab, order in kept["orders"].items()}
    filters = {Tab(tab): _read_filter(chosen) for tab, chosen in kept["filters"].items()}
    return ViewState(
        tab=Tab(kept["tab"]) if kept["tab"] != Tab.ALL else Tab.INBOX,
        orders={tab: order for tab, order in orders.items() if order in ORDERS[tab]},
        filters=filters,
        theme=kept["theme"],
        detail=kept.get("detail", "") if kept.get("detail") in ("below", "beside", "off") else "",
    )


def _read_filter(kept: Mapping[str, Any]) -> Filter:
    """A filter as it was kept; what this version does not know is left out."""
    known = {one.name for one in fields(Filter)}
    values = {name: value for name, value in kept.items() if name in known and value not in (None, False)}
    for name in ("since", "until"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "outcome" in values:
        values["outcome"] = Outcome(values["outcome"])
    values["ids"] = ()  # those of a finding are another question on another day
    return Filter(**values)
