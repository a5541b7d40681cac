"""Opening the desk, by `refterm` or `refterm demo`. It needs no parser of the command line."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from refterm.cli.invocation import Invocation
from refterm.cli.terminal import FILES_OF_A_DESK, is_terminal, require_files
from refterm.errors import RefTermError
from refterm.i18n import _

if TYPE_CHECKING:
    from refterm.config import Settings
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
    from refterm.tui.first_page import FirstPage

    page = FirstPage(settings)
    try:
        page.paint(invocation.acting)
        from refterm.tui.app import run_desk  # most of the start

        return run_desk(settings, acting=invocation.acting, page=page)
    finally:
        page.leave()


def check_look(settings: Settings) -> None:
    """Refuse a theme, a key or a view that the desk would refuse.

    Raises:
        ConfigurationError: naming what is allowed.
    """
    from refterm.tui import app

    app.check_look(settings)
