"""Files that mean harm, or look as if: nothing of them breaks the desk, another's referral, or the import."""

from __future__ import annotations

import csv
import io
import json
import random
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from refterm.errors import RefTermError
from refterm.formats import jsonfile
from refterm.formats.reader import Reader
from refterm.services.care.maintenance import check
from refterm.services.exporting import Exporter
from refterm.services.importing import Importer, Refused, Summary
from refterm.services.insight.insights import gather
from refterm.services.profiles import Profiles
from refterm.services.roles import Role
from refterm.services.workplace import Workplace
from tests.samples import active_record, ahead, api_record, ndjson, page


def bring_in(workplace: Workplace, content: bytes, name: str = "x") -> tuple[Summary, list[str]]:
    refused: list[Refused] = []
    summary = Importer(workplace).run(io.BytesIO(content), name=name, on_refused=refused.append)
    return summary, [one.sentence for one in refused]


def export(workplace: Workplace) -> list[dict[str, Any]]:
    out = io.StringIO(newline="")
    Exporter(workplace).write(out, format="ndjson")
    return [json.loads(line) for line in out.getvalue().splitlines()]


TEXTS = ("\0evil", "\0 12", "a\0b", "\x00\x00", 'x","refterm":{}', "'=1", "\\u0000:1", "\0" + "0" * 16 + ":evil")


@pytest.mark.parametrize("around", ["lines", "page", "pages a line", "object before"])
def test_a_text_with_nul_or_our_own_marks_is_a_text(workplace: Workplace, around: str) -> None:
    for text in TEXTS:
        record = api_record(customerProfile__name="K" + text, details__notes=text, name=text)
        shapes = {
            "lines": ndjson([record]),
            "page": page([record]),
            "pages a line": json.dumps({"value": [record]}).encode() + b"\n" + json.dumps({"value": []}).encode(),
            "object before": json.dumps({"meta": {"a": 1}, "value": [record]}).encode(),
        }
        assert bring_in(workplace, shapes[around]) == (Summary(new=1), []), text
    names = {again["customerProfile"]["name"] for again in export(workplace)}
    assert names == {("K" + text).replace("\0", "") for text in TEXTS}
    assert list(check(workplace)) == []


def test_a_source_record_that_cannot_be_read_stops_no_export_and_no_import(workplace: Workplace) -> None:
    first, second = api_record(), api_record()
    bring_in(workplace, ndjson([first, second]))
    with workplace.database.writing() as connection:
        connection.execute("update source set record = '{broken' where referral_id = 1")
    assert [one["id"] for one in export(workplace)] == [first["id"], second["id"]]
    newer = {"updatedDateTime": "2027-01-01T00:00:00Z", "customerProfile": {"name": "Newer"}}
    assert bring_in(workplace, ndjson([{**first, **newer}, {**second, **newer}])) == (Summary(updated=2), [])


@pytest.mark.parametrize("field", ["contacted_by", "taken_by", "decided_by", "closed_by"])
def test_a_triager_brings_in_nothing_in_another_s_name(
    workplace: Workplace, fresh: Callable[[], Workplace], field: str
) -> None:
    bring_in(workplace, ndjson([active_record()]))
    (record,) = export(workplace)
    kept = {"decided_at": "2026-03-01T00:00:00Z", field: "boss"}
    if field == "closed_by":
        kept |= {"status": "archived", "outcome": "won", "closed_at": "2026-03-02T00:00:00Z"}
    content = ndjson([{**record, "refterm": {**record["refterm"], **kept}}])
    triager = replace(fresh(), role=Role.TRIAGER)
    summary, (why,) = bring_in(triager, content)
    assert summary == Summary(rejected=1)
    assert "boss" in why
    assert "admin" in why
    own = ndjson([{**record, "refterm": {**record["refterm"], **kept, field: triager.actor.name}}])
    assert bring_in(triager, own)[0] == Summary(new=1)
    assert bring_in(replace(fresh(), role=Role.ADMIN), content)[0] == Summary(new=1)


def test_what_is_on_the_desk_already_is_no_forgery(workplace: Workplace) -> None:
    bring_in(workplace, ndjson([api_record()]))
    with workplace.database.writing() as connection:
        connection.execute("update referral set taken_by = 'boss'")
    content = ndjson(export(workplace))
    assert bring_in(replace(workplace, role=Role.TRIAGER), content) == (Summary(unchanged=1), [])


@pytest.mark.parametrize(
    "kept",
    [
        {"decided_by": "ana"},
        {"decided_at": "2026-03-01T00:00:00Z"},
        {"closed_by": "ana"},
        {"reason": "abuse"},
        {"reason_notes": "x"},
        {"closed_at": "2026-03-01T00:00:00Z"},
        {"outcome": "won"},
        {"status": "active", "closed_by": "ana"},
        {"status": "active", "reason": "budget"},
        {"status": "archived", "outcome": "won"},
    ],
)
def test_an_impossible_state_is_refused(
    workplace: Workplace, fresh: Callable[[], Workplace], kept: dict[str, Any]
) -> None:
    bring_in(workplace, ndjson([api_record()]))
    (record,) = export(workplace)
    content = ndjson([{**record, "refterm": {**record["refterm"], **kept}}])
    assert bring_in(fresh(), content)[0] == Summary(rejected=1)


def test_db_check_finds_an_impossible_state(workplace: Workplace) -> None:
    bring_in(workplace, ndjson([api_record()]))
    with workplace.database.writing() as connection:
        connection.execute("update referral set decided_by = 'ana', reason = 'abuse'")
    assert any("new, but with a decision" in finding.text for finding in check(workplace))


GROWING: dict[str, Callable[[int], bytes]] = {
    "brackets": lambda n: b"[" * 50 + b"[" + b"[" * n + b"{}" * n,
    "braces": lambda n: b"[{" + b"{" * n + b"]" * n,
    "quotes that leave a cell open": lambda n: b"Referral ID,Notes\n" + b'a"""' + b',"x\n' + b'a""","x\n' * n,
    "quotes": lambda n: b"Referral ID,Notes\n" + b'"' * n,
    "carriage returns": lambda n: b"Referral ID,Notes\r" + b"a,b\r" * n,
    "blanks": lambda n: b'{"id": "a' + b" " * n + b'"}',
    "ampersands": lambda n: b'{"id": "a", "name": "' + b"&a" * n + b';"}',
    "keys before a list": lambda n: b"{" + b'"a":1,' * n + b'"b":2}',
    "one envelope in another": lambda n: b'{"value":' * n + b"[",
}


@pytest.mark.parametrize("kind", GROWING)
def test_time_grows_no_faster_than_the_file(kind: str) -> None:
    """Sixteen times the file takes nowhere near 256 times as long; the least of several runs counts."""

    def least(size: int) -> float:
        times = []
        for _run in range(3):
            content = GROWING[kind](size)
            begun = time.process_time()
            with suppress(RefTermError):
                for _item in Reader(io.BytesIO(content), name="x"):
                    pass
            times.append(time.process_time() - begun)
        return min(times)

    small, large = least(1_000), least(16_000)
    assert large < 0.05 + 90 * small


def test_a_csv_longer_than_a_block_comes_in_whole(workplace: Workplace) -> None:
    """It is read twice, for its columns of dates and amounts are judged first."""
    header = "Referral ID,Customer Name,Partner Referral Status,Partner Referral Substatus,Estimated Close Date,Notes\n"
    rows = "".join(f"r{n},K,New,Pending,12/31/2026,{'x' * 200}\n" for n in range(2500))
    assert len(rows) > jsonfile.CHUNK
    assert bring_in(workplace, (header + rows).encode())[0] == Summary(new=2500)


def test_no_text_is_too_long_for_an_index(workplace: Workplace) -> None:
    """An index of PostgreSQL takes 2,700 bytes; one record beyond that kept its whole batch out."""
    chance = random.Random(1)
    long = "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _letter in range(3000))
    whole = api_record(
        customerProfile__name=long,
        customerProfile__ids=[{"profileType": "DUNS", "id": long}],
        customerProfile__team=[{"firstName": "A", "email": f"a@{long}.example"}],
        target=[{"type": "BusinessProfileLocation", "id": long}],
        details__notes=long,
    )
    assert bring_in(workplace, ndjson([whole, api_record()])) == (Summary(new=2), [])
    assert export(workplace)[0]["customerProfile"]["name"] == long
    own = export(workplace)[1]
    for name in ("taken_by", "profile"):
        forged = {**own, "id": name, "refterm": {**own["refterm"], name: long}}
        summary, sentences = bring_in(workplace, ndjson([forged]))
        assert (summary.rejected, sentences[0].partition(":")[0]) == (1, f"refterm.{name} is not what refterm writes")


def test_figures_that_are_none_stop_neither_insights_nor_the_fit_nor_an_export(workplace: Workplace) -> None:
    """Unicode counts `²` as a digit; a number of the source may have more digits than there is memory."""
    Profiles(workplace).add(
        {"name": "A", "region": "R", "country": ["DE"], "location": ["B;L;n;a@b.example;1"], "size": "1-50"}
    )
    sizes = ("²to³employees", "1to" + "9" * 5000 + "employees", "Morethan²employees", "Morethan" + "9" * 5000)
    records = [
        api_record(customerProfile__size=size, target=[{"type": "BusinessProfileLocation", "id": "L"}])
        for size in sizes
    ]
    lines = ndjson(records).replace(b'"phoneNumber": "', b'"phoneNumber": 1e999999999999, "was": "')
    assert lines.count(b"1e999999999999") >= len(sizes)
    assert bring_in(workplace, lines)[0] == Summary(new=len(sizes))
    assert gather(workplace).figures.received == len(sizes)
    first, last = (end.replace(tzinfo=UTC) for end in (datetime.min, datetime.max))
    assert gather(workplace, since=first, until=last).figures.received == len(sizes)
    assert gather(workplace, since=last, until=first).figures.received == 0
    out = io.StringIO(newline="")
    Exporter(workplace).write(out, format="csv")
    assert bring_in(workplace, out.getvalue().encode(), "own.csv") == (Summary(unchanged=len(sizes)), [])


def test_a_number_or_a_time_beyond_all_bounds_is_not_stated(workplace: Workplace) -> None:
    lines = ndjson([api_record(), api_record(details__closingDateTime="9000-12-31T23:59:59-14:00")])
    lines = lines.replace(b'"Received"', b"1e999999999999", 1)
    assert bring_in(workplace, lines) == (Summary(new=2), [])
    with workplace.database.reading() as reader:
        assert reader.execute("select count(*) from referral where purchase_date is null").fetchone()[0] == 2


def test_a_deal_of_ours_that_becomes_a_referral_expires_and_comes_back_from_its_export(workplace: Workplace) -> None:
    """I4: without an expiry its export was refused."""
    ours = active_record(direction="Outgoing", expirationDateTime=None)
    theirs = {**ours, "direction": "Incoming", "updatedDateTime": ahead(minutes=5)}
    bring_in(workplace, ndjson([ours]))
    assert bring_in(workplace, ndjson([theirs]))[0] == Summary(updated=1)
    assert bring_in(workplace, ndjson(export(workplace))) == (Summary(unchanged=1), [])


def test_a_damaged_workbook_is_read_or_refused_in_a_sentence(workplace: Workplace) -> None:
    bring_in(workplace, ndjson([api_record() for _number in range(3)]))
    whole = io.BytesIO()
    Exporter(workplace).write_workbook(whole)
    with zipfile.ZipFile(whole) as sound:
        parts = {name: sound.read(name) for name in sound.namelist()}
    for name, content in parts.items():
        for spoilt in (content[: len(content) // 2], b"\xff" + content, content.replace(b"<", b"\xc3<"), b""):
            damaged = io.BytesIO()
            with zipfile.ZipFile(damaged, "w") as book:
                for other, kept in parts.items():
                    book.writestr(other, spoilt if other == name else kept)
            with suppress(RefTermError):
                bring_in(workplace, damaged.getvalue(), "x.xlsx")


def test_a_solution_whose_id_is_no_text_stops_no_csv(workplace: Workplace) -> None:
    record = api_record(details__requirements={"solutions": [{"id": ["a"], "name": "Backup"}]})
    bring_in(workplace, ndjson([record]))
    out = io.StringIO(newline="")
    Exporter(workplace).write(out, format="csv")
    titles, cells = list(csv.reader(io.StringIO(out.getvalue().removeprefix("\ufeff"))))
    theirs = dict(zip(titles, cells, strict=True))
    theirs.pop("Refterm", None)
    theirs |= {"Customer Name": "Another", "Solution 1 Id": "SOL-1"}
    again = io.StringIO(newline="")
    csv.writer(again).writerows([list(theirs), list(theirs.values())])
    assert bring_in(workplace, again.getvalue().encode(), "theirs.csv")[1] == []
