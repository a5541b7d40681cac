"""What a kiosk answers to `ssh host COMMAND`: the site's `kiosk_commands`, read by our own parser and by no shell."""

from __future__ import annotations

import os
import shlex

import click

from refterm.cli.invocation import Invocation
from refterm.errors import NotAllowedError, RefTermError
from refterm.i18n import _

# sshd hands over here what was typed behind the host, where a ForceCommand runs instead.
TYPED = "SSH_ORIGINAL_COMMAND"


def asked(invocation: Invocation) -> bool:
    """Whether a command came over SSH to a kiosk."""
    return bool(os.environ.get(TYPED, "").strip()) and invocation.settings().kiosk


def answer(invocation: Invocation, root: click.Command) -> int:
    """Run the command that came over SSH, where the site allows it.

    Args:
        invocation: what the site's ForceCommand gave.
        root: the whole of refterm's command line.

    Returns:
        The exit status.

    Raises:
        NotAllowedError: for any other command.
        RefTermError: when it cannot be read.
    """
    allowed = invocation.settings().kiosk_commands
    try:
        words = shlex.split(os.environ[TYPED])
    except ValueError as error:
        raise RefTermError(_("the command cannot be read ({error}); check its quotes").format(error=error)) from error
    if not words or words[0] not in allowed:
        raise NotAllowedError(
            _("this is a kiosk; of commands it answers {allowed}").format(allowed=", ".join(allowed))
            if allowed
            else _("this is a kiosk, which answers no commands; connect without one to open the desk")
        )
    given = Invocation(invocation.clock, remote=True)
    with root.make_context("refterm", ["--kiosk", *words], obj=given) as context:
        status = root.invoke(context)
    return status if isinstance(status, int) else 0
