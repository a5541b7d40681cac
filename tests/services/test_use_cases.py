"""Every use case by one measure: its state, its one history entry, its notices, and nothing beside them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, create_engine, select

from refterm.clock import SettableClock
from refterm.errors import NotAllowedError
from refterm.services.workplace import Workplace
from refterm.store import codec, tables
from tests.samples import NOW
from tests.services.use_cases import ACTIONS, OF_NO_COLUMN, USE_CASES, UseCase, new
from tests.store.support import OF_EVERY_WRITE, assert_consistent, dump, notices, one_row, open_at

EVERY = pytest.mark.parametrize("case", USE_CASES.values(), ids=USE_CASES.keys())


def typed(rows: list[dict[str, Any]]) -> set[frozenset[tuple[str, type, Any]]]:
    """Rows as they can be compared: an integer that only equals a truth value is another."""
    return {frozenset((name, type(value), value) for name, value in one.items()) for one in rows}


@EVERY
def test_it_does_what_the_rules_say_and_nothing_beside(
    workplace: Workplace, clock: SettableClock, case: UseCase
) -> None:
    """All of it on one desk: refused where that is open for reading only, then done."""
    others = [new(workplace), new(workplace)]
    number = case.prepare(workplace)
    clock.advance(case.wait)
    beside = [one_row(workplace.database, other) for other in others]
    earlier, before = dump(workplace.database), one_row(workplace.database, number)

    assert_refused_for_reading_only(workplace, clock, case, number)
    assert dump(workplace.database) == earlier
    ACTIONS[case.act](workplace, number)

    assert_one_entry(workplace, case, number, earlier["history"], before["version"])
    assert_only_those_changes(workplace, clock, case, number, before)
    assert_notices(workplace, case, number)
    assert_consistent(workplace.database)  # counters and search follow
    assert [one_row(workplace.database, other) for other in others] == beside
    assert_as_the_schema_says(workplace)


def assert_refused_for_reading_only(workplace: Workplace, clock: SettableClock, case: UseCase, number: int) -> None:
    """Refused in a sentence; an expiry is silently left to others."""
    reader = open_at(workplace.database.location, clock, read_only=True)
    if case.act == "expire":
        assert ACTIONS[case.act](reader, number) == []
    else:
        with pytest.raises(NotAllowedError, match="open for reading only"):
            ACTIONS[case.act](reader, number)
    reader.close()


def assert_one_entry(workplace: Workplace, case: UseCase, number: int, earlier: list[Any], version: int) -> None:
    """T4: person, time, action, and what it was before and is after, nothing more."""
    history = dump(workplace.database)["history"]
    assert history[: len(earlier)] == earlier  # append-only
    [(_, at, by, login, action, referral, changes, kept_version, *_)] = history[len(earlier) :]
    assert (codec.iso(codec.instant(at)), by, login, action, referral) == (
        case.at,
        case.by,
        case.by,
        case.action,
        number,
    )
    assert json.loads(changes) == case.changes
    assert kept_version == version + case.counts


def assert_only_those_changes(
    workplace: Workplace, clock: SettableClock, case: UseCase, number: int, before: dict[str, Any]
) -> None:
    """What the history says is all that changed; the version counts up by one, and the change is dated."""
    present = one_row(workplace.database, number)
    changed = {name for name in before if before[name] != present[name]}
    expected = {codec.COLUMN_OF_FIELD[name] for name in case.changes if name not in OF_NO_COLUMN}
    if "deal_value" in expected:
        expected.add("deal_value_order")
        assert present["deal_value_order"] == codec.value_order(codec.amount_or_none(present["deal_value"]))
    assert changed - set(OF_EVERY_WRITE) == expected
    assert present["version"] == before["version"] + case.counts
    assert present["changed_at"] == (codec.micros(clock.now()) if case.counts else before["changed_at"])


def assert_notices(workplace: Workplace, case: UseCase, number: int) -> None:
    """N1: the customer gets a notice of a decline once it cannot be undone, and of an expiry at once; of nothing else."""
    owed = [one for one in notices(workplace.database, number) if one["kind"] in ("declined", "expired")]
    assert [(one["kind"], one["state"], one["due_at"]) for one in owed] == [
        (kind, state, codec.micros(NOW + timedelta(seconds=seconds))) for kind, state, seconds in case.owed
    ]
    assert {one["recipient"] for one in owed} <= {"inga@kontor.example"}
    entries = {entry[0]: entry for entry in dump(workplace.database)["history"]}
    assert all(entries[one["history_id"]][5] == number for one in owed)


def assert_as_the_schema_says(workplace: Workplace) -> None:
    """Every row that the use case and all before it wrote reads alike through SQLModel and in plain SQL, to the type."""
    file, location = workplace.database.file, str(workplace.database.location)
    engine = create_engine(f"sqlite:///{file}" if file else location.replace("postgresql://", "postgresql+psycopg://"))
    with Session(engine) as session, workplace.database.reading() as connection:
        for model in tables.MODELS:
            known = [one.model_dump() for one in session.exec(select(model))]
            plain = [dict(one) for one in connection.execute(f"select * from {model.__tablename__}").fetchall()]
            assert typed(known) == typed(plain)
    engine.dispose()
