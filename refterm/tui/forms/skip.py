"""The form that puts a referral aside until a time (I8)."""

from __future__ import annotations

from collections.abc import Sequence

from refterm.domain import when
from refterm.domain.referral import Referral
from refterm.i18n import _, ngettext
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session


def skip_form(session: Session, referral: Referral) -> Form[str]:
    """Asks until when; closes with the sentence for the toast."""

    def submit(texts: dict[str, str]) -> str:
        until = parts.start_text(session, texts["until"], "until")
        session.marks.skip(referral.id, texts["until"])
        return _("Skipped {customer} until {time}.").format(customer=parts.company(referral), time=until)

    return Form(
        session,
        form="skip",
        title=_("Skip"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Skip"),
        fields=[_until(session)],
        initial={"until": _first(session, referral)},
        submit=submit,
        referrals=(referral.id,),
        enter_submits=True,
        cells=78,
    )


def _until(session: Session) -> FieldSpec:
    """The field that asks for the time."""
    return FieldSpec(
        "until",
        _("Skip until"),
        cells=26,
        placeholder=_("+2h, mon 9:00, 30 Jun"),
        hint=parts.understood_start(session, "until"),
        error_lines=2,
    )


def _first(session: Session, referral: Referral) -> str:
    """Tomorrow morning, where it has not expired by then."""
    tomorrow = _("tomorrow 9:00")
    back = when.start(tomorrow, session.workplace.now(), session.workplace.zone)
    return tomorrow if referral.expires_at is None or back <= referral.expires_at else ""


def skip_several_form(session: Session, referrals: Sequence[tuple[int, str]]) -> Form[str]:
    """Asks until when the marked ones are put aside; closes with the sentence for the toast."""
    ids = [number for number, _company in referrals]

    def submit(texts: dict[str, str]) -> str:
        from refterm.services.several import each

        until = parts.start_text(session, texts["until"], "until")
        done = each(ids, lambda number: session.marks.skip(number, texts["until"]))
        if not done.referrals:
            raise done.refused[0].error
        said = _("Skipped {customer} until {time}.").format(customer=parts.names(referrals, done.referrals), time=until)
        return said + parts.not_done(done)

    return Form(
        session,
        form="skip",
        title=_("Skip"),
        beside=ngettext("{n} referral", "{n} referrals", len(ids)).format(n=len(ids)),
        button=_("Skip"),
        fields=[_until(session)],
        initial={"until": _("tomorrow 9:00")},
        submit=submit,
        referrals=ids,
        told=parts.each_named(referrals),
        cells=78,
    )
