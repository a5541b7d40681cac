"""One row of a form: it draws labels, hints, remarks and errors in the room that its fields leave.

A row is one widget whatever it says. So a form of eight fields is some fifteen widgets and stands within a tenth of a
second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Region

from refterm.text import as_sentence, fit, width
from refterm.tui.draw.signs import Signs
from refterm.tui.draw.themes import DIM
from refterm.tui.forms.fields import Field, FieldSpec, Texts

# A sentence that has fewer cells than this beside its field begins under the first field of the row.
_LEAST = 24


class FormRow(Horizontal):
    """One row of a form: a field or two, their labels, hints and errors."""

    def __init__(self, specs: Sequence[FieldSpec], fields: Sequence[Field], label_cells: int, signs: Signs) -> None:
        """
        Args:
            specs: what the fields are.
            fields: their widgets, in the same order.
            label_cells: the width of the column of labels, the same for all rows.
            signs: how this terminal draws.
        """
        super().__init__(*fields, classes="form-row")
        self.specs = tuple(specs)
        self.fields = tuple(fields)
        self._spare = max(spec.error_lines for spec in specs)
        self._signs = signs
        self._errors: dict[str, str] = {}
        self._hints: dict[str, str] = {}
        for number, (spec, field) in enumerate(zip(specs, fields, strict=True)):
            room = label_cells if number == 0 else width(spec.label) + 3
            field.styles.margin = (0, 0, self._spare, room)
            field.styles.width = spec.cells or "1fr"

    def spare_lines(self, *, roomy: bool) -> None:
        """Keep room for errors: as much as the fields ask for, or one line where the terminal is low."""
        self._spare = max(spec.error_lines for spec in self.specs) if roomy else 1
        self._make_room()

    @property
    def lines(self) -> int:
        """How many lines it takes without errors."""
        heights = [field.styles.height for field in self.fields]
        return max(int(height.value) if height and height.is_cells else 1 for height in heights) + self._spare

    def on_resize(self, _event: events.Resize) -> None:
        """Make room for errors that need more lines now."""
        self._make_room()

    def _make_room(self) -> None:
        """As many lines under the fields as their errors or hints need, and no fewer than are kept."""
        needed = 0
        if cells := self.size.width:
            errors = sum(len(lines) for _start, lines in self._sentences(cells))
            remarks = max(
                len(self._remark(spec, field, cells)) for spec, field in zip(self.specs, self.fields, strict=True)
            )
            needed = errors or len(self._hint_below(cells)) or remarks
        for field in self.fields:
            margin = field.styles.margin
            if margin.bottom != max(needed, self._spare):
                field.styles.margin = (0, 0, max(needed, self._spare), margin.left)

    @property
    def errors(self) -> Mapping[str, str]:
        """What stands under the fields, by field."""
        return self._errors

    @errors.setter
    def errors(self, errors: Mapping[str, str]) -> None:
        mine = {spec.name: errors[spec.name] for spec in self.specs if errors.get(spec.name)}
        if mine != self._errors:
            self._errors = mine
            self._make_room()
            self.refresh()

    @property
    def hints(self) -> Mapping[str, str]:
        """What stands beside the fields, by field."""
        return self._hints

    def show_hints(self, texts: Texts) -> None:
        """Say beside the fields what is understood."""
        hints = {spec.name: hint for spec in self.specs if spec.hint and (hint := spec.hint(texts))}
        if hints != self._hints:
            self._hints = hints
            self._make_room()
            self.refresh()

    def render(self) -> Content:
        """Labels before the fields, hints after them, errors under them."""
        cells, height = self.size
        if not cells or not height:
            return Content("")
        lines: list[list[tuple[int, str, str]]] = [[] for _number in range(height)]
        places = [field.virtual_region for field in self.fields]
        for number, (spec, place) in enumerate(zip(self.specs, places, strict=True)):
            lines[0].append((0 if number == 0 else place.x - width(spec.label) - 1, spec.label, ""))
        self._draw_hints(lines, places, cells)
        self._draw_errors(lines, places, cells)
        self._draw_remarks(lines, places, cells)
        return Content("\n").join([_line(pieces, cells, self._signs.ellipsis) for pieces in lines])

    def _draw_hints(self, lines: list[list[tuple[int, str, str]]], places: Sequence[Region], cells: int) -> None:
        below = self._hint_below(cells)
        if not below and self._hints:
            lines[0].append((places[-1].right + 2, self._hint, ""))
        if not self._errors:
            for line, text in zip(lines[places[0].bottom :], below, strict=False):
                line.append((places[0].x, text, ""))

    @property
    def _hint(self) -> str:
        return self._signs.sanitize("  ".join(self._hints.values()))

    def _hint_below(self, cells: int) -> list[str]:
        """The lines of a hint that has no room beside the fields; none where it has."""
        hint, last = self._hint, self.fields[-1].virtual_region.right
        if not hint or last + 2 + width(hint) <= cells:
            return []
        wrapped = Content(hint).wrap(max(cells - self.fields[0].virtual_region.x, _LEAST))
        return [line.plain.rstrip() for line in wrapped]

    def _draw_errors(self, lines: list[list[tuple[int, str, str]]], places: Sequence[Region], cells: int) -> None:
        at = max(place.bottom for place in places)
        for start, sentence in self._sentences(cells):
            for line in sentence:
                if at < len(lines):
                    lines[at].append((start, line, "bold $desk-text"))
                at += 1

    def _sentences(self, cells: int) -> list[tuple[int, list[str]]]:
        """Where each error begins, and its lines: under its field, or under the first one where there is more room."""
        found = []
        for spec, field in zip(self.specs, self.fields, strict=True):
            if text := self._errors.get(spec.name):
                sentence = Content(f"! {as_sentence(self._signs.sanitize(text))}")
                first, start = self.fields[0].virtual_region.x, field.virtual_region.x
                if cells - start < max(_LEAST, sentence.cell_length):
                    start = first
                wrapped = sentence.wrap(max(cells - start, _LEAST))
                found.append((start, [line.plain.rstrip() for line in wrapped]))
        return found

    def _draw_remarks(self, lines: list[list[tuple[int, str, str]]], places: Sequence[Region], cells: int) -> None:
        for spec, field, place in zip(self.specs, self.fields, places, strict=True):
            remark = self._remark(spec, field, cells)
            if remark and place.bottom < len(lines) and not lines[place.bottom]:
                for line, text in zip(lines[place.bottom :], remark, strict=False):
                    line.append((place.x + 1, text, DIM))

    def _remark(self, spec: FieldSpec, field: Field, cells: int) -> list[str]:
        """The lines of what stands under a field until something is wrong with it."""
        room = max(cells - field.virtual_region.x - 1, _LEAST)
        return [line.plain.rstrip() for line in Content(spec.remark).wrap(room)] if spec.remark else []


def _line(pieces: Sequence[tuple[int, str, str]], cells: int, ellipsis: str) -> Content:
    """Texts at their places in one line; one that would run into the next or over the end is cut."""
    drawn: list[tuple[str, str]] = []
    end = 0
    ordered = sorted(pieces)
    for number, (start, text, style) in enumerate(ordered):
        limit = ordered[number + 1][0] - 1 if number + 1 < len(ordered) else cells
        room = max(limit - max(start, end), 0)
        text = fit(text, room, ellipsis=ellipsis) if width(text) > room else text
        drawn.append((" " * (start - end), ""))
        drawn.append((text, style))
        end = max(start, end) + width(text)
    return Content.assemble(*drawn)
