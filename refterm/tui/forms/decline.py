"""The form that declines one referral or several as one decision (I6)."""

from __future__ import annotations

from collections.abc import Sequence

from refterm.domain import reasons
from refterm.errors import WrongStateError
from refterm.i18n import _, ngettext
from refterm.services.triage import Done
from refterm.tui.forms import parts
from refterm.tui.forms.form import Form
from refterm.tui.office import Office


def decline_form(office: Office, referrals: Sequence[tuple[int, str]]) -> Form[str]:
    """Asks for the reason; closes with the sentence for the toast.

    Args:
        office: what screens work with.
        referrals: number and company of each.
    """
    ids = [referral_id for referral_id, _company in referrals]
    companies = {referral_id: parts.plain_line(company) for referral_id, company in referrals}
    several = ngettext("{n} referral", "{n} referrals", len(ids)).format(n=len(ids))

    def submit(texts: dict[str, str]) -> str:
        return _sentence(office.triage.decline(ids, texts), companies, texts["reason"])

    return Form(
        office,
        form="decline",
        title=_("Decline referral"),
        beside=several if len(ids) > 1 else parts.named(*referrals[0]),
        button=_("Close engagement"),
        fields=parts.reason_fields(),
        initial={},
        submit=submit,
        referrals=ids,
        told=parts.same_customer(office, ids),
        cells=78,
    )


def _sentence(done: Done, companies: dict[int, str], reason: str) -> str:
    """The sentence about what was declined, and what was not.

    Raises:
        RefTermError: when none was: why.
    """
    if not done.referrals:
        if len(done.refused) == 1:
            raise done.refused[0].error
        raise WrongStateError("; ".join(str(refused.error) for refused in done.refused))
    if len(done.referrals) == 1:
        sentence = _("Declined {customer} ({reason}). Archived.").format(
            customer=companies[done.referrals[0]], reason=reasons.word(reason)
        )
    else:
        sentence = _("Declined {n} referrals ({reason}). Archived.").format(
            n=len(done.referrals), reason=reasons.word(reason)
        )
    if done.refused:
        names = "; ".join(
            f"#{refused.referral} {companies[refused.referral]}: {refused.error}" for refused in done.refused
        )
        sentence += " " + _("Not declined: {names}.").format(names=names)
    return sentence
