"""The forms that report how an engagement ended: won or lost (A1)."""

from __future__ import annotations

from refterm.domain import reasons
from refterm.domain.referral import Referral
from refterm.i18n import _
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.office import Office


def won_form(office: Office, referral: Referral) -> Form[str]:
    """Asks for the final value and the close date; closes with the sentence for the toast."""
    deal = referral.deal

    def submit(texts: dict[str, str]) -> str:
        office.triage.won(referral.id, texts, parts.context(office, deal.currency))
        return _("Won {customer}. Archived.").format(customer=parts.company(referral))

    return Form(
        office,
        form="won",
        title=_("Report won"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Archive"),
        fields=[
            *parts.money_fields(_("Final value")),
            FieldSpec("date", _("Close date"), cells=18, hint=parts.understood_closing(office, "date"), error_lines=2),
        ],
        initial={
            "value": parts.typed_value(deal.value),
            "currency": deal.currency or "",
            "date": office.workplace.today().isoformat(),
        },
        submit=submit,
        referrals=(referral.id,),
        leaves=parts.pushed_when(office, referral) or _("It is archived as won. Nothing is sent."),
        cells=78,
    )


def lost_form(office: Office, referral: Referral) -> Form[str]:
    """Asks for the reason; closes with the sentence for the toast."""

    def submit(texts: dict[str, str]) -> str:
        office.triage.lost(referral.id, texts)
        return _("Lost {customer} ({reason}). Archived.").format(
            customer=parts.company(referral), reason=reasons.word(texts["reason"])
        )

    return Form(
        office,
        form="lost",
        title=_("Report lost"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Archive"),
        fields=parts.reason_fields(parts.seen(office, referral, _("for us; the customer does not see this"))),
        initial={},
        submit=submit,
        referrals=(referral.id,),
        leaves=parts.pushed_when(office, referral) or _("It is archived as lost. Nothing is sent."),
        cells=78,
    )
