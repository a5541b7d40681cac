"""What helps in a form beside typing: copying what was typed, phrases, the whole letter, and what others do meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

from textual.screen import ModalScreen, Screen
from textual.timer import Timer

from refterm.domain.history import Entry
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.text import as_sentence
from refterm.tui.background.work import work
from refterm.tui.forms import live
from refterm.tui.forms.fields import Field, FieldSpec, NotesField
from refterm.tui.forms.form_draft import DraftKeeper, Typed
from refterm.tui.session import Session
from refterm.tui.textual_quirks import StillBelow

T = TypeVar("T")
# What is typed is on disk within a second; typing on does not put it off.
DRAFT_SECONDS = 0.5


class AssistedForm(StillBelow, ModalScreen[T | None], Generic[T]):
    """The part of every form that is no field.

    Attributes:
        session: what screens work with.
        fields: in the order of the form and of `tab`.
        referrals: what the form is about.
    """

    # Makes the panel that shows a referral whole; the desk sets it.
    whole: Callable[[int], Screen[None]] | None = None
    session: Session
    fields: tuple[FieldSpec, ...]
    referrals: tuple[int, ...]
    _controls: dict[str, Field]
    _letter: Callable[[], str] | None
    _companies: Mapping[int, str]
    _since: int
    _heard: list[Entry]
    _again: Callable[[], Mapping[str, str]] | None
    _shown: dict[str, str]
    _keeper: DraftKeeper | None
    _draft_timer: Timer | None
    _submitting: bool
    _left: bool

    def texts(self) -> dict[str, str]:
        """What the fields read."""
        raise NotImplementedError

    def say(self, message: str) -> None:
        """Say something beside the fields."""
        raise NotImplementedError

    def put_text(self, name: str, text: str) -> None:
        """Put a text into a field."""
        raise NotImplementedError

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Say under the fields what is wrong."""
        raise NotImplementedError

    def show_hints(self) -> None:
        """Say beside the fields what is understood."""
        raise NotImplementedError

    def catch_up(self, entries: Sequence[Entry]) -> None:
        """Take over what others changed in fields that were not typed in, and say so beside those that were (T2)."""
        if self._again is None or not any(str(one.action) in live.CHANGING for one in entries):
            return
        try:
            present = self._again()
        except RefTermError:
            return  # the desk's next look reports it
        errors, texts = {}, self.texts()
        for name in self._controls:
            now, typed = present.get(name, ""), texts[name]
            if now == self._shown[name]:
                continue
            if typed == self._shown[name]:
                self.put_text(name, now)
            elif typed != now:
                errors[name] = _("changed meanwhile to {value}").format(value=now or _("nothing"))
            self._shown[name] = now
        self.show_errors(errors)
        self.show_hints()

    def hear(self, entries: Iterable[Entry]) -> None:
        """Say at once what others did with the referrals of this form; the desk hands in what was written.

        What is typed stays. A message of the form's own gives way to it.
        """
        found = live.concerning(entries, self.referrals, self._since)
        if not found or not self._controls:
            return
        self._since = max(entry.id for entry in found)
        self._heard += found
        self.catch_up(found)
        self.say(live.sentence(self._heard, self._companies, self.session))

    def copy_typed(self) -> None:
        """Send what is typed to the person's own clipboard (OSC 52). No terminal confirms it."""
        labels = {spec.name: spec.label for spec in self.fields}
        typed = [f"{labels[name]}: {text}" for name, text in self.texts().items() if text.strip()]
        self.app.copy_to_clipboard("\n".join(typed))
        self.say(_("What you typed was sent to your terminal's clipboard."))

    def show_phrases(self) -> None:
        """Choose a phrase for the notes field with the focus, or the first one."""
        notes = [field for field in self._controls.values() if isinstance(field, NotesField)]
        if not notes:
            return
        from refterm.tui.panels.phrases import PhrasesScreen

        field = self.focused if isinstance(self.focused, NotesField) else notes[0]

        def use(phrase: str) -> None:
            field.insert_phrase(phrase)
            field.focus()

        self.app.push_screen(PhrasesScreen(self.session.phrases, self.session.signs, use))

    def show_letter(self) -> None:
        """Show the whole letter that goes out."""
        if self._letter is None:
            self.say(_("This form sends no letter."))
            return
        from refterm.tui.panels.letter import LetterScreen

        def show(letter: str) -> None:
            if self.app.screen is self:
                self.app.push_screen(LetterScreen(letter, self.session.signs))

        def failed(error: RefTermError) -> None:
            self.say(as_sentence(str(error)))

        work(self, self._letter, show, failed, group="letter", exclusive=True)

    def show_whole(self) -> None:
        """Show the whole referral above the form, which stays as it is."""
        if self.whole is None or len(self.referrals) != 1:
            self.say(_("This form is not about a single referral."))
            return
        try:
            self.app.push_screen(self.whole(self.referrals[0]))
        except RefTermError as error:
            self.say(as_sentence(str(error)))

    # The draft

    def save_draft_now(self) -> None:
        """Keep what is typed, at once and in this thread; also for the moment in which the desk has to go."""
        if self._keeper and self._controls:
            self._keeper.write(self._typed(self._keeper))

    def _typed(self, keeper: DraftKeeper) -> Typed:
        return keeper.typed(self.texts(), self._shown, self.session.workplace.now())

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
