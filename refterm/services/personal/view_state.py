"""What the desk remembers for a person between two openings: tab, orders, filters, theme. One small file in the state folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from refterm import files
from refterm.domain.query import ORDERS, Filter, Order, Tab, View
from refterm.domain.referral import Outcome
from refterm.text import clean


class SavedView(NamedTuple):
    """What a person looks at often, under a name."""

    name: str
    view: View


@dataclass
class ViewState:
    """Where a person left the desk.

    Attributes:
        detail: where the detail stands: `below` the list, `beside` it, `off`; empty: as there is room.
        views: one's own views.
        toured: the tour was taken, so that the empty desk offers it no more.
        told: the history entry up to which the person was told what Partner Center did not take.
        yielded: referrals of which it did not, and which the person has not looked at yet.
    """

    tab: Tab = Tab.INBOX
    orders: dict[Tab, Order] = field(default_factory=dict)
    filters: dict[Tab, Filter] = field(default_factory=dict)
    theme: str | None = None
    detail: str = ""
    views: list[SavedView] = field(default_factory=list)
    toured: bool = False
    told: int = 0
    yielded: set[int] = field(default_factory=set)


class ViewStates:
    """Keeps the view state of each person, for each desk in a file of its own; the theme is that of all desks."""

    def __init__(self, folder: Path, person: str, desk_id: str = "") -> None:
        name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in person)
        self._everywhere = folder / f"view-{name}.json"
        self.path = folder / f"view-{name}-{desk_id}.json" if desk_id else self._everywhere

    def load(self) -> ViewState:
        """What was kept; the defaults where there is nothing, or nothing that can be read."""
        state = self._load(self.path) or ViewState()
        if self.path != self._everywhere and (everywhere := self._load(self._everywhere)):
            state.theme = everywhere.theme
        return state

    def _load(self, path: Path) -> ViewState | None:
        try:
            return _read(json.loads(files.read(path)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            # A view that cannot be read is not worth a word: the desk opens as at the first time.
            return None

    def save(self, state: ViewState) -> None:
        """Keep it, for this person's eyes only."""
        files.write(self.path, json.dumps(_write(state)).encode())
        if self.path != self._everywhere:
            known = self._load(self._everywhere) or ViewState()
            if known.theme != state.theme:
                files.write(self._everywhere, json.dumps(_write(ViewState(theme=state.theme))).encode())


def _write(state: ViewState) -> dict[str, Any]:
    filters = {tab: _write_filter(chosen) for tab, chosen in state.filters.items() if chosen != Filter()}
    views = [
        {
            "name": one.name,
            "tab": one.view.tab,
            "order": one.view.order,
            "filter": _write_filter(one.view.filter),
            "search": one.view.search,
        }
        for one in state.views
    ]
    return {
        "tab": state.tab,
        "orders": dict(state.orders),
        "filters": filters,
        "theme": state.theme,
        "detail": state.detail,
        "views": views,
        "toured": state.toured,
        "told": state.told,
        "yielded": sorted(state.yielded),
    }


def _write_filter(chosen: Filter) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in chosen._asdict().items()}


def _read(kept: Mapping[str, Any]) -> ViewState:
    orders = {Tab(tab): Order(order) for tab, order in kept["orders"].items()}
    filters = {Tab(tab): _read_filter(chosen) for tab, chosen in kept["filters"].items()}
    return ViewState(
        tab=Tab(kept["tab"]) if kept["tab"] != Tab.ALL else Tab.INBOX,
        orders={tab: order for tab, order in orders.items() if order in ORDERS[tab]},
        filters=filters,
        theme=_text(kept["theme"]) if kept["theme"] is not None else None,
        detail=kept.get("detail", "") if kept.get("detail") in ("below", "beside", "off") else "",
        views=[
            SavedView(
                _text(one["name"]),
                View(
                    Tab(one["tab"]),
                    Order(one["order"]) if one["order"] else None,
                    _read_filter(one["filter"]),
                    _text(one["search"]),
                ),
            )
            for one in kept.get("views", ())
        ],
        toured=kept.get("toured") is True,
        told=_whole(kept.get("told", 0)),
        yielded={_whole(number) for number in kept.get("yielded", ())},
    )


def _read_filter(kept: Mapping[str, Any]) -> Filter:
    """A filter as it was kept; what this version does not know is left out."""
    # Without the ids of a finding: they are another question on another day.
    values = {
        name: _read_field(name, value)
        for name, value in kept.items()
        if name in Filter._fields and name != "ids" and value not in (None, False)
    }
    return Filter(**values)


def _read_field(name: str, value: Any) -> Any:
    match name:
        case "outcome":
            return Outcome(value)
        case "since" | "until":
            return datetime.fromisoformat(_text(value)).astimezone(UTC)
        case "expiring" | "min_fit":
            return _whole(value, 9999)
        case "profile" | "mine" | "country" | "channel" | "label":
            return _text(value)
    return bool(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return clean(value)


def _whole(value: Any, most: int = 2**63 - 1) -> int:
    """A number that a database takes."""
    if not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError
    return value
