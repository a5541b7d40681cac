"""The settings that belong to the desk, not to a person: deadlines (I3, F2, I4) and people (`refterm db set`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from refterm.config import MOST
from refterm.domain.deadline import Deadlines, deadlines_of
from refterm.domain.decisions import LONGEST_ADDRESS
from refterm.errors import InvalidInputError
from refterm.i18n import _
from refterm.services.background import holding
from refterm.services.workplace import Workplace
from refterm.store import journal, queries, updates
from refterm.text import LONGEST_KEY

DEFAULTS = {"deadlines.respond_hours": 24, "deadlines.flame_hours": 72, "deadlines.expire_days": 14}
PEOPLE = "people."
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


class Set(NamedTuple):
    """What became of a setting; `value` is None where a person was removed."""

    key: str
    value: str | None


def change(workplace: Workplace, assignment: str) -> Set:
    """Set a value, written as KEY=VALUE; without a value a deadline is the default again and a person is removed.

    Expiries that referrals already have stay; the other deadlines hold at once.

    Raises:
        InvalidInputError: for an unknown key, or a value that it cannot have.
        NotAllowedError: on a desk that is open for reading only, and unless an admin does it.
    """
    workplace.require_writing()
    workplace.require("db set")
    key, separator, typed = (part.strip() for part in assignment.partition("="))
    if key == holding.SETTING and typed == holding.ON:
        holding.release(workplace)
        return Set(key, typed)
    if not separator:
        raise InvalidInputError(
            {"": _("{text}: write KEY=VALUE, such as deadlines.expire_days=10").format(text=assignment)}
        )
    value = _checked(key, typed)
    with workplace.database.writing() as connection:
        present = queries.settings(connection).get(key)
        if present != value:
            updates.put_setting(connection, key, value)
            journal.record_setting(
                connection, key, _as_json(key, present), _as_json(key, value), workplace.actor, workplace.now()
            )
    workplace.read_settings()
    return Set(key, value if value is not None or key not in DEFAULTS else str(DEFAULTS[key]))


def _checked(key: str, typed: str) -> str | None:
    """The value as it is kept; None for none."""
    if key in DEFAULTS:
        if not typed:
            return None
        if not re.fullmatch(r"[0-9]{1,6}", typed) or not 1 <= int(typed) <= MOST:
            raise InvalidInputError(
                {"": _("{key} must be a whole number from {least} to {most}").format(key=key, least=1, most=MOST)}
            )
        return str(int(typed))
    name = key.removeprefix(PEOPLE)
    if name == key or not name.strip() or not name.isprintable() or len(name) > LONGEST_KEY:
        allowed = ", ".join((*DEFAULTS, PEOPLE + "NAME", f"{holding.SETTING}={holding.ON}"))
        raise InvalidInputError(
            {"": _("{key} is not a setting of the desk; allowed are {allowed}").format(key=key, allowed=allowed)}
        )
    if typed and (not _ADDRESS.fullmatch(typed) or len(typed) > LONGEST_ADDRESS):
        raise InvalidInputError(
            {"": _("{key} must be an e-mail address, such as bob@example.com: {text}").format(key=key, text=typed)}
        )
    return typed or None


def _as_json(key: str, value: str | None) -> int | str | None:
    """A value as the history keeps it: a deadline is a number, also where it is the default."""
    if key in DEFAULTS:
        return DEFAULTS[key] if value is None else int(value)
    return value


def people(values: Mapping[str, str]) -> dict[str, str]:
    """The people of the desk: their addresses by name."""
    return {key.removeprefix(PEOPLE): value for key, value in values.items() if key.startswith(PEOPLE)}


def shown(values: Mapping[str, str]) -> str:
    """All settings on one line, as `refterm doctor` tells them."""
    spans: Deadlines = deadlines_of(values)
    hours = [int(span.total_seconds() // 3600) for span in (spans.respond, spans.flame)]
    told = _("respond within {respond} h, flame {flame} h, expire after {expire} d").format(
        respond=hours[0], flame=hours[1], expire=spans.expire.days
    )
    named = [f"{name} <{address}>" for name, address in people(values).items()]
    return "; ".join((told, *named))
