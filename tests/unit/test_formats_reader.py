"""Files of referrals in every shape, record by record (contract, section Import)."""

from __future__ import annotations

import codecs
import csv
import io
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refterm.errors import RefTermError
from refterm.formats import decoding, jsonfile
from refterm.formats import reader as reading
from refterm.formats.item import Item
from refterm.formats.reader import FORMATS, Format, Reader, detect
from tests.samples import api_record, ndjson, page


def items(content: bytes, name: str = "referrals", shape: Format = "auto") -> list[Item]:
    return list(Reader(io.BytesIO(content), name=name, format=shape))


def ids(found: list[Item]) -> list[str]:
    return [item.record["id"] for item in found if item.record is not None]


def refused(found: list[Item]) -> list[tuple[int, str | None]]:
    return [(item.line, item.refusal) for item in found if item.record is None]


def records(count: int) -> list[dict[str, Any]]:
    return [{"id": f"r{number}", "text": "ö" * 10, "list": [1, {"a": "}]"}]} for number in range(count)]


SHAPES: dict[str, Any] = {
    "lines": ndjson,
    "lines with CRLF": lambda given: ndjson(given).replace(b"\n", b"\r\n"),
    "lines with blanks between": lambda given: b"\n \n".join(ndjson([one]) for one in given),
    "lines without the last end": lambda given: ndjson(given).removesuffix(b"\n"),
    "array": lambda given: json.dumps(given).encode(),
    "array, an element a line": lambda given: b"[\n" + b",\n".join(ndjson([one]).strip() for one in given) + b"\n]\n",
    "pretty array": lambda given: json.dumps(given, indent=2, ensure_ascii=False).encode(),
    "array without indent": lambda given: json.dumps(given, indent=0).encode(),
    "page": page,
    "page in one line": lambda given: page(given, indent=None),
    "page without indent": lambda given: page(given, indent=0),
    "page with more after": lambda given: json.dumps({"value": given, "@odata.nextLink": "x", "n": [1]}).encode(),
    "page with objects before": lambda given: json.dumps({"meta": {"a": [1]}, "value": given}).encode(),
    "pages one after the other": lambda given: page(given[:1]) + b"\n" + page(given[1:]),
    "objects one after the other": lambda given: b"\n".join(json.dumps(one, indent=1).encode() for one in given),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("chunk", [7, 64, reading.CHUNK])
def test_every_shape_of_json_gives_its_records(shape: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = SHAPES[shape](records(5))
    if chunk < reading.CHUNK:
        # Records that cross the borders of what is read at once; the shape is told from the first block.
        monkeypatch.setattr(reading, "CHUNK", max(chunk, 200))
        monkeypatch.setattr(jsonfile, "CHUNK", max(chunk, 200))
    found = items(content)
    assert ids(found) == ["r0", "r1", "r2", "r3", "r4"]
    assert [item.record for item in found if item.record] == records(5)
    assert [item.refusal for item in found if item.refusal] == []


@pytest.mark.parametrize("indent", [None, 0, 3])
def test_a_single_object(indent: int | None) -> None:
    record = api_record()
    assert [item.record for item in items(json.dumps(record, indent=indent).encode())] == [record]


@pytest.mark.parametrize("content", [b"[]", b"[ ]\n", b'{"value": []}', b'{"items": []}'])
def test_an_empty_list_is_nothing(content: bytes) -> None:
    assert items(content) == []


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t", b"\x1a", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
@pytest.mark.parametrize("name", ["x.json", "x.csv", "x.jsonl", "-"])
def test_an_empty_file_is_told(content: bytes, name: str) -> None:
    """A download that failed leaves one, and a script has to learn of it."""
    with pytest.raises(RefTermError, match="is empty"):
        items(content, name)


ENCODINGS = {
    "UTF-8 with BOM": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16, little": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16, big": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("shape", ["lines", "page", "array"])
def test_byte_order_marks_tell_the_encoding(shape: str, encoding: str) -> None:
    given = [{"id": "a", "text": "Größe 漢字 \U0001f525"}, {"id": "b"}]
    assert [item.record for item in items(ENCODINGS[encoding](SHAPES[shape](given).decode()))] == given


def test_utf16_may_split_a_character_at_any_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK", 33)
    monkeypatch.setattr(decoding, "CHUNK", 33)
    given = [{"id": "a", "text": "\U0001f525" * 50}]
    content = codecs.BOM_UTF16_LE + json.dumps(given[0], ensure_ascii=False).encode("utf-16-le")
    assert [item.record for item in items(content, shape="ndjson")] == given


def test_half_a_character_at_the_end_of_utf16_spoils_only_the_last_record() -> None:
    text = '{"id": "a"}\n{"id": "b"}'
    found = items(codecs.BOM_UTF16_LE + text.encode("utf-16-le") + b"\x7d")
    assert ids(found) == ["a"]
    assert [line for line, _why in refused(found)] == [2]


@pytest.mark.parametrize("shape", ["lines", "array, an element a line", "pretty array"])
def test_bytes_that_are_no_text_spoil_only_their_record(shape: str) -> None:
    content = SHAPES[shape](records(3)).replace(b'"r1"', b'"r\xff1"')
    found = items(content)
    assert ids(found) == ["r0", "r2"]
    ((_line, why),) = refused(found)
    assert why
    assert "UTF-8" in why


def test_lone_surrogates_in_utf16_are_dropped() -> None:
    content = codecs.BOM_UTF16_LE + '{"id": "a\ud800b"}'.encode("utf-16-le", "surrogatepass")
    assert ids(items(content)) == ["ab"]


BROKEN = [
    "{not json",
    "[]",
    "42",
    '"text"',
    "null",
    '{"id": "x" "y"}',
    '{"id": 1e999999999999999999999}',
]


@pytest.mark.parametrize("broken", [*BROKEN, '{"a":' * 5000, "{" * 70 + "}" * 70, '{"a\0b": 1}', '{"a": "b}'])
def test_a_broken_line_is_refused_by_itself(broken: str) -> None:
    content = b'{"id": "a"}\n' + broken.encode() + b'\n\n{"id": "b"}\n'
    found = items(content)
    assert ids(found) == ["a", "b"]
    assert [line for line, _why in refused(found)] == [2]
    assert next(item.raw for item in found if item.record is None) == broken.encode() + b"\n"


@pytest.mark.parametrize("first", ["{not json", "garbage", "[]", "null"])
def test_lines_are_known_though_the_first_is_broken(first: str) -> None:
    assert ids(items(first.encode() + b'\n{"id": "b"}\n')) == ["b"]


@pytest.mark.parametrize("between", ["\n", " "])
@pytest.mark.parametrize("broken", [*BROKEN[1:], '{"a" 1}', '{"a": [1,}', '{"a":' * 5000 + "1" + "}" * 5000])
def test_a_broken_element_is_refused_by_itself(broken: str, between: str) -> None:
    content = between.join(["[", '{"id": "a"}', ",", broken, ",", '{"id": "b"}', "]"])
    found = items(content.encode())
    assert ids(found) == ["a", "b"]
    assert len(refused(found)) == 1
    assert [line for line, _why in refused(found)] == ([4] if between == "\n" else [1])


def test_a_quote_that_is_never_closed_spoils_only_its_line() -> None:
    found = items(b'[\n{"id": "a"},\n{"id": "b, "x": 1},\n{"id": "c"}\n]')
    assert ids(found) == ["a", "c"]
    assert len(refused(found)) == 1


@pytest.mark.parametrize(
    ("content", "good"),
    [
        (b'[{"id": "a"}, {"id": "b"', ["a"]),
        (b'[{"id": "a"}, ', ["a"]),
        (b'[{"id": "a"}', ["a"]),
        (b'{"value": [{"id": "a"}', ["a"]),
        (b'{\n"id": "a",\n', []),
    ],
)
def test_a_file_that_ends_too_early_says_so_and_gives_what_it_has(content: bytes, good: list[str]) -> None:
    found = items(content)
    assert ids(found) == good
    assert len(refused(found)) == 1


def test_a_page_that_ends_after_its_list_has_lost_nothing() -> None:
    found = items(b'{"value": [{"id": "a"}], "next": ')
    assert ids(found) == ["a"]
    assert not refused(found)


def test_line_numbers_are_those_of_the_file() -> None:
    found = items(json.dumps([{"id": "a"}, 5, {"id": "b"}], indent=1).encode())
    assert [item.line for item in found] == [2, 5, 6]


def test_a_line_without_end_is_refused_without_keeping_it_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonfile, "LONGEST", 100)
    found = items(b"x" * 250 + b'\n{"id": "a"}\n', shape="ndjson")
    assert ids(found) == ["a"]
    assert [why is not None for _line, why in refused(found)] == [True, False, False]
    assert b"".join(item.raw for item in found[:-1]) == b"x" * 250 + b"\n"
    assert found[-1].line == 2


def test_a_record_without_end_stops_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonfile, "LONGEST", 100)
    monkeypatch.setattr(jsonfile, "CHUNK", 50)
    with pytest.raises(RefTermError, match="line 1"):
        items(b'[{"id": "a"}, {"x": "' + b"y" * 1000, shape="json")


@pytest.mark.parametrize(
    ("head", "name", "shape"),
    [
        ("garbage", "a.ndjson", "ndjson"),
        ("garbage", "A.JSONL", "ndjson"),
        ('{"id": "a"}\n{"id": "b"}', "-", "ndjson"),
        ('{"id": "a", "value": [1]}', "-", "ndjson"),
        ('{\n "id": "a"', "-", "json"),
        ("[", "x.csv", "json"),
        ("Referral ID,Customer Name", "x.json", "csv"),
        ("customer name;REFERRAL ID;x", "-", "csv"),
        ("Referral  ID\tNotes", "-", "csv"),
        ("Refterm\n", "-", "csv"),
    ],
)
def test_the_shape_is_told_by_content(head: str, name: str, shape: str) -> None:
    assert detect(head, name) == shape


@pytest.mark.parametrize(
    ("content", "name"), [(b"hello", "x"), (b"a,b\n1,2", "x.csv"), (b"\x89PNG\r\n\x1a\n\0\0", "x.png")]
)
def test_anything_else_holds_no_referrals(content: bytes, name: str) -> None:
    with pytest.raises(RefTermError, match="holds no referrals"):
        items(content, name)


HEADER = ["Errors", "Referral ID", "Customer Name", "Notes", "Estimated Deal Value", "Estimated Close Date"]


def table(rows: list[list[str]], header: list[str] = HEADER, **options: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out, **options).writerows([header, *rows])
    return out.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_csv_gives_its_rows(delimiter: str, end: str) -> None:
    rows = [["", "a", 'Say "hi", Ltd; and', "one\ntwo", "12.5", "06/30/2026"], [""] * 6, ["", "b", "B", "", "", ""]]
    found = items(table(rows, delimiter=delimiter, lineterminator=end))
    first, second = (item.record for item in found)
    assert first == {
        "id": "a",
        "customerProfile": {"name": 'Say "hi", Ltd; and'},
        "details": {"notes": "one\ntwo", "dealValue": first["details"]["dealValue"], "closingDateTime": "2026-06-30T00:00:00Z"},
    }  # fmt: skip
    assert str(first["details"]["dealValue"]) == "12.5"
    assert second == {
        "id": "b",
        "customerProfile": {"name": "B"},
        "details": {"notes": None, "dealValue": None, "closingDateTime": None},
    }
    assert [item.line for item in found] == [2, 5]
    assert not any(item.dated for item in found)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_csv_in_other_encodings(encoding: str) -> None:
    found = items(ENCODINGS[encoding](table([["", "a", "Größe 漢字", "", "", ""]], delimiter="\t").decode()))
    assert found[0].record
    assert found[0].record["customerProfile"] == {"name": "Größe 漢字"}


def test_columns_are_known_in_any_order_and_case_and_others_are_kept() -> None:
    content = table([["Kiel", "A", "X", "a"]], ["customer CITY", "CUSTOMER NAME", "Colour", " referral id "])
    assert [item.record for item in items(content)] == [
        {"customerProfile": {"address": {"city": "Kiel"}, "name": "A"}, "csv": {"Colour": "X"}, "id": "a"}
    ]


def test_a_cell_that_is_missing_is_not_mentioned() -> None:
    found = items(b"Referral ID,Customer Name,Notes\na,A\n")
    assert [item.record for item in found] == [{"id": "a", "customerProfile": {"name": "A"}}]


def test_broken_rows_are_refused_by_themselves() -> None:
    rows = [
        b",a,A,,,",
        b',b,"B,,,',  # a quote that is never closed
        b",c,C,,many,",
        b",d,D,,-5,",
        b",e,E,,,soon",
        b",f,\xff,,,",
        b",g,G,,,,too,many",
        b',h,"two',
        b'lines",,,,too many',
        b",i,I,,,",
    ]
    found = items(table([]) + b"\r\n".join(rows))
    assert ids(found) == ["a", "c", "d", "e", "i"]
    assert [line for line, _why in refused(found)] == [3, 7, 8, 9, 10]
    assert [item.raw for item in found if item.line == 8] == [b",g,G,,,,too,many\r\n"]
    assert [item.line for item in found if item.warnings] == [4, 5, 6]


def test_a_csv_without_ids_holds_no_referrals() -> None:
    with pytest.raises(RefTermError, match="no column Referral ID"):
        items(b"Customer Name,Customer City\nA,Kiel\n")


@pytest.mark.parametrize("content", [b"x" * 200_000, b'"' * 7, b"a\rb\r", b"\0,\0", b"{" * 100_000, b"[" * 100_000])
@pytest.mark.parametrize("shape", FORMATS)
def test_garbage_is_refused_in_words(content: bytes, shape: Format) -> None:
    try:
        found = items(content, shape=shape)
    except RefTermError:
        return
    assert not ids(found)
    assert found


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([ndjson, page, lambda records: table([])]), st.binary(max_size=8), st.integers(0, 5000), st.data()
)
def test_no_bytes_bring_a_reader_down(write: Any, junk: bytes, at: int, data: st.DataObject) -> None:
    content = write([api_record(), api_record()])
    cut, filled = (
        content[:at] + junk + content[at + data.draw(st.integers(0, 100)) :],
        content[:at] + junk + content[at:],
    )
    for file, shape in ((cut, "json"), (filled, "auto")):
        with suppress(RefTermError):  # of a file that is empty now, or no longer one of Partner Center's
            for item in items(file, shape=shape):
                assert (item.record is None) == (item.refusal is not None)


def test_the_header_is_kept_as_it_was() -> None:
    source = Reader(io.BytesIO(codecs.BOM_UTF8 + b"Referral ID;Notes\r\na;b\r\n"), name="x")
    assert len(list(source)) == 1
    assert source.header == b"Referral ID;Notes\r\n"


ENVELOPES: dict[str, Any] = {
    "SDK": lambda given: {"totalCount": len(given), "items": given, "links": {"self": {"uri": "/x"}}},
    "OData 2": lambda given: {"d": {"results": given}},
    "flow": lambda given: {"statusCode": 200, "headers": {"a": "b"}, "body": {"value": given}},
    "flow, short": lambda given: {"statusCode": 200, "body": {"value": given}},
    "PowerShell": lambda given: {"value": given, "Count": len(given)},
    "text in text": json.dumps,
    "pages in a list": lambda given: [{"@odata.context": "x", "value": given[:1]}, {"value": given[1:]}],
}


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("indent", [None, 1])
def test_records_in_an_envelope(envelope: str, indent: int | None) -> None:
    found = items(json.dumps(ENVELOPES[envelope](records(3)), indent=indent).encode())
    assert ids(found) == ["r0", "r1", "r2"]
    assert not refused(found)


def test_a_page_with_more_behind_it_says_how_many_are_missing() -> None:
    content = {"@odata.count": 250, "value": records(2), "@odata.nextLink": "https://x.example/?$skiptoken=a"}
    *_records, remark = items(json.dumps(content).encode())
    assert "2 of 250" in remark.warnings[0]
    assert "248" in remark.warnings[0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"EventName": "referral-created", "ResourceUri": "https://x", "ResourceName": "referral"}, "event"),
        ({"eventName": "referral-updated", "id": "a", "resourceName": "referral"}, "event"),
        ({"error": {"code": "unauthenticated", "message": "Not you."}}, "unauthenticated: Not you."),
        ({"code": 3000, "description": "No such thing"}, "3000: No such thing"),
    ],
)
def test_what_is_no_referral_is_named(content: dict[str, Any], why: str) -> None:
    ((_line, refusal),) = refused(items(json.dumps(content).encode()))
    assert refusal is not None
    assert why in refusal


def test_keys_as_the_documentation_prints_them() -> None:
    (item,) = items(json.dumps([{"Id": "a", "CustomerProfile": {"Name": "K"}, "Team": [{"Email": "x"}]}]).encode())
    assert item.record == {"id": "a", "customerProfile": {"name": "K"}, "team": [{"email": "x"}]}


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv", "-"])
@pytest.mark.parametrize("form", ["a list, an element a line", "lines with commas"])
def test_content_beats_the_name(name: str, form: str) -> None:
    lines = ",\n".join(json.dumps(one) for one in records(3))
    found = items((f"[\n{lines}\n]\n" if form.startswith("a list") else f"{lines},\n").encode(), name)
    assert ids(found) == ["r0", "r1", "r2"]
    assert not refused(found)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("above", ["", "sep=;\n", '"sep=;"\n', "Co-sell opportunities;;\nExported 11/25/2026;;\n\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_csv_however_a_spreadsheet_leaves_it(end: str, above: str, encoding: str) -> None:
    text = f"{above}Referral ID;Customer Name;Notes;;\na;Kontor;x;;\nb;Kontor;y;;\n\x1a"
    found = items(text.replace("\n", end).encode(encoding), "x.csv")
    assert ids(found) == ["a", "b"]
    assert not refused(found)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x1f\x8b\x08\x00" + b"x" * 50, "compressed"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        ("[{}]".encode("utf-32"), "UTF-32"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 50, "old form"),
        (b"Company Name,Country\nHafen,DE\n", "none of Partner Center's columns"),
        (b"Engagement ID|Referral ID|Deal Name\na|b|c\n", "none of Partner Center's columns"),
        (b"Interaktions-ID,Deal Name,CRM ID\na,b,c\n", "no column Referral ID"),
    ],
)
def test_any_other_file_is_named(content: bytes, why: str) -> None:
    with pytest.raises(RefTermError, match=why):
        items(content, "x.csv")
