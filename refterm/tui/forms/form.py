"""The one form of the desk: it gathers texts, hands them to a service in a thread, and loses nothing that was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, TextArea

from refterm.domain.when import month_short
from refterm.errors import InvalidInputError, RefTermError
from refterm.i18n import _
from refterm.text import width
from refterm.tui.background.work import UnexpectedError, work
from refterm.tui.forms.drafts import DraftKeeper, Typed
from refterm.tui.forms.fields import ChoiceField, Field, FieldSpec, FormRow, LineField, NotesField, make_field
from refterm.tui.forms.frame import FormFooter, SubmitButton, Told, frame_title
from refterm.tui.office import Office
from refterm.tui.textual_quirks import StillBelow, focus_without_repaint

T = TypeVar("T")
# What is typed is on disk within a second; typing on does not put it off.
DRAFT_SECONDS = 0.5
# A decision that takes longer waits for the database, and the form says so.
PATIENCE_SECONDS = 0.4
# From so many lines on there is room for larger notes, and for a blank line above the first field.
ROOMY_LINES = 30
# What the frame of the dialog takes at its sides, padding included, and above and below.
_SIDES, _EDGES = 6, 2


class Form(StillBelow, ModalScreen[T | None], Generic[T]):
    """A form. It closes with what `submit` returned, or with None when it was left.

    What is typed is kept as a draft within a second, and at once on escape and by `save_draft_now`.
    """

    AUTO_FOCUS = "#form-rows *"
    # Keys that come in one burst, as over a slow line, are handed to the field that has the focus when they come. So
    # what moves the focus is done at once (priority), and what reads the fields waits for the keys before it.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_field", show=False, priority=True),
        Binding("shift+tab", "previous_field", show=False, priority=True),
        Binding("enter", "leave_line", show=False, priority=True),
        Binding("escape", "after_typing('leave')", show=False, priority=True),
        Binding("ctrl+s", "after_typing('submit')", show=False, priority=True),
        Binding("ctrl+r", "after_typing('start_over')", show=False, priority=True),
    ]

    focused = focus_without_repaint()

    def __init__(
        self,
        office: Office,
        *,
        form: str,
        title: str,
        beside: str,
        button: str,
        fields: Sequence[FieldSpec],
        initial: Mapping[str, str],
        submit: Callable[[dict[str, str]], T],
        referrals: Sequence[int] = (),
        told: Sequence[str] = (),
        again: Callable[[], Mapping[str, str]] | None = None,
        before: Callable[[dict[str, str]], None] | None = None,
        cells: int = 92,
    ) -> None:
        """
        Args:
            office: what screens work with.
            form: names the form's drafts.
            title: at the left of the frame.
            beside: at its right, such as `#42 Bäckerei Hansen KG`.
            button: the label of the button.
            fields: in the order of the form and of `tab`.
            initial: texts by field, as the form opens.
            submit: does it and returns what the form closes with; called in a thread.
            referrals: whose drafts these are; without any, nothing is kept.
            told: lines to know before the decision.
            again: the texts with which to start over; those of the opening without it.
            before: called with what was shown, in the event loop, right before `submit`.
            cells: how wide the form is where there is room.
        """
        super().__init__(classes="form")
        self.office = office
        self.form = form
        self.fields = tuple(fields)
        self._title, self._button = title, button
        self._beside = office.signs.sanitize(beside)
        self._told = tuple(office.signs.sanitize(line) for line in told)
        self._submit, self._before, self._cells = submit, before, cells
        self._initial = {spec.name: initial.get(spec.name, "") for spec in fields}
        self._again = again or (lambda: self._initial)
        self._keeper = DraftKeeper(office.drafts, form, referrals) if referrals else None
        self._shown = dict(self._initial)
        self._controls: dict[str, Field] = {}
        # The text put into a field and how the field read then: a widget may write the same text in another way.
        self._written: dict[str, tuple[str, str]] = {}
        self._rows: list[FormRow] = []
        self._footer = FormFooter(button, office.signs)
        self._scroll: VerticalScroll
        self._dialog: Container
        self._fitted = (Size(0, 0), "")
        self._draft_timer: Timer | None = None
        self._submitting = self._leaving = self._left = False
        self._answer: tuple[T | None] | None = None

    def compose(self) -> ComposeResult:
        """Rows of fields, what there is to know, and the footer."""
        texts = self._open()
        signs = self.office.signs
        grouped: dict[str, list[FieldSpec]] = {}
        for spec in self.fields:
            field = self._controls[spec.name] = make_field(spec, texts[spec.name], signs)
            self._written[spec.name] = (texts[spec.name], field.text)
            grouped.setdefault(spec.group or spec.name, []).append(spec)
        label_cells = max(width(specs[0].label) for specs in grouped.values()) + 2
        for specs in grouped.values():
            row = FormRow(specs, [self._controls[spec.name] for spec in specs], label_cells, signs)
            row.show_hints(texts)
            self._rows.append(row)
        told = [Told(self._told)] if self._told else []
        self._scroll = VerticalScroll(*self._rows, *told, id="form-rows", can_focus=False)
        self._dialog = Container(self._scroll, self._footer, id="form-dialog")
        self._dialog.styles.width = self._cells
        self._fit(self.app.size)
        yield self._dialog

    def _open(self) -> dict[str, str]:
        """The texts to open with, those of a draft among them."""
        if self._keeper is None:
            return dict(self._initial)
        opening = self._keeper.open(self._initial)
        self._shown = opening.shown
        if opening.restored:
            self._footer.message = self._restored_sentence(opening.restored)
        return opening.texts

    def tell(self, line: str) -> None:
        """Add a line to know before the decision; to be called before the form is opened."""
        self._told = (*self._told, self.office.signs.sanitize(line))

    def on_resize(self, event: events.Resize) -> None:
        """Fit into the terminal."""
        self._fit(event.size)

    def texts(self) -> dict[str, str]:
        """What the fields read."""
        return {name: self._text(name) for name in self._controls}

    def errors(self) -> dict[str, str]:
        """The sentences under the fields."""
        return {name: sentence for row in self._rows for name, sentence in row.errors.items()}

    @property
    def message(self) -> str:
        """What the form says about itself, beside its fields."""
        return self._footer.message

    def save_draft_now(self) -> None:
        """Keep what is typed, at once and in this thread; also for the moment in which the desk has to go."""
        if self._keeper and self._controls:
            self._keeper.write(self._typed(self._keeper))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A decision on its way is not submitted again, nor thrown away; `enter` goes on from a single line only."""
        if action == "leave_line":
            return isinstance(self.focused, LineField)
        under_way = self._submitting or self._left
        return None if under_way and parameters in (("submit",), ("start_over",)) else True

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def action_previous_field(self) -> None:
        """Go to the field before."""
        self.focus_previous()

    def action_leave_line(self) -> None:
        """Go on from a single line; nothing is submitted."""
        self.focus_next()

    def action_after_typing(self, what: str) -> None:
        """Do something once the field has taken the keys that came before."""
        act = {"leave": self.action_leave, "submit": self.action_submit, "start_over": self.action_start_over}[what]
        (self.focused or self).call_later(act)

    def action_leave(self) -> None:
        """Close, and keep the draft."""
        if self._submitting:
            # It may be done already: the answer closes the form, and a refusal keeps the draft.
            self._leaving = True
            return
        self.save_draft_now()
        self._leave(None)

    def action_start_over(self) -> None:
        """Put the first texts back and forget the draft."""
        try:
            initial = self._again()
        except RefTermError as error:
            self._say(str(error))
            return
        self._shown = {name: initial.get(name, "") for name in self._controls}
        for name, text in self._shown.items():
            self._put_text(name, text)
        self._show_errors({})
        self._say("")
        if self._keeper:
            self._keeper.forget()
        self._show_hints()
        first = self._controls[self.fields[0].name]
        first.focus()
        if isinstance(first, LineField):
            first.select_all()

    @on(SubmitButton.Pressed)
    def action_submit(self) -> None:
        """Hand what is typed to the service."""
        if self._submitting or self._left:
            return
        try:
            if self._before:
                self._before(self._shown)
        except RefTermError as error:
            self._say(str(error))
            return
        self._submitting = True
        self.set_class(True, "-submitting")
        self.set_timer(PATIENCE_SECONDS, self._ask_for_patience)
        hand_in = partial(self._hand_in, self.texts(), self._typed(self._keeper) if self._keeper else None)
        work(self, hand_in, self._handed_in, self._not_handed_in, group="submit", exclusive=True)

    def _hand_in(self, texts: dict[str, str], typed: Typed | None) -> T:
        """In a thread: the service's answer. The draft outlives whatever ends the process meanwhile."""
        if self._keeper and typed:
            self._keeper.write(typed)
        result = self._submit(texts)
        if self._keeper:
            self._keeper.forget()
        return result

    def _handed_in(self, result: T) -> None:
        self._submitting = False
        self.set_class(False, "-submitting")
        self._leave(result)

    def _not_handed_in(self, error: RefTermError) -> None:
        self._submitting = False
        self.set_class(False, "-submitting")
        if self._leaving:
            self.action_leave()
        else:
            self._refuse(error)

    def _refuse(self, error: RefTermError) -> None:
        fields = error.fields if isinstance(error, InvalidInputError) else {}
        self._show_errors(fields)
        if isinstance(error, InvalidInputError):
            self._say("; ".join(text for name, text in fields.items() if name not in self._controls))
        elif isinstance(error, UnexpectedError):
            self._say(_("this failed, and refterm.log tells how; what you typed is kept"))
        else:
            self._say(str(error))
        bad = next((name for name in self._controls if name in fields), None)
        if bad:
            self._controls[bad].focus()

    def _leave(self, result: T | None) -> None:
        if self._left:
            return
        if self.app.screen is not self:
            # Something stands above the form; closing now would close that instead.
            self._answer = (result,)
            return
        self._left = True
        self.dismiss(result)

    def on_screen_resume(self) -> None:
        """Close, where the answer came while something else stood above."""
        if self._answer:
            self._leave(self._answer[0])

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(ChoiceField.Changed)
    def _field_changed(self, event: Message) -> None:
        event.stop()
        name = (event.control.id or "").removeprefix("field-") if event.control else ""
        if name not in self._controls or self._controls[name].text == self._written[name][1]:
            return
        self._written[name] = (self._controls[name].text,) * 2
        spec = next(spec for spec in self.fields if spec.name == name)
        for other, text in (spec.on_change(self.texts()) if spec.on_change else {}).items():
            if self._text(other) != text:
                self._put_text(other, text)
        self._show_hints()
        self._keep_draft_soon()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """In a low terminal, bring the field into sight together with the line for its error."""
        row = event.widget.parent
        if isinstance(row, FormRow):
            self.call_after_refresh(row.scroll_visible, animate=False)

    def _text(self, name: str) -> str:
        text = self._controls[name].text
        put, read = self._written[name]
        return put if text == read else text

    def _put_text(self, name: str, text: str) -> None:
        self._controls[name].put(text)
        self._written[name] = (text, self._controls[name].text)

    def _show_hints(self) -> None:
        texts = self.texts()
        for row in self._rows:
            row.show_hints(texts)

    def _show_errors(self, errors: Mapping[str, str]) -> None:
        for row in self._rows:
            row.errors = errors

    def _say(self, message: str) -> None:
        self._footer.message = message
        self._fit(self.size)

    def _fit(self, size: Size) -> None:
        """Fit into the terminal: where it is too low the fields scroll, while frame, message and button stay.

        Done before the first layout, so that the form is laid out and drawn once.
        """
        if size == self._fitted[0] and self._footer.message == self._fitted[1]:
            return
        self._fitted = (size, self._footer.message)
        cells = min(self._cells, size.width) - _SIDES
        lines, roomy = self._footer.lines(cells), size.height >= ROOMY_LINES
        self._footer.styles.height = lines
        self._dialog.styles.padding = (int(roomy), 2, 0, 2)
        self._scroll.styles.max_height = max(size.height - lines - _EDGES - int(roomy), 1)
        self._dialog.border_title = frame_title(self._title, self._beside, cells, self.office.signs)
        for control in self._controls.values():
            if isinstance(control, NotesField):
                control.styles.height = 4 if roomy else 3

    def _restored_sentence(self, saved_at: datetime) -> str:
        workplace = self.office.workplace
        at = saved_at.astimezone(workplace.zone)
        days = (workplace.today() - at.date()).days
        far = f"{at.day} {month_short(at)}" if abs(days) < 300 else f"{at:%Y-%m-%d}"
        day = {0: _("today"), 1: _("yesterday")}.get(days, far)
        return _("Draft of {day} {time} restored {dot} ctrl+r start over").format(
            day=day, time=f"{at:%H:%M}", dot=self.office.signs.dot
        )

    def _ask_for_patience(self) -> None:
        if self._submitting:
            self._say(_("waiting for the database"))

    def _typed(self, keeper: DraftKeeper) -> Typed:
        return keeper.typed(self.texts(), self._shown, self.office.workplace.now())

    def _keep_draft_soon(self) -> None:
        if self._keeper and self._draft_timer is None:
            self._draft_timer = self.set_timer(DRAFT_SECONDS, self._keep_draft)

    def _keep_draft(self) -> None:
        self._draft_timer = None
        if self._left or not self._keeper:
            return
        if self._submitting:  # what was handed in is kept already; what was typed since waits for the answer
            self._keep_draft_soon()
            return
        write = partial(self._keeper.write, self._typed(self._keeper))
        work(self, write, group="draft")
