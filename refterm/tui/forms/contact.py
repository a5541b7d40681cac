"""The form for a person of the company who works on the deal (A3)."""

from __future__ import annotations

from refterm.domain.referral import Referral
from refterm.i18n import _
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session


def contact_form(session: Session, referral: Referral, number: int | None = None) -> Form[str]:
    """Adds a contact, or corrects one; closes with the sentence for the toast.

    Args:
        session: what screens work with.
        referral: the engagement.
        number: which contact to correct, counting from 1; None adds one.
    """
    person = referral.team[number - 1] if number else None

    def submit(texts: dict[str, str]) -> str:
        if number:
            session.triage.edit_contact(referral.id, number, texts, was=person)
            return _("Saved contact {name}.").format(name=parts.plain_line(texts["name"]))
        session.triage.add_contact(referral.id, texts)
        return _("Added contact {name}.").format(name=parts.plain_line(texts["name"]))

    return Form(
        session,
        form=f"contact{number or ''}",
        title=_("Edit contact") if person else _("Add contact"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Save") if person else _("Add contact"),
        fields=[
            FieldSpec("name", _("Name")),
            FieldSpec("phone", _("Phone"), placeholder=_("optional")),
            FieldSpec("email", _("E-mail"), placeholder=_("optional"), error_lines=2),
        ],
        initial={"name": person.name, "phone": person.phone, "email": person.email} if person else {},
        submit=submit,
        referrals=(referral.id,),
        leaves=parts.edit_pushed(session, referral),
        cells=78,
    )
