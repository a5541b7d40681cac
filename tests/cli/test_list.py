"""`refterm list`: which rows, in which order, in how many columns; and as JSON."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from refterm.cli import listing, terminal
from refterm.clock import SettableClock
from refterm.domain.filter_words import read_options, view_from
from refterm.domain.query import Filter, Order, Tab, View
from refterm.domain.referral import Outcome
from refterm.errors import InvalidInputError
from refterm.services.marks import Marks
from refterm.services.workplace import Workplace
from refterm.text import width
from tests.cli.conftest import Command, complaint, numbers
from tests.conftest import ImportRecords
from tests.samples import NOW, active_record, ago, ahead, api_record, closed_record
from tests.store.support import query


def columns(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


def test_words_are_those_of_the_domain() -> None:
    assert list(Tab) == list(listing.TABS)
    assert list(Order) == list(listing.ORDERS)
    assert list(Outcome) == list(listing.OUTCOMES)


def test_inbox_is_listed_hot_flames_first(refterm: Command, import_records: ImportRecords) -> None:
    late, soon, hot, warm = import_records(
        [
            api_record(customerProfile__name="Late", createdDateTime=ago(hours=27), expirationDateTime=ahead(hours=3)),
            api_record(customerProfile__name="Soon", createdDateTime=ago(minutes=19)),
            api_record(
                customerProfile__name="Hot", createdDateTime=ago(minutes=9), details__customerRequestedContact=True
            ),
            api_record(
                customerProfile__name="Warm", createdDateTime=ago(hours=72), details__customerRequestedContact=True
            ),
        ]
    )
    result = refterm("list")
    header, *rows = result.lines
    assert columns(header)[:3] == ["#", "Customer", "Needs"]
    assert [columns(row)[0:3] for row in rows] == [
        ["HOT", str(hot), "Hot"],
        ["WARM", str(warm), "Warm"],
        [str(late), "Late", columns(rows[2])[2]],
        [str(soon), "Soon", columns(rows[3])[2]],
    ]
    assert columns(rows[2])[3:6] == ["late 3h", "3h 0m", "Kiel DE"]
    assert columns(rows[3])[3:6] == ["23h 41m", "13d 0h", "Kiel DE"]
    assert result.err == ""


def test_each_tab_has_its_own_rows_and_columns(refterm: Command, import_records: ImportRecords) -> None:
    new, active, won, declined = import_records(
        [
            api_record(),
            active_record(details__closingDateTime="2026-02-27T00:00:00Z"),
            closed_record("Won"),
            closed_record("Declined", statusReason="Project budget is not adequate"),
        ]
    )
    assert numbers(refterm("list", "--json")) == [new]
    assert numbers(refterm("list", "--tab", "active", "--json")) == [active]
    assert sorted(numbers(refterm("list", "--tab", "archived", "--json"))) == [won, declined]
    assert sorted(numbers(refterm("list", "--tab", "all", "--json"))) == [new, active, won, declined]
    # A purchase date that has ended without an outcome is marked (A4).
    assert "27 Feb 2026 passed" in refterm("list", "--tab", "active").out
    assert "5,000.00 EUR" in refterm("list", "--tab", "active").out
    archived = refterm("list", "--tab", "archived").out
    assert "declined" in archived
    assert "budget" in archived
    assert "Status" in columns(refterm("list", "--tab", "all").lines[0])


def test_filters(refterm: Command, import_records: ImportRecords, workplace: Workplace) -> None:
    plain, late, flamed, skipped, overdue_deal, won, expired = import_records(
        [
            api_record(customerProfile__name="Ärzte am Markt", createdDateTime=ago(hours=2)),
            api_record(createdDateTime=ago(hours=24), expirationDateTime=ahead(hours=5)),
            api_record(details__customerRequestedContact=True, createdDateTime=ago(hours=3)),
            api_record(createdDateTime=ago(hours=4)),
            active_record(details__closingDateTime="2026-03-01T00:00:00Z"),
            closed_record("Won"),
            closed_record("Expired"),
        ]
    )
    marks = Marks(workplace)
    marks.skip(skipped, "+1h")
    marks.favorite(plain)
    marks.take(flamed)

    def listed(*options: str) -> set[int]:
        return set(numbers(refterm("list", "--json", *options)))

    assert listed() == {plain, late, flamed}
    assert listed("--skipped") == {skipped}
    assert listed("--tab", "all") == {plain, late, flamed, skipped, overdue_deal, won, expired}
    assert listed("--overdue") == {late}
    assert listed("--overdue", "--tab", "active") == {overdue_deal}
    assert listed("--flame") == {flamed}
    assert listed("--favorite") == {plain}
    assert listed("--mine") == {flamed}
    # An outcome means the archive, unless a tab is named.
    assert listed("--outcome", "won") == {won}
    assert listed("--outcome", "won", "--tab", "inbox") == set()
    assert listed("--search", "arzte") == {plain}
    assert listed("--search", "nowhere") == set()
    assert listed("--since", "2026-03-02T06:00:00Z") == {plain, flamed}
    assert listed("--until", "2026-03-02T06:00:00Z") == {late}
    # A date is its midnight in the viewer's zone, the end exclusive.
    assert listed("--since", "2026-03-01", "--until", "2026-03-02") == {late}
    assert listed("--profile", "Nord") == set()
    assert listed("--unrouted") == {plain, late, flamed}
    assert listed("--unassigned") == {plain, late}
    assert listed("--uncalled") == {flamed}
    assert listed("--expiring", "6") == {late}
    assert listed("--country", "de") == {plain, late, flamed}
    assert listed("--min-fit", "100") == set()
    assert listed("--channel", "partner") == set()
    # What only Active can hold means Active.
    assert listed("--no-follow-up") == {overdue_deal}
    assert listed("--follow-up") == set()


def test_who_holds_it_is_who_took_it_else_who_accepted_it(
    refterm: Command, import_records: ImportRecords, workplace: Workplace
) -> None:
    mine, handed_on, declined = import_records([api_record(), api_record(), api_record()])
    for number in (mine, handed_on):
        given = ("--value", "1", "--currency", "EUR", "--timeframe", "this year", "--notes", "x", "--name", "x")
        assert refterm("accept", number, *given).status == 0
    assert refterm("decline", declined, "--reason", "budget").status == 0
    assert refterm("take", handed_on, "--as", "luis").status == 0
    assert numbers(refterm("list", "--mine", "--tab", "all", "--json")) == [mine]
    assert numbers(refterm("list", "--mine", "--tab", "all", "--json", "--as", "luis")) == [handed_on]
    assert numbers(refterm("list", "--unassigned", "--tab", "all", "--json")) == [declined]


@pytest.mark.parametrize(
    ("line", "view"),
    [
        ("--mine --min-fit 60", View(Tab.INBOX, None, Filter(mine="ana", min_fit=60))),
        ("outcome=won search='kiel harbour'", View(Tab.ARCHIVED, None, Filter(outcome=Outcome.WON), "kiel harbour")),
        ("--tab active --overdue --sort value", View(Tab.ACTIVE, Order.VALUE, Filter(overdue=True))),
        ("no-follow-up", View(Tab.ACTIVE, None, Filter(no_follow_up=True))),
        ("--min-fit many", "--min-fit takes a whole number up to 100"),
        ("--min-fit 101", "--min-fit takes a whole number up to 100"),
        ("expiring 99999999999999999999", "expiring takes a whole number up to 9999"),
        ("--outcome lucky", "--outcome is one of won, lost, declined, expired"),
        ("--expiring", "--expiring needs a value"),
        ("--colour red", "--colour is no option of refterm list"),
    ],
)
def test_a_filter_in_the_words_of_list(line: str, view: View | str) -> None:
    if isinstance(view, View):
        assert view_from(read_options(line), "ana", NOW, None) == view
    else:
        with pytest.raises(InvalidInputError, match=view):
            read_options(line)


def test_order_and_limit(refterm: Command, import_records: ImportRecords) -> None:
    ids = import_records(
        [
            api_record(
                customerProfile__name=name, createdDateTime=ago(hours=hours), expirationDateTime=ahead(days=days)
            )
            for name, hours, days in (("Beta", 3, 1), ("alpha", 1, 2), ("Gamma", 2, 3))
        ]
    )
    beta, alpha, gamma = ids
    assert numbers(refterm("list", "--json")) == [beta, gamma, alpha]
    assert numbers(refterm("list", "--json", "--sort", "customer")) == [alpha, beta, gamma]
    assert numbers(refterm("list", "--json", "--sort", "received")) == [alpha, gamma, beta]
    assert numbers(refterm("list", "--json", "--sort", "expires", "--limit", "2")) == [beta, alpha]
    assert refterm("list", "--json", "--limit", "0").json == []
    assert numbers(refterm("list", "--json", "--limit", "9" * 30)) == [beta, gamma, alpha]
    for order in listing.ORDERS:
        assert sorted(numbers(refterm("list", "--json", "--sort", order))) == sorted(ids)


def test_more_rows_than_a_batch_come_once_each(refterm: Command, import_records: ImportRecords) -> None:
    ids = import_records([api_record() for _number in range(2 * listing.BATCH + 1)])
    assert sorted(numbers(refterm("list", "--json"))) == ids
    assert len(refterm("list").lines) == 1 + len(ids)


def test_every_hit_of_a_search_is_listed(
    refterm: Command, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("refterm.store.listing.MOST_HITS", 3)
    ids = import_records([api_record(details__notes="telephony") for _number in range(5)])
    assert sorted(numbers(refterm("list", "--search", "teleph", "--json"))) == ids


def test_empty_list_prints_nothing(refterm: Command, workplace: Workplace) -> None:
    assert (refterm("list").out, refterm("list").status) == ("", 0)
    assert refterm("list", "--json").json == []
    assert refterm("list").err == "refterm: Inbox is empty\n"
    assert refterm("list", "--mine").err == "refterm: nothing was found in Inbox; --tab all looks everywhere\n"


def test_times_stand_in_the_zone_of_the_viewer(
    refterm: Command,
    import_records: ImportRecords,
    workplace: Workplace,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    (number,) = import_records([api_record()])
    Marks(workplace).skip(number, "2026-03-02T12:00:00Z")
    settings = tmp_path / "mine.toml"
    settings.write_text('time_zone = "Asia/Tokyo"\n')
    assert "Mon 2 Mar 2026 21:00" in refterm("list", "--skipped", "--config", settings).out


@pytest.mark.parametrize(
    ("options", "why"),
    [(("--since", "soon"), "Not a date: "), (("--until", "2026-13-01"), "There is no such day: ")],
)
def test_bad_dates_are_named_by_their_option(
    refterm: Command, workplace: Workplace, options: tuple[str, str], why: str
) -> None:
    assert complaint(refterm("list", *options)).startswith(f"{options[0]}: {why}")


@pytest.mark.parametrize(
    "options", [("--tab", "spam"), ("--sort", "size"), ("--outcome", "maybe"), ("--limit", "some"), ("--limit", "-1")]
)
def test_unknown_words_are_wrong_syntax(refterm: Command, workplace: Workplace, options: tuple[str, str]) -> None:
    sentence = complaint(refterm("list", *options), status=2)
    assert options[0] in sentence
    assert sentence.endswith("see refterm list --help")


class TestOnATerminal:
    """What is cut and left out to fit the terminal's width."""

    @pytest.fixture
    def wide(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        def set_width(cells: int) -> None:
            monkeypatch.setattr(terminal, "columns", lambda: cells)

        return set_width

    @pytest.mark.parametrize("cells", [20, 40, 60, 80, 100, 120, 160, 240])
    @pytest.mark.parametrize("tab", ["inbox", "active", "archived", "all"])
    def test_no_line_is_wider(
        self, refterm: Command, import_records: ImportRecords, wide: Any, cells: int, tab: str
    ) -> None:
        long, wide_letters = "Sehr langer Firmenname " * 8, "東北精密工業 株式会社 " * 9
        import_records(
            [
                maker(customerProfile__name=name, details__notes=name * 3)
                for maker in (api_record, active_record, closed_record)
                for name in (long, wide_letters)
            ]
        )
        wide(cells)
        lines = refterm("list", "--tab", tab).lines
        assert len(lines) > 1
        assert max(width(line) for line in lines) <= cells

    def test_least_important_columns_go_first(self, refterm: Command, import_records: ImportRecords, wide: Any) -> None:
        import_records([api_record()])
        wide(120)
        full = ["#", "Customer", "Needs", "Answer in", "Expires in", "Where", "Channel"]
        assert columns(refterm("list").lines[0]) == full
        wide(64)
        assert columns(refterm("list").lines[0]) == full[:5]
        wide(24)
        assert columns(refterm("list").lines[0]) == full[:2]

    def test_empty_columns_give_their_room_away(
        self, refterm: Command, import_records: ImportRecords, wide: Any
    ) -> None:
        """On a pipe all columns stand, so that a script finds each in its place."""
        import_records([api_record()])
        assert {"Who", "Fit", "Value"} < set(columns(refterm("list").lines[0]))
        wide(160)
        assert not {"Who", "Fit", "Value"} & set(columns(refterm("list").lines[0]))

    def test_header_is_dim_unless_colours_are_unwanted(
        self, refterm: Command, import_records: ImportRecords, wide: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_records([api_record()])
        wide(80)
        monkeypatch.setattr(terminal, "has_colours", lambda: True)
        assert refterm("list").lines[0].startswith("\x1b[2m")
        monkeypatch.setattr(terminal, "has_colours", lambda: False)
        assert "\x1b" not in refterm("list").out


def test_an_expired_one_is_archived_by_listing(
    refterm: Command, import_records: ImportRecords, clock: SettableClock, workplace: Workplace
) -> None:
    """Every command archives what is due first (I4)."""
    (number,) = import_records([api_record(expirationDateTime=ahead(hours=1))])
    clock.advance(timedelta(minutes=59, seconds=59))
    assert numbers(refterm("list", "--json")) == [number]
    clock.advance(timedelta(seconds=1))
    assert refterm("list", "--json").json == []
    (expired,) = refterm("list", "--outcome", "expired", "--json").json
    assert expired["closed_at"] == "2026-03-02T10:00:00Z"
    assert query(workplace.database, "select count(*) from outbox where kind = 'expired'")[0][0] == 1


def test_a_read_only_desk_shows_it_as_expired_and_writes_nothing(
    refterm: Command, import_records: ImportRecords, clock: SettableClock, workplace: Workplace
) -> None:
    (number,) = import_records([api_record(expirationDateTime=ahead(hours=1))])
    clock.advance(timedelta(hours=1))
    before = workplace.database.change_token()
    assert refterm("--read-only", "list", "--json").json == []
    (expired,) = refterm("--read-only", "list", "--outcome", "expired", "--json").json
    assert (expired["id"], expired["status"], expired["outcome"]) == (number, "archived", "expired")
    assert "expired" in refterm("--read-only", "list", "--tab", "all").out
    assert workplace.database.change_token() == before
