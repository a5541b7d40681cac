"""`refterm` and `refterm demo`: open the desk."""

from __future__ import annotations

import gc
import os
import sys

from refterm.cli.base import Invocation, command, desk_options, pass_invocation
from refterm.cli.terminal import is_terminal
from refterm.errors import RefTermError
from refterm.i18n import _


def open_desk(invocation: Invocation, *, demo: bool = False) -> int:
    """Open the desk, or the one with made-up referrals.

    Returns:
        The exit status.

    Raises:
        RefTermError: where there is no terminal to draw on.
    """
    if not all(is_terminal(stream) for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise RefTermError(_("the desk needs a terminal; on a pipe use refterm list, or see refterm --help"))
    if os.environ.get("TERM", "") in ("", "dumb"):
        raise RefTermError(_("the desk cannot be drawn on this terminal (TERM is empty or dumb); use refterm list"))
    settings = invocation.settings()
    if named := invocation.flags.get("config"):
        os.environ["REFTERM_CONFIG"] = os.path.abspath(str(named))  # for the processes that sync
    # Collecting garbage takes a tenth of the start and finds none. The desk switches it on again.
    gc.disable()
    from refterm.tui.app import run_desk

    return run_desk(settings, acting=invocation.acting, demo=demo)


@command("demo", params=desk_options())
@pass_invocation
def demo_(invocation: Invocation) -> int:
    """Open the demo desk."""
    return open_desk(invocation, demo=True)
