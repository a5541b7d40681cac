"""Roles (contract, Roles): decided by the real Unix login, never by the acting name."""

from __future__ import annotations

import os
from collections.abc import Set
from enum import IntEnum

from refterm.config import RoleSettings


class Role(IntEnum):
    """What a login may do; each may do what the one before may."""

    VIEWER = 1
    TRIAGER = 2
    ADMIN = 3


def role_of(login: str, groups: Set[str], settings: RoleSettings) -> Role:
    """The role of a login: the highest that names it or one of its groups.

    Without roles in the site's file everyone is admin; with them, a login that is not listed is a viewer.
    """
    if settings == RoleSettings():
        return Role.ADMIN
    named = {login, *(f"@{group}" for group in groups)}
    for role, members in ((Role.ADMIN, settings.admin), (Role.TRIAGER, settings.triager)):
        if named & set(members):
            return role
    return Role.VIEWER


def own_groups() -> set[str]:
    """The Unix groups of this process."""
    import grp

    found = set()
    for number in {os.getgid(), *os.getgroups()}:
        try:
            found.add(grp.getgrgid(number).gr_name)
        except KeyError:  # a group that no entry names
            found.add(str(number))
    return found
