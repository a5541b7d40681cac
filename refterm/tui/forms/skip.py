"""The form that puts a referral aside until a time (I8)."""

from __future__ import annotations

from refterm.domain import when
from refterm.domain.referral import Referral
from refterm.domain.when import weekday_short
from refterm.errors import InvalidInputError
from refterm.i18n import _
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec, Texts
from refterm.tui.forms.form import Form
from refterm.tui.office import Office

TOMORROW = "tomorrow 09:00"


def skip_form(office: Office, referral: Referral) -> Form[str]:
    """Asks until when; closes with the sentence for the toast."""

    def submit(texts: dict[str, str]) -> str:
        until = _read(office, texts["until"])
        office.marks.skip(referral.id, texts["until"])
        return _("Skipped {customer} until {time}.").format(customer=parts.company(referral), time=until)

    def hint(texts: Texts) -> str:
        until = _read(office, texts["until"])
        return f"= {until}" if until else ""

    return Form(
        office,
        form="skip",
        title=_("Skip referral"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Skip"),
        fields=[
            FieldSpec(
                "until",
                _("Skip until"),
                cells=26,
                placeholder=_("+2h, tomorrow 09:00, a date"),
                hint=hint,
                error_lines=2,
            )
        ],
        initial={"until": _first(office, referral)},
        submit=submit,
        referrals=(referral.id,),
        cells=78,
    )


def _first(office: Office, referral: Referral) -> str:
    """Tomorrow morning, where it has not expired by then."""
    back = when.parse_until(TOMORROW, office.workplace.now(), office.workplace.zone)
    return TOMORROW if referral.expires_at is None or back <= referral.expires_at else ""


def _read(office: Office, text: str) -> str:
    """The time that is understood, for reading; empty where it is none."""
    try:
        until = when.parse_until(text, office.workplace.now(), office.workplace.zone)
    except InvalidInputError:
        return ""
    local = until.astimezone(office.workplace.zone)
    return f"{weekday_short(local)} {parts.day_text(local.date())} {local:%H:%M}"
