"""Files that mean harm, or look as if: nothing of them breaks the desk, another's referral, or the import."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from refterm.errors import RefTermError
from refterm.formats import jsonfile
from refterm.formats.reader import Reader
from refterm.services.care.maintenance import check
from refterm.services.exporting import Exporter
from refterm.services.importing import Importer, Refused, Summary
from refterm.services.roles import Role
from refterm.services.workplace import Workplace
from tests.samples import active_record, api_record, ndjson, page


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
