"""The form that puts a referral aside until a time (I8)."""

from __future__ import annotations

from collections.abc import Sequence

from refterm.domain import when
from refterm.domain.referral import Referral
from refterm.i18n import _, ngettext
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.office import Office


def skip_form(office: Office, referral: Referral) -> Form[str]:
    """Asks until when; closes with the sentence for the toast."""

    def submit(texts: dict[str, str]) -> str:
        workplace = office.workplace
        until = when.time_text(when.start(texts["until"], workplace.now(), workplace.zone), workplace.zone)
        office.marks.skip(referral.id, texts["until"])
        return _("Skipped {customer} until {time}.").format(customer=parts.company(referral), time=until)

    return Form(
        office,
        form="skip",
        title=_("Skip"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Skip"),
        fields=[_until(office)],
        initial={"until": _first(office, referral)},
        submit=submit,
        referrals=(referral.id,),
        enter_submits=True,
        cells=78,
    )


def _until(office: Office) -> FieldSpec:
    """The field that asks for the time."""
    return FieldSpec(
        "until",
        _("Skip until"),
        cells=26,
        placeholder=_("+2h, mon 9:00, 30 Jun"),
        hint=parts.understood_start(office, "until"),
        error_lines=2,
    )


def _first(office: Office, referral: Referral) -> str:
    """Tomorrow morning, where it has not expired by then."""
    tomorrow = _("tomorrow 9:00")
    back = when.start(tomorrow, office.workplace.now(), office.workplace.zone)
    return tomorrow if referral.expires_at is None or back <= referral.expires_at else ""


def skip_several_form(office: Office, referrals: Sequence[tuple[int, str]]) -> Form[str]:
    """Asks until when the marked ones are put aside; closes with the sentence for the toast."""
    ids = [number for number, _company in referrals]

    def submit(texts: dict[str, str]) -> str:
        from refterm.services.several import each

        workplace = office.workplace
        until = when.time_text(when.start(texts["until"], workplace.now(), workplace.zone), workplace.zone)
        done = each(ids, lambda number: office.marks.skip(number, texts["until"]))
        if not done.referrals:
            raise done.refused[0].error
        said = _("Skipped {customer} until {time}.").format(customer=parts.names(referrals, done.referrals), time=until)
        return said + parts.not_done(done)

    return Form(
        office,
        form="skip",
        title=_("Skip"),
        beside=ngettext("{n} referral", "{n} referrals", len(ids)).format(n=len(ids)),
        button=_("Skip"),
        fields=[_until(office)],
        initial={"until": _("tomorrow 9:00")},
        submit=submit,
        referrals=ids,
        told=parts.each_named(referrals),
        cells=78,
    )
