"""`refterm` and `refterm demo`: open the desk."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from refterm.cli.base import Invocation, command, desk_options, pass_invocation
from refterm.cli.terminal import FILES_OF_A_DESK, is_terminal, require_files
from refterm.errors import RefTermError
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.services.demo.options import DemoOptions


def open_desk(invocation: Invocation, demo: DemoOptions | None = None) -> int:
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
    require_files(FILES_OF_A_DESK)
    settings = invocation.settings()
    if named := invocation.flags.get("config"):
        os.environ["REFTERM_CONFIG"] = os.path.abspath(str(named))  # for the processes that sync
    # Collecting garbage takes a tenth of the start and finds none. The desk switches it on again.
    gc.disable()
    if demo is not None:
        from refterm.tui.demo.app import run_demo

        return run_demo(settings, demo, invocation.acting)
    from refterm.tui.app import run_desk

    return run_desk(settings, acting=invocation.acting)


@command("demo", params=desk_options())
@click.option("--start", metavar="WHEN", help=_("The instant at which it begins, in ISO 8601; otherwise now."))
@click.option(
    "--seed", type=click.IntRange(min=0), help=_("Another past and another story; the same number, the same.")
)
@click.option(
    "--lang", type=click.Choice(("en", "es")), help=_("The language of the screen and of the first referrals.")
)
@click.option("--live", is_flag=True, help=_("Let things happen within the first minutes."))
@click.option("--speed", type=click.FloatRange(0, 10_000), help=_("Seconds of the demo in a second; 0 lets it stand."))
@click.option("--tour", is_flag=True, help=_("Begin with the tour: one line says what to look at and what to press."))
@click.option("--present", is_flag=True, help=_("For an audience: act as ana, show the keys pressed, in large rows."))
@click.option("--light", is_flag=True, help=_("In the light theme, for a projector."))
@pass_invocation
def demo_(invocation: Invocation, /, start: str | None, lang: str | None, **chosen: Any) -> int:
    """Open the demo desk."""
    from refterm.services.demo.options import options

    return open_desk(invocation, options(start, lang, **chosen))
