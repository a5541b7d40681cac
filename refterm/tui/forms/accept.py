"""The form that accepts a referral (I5): whatever the desk knows stands there already."""

from __future__ import annotations

from refterm.domain.referral import Referral
from refterm.domain.when import date_text
from refterm.i18n import _
from refterm.tui.forms import parts
from refterm.tui.forms.about import AboutCustomer
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session


def accept_form(session: Session, referral: Referral) -> Form[str]:
    """Asks what accepting needs; closes with the sentence for the toast."""
    company = parts.company(referral)
    currency = session.desk.currency(referral)
    first = _first_values(session, referral)

    def submit(texts: dict[str, str]) -> str:
        if (wanted := referral.deal.purchase_date) and texts["timeframe"] == first["timeframe"]:
            texts = {**texts, "timeframe": wanted.isoformat()}  # as the source states it
        session.triage.accept(referral.id, texts, parts.context(session, currency))
        money = parts.money_of(session, referral.id)
        return _("Accepted {customer}, {money}; now in Active.").format(customer=company, money=money)

    return Form(
        session,
        form="accept",
        title=_("Accept referral"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Next"),
        fields=_fields(session, referral),
        initial=first,
        submit=submit,
        referrals=(referral.id,),
        about=AboutCustomer(session, referral),
        leaves=parts.pushed_when(session, referral) or _("It moves to Active. Nothing is sent."),
    )


def _fields(session: Session, referral: Referral) -> list[FieldSpec]:
    optional = _("optional")
    return [
        FieldSpec("name", _("Engagement name")),
        *parts.money_fields(_("Estimated value")),
        FieldSpec(
            "timeframe",
            _("Purchase timeframe"),
            cells=22,
            placeholder=_("3m, Q1, 30 Jun"),
            hint=parts.understood_deadline(session, "timeframe"),
        ),
        FieldSpec(
            "notes",
            _("Notes"),
            "notes",
            placeholder=_("what the customer is looking for"),
            remark=parts.seen(
                session, referral, _("the customer's own words; type to replace them") if referral.need else ""
            ),
            selected=True,
            error_lines=2,  # a blank line parts the remark from the next field
            lines=(3, 5),
        ),
        FieldSpec("crm_id", _("CRM ID"), group="ids", placeholder=optional),
        FieldSpec("campaign_id", _("Campaign ID"), group="ids", placeholder=optional),
        FieldSpec(
            "contacts",
            _("Contacts"),
            "notes",
            placeholder=_("optional, one a line: Name; e-mail; phone"),
            lines=(1, 3),
        ),
    ]


def _first_values(session: Session, referral: Referral) -> dict[str, str]:
    """The name from customer and wish, the customer's words, the currency; value and date where the source states them."""
    deal = referral.deal
    wish = next(iter((*referral.solutions, *referral.products)), "")
    name = deal.name or " - ".join(part for part in (parts.company(referral), parts.plain_line(wish)) if part)
    wanted = deal.purchase_date
    return {
        "name": name,
        "value": parts.typed_value(deal.value),
        "currency": parts.first_currency(session, referral),
        "timeframe": date_text(wanted) if wanted and wanted >= session.workplace.today() else "",
        "notes": deal.notes or referral.need,
        "crm_id": deal.crm_id or "",
        "campaign_id": deal.campaign_id or "",
    }
