"""Who may do what (contract, Roles)."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from refterm.cli.root import COMMANDS
from refterm.config import RoleSettings, Settings
from refterm.errors import NotAllowedError
from refterm.services.marks import Marks
from refterm.services.roles import NEEDS, Role, role_of
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace, who

SITE = RoleSettings(viewer=("vera", "@guests"), triager=("tom", "@desk"), admin=("ada", "@wheel"))


@pytest.mark.parametrize(
    ("login", "groups", "role"),
    [
        ("vera", set(), Role.VIEWER),
        ("tom", set(), Role.TRIAGER),
        ("ada", set(), Role.ADMIN),
        ("ulf", {"desk"}, Role.TRIAGER),
        ("ulf", {"guests", "wheel"}, Role.ADMIN),  # the highest counts
        ("vera", {"desk"}, Role.TRIAGER),
        ("ulf", {"users"}, Role.VIEWER),  # whoever the site leaves out may look
        ("desk", set(), Role.VIEWER),  # a login is no group
    ],
)
def test_the_highest_role_that_names_the_login_counts(login: str, groups: set[str], role: Role) -> None:
    assert role_of(login, groups, SITE) is role


def test_without_roles_everyone_is_admin() -> None:
    assert role_of("ulf", set(), RoleSettings()) is Role.ADMIN


def test_acting_as_somebody_else_needs_admin() -> None:
    login = who(Settings()).login
    strict = Settings(roles=RoleSettings(triager=(login,)))
    assert who(strict).name == login
    assert who(strict, login).name == login
    with pytest.raises(NotAllowedError, match="only an admin may"):
        who(strict, "somebody")
    with pytest.raises(NotAllowedError, match="only an admin may"):
        who(replace(strict, user="somebody"))
    assert who(Settings(roles=RoleSettings(admin=(login,))), "somebody").name == "somebody"


def test_no_variable_says_who_somebody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where no account has the number, as in containers: roles hang on it."""

    def none(_number: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", none)
    for name in ("LOGNAME", "USER", "REFTERM_USER"):
        monkeypatch.setenv(name, "ada")
    assert who(Settings()).login == str(os.getuid())


def test_every_command_has_its_role_and_each_role_does_what_it_may(workplace: Workplace) -> None:
    """Contract, Roles: the table is whole, and higher roles do all that lower ones do."""
    assert {*COMMANDS} - {*NEEDS} == {"db"}  # whose commands stand by themselves
    wanted = {"assign": 2, "reply": 2, "follow-up": 2, "sync": 2, "login": 2, "sync --adopt": 3, "sync --full": 3}
    wanted |= {
        "db check": 1,
        "db restore": 3,
        "db set": 3,
        "outbox": 1,
        "outbox of one's own": 2,
        "outbox of others": 3,
    }
    assert {task: int(NEEDS[task]) for task in wanted} == wanted
    for role in Role:
        place = replace(workplace, role=role)
        for task, needed in NEEDS.items():
            if role < needed:
                words = "only an admin may do this" if needed is Role.ADMIN else "may only look here"
                with pytest.raises(NotAllowedError, match=words):
                    place.require(task)
            else:
                place.require(task)


def test_a_viewer_changes_nothing(workplace: Workplace) -> None:
    looking = replace(workplace, role=Role.VIEWER)
    assert looking.looks_only
    with pytest.raises(NotAllowedError, match="may only look"):
        Marks(looking).favorite(1)
    with pytest.raises(NotAllowedError, match="may only look"):
        Triage(looking).decline([1], {"reason": "1"})
    assert not replace(workplace, role=Role.TRIAGER).looks_only
