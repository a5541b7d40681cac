"""The fields of a form: one line, notes, a choice."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.widgets.input import Selection

from refterm.text import clean, clean_line, fit, fold, width
from refterm.tui.draw.signs import Signs
from refterm.tui.forms.in_order import InOrder
from refterm.tui.textual_quirks import stop_watching

Texts = Mapping[str, str]
TYPE_AHEAD_SECONDS = 1.0
# Of more options than this a part is shown, with the chosen one in it.
MOST_SHOWN = 8


class FieldSpec(NamedTuple):
    """One field of a form.

    Attributes:
        name: its name in the texts, and in the errors of the service.
        label: what stands before it.
        kind: one line of text, notes of several lines, or a choice.
        group: fields of the same group stand in one row.
        cells: its width; 0 takes what is left.
        placeholder: what stands in it while it is empty.
        options: value and label of what can be chosen.
        inline: the options stand in one line.
        hint: what was understood, from the texts of the form; stands beside the field.
        on_change: given all texts, returns new texts for other fields.
        error_lines: the room kept under it where the terminal is high, so that nothing moves when an error appears; one
            line where it is low.
        lines: of notes, how many lines a low and a high terminal show.
        remark: what stands dim under it while there is no error, such as who reads it.
        selected: the first text of notes is somebody else's: it is selected on entering, so that typing replaces it.
    """

    name: str
    label: str
    kind: Literal["line", "notes", "choice"] = "line"
    group: str = ""
    cells: int = 0
    placeholder: str = ""
    options: Sequence[tuple[str, str]] = ()
    inline: bool = False
    hint: Callable[[Texts], str] | None = None
    on_change: Callable[[Texts], Texts] | None = None
    error_lines: int = 1
    lines: tuple[int, int] = (3, 4)
    remark: str = ""
    selected: bool = False


class LineField(InOrder, Input):
    """One line. Enter goes to the next field and never submits."""

    # As in the search field: Textual would lay the whole screen out anew with every letter.
    virtual_size = Reactive(Size(0, 0), layout=False)

    def __init__(self, spec: FieldSpec, text: str) -> None:
        super().__init__(text, placeholder=spec.placeholder, id=f"field-{spec.name}", compact=True)
        self.cursor_blink = False

    def _watch_selection(self, selection: Selection) -> None:
        super()._watch_selection(selection)
        if selection == Selection(0, len(self.value)):
            # On entering all is selected: the beginning is in sight, not the end.
            self.scroll_to(x=0, animate=False, force=True)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.value

    def put(self, text: str) -> None:
        """Put a text in place of what is typed."""
        self.value = text
        self.selection = Selection.cursor(len(text))  # what was selected would end inside a letter of several parts

    async def action_submit(self) -> None:
        """Go to the next field."""
        self.screen.focus_next()

    def _on_paste(self, event: events.Paste) -> None:
        # The base class takes it from here, and would take the first line only.
        event.text = clean_line(event.text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))


class NotesField(InOrder, TextArea):
    """Several lines. Enter begins a line, tab leaves the field."""

    def __init__(self, spec: FieldSpec, text: str, first: str = "") -> None:
        super().__init__(
            text,
            id=f"field-{spec.name}",
            compact=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder=Content(spec.placeholder),
        )
        self.cursor_blink = False
        self.shown_lines = spec.lines
        self._replaced = first if spec.selected else ""

    def on_unmount(self) -> None:
        """Leave nothing behind."""
        stop_watching(self)

    def put(self, text: str) -> None:
        """Put a text in place of what is typed."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    def insert_phrase(self, phrase: str) -> None:
        """Put a phrase in place of what is selected, or at the cursor."""
        self.replace(phrase, *self.selection)

    def on_focus(self, event: events.Focus) -> None:
        """In notes that the person wrote the cursor goes to the end; somebody else's words are selected."""
        if event.from_app_focus:
            return
        if self._replaced and self.text == self._replaced:
            self.select_all()
        else:
            self.move_cursor(self.document.end)

    async def _on_paste(self, event: events.Paste) -> None:
        # Terminals paste carriage returns for line breaks; whatever else they paste must not reach the screen.
        event.text = clean(event.text.replace("\r\n", "\n").replace("\r", "\n"))


class ChoiceField(Widget, can_focus=True):
    """One of a few: by its number, by the first letters of its label or value, or with the arrow keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,left", "step(-1)", show=False),
        Binding("down,right", "step(1)", show=False),
        Binding("home", "step(-1000)", show=False),
        Binding("end", "step(1000)", show=False),
        Binding("enter", "leave", show=False),
    ]

    class Changed(Message):
        """Another option is chosen."""

        def __init__(self, choice: ChoiceField) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> ChoiceField:
            """The field."""
            return self.choice

    def __init__(
        self, spec: FieldSpec, text: str, signs: Signs, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is chosen where the text is no option's value.

        Args:
            spec: what to choose from.
            text: the value chosen at first.
            signs: how this terminal draws.
            clock: seconds, to tell which letters belong together.
        """
        super().__init__(id=f"field-{spec.name}")
        self.options = tuple(spec.options)
        self.inline = spec.inline
        self._signs = signs
        self._clock = clock
        self._typed = ""
        self._typed_at = 0.0
        self.styles.height = 1 if spec.inline else min(len(self.options), MOST_SHOWN)
        self.chosen = -1
        self.put(text)

    @property
    def text(self) -> str:
        """The value of the chosen option; empty while nothing is chosen."""
        return self.options[self.chosen][0] if self.chosen >= 0 else ""

    def put(self, text: str) -> None:
        """Choose the option of this value; none where there is no such option."""
        self.chosen = next((number for number, option in enumerate(self.options) if option[0] == text), -1)
        self.refresh()

    def render(self) -> Content:
        """The options with their numbers; the chosen one, or a cursor while there is none, never by colour alone."""
        labels = [f"{number} {self._signs.sanitize(label)}" for number, (_value, label) in enumerate(self.options, 1)]
        style = "reverse" if self.has_focus else "bold"
        if self.inline:
            pieces = [
                (f"[{label}]", style) if number == self.chosen else (f" {label} ", "")
                for number, label in enumerate(labels)
            ]
            return self._with_cursor(Content.assemble(*pieces))
        cells = max(self.content_size.width, 1)
        lines = []
        for number, label in list(enumerate(labels))[self._first_shown() :][:MOST_SHOWN]:
            sign = ">" if number == self.chosen else " "
            line = fit(f"{sign} {label}", cells, ellipsis=self._signs.ellipsis)
            lines.append(Content.styled(line, style if number == self.chosen else ""))
        return self._with_cursor(Content("\n").join(lines))

    def _with_cursor(self, drawn: Content) -> Content:
        return drawn.stylize("reverse", 0, 1) if self.has_focus and self.chosen < 0 else drawn

    def choose(self, number: int) -> None:
        """Choose an option by its place, counting from 0."""
        if number != self.chosen:
            self.chosen = number
            self.refresh()
            self.post_message(self.Changed(self))

    def action_step(self, by: int) -> None:
        """Go to another option; the first step chooses the first one."""
        self.choose(min(max(self.chosen + by, 0), len(self.options) - 1))

    def action_leave(self) -> None:
        """Go to the next field."""
        self.screen.focus_next()

    def on_key(self, event: events.Key) -> None:
        """Numbers and letters choose here, whatever else they do on the desk."""
        if event.is_printable and event.character:
            event.stop()
            event.prevent_default()
            self._type(event.character)

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked on."""
        if not self.inline and 0 <= event.y < min(len(self.options), MOST_SHOWN):
            self.choose(self._first_shown() + event.y)
        elif self.inline:
            end = 0
            for number, (_value, label) in enumerate(self.options):
                end += width(f"{number + 1} {self._signs.sanitize(label)}") + 2
                if event.x < end:
                    self.choose(number)
                    return

    def _first_shown(self) -> int:
        return min(max(self.chosen - MOST_SHOWN // 2, 0), max(len(self.options) - MOST_SHOWN, 0))

    def _type(self, character: str) -> None:
        now = self._clock()
        again = now - self._typed_at <= TYPE_AHEAD_SECONDS
        self._typed_at = now
        self._typed = (self._typed if again else "") + character
        found = self._find(self._typed)
        if found is None and len(self._typed) > 1:
            # What came before was a wrong turn, or the same letter to go to the next option of that letter.
            self._typed = character
            found = self._find(character, after=self.chosen)
        if found is not None:
            self.choose(found)

    def _find(self, typed: str, *, after: int = -1) -> int | None:
        if typed.isdecimal() and len(typed) < 5:
            return int(typed) - 1 if 1 <= int(typed) <= len(self.options) else None
        wanted = fold(typed) or typed
        labels = [number for number, (_value, label) in enumerate(self.options) if fold(label).startswith(wanted)]
        values = [number for number, (value, _label) in enumerate(self.options) if value.startswith(wanted)]
        found = labels or values
        return next((number for number in found if number > after), found[0] if found else None)


Field = LineField | NotesField | ChoiceField


def make_field(spec: FieldSpec, text: str, signs: Signs, first: str = "") -> Field:
    """The widget of a field; `first` is what stood there before anything was typed."""
    if spec.kind == "notes":
        return NotesField(spec, text, first)
    return ChoiceField(spec, text, signs) if spec.kind == "choice" else LineField(spec, text)
