"""Views in the words of `refterm list`: from options already read, and from a line such as `--mine --min-fit 60`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from refterm.domain.query import Filter, Order, Tab, View
from refterm.domain.referral import Channel, Outcome
from refterm.domain.when import period
from refterm.errors import InvalidInputError
from refterm.i18n import _

FLAGS = (
    "flame",
    "overdue",
    "favorite",
    "skipped",
    "mine",
    "unrouted",
    "unassigned",
    "uncalled",
    "follow_up",
    "no_follow_up",
)
_CHOICES: dict[str, tuple[str, ...]] = {
    "tab": tuple(Tab),
    "outcome": tuple(Outcome),
    "channel": tuple(Channel),
    "sort": tuple(Order),
}
# The numbers, and the largest that each may be.
_NUMBERS = {"expiring": 9999, "min_fit": 100}
_PLAIN = ("profile", "expiring", "min_fit", "country", "channel")
_TEXTS = ("search", "profile", "since", "until", "country")


def view_from(
    options: Mapping[str, Any], person: str, now: datetime, zone: tzinfo | None, tab: Tab | None = None
) -> View:
    """The view that options of `list` ask for.

    Args:
        options: by name, such as `min_fit`; what is missing, None, false or empty is not asked for.
        person: who looks, whom `mine` means.
        now: the present instant, from which periods such as `30d` count.
        zone: the person's, in which days begin; None is the machine's.
        tab: where no option names one; None lets the tab follow the filter, else be the Inbox.

    Raises:
        InvalidInputError: for a date that cannot be read, under the option's name.
    """
    outcome, order = options.get("outcome"), options.get("sort")
    since, until = period(options.get("since"), options.get("until"), now, zone)
    plain: dict[str, Any] = {name: options.get(name) for name in _PLAIN}
    plain |= {name: bool(options.get(name)) for name in FLAGS if name != "mine"}
    chosen = Filter(
        outcome=Outcome(outcome) if outcome else None,
        since=since,
        until=until,
        mine=person if options.get("mine") else None,
        **plain,
    )
    wanted = Tab(options["tab"]) if options.get("tab") else tab or chosen.tab or Tab.INBOX
    return View(wanted, Order(order) if order else None, chosen, options.get("search") or "")


def read_options(line: str) -> dict[str, Any]:
    """The options in a line; the two hyphens before a name may be left out.

    Raises:
        InvalidInputError: under the name `filter`, for a word that is no option or a value it cannot have.
    """
    import shlex

    try:
        words = shlex.split(line)
    except ValueError:
        raise _bad(_("a quotation mark is not closed")) from None
    options: dict[str, Any] = {}
    while words:
        typed, equals, value = words.pop(0).partition("=")
        name = typed.removeprefix("--").replace("-", "_")
        if name in FLAGS and not equals:
            options[name] = True
            continue
        if name not in (*_CHOICES, *_NUMBERS, *_TEXTS):
            raise _bad(_("{word} is no option of refterm list").format(word=typed))
        if not equals:
            if not words:
                raise _bad(_("{word} needs a value").format(word=typed))
            value = words.pop(0)
        options[name] = _value(name, typed, value)
    return options


def _value(name: str, typed: str, value: str) -> str | int:
    if name in _NUMBERS:
        if not value.isdecimal() or len(value) > 4 or int(value) > _NUMBERS[name]:
            raise _bad(_("{word} takes a whole number up to {most}").format(word=typed, most=_NUMBERS[name]))
        return int(value)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise _bad(_("{word} is one of {allowed}").format(word=typed, allowed=", ".join(_CHOICES[name])))
    return value


def _bad(sentence: str) -> InvalidInputError:
    return InvalidInputError({"filter": sentence})
