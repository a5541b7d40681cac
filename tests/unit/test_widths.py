"""The list, the detail and Insights at every width: no cell outside its column, amounts and times whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from refterm import i18n
from refterm.domain.deadline import Deadlines, Flame
from refterm.domain.fit import Fit
from refterm.domain.history import Entry
from refterm.domain.insights import Figures, Finding
from refterm.domain.money import show_money
from refterm.domain.query import ORDERS, Tab
from refterm.domain.referral import Channel, Contact, Customer, Deal, Outcome, Referral, Status, TeamMember
from refterm.domain.row import Row
from refterm.domain.when import date_text
from refterm.i18n import decimal_mark
from refterm.services.insight.insight_parts import Drawn
from refterm.services.insight.insight_text import headline, pages
from refterm.services.insight.insights import Insights
from refterm.text import width
from refterm.tui.draw.detail import Shown, compact, full, pane
from refterm.tui.draw.list_columns import GAP, columns, header
from refterm.tui.draw.row import Look, answer_text, expiry_text, pieces
from refterm.tui.draw.sheet import cells_of
from refterm.tui.draw.signs import ASCII, ASCII_ONLY, UNICODE, Signs
from refterm.words import flame_text

WIDTHS = range(60, 251)
NOW = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
# Empty, short, long, wide, joined, right to left, combining, with line breaks and controls.
TEXTS = (
    *("", "a", "Hansen KG", "W" * 300, "many words " * 30, "東北精密工業 株式会社", "メールボックス210件" * 20),
    *(
        "👩‍👩‍👧‍👦 family " * 5,
        "🇪🇸 España",
        "❤️‍🔥⚠️",
        "مستشفى واحة النخيل" * 4,
        "בית חולים",
        "e\u0301\u0302" * 40,
        "두\n줄\r\n",
        "\x1b[31m\u202ered",
    ),
)
AMOUNTS = ("0", "1", "999.99", "12500", "4200000", "123456789.25", "0.0001")
SPANS = (
    timedelta(seconds=1),
    timedelta(seconds=52),
    timedelta(minutes=41),
    timedelta(hours=23, minutes=12),
    timedelta(days=13, hours=4),
)


@pytest.fixture(params=["en", "es"], autouse=True)
def _language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LC_ALL", "es_ES.UTF-8" if request.param == "es" else "C.UTF-8")
    i18n.use(request.param)
    yield
    i18n.use("en")


def _look(chance: Random) -> Look:
    busy = {number: chance.choice(TEXTS[1:]) for number in (2, 3) if chance.random() < 0.3}
    fits = {1: Fit(100, tuple(chance.sample(TEXTS, 3)))} if chance.random() < 0.5 else {}
    return Look(NOW, Deadlines(), UTC, chance.choice((UNICODE, ASCII, ASCII_ONLY)), 3, busy, fits)


def _moment(chance: Random) -> datetime:
    span = chance.choice(SPANS)
    return NOW - span if chance.random() < 0.5 else NOW - timedelta(hours=24) + span


def _row(chance: Random, number: int, status: Status) -> Row:
    def text() -> str:
        return chance.choice(TEXTS)

    outcome = chance.choice(("won", "lost", "declined", "expired")) if status is Status.ARCHIVED else None
    day = date(2026, chance.randint(1, 12), chance.randint(1, 28))
    return Row(
        id=number,
        status=status,
        outcome=outcome,
        channel=chance.choice([one.value for one in Channel]),
        company=text(),
        need=text(),
        city=text(),
        country=chance.choice(("", "DE")),
        received_at=_moment(chance),
        expires_at=chance.choice((None, *(NOW + span for span in SPANS))),
        flame=chance.random() < 0.5,
        contacted_at=None,
        taken_by=chance.choice((None, *TEXTS[1:])),
        favorite=chance.random() < 0.5,
        skipped_until=None,
        decided_by=chance.choice((None, "ana")),
        closed_at=NOW if outcome else None,
        reason=chance.choice((None, "requirement", "no-response", "not-a-customer")) if outcome else None,
        deal_name=chance.choice((None, *TEXTS)),
        deal_value=chance.choice((None, *AMOUNTS)),
        deal_currency=chance.choice(("EUR", "JPY")),
        purchase_date=chance.choice((None, day.isoformat())),
        follow_up_at=chance.choice((None, NOW - timedelta(days=1), NOW + timedelta(days=300))),
        profile=None,
        fit=chance.choice((None, 0, 100)),
        version=1,
    )


@pytest.mark.parametrize("tab", [Tab.INBOX, Tab.ACTIVE, Tab.ARCHIVED])
def test_a_list_keeps_to_its_columns_and_cuts_no_amount_and_no_time(tab: Tab) -> None:
    status = {Tab.INBOX: Status.NEW, Tab.ACTIVE: Status.ACTIVE, Tab.ARCHIVED: Status.ARCHIVED}[tab]
    for cells in WIDTHS:
        chance = Random(cells)
        look = _look(chance)
        shown = columns(tab, cells, look.signs, look.digits, chance.choice(ORDERS[tab]))
        assert width(header(shown, look.signs)) <= cells
        for number in range(1, 5):
            row = _row(chance, number, status)
            drawn = pieces(row, tab, shown, look, marked=chance.random() < 0.5, unseen=chance.random() < 0.5)
            # A piece for each column, and one of blanks between each two.
            assert [width(text) for text, _style in drawn[::2]] == [column.cells for column in shown], (cells, drawn)
            gaps = [width(text) for text, _style in drawn[1::2]]
            assert gaps[3 - 1 :] == [GAP] * len(gaps[2:]), (cells, drawn)
            assert all(not text.strip() for text, _style in drawn[1::2])
            assert not any(sign in text for text, _style in drawn for sign in "\x1b\n\r\u202e")
            texts = {column.key: text.strip() for column, (text, _style) in zip(shown, drawn[::2], strict=True)}
            _whole(texts, row, look, (cells, tab))


def _whole(texts: dict[str, str], row: Row, look: Look, where: object) -> None:
    """Whatever says an amount, a time or a day says all of it."""
    if "answer" in texts:
        assert texts["answer"] == answer_text(row, look), where
    if "expires" in texts:
        assert texts["expires"] == expiry_text(row, look), where
    if row.purchase_date and "purchase" in texts:
        assert texts["purchase"].endswith(date_text(date.fromisoformat(row.purchase_date))), where
    for key in ("purchase", "follow_up", "closed", "fit", "outcome", "number"):
        assert look.signs.ellipsis not in texts.get(key, ""), (where, key, texts)
    if row.deal_value and "value" in texts:
        money = texts["value"].split()
        assert money[-1] == row.deal_currency, (where, texts)
        assert look.signs.ellipsis not in texts["value"]
        digits = "".join(letter for letter in money[0] if letter.isdigit())
        assert digits.startswith(row.deal_value.partition(".")[0]), (where, texts)


def _referral(chance: Random, status: Status) -> Referral:
    def text() -> str:
        return chance.choice(TEXTS)

    archived = status is Status.ARCHIVED
    deal = Deal(
        name=text(),
        value=chance.choice((None, *map(Decimal, AMOUNTS))),
        currency="EUR",
        timeframe=text(),
        purchase_date=chance.choice((None, date(2026, 12, 28), date(2026, 1, 2))),
        notes=text(),
        crm_id=text(),
        follow_up_at=chance.choice((None, NOW)),
        follow_up_text=text(),
    )
    contacts = tuple(Contact(text(), text(), text(), text()) for _each in range(chance.randint(0, 2)))
    customer = Customer(text(), text(), "51to250employees", "DE", text(), text(), text(), "24103", None, contacts)
    return Referral(
        id=1,
        source_id="9c471d83-51d8-5a53-8ed8-3537bdb578c3",
        status=status,
        customer=customer,
        received_at=_moment(chance),
        version=1,
        changed_at=NOW,
        outcome=Outcome.LOST if archived else None,
        need=text(),
        products=(text(), text()),
        profile=text(),
        expires_at=NOW + chance.choice(SPANS),
        flame=chance.random() < 0.5,
        taken_by=text(),
        decided_at=None if status is Status.NEW else NOW,
        decided_by=text(),
        closed_at=NOW if archived else None,
        reason="requirement" if archived else None,
        reason_notes=text(),
        deal=Deal() if status is Status.NEW else deal,
        team=tuple(TeamMember(text(), text(), text()) for _each in range(2)),
    )


@pytest.mark.parametrize("status", list(Status))
def test_a_detail_keeps_to_its_width_and_cuts_no_amount_and_no_time(status: Status) -> None:
    for cells in WIDTHS:
        chance = Random(cells)
        look, referral = _look(chance), _referral(chance, status)
        row = _row(chance, 2, Status.ARCHIVED)
        entry = Entry(1, NOW, chance.choice(TEXTS[1:]), "ana", "noted", 1, {"note": (None, chance.choice(TEXTS))})
        shown = Shown(referral, (row,), 3, 0, (entry, entry))
        for draw in (compact, pane, full):
            lines = draw(shown, cells, look)
            assert max(map(cells_of, lines)) <= cells, (cells, draw.__name__)
            said = " ".join("".join(text for text, _style in line).strip() for line in lines)
            assert not any(sign in said for sign in "\x1b\n\r\u202e")
            if status is Status.NEW:
                assert answer_text(_as_row(referral), look) in said, (cells, draw.__name__)
                assert expiry_text(_as_row(referral), look) in said, (cells, draw.__name__)
            elif referral.deal.value is not None:
                money = show_money(referral.deal.value, "EUR", decimal_mark())
                texts = ["".join(text for text, _style in line) for line in lines]
                assert any(money in text for text in texts), (cells, texts)
            if draw is compact:
                assert len(lines) <= 5


@pytest.mark.parametrize("signs", [UNICODE, ASCII])
def test_a_detail_says_its_alert_on_one_line_and_begins_none_with_a_dot(signs: Signs) -> None:
    """The alert's name is cut rather than its time: the whole name stands right below it."""
    look = _look(Random(1))._replace(signs=signs)
    wants = ("Azure", "Consulting", "High performance computing", "Power BI") * 3
    customer = Customer("Wholesale " * 3 + "Ltd", "Manufacturing", "51to250employees", "DE", "Kiel")
    referral = _referral(Random(1), Status.NEW)._replace(
        flame=True, contacted_at=None, received_at=NOW - timedelta(hours=9), customer=customer, products=wants
    )
    for cells in range(56, 120):
        texts = ["".join(text for text, _style in line) for line in pane(Shown(referral), cells, look)]
        assert flame_text(Flame.HOT, referral.received_at, NOW, look.deadlines) in texts[0]
        assert texts[1].startswith(f" {referral.customer.company}")
        assert not [text for text in texts if text.lstrip().startswith(signs.dot)], cells


def _as_row(referral: Referral) -> Row:
    chance = Random(1)
    row = _row(chance, 1, Status.NEW)
    return Row(
        **{
            name: getattr(referral if name in ("received_at", "expires_at", "status") else row, name)
            for name in Row._fields
        }
    )


def _figures(chance: Random) -> Figures:
    some = chance.choice((None, 0.0, 0.5, 1.0))
    spent = chance.choice((None, 0.0, 8.25, 47.96, 4000.0))
    won = {"EUR": Decimal("123456789.5"), "JPY": Decimal(4200000)} if chance.random() < 0.7 else {}
    declined = {"budget": 120, "no-response": 3, "not-a-customer": 9, "other": 1} if chance.random() < 0.7 else {}
    received = chance.choice((1, 10, 99999))
    return Figures(
        received=received,
        accepted_share=some,
        median_hours_to_accept=spent,
        won=7,
        answered_within_24h_share=some,
        median_hours_to_decide=spent,
        p90_hours_to_decide=spent,
        expired_share=some,
        win_rate=some,
        undecided=min(received, 5),
        ended=10,
        declined_by_reason=declined,
        won_value=won,
    )


def test_insights_keep_to_their_width_and_cut_no_figure() -> None:
    for cells in WIDTHS:
        chance = Random(cells)
        unicode = chance.random() < 0.7
        groups: dict[str | None, Figures] = {chance.choice((None, *TEXTS[1:])): _figures(chance) for _each in range(12)}
        weeks: dict[str | None, Figures] = {
            (date(2026, 3, 2) - timedelta(weeks=number)).isoformat(): _figures(chance) for number in range(30)
        }
        findings = [Finding(chance.choice(TEXTS[1:]), chance.choice(TEXTS), (1,)) for _each in range(5)]
        months = {f"2026-{number:02}": {"EUR": Decimal("123456.78"), "JPY": Decimal(5)} for number in range(1, 13)}
        found = Insights(
            None,
            None,
            _figures(chance),
            _figures(chance),
            groups,
            {"search": _figures(chance)},
            weeks,
            months,
            findings,
        )
        drawn = Drawn(cells, unicode=unicode)
        for height in (22, 38, 1000):
            shown = pages(found, drawn, height)
            texts = ["".join(text for text, _style in line.pieces) for page in shown for line in page]
            assert max(map(width, texts)) <= cells, (cells, height)
            said = "\n".join(texts)
            assert not any(sign in said for sign in "\x1b\r\u202e")
            for name, figure, was, verdict, _more in headline(found):
                for whole in (name, figure, was, verdict):
                    assert whole in said, (cells, height, whole)


def test_sums_are_whole_and_those_left_out_are_counted() -> None:
    """A sum that is cut reads as a smaller one, and three dots do not say how much is missing."""
    sums = {code: Decimal(12500 + number) for number, code in enumerate(("EUR", "GBP", "CHF", "JPY", "USD", "SEK"))}
    pipeline: dict[str, dict[str | None, Decimal]] = {code: {"2026-03": value} for code, value in sums.items()}
    figures = replace(_figures(Random(1)), won_value=sums)
    found = Insights(None, None, figures, None, {}, {}, {}, {"2026-02": sums}, [], pipeline)
    more = re.escape(i18n._("{n} more")).replace(r"\{n\}", r"(\d)")
    for cells in range(80, 180):
        lines = [
            "".join(text for text, _style in line.pieces) for page in pages(found, Drawn(cells), 22) for line in page
        ]
        listed = [line.rstrip() for line in lines if re.search(r"\d [A-Z]{3}", line)]
        assert len(listed) == 4, lines  # the headline, won, active, expected
        for line in listed:
            shown = len(re.findall(r"\d [A-Z]{3}", line))
            left_out = re.search(more + "$", line)
            assert shown + int(left_out[1] if left_out else 0) == 6 or line.endswith("+ …"), (cells, line)
            assert re.search(r"[A-Z]{3}$|…$", line) or left_out, (cells, line)
