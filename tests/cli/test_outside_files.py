"""Files as spreadsheets, scripts, flows and SDKs really write them: each kind comes in with the right value, or is refused.

One table: what the file holds, how the command ends, what it says of which line, and the values that `show --json` gives.
The numbers in the names are those of the list of kinds that this table grew from.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.samples import Json, api_record, ndjson

GUID = "7b0d5c52-8a3e-4c63-9d0e-2f6f0f1f9aab"
RECEIVED = "2026-03-02T08:00:00Z"


@dataclass(frozen=True)
class Case:
    """A file and what is right.

    Attributes:
        name: of the file; the ending is what people have.
        content: its bytes.
        counts: new, rejected, warnings.
        said: a piece of each line on standard error, in order.
        shown: by the number on the desk, paths into `show --json` and their values.
        options: of the command.
        status: how it ends, where that does not follow from the counts.
    """

    name: str
    content: bytes
    counts: tuple[int, int, int] = (1, 0, 0)
    said: tuple[str, ...] = ()
    shown: dict[int, Json] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    status: int | None = None


HEADER = [
    "Engagement ID", "Referral ID", "Deal Name", "Customer Name", "Customer City", "Customer Country", "Customer D-U-N-S ID",
    "Customer Contact First Name", "Customer Contact Last Name", "Customer Contact Phone number",
    "Customer Contact Email Address", "Partner Referral Status", "Partner Referral Substatus", "Declined/Lost reason",
    "Estimated Deal Value", "Currency", "Estimated Close Date", "CRM ID", "Notes",
]  # fmt: skip


def row(number: int, **cells: str) -> dict[str, str]:
    """A row as Partner Center exports it; cells go by name with `_` for a blank."""
    plain = (f"e{number}", f"f{number}", f"Deal {number}", f"Werft {number} AG", "Köln", "DE", "", "Jürgen", "Groß",
             "+49 221 555 01", f"j.gross@werft{number}.example", "Active", "Accepted", "", "12500", "EUR", "12/31/2026",
             f"OPP-{number}", "Wartung und Umzug")  # fmt: skip
    return dict(zip(HEADER, plain, strict=True)) | {name.replace("_", " "): cell for name, cell in cells.items()}


def rows(column: str, *cells: str, **always: str) -> list[dict[str, str]]:
    """A row for each cell of one column."""
    return [row(number, **always) | {column: cell} for number, cell in enumerate(cells, 1)]


def table(given: list[dict[str, str]], mark: str = ",", end: str = "\r\n") -> str:
    """The text of a file."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(
        out, list(dict.fromkeys(name for one in given for name in one)), delimiter=mark, lineterminator=end
    )
    writer.writeheader()
    writer.writerows(given)
    return out.getvalue()


def comma(given: list[dict[str, str]]) -> bytes:
    """A CSV file with commas."""
    return table(given).encode()


def record(number: int = 1, **overrides: Any) -> Json:
    """A record of the API with an id that stays."""
    return api_record(
        **{"id": f"r{number}", "engagementId": f"g{number}", "customerProfile__name": f"Kontor {number}", **overrides}
    )


def records(*overrides: Json) -> list[Json]:
    """A record for each."""
    return [record(number, **one) for number, one in enumerate(overrides, 1)]


def pascal(value: Any) -> Any:
    """The same with each key as documentation tables print it."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: pascal(one) for key, one in value.items()}
    return [pascal(one) for one in value] if isinstance(value, list) else value


THREE = records({}, {}, {})
A, B, C = (json.dumps(one) for one in THREE)
VALUE, DAY, DUNS = "deal.value", "deal.purchase_date", "customer.duns"
END = "2026-12-31"


def each(path: str, *values: Any) -> dict[int, Json]:
    """One value for each referral, in the order in which they came in."""
    return {number: {path: value} for number, value in enumerate(values, 1)}


FLAME = "details__customerRequestedContact"
NOT_STATED = {"status": "new", "expires_at": "2026-03-16T08:00:00Z", "expiry_estimated": True}
CASES = [
    # What spreadsheets do to a CSV
    Case("01-sep-line.csv", ("sep=;\r\n" + table(rows("Estimated Deal Value", "12.500,50", "1.250", Estimated_Close_Date="31.12.2026"), ";")).encode(), (2, 0, 0), shown=each(VALUE, "12500.50", "1250")),
    Case("02-ansi.csv", table([row(1), row(2, Notes="plain", Customer_City="Kiel", Customer_Contact_First_Name="A", Customer_Contact_Last_Name="B")], ";").encode("cp1252"), (1, 1, 0), ("02-ansi.csv:2: it holds bytes that are not UTF-8; save the file as CSV UTF-8",), {1: {"source_id": "f2"}}),
    Case("03-unicode-text.txt", table(rows("Estimated Deal Value", "12.500,50", "1.250", Estimated_Close_Date="31.12.2026"), "\t").encode("utf-16"), (2, 0, 0), shown={1: {VALUE: "12500.50", DAY: END}, 2: {VALUE: "1250"}}),
    Case("03b-unicode-text-be.csv", ("\ufeff" + table(rows("Estimated Deal Value", "1.250", Estimated_Close_Date="31.12.2026"), "\t")).encode("utf-16-be"), shown=each(VALUE, "1.250")),
    Case("04-uk-dates.csv", comma(rows("Estimated Close Date", "31/12/2026", "05/11/2026", "1/2/2027")), (3, 0, 0), shown=each(DAY, END, "2026-11-05", "2027-02-01")),
    Case("04b-us-dates.csv", comma(rows("Estimated Close Date", "12/31/2026", "05/11/2026", "1/2/2027")), (3, 0, 0), shown=each(DAY, END, "2026-05-11", "2027-01-02")),
    Case("04c-both.csv", comma(rows("Estimated Close Date", "31/12/2026", "12/31/2026", "05/11/2026")), (3, 0, 1), (":4: warning: Estimated Close Date: '05/11/2026' could be two dates",), each(DAY, END, END, None)),
    Case("04d-chosen.csv", comma(rows("Estimated Close Date", "05/11/2026", "1/2/2027")), (2, 0, 0), (), each(DAY, "2026-11-05", "2027-02-01"), ("--dates", "day-first")),
    Case("05-dates-of-spreadsheets.csv", comma(rows("Estimated Close Date", "46387", "2026-12-31 00:00:00", "31-Dec-26", "31 December 2026", "12/31/2026 12:00:00 AM", "20261231", "31-12-2026", "2026/12/31", "31.12.26", "46387.5", "2026-12-31T00:00:00Z", "31. Dez. 2026")), (12, 0, 0), shown=each(DAY, *[END] * 12)),
    Case("06-amounts.csv", comma(rows("Estimated Deal Value", "$12,500.00", "12\xa0500,00 €", "12 500,00", "€ 12.500", "USD 12,500", "12500.00 USD", "12'500.00", "1.25E+04", "12,5", "(12500)", "'12500", "₹12,50,000", "£12,500", "12,500.00 kr", "N/A", "12500-15000", "1,234", "1.234", "=12500", "12500,")), (20, 0, 11), (
        ":5: warning: Estimated Deal Value: '€ 12.500' could be two amounts", ":6: warning: Estimated Deal Value: 'USD 12,500' could be two", ":7: warning: Estimated Deal Value names USD, and Currency says EUR",
        ":11: warning: Estimated Deal Value: '(12500)' is no amount", ":13: warning: Estimated Deal Value names INR", ":14: warning: Estimated Deal Value: '£12,500' could be two", ":16: warning: Estimated Deal Value: 'N/A' is no amount",
        ":17: warning: Estimated Deal Value: '12500-15000' is no amount", ":18: warning: Estimated Deal Value: '1,234' could be two", ":19: warning: Estimated Deal Value: '1.234' could be two", ":21: warning: Estimated Deal Value: '12500,' is no amount"),
        each(VALUE, "12500.00", "12500.00", "12500.00", None, None, "12500.00", "12500.00", "12500", "12.5", None, "12500", "1250000", None, "12500.00", None, None, None, None, "12500", None)),
    Case("06b-comma-everywhere.csv", comma(rows("Estimated Deal Value", "12.500,50", "1.250", "€ 12.500", "1,5")), (4, 0, 0), shown=each(VALUE, "12500.50", "1250", "12500", "1.5")),
    Case("06c-point-everywhere.csv", comma(rows("Estimated Deal Value", "12,500.50", "1,250", "£12,500", "1.5")), (4, 0, 1), ("names GBP",), each(VALUE, "12500.50", "1250", "12500", "1.5")),
    Case("06d-chosen.csv", comma(rows("Estimated Deal Value", "1.250", "1,250")), (2, 0, 0), (), each(VALUE, "1250", "1.250"), ("--decimal", "comma")),
    Case("07-semicolons.csv", table(rows("Estimated Deal Value", "12.500,50", "1.250", "12500", "0,5"), ";").encode(), (4, 0, 0), shown=each(VALUE, "12500.50", "1250", "12500", "0.5")),
    Case("08-blank-rows.csv", (table([row(1)]) + "," * 18 + "\r\n\r\n" + table([row(2)]).partition("\n")[2]).encode(), (2, 0, 0)),
    Case("09-trailing-columns.csv", "".join(f"{line},,,\n" for line in table([row(1), row(2)], end="\n").splitlines()).encode(), (2, 0, 0), shown=each("need", *["Wartung und Umzug"] * 2)),
    Case("10-headers-twice.csv", "".join(f"{line},{more}\n" for line, more in zip(table([row(1)], end="\n").splitlines(), ["Notes,Customer Name", "second,Other"], strict=True)).encode(), (1, 0, 2), (":1: warning: the column Customer Name stands there more than once", ":1: warning: the column Notes"), {1: {"need": "Wartung und Umzug", "customer.company": "Werft 1 AG"}}),
    Case("11-german-headers.csv", table([row(1)]).replace("Referral ID", "Empfehlungs-ID").encode(), (0, 0, 0), ("it has no column Referral ID; the columns need Partner Center's English names",), status=1),
    Case("12-no-id.csv", comma([row(1, Referral_ID=""), row(2)]), (1, 1, 0), (":2: its cell Referral ID is empty",), {1: {"source_id": "f2"}}),
    Case("13-guids.csv", comma([row(1, Referral_ID=one) for one in (GUID, GUID.upper(), f"{{{GUID}}}", GUID.replace("-", ""), f" {GUID} ")]), shown={1: {"source_id": GUID}}),
    Case("14-macintosh.csv", table([row(1)], end="\r").encode(), shown={1: {"source_id": "f1", "need": "Wartung und Umzug"}}),
    Case("15-status-words.csv", comma([row(1), row(2, Partner_Referral_Status="active", Partner_Referral_Substatus="ACCEPTED"), *[row(number, Partner_Referral_Status="Closed", Partner_Referral_Substatus=substatus) | {"Declined/Lost reason": reason} for number, substatus, reason in ((3, "Lost", "3"), (4, "Lost", "3 - Customer chose another vendor"), (5, "Declined", "3.0"))],
        *[row(number, Partner_Referral_Status=status, Partner_Referral_Substatus=substatus) for number, status, substatus in ((6, "2", "3"), (7, "Active", ""), (8, "2.0", "3.0"), (9, "New", "Pending"), (10, "Active", "Engaged"), (11, "Active", "Error"))]]), (10, 1, 0), (":8: substatus None does not belong to status 'Active'",),
        {1: {"status": "active"}, 2: {"status": "active"}, 3: {"outcome": "lost", "reason": "other-vendor", "reason_notes": None}, 4: {"outcome": "lost", "reason": "other-vendor"}, 5: {"outcome": "declined", "reason": "other-vendor"}, 6: {"status": "active"}, 7: {"source_id": "f8", "status": "active"}, 8: {"source_id": "f9", "status": "new"}, 9: {"source_id": "f10", "status": "active"}, 10: {"source_id": "f11", "status": "active"}}),
    Case("32-todays-header.csv", comma([{("Declined/Lost/Error reason" if name == "Declined/Lost reason" else name): cell for name, cell in one.items()} | {"Microsoft MSX ID": "7-ABC", "Created Date": "02/27/2026"} for one in (
        row(1, Partner_Referral_Status="Closed", Partner_Referral_Substatus="Lost") | {"Declined/Lost reason": "3"}, row(2, Partner_Referral_Status="Closed", Partner_Referral_Substatus="Declined") | {"Declined/Lost reason": "1"},
        row(3, Partner_Referral_Status="Closed", Partner_Referral_Substatus="Error") | {"Declined/Lost reason": "7"}, row(4, Partner_Referral_Status="New", Partner_Referral_Substatus="Pending"), row(5))]), (5, 0, 0), shown={
        1: {"outcome": "lost", "reason": "other-vendor"}, 2: {"outcome": "declined", "reason": "budget"}, 3: {"status": "archived", "outcome": "lost", "reason": "other", "reason_notes": "Test referral"}, 4: {"status": "new", "received_at": "2026-02-27T00:00:00Z", "received_estimated": False}}),
    Case("33-header-of-2021.csv", comma([row(1, Partner_Referral_Status="Closed", Partner_Referral_Substatus="Lost") | {"Declined/Lost reason": "3"}]), shown={1: {"reason": "other-vendor", "received_estimated": True}}),
    Case("34-title-above.csv", ("Co-sell opportunities,,,\nExported 03/01/2026,,,\n\n" + table([row(1)], end="\n")).encode(), shown={1: {"source_id": "f1"}}),
    Case("34b-quoted-header.csv", ("\ufeff" + table([row(1)]).replace("Referral ID", '" referral\xa0id* "')).encode(), shown={1: {"source_id": "f1"}}),
    Case("35-duns.csv", comma(rows("Customer D-U-N-S ID", "081466849", "81466849", "08-146-6849", "81466849.0", "8.15E+07", '="081466849"', "'081466849", " 081466849 ")), (8, 0, 1), (":6: warning: Customer D-U-N-S ID: '8.15E+07' is no D-U-N-S number",), each(DUNS, *["081466849"] * 4, "8.15E+07", *["081466849"] * 3)),
    Case("36-unquoted-comma.csv", (table([row(1)]) + table([row(2)]).splitlines()[1].replace("Köln", "Köln, Deutz") + "\r\n").encode(), (1, 1, 0), (":3: it is no CSV: it has more cells than the header",), {1: {"source_id": "f1"}}),
    Case("37-formulas.csv", comma(rows("Customer Name", "'=1+1 GmbH", "=1+1 GmbH", "-Minus AG", "'t Hof BV")), (4, 0, 0), shown=each("customer.company", "'=1+1 GmbH", "=1+1 GmbH", "-Minus AG", "'t Hof BV")),
    Case("38-team.csv", comma([row(number) | {"Team member 1": cell} for number, cell in enumerate(["Jean Luc, de la Tour, mara2@nord.example", "Mara Voss;+49;m@n.example", "mara@nord.example"], 1)]), (3, 0, 0), shown={
        1: {"team.0.email": "mara2@nord.example", "team.0.phone": None}, 2: {"team.0.name": "Mara Voss", "team.0.email": "m@n.example", "team.0.phone": "+49"}, 3: {"team.0.email": "mara@nord.example", "team.0.phone": None}}),
    Case("39-twice-decoded.csv", comma([row(1, Customer_City="KÃ¶ln")]), shown={1: {"customer.city": "KÃ¶ln"}}),
    Case("41-dos.csv", comma([row(1, Notes="ab\0cd"), row(2)]) + b"\x1a", (2, 0, 0), shown=each("need", "abcd", "Wartung und Umzug")),
    Case("49-leads-of-others.csv", b"Company Name,Country,Contact Email\nHafen AG,DE,inga@hafen.example\n", (0, 0, 0), ("its header has none of Partner Center's columns",), status=1),
    Case("53b-empty.csv", b"", (0, 0, 0), ("is empty",), status=1),
    Case("53c-header-only.csv", comma([row(1)]).splitlines()[0] + b"\n", (0, 0, 0)),
    Case("56-sep-tab.csv", ("sep=\t\r\n" + table([row(1)], "\t")).encode(), shown={1: {VALUE: "12500"}}),
    Case("56b-sep-quoted.csv", ('"sep=;"\r\n' + table([row(1)], ";")).encode(), shown={1: {VALUE: "12500"}}),
    Case("56c-pipes.csv", table([row(1)], "|").encode(), (0, 0, 0), ("none of Partner Center's columns, separated by commas, semicolons or tabs",), status=1),
    Case("56d-sep-pipe.csv", ("sep=|\r\n" + table([row(1)], "|")).encode(), shown={1: {VALUE: "12500"}}),
    Case("57-half-a-file.csv", comma(rows("Estimated Close Date", "05/12/2026", "07/01/2027", "31/01/2027")), (3, 0, 0), shown=each(DAY, "2026-12-05", "2027-01-07", "2027-01-31")),
    # Times, flags, names and shapes of JSON
    Case("16-no-date.ndjson", ndjson(records(*[{"expirationDateTime": end} for end in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00", "1601-01-01T00:00:00Z", "1900-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-08:00")], {"createdDateTime": "0001-01-01T00:00:00Z"},
        {"details__closingDateTime": "0001-01-01T00:00:00Z"}, {"status": "Closed", "substatus": "Won", "closedDateTime": "0001-01-01T00:00:00Z", "acceptedDateTime": "0001-01-01T00:00:00Z"}, {"updatedDateTime": "0001-01-01T00:00:00Z"})), (10, 1, 0), (":8: createdDateTime is missing",),
        {**dict.fromkeys(range(1, 8), NOT_STATED), 8: {DAY: None, "status": "new"}, 9: {"outcome": "won", "deal.closed_on": "2026-03-02", "closed_at": RECEIVED}, 10: {"status": "new"}}),
    Case("17-times.ndjson", ndjson(records(*[{"createdDateTime": one} for one in ("2026-03-02T08:00:00.0000000Z", "2026-03-02T08:00:00+00:00", "2026-03-02T08:00:00", "2026-03-02T08:00:00.000+0000", "03/02/2026 08:00:00", "03/02/2026 08:00:00 AM", "/Date(1795625656472)/", 1795625656, "2026-03-02T09:00:00+01:00", "Mon, 02 Mar 2026 08:00:00 GMT",
        "2026-03-02 08:00:00Z", "2026-03-02t08:00:00z", "2026-03-01T24:00:00Z", "2026-03-02T07:59:60Z", "20260302T080000Z", "2026-03-02T08:00:00.000000000Z")])), (9, 7, 0), tuple(f":{line}: createdDateTime is no time" for line in (5, 6, 7, 8, 10, 13, 14)), each("received_at", *[RECEIVED] * 9)),
    Case("18-shapes.ndjson", ndjson(records({"customerProfile": {"team": {"firstName": "Solo", "lastName": "Person", "email": "s@x.example"}}}, {"target": None, "consent": None, "team": None, "inviteContext": None, "customerProfile": {"team": None}}, {"details": None}, {"details__dealValue": "50000.0000000000"}, {"details__dealValue": "12,500.00"}, {"details__notes": ["a", "b"]},
        {"customerProfile": {"ids": {}}}, {"customerProfile": {"ids": [{"profileType": "Duns", "id": 81466849}]}}, {"customerProfile": {"ids": [None]}}, {"customerProfile": {"team": [None]}}, {"customerProfile": {"address": []}}, {"customerProfile": {"address": ""}}, {"details__requirements": {"products": ["Azure"]}}, {"details__requirements": {"products": "Azure"}},
        {"qualification": ["Direct"]}, {"status": 1, "substatus": 2}, {"status": "1", "substatus": "2"}, {"details__dealValue": -100}, {"details__currency": "Euro"}, {"details__currency": "Taler"}, {"customerProfile": {"size": 250}}, {"favorite": "true"}, {"id": None}, {"customerProfile": {"address": {"postalCode": 1067}}})), (23, 1, 10),
        (":23: id is missing", ":6: warning: notes is no text", ":9: warning: ids is no list of objects", ":10: warning: team is no list of objects", ":11: warning: address is no object: []", ":12: warning: address is no object: ''", ":13: warning: products is no list of objects", ":14: warning: products is no list of objects", ":18: warning: dealValue -100", ":19: warning: EURO is no ISO 4217 currency", ":20: warning: TALER is no ISO 4217 currency"),
        {1: {"customer.contacts.0.name": "Solo Person"}, 2: {"customer.contacts": []}, 3: {"need": None, "flame": "none"}, 4: {VALUE: "50000"}, 5: {VALUE: "12500.00"}, 6: {"need": None}, 8: {DUNS: "081466849"}, 9: {"customer.company": "Kontor 9"}, 11: {"customer.city": None}, 13: {"products": []}, 15: {"channel": "partner"}, 16: {"status": "new"}, 17: {"status": "new"},
            18: {VALUE: None}, 19: {"deal.currency": None}, 20: {"deal.currency": None}, 22: {"favorite": True}, 23: {"customer.postal_code": "1067"}}),
    Case("19-mark.json", ("\ufeff" + json.dumps({"value": THREE})).encode(), (3, 0, 0)),
    Case("19b-utf16.json", json.dumps(THREE).encode("utf-16"), (3, 0, 0)),
    Case("19c-utf16-no-mark.json", json.dumps(THREE).encode("utf-16-le"), (3, 0, 0)),
    Case("19d-utf16-be-no-mark.ndjson", f"{A}\n{B}\n".encode("utf-16-be"), (2, 0, 0)),
    Case("20-lists-in-a-row.json", f"[{A}][{B}]\n[{C}]".encode(), (3, 0, 0)),
    Case("20b-pages-in-a-row.json", f'{{"value":[{A}]}}\n{{"value":[{B}]}}'.encode(), (2, 0, 0)),
    Case("20c-list-of-pages.json", f'[{{"@odata.context":"x","value":[{A}]}},{{"value":[{B}]}}]'.encode(), (2, 0, 0)),
    Case("21-commas.jsonl", f"{A},\n{B},\n{C},\n".encode(), (3, 0, 0)),
    Case("21b-brackets.jsonl", f"[\n{A},\n{B},\n{C}\n]\n".encode(), (3, 0, 0)),
    Case("21c-comma-in-list.json", f"[{A},{B},]".encode(), (2, 0, 0)),
    Case("22-items.json", f'{{"totalCount":2,"items":[{A},{B}],"links":{{"self":{{"uri":"/x"}}}}}}'.encode(), (2, 0, 0)),
    Case("22b-results.json", f'{{"d":{{"results":[{A},{B}]}}}}'.encode(), (2, 0, 0)),
    Case("22c-body.json", f'{{"statusCode":200,"headers":{{}},"body":{{"value":[{A},{B}]}}}}'.encode(), (2, 0, 0)),
    Case("22d-powershell.json", f'{{"value":[{A},{B}],"Count":2}}'.encode(), (2, 0, 0)),
    Case("23-pascal.json", json.dumps(pascal(THREE)).encode(), (3, 0, 0), shown={1: {"customer.contacts.0.name": "Inga Hansen", "received_at": RECEIVED}}),
    Case("24-event.json", b'{"EventName":"referral-created","ResourceUri":"https://x.example/1","ResourceName":"referral"}', (0, 1, 0), (":1: it is an event of Partner Center, not a referral",)),
    Case("24b-event.json", b'{"eventName":"referral-updated","id":"r1","url":"https://x.example/1","resourceName":"referral"}', (0, 1, 0), (":1: it is an event of Partner Center, not a referral",)),
    Case("26-midnights.ndjson", ndjson(records(*[{"details__closingDateTime": one} for one in ("2026-06-29T23:00:00Z", "2026-03-24T18:30:00Z", "2026-03-04T03:00:00Z", "2026-12-30T23:00:00Z", "2026-12-31T15:00:00Z", "2026-12-31T00:00:00Z")])), (6, 0, 0), shown=each(DAY, "2026-06-30", "2026-03-25", "2026-03-04", END, "2027-01-01", END)),
    Case("27-entities.ndjson", ndjson(records(*[{"customerProfile": {"name": name, "team": [{"firstName": " Inga ", "lastName": " Brunnen", "email": " i@b.example ", "phoneNumber": ""}]}} for name in ("Brunnen &amp; S&ouml;hne GmbH", "Brunnen &#38; S&#246;hne  GmbH ", "Brunnen & Söhne GmbH")])), (3, 0, 0), shown={
        number: {"customer.company": "Brunnen & Söhne GmbH", "customer.contacts.0.name": "Inga Brunnen", "customer.contacts.0.email": "i@b.example", "duplicates": [one for one in (3, 2, 1) if one != number]} for number in (1, 2, 3)}),
    Case("28-broken.json", f'{{"value":[{A},{{"id":"x",,}}]}}'.encode(), (1, 1, 0), (":1: ",)),
    Case("28b-more-pages.json", f'{{"@odata.count":250,"value":[{A},{B}],"@odata.nextLink":"https://x.example/2"}}'.encode(), (2, 0, 1), (":1: warning: it holds 2 of 250 referrals: 248 stand on further pages",)),
    Case("29-no-id.json", json.dumps({key: value for key, value in THREE[0].items() if key != "id"}).encode(), (0, 1, 0), (":1: id is missing",)),
    Case("30-own-deals.ndjson", ndjson(records({"status": "Active", "substatus": "Accepted", "qualification": "SalesQualified", "inviteContext__invitedBy": {"organizationId": "own"}, "organizationId": "own"}, {"direction": "Outgoing"}, {"direction": "Outgoing", "status": "Active", "substatus": "Accepted"},
        {"direction": None, "qualification": "SalesQualified", "type": "Shared", "inviteContext__invitedBy": {"organizationId": "OWN"}, "organizationId": "own"}, {"direction": None}, {})), (6, 0, 0), shown={
        1: {"status": "active"}, 2: {"status": "active", "expires_at": None}, 3: {"status": "active"}, 4: {"status": "active", "expires_at": None}, 5: {"status": "new"}, 6: {"status": "new"}}),
    Case("31-people.ndjson", ndjson(records(*[{"customerProfile": {"name": name, "team": [{"firstName": "A", "lastName": "B", "phoneNumber": phone, "email": email}]}} for name, phone, email in (
        ("👩‍👩‍👧‍👦 Familienwerk 🇩🇪 GmbH", "+971 50 000 0000", "m@ali.example"), ("שלום בע״מ", "+86 (10) 0000-0000 ext. 12", "zhang@例子.example"), ("مجموعة\u200f النخيل", "\u202a+34 600 000 000\u202c", "ana@x.example; b@x.example"), ("Ж" * 150, "tel:+49-40-000", "mailto:b@c.example"), ("Kontor", "n/a", '"b c"@c.example'))])), (5, 0, 0), shown={
        1: {"customer.company": "👩‍👩‍👧‍👦 Familienwerk 🇩🇪 GmbH"}, 2: {"customer.company": "שלום בע״מ", "customer.contacts.0.email": "zhang@例子.example"}, 3: {"customer.company": "مجموعة النخيل", "customer.contacts.0.phone": "+34 600 000 000"}, 4: {"customer.contacts.0.email": "mailto:b@c.example"}, 5: {"customer.contacts.0.email": '"b c"@c.example'}}),
    Case("42-utf32.json", A.encode("utf-32"), (0, 0, 0), ("is UTF-32; save it as UTF-8",), status=1),
    Case("43-versions.ndjson", ndjson([record(1, updatedDateTime="2026-03-02T08:30:00Z", customerProfile__name="newer"), record(1, updatedDateTime="2026-03-02T08:10:00Z", customerProfile__name="older")]), shown={1: {"customer.company": "newer"}}),
    Case("47-duns.ndjson", ndjson(records(*[{"customerProfile": {"ids": ids}} for ids in ([{"profileType": "DUNS", "id": "08-146-6849"}], [{"profileType": "Duns", "id": 81466849}], [{"profileType": "Duns", "id": ""}, {"profileType": "Duns", "id": "81466849"}])])), (3, 0, 0), shown=each(DUNS, *["081466849"] * 3)),
    Case("48-guids.ndjson", ndjson([record(id=one) for one in (GUID, GUID.upper(), f"{{{GUID}}}", GUID.replace("-", ""))]), shown={1: {"source_id": GUID}}),
    Case("50-workbook.xlsx", b"PK\x03\x04no workbook of ours", (0, 0, 0), ("is no workbook that can be read; save it as CSV UTF-8",), status=1),
    Case("50b-packed.json.gz", gzip.compress(A.encode()), (0, 0, 0), ("it is compressed; unpack it first",), status=1),
    Case("51-sign-in.json", b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>", (0, 0, 0), ("it is a web page, perhaps one to sign in",), status=1),
    Case("52-error.json", b'{"error":{"code":"unauthenticated","message":"The caller is not authenticated."}}', (0, 1, 0), (":1: it is an error of the API, not a referral: unauthenticated: The caller is not authenticated.",)),
    Case("53-no-records.json", b'{"@odata.context":"c","value":[]}', (0, 0, 0)),
    Case("54-headers-of-curl.json", f"HTTP/2 200\r\ncontent-type: application/json\r\n\r\n[{A},{B}]".encode(), (2, 0, 0)),
    Case("54b-headers-of-curl.txt", f"HTTP/1.1 302 Found\r\nlocation: /x\r\n\r\nHTTP/1.1 200 OK\n\n{A}\n{{}}\n".encode(), (1, 1, 0), (":7: id is missing",)),
    Case("55b-twice-encoded.json", json.dumps(f"[{A}]").encode(), shown={1: {"source_id": "r1"}}),
    Case("58-flags.ndjson", ndjson(records(*[{FLAME: one} for one in ("true", "True", 1, "Yes", True, "1", "y", "false", "No", 0, False, None)])), (12, 0, 0), shown=each("flame", *["hot"] * 7, *["none"] * 5)),
    Case("59-side-fields.ndjson", ndjson(records({"details__currency": "Taler"}, {"team": [None]}, {"details__notes": ["x"]}, {"details__closingDateTime": "soon"})), (4, 0, 4), (":1: warning:", ":2: warning:", ":3: warning:", ":4: warning:"), each("status", *["new"] * 4)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_comes_in_right_or_is_refused(refterm: Command, tmp_path: Path, case: Case) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.content)
    done = refterm("import", path, *case.options)
    new, rejected, warnings = case.counts
    summary = done.out.strip()
    assert summary.startswith(f"{new} new, 0 updated, "), done
    assert f", {rejected} rejected" in summary, done
    assert (f"{warnings} warning" in summary) == bool(warnings), done
    assert done.status == (case.status if case.status is not None else 3 if rejected else 0), done
    lines = done.err.splitlines()
    assert len(lines) == len(case.said), done.err
    for line, piece in zip(lines, case.said, strict=True):
        assert line.startswith("refterm: "), line
        assert piece in line
    for number, wanted in case.shown.items():
        found = refterm("show", number, "--json").json
        assert {path: _inside(found, path) for path in wanted} == wanted, (case.name, number)


def _inside(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value[int(name)] if name.isdecimal() else value[name]
    return value
