"""PostgreSQL as the store of a desk: addresses, opening, roles of the server, changes told, a server that goes away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from refterm.errors import ConnectionLostError, StoreError
from refterm.services.desk import Desk
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace, clock_of
from refterm.store import faults
from refterm.store.database import Database
from refterm.store.opening import open_database
from refterm.store.postgres import _translated, shown
from refterm.store.schema import revision
from tests.postgres import Server
from tests.store.support import dump, insert, row, until_another


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with closing(open_database(postgres_url)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("written", "translated"),
    [
        ("select ? from t where a = ?", "select %s from t where a = %s"),
        ("where a > :now and b = :key0", "where a > %(now)s and b = %(key0)s"),
        ("select :match::tsquery", "select %(match)s::tsquery"),
        ("from referral indexed by referral_due where x", "from referral where x"),
        ("from referral not indexed where x", "from referral where x"),
        ("where +status = 'new' and (+status = ?)", "where status = 'new' and (status = %s)"),
        ("select 7 % 2", "select 7 %% 2"),
    ],
)
def test_one_text_of_sql_serves_both(written: str, translated: str) -> None:
    assert _translated(written) == translated


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("postgresql://ana:secret@db.example:5432/desk", "postgresql://ana@db.example:5432/desk"),
        ("postgresql://ana@db.example/desk", "postgresql://ana@db.example/desk"),
        ("postgresql:///desk?host=/run/pg&password=secret", "postgresql:///desk?host=/run/pg&password=..."),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, name: str) -> None:
    assert shown(address) == name


class TestOpening:
    def test_makes_a_desk_where_there_is_none(self, postgres_server: Server) -> None:
        with postgres_server.database() as url:
            with pytest.raises(StoreError, match="has no desk yet; import referrals first"):
                open_database(url, create=False)
            with closing(open_database(url)) as made:
                assert made.revision_found is None
            with closing(open_database(url, create=False)) as found:
                assert found.revision_found == revision.HEAD

    def test_many_at_once_make_one(self, postgres_server: Server) -> None:
        with postgres_server.database() as url:
            barrier = threading.Barrier(4)
            errors: list[Exception] = []

            def make() -> None:
                barrier.wait(30)
                try:
                    open_database(url).close()
                except Exception as error:
                    errors.append(error)

            threads = [threading.Thread(target=make) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert errors == []
            with closing(open_database(url, create=False)) as found:
                assert [row[0] for row in dump(found)["counter"]] == ["active", "archived", "new"]

    def test_another_programs_database_is_refused_and_left_alone(self, postgres_server: Server) -> None:
        with postgres_server.database() as url:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("create table bookmark (url text)")
            with pytest.raises(StoreError, match="is a database of another program"):
                open_database(url)
            with psycopg.connect(url) as connection:
                found = connection.execute(
                    "select table_name from information_schema.tables where table_schema = 'public'"
                )
                assert found.fetchall() == [("bookmark",)]

    def test_a_newer_schema_is_refused(self, postgres_url: str) -> None:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("update alembic_version set version_num = '9999'")
        with pytest.raises(StoreError, match=r"was written by a newer refterm \(schema 9999\)"):
            open_database(postgres_url)

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("postgresql://ana:secret@127.0.0.1:1/desk", "cannot be reached: .*onnection refused"),
            ("postgresql://ana:secret@127.0.0.1:port/desk", "is no address of a database|cannot be reached"),
        ],
    )
    def test_what_cannot_be_reached_is_one_sentence_without_the_password(self, url: str, words: str) -> None:
        with pytest.raises(StoreError, match=words) as caught:
            open_database(url)
        assert "\n" not in str(caught.value)
        assert "secret" not in str(caught.value)

    def test_a_desk_for_reading_only_cannot_write(self, postgres_url: str) -> None:
        with closing(open_database(postgres_url, read_only=True)) as reader:
            with pytest.raises(StoreError, match="is open for reading only"), reader.writing():
                pass
            with pytest.raises(StoreError, match="read-only"), reader.reading() as connection:
                connection.execute("update counter set referrals = 7")

    def test_who_may_only_read_at_the_server_has_a_desk_for_reading(
        self, database: Database, postgres_url: str
    ) -> None:
        """Contract, Roles: with PostgreSQL its own roles decide."""
        role = f"viewer_{threading.get_native_id()}_{id(database)}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"create role {role} login".encode())
            connection.execute(f"grant select on all tables in schema public to {role}".encode())
        try:
            insert(database, [row()])
            with closing(open_database(postgres_url.replace("//postgres:@", f"//{role}@"))) as viewer:
                assert viewer.read_only
                assert len(dump(viewer)["referral"]) == 1
        finally:
            with psycopg.connect(postgres_url, autocommit=True) as connection:
                connection.execute(f"drop owned by {role}".encode())
                connection.execute(f"drop role {role}".encode())


class TestTurns:
    def test_who_waits_too_long_is_told(
        self, database: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("refterm.store.postgres.BUSY_SECONDS", 0.05)
        monkeypatch.setattr(faults, "BUSY_SECONDS", 0.05)
        told = pytest.raises(StoreError, match="is in use: another program has held it")
        with closing(open_database(postgres_url)) as other, database.writing(), told, other.writing():
            pass
        with closing(open_database(postgres_url)) as other, other.writing() as connection:
            connection.execute("update counter set referrals = 7")

    def test_who_waited_too_long_writes_again_once_the_lock_is_free(
        self, database: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("refterm.store.postgres.BUSY_SECONDS", 0.05)
        told = pytest.raises(StoreError, match="is in use")
        with closing(open_database(postgres_url)) as other:
            with database.writing(), told, other.writing():
                pass
            numbers = [insert(other, [row()])[0] for _ in range(6)]
            with other.writing():
                pass
        assert [found[0] for found in dump(database)["referral"]] == numbers

    def test_what_fails_half_way_is_undone(self, database: Database) -> None:
        before = dump(database)

        def half() -> None:
            with database.writing() as connection:
                connection.execute("update counter set referrals = 7")
                raise ValueError("half way")

        with pytest.raises(ValueError, match="half way"):
            half()
        assert dump(database) == before
        with database.writing() as connection:  # and the connection is good for the next
            connection.execute("update counter set referrals = 0")


class TestChanges:
    def test_others_writing_is_heard_without_asking(self, database: Database, postgres_url: str) -> None:
        heard = database.change_token()
        assert database.change_token() == heard
        with closing(open_database(postgres_url)) as other:
            insert(other, [row()])
        later = until_another(database.change_token, heard)
        assert database.change_token() == later

    def test_what_was_rolled_back_is_not_told(self, database: Database, postgres_url: str) -> None:
        heard = database.change_token()
        with closing(open_database(postgres_url)) as other, pytest.raises(ValueError, match="no"), other.writing():
            raise ValueError("no")
        assert database.change_token() == heard

    def test_where_nothing_is_heard_the_history_is_asked(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A pooler hands every statement to another connection of the server, so what is told reaches nobody."""
        monkeypatch.setattr("refterm.store.postgres.CHANNEL", "elsewhere; listen nowhere; unlisten *")
        before = database.change_token()
        monkeypatch.undo()
        insert(database, [row()])
        assert database.change_token() != before


class TestLost:
    def test_a_reader_is_told_and_reads_again_once_the_server_is_reached(
        self, database: Database, postgres_server: Server, postgres_url: str
    ) -> None:
        insert(database, [row()])
        heard = database.change_token()
        postgres_server.end_connections(postgres_url)
        for _ in range(2):
            with pytest.raises(ConnectionLostError, match="cannot be reached"), database.reading() as connection:
                connection.execute("select 1")
        with pytest.raises(ConnectionLostError):
            database.change_token()
        database.reconnect()
        assert len(dump(database)["referral"]) == 1
        assert database.change_token() != heard  # what was written meanwhile was not heard

    def test_a_writer_reaches_the_server_again_by_itself(
        self, database: Database, postgres_server: Server, postgres_url: str
    ) -> None:
        insert(database, [row()])
        postgres_server.end_connections(postgres_url)
        insert(database, [row()])
        database.reconnect()
        assert len(dump(database)["referral"]) == 2

    def test_what_was_not_committed_when_it_was_lost_is_not_there(
        self, database: Database, postgres_server: Server, postgres_url: str
    ) -> None:
        def lose() -> None:
            with database.writing() as connection:
                connection.execute("update counter set referrals = 7")
                postgres_server.end_connections(postgres_url)
                connection.execute("select 1")

        with pytest.raises(ConnectionLostError):
            lose()
        database.reconnect()
        assert {found[1] for found in dump(database)["counter"]} == {0}

    def test_decisions_go_on_after_it(
        self, workplace_on_server: Workplace, postgres_server: Server, postgres_url: str
    ) -> None:

        first, second = insert(workplace_on_server.database, [row(), row()])
        Triage(workplace_on_server).decline([first], {"reason": "budget"})
        postgres_server.end_connections(postgres_url)
        Triage(workplace_on_server).decline([second], {"reason": "budget"})
        workplace_on_server.database.reconnect()
        assert [Desk(workplace_on_server).referral(one).outcome for one in (first, second)] == ["declined"] * 2


@pytest.fixture
def workplace_on_server(database: Database, workplace: Workplace) -> Workplace:

    return replace(workplace, database=database)


def test_z2_the_servers_clock_decides(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = clock_of(database)
    told = clock.now()
    assert abs(told - datetime.now(UTC)) < timedelta(seconds=5)

    class Behind(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) - timedelta(hours=1)

    monkeypatch.setattr("refterm.clock.datetime", Behind)
    assert told <= clock.now() < told + timedelta(seconds=5)
