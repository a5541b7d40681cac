"""Roles (contract, Roles): decided by the real Unix login, never by the acting name; and what each may do."""

from __future__ import annotations

import os
from collections.abc import Set
from contextlib import suppress
from enum import IntEnum

from refterm.config import RoleSettings
from refterm.i18n import _


class Role(IntEnum):
    """What a login may do; each may do what the one before may."""

    VIEWER = 1
    TRIAGER = 2
    ADMIN = 3


# Every command, and what of a command needs more than the rest of it: the role that it needs at least. The actions of
# the screens ask for the same words (`Workplace.require`).
NEEDS: dict[str, Role] = {
    **dict.fromkeys(
        ("list", "show", "history", "insights", "export", "outbox", "profile list", "doctor", "completion", "demo"),
        Role.VIEWER,
    ),
    "db check": Role.VIEWER,
    "logout": Role.VIEWER,
    **dict.fromkeys(("import", "accept", "decline", "edit", "contact", "won", "lost", "undo"), Role.TRIAGER),
    **dict.fromkeys(("note", "contacted", "take", "release", "favorite", "skip", "unskip"), Role.TRIAGER),
    **dict.fromkeys(("assign", "reply", "follow-up", "sync", "login", "tick"), Role.TRIAGER),
    "outbox of one's own": Role.TRIAGER,
    "outbox of others": Role.ADMIN,
    "take of others": Role.ADMIN,
    "release of others": Role.ADMIN,
    "profile": Role.ADMIN,
    "sync --full": Role.ADMIN,
    "sync --adopt": Role.ADMIN,
    **dict.fromkeys(("db upgrade", "db backup", "db restore", "db set", "db copy", "db check --mend"), Role.ADMIN),
}


def duty(task: str) -> str:
    """What a task is called, to begin a sentence with; a command is called as it is typed."""
    named = {
        "db set": _("Changing the desk's settings"),
        "db upgrade": _("Upgrading a desk"),
        "db backup": _("A backup"),
        "db restore": _("Going back to a backup"),
        "db copy": _("Copying a desk"),
        "db check --mend": _("Mending a desk"),
        "profile": _("Keeping profiles"),
        "outbox of others": _("Keeping the outbox"),
        "take of others": _("Taking what others have taken"),
        "release of others": _("Releasing what others have taken"),
    }
    return named.get(task, f"refterm {task}")


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


def groups_of(login: str) -> set[str]:
    """The Unix groups of another login, as the machine's accounts name them."""
    import grp
    import pwd

    found = {entry.gr_name for entry in grp.getgrall() if login in entry.gr_mem}
    with suppress(KeyError):  # no account of that name, or its group has no entry
        found.add(grp.getgrgid(pwd.getpwnam(login).pw_gid).gr_name)
    return found
