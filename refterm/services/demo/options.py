"""How a demo is to run, as people ask for it (`refterm demo --help`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from refterm.errors import InvalidInputError
from refterm.i18n import _

SEED = 135  # of those tried, the one whose figures improve most plainly


class DemoOptions(NamedTuple):
    """How the demo is to run.

    Attributes:
        start: its first instant; None is now.
        language: of the screen and of the first rows; None is the person's.
        seed: of its past and its story; only SEED is prepared.
        live: let things happen within the first minutes.
        speed: seconds of the demo in a second.
        tour: begin with the tour.
        present: for an audience: acts as ana, and shows the keys pressed.
        light: in the light theme.
    """

    start: datetime | None = None
    language: str | None = None
    seed: int = SEED
    live: bool = False
    speed: float = 1.0
    tour: bool = False
    present: bool = False
    light: bool = False


def options(
    start: str | None,
    language: str | None,
    *,
    seed: int | None = None,
    live: bool = False,
    speed: float | None = None,
    tour: bool = False,
    present: bool = False,
    light: bool = False,
) -> DemoOptions:
    """Options as they were typed.

    Raises:
        InvalidInputError: when the start is no instant.
    """
    first = None
    if start is not None:
        try:
            first = datetime.fromisoformat(start).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise InvalidInputError(
                {"start": _("{text} is no instant; write one such as 2026-11-25T09:00").format(text=start)}
            ) from error
        if not 2000 < first.year < 9000:
            raise InvalidInputError({"start": _("the demo cannot begin in {year}").format(year=first.year)})
    return DemoOptions(
        start=first,
        language=language,
        seed=SEED if seed is None else seed,
        live=live,
        speed=1.0 if speed is None else speed,
        tour=tour,
        present=present,
        light=light,
    )
