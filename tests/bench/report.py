"""What was measured: figures, their targets, and the table that shows both."""

from __future__ import annotations

import platform
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import Any

PACKAGES = ("textual", "rich", "click", "sqlmodel", "sqlalchemy", "pydantic", "pendulum")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        name: what was measured.
        size: on how many referrals; empty where that does not matter.
        value: as it was, in `unit`; or the ratio to the floor, where `unit` is `x`.
        unit: `x`, `ms`, `s`, `%`, `B`, `MiB`, `rows/s`.
        target: what it must not exceed; for `rows/s` and `at_least`, what it must reach.
        note: the figures behind a ratio, and what else there is to know.
        at_least: the target is a least value.
    """

    name: str
    size: str
    value: float
    unit: str
    target: float | None
    note: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target


def ratio(name: str, size: str, ours: Sequence[float], floor: Sequence[float], target: float, unit: str) -> Figure:
    """A figure from paired runs: the median of the ratios, with both medians beside it."""
    paired = median(mine / theirs for mine, theirs in zip(ours, floor, strict=True))
    return Figure(name, size, paired, "x", target, f"{shown(median(ours))} to {shown(median(floor))} {unit}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies, by linear interpolation."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def shown(value: float) -> str:
    """A number with as many digits as mean something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def surroundings() -> dict[str, str]:
    """Date, versions and machine."""
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) // 2**20
    with open("/proc/cpuinfo") as file:
        cores = sum(line.startswith("processor") for line in file)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{cores} cores, {memory} GiB, Linux {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in PACKAGES},
    }


def as_json(figures: Sequence[Figure]) -> dict[str, Any]:
    """What is kept for a comparison."""
    return {"surroundings": surroundings(), "figures": [asdict(figure) for figure in figures]}


def table(figures: Sequence[Figure], base: dict[str, Any] | None = None) -> str:
    """The figures as a table of Markdown, with those of an earlier run where one is given."""
    before = {(one["name"], one["size"]): one["value"] for one in (base or {}).get("figures", [])}
    lines = [
        "| figure | referrals | target | measured | met | behind it |" + (" before |" if base else ""),
        "|---|--:|--:|--:|---|---|" + ("--:|" if base else ""),
    ]
    for one in figures:
        sign = "at least " if one.at_least else ""
        target = "" if one.target is None else f"{sign}{shown(one.target)} {one.unit}"
        met = {True: "yes", False: "**no**", None: ""}[one.met]
        cells = [one.name, one.size, target, f"{shown(one.value)} {one.unit}", met, one.note]
        if base:
            earlier = before.get((one.name, one.size))
            cells.append("" if earlier is None else f"{shown(earlier)} {one.unit}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def page(figures: Sequence[Figure]) -> str:
    """The document that is kept."""
    kept = surroundings()
    missed = [f"{one.name} ({one.size})" if one.size else one.name for one in figures if one.met is False]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `make bench`. A figure in `x` is a ratio to a floor of the same run, the median of paired,",
            "interleaved runs: `pane` is Textual with tabs, table, header and footer and nothing in them; `rows` a bare",
            "list over SQLite; `pass` is `python -c pass`. Times of keys go from the key to the last byte of its answer.",
            "",
            f"{kept['date']}, {kept['machine']}; Python {kept['python']} ({sys.implementation.name}), SQLite {kept['sqlite']}, "
            + ", ".join(f"{name} {kept[name]}" for name in PACKAGES)
            + ".",
            "",
            table(figures),
            "",
            f"{sum(one.met is True for one in figures)} targets are met."
            + (f" Not met: {'; '.join(missed)}." if missed else ""),
            "",
        ]
    )
