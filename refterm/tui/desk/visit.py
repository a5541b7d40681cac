"""A visit to the demo from an open desk: a program of its own, in the place of this one until it is left."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from textual.app import App, SuspendNotSupported

from refterm.i18n import _


def show_the_demo(app: App[Any]) -> str:
    """Show the demo with its tour until the person leaves it; gives what to say afterwards."""
    try:
        with app.suspend():
            done = subprocess.run([sys.executable, "-m", "refterm", "demo", "--tour"], check=False)
    except (OSError, SuspendNotSupported):
        return _("The demo cannot be opened from here; on the command line refterm demo --tour opens it.")
    if done.returncode:
        return _("The demo ended with an error; on the command line refterm demo --tour says why.")
    return _("Back from the demo. This is your own desk.")
