"""The forms that report how an engagement ended: won or lost (A1)."""

from __future__ import annotations

from refterm.domain import reasons
from refterm.domain.referral import Referral
from refterm.domain.when import date_text
from refterm.i18n import _
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session


def won_form(session: Session, referral: Referral) -> Form[str]:
    """Asks for the final value and the close date; closes with the sentence for the toast."""
    deal = referral.deal

    def submit(texts: dict[str, str]) -> str:
        session.triage.won(referral.id, texts, parts.context(session, deal.currency))
        money = parts.money_of(session, referral.id)
        return _("Won {customer}, {money}. Archived.").format(customer=parts.company(referral), money=money)

    return Form(
        session,
        form="won",
        title=_("Report won"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Archive"),
        fields=[
            *parts.money_fields(_("Final value")),
            FieldSpec("date", _("Close date"), cells=18, hint=parts.understood_closing(session, "date"), error_lines=2),
        ],
        initial={
            "value": parts.typed_value(deal.value),
            "currency": deal.currency or "",
            "date": date_text(session.workplace.today()),
        },
        submit=submit,
        referrals=(referral.id,),
        leaves=parts.pushed_when(session, referral) or _("It is archived as won. Nothing is sent."),
        cells=78,
    )


def lost_form(session: Session, referral: Referral) -> Form[str]:
    """Asks for the reason; closes with the sentence for the toast."""

    def submit(texts: dict[str, str]) -> str:
        session.triage.lost(referral.id, texts)
        return _("Lost {customer} ({reason}). Archived.").format(
            customer=parts.company(referral), reason=reasons.word(texts["reason"])
        )

    return Form(
        session,
        form="lost",
        title=_("Report lost"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Archive"),
        fields=parts.reason_fields(parts.seen(session, referral, _("for us; the customer does not see this"))),
        initial={},
        submit=submit,
        referrals=(referral.id,),
        leaves=parts.pushed_when(session, referral) or _("It is archived as lost. Nothing is sent."),
        cells=78,
    )
