"""The frame of a form and its layout: what it is about beside or above the fields, the rows, and the footer."""

from __future__ import annotations

from collections.abc import Sequence

from textual.containers import Container, VerticalScroll
from textual.geometry import Size

from refterm.tui.draw.signs import Signs
from refterm.tui.forms.about import AboutPane
from refterm.tui.forms.fields import NotesField
from refterm.tui.forms.frame import FormFooter, Told, frame_title
from refterm.tui.forms.row import FormRow

# From so many lines on there is room for larger notes, for longer errors, and for a blank line above the first field.
ROOMY_LINES = 34
# From so many columns on what a form is about stands beside the fields.
BESIDE_COLUMNS, ABOUT_CELLS = 116, 38
# What the frame takes at its sides, padding included, and above and below.
_SIDES, _EDGES = 6, 2


class FormDialog(Container):
    """Where the terminal is too low the fields scroll, while frame, message and button stay."""

    def __init__(
        self,
        title: tuple[str, str],
        rows: Sequence[FormRow],
        told: Sequence[str],
        pane: AboutPane | None,
        footer: FormFooter,
        *,
        cells: int,
        signs: Signs,
    ) -> None:
        """
        Args:
            title: what stands at the left and at the right of the frame.
            rows: the fields.
            told: lines to know before the decision, below them.
            pane: what stands beside or above them.
            footer: message, keys and button.
            cells: how wide it is without the pane, where there is room.
            signs: how this terminal draws.
        """
        self._scroll = VerticalScroll(*rows, *([Told(told)] if told else []), id="form-rows", can_focus=False)
        self._middle = Container(*([pane] if pane else []), self._scroll, id="form-middle")
        super().__init__(self._middle, footer, id="form-dialog")
        self._told = len(told)
        self._title, self._rows, self._pane, self._footer = title, rows, pane, footer
        self._cells, self._signs = cells, signs
        self._fitted: tuple[Size, str] | None = None

    def fit(self, size: Size, *, anew: bool = False) -> None:
        """Fit into a terminal of a size; done before the first layout, too, so that it is laid out and drawn once."""
        if self._fitted == (size, self._footer.message) and not anew:
            return
        self._fitted = (size, self._footer.message)
        roomy = size.height >= ROOMY_LINES
        pane = self._pane
        beside = pane is not None and size.width >= BESIDE_COLUMNS
        whole = min(self._cells + (ABOUT_CELLS + 2 if beside else 0), max(size.width, 1))
        cells = max(whole - _SIDES, 1)
        footer = self._footer.lines(cells)
        room = max(size.height - footer - _EDGES - int(roomy), 1)
        self.styles.width = whole
        self.styles.padding = (int(roomy), 2, 0, 2)
        self._footer.styles.height = footer
        for row in self._rows:
            row.spare_lines(roomy=roomy)
            for field in row.fields:
                if isinstance(field, NotesField):
                    field.styles.height = field.shown_lines[roomy]
        if pane:
            pane.is_beside = beside
            pane.most = room if beside else room - sum(row.lines for row in self._rows) - self._told
            lines = len(pane.lines(ABOUT_CELLS if beside else cells))
            pane.styles.width = ABOUT_CELLS + 2 if beside else "1fr"
            pane.styles.padding = (0, 2, 0, 0) if beside else 0
            pane.styles.height = lines
            room = room if beside else max(room - lines, 1)
            self._middle.styles.layout = "horizontal" if beside else "vertical"
        self._scroll.styles.max_height = room
        self.border_title = frame_title(*self._title, cells, self._signs)
