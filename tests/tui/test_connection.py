"""A database server that goes away: the desk says so, tries again, and goes on without a restart."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from refterm.services.workplace import Workplace
from refterm.store.opening import open_database
from tests.postgres import Server
from tests.store.support import insert, row
from tests.tui.conftest import SitDown


@pytest.mark.parametrize("key", ["o", "a"])
async def test_a_lost_connection_is_told_and_picked_up_again(
    workplace: Workplace, sit: SitDown, postgres_server: Server, postgres_url: str, key: str
) -> None:
    with closing(open_database(postgres_url)) as database:
        first, second = insert(database, [row(company="Kontor Nord"), row(company="Kontor Süd")])
        async with sit(place=replace(workplace, database=database), size=(120, 40)) as seat:
            assert sorted(seat.ids) == [first, second]
            postgres_server.end_connections(postgres_url)
            await seat.press(key)
            await seat.until(lambda: seat.desk.connection.lost)
            assert "cannot be reached" in seat.message
            await seat.press("down")  # the rows that are known stand
            assert "Kontor Nord" in seat.text
            await seat.until(lambda: not seat.desk.connection.lost)
            assert "can be reached again" in seat.message
            await seat.press("s")
            await seat.until(lambda: seat.row.favorite)
