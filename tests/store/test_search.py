"""Search: words by their beginnings, without case and accents; nothing typed is ever an operator (contract, The screen)."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refterm.clock import SettableClock
from refterm.domain.decisions import Context
from refterm.domain.history import DESK, Action
from refterm.domain.query import Filter, Order, Tab, View
from refterm.services.desk import Desk
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.store import dense_search, journal, updates
from refterm.store.listing import MOST_HITS
from refterm.store.search_words import SEARCHED
from tests.samples import NOW
from tests.store.support import Columns, assert_consistent, insert, micros, open_at, row

HOSTILE = (
    '"',
    '""',
    '"unfinished',
    "a AND",
    "NOT a",
    "a OR b",
    "NEAR(a b)",
    "words:a",
    "tab:archived",
    "tab : (new)",
    "a*",
    "*",
    "^a",
    "a + b",
    "(a",
    "a)",
    "{words}",
    "a;drop table referral",
    "' or 1=1 --",
    "_",
    "__ __",
    "%",
    "\\",
    "\x00",
    "a\x00b",
    "\ud800",
    "a\udcffb",
    "\u200f\u202e",
    "\x1b[2J",
    "[red]",
    "e\u0301",
    "\u0301",
    "🔥",
    "\U0001f1e9\U0001f1ea",
    "x" * 100_000,
    "ab " * 3_000,
)


def people(*given: tuple[str, str]) -> str:
    return json.dumps([{"name": name, "title": "", "email": email, "phone": ""} for name, email in given])


def empty(workplace: Workplace) -> None:
    """Take all referrals out of a desk."""
    with workplace.database.writing() as connection:
        for table in ("history", "referral_search", "referral"):
            connection.execute(f"delete from {table}")
        connection.execute("update counter set referrals = 0")


def found(workplace: Workplace, search: str, tab: Tab = Tab.INBOX, **narrowed: object) -> list[int]:
    listing = Desk(workplace).listing(View(tab, search=search, filter=Filter(**narrowed)))  # type: ignore[arg-type]
    rows = [one.id for one in listing.rows(0, listing.count)]
    assert len(rows) == listing.count
    assert [listing.index_of(number) for number in rows] == list(range(len(rows)))
    return rows


FOUND: tuple[tuple[Columns, str], ...] = (
    ({"company": "Zephyrine Ltd"}, "zeph"),
    ({"company": "Zephyrine Ltd"}, "ZEPHYRINE"),
    ({"company": "Zephyrine Ltd"}, "ltd zeph"),
    ({"company": "Ábaco Soluções"}, "abaco solucoes"),
    ({"company": "Abaco Solucoes"}, "ábaco soluções"),
    ({"company": unicodedata.normalize("NFD", "Ábaco")}, "ábaco"),
    ({"company": "Ábaco"}, unicodedata.normalize("NFD", "ába")),
    ({"company": "Straßenbau Nord"}, "strassenbau"),
    ({"company": "STRASSENBAU NORD"}, "straßen"),
    ({"company": "ÅNGSTRÖM"}, "ångström"),
    ({"company": "Łódź Zakłady"}, "lodz zaklady"),
    ({"company": "Lodz Zaklady"}, "Łódź zakład"),
    ({"company": "Ærø Đuro Œuvre"}, "aero duro oeuvre"),
    ({"company": "Ελληνικά Συστήματα"}, "ελληνικα"),
    ({"company": "ЭЛЕКТРОН"}, "электр"),
    ({"company": "İstanbul Lojistik"}, "istanbul"),
    ({"company": "شركة المثال"}, "المثال"),
    ({"company": "日本電気株式会社"}, "電気"),
    ({"company": "日本電気株式会社"}, "社"),
    ({"company": "日本電気株式会社"}, "日本電気株式会社"),
    ({"company": "東京カメラ"}, "カメラ"),
    ({"company": "ﾄｳｷｮｳ ｶﾒﾗ"}, "カメラ"),
    ({"company": "한국전자"}, "전자"),
    ({"company": "한국전자"}, unicodedata.normalize("NFD", "국전")),
    ({"company": unicodedata.normalize("NFD", "한국전자")}, "전자"),
    ({"company": "深圳Kontor科技"}, "kon"),
    ({"company": "深圳Kontor科技"}, "科技"),
    ({"need": "Move 80 mailboxes to Exchange"}, "mailb"),
    ({"need": "lines\nand\nmore lines"}, "more"),
    ({"contacts": people(("Inga Hansen", ""), ("Yuki 田中", ""))}, "田中"),
    ({"contacts": people(("Inga Hansen", ""), ("Jörg Ødegård", ""))}, "jorg"),
    ({"contacts": people(("", "inga.hansen@kontor.example"))}, "inga.hansen@kontor.example"),
    ({"contacts": people(("", "inga.hansen@kontor.example"))}, "inga.hansen@kon"),
    ({"contacts": people(("", "inga.hansen@kontor.example"))}, "kontor.exa"),
    ({"contacts": people(("", "first_last@kontor.example"))}, "first_last"),
    ({"deal_name": "Mailbox migration"}, "migr"),
    ({"crm_id": "OPP-2026-0117"}, "OPP-2026-0117"),
    ({"crm_id": "OPP-2026-0117"}, "opp-2026"),
    ({"need": "10 m² Fläche"}, "m2"),
    ({"need": "a\u00a0nördlich\u00a0b"}, "nordlich"),
    ({"need": "שָׁלוֹם"}, "שלום"),
    ({"company": "O'Neill & Sons"}, "o'neill & sons"),
    ({"company": "Kontor"}, "  kontor  "),
    ({"company": "Kontor _ Nord"}, "kontor _ nord"),
    ({"company": "Kontor – Nord"}, "kontor – nord"),
    ({"company": "Kontor"}, "kontor +"),
)


def test_words_are_found_by_their_beginnings(workplace: Workplace) -> None:
    """Each case stands alone beside somebody else: what another case left could be found as well."""
    for columns, search in FOUND:
        empty(workplace)
        number, _other = insert(workplace.database, [row(**columns), row(company="Somebody else")])
        assert found(workplace, search) == [number], (columns, search)


NOT_FOUND: tuple[tuple[Columns, str], ...] = (
    ({"company": "Zephyrine"}, "rine"),  # not a beginning
    ({"company": "Zephyrine"}, "zephyrine ltd"),  # all words must be there
    ({"company": "日本電気"}, "気電"),  # anywhere within a word, but in its order
    ({"contacts": people(("Inga Hansen", "inga@kontor.example"))}, "hansen@kontor"),
    ({"company": "Kontor"}, "kontor NOT nord"),  # words, not operators
)


def test_other_words_are_not_found(workplace: Workplace) -> None:
    insert(workplace.database, [row(**columns) for columns, _search in NOT_FOUND])
    assert {search: found(workplace, search) for _columns, search in NOT_FOUND if found(workplace, search)} == {}


def test_a_number_is_found_by_its_digits(workplace: Workplace) -> None:
    numbers = insert(workplace.database, [row(company="Kontor", source_id=f"x-{n}") for n in range(12)])
    assert found(workplace, str(numbers[10])) == [numbers[10]]


def test_blanks_are_no_search(workplace: Workplace) -> None:
    """Someone who has typed `/` and a blank still sees the list."""
    numbers = insert(workplace.database, [row()])
    assert [found(workplace, search) for search in ("", " ", "   ")] == [numbers] * 3


def test_nothing_typed_is_an_operator(workplace: Workplace) -> None:
    insert(workplace.database, [row(company="Somebody"), row(status="archived", outcome="won", company="Other")])
    for search in HOSTILE:
        for tab in Tab:
            assert found(workplace, search, tab) == [], (search[:20], tab)


@given(search=st.text(st.characters(), max_size=40) | st.text("aé_\"'*^(){}:+-ANDORT 日한\x00\ud800", max_size=20))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_at_all_makes_it_fail(workplace: Workplace, search: str) -> None:
    if not Desk(workplace).token():
        insert(workplace.database, [row(company="Ábaco Nord")])
    assert set(found(workplace, search)) <= {1}
    assert set(found(workplace, f"ábaco {search}", Tab.ALL, profile=search)) == set()


@given(
    companies=st.lists(st.lists(st.sampled_from(["Nord", "nördlich", "Süd", "sudden", "Ost"]), max_size=3), max_size=8),
    words=st.lists(st.sampled_from(["n", "nord", "NÖRD", "nordl", "sud", "süd", "o", "x"]), min_size=1, max_size=3),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hits_are_those_that_have_a_word_for_every_beginning(
    workplace: Workplace, companies: list[list[str]], words: list[str]
) -> None:
    empty(workplace)
    numbers = insert(workplace.database, [row(company=" ".join(company) or "-") for company in companies])

    def bare(text: str) -> str:
        return text.casefold().replace("ö", "o").replace("ü", "u")

    expected = [
        number
        for number, company in zip(numbers, companies, strict=True)
        if all(any(bare(has).startswith(bare(word)) for has in company) for word in words)
    ]
    assert sorted(found(workplace, " ".join(words), Tab.ALL)) == expected


def test_hits_stand_in_the_order_of_the_list(workplace: Workplace) -> None:
    plain, hot = insert(
        workplace.database,
        [row(company="Kontor A", received_at=micros(hours=-9)), row(company="Kontor B", flame=1)],
    )
    assert found(workplace, "kontor") == [hot, plain]
    by_name = Desk(workplace).listing(View(Tab.INBOX, Order.CUSTOMER, search="kontor"))
    assert [one.id for one in by_name.rows(0, 9)] == [plain, hot]


def test_a_search_stays_in_its_tab_and_filter(workplace: Workplace, location: Path | str, clock: SettableClock) -> None:
    new, favorite, _skipped, due, active, lost = insert(
        workplace.database,
        [
            row(company="Kontor"),
            row(company="Kontor", favorite=1, received_at=micros(hours=-5)),
            row(company="Kontor", skipped_until=micros(hours=1)),
            row(company="Kontor", expires_at=micros()),
            row(company="Kontor", status="active"),
            row(company="Kontor", status="archived", outcome="lost", closed_at=micros(days=1)),
        ],
    )
    assert found(workplace, "kontor") == [favorite, new]
    assert found(workplace, "kontor", favorite=True) == [favorite]
    assert found(workplace, "kontor", Tab.ACTIVE) == [active]
    assert found(workplace, "kontor", Tab.ARCHIVED) == [lost]
    reader = open_at(location, clock, read_only=True)
    assert found(reader, "kontor", Tab.ARCHIVED) == [lost, due]
    reader.close()


def test_the_index_follows_a_change(workplace: Workplace) -> None:
    """What was typed into a deal is found at once, in the tab where the referral stands now."""
    [number] = insert(workplace.database, [row(company="Kontor")])
    typed = {"name": "Mailboxes", "value": "1 EUR", "timeframe": "2026-06-30", "notes": "x", "crm_id": "OPP-7"}
    Triage(workplace).accept(number, typed, Context(NOW.date()))
    assert found(workplace, "kontor") == []
    assert found(workplace, "opp-7 mail", Tab.ACTIVE) == [number]
    Triage(workplace).edit(number, {"name": "Postfächer"}, Context(NOW.date()))
    assert (found(workplace, "mail", Tab.ACTIVE), found(workplace, "postfach", Tab.ACTIVE)) == ([], [number])
    Triage(workplace).undo([number])
    assert_consistent(workplace.database)


def test_a_change_of_one_searched_column_alone_is_followed(workplace: Workplace) -> None:
    for field in SEARCHED:
        [number] = insert(workplace.database, [row()])
        value = {"status": "active", "contacts": people(("Uwe", "uwe@ost.example"))}.get(field, "Ostwind")
        with workplace.database.writing() as connection:
            before = updates.get(connection, number)
            present = updates.update(connection, before, {field: value})
            journal.record(connection, before, present, Action.UPDATED, DESK, NOW)
        assert_consistent(workplace.database)


def test_the_newest_hits_are_kept_where_there_are_too_many(workplace: Workplace) -> None:
    """Counts stop at 1000+: of more hits than anybody reads, the newest by number are there."""
    numbers = insert(workplace.database, [row(company="Kontor") for _ in range(MOST_HITS + 10)])
    assert sorted(found(workplace, "kontor")) == numbers[10:]


def test_what_very_many_have_is_found_as_what_few_have(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is in very many referrals is asked for by its first letters; what is found is the same."""
    texts = ("Kontor Nord", "contact@kontor.example", "kont_or kontory", "Küstenland", "KÜSTE", "Łódź-Kontor", "ßtrasse",
             "日本電気 kontor", "konto", "xkontor", "reference 17", "reference 18 phishing", "(phishing)", "phi")  # fmt: skip
    chance = random.Random(1)
    insert(
        workplace.database,
        [
            row(
                status=chance.choice(("new", "active")), company=f"Firma {n}", need=" ".join(chance.choices(texts, k=2))
            )
            for n in range(300)
        ],
    )
    asked = ("kontor", "kont", "konto", "küstenland", "kuste", "lodz", "sstrasse", "reference 17", "reference phis",
             "phishing", "kontor phishing nord", "kontor@example", "電気 kontor", "firma 2", "nothing kontor", "xkontor")  # fmt: skip
    found = {}
    monkeypatch.setattr("refterm.store.search.LARGE", 1)
    for sample, share in ((10**6, 1.0), (1, 0.0), (20, 0.3)):
        monkeypatch.setattr(dense_search, "SAMPLE", sample)
        monkeypatch.setattr(dense_search, "SHARE", share)
        desk = Desk(workplace)
        views = [View(tab, search=text) for text in asked for tab in Tab]
        found[sample] = [(view, list(desk.listing(view, most_hits=most).ids())) for view in views for most in (7, 2000)]
        found[sample] += [(view, [desk.count(view)]) for view in views]
    assert found[1] == found[10**6]
    assert found[20] == found[10**6]
    assert sum(len(numbers) for _view, numbers in found[1]) > 1000
    with workplace.database.reading() as connection:
        if connection.dialect == "sqlite":
            assert dense_search.dense_hits(connection, "kontor", ("new",), 5) is not None
