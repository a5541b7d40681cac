"""How well a new referral fits: the profile's wishes and past decisions, with the reasons in words (I7)."""

from __future__ import annotations

from typing import Any

import pytest

from refterm.domain.decisions import Context
from refterm.domain.fit import MIDDLE
from refterm.domain.query import Order, Tab, View
from refterm.services.background.fitting import Fitting, store_scores
from refterm.services.desk import Desk
from refterm.services.insight.similar import similar
from refterm.services.profiles import Profiles
from refterm.services.referral_json import Objects
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from tests.conftest import ImportRecords
from tests.samples import api_record

DACH = {"name": "DACH", "region": "DACH", "country": "DE", "location": "Kiel;;Inga;inga@x.example"}
ACCEPT = {"name": "x", "value": "10 EUR", "timeframe": "2026-06-30", "notes": "x"}


def _fit(workplace: Workplace, number: int) -> Any:
    fitting = Fitting(workplace)
    fitting.refresh()
    return fitting.of(Desk(workplace).referral(number))


def test_where_nothing_is_known_there_is_no_score(workplace: Workplace, import_records: ImportRecords) -> None:
    (number,) = import_records([api_record()])
    assert _fit(workplace, number) is None
    (one,) = Objects(workplace).of([number])
    assert one["fit"] is None


@pytest.mark.parametrize(
    ("wishes", "points", "reasons"),
    [
        ({"keywords": "mailboxes, fax"}, 8, ("keywords: mailboxes",)),
        ({"keywords": "mailboxes, file server, summer, weekend"}, 20, ("keywords: mailboxes, file server, summer",)),
        ({"solutions": "cloud migration"}, 8, ("solutions: Cloud Migration",)),
        ({"size": "50-300"}, 12, ("size wanted",)),
        ({"size": "1-50"}, -12, ("size not wanted",)),
        ({"size": "51-", "keywords": "mail"}, 12, ("size wanted",)),  # a word, not its beginning
    ],
)
def test_the_wishes_of_its_profile(
    workplace: Workplace, import_records: ImportRecords, wishes: dict[str, str], points: int, reasons: tuple[str, ...]
) -> None:
    Profiles(workplace).add(DACH | wishes)
    (number,) = import_records([api_record()])
    fit = _fit(workplace, number)
    assert (fit.score, fit.reasons) == (MIDDLE + points, reasons)


def test_what_became_of_others_counts_at_once(workplace: Workplace, import_records: ImportRecords) -> None:
    """3 of 4 that were alike were won: that speaks for the next; declined ones speak against theirs."""
    alike = import_records([api_record() for _ in range(4)])
    unlike = {
        "customerProfile__size": "Morethan20000employees",
        "details__requirements__industries": [{"id": "Mining"}],
    }
    apart = import_records([api_record(**unlike) for _ in range(3)])
    good, bad = import_records([api_record(), api_record(**unlike)])
    triage, context = Triage(workplace), Context(workplace.today(), "EUR", ".")
    assert _fit(workplace, good) is None
    for number in alike:
        triage.accept(number, ACCEPT, context)
    for number in alike[:3]:
        triage.won(number, {"value": "", "date": "2026-03-02"}, context)
    triage.lost(alike[3], {"reason": "budget", "notes": ""})
    fit = _fit(workplace, good)
    assert fit.score > MIDDLE
    assert any("3 of 4 were won" in reason for reason in fit.reasons)
    before = _fit(workplace, bad).score
    triage.decline(apart, {"reason": "requirement", "notes": ""})
    fit = _fit(workplace, bad)
    assert fit.score < before
    assert any("0 of 3 were accepted" in reason for reason in fit.reasons)


def test_a_decided_one_has_none(workplace: Workplace, import_records: ImportRecords) -> None:
    (number,) = import_records([api_record()])
    Triage(workplace).decline([number], {"reason": "budget", "notes": ""})
    assert _fit(workplace, number) is None
    (one,) = Objects(workplace).of([number])
    assert one["fit"] is None


def test_the_past_deals_most_like_it_come_first_with_their_outcome(
    workplace: Workplace, import_records: ImportRecords
) -> None:
    """By the words of the need, and by what they share besides; what expired or is new says nothing."""
    other = {"details__notes": "Telephones for the harbour office"}
    alike = {"details__notes": "Migrate forty mailboxes and the fileserver before harvest"}
    won, declined, far, _new, mine = import_records(
        [
            api_record(**alike),
            api_record(**alike, details__requirements__industries=[{"id": "Mining"}]),
            api_record(**other),
            api_record(**alike),
            api_record(details__notes="Forty mailboxes, one fileserver, harvest"),
        ]
    )
    triage, context = Triage(workplace), Context(workplace.today(), "EUR", ".")
    triage.accept(won, ACCEPT, context)
    triage.won(won, {"value": "", "date": "2026-03-02"}, context)
    triage.decline([declined, far], {"reason": "budget", "notes": ""})
    found = similar(workplace, mine)
    assert [(row.id, row.outcome) for row in found] == [(won, "won"), (declined, "declined")]
    assert similar(workplace, far) == []


def test_the_order_by_fit_goes_by_the_scores_of_now(workplace: Workplace, import_records: ImportRecords) -> None:
    """They are kept when the order is asked for; like counters they are derived: no history, no other version."""
    small = {"customerProfile__size": "1to9employees"}
    bad, good, unknown = import_records(
        [api_record(**small), api_record(), api_record(customerProfile__address__country="FR")]
    )
    Profiles(workplace).add(DACH | {"size": "50-300"})
    before = len(list(Desk(workplace).history()))
    view = View(Tab.INBOX, Order.FIT)
    assert store_scores(workplace) == 2
    assert store_scores(workplace) == 0
    assert [row.id for row in Desk(workplace).listing(view).rows(0, 9)] == [good, bad, unknown]
    assert len(list(Desk(workplace).history())) == before
    Profiles(workplace).edit("DACH", {"size": "1-9"})
    assert store_scores(workplace) == 2
    assert [row.id for row in Desk(workplace).listing(view).rows(0, 9)] == [bad, good, unknown]


def test_the_scores_are_worked_out_only_as_long_as_wanted(workplace: Workplace, import_records: ImportRecords) -> None:
    """Nobody waits for them at the end; what is left is done the next time."""
    import_records([api_record() for _ in range(3)])
    Profiles(workplace).add(DACH | {"size": "50-300"})
    answers = iter([True, False])
    assert store_scores(workplace, lambda: next(answers)) == 0
    assert store_scores(workplace) == 3
