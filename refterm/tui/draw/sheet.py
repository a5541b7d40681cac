"""Lines of pieces and how they are put together: labels, wrapping, two columns. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from refterm.text import fit, width
from refterm.tui.draw.row import Look, Piece

Lines = list[list[Piece]]
LABEL = 15
# Blanks between two columns of lines.
BETWEEN = 3
# Keeps two words on one line, as an amount and its currency; drawn as a blank.
KEEP = "\u00a0"


def dotted(look: Look, *parts: str) -> str:
    """The parts that are not empty, with dots between; no line begins with a dot."""
    return f"{KEEP}{look.signs.dot} ".join(part for part in parts if part)


def kept(text: str) -> str:
    """A text that is not broken over lines: an amount, a day."""
    return text.replace(" ", KEEP)


def labelled(label: str, text: str, cells: int, look: Look, style: str = "plain") -> Lines:
    """A text behind its label, on as many lines as it needs; nothing where there is no text."""
    if not text.strip():
        return []
    return [
        [(named(label if number == 0 else "", look), "dim"), (line, style)]
        for number, line in enumerate(wrap(text, cells - LABEL, look))
    ]


def named(label: str, look: Look) -> str:
    """A label in its cells."""
    return " " + fit(label, LABEL - 2, ellipsis=look.signs.ellipsis) + " "


def wrapped(text: str, cells: int, look: Look, style: str = "plain") -> Lines:
    """A text on as many lines as it needs."""
    return [[(" " + line, style)] for line in wrap(text, cells - 2, look)] if text.strip() else []


def wrap(text: str, cells: int, look: Look) -> list[str]:
    """Break a text into lines of so many cells, at blanks where it can, inside a word where it must."""
    return broken(text, cells, look.signs.sanitize)


def broken(text: str, cells: int, sanitize: Callable[[str], str]) -> list[str]:
    """The same, of a text that is made fit for the terminal by `sanitize`."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in map(sanitize, paragraph.split(" ")):
            joined = f"{line} {word}" if line else word
            if width(joined) <= cells:
                line = joined
                continue
            if line:
                lines.append(line)
            while width(word) > cells > 1:
                # fit() may end in one blank before a wide letter; a word may hold other kinds of blank.
                head = fit(word, cells, ellipsis="").removesuffix(" ")
                lines.append(head)
                word = word[len(head) :]
            line = word
        lines.append(line)
    return [line.replace(KEEP, " ") for line in lines]


def hanging(text: str, cells: int, look: Look) -> list[str]:
    """A line on as many lines as it needs, each but the first below the text that follows its label and two blanks."""
    _label, blanks, said = text.partition("  ")
    if not blanks:
        return wrap(text, cells, look) or [""]
    head = text[: len(text) - len(said.lstrip())]
    first, *others = wrap(said.lstrip(), cells - width(head), look) or [""]
    return [head + first, *(" " * width(head) + line for line in others)]


def flow(parts: Sequence[str], gap: str, cells: int) -> list[str]:
    """Put parts on lines without breaking one: a part that does not fit begins a new line."""
    lines: list[str] = []
    for part in parts:
        if lines and width(lines[-1]) + width(gap) + width(part) <= cells:
            lines[-1] += gap + part
        else:
            lines.append(part if not lines else "   " + part)
    return lines


def beside(left: Lines, right: Lines, own: int, look: Look) -> Lines:
    """Two columns of lines, the left one so many cells wide."""
    lines: Lines = []
    for number in range(max(len(left), len(right))):
        one = cut(left[number] if number < len(left) else [], own, look)
        other = right[number] if number < len(right) else []
        if other:
            one = [*one, (" " * (own - cells_of(one) + BETWEEN), "plain"), *other]
        lines.append(one)
    return lines


def cells_of(line: Sequence[Piece]) -> int:
    """How wide a line is."""
    return sum(width(text) for text, _style in line)


def cut(line: list[Piece], cells: int, look: Look) -> list[Piece]:
    """Cut a line to its cells. Every text is sanitized here once more, so that none is forgotten."""
    drawn: list[Piece] = []
    room = cells
    for raw, style in line:
        text = look.signs.sanitize(raw.replace(KEEP, " "))
        size = width(text)
        if size > room:
            drawn.append((fit(text, room, ellipsis=look.signs.ellipsis), style))
            break
        drawn.append((text, style))
        room -= size
    return drawn
