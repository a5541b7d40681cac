"""Printing for commands: data to standard output, messages to standard error, without control characters."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any, NamedTuple, TextIO

from refterm.cli import terminal
from refterm.i18n import _
from refterm.text import ascii_only, display, fit, one_point, width

# The widths of the columns come from this many first rows.
MEASURED = 200
# The longest cell that is printed on a pipe.
LONGEST = 120
DIM, PLAIN = "\x1b[2m", "\x1b[0m"
# In JSON these can only stand inside a string, where an escape means the same.
_INVISIBLE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def line(text: str = "", *, dim: bool = False) -> None:
    """Print one line of data; whatever a terminal would obey is left out."""
    shown = _shown(text, sys.stdout)
    _write(sys.stdout, f"{DIM}{shown}{PLAIN}\n" if dim and terminal.has_colours() else shown + "\n")


def sentence(text: str) -> None:
    """Print what was done."""
    line(one_point(text))


def say(text: str) -> None:
    """Say something beside the data, on standard error."""
    _write(sys.stderr, _shown(text, sys.stderr) + "\n")


def complain(text: str, subject: str | None = None) -> None:
    """Say what went wrong: one line that begins with the program's name.

    Args:
        text: the sentence.
        subject: what of several things it is about, such as the ID that was typed.
    """
    say(f"refterm: {subject}: {text}" if subject else f"refterm: {text}")


def json_object(value: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    _write(sys.stdout, _json(value, indent=2) + "\n")


def json_array(values: Iterable[Mapping[str, Any]]) -> None:
    """Print a JSON array, an object a line, each as soon as it is known."""
    before = "[\n"
    for value in values:
        _write(sys.stdout, before + _json(value))
        before = ",\n"
    _write(sys.stdout, "[]\n" if before == "[\n" else "\n]\n")


def ask(question: str) -> bool | None:
    """Ask for a yes; None where there is nobody to ask."""
    if not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)):
        return None
    yes, no = _("y"), _("N")
    _write(sys.stderr, f"{_shown(question, sys.stderr)} [{yes}/{no}] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold()[:1] in ("y", yes)


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        title: what stands above it.
        cells: how wide it is at most.
        least: to how little it may be cut where room is scarce; 0 for never.
        right: whether it is aligned to the right.
        cut: whether a longer text is cut on a pipe, too.
    """

    title: str
    cells: int
    least: int = 0
    right: bool = False
    cut: bool = False


def table(columns: list[Column], rows: Iterable[list[str]], importance: list[int]) -> None:
    """Print rows as they come, in columns as wide as the first rows need.

    On a terminal what does not fit is cut, and the least important columns are left out. On a pipe all columns stand,
    and a text longer than its column moves the rest of its line.

    Args:
        columns: in the order in which they stand.
        rows: a text for each column.
        importance: positions in `columns`, the most important first.
    """
    coming = iter(rows)
    first = [[display(text) for text in row] for row in islice(coming, MEASURED)]
    if not first:
        return
    total = terminal.columns()
    widths = [
        min(column.cells, max(width(text) for text in (column.title, *(row[place] for row in first))) or column.cells)
        for place, column in enumerate(columns)
    ]
    shown = sorted(importance)
    if total is not None:
        # An empty column gives its room to the others, where all rows are known.
        empty = set() if len(first) == MEASURED else {place for place in importance if not any(r[place] for r in first)}
        shown = _fitting(columns, widths, [place for place in importance if place not in empty], total)
    line(_joined([column.title for column in columns], columns, widths, shown, total), dim=True)
    for row in chain(first, ([display(text) for text in row] for row in coming)):
        line(_joined(row, columns, widths, shown, total))


def _fitting(columns: list[Column], widths: list[int], importance: list[int], total: int) -> list[int]:
    """Which columns stand in so many cells; `widths` are cut to what is left for them."""
    needs = [min(cells, columns[place].least or cells) for place, cells in enumerate(widths)]
    shown: list[int] = []
    left = total
    for place in importance:
        # Columns are parted by two blanks.
        if needs[place] + (2 if shown else 0) > left:
            break
        left -= needs[place] + (2 if shown else 0)
        shown.append(place)
    for place in shown:
        more = min(left, widths[place] - needs[place])
        widths[place] = needs[place] + more
        left -= more
    return sorted(shown)


def _joined(texts: list[str], columns: list[Column], widths: list[int], shown: list[int], total: int | None) -> str:
    parts = []
    for place in shown:
        text, cells = texts[place], widths[place]
        column = columns[place]
        if total is None and not column.cut:
            cells = max(cells, min(width(text), LONGEST))
        parts.append(fit(text, cells, right=column.right, ellipsis=_ellipsis()))
    return "  ".join(parts).rstrip()


def knows_utf8() -> bool:
    """Whether standard output takes every letter."""
    return _knows_utf8(sys.stdout)


def _ellipsis() -> str:
    return "…" if _knows_utf8(sys.stdout) else "~"


def _json(value: Mapping[str, Any], indent: int | None = None) -> str:
    import json

    text = json.dumps(value, ensure_ascii=not _knows_utf8(sys.stdout), indent=indent)
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _knows_utf8(stream: TextIO | None) -> bool:
    return (getattr(stream, "encoding", None) or "").lower().replace("-", "") in ("utf8", "utf8sig")


def _shown(text: str, stream: TextIO | None) -> str:
    shown = display(text)
    return shown if _knows_utf8(stream) else ascii_only(shown)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is not None:
        stream.write(text)
