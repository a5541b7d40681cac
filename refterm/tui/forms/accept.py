"""The form that accepts a referral (I5)."""

from __future__ import annotations

from refterm.domain.referral import Referral
from refterm.i18n import _
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.office import Office


def accept_form(office: Office, referral: Referral) -> Form[str]:
    """Asks what accepting needs; closes with the sentence for the toast."""
    company = parts.company(referral)
    currency = office.desk.currency(referral)

    def submit(texts: dict[str, str]) -> str:
        office.triage.accept(referral.id, texts, parts.context(office, currency))
        return _("Accepted {customer}. Active.").format(customer=company)

    return Form(
        office,
        form="accept",
        title=_("Accept referral"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Next"),
        fields=_fields(office),
        initial=_first_values(office, referral),
        submit=submit,
        referrals=(referral.id,),
        told=parts.same_customer(office, [referral.id]),
    )


def _fields(office: Office) -> list[FieldSpec]:
    optional = _("optional")
    return [
        FieldSpec("name", _("Engagement name")),
        *parts.money_fields(_("Estimated value")),
        FieldSpec(
            "timeframe",
            _("Purchase timeframe"),
            cells=26,
            placeholder=_("3m, Q1, 30 Jun"),
            hint=parts.understood_deadline(office, "timeframe"),
            error_lines=2,
        ),
        FieldSpec("notes", _("Notes"), "notes", placeholder=_("what the customer is looking for")),
        FieldSpec("crm_id", _("CRM ID"), group="ids", placeholder=optional),
        FieldSpec("campaign_id", _("Campaign ID"), group="ids", placeholder=optional),
        FieldSpec(
            "contacts",
            _("Contacts"),
            "notes",
            placeholder=_("optional, one a line: Name; e-mail; phone"),
            error_lines=2,
        ),
    ]


def _first_values(office: Office, referral: Referral) -> dict[str, str]:
    """The name from customer and wish; value, currency and date where the source states them."""
    deal = referral.deal
    wish = next(iter((*referral.solutions, *referral.products)), "")
    name = deal.name or " - ".join(part for part in (parts.company(referral), parts.plain_line(wish)) if part)
    wanted = deal.purchase_date
    return {
        "name": name,
        "value": parts.typed_value(deal.value),
        "currency": deal.currency or "",
        "timeframe": wanted.isoformat() if wanted and wanted >= office.workplace.today() else "",
        "crm_id": deal.crm_id or "",
        "campaign_id": deal.campaign_id or "",
    }
