"""The file of an open desk is removed, replaced or restored, or the machine's clock jumps: the desk says so and goes on."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from refterm.config import Settings
from refterm.services.care import restoring
from refterm.services.workplace import Workplace
from refterm.store.codec import micros
from refterm.store.opening import open_database
from refterm.tui.forms.form import Form
from tests.samples import NOW
from tests.services.test_holding import Machine
from tests.store.support import insert, row
from tests.tui.conftest import SitDown


async def test_a_removed_file_confirms_nothing_and_one_that_comes_back_is_opened(
    workplace: Workplace, sit: SitDown, tmp_path: Path
) -> None:
    path = workplace.database.file
    assert path
    (number,) = insert(workplace.database, [row(company="Kontor Nord")])
    workplace.database.backup(tmp_path / "backup.db")
    async with sit(size=(120, 40)) as seat:
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        seat.desk.wake()
        await seat.until(lambda: seat.desk.connection.lost)
        assert "was removed or replaced while it was open" in seat.message
        await seat.press("t")
        assert "is yours" not in seat.text
        (tmp_path / "backup.db").replace(path)
        await seat.until(lambda: not seat.desk.connection.lost)
        await seat.until(lambda: seat.ids == [number])
        assert "The database file was replaced" in seat.message
        await seat.press("t")
        await seat.until(lambda: "is yours" in seat.text)


async def test_a_restore_is_noticed_and_what_was_typed_is_there_again(
    workplace: Workplace, sit: SitDown, tmp_path: Path
) -> None:
    workplace.read_settings()
    path = workplace.database.file
    assert path
    insert(workplace.database, [row(company="Kontor Nord")])
    workplace.database.backup(tmp_path / "backup.db")
    insert(workplace.database, [row(company="Kontor Süd")])
    settings = Settings(database=str(path))
    async with sit(size=(120, 40)) as seat:
        assert len(seat.ids) == 2
        await seat.press("G" if seat.row.id != 1 else "g")
        await seat.press("n", *"Zebra")
        restoring.restore(settings, restoring.plan(settings, tmp_path / "backup.db"), clock=workplace.clock)
        seat.desk.wake()
        await seat.until(lambda: seat.ids == [1])
        assert "restored from a backup" in seat.message
        assert not isinstance(seat.app.screen, Form)
        await seat.press("n")
        await seat.until(lambda: "Zebra" in seat.text)


async def test_a_jump_of_the_clock_asks_before_anything_is_archived(
    workplace: Workplace, sit: SitDown, tmp_path: Path
) -> None:
    machine = Machine()
    path = workplace.database.file
    assert path
    insert(workplace.database, [row(company="Kontor Nord", expires_at=micros(NOW + timedelta(days=5)))])
    with closing(open_database(path)) as database:
        place = replace(workplace, database=database, clock=machine.clock)
        async with sit(place=place, size=(120, 40)) as seat:
            machine.set(NOW + timedelta(days=30))
            seat.desk.wake()
            await seat.until(lambda: "archive" in seat.text and "has jumped" in seat.text)
            await seat.press("n")
            await seat.until(lambda: "Nothing is archived" in seat.message)
            machine.set(NOW)
            seat.desk.watcher._tick()
            await seat.until(lambda: "is right again" in seat.message)
            await seat.until(lambda: seat.ids == [1])
            machine.set(NOW + timedelta(days=30))
            seat.desk.wake()
            await seat.until(lambda: "has jumped" in seat.text and "not now" in seat.text)
            await seat.press("y")
            await seat.until(
                lambda: (
                    place.database.reading().__enter__().execute("select outcome from referral").fetchone()[0]
                    == "expired"
                )
            )
