"""Runs work in threads, for all screens: no key waits for the database, and no failure ends the desk."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from textual.dom import DOMNode

from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.log import note_failure

T = TypeVar("T")


class UnexpectedError(RefTermError):
    """A fault of the program, not of what was asked; its traceback is in the log."""


def _nothing(_result: object) -> None:
    """Do nothing."""


def work(
    node: DOMNode,
    job: Callable[[], T],
    done: Callable[[T], object] = _nothing,
    failed: Callable[[RefTermError], object] = _nothing,
    *,
    group: str,
    exclusive: bool = False,
    turn: asyncio.Lock | None = None,
) -> None:
    """Run a job in a thread, then call `done` with its result, or `failed` with the error of either.

    Args:
        node: the screen or application that the work is for; once that has closed, nothing is begun or called.
        job: what the thread does. Quitting waits for it, so it must not wait long.
        done: called in the event loop.
        failed: called in the event loop.
        group: names the work in Textual's list of workers.
        exclusive: the result of earlier work of the group is not wanted any more.
        turn: jobs with the same lock run one after the other, in the order of the calls.
    """
    if not node.is_running:
        return
    # A job that waits for nothing begins now: a worker that has not begun when the desk is left never does.
    begun = None if exclusive or turn else _begin(job)
    # A coroutine made here would in that case never be awaited.
    worker = partial(_run, job, begun, done, failed, turn)
    # mypy cannot choose between the two kinds of function that Textual takes.
    node.run_worker(worker, group=group, exclusive=exclusive, exit_on_error=False)  # type: ignore[arg-type]


def _begin(job: Callable[[], T]) -> asyncio.Future[T]:
    return asyncio.get_running_loop().run_in_executor(None, copy_context().run, job)


async def _run(
    job: Callable[[], T],
    begun: asyncio.Future[T] | None,
    done: Callable[[T], object],
    failed: Callable[[RefTermError], object],
    turn: asyncio.Lock | None,
) -> None:
    try:
        async with turn or nullcontext():
            # A worker that is cancelled must not take a job back that waits for a thread.
            result = await asyncio.shield(begun or _begin(job))
        done(result)
    except RefTermError as error:
        failed(error)
    except Exception as error:
        with suppress(OSError):
            note_failure(error)
        failed(UnexpectedError(_("this failed, and refterm.log tells how")))


def work_at_the_end(job: Callable[[], object], seconds: float) -> bool:
    """Do a last thing after the screens have closed, and wait for it no longer than so many seconds.

    Returns:
        Whether it is done; else it goes on until the process ends.
    """

    def run() -> None:
        try:
            job()
        except Exception as error:
            with suppress(OSError):
                note_failure(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()
