"""`refterm login` and `refterm logout`: whose account works with Partner Center."""

from __future__ import annotations

import sys

import click

from refterm.cli import output
from refterm.cli.base import Invocation, command, pass_invocation
from refterm.i18n import _


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
    from contextlib import closing

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
