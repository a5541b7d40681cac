"""`refterm assign`, `reply`, `follow-up`: a colleague, the customer, the next step (T5, W1, A5)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from refterm.cli import output
from refterm.cli.base import Words, command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.cli.main import PARTIAL, REFUSED
from refterm.cli.words import label, undo_hint
from refterm.errors import NotAllowedError, RefTermError
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.services.desk import Desk
    from refterm.services.replies import Replies, Sent

STANDARD = "-"
_MOST_TEXT = 1_000_000
_ID = click.argument("identity", metavar="ID")


def _kinds() -> tuple[str, ...]:
    from refterm.services.replies import KINDS

    return KINDS


@command("assign")
@click.argument("identities", metavar="ID...", nargs=-1, required=True)
@click.option("--to", required=True, metavar="NAME", help=_("Who gets them: of the desk's people, or who acted here."))
@click.option("--notes", default="", metavar="TEXT", help=_("A word for the colleague."))
@click.option("--yes", is_flag=True, help=_("Do so without asking where somebody else has it."))
@pass_invocation
def assign_(invocation: Invocation, identities: tuple[str, ...], to: str, notes: str, yes: bool) -> int:
    """Give referrals to a colleague.

    Returns:
        The exit status: 3 where some were refused, 1 where all were.
    """
    with invocation.workplace() as workplace:
        from refterm.services.assigning import Assigning, sentence
        from refterm.services.desk import Desk
        from refterm.services.people import colleague

        workplace.require_writing()
        desk, assigning = Desk(workplace), Assigning(workplace)
        name = colleague(workplace, to)
        numbers: list[int] = []
        refused = 0
        for identity in identities:
            try:
                numbers.append(desk.resolve(identity))
            except RefTermError as error:
                if len(identities) == 1:
                    raise
                output.complain(str(error), identity)
                refused += 1
        over = _over(desk, numbers, name, yes=yes)
        done = assigning.assign(numbers, {"to": name, "notes": notes}, over=over)
        if done.referrals or len(identities) == 1:
            output.sentence(sentence(done, name, assigning.address(name), workplace.actor.name))
        else:
            for one in done.refused:
                output.complain(str(one.error), str(one.referral))
        if refused or done.refused:
            return PARTIAL if done.referrals else REFUSED
    return 0


def _over(desk: Desk, numbers: list[int], name: str, *, yes: bool) -> bool:
    """Whether what third persons have may be given away, which is asked once.

    Raises:
        NotAllowedError: where it may not, or there is nobody to ask.
    """
    me = desk.workplace.actor.name
    others = [row for row in desk.rows(numbers) if row.taken_by not in (None, me, name)]
    if not others:
        return False
    whose = ", ".join(f"#{row.id} ({row.taken_by})" for row in others)
    answer = yes or output.ask(_("Others have taken {referrals}. Give them away?").format(referrals=whose))
    if answer:
        return True
    if answer is None:
        raise NotAllowedError(
            _("others have taken {referrals}; to give them away nevertheless, add --yes").format(referrals=whose)
        )
    raise NotAllowedError(_("nothing was changed"))


@command("reply", more=_("It is sent after the undo time; customers answer to your address (db set people.NAME)."))
@_ID
@click.option("--template", type=Words("template", _kinds), metavar="KIND", help=_("The letter's template."))
@click.option("--text", metavar="TEXT|-", help=_("The letter's text; - reads it from standard input."))
@click.option("--subject", metavar="TEXT", help=_("Its subject; otherwise the template's."))
@click.option("--print", "only_print", is_flag=True, help=_("Show the letter and send nothing."))
@pass_invocation
def reply_(
    invocation: Invocation,
    /,
    identity: str,
    template: str | None,
    text: str | None,
    subject: str | None,
    only_print: bool,
) -> None:
    """Write to the customer.

    Raises:
        click.UsageError: unless a template or a text is given, one of both.
    """
    if (template is None) == (text is None):
        raise click.UsageError(_("give --template or --text, one of both"))
    if text == STANDARD:
        text = sys.stdin.read(_MOST_TEXT)
    with invocation.referral(identity) as (desk, number):
        from refterm.services.replies import KINDS, Replies, Written

        desk.workplace.require("reply")
        replies, referral = Replies(desk.workplace), desk.referral(number)
        begun = replies.prepare(referral, template or KINDS[0])
        letter = Written(begun.to, begun.subject if subject is None else subject, begun.text if text is None else text)
        if only_print:
            _print(replies, letter.to, letter.subject, letter.text)
            return
        sent = replies.send(number, {"to": letter.to, "subject": letter.subject, "text": letter.text})
        said = _("Wrote to {to} about {referral}.").format(to=sent.letter.to, referral=label(referral))
        if desk.workplace.transport != "off":
            said += undo_hint([number], desk.workplace.undo_seconds)
        output.sentence(said)
        if sent.handed_over:
            _hand_over(invocation, desk, number, sent)
        elif sent.answers_to is None:
            hint = _(
                "{who} has no address, so the customer answers to the desk's; see refterm db set people.NAME=ADDRESS"
            )
            output.complain(hint.format(who=desk.workplace.actor.name))


def _print(replies: Replies, to: str, subject: str, text: str) -> None:
    headers = [("From", replies.workplace.sender), ("Reply-To", replies.answers_to()), ("To", to), ("Subject", subject)]
    for name, value in headers:
        if value:
            output.line(f"{name}: {value}")
    output.line()
    for line in text.split("\n"):
        output.line(line)


def _hand_over(invocation: Invocation, desk: Desk, number: int, sent: Sent) -> None:
    """The desk mails nothing: say how the person can, and ask whether it was sent (W1)."""
    from refterm.services.marks import Marks
    from refterm.services.replies import mailto

    output.complain(_("this desk mails nothing by itself; send it with your own mail program:"))
    if not invocation.settings().kiosk:
        output.complain(mailto(sent.letter))
    answer = output.ask(_("Was it sent?"))
    if answer:
        if desk.referral(number).contacted_at is None:
            Marks(desk.workplace).contacted(number, was=False)
        output.sentence(_("{referral} counts as contacted.").format(referral=label(desk.referral(number))))
    else:
        output.complain(_("once it is sent, say so: refterm contacted {id}").format(id=number))


@command("follow-up")
@_ID
@click.option("--at", metavar="WHEN", help=_("When: +2h, tomorrow 09:00, ISO 8601."))
@click.option("--text", default="", metavar="TEXT", help=_("What is to be done."))
@click.option("--done", is_flag=True, help=_("The follow-up is done."))
@pass_invocation
def follow_up_(invocation: Invocation, identity: str, at: str | None, text: str, done: bool) -> None:
    """Set the next step of an engagement, or say that it is done.

    Raises:
        click.UsageError: unless a time or `--done` is given, one of both.
    """
    if (at is None) == (not done):
        raise click.UsageError(_("give --at or --done, one of both"))
    with invocation.referral(identity) as (desk, number):
        from refterm.domain.when import time_text
        from refterm.services.follow_ups import FollowUps

        follow_ups = FollowUps(desk.workplace)
        if done:
            follow_ups.done(number)
            output.sentence(_("Followed up {referral}.").format(referral=label(desk.referral(number))))
            return
        due = time_text(follow_ups.set(number, {"at": at or "", "text": text}), desk.workplace.zone)
        output.sentence(_("Follow up {referral} at {time}.").format(referral=label(desk.referral(number)), time=due))
