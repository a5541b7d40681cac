"""Who may do what (contract, Roles)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from refterm.config import RoleSettings, Settings
from refterm.errors import NotAllowedError
from refterm.services.marks import Marks
from refterm.services.roles import Role, role_of
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


def test_a_viewer_changes_nothing(workplace: Workplace) -> None:
    looking = replace(workplace, role=Role.VIEWER)
    assert looking.looks_only
    with pytest.raises(NotAllowedError, match="may only look"):
        Marks(looking).favorite(1)
    with pytest.raises(NotAllowedError, match="may only look"):
        Triage(looking).decline([1], {"reason": "1"})
    assert not replace(workplace, role=Role.TRIAGER).looks_only
