"""The one form of the desk: it gathers texts, hands them to a service in a thread, and loses nothing that was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, TextArea

from refterm.domain.history import Entry
from refterm.errors import InvalidInputError, RefTermError, WrongStateError
from refterm.i18n import _
from refterm.text import as_sentence, clean, width
from refterm.tui.background.work import UnexpectedError, work
from refterm.tui.forms.about import About, AboutPane
from refterm.tui.forms.assisted import AssistedForm
from refterm.tui.forms.dialog import FormDialog
from refterm.tui.forms.fields import ChoiceField, Field, FieldSpec, LineField, make_field
from refterm.tui.forms.form_draft import DraftKeeper, Typed, restored_sentence
from refterm.tui.forms.frame import FormFooter, SubmitButton
from refterm.tui.forms.row import FormRow
from refterm.tui.session import Session
from refterm.tui.textual_quirks import focus_without_repaint

T = TypeVar("T")
# A decision that takes longer waits for the database, and the form says so.
PATIENCE_SECONDS = 0.4
# Pressed right behind the key that submits, these are impatience: they are no type-ahead.
_IMPATIENT = ("ctrl+s", "enter", "escape")


class Form(AssistedForm[T]):
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
        Binding("escape", "after_typing('action_leave')", show=False, priority=True),
        Binding("ctrl+s", "after_typing('action_submit')", show=False, priority=True),
        Binding("ctrl+r", "after_typing('action_start_over')", show=False, priority=True),
        Binding("ctrl+o", "after_typing('copy_typed')", show=False, priority=True),
        Binding("ctrl+t", "after_typing('show_phrases')", show=False, priority=True),
        Binding("ctrl+l", "after_typing('show_letter')", show=False, priority=True),
        Binding("f2", "after_typing('show_whole')", show=False, priority=True),
        Binding("ctrl+q", "nothing", show=False, priority=True),
    ]

    focused = focus_without_repaint()

    def __init__(
        self,
        session: Session,
        *,
        form: str,
        title: str,
        beside: str,
        button: str,
        fields: Sequence[FieldSpec],
        initial: Mapping[str, str],
        submit: Callable[[dict[str, str]], T],
        referrals: Sequence[int] = (),
        companies: Mapping[int, str] | None = None,
        about: About | None = None,
        told: Sequence[str] = (),
        leaves: str = "",
        letter: Callable[[], str] | None = None,
        again: Callable[[], Mapping[str, str]] | None = None,
        before: Callable[[dict[str, str]], None] | None = None,
        enter_submits: bool = False,
        cells: int = 92,
    ) -> None:
        """
        Args:
            session: what screens work with.
            form: names the form's drafts.
            title: at the left of the frame.
            beside: at its right, such as `#42 Bäckerei Hansen KG`.
            button: the label of the button.
            fields: in the order of the form and of `tab`.
            initial: texts by field, as the form opens.
            submit: does it and returns what the form closes with; called in a thread.
            referrals: whose drafts these are, and whose changes by others it speaks up about; without any, nothing is
                kept.
            companies: the names of several referrals, by number.
            about: what stands beside the fields, or above them.
            told: lines to know before the decision.
            leaves: what goes out and when, or that nothing does; the last line.
            letter: the whole letter that goes out, for `ctrl+l`; called in a thread.
            again: the texts with which to start over; those of the opening without it.
            before: called with what was shown, in the event loop, right before `submit`.
            enter_submits: `enter` in the last line submits; for what decides nothing.
            cells: how wide the form is where there is room.
        """
        super().__init__(classes="form")
        self.session = session
        self.form = form
        self.fields = tuple(fields)
        self.referrals = tuple(referrals)
        self._companies = companies or {}
        self._letter = letter
        self._heard: list[Entry] = []
        # Read here, where the action that opens the form says what fails; composing must not read.
        self._since = session.desk.token() if referrals else 0
        self._title = title
        self._enter_submits = enter_submits
        whole = _("f2 shows all") if len(referrals) == 1 else ""
        self._about, self._pane = about, AboutPane(about, session.signs.rule, whole) if about else None
        self._beside = session.signs.sanitize(beside)
        self._told = tuple(session.signs.sanitize(line) for line in told)
        self._submit, self._before, self._cells = submit, before, cells
        # Cleaned again: what another program wrote into the database must not reach the terminal.
        self._initial = {spec.name: clean(initial.get(spec.name, "")) for spec in fields}
        self._again = again
        if len(self.referrals) == 1:
            from refterm.services.personal import yielded

            yielded.offer(session.workplace, session.drafts, form, self.referrals[0], self._initial)
        self._keeper = DraftKeeper(session.drafts, form, referrals) if referrals else None
        self._shown = dict(self._initial)
        self._controls: dict[str, Field] = {}
        # The text put into a field and how the field read then: a widget may write the same text in another way.
        self._written: dict[str, tuple[str, str]] = {}
        self._rows: list[FormRow] = []
        self._footer = FormFooter(button, session.signs, session.signs.sanitize(leaves))
        self._dialog: FormDialog
        self._draft_timer: Timer | None = None
        self._submitting = self._leaving = self._left = False
        self._answer: tuple[T | None] | None = None
        # Keys typed behind the one that submits; the desk takes them once the form is closed.
        self.type_ahead: list[events.Key] = []
        self._keeps_type_ahead = False

    def compose(self) -> ComposeResult:
        """Rows of fields, what there is to know, and the footer."""
        texts = self._open()
        signs = self.session.signs
        grouped: dict[str, list[FieldSpec]] = {}
        for spec in self.fields:
            field = self._controls[spec.name] = make_field(spec, texts[spec.name], signs, self._shown[spec.name])
            self._written[spec.name] = (texts[spec.name], field.text)
            grouped.setdefault(spec.group or spec.name, []).append(spec)
        label_cells = max(width(specs[0].label) for specs in grouped.values()) + 2
        for specs in grouped.values():
            row = FormRow(specs, [self._controls[spec.name] for spec in specs], label_cells, signs)
            row.show_hints(texts)
            self._rows.append(row)
        self._dialog = FormDialog(
            (self._title, self._beside),
            self._rows,
            self._told,
            self._pane,
            self._footer,
            cells=self._cells,
            signs=signs,
        )
        self._dialog.fit(self.app.size)
        yield self._dialog

    def on_mount(self) -> None:
        """Look up what takes a moment, beside the fields."""
        if self._about and self._pane:
            work(
                self,
                self._about.load,
                lambda _none: self._looked_up(),
                lambda error: self.say(as_sentence(str(error))),
                group="about",
            )

    def _looked_up(self) -> None:
        if self._pane:
            self._dialog.fit(self.size, anew=True)
            self._pane.refresh()

    def _open(self) -> dict[str, str]:
        """The texts to open with, those of a draft among them."""
        if self._keeper is None:
            return dict(self._initial)
        opening = self._keeper.open(self._initial)
        self._shown = opening.shown
        if opening.restored:
            self._footer.message = restored_sentence(opening.restored, self.session)
        return opening.texts

    def tell(self, line: str) -> None:
        """Add a line to know before the decision; to be called before the form is opened."""
        self._told = (*self._told, self.session.signs.sanitize(line))

    def fit(self, size: Size) -> None:
        """Fit into a terminal of a size."""
        self._dialog.fit(size)

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

    def keep_type_ahead(self, key: events.Key) -> bool:
        """Keep a key that was typed behind the one that submits, for the desk.

        The form takes the key, too, in case it is refused. Once it says that it waits for the database, keys are its own
        again.

        Returns:
            Whether the form is closing, so that the key goes nowhere else.
        """
        if self._left or (self._keeps_type_ahead and (self.type_ahead or key.key not in _IMPATIENT)):
            self.type_ahead.append(key)
        return self._left

    def _forget_type_ahead(self) -> None:
        self._keeps_type_ahead = False
        self.type_ahead.clear()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A decision on its way is not submitted again, nor thrown away; `enter` goes on from a single line only."""
        if action == "leave_line":
            return isinstance(self.focused, LineField)
        under_way = self._submitting or self._left
        return None if under_way and parameters in (("action_submit",), ("action_start_over",)) else True

    def action_next_field(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def action_previous_field(self) -> None:
        """Go to the field before."""
        self.focus_previous()

    def action_leave_line(self) -> None:
        """Go on from a single line; nothing is submitted, but by the last line of a form that decides nothing."""
        if self._enter_submits and self.focused is self._controls[self.fields[-1].name]:
            self.action_after_typing("action_submit")
        else:
            self.focus_next()

    def action_nothing(self) -> None:
        """Textual would quit."""

    def action_after_typing(self, what: str) -> None:
        """Do something once the field has taken the keys that came before."""
        self._keeps_type_ahead = self._keeps_type_ahead or what == "action_submit"
        (self.focused or self).call_later(getattr(self, what))

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
            initial = self._again() if self._again else self._initial
        except RefTermError as error:
            self.say(as_sentence(str(error)))
            return
        self._shown = {name: clean(initial.get(name, "")) for name in self._controls}
        for name, text in self._shown.items():
            self.put_text(name, text)
        self.show_errors({})
        self.say("")
        if self._keeper:
            self._keeper.forget()
        self.show_hints()
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
            self._forget_type_ahead()
            self.say(as_sentence(str(error)))
            return
        self._submitting = self._keeps_type_ahead = True
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
        self._forget_type_ahead()
        fields = error.fields if isinstance(error, InvalidInputError) else {}
        self.show_errors(fields)
        if isinstance(error, InvalidInputError):
            self.say(as_sentence("; ".join(text for name, text in fields.items() if name not in self._controls)))
        elif isinstance(error, UnexpectedError):
            self.say(as_sentence(_("this failed, and refterm.log tells how; what you typed is kept")))
        elif isinstance(error, WrongStateError) and self.referrals:
            self.say(f"{as_sentence(str(error))}. " + _("What you typed is kept; ctrl+o copies it."))
        else:
            self.say(as_sentence(str(error)))
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
                self.put_text(other, text)
        self.show_hints()
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

    def put_text(self, name: str, text: str) -> None:
        """Put a text into a field."""
        self._controls[name].put(text)
        self._written[name] = (text, self._controls[name].text)

    def show_hints(self) -> None:
        """Say beside the fields what is understood."""
        texts = self.texts()
        for row in self._rows:
            row.show_hints(texts)

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Say under the fields what is wrong."""
        for row in self._rows:
            row.errors = errors

    def say(self, message: str) -> None:
        """Say something beside the fields."""
        self._footer.message = message
        self._dialog.fit(self.size)

    def _ask_for_patience(self) -> None:
        if self._submitting:
            self._forget_type_ahead()
            self.say(as_sentence(_("waiting for the database")))
