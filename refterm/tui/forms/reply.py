"""The form that writes to the customer (W1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size

from refterm.domain.referral import Referral
from refterm.errors import InvalidInputError, RefTermError
from refterm.i18n import _
from refterm.services.replies import KINDS, Replies, Sent
from refterm.text import as_sentence
from refterm.tui.forms import parts
from refterm.tui.forms.about import AboutCustomer
from refterm.tui.forms.fields import FieldSpec, NotesField, Texts
from refterm.tui.forms.form import Form
from refterm.tui.panels.chooser import Chooser, Item
from refterm.tui.session import Session

FORM = "reply"


def template_word(kind: str) -> str:
    """What a template is called."""
    return {
        "first-answer": _("first answer"),
        "question": _("a question"),
        "appointment": _("a call at a time"),
        "thanks": _("thank you, and decline"),
    }[kind]


class ReplyForm(Form[Sent]):
    """A letter as it will go out: no placeholder is left in it. Templates by `ctrl+t`, the site's editor by `ctrl+g`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "templates", show=False, priority=True),
        Binding("ctrl+g", "editor", show=False, priority=True),
    ]

    def __init__(self, session: Session, referral: Referral, replies: Replies, editor: str | None) -> None:
        """
        Args:
            session: what screens work with.
            referral: whose customer is written to.
            replies: the service.
            editor: the site's command for `ctrl+g`; None where there is none.

        Raises:
            InvalidInputError: where nobody can be written to.
        """
        able = replies.recipients(referral)
        begun = replies.prepare(referral, replies.first_kind(referral))
        options = [
            (address, parts.plain_line(f"{one.name} <{address}>" if one.name else address)) for one, address in able
        ]
        super().__init__(
            session,
            form=FORM,
            title=_("Reply"),
            beside=parts.named(referral.id, referral.customer.company),
            button=_("Copy") if replies.hands_over else _("Send"),
            fields=[
                FieldSpec("to", _("To"), "choice", options=options, inline=len(options) == 1, error_lines=1),
                FieldSpec("subject", _("Subject")),
                FieldSpec("text", _("Text"), "notes", error_lines=2, hint=lambda _texts: self._keys_hint()),
            ],
            initial={"to": begun.to, "subject": begun.subject, "text": begun.text},
            submit=lambda texts: replies.send(referral.id, texts),
            referrals=(referral.id,),
            about=AboutCustomer(session, referral, teaches=False),
            told=[_way(session, replies)],
        )
        self._referral, self._replies, self._editor = referral, replies, editor

    def compose(self) -> ComposeResult:
        """The form, with as much room for the letter as the terminal has."""
        for widget in super().compose():
            self._give_room(self.app.size.height)
            self._dialog.fit(self.app.size, anew=True)
            yield widget

    def fit(self, size: Size) -> None:
        """Give the letter as much room as there is."""
        self._give_room(size.height)
        super().fit(size)

    def _give_room(self, lines: int) -> None:
        text = self._controls["text"]
        assert isinstance(text, NotesField)
        text.shown_lines = (max(4, min(16, lines - 17)), max(4, min(16, lines - 20)))

    def _keys_hint(self) -> str:
        keys = _("ctrl+t another template")
        return keys + ("   " + _("ctrl+g editor") if self._editor else "")

    def action_templates(self) -> None:
        """Choose another template; what was typed is replaced."""
        if not self._submitting:
            self.app.push_screen(TemplateChooser(self.session, self._begin))

    def _begin(self, kind: str) -> None:
        try:
            letter = self._replies.prepare(self._referral, kind, self.texts()["to"])
        except InvalidInputError as error:
            self.say(as_sentence("; ".join(error.fields.values())))
            return
        self._put({"subject": letter.subject, "text": letter.text})

    def action_editor(self) -> None:
        """Edit the text in the site's editor."""
        if self._editor is None or self._submitting:
            self.say(as_sentence(_("there is no editor here; the site's configuration can name one")))
            return
        from refterm.tui.editor import edited

        try:
            with self.app.suspend():
                text = edited(self._editor, self.texts()["text"])
        except RefTermError as error:
            self.say(as_sentence(str(error)))
            return
        self._put({"text": text})

    def _put(self, texts: Texts) -> None:
        for name, text in texts.items():
            self.put_text(name, text)
        self.show_errors({})
        self.show_hints()
        self._keep_draft_soon()


def _way(session: Session, replies: Replies) -> str:
    """How the letter goes out, and to whom the customer answers."""
    if replies.hands_over:
        return _("This desk mails nothing: the letter is copied for your own mail program.")
    answers, seconds = replies.answers_to(), session.workplace.undo_seconds
    way = _("It goes out after {n} s, from {sender}.").format(n=seconds, sender=session.workplace.sender or "refterm")
    return f"{way} " + (
        _("Answers come to {address}.").format(address=answers)
        if answers
        else _("Answers come to the desk, as no address is set for you.")
    )


class TemplateChooser(Chooser):
    """The templates, each by its number, too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(number), f"take({number})", show=False) for number in range(1, len(KINDS) + 1)
    ]

    def __init__(self, session: Session, chosen: Callable[[str], None]) -> None:
        super().__init__(_("Templates"), "", session.signs, cells=60)
        self._chosen = chosen

    def items(self, cells: int) -> list[Item]:
        """One line for each."""
        return [Item([(f"{number} {template_word(kind)}", "plain")], number) for number, kind in enumerate(KINDS, 1)]

    def act(self, key: int) -> None:
        """Take this template."""
        self.action_close()
        self._chosen(KINDS[key - 1])

    def action_take(self, number: int) -> None:
        """Take the template of a number."""
        self.act(number)
