"""The form that declines one referral or several as one decision (I6), with the letter that goes out."""

from __future__ import annotations

from collections.abc import Sequence

from refterm.domain import reasons
from refterm.domain.referral import Referral
from refterm.errors import WrongStateError
from refterm.i18n import _, ngettext
from refterm.services.several import Done
from refterm.tui.forms import parts
from refterm.tui.forms.about import AboutCustomer, AboutSeveral
from refterm.tui.forms.form import Form
from refterm.tui.session import Session

# Of many referrals only so many are asked how they came.
_ASKED = 50


def decline_form(session: Session, referrals: Sequence[tuple[int, str]]) -> Form[str]:
    """Asks for the reason; closes with the sentence for the toast.

    Args:
        session: what screens work with.
        referrals: number and company of each.
    """
    ids = [referral_id for referral_id, _company in referrals]
    companies = {referral_id: parts.plain_line(company) for referral_id, company in referrals}
    first = session.desk.referral(ids[0])
    pushed = [parts.pushed_when(session, session.desk.referral(one)) for one in ids[:_ASKED]]
    letter = _Letter(session, first) if session.workplace.tells(synced=bool(pushed[0])) else None
    several = ngettext("{n} referral", "{n} referrals", len(ids)).format(n=len(ids))

    def submit(texts: dict[str, str]) -> str:
        return _sentence(session.triage.decline(ids, texts), companies, texts["reason"])

    about = AboutSeveral(session, session.desk.rows(ids)) if len(ids) > 1 else AboutCustomer(session, first)
    about.letter = letter.core if letter else None
    return Form(
        session,
        form="decline",
        title=_("Decline referral"),
        beside=several if len(ids) > 1 else parts.named(*referrals[0]),
        button=_("Close engagement"),
        fields=parts.reason_fields(parts.seen(session, first, _("for us; the customer does not see this"))),
        initial={},
        submit=submit,
        referrals=ids,
        companies=companies,
        about=about,
        leaves=_leaves(session, pushed, len(ids)),
        letter=letter.whole if letter else None,
        cells=78,
    )


class _Letter:
    """What the customer gets, or the first of several customers."""

    def __init__(self, session: Session, referral: Referral) -> None:
        self._session, self._referral = session, referral

    def core(self) -> str:
        """What it says in its first paragraph."""
        from refterm.services.background.preview import of_decline

        found = of_decline(self._session.workplace, self._referral)
        return found.core if found else _("there is no address to write to")

    def whole(self) -> str:
        """All of it, with whom it goes to."""
        from refterm.services.background.preview import of_decline

        found = of_decline(self._session.workplace, self._referral)
        if found is None:
            return _("No letter goes out: there is no address to write to.")
        head = (_("To: {to}").format(to=found.to), _("Subject: {subject}").format(subject=found.subject), "")
        return "\n".join((*head, found.text))


def _leaves(session: Session, pushed: Sequence[str], count: int) -> str:
    """What goes out, and when: to Partner Center, which tells its customers itself, and to the others by letter."""
    sync = max(pushed, key=len)
    told = [sentence for sentence in pushed if session.workplace.tells(synced=bool(sentence))]
    if len(pushed) == count:
        count = len(told)
    if sync and not told:
        return sync
    letters = _letters(session, count)
    return f"{sync} {letters}" if sync else letters


def _letters(session: Session, count: int) -> str:
    """How many customers get a letter, and when."""
    if not session.workplace.tell_customers:
        return _("Nothing is sent to the customer.")
    seconds = session.workplace.undo_seconds
    if not seconds:
        text = ngettext("The customer is notified at once.", "{n} customers are notified at once.", count)
    else:
        text = ngettext("The customer is notified in {s} s.", "{n} customers are notified in {s} s.", count)
    return text.format(n=count, s=seconds)


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
        names = "; ".join(str(refused.error) for refused in done.refused)
        sentence += " " + _("Not declined: {names}.").format(names=names)
    return sentence
