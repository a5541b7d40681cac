"""Who works at the desk: their addresses, who holds a referral, and to whom one can be given (T5, A5, W1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from refterm.domain.history import DESK, Notice
from refterm.domain.referral import Referral
from refterm.errors import InvalidInputError
from refterm.i18n import _
from refterm.services.desk_settings import people
from refterm.services.roles import Role, groups_of, role_of
from refterm.services.workplace import Workplace
from refterm.store import codec, history, outbox, queries
from refterm.store.connection import Connection
from refterm.text import clean_line, fold

FOLLOW_UP = "follow-up"
# Who did nothing for longer counts as gone.
GONE_AFTER = timedelta(days=90)
_NAMED = 12


def address_of(connection: Connection, name: str | None) -> str | None:
    """The e-mail address of a person of the desk; None where none is set (`refterm db set people.NAME=ADDRESS`)."""
    known = people(queries.settings(connection))
    if name is None or name in known:
        return known.get(name or "")
    return next((address for one, address in known.items() if fold(one) == fold(name)), None)


def holder(referral: Referral) -> str | None:
    """Who holds a referral: who took it or was given it, else who accepted it (T5)."""
    return referral.taken_by or referral.decided_by


def follow_up_notice(connection: Connection, row: Mapping[str, Any], now: datetime, otherwise: str) -> list[Notice]:
    """The notice of an engagement's follow-up to who holds it now, in place of one that waits (A5).

    Args:
        connection: inside the transaction of the change.
        row: the engagement after it.
        now: what is due already was told.
        otherwise: the person to notify where nobody holds it.
    """
    at = codec.instant_or_none(row["follow_up_at"])
    if at is None or at <= now:
        return []
    outbox.drop_follow_ups(connection, row["id"])
    address = address_of(connection, row["taken_by"] or row["decided_by"] or otherwise)
    return [Notice(FOLLOW_UP, address or "", at, text=row["follow_up_text"])]


def colleagues(workplace: Workplace) -> dict[str, str]:
    """To whom a referral can be given, each with their login: the desk's people, and who acted within 90 days (T5).

    Viewers are left out. A person who has not acted yet is taken to have their name as login.
    """
    with workplace.database.reading() as connection:
        known = dict.fromkeys(people(queries.settings(connection)), "")
        acted = history.acted_since(connection, workplace.now() - GONE_AFTER)
    acted.pop(DESK.name, None)
    found = {name: login or name for name, login in {**known, **acted}.items()}
    return {name: found[name] for name in sorted(found, key=fold) if _role(workplace, found[name]) >= Role.TRIAGER}


def colleague(workplace: Workplace, typed: str) -> str:
    """The colleague whom a person named; case and accents do not matter where only one is meant.

    Raises:
        InvalidInputError: under the name `to`: for nobody, a viewer, or somebody who is not at this desk (any more).
    """
    name = clean_line(typed).strip()
    if not name:
        raise InvalidInputError({"to": _("name the colleague who gets it")})
    able = colleagues(workplace)
    if name in able:
        return name
    alike = [one for one in able if fold(one) == fold(name)]
    if len(alike) == 1:
        return alike[0]
    with workplace.database.reading() as connection:
        login = history.acted_since(connection, workplace.now() - GONE_AFTER).get(name, name)
        known = name in people(queries.settings(connection)) or login != name
    if known or _role_is_named(workplace, login):
        raise InvalidInputError(
            {"to": _("{name} may only look here, and cannot be given a referral").format(name=name)}
        )
    raise InvalidInputError(
        {
            "to": _(
                "{name} is not of this desk, or did nothing here for 90 days; choose one of {names}, or let an admin add"
                " them with refterm db set people.NAME=ADDRESS"
            ).format(name=name[:60], names=", ".join([*able][:_NAMED]) or _("nobody"))
        }
    )


def _role(workplace: Workplace, login: str) -> Role:
    return role_of(login, groups_of(login), workplace.roles)


def _role_is_named(workplace: Workplace, login: str) -> bool:
    """Whether the site's file names a login as a viewer."""
    return login in workplace.roles.viewer
