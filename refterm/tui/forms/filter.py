"""The form that narrows the list by everything that `refterm list` filters by."""

from __future__ import annotations

from typing import Any

from refterm.domain import when
from refterm.domain.filter_words import read_options
from refterm.domain.query import Filter, View
from refterm.domain.referral import Outcome
from refterm.errors import InvalidInputError
from refterm.i18n import _
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session
from refterm.words import outcome_word

ONLY = "only"
# The field of filters that have none of their own, in the words of `list`; its errors bear this name, too.
MORE = "filter"
_FLAGS = ("mine", "flame", "overdue", "unrouted", "unassigned", "uncalled", "follow_up", "no_follow_up")
_VALUES = ("expiring", "min_fit", "country", "channel")
_HERE = (*_FLAGS, *_VALUES)


def filter_form(session: Session, view: View) -> Form[Filter]:
    """Shows the filter as it is; closes with the new one. `ctrl+r` lets everything through again."""
    present = view.filter
    profiles = session.desk.profiles()

    def submit(texts: dict[str, str]) -> Filter:
        return _read(texts, present, profiles, session)

    return Form(
        session,
        form="filter",
        title=_("Filter"),
        beside=_("ctrl+r shows all"),
        button=_("Show"),
        fields=_fields(profiles),
        initial=_texts(present, profiles, session),
        again=dict,
        submit=submit,
        cells=78,
    )


def _fields(profiles: list[str]) -> list[FieldSpec]:
    outcomes = [("", _("all")), *((outcome.value, outcome_word(outcome)) for outcome in Outcome)]
    # A profile's name can be anything, so what is chosen is its place in the list.
    names = [("", _("all")), *((str(number), parts.plain_line(name)) for number, name in enumerate(profiles, 1))]
    return [
        FieldSpec("outcome", _("Outcome"), "choice", options=outcomes, inline=True),
        FieldSpec("since", _("Received from"), group="period", cells=14, placeholder=_("last month"), error_lines=2),
        FieldSpec("until", _("and before"), group="period", cells=14, placeholder=_("today")),
        FieldSpec("profile", _("Profile"), "choice", options=names),
        FieldSpec(
            "favorite", _("Favourites"), "choice", options=[("", _("all")), (ONLY, _("favourites only"))], inline=True
        ),
        FieldSpec(
            "skipped", _("Skipped"), "choice", options=[("", _("left out")), (ONLY, _("skipped only"))], inline=True
        ),
        FieldSpec(
            MORE,
            _("And"),
            placeholder="mine overdue min-fit 60 country ES",
            error_lines=2,
            remark=_("words of refterm list, also unassigned or expiring 24"),
        ),
    ]


def _texts(present: Filter, profiles: list[str], session: Session) -> dict[str, str]:
    zone = session.workplace.zone
    return {
        "outcome": present.outcome or "",
        "since": when.date_text(present.since.astimezone(zone)) if present.since else "",
        "until": when.date_text(present.until.astimezone(zone)) if present.until else "",
        "profile": str(profiles.index(present.profile) + 1) if present.profile in profiles else "",
        "favorite": ONLY if present.favorite else "",
        "skipped": ONLY if present.skipped else "",
        MORE: _more(present),
    }


def _more(present: Filter) -> str:
    """The filters that have no field of their own, in the words of `list`."""
    words = [name for name in _FLAGS if getattr(present, name)]
    words += [f"{name} {value}" for name in _VALUES if (value := getattr(present, name)) is not None]
    return " ".join(words).replace("_", "-")


def _read(texts: dict[str, str], present: Filter, profiles: list[str], session: Session) -> Filter:
    """The filter that the texts ask for.

    Raises:
        InvalidInputError: for dates that cannot be read, and for words that are no filter.
    """
    workplace = session.workplace
    more = read_options(texts[MORE])
    for name in more:
        if name not in _HERE:
            raise InvalidInputError(
                {
                    MORE: _("{word} has no place here; it is a field, a key or an order").format(
                        word=name.replace("_", "-")
                    )
                }
            )
    since, until = when.period(
        texts["since"].strip() or None, texts["until"].strip() or None, workplace.now(), workplace.zone
    )
    others: dict[str, Any] = {name: bool(more.get(name)) for name in _FLAGS if name != "mine"}
    others |= {name: more.get(name) for name in _VALUES}
    return present._replace(
        outcome=Outcome(texts["outcome"]) if texts["outcome"] else None,
        since=since,
        until=until,
        profile=profiles[int(texts["profile"]) - 1] if texts["profile"] else None,
        favorite=texts["favorite"] == ONLY,
        skipped=texts["skipped"] == ONLY,
        mine=workplace.actor.name if more.get("mine") else None,
        **others,
    )
