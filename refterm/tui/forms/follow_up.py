"""The form that sets the next step of an engagement (A5)."""

from __future__ import annotations

from collections.abc import Sequence

from refterm.i18n import _, ngettext
from refterm.services.follow_ups import FollowUps
from refterm.services.several import Done
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session


def follow_up_form(session: Session, referrals: Sequence[tuple[int, str]], at: str = "", text: str = "") -> Form[str]:
    """Asks when and what; closes with the sentence for the toast.

    Args:
        session: what screens work with.
        referrals: number and company of each engagement.
        at: the time at first.
        text: the words at first.
    """
    ids = [number for number, _company in referrals]

    def submit(texts: dict[str, str]) -> str:
        from refterm.services.several import each

        time = parts.start_text(session, texts["at"], "at")
        follow_ups = FollowUps(session.workplace)
        done: Done = each(ids, lambda number: follow_ups.set(number, texts))
        if not done.referrals:
            raise done.refused[0].error
        name = parts.names(referrals, done.referrals)
        return _("Follow up {customer}: {time}.").format(customer=name, time=time) + parts.not_done(done)

    return Form(
        session,
        form="follow-up",
        title=_("Follow up"),
        beside=parts.named(*referrals[0])
        if len(ids) == 1
        else ngettext("{n} engagement", "{n} engagements", len(ids)).format(n=len(ids)),
        button=_("Save"),
        fields=[
            FieldSpec(
                "at",
                _("When"),
                cells=26,
                placeholder=_("+2h, mon 9:00, 30 Jun"),
                hint=parts.understood_start(session, "at"),
                error_lines=2,
            ),
            FieldSpec("text", _("What"), placeholder=_("a call, an offer")),
        ],
        initial={"at": at or _("tomorrow 9:00"), "text": text},
        submit=submit,
        referrals=ids,
        told=parts.each_named(referrals),
        cells=78,
    )
