"""`refterm login`, `logout` and `sync`: whose account works with Partner Center, and one pass of the sync."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from refterm.cli import output
from refterm.cli.base import command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.cli.terminal import is_terminal
from refterm.errors import RefTermError
from refterm.i18n import _, ngettext

if TYPE_CHECKING:
    from refterm.services.workplace import Workplace


@command(
    "login",
    more=_(
        "Shows a code to be typed into a browser anywhere. Where a policy blocks that, --browser prints an address for a"
        " browser that reaches this machine, by ssh's forwarding too. The sign-in is kept for you alone."
    ),
)
@click.option("--browser", is_flag=True, help=_("Sign in with a browser instead of a code."))
@pass_invocation
def login_(invocation: Invocation, /, browser: bool) -> None:
    """Sign in, and say as whom and where."""
    from refterm.services.sync import connecting
    from refterm.services.workplace import require

    settings = invocation.settings()
    require(settings, "login", invocation.acting)
    with closing(connecting.transport(settings.partner_center)) as way:
        signing = connecting.sign_in(settings.partner_center, way)
        token = signing.by_browser(_say) if browser else signing.by_device(_say)
    output.line(_("Signed in as {account}, tenant {tenant}.").format(account=token.account, tenant=token.tenant))


def _say(sentence: str) -> None:
    """Show a sentence at once, on a pipe too."""
    output.line(sentence)
    sys.stdout.flush()


@command("logout")
@pass_invocation
def logout_(invocation: Invocation) -> None:
    """Forget the sign-in of this person."""
    from refterm.services.sync import connecting

    invocation.settings()
    output.line(_("Signed out.") if connecting.forget() else _("Nobody was signed in."))


@command(
    "sync",
    more=_(
        "Brings in what is new and changed, and sends what was decided here and can no longer be undone; once, for cron."
        " The exit status is 3 where it was done in part. --dry-run says what would be sent, and asks nobody."
    ),
)
@click.option("--full", is_flag=True, help=_("Read everything there, not only what changed."))
@click.option("--dry-run", is_flag=True, help=_("Only say what would be sent."))
@click.option("--adopt", is_flag=True, help=_("Bind this desk to the account's tenant and organisation."))
@click.option("--json", "as_json", is_flag=True, help=_("What was done, as JSON."))
@pass_invocation
def sync_(invocation: Invocation, /, full: bool, dry_run: bool, adopt: bool, as_json: bool) -> int:
    """Pull and push once.

    Returns:
        The exit status: 0 whole, 1 refused, 3 in part.
    """
    from refterm.services.sync import connecting, running, standing

    settings = invocation.settings()
    # A desk that starts this hands its lease along.
    lease, _point, kind = os.environ.pop(standing.LEASE_OF, "").partition(":")
    if lease:
        os.nice(10)  # a key of a desk goes first
    with invocation.workplace(create=not dry_run) as workplace, _noted(workplace, lease):
        if dry_run:
            workplace.require("sync")
            texts = list(running.would_send(workplace))
            for text in texts or [_("Nothing waits to be sent.")]:
                output.line(text)
            return 0
        bar = Counted()
        with closing(connecting.client(settings.partner_center, token=invocation.token)) as client:
            summary, status = running.run(
                workplace,
                client,
                full=full,
                adopt=adopt,
                pulls=kind != "push",
                holder=lease or None,
                told=bar.show,
            )
            bar.clear()
            waits = running.on_hold(workplace)
            if waits and status != 1 and not lease and _wants_to_send(waits):
                running.let_go(workplace)
                more, status = running.run(workplace, client, pulls=False)
                summary.pushed, summary.error = summary.pushed + more.pushed, more.error
                summary.failed, summary.waiting = summary.failed + more.failed, more.waiting
    if as_json:
        output.line(json.dumps(running.as_json(summary), ensure_ascii=False))
    else:
        output.line(
            _(
                "{new} new, {updated} updated, {unchanged} unchanged; {pushed} sent, {waiting} waiting, {failed} failed"
            ).format(
                new=summary.new,
                updated=summary.updated,
                unchanged=summary.unchanged,
                pushed=summary.pushed,
                waiting=summary.waiting,
                failed=summary.failed,
            )
        )
    if summary.error and not as_json:
        output.complain(summary.error)
    return status


@contextmanager
def _noted(workplace: Workplace, lease: str) -> Iterator[None]:
    """Let the desk that started this process see why it could not begin."""
    from refterm.services.sync import standing

    try:
        yield
    except RefTermError as error:
        if lease:
            standing.failed(workplace, lease, str(error))
        raise


def _wants_to_send(count: int) -> bool:
    """Ask whether what was decided before the desk was connected goes to Partner Center; no where nobody can answer."""
    question = ngettext(
        "{n} change was decided here before this desk was connected. Send it to Partner Center?",
        "{n} changes were decided here before this desk was connected. Send them to Partner Center?",
        count,
    ).format(n=count)
    answer = output.ask(question)
    if not answer:
        output.say(_("They stay on hold; refterm outbox shows them, and outbox retry sends one."))
    return bool(answer)


class Counted:
    """How many referrals were received, on one line of the terminal that is drawn over; nothing where there is none."""

    def __init__(self) -> None:
        self._seen = is_terminal(sys.stderr)
        self._drawn = False

    def show(self, received: int) -> None:
        """Show a count. How many there are in all, the service does not say."""
        if self._seen and received:
            self._drawn = True
            blocks = "#" * min(40, 1 + received // 100)
            sys.stderr.write(f"\r{blocks:<40} " + _("{n} received").format(n=received) + "\x1b[K")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            self._drawn = False
