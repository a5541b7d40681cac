"""What stands on an emulated screen."""

from __future__ import annotations

import pyte


def text_of(screen: pyte.Screen) -> str:
    """A screen as text, line by line.

    Not its `display`, which fails where the first half of a wide letter was written over.
    """
    cells = range(screen.columns)
    lines = (screen.buffer[line] for line in range(screen.lines))
    return "\n".join("".join(line[cell].data for cell in cells).rstrip() for line in lines)
