"""`refterm tick` and `refterm outbox`: what is due, and what is owed (I4, N1)."""

from __future__ import annotations

from datetime import datetime

import click

from refterm.cli import output
from refterm.cli.base import Group, command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.i18n import _, ngettext


@command("tick")
@pass_invocation
def tick_(invocation: Invocation) -> int:
    """Archive what is due, then deliver what is owed.

    Returns:
        The exit status: 3 where a delivery failed, so that cron reports it.
    """
    from refterm.services.background.delivery import deliver_due
    from refterm.services.background.expiry import expire_due
    from refterm.services.desk import Desk

    with invocation.opened() as workplace:
        workplace.require_writing()
        count = len(expire_due(workplace))
        if not count:
            invocation.tell_what_is_held(workplace)
        done = deliver_due(workplace, invocation.settings().notices)
        if not workplace.database.read_only and (desk := Desk(workplace)).doubts_clock() and desk.notices_due():
            output.say(
                _("Notices wait: this machine's clock was set by days. If it is right: refterm db set archiving=on")
            )
    said = []
    if count:
        text = ngettext("Archived {n} referral as expired.", "Archived {n} referrals as expired.", count)
        said.append(text.format(n=count))
    if done.sent:
        said.append(ngettext("Delivered {n} notice.", "Delivered {n} notices.", done.sent).format(n=done.sent))
    if done.failed:
        text = ngettext("{n} notice could not be delivered.", "{n} notices could not be delivered.", done.failed)
        said.append(text.format(n=done.failed) + " " + _("refterm outbox tells why."))
    output.line(" ".join(said) or _("Nothing is due."))
    return 3 if done.failed else 0


@click.group("outbox", cls=Group, help="", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help=_("As JSON."))
@click.pass_context
def outbox_(context: click.Context, as_json: bool) -> None:
    """What is owed, sent, failed; oldest first."""
    if context.invoked_subcommand is not None:
        return
    from refterm.services.outbox import Outbox

    invocation = context.find_object(Invocation)
    assert invocation is not None
    with invocation.workplace() as workplace:
        found = Outbox(workplace).objects()
    if as_json:
        output.json_array(found)
        return
    if not found:
        output.line(_("Nothing is owed."))
    from refterm.domain.when import time_text
    from refterm.words import notice_state_word, notice_word

    rows = [
        [
            str(one["id"]),
            notice_state_word(one["state"]),
            f"#{one['referral']}",
            notice_word(one["kind"]),
            one["to"] or "-",
            time_text(datetime.fromisoformat(one["due_at"]), workplace.zone) if one["due_at"] else _("on hold"),
            one["error"] or "",
        ]
        for one in found
    ]
    columns = [
        output.Column("ID", 8, right=True),
        output.Column(_("State"), 22),
        output.Column(_("Referral"), 10),
        output.Column(_("What"), 24),
        output.Column(_("To"), 40, least=12),
        output.Column(_("Time"), 21),
        output.Column(_("Error"), 200, least=12),
    ]
    output.table(columns, rows, [0, 1, 2, 3, 5, 4, 6])


@outbox_.command("retry", help=_("Deliver a notice that failed or was dropped, at the next opportunity."))
@click.argument("number", metavar="ID", type=int)
@pass_invocation
def retry(invocation: Invocation, number: int) -> None:
    """Try a notice again."""
    from refterm.services.outbox import Outbox

    with invocation.workplace() as workplace:
        Outbox(workplace).retry(number)
    output.line(_("Notice {id} is due again.").format(id=number))


@outbox_.command("drop", help=_("Never deliver a notice."))
@click.argument("number", metavar="ID", type=int)
@pass_invocation
def drop(invocation: Invocation, number: int) -> None:
    """Drop a notice."""
    from refterm.services.outbox import Outbox

    with invocation.workplace() as workplace:
        Outbox(workplace).drop(number)
    output.line(_("Dropped notice {id}.").format(id=number))
