"""Work in threads: what follows is called in the event loop, and no failure ends the program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from textual.app import App
from textual.pilot import Pilot

from refterm.errors import RefTermError
from refterm.log import log_path
from refterm.tui.background.work import UnexpectedError, work, work_at_the_end


def _refuse(*_given: object) -> None:
    raise RefTermError("the database is busy")


def _break(*_given: object) -> None:
    raise LookupError("a fault of the program")


async def _rest(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_the_job_runs_in_a_thread_and_its_result_arrives_in_the_event_loop() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        seen: list[threading.Thread] = []
        work(app, threading.current_thread, lambda thread: seen.extend((thread, threading.current_thread())), group="a")
        await _rest(pilot)
        assert seen[0] is not seen[1]
        assert seen[1] is threading.current_thread()


async def test_an_error_of_the_job_or_of_what_follows_is_handed_on() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        errors: list[RefTermError] = []
        work(app, _refuse, failed=errors.append, group="a")
        work(app, lambda: 1, _refuse, errors.append, group="b")
        await _rest(pilot)
        assert [str(error) for error in errors] == ["the database is busy"] * 2
        assert not log_path().exists()


async def test_a_fault_of_the_program_is_noted_and_told_and_the_desk_stays() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        errors: list[RefTermError] = []
        work(app, _break, failed=errors.append, group="a")
        work(app, lambda: 1, _break, errors.append, group="b")
        await _rest(pilot)
        assert [type(error) for error in errors] == [UnexpectedError] * 2
        assert log_path().read_text("utf-8").count("LookupError: a fault of the program") >= 2
        assert app.is_running
        assert app.return_code is None


async def test_jobs_that_take_turns_run_in_the_order_of_the_calls() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        turn, first_may_end, done = asyncio.Lock(), threading.Event(), list[int]()
        jobs: list[Callable[[], object]] = [lambda: first_may_end.wait(10), lambda: None, lambda: None]
        for number, job in enumerate(jobs):
            work(app, job, lambda _result, number=number: done.append(number), group="a", turn=turn)
        await pilot.pause()
        assert done == []
        first_may_end.set()
        await _rest(pilot)
        assert done == [0, 1, 2]


async def test_the_result_of_earlier_work_of_an_exclusive_group_is_dropped() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        first_may_end, done = threading.Event(), list[str]()
        work(app, lambda: first_may_end.wait(10), lambda _result: done.append("first"), group="a", exclusive=True)
        await pilot.pause()
        work(app, lambda: None, lambda _result: done.append("second"), group="a", exclusive=True)
        first_may_end.set()
        await pilot.app.workers.wait_for_complete([one for one in app.workers if not one.is_cancelled])
        await pilot.pause()
        assert done == ["second"]


async def test_after_the_end_nothing_is_begun_and_nothing_raises() -> None:
    app: App[None] = App()
    called: list[object] = []
    async with app.run_test() as pilot:
        may_end = threading.Event()
        work(app, lambda: may_end.wait(10), called.append, called.append, group="a")
        await pilot.pause()
        app.exit()
        may_end.set()
    work(app, lambda: called.append("begun"), called.append, called.append, group="a")
    await asyncio.sleep(0)
    assert called == []


def test_a_last_thing_is_waited_for_only_so_long() -> None:
    assert work_at_the_end(lambda: None, 10)
    assert work_at_the_end(_break, 10)
    may_end = threading.Event()
    assert not work_at_the_end(may_end.wait, 0.01)
    may_end.set()
