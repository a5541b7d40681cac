"""The form that says the customer was contacted, with one line about it that may stay empty (F4)."""

from __future__ import annotations

from refterm.domain.row import Row
from refterm.i18n import _
from refterm.tui.background import news
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session


def contacted_form(session: Session, row: Row) -> Form[str]:
    """`enter` marks, also with nothing typed; closes with the sentence for the toast."""

    def submit(texts: dict[str, str]) -> str:
        return news.contacted(session.marks.contacted(row.id, texts["notes"], was=False), row.company)

    return Form(
        session,
        form="contacted",
        title=_("Customer contacted"),
        beside=parts.named(row.id, row.company),
        button=_("Save"),
        fields=[
            FieldSpec(
                "notes",
                _("In a word"),
                placeholder=_("optional: no answer, call again"),
                remark=_("in the history; it never leaves this desk"),
            )
        ],
        initial={},
        submit=submit,
        referrals=(row.id,),
        enter_submits=True,
        cells=78,
    )
