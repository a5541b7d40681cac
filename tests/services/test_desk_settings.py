"""Settings of the desk: deadlines and people (I3, F2, I4, T5; contract, `refterm db set`)."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from refterm.clock import SettableClock
from refterm.config import Settings
from refterm.domain.deadline import Deadlines
from refterm.errors import InvalidInputError, NotAllowedError
from refterm.services import desk_settings
from refterm.services.desk import Desk
from refterm.services.roles import Role
from refterm.services.workplace import Workplace, open_workplace
from refterm.store import queries
from tests.conftest import ImportRecords
from tests.samples import api_record
from tests.store.support import dump, one_row, open_at


def kept(workplace: Workplace) -> dict[str, str]:
    with workplace.database.reading() as connection:
        return {key: value for key, value in queries.settings(connection).items() if key != "desk.id"}


def test_a_desk_begins_with_the_defaults(workplace: Workplace) -> None:
    assert kept(workplace) == {}
    with closing(open_workplace(Settings(database=str(workplace.database.location)))) as opened:
        assert opened.deadlines == Deadlines(timedelta(hours=24), timedelta(hours=72), timedelta(days=14))


def test_a_deadline_holds_at_once_and_for_whoever_opens_the_desk_later(workplace: Workplace) -> None:
    desk_settings.change(workplace, "deadlines.respond_hours=8")
    desk_settings.change(workplace, " deadlines.expire_days = 010 ")
    wanted = Deadlines(timedelta(hours=8), timedelta(hours=72), timedelta(days=10))
    assert workplace.deadlines == wanted
    with closing(open_workplace(Settings(database=str(workplace.database.location)))) as opened:
        assert opened.deadlines == wanted


def test_an_open_desk_takes_it_over_when_it_hears_of_the_change(workplace: Workplace, clock: SettableClock) -> None:
    with closing(open_at(workplace.database.location, clock, "luis")) as other:
        desk = Desk(other)
        token = desk.token()
        desk_settings.change(workplace, "deadlines.flame_hours=5")
        assert other.deadlines.flame == timedelta(hours=72)
        desk.changes(token)
        assert other.deadlines.flame == timedelta(hours=5)


def test_a_stored_expiry_never_moves(workplace: Workplace, import_records: ImportRecords) -> None:
    """I4: only a referral that comes later, and states no expiry, takes the new span."""
    [before] = import_records([api_record(expirationDateTime=None)])
    present = one_row(workplace.database, before)
    desk_settings.change(workplace, "deadlines.expire_days=3")
    [after] = import_records([api_record(expirationDateTime=None)])
    assert one_row(workplace.database, before) == present
    later = one_row(workplace.database, after)
    assert later["expires_at"] - later["received_at"] == timedelta(days=3) // timedelta(microseconds=1)


def test_each_change_is_in_the_history(workplace: Workplace) -> None:
    for assignment in (
        "deadlines.expire_days=10",
        "deadlines.expire_days=10",  # as it is: no change
        "deadlines.expire_days=",
        "people.bob=bob@us.example",
        "people.bob=",
    ):
        desk_settings.change(workplace, assignment)
    told = [(one[2], one[4], one[5], json.loads(one[6])) for one in dump(workplace.database)["history"]]
    assert told == [
        ("ana", "setting-changed", None, {"deadlines.expire_days": [14, 10]}),
        ("ana", "setting-changed", None, {"deadlines.expire_days": [10, 14]}),
        ("ana", "setting-changed", None, {"people.bob": [None, "bob@us.example"]}),
        ("ana", "setting-changed", None, {"people.bob": ["bob@us.example", None]}),
    ]
    assert kept(workplace) == {}


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("deadlines.expire_days", "write KEY=VALUE"),
        ("deadlines.expire_days=0", "from 1 to 100000"),
        ("deadlines.expire_days=-1", "from 1 to 100000"),
        ("deadlines.expire_days=1.5", "from 1 to 100000"),
        ("deadlines.expire_days=100001", "from 1 to 100000"),
        ("deadlines.expire_days=ten", "from 1 to 100000"),
        ("deadlines.other=1", "is not a setting of the desk; allowed are deadlines.respond_hours"),
        ("desk.id=x", "is not a setting of the desk"),
        ("people.=x@y.example", "is not a setting of the desk"),
        ("people.bob=bob", "must be an e-mail address"),
        ("people.bob=bob@", "must be an e-mail address"),
        ("people.bob=a b@c.example", "must be an e-mail address"),
    ],
)
def test_what_cannot_be_is_refused(workplace: Workplace, assignment: str, sentence: str) -> None:
    before = dump(workplace.database)
    with pytest.raises(InvalidInputError, match=sentence):
        desk_settings.change(workplace, assignment)
    assert dump(workplace.database) == before


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRIAGER])
def test_only_an_admin_may(workplace: Workplace, role: Role) -> None:
    with pytest.raises(NotAllowedError):
        desk_settings.change(replace(workplace, role=role), "deadlines.expire_days=10")
    assert kept(workplace) == {}
