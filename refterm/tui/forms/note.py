"""The form that adds a note to the history (T4)."""

from __future__ import annotations

from refterm.i18n import _
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session


def note_form(session: Session, referral_id: int, company: str) -> Form[str]:
    """Asks for the note; closes with the sentence for the toast."""

    def submit(texts: dict[str, str]) -> str:
        session.marks.note(referral_id, texts["note"])
        return _("Noted in the history of {customer}.").format(customer=parts.plain_line(company))

    return Form(
        session,
        form="note",
        title=_("Note"),
        beside=parts.named(referral_id, company),
        button=_("Save"),
        fields=[
            FieldSpec(
                "note",
                _("Note"),
                "notes",
                placeholder=_("a call, an answer"),
                remark=_("in the history; it never leaves this desk"),
            )
        ],
        initial={},
        submit=submit,
        referrals=(referral_id,),
        cells=78,
    )
