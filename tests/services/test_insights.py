"""Insights: figures worked out by hand agree to the last digit, on both databases; findings open what they speak of (G0-G5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.domain.insights import Figures, Finding, percentile
from refterm.services.background.expiry import expire_due
from refterm.services.insight.insight_page import csv_text, markdown
from refterm.services.insight.insight_parts import Drawn, whole_money
from refterm.services.insight.insight_text import headline, pages, text_lines
from refterm.services.insight.insights import Insights, gather, insights_object
from refterm.services.profiles import Profiles
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.text import ascii_only, display, width
from tests.conftest import ImportRecords
from tests.samples import NOW, ago, ahead, api_record

ACCEPT = {"name": "x", "value": "1000.50 EUR", "timeframe": "2026-06-30", "notes": "x"}


def _received(hours: float, **more: Any) -> dict[str, Any]:
    moment = ago(hours=hours)
    return api_record(createdDateTime=moment, updatedDateTime=moment, **more)


@pytest.fixture
def lived(workplace: Workplace, import_records: ImportRecords, clock: SettableClock) -> Workplace:
    """Five referrals: won after 1 h, lost after 10 h, declined after 30 h, one that waits, one that expired."""
    won, lost, declined, _waits, _expires = import_records(
        [_received(1), _received(10), _received(30), _received(50), _received(2, expirationDateTime=ahead(hours=1))]
    )
    triage, context = Triage(workplace), Context(workplace.today(), "EUR", ".")
    triage.accept(won, ACCEPT, context)
    triage.accept(lost, ACCEPT, context)
    triage.decline([declined], {"reason": "budget", "notes": ""})
    triage.won(won, {"value": "", "date": "2026-03-02"}, context)
    triage.lost(lost, {"reason": "timeline", "notes": ""})
    clock.advance(timedelta(hours=25))
    return workplace


FIGURES = {
    "received": 5,
    "accepted_share": 2 / 5,
    "median_hours_to_accept": 5.5,
    "won": 1,
    "answered_within_24h_share": 2 / 5,
    "median_hours_to_decide": 10.0,
    "p90_hours_to_decide": 26.0,  # of 1, 10, 30: 10 + 0.8 x 20
    "expired_share": 1 / 5,
    "win_rate": 1 / 2,
    "declined_by_reason": {"budget": 1},
    "won_value": {"EUR": "1000.50"},
}


def test_figures_worked_out_by_hand(lived: Workplace) -> None:
    """The same before and after anybody archives what ran out (I4)."""
    for _turn in range(2):
        found = insights_object(gather(lived))
        assert {name: found[name] for name in FIGURES} == FIGURES
        assert (found["since"], found["until"]) == (None, None)
        assert [(one["profile"], one["received"]) for one in found["by_profile"]] == [(None, 5)]
        assert [(one["channel"], one["received"]) for one in found["by_channel"]] == [("search", 5)]
        expire_due(lived)


def test_a_purchase_date_has_passed_by_the_viewers_day(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    """A4, G3: as the list and the detail say it."""
    (number,) = import_records([api_record()])
    Triage(workplace).accept(number, ACCEPT | {"timeframe": "2026-03-02"}, Context(workplace.today(), "EUR", "."))
    clock.advance(timedelta(hours=11))  # 22:00 in UTC, the day after in Tokyo
    text = "1 deal is past its purchase date. Report won or lost, or move the date, so that it counts."
    assert text not in [one.text for one in gather(replace(workplace, zone=UTC)).findings]
    assert text in [one.text for one in gather(replace(workplace, zone=ZoneInfo("Asia/Tokyo"))).findings]


def test_what_is_younger_than_24_hours_does_not_count_as_unanswered(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    import_records([_received(0), _received(23)])
    assert gather(workplace).figures.answered_within_24h_share is None
    clock.advance(timedelta(hours=1))
    assert gather(workplace).figures.answered_within_24h_share == 0.0


def test_a_period_is_by_receipt_from_inclusive_to_exclusive_and_stands_against_the_one_before(lived: Workplace) -> None:
    found = gather(lived, since=NOW - timedelta(hours=10), until=NOW - timedelta(hours=1))
    assert found.figures.received == 2  # 10 h and 2 h ago; 1 h ago is past the end
    assert found.before
    assert found.before.received == 0
    found = gather(lived, since=NOW - timedelta(hours=10), until=NOW)
    assert found.figures.received == 3
    found = gather(lived, since=NOW - timedelta(hours=30), until=NOW - timedelta(hours=10))
    assert found.figures.received == 1
    assert found.before
    assert found.before.received == 1


def test_what_active_holds_by_currency_and_month_never_mixed(
    workplace: Workplace, import_records: ImportRecords
) -> None:
    """Each currency with its own decimals; whatever the period; what is archived does not count."""
    numbers = import_records([_received(900) for _ in range(5)])
    triage, context = Triage(workplace), Context(workplace.today(), None, ".")
    for number, value, day in (
        (numbers[0], "1000.50 EUR", "2026-06-30"),
        (numbers[1], "2000 EUR", "2026-06-02"),
        (numbers[2], "4200000 JPY", "2026-07-01"),
        (numbers[3], "7 EUR", "2026-07-31"),
        (numbers[4], "9999 EUR", "2026-07-31"),
    ):
        triage.accept(number, ACCEPT | {"value": value, "timeframe": day}, context)
    triage.lost(numbers[4], {"reason": "timeline"})
    found = gather(workplace, since=NOW - timedelta(hours=1))
    assert insights_object(found)["pipeline"] == [
        {
            "currency": "EUR",
            "value": "3007.50",
            "by_month": [{"month": "2026-06", "value": "3000.50"}, {"month": "2026-07", "value": "7"}],
        },
        {"currency": "JPY", "value": "4200000", "by_month": [{"month": "2026-07", "value": "4200000"}]},
    ]
    said = [
        "In Active   3,007.50 EUR · 4,200,000 JPY",
        "Expected by month   Jun 2026: 3,000.50 EUR · Jul 2026: 7.00 EUR + 4,200,000 JPY",
    ]
    for one in (found, gather(workplace)):  # a period without a receipt, and all time
        assert text_lines(one, Drawn(120))[-2:] == said
    assert "| Jul 2026 | 4,200,000 JPY |" in markdown(found)
    assert "active,2026-06,,,,,,,,,,3000.50 EUR" in csv_text(found).splitlines()
    assert gather(workplace, profile="DACH").pipeline == {}


def test_a_desk_without_data_says_what_will_stand_there(workplace: Workplace) -> None:
    found = gather(workplace)
    assert insights_object(found)["received"] == 0
    assert insights_object(found)["win_rate"] is None
    lines = text_lines(found, Drawn(100))
    assert lines[0] == "No referral was received in this period."
    assert "Once referrals come in, you will see here" in lines[1]
    assert "win rates" in lines[-1]


def test_findings_name_what_to_do_and_open_what_they_speak_of(lived: Workplace) -> None:
    found = {one.text: one.referrals for one in gather(lived).findings}
    (waiting,) = (text for text in found if "waits longer than 24 h" in text)
    assert found[waiting] == (4,)
    (expired,) = (text for text in found if "1 of 5 expired unanswered (20 %)." in text)
    assert found[expired] == (5,)
    assert waiting == next(iter(found))  # what brings most stands first


def test_keywords_sizes_and_contacts_of_a_profile(workplace: Workplace, import_records: ImportRecords) -> None:
    """G4."""
    Profiles(workplace).add(
        {
            "name": "DACH",
            "region": "DACH",
            "country": ["DE"],
            "location": ["Kiel;;Nobody;"],
            "keywords": ["Fax", "mailboxes"],
        }
    )
    numbers = import_records(
        [
            api_record(details__notes=f"A FAX server, number {n}", customerProfile__size="10to50employees")
            for n in range(5)
        ]
    )
    Triage(workplace).decline(numbers, {"reason": "requirement", "notes": ""})
    found = {one.text: one.referrals for one in gather(workplace).findings}
    assert found[
        "The keyword Fax of DACH brought 5 referrals, all declined. Take it out, and better ones come."
    ] == tuple(numbers)
    assert found[
        "5 customers of 10-50 employees came by DACH, all declined. Ask for other sizes in the profile."
    ] == tuple(numbers)
    assert "No contact of DACH has an e-mail address. Add one, so that new referrals are heard of at once." in found
    assert not any("mailboxes" in text for text in found)


def test_a_deal_of_the_company_s_own_was_not_received(workplace: Workplace, import_records: ImportRecords) -> None:
    """G0: received and accepted are what customers sent."""
    import_records([api_record(), api_record(direction="Outgoing", status="Active", substatus="Accepted")])
    found = gather(workplace).figures
    assert (found.received, found.accepted_share) == (1, 0.0)


def test_by_profile(workplace: Workplace, import_records: ImportRecords) -> None:
    Profiles(workplace).add({"name": "DACH", "region": "DACH", "country": ["DE"], "location": ["Kiel;;A;a@x.example"]})
    import_records([api_record(), api_record(customerProfile__address__country="FR")])
    found = gather(workplace)
    assert {name: one.received for name, one in found.by_profile.items()} == {"DACH": 1, None: 1}
    assert gather(workplace, profile="DACH").figures.received == 1
    assert "Add one for FR, so that somebody is notified." in [one.advice for one in found.findings]


def test_engagements_that_are_not_reported(
    workplace: Workplace, import_records: ImportRecords, clock: SettableClock
) -> None:
    """G3."""
    (number,) = import_records([api_record()])
    Triage(workplace).accept(number, ACCEPT, Context(workplace.today(), "EUR", "."))
    clock.advance(timedelta(days=150))
    (past,) = (one for one in gather(workplace).findings if "past its purchase date" in one.fact)
    assert past.referrals == (number,)


@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_it_may_be(lived: Workplace, monkeypatch: pytest.MonkeyPatch, unicode: bool) -> None:
    """At any width, in ASCII as well; the four numbers stand first, decimals are the person's."""
    Profiles(lived).add(
        {"name": "東北精密工業 " * 6, "region": "DACH", "country": ["DE"], "location": ["Kiel;;A;a@x.example"]}
    )
    monkeypatch.setattr("refterm.services.insight.insight_parts.decimal_mark", lambda: ",")
    found = gather(lived, since=NOW - timedelta(days=90))
    for cells in (40, 63, 64, 80, 103, 104, 200):
        drawn = Drawn(cells, unicode=unicode, sanitize=display if unicode else lambda text: ascii_only(display(text)))
        for lines in (1000, 22):
            shown = ["".join(text for text, _s in line.pieces) for page in pages(found, drawn, lines) for line in page]
            assert max(width(text) for text in shown) <= cells
            assert shown[0].startswith("Received")
            assert unicode or all(text.isascii() for text in shown)
            assert any("5,5 h" in text for text in shown)


def test_many_findings_leave_insights_on_one_screen(lived: Workplace) -> None:
    """At 120x40 a finding and its advice share a line where they fit, however long another is; at 80x24 are two pages."""
    fact, advice = "17 of 23 declined: budget.", "Say in the profile what you take, and such referrals stay away."
    many = [Finding(fact, advice, (1,))] * 10 + [Finding(fact * 3, advice, (1,))]
    found = replace(gather(lived, since=NOW - timedelta(days=90)), findings=many)
    (page,) = pages(found, Drawn(116), 38)
    shown = ["".join(text for text, _style in line.pieces) for line in page]
    assert sum(f"{fact} {advice}" in text for text in shown) == 10
    assert len(pages(found, Drawn(76), 22)) == 2


def test_a_rate_of_fewer_than_five_cases_is_left_out_of_the_tables(lived: Workplace) -> None:
    (line,) = (text for text in text_lines(gather(lived), Drawn(80)) if text.startswith("no profile"))
    assert line.split()[2:] == ["5", "40", "%", "–", "10.0", "h"]


def test_sums_of_different_currencies_are_never_one(lived: Workplace) -> None:
    values = {"JPY": Decimal("120440"), "EUR": Decimal("449854.4")}
    assert whole_money(values) == ["449,854 EUR", "120,440 JPY"]


def test_value_won_by_month_is_exact(lived: Workplace) -> None:
    assert gather(replace(lived)).months == {"2026-03": {"EUR": Decimal("1000.50")}}


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([5.0], 0.9, 5.0), ([1.0, 2.0], 0.5, 1.5), ([3.0, 1.0, 2.0], 0.9, 2.8), ([1.0, 2.0], 1.0, 2.0)],
)
def test_percentiles_are_interpolated(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == pytest.approx(expected)


def test_what_is_still_open_does_not_make_the_present_look_worse() -> None:
    """The share accepted is compared by what was decided, the number won only where the open deals cannot turn it (G0)."""

    def period(received: int, accepted: float, undecided: int, won: int, active: int) -> Figures:
        return Figures(received, accepted, None, won, None, None, None, None, None, undecided=undecided, active=active)

    now, before = period(10, 0.4, 5, 2, 1), period(10, 0.5, 0, 3, 0)
    found = Insights(None, None, now, before, {}, {}, {}, {}, [])
    assert headline(found)[1] == ("Accepted", "40 %", "of decided 80 %", "was 50 %", "5 still open")
    assert headline(found)[3][3] == "1 deal open"
    later = Insights(None, None, period(10, 0.4, 0, 2, 0), before, {}, {}, {}, {}, [])
    assert headline(later)[1][2:] == ("was 50 %", "lower", "")
    assert headline(later)[3][3] == "fewer"
