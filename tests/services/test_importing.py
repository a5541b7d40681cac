"""Bringing referrals in (contract, section Import)."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest

from refterm.clock import SettableClock
from refterm.domain.query import Tab, View
from refterm.domain.referral import Outcome, Referral, Status
from refterm.errors import NotAllowedError, RefTermError
from refterm.services import importing
from refterm.services.desk import Desk
from refterm.services.importing import Importer, Refused, Summary
from refterm.services.workplace import Workplace
from refterm.store import codec, queries
from refterm.store.opening import open_database
from tests.conftest import ImportRecords
from tests.samples import NOW, ago, ahead, api_record, closed_record, ndjson, page
from tests.store.support import query


def bring_in(workplace: Workplace, content: bytes, name: str = "referrals", **options: Any) -> Summary:
    return Importer(workplace).run(io.BytesIO(content), name=name, **options)


def referral(workplace: Workplace, number: int) -> Referral:
    with workplace.database.reading() as connection:
        return queries.referral(connection, number)


def column(workplace: Workplace, name: str, table: str = "referral") -> list[Any]:
    return [row[0] for row in query(workplace.database, f"select {name} from {table} order by 1")]


def test_new_ones_come_in_with_number_source_history_counter_and_search(
    workplace: Workplace, clock: SettableClock
) -> None:
    records = [api_record(), closed_record("Won"), api_record(details__notes="Rugged tablets")]
    assert bring_in(workplace, ndjson(records)) == Summary(new=3)
    assert column(workplace, "id") == [1, 2, 3]
    assert [json.loads(text) for text in column(workplace, "record", "source")] == sorted(records, key=json.dumps)
    history = list(Desk(workplace).history())
    assert [(entry.referral, entry.action, entry.by, entry.login, entry.at) for entry in history] == [
        (number, "imported", "ana", "ana", NOW) for number in (1, 2, 3)
    ]
    assert dict(query(workplace.database, "select status, referrals from counter")) == {
        "new": 2,
        "active": 0,
        "archived": 1,
    }
    assert Desk(workplace).listing(View(Tab.INBOX, search="tablets")).ids().tolist() == [3]
    assert referral(workplace, 1).changed_at == clock.now()
    assert not query(workplace.database, "select 1 from outbox")


@pytest.mark.parametrize("write", [ndjson, page, lambda records: json.dumps(records).encode()])
def test_the_same_file_again_changes_nothing(workplace: Workplace, write: Any) -> None:
    content = write([api_record(), closed_record("Lost"), api_record(updatedDateTime=None)])
    assert bring_in(workplace, content) == Summary(new=3)
    before = [tuple(row) for row in query(workplace.database, "select * from referral")]
    assert bring_in(workplace, content) == Summary(unchanged=3)
    assert [tuple(row) for row in query(workplace.database, "select * from referral")] == before
    assert column(workplace, "count(*)", "history") == [3]


def test_new_but_past_its_expiry_comes_in_as_expired_and_nobody_is_told(workplace: Workplace) -> None:
    """I4, N1."""
    bring_in(workplace, ndjson([api_record(createdDateTime=ago(days=20), expirationDateTime=ago(days=6))]))
    late = referral(workplace, 1)
    assert (late.status, late.outcome) == (Status.ARCHIVED, Outcome.EXPIRED)
    assert late.closed_at == late.expires_at == NOW - timedelta(days=6)
    assert column(workplace, "count(*)", "outbox") == [0]


def test_a_broken_record_is_refused_by_itself_with_line_and_reason(workplace: Workplace) -> None:
    good = [json.dumps(api_record()) for _n in range(3)]
    broken = ["{not json", json.dumps(api_record(status=7)), json.dumps(api_record(refterm={"status": "open"}))]
    lines = [line for pair in zip(good, broken, strict=True) for line in pair]
    refused: list[Refused] = []
    rejects = io.BytesIO()
    content = "\n".join(lines).encode()
    summary = bring_in(workplace, content, on_refused=refused.append, rejects=rejects)
    assert summary == Summary(new=3, rejected=3)
    assert [one.line for one in refused] == [2, 4, 6]
    assert "status 7" in refused[1].sentence
    assert rejects.getvalue().decode().splitlines() == broken
    assert str(summary) == "3 new, 0 updated, 0 unchanged, 3 rejected"


def test_refused_rows_of_a_csv_are_kept_with_their_header_once(workplace: Workplace) -> None:
    header = "Referral ID;Customer Name;Partner Referral Status;Partner Referral Substatus;Notes\r\n"
    importer, rejects = Importer(workplace), io.BytesIO()
    for rows in (
        'a;A;New;Pending;"x\ny"\r\n',
        'b;B;Open;Pending;"x\ny"\r\nc;C;New;Received;\r\n',
        "d;;New;Pending;\r\n",
    ):
        importer.run(io.BytesIO((header + rows).encode()), name="x.csv", rejects=rejects)
    assert importer.total == Summary(new=2, rejected=2)
    assert rejects.getvalue().decode() == header + 'b;B;Open;Pending;"x\ny"\r\nd;;New;Pending;\r\n'


def test_a_refused_element_of_a_list_is_kept_in_one_line(workplace: Workplace) -> None:
    rejects = io.BytesIO()
    content = b'[{\n  "id": "a",\n  "n": NaN\n},\n' + json.dumps(api_record(), indent=1).encode() + b"]"
    assert bring_in(workplace, content, rejects=rejects) == Summary(new=1, rejected=1)
    assert rejects.getvalue() == b'{ "id": "a", "n": NaN }\n'


def test_a_line_too_long_is_kept_whole(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("refterm.formats.reader", "refterm.services.importing"):
        monkeypatch.setattr(f"{module}.LONGEST", 2000)
    content, rejects = b"x" * 5000 + b"\n" + json.dumps(api_record(customerProfile__team=[])).encode(), io.BytesIO()
    assert bring_in(workplace, content, rejects=rejects, format="ndjson") == Summary(new=1, rejected=1)
    assert rejects.getvalue() == b"x" * 5000 + b"\n"


def test_what_was_refused_comes_in_once_mended(workplace: Workplace) -> None:
    rejects = io.BytesIO()
    bring_in(workplace, page([api_record(), api_record(status="Open")]), rejects=rejects)
    mended = rejects.getvalue().replace(b'"Open"', b'"New"')
    assert bring_in(workplace, mended) == Summary(new=1)


def test_the_csv_is_received_when_it_first_comes_in(workplace: Workplace, clock: SettableClock) -> None:
    content = (
        b"Referral ID,Customer Name,Partner Referral Status,Partner Referral Substatus\n"
        b"a,A,New,Pending\nb,B,Active,Accepted\nc,C,Closed,Declined\n"
    )
    assert bring_in(workplace, content) == Summary(new=3)
    new, active, closed = (referral(workplace, number) for number in (1, 2, 3))
    for one in (new, active, closed):
        assert one.received_at == NOW
        assert one.received_estimated
    assert new.expires_at == NOW + timedelta(days=14)
    assert new.expiry_estimated
    assert active.decided_at is None
    assert closed.closed_at == NOW
    clock.advance(timedelta(days=1))
    assert bring_in(workplace, content) == Summary(unchanged=3)
    assert referral(workplace, 1).received_at == NOW


def test_a_referral_may_stand_twice_in_a_file(workplace: Workplace) -> None:
    first = api_record(updatedDateTime=ago(hours=2))
    newer = {**first, "updatedDateTime": ago(hours=1), "externalReferenceId": "CRM-2"}
    assert bring_in(workplace, ndjson([first, newer, first])) == Summary(new=1, updated=1, unchanged=1)
    assert referral(workplace, 1).deal.crm_id == "CRM-2"


def test_progress_is_told_in_bytes(workplace: Workplace) -> None:
    content = ndjson([api_record() for _n in range(3)])
    told: list[int] = []
    bring_in(workplace, content, progress=told.append)
    assert told[-1] == len(content)


def test_a_desk_open_for_reading_takes_nothing(workplace: Workplace, clock: SettableClock) -> None:
    readonly = open_database(workplace.database.location, read_only=True)
    desk = Workplace(readonly, clock, workplace.actor, workplace.deadlines)
    with pytest.raises(NotAllowedError):
        bring_in(desk, ndjson([api_record()]))
    readonly.close()


def test_a_file_of_something_else_is_told_as_a_whole(workplace: Workplace) -> None:
    with pytest.raises(RefTermError, match="holds no referrals"):
        bring_in(workplace, b"hello world", name="letter.txt")


class InterruptedAt(io.BytesIO):
    """A file at which somebody presses ctrl+c after so many bytes."""

    def __init__(self, content: bytes, at: int) -> None:
        super().__init__(content)
        self._at = at

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self._at:
            raise KeyboardInterrupt
        return super().read(size)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_interrupted_while_reading_a_second_run_completes_it(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    monkeypatch.setattr(importing, "BATCH", 10)
    monkeypatch.setattr("refterm.formats.reader.CHUNK", 4096)
    content = ndjson([api_record() for _n in range(100)])
    importer = Importer(workplace)
    with pytest.raises(KeyboardInterrupt):
        importer.run(InterruptedAt(content, int(len(content) * share)), name="x.ndjson")
    done = importer.total.new
    assert 0 < done < 100
    assert done % 10 == 0
    assert column(workplace, "count(*)") == [done]
    assert bring_in(workplace, content) == Summary(new=100 - done, unchanged=done)
    assert column(workplace, "count(distinct source_id)") == [100]
    assert Desk(workplace).counts()[Tab.INBOX] == 100


def test_interrupted_while_writing_nothing_of_the_batch_stands(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    content = ndjson([api_record() for _n in range(5)])
    with monkeypatch.context() as patched:
        patched.setattr("refterm.store.journal.record_imported", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bring_in(workplace, content)
    assert column(workplace, "count(*)") == [0]
    assert column(workplace, "count(*)", "source") == [0]
    assert bring_in(workplace, content) == Summary(new=5)


def test_others_can_write_between_two_batches(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """T1: a long import holds nobody up, and its numbers take what others wrote meanwhile into account."""
    monkeypatch.setattr(importing, "BATCH", 2)
    other = Workplace(open_database(workplace.database.location), workplace.clock, workplace.actor, workplace.deadlines)
    mine, theirs = [api_record() for _n in range(5)], iter([api_record() for _n in range(3)])

    def write_too(_taken: int) -> None:
        bring_in(other, ndjson([next(theirs)]))

    assert bring_in(workplace, ndjson(mine), progress=write_too) == Summary(new=5)
    other.close()
    assert column(workplace, "id") == list(range(1, 9))


@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
def test_the_connection_is_left_as_it_was(workplace: Workplace, import_records: ImportRecords) -> None:
    def settings() -> list[int]:
        with workplace.database.turn() as connection:
            return [connection.execute(f"pragma {name}").fetchone()[0] for name in ("cache_size", "wal_autocheckpoint")]

    before = settings()
    import_records([api_record()])
    assert settings() == before


def test_unknown_values_and_fields_are_kept_as_they_came(workplace: Workplace) -> None:
    record = api_record(
        referralSource="Brand new",
        solutionPlay={"code": 7},
        trackingInfo={"x": None},
        tags=["a", "b"],
        qualification="Other",
    )
    bring_in(workplace, ndjson([record]))
    assert json.loads(column(workplace, "record", "source")[0]) == record


def test_numbers_of_unknown_fields_keep_their_digits(workplace: Workplace) -> None:
    text = json.dumps(api_record())[:-1] + ', "price": 12345678901234567890.10, "note": "a\\tb"}'
    bring_in(workplace, text.encode())
    assert '"price":12345678901234567890.10' in column(workplace, "record", "source")[0]


HOSTILE = [
    "[bold red]URGENT[/]",
    "\x1b[2J\x1b[H\x1b[31mred",
    "\x1b]0;title\x07",
    "\x9b31m",
    "a\x00b",
    "a\rb\nc\td",
    "\u202eevil\u202c",
    "zero\u200bwidth\u200d",
    "e" + "\u0301" * 60,
    "\ud83d",
    "漢字" * 200,
    "x" * 10_000,
    "=1+1",
    "\t=1",
    "Robert'); DROP TABLE referral;--",
    "%s %n {0.__class__}",
]


def test_hostile_texts_come_in_cleaned(workplace: Workplace) -> None:
    records = [
        api_record(
            customerProfile={"name": f"A{text}", "team": [{"firstName": text, "email": text}], "address__city": text},
            details__notes=text,
        )
        for text in HOSTILE
    ]
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    assert bring_in(workplace, content) == Summary(new=len(HOSTILE))
    for number, text in enumerate(HOSTILE, 1):
        one = referral(workplace, number)
        for kept in (one.customer.company, one.need, *(c.name for c in one.customer.contacts)):
            assert not any(c in kept for c in "\x00\x07\x1b\x9b\r\t\u202e\u202c\ud83d")
        assert "\n" not in one.customer.company
        if text == "\x1b[2J\x1b[H\x1b[31mred":
            assert one.need == "[2J[H[31mred"
    assert bring_in(workplace, content) == Summary(unchanged=len(HOSTILE))


def test_every_row_is_one_the_store_can_read_back(import_records: ImportRecords, workplace: Workplace) -> None:
    numbers = import_records([
        api_record(direction="Outgoing", expirationDateTime=None),
        api_record(expirationDateTime=None),
        api_record(expirationDateTime=ahead(hours=1)),
        *(closed_record(name, closedDateTime=None) for name in ("Won", "Lost", "Declined", "Expired")),
    ])  # fmt: skip
    for number in numbers:
        one = referral(workplace, number)
        assert (one.status is Status.ARCHIVED) == (one.closed_at is not None)
    assert column(workplace, "expires_at")[-1] == codec.NEVER
