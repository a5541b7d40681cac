"""The next values of an iterator, taken while the last ones are still worked on."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
# Seconds after which a thread that computes lets another go on; Python's own 5 ms are a part of a batch.
_TURN = 0.0005


def ahead(values: Iterable[T], batch: int) -> Generator[T, None, None]:
    """The same values in the same order, taken by a thread while the batch before is worked on.

    SQLite and the network to a server leave Python free, so that two cores have something to do. The first batch is
    taken before there is a thread: few values never have one.

    Raises:
        Exception: what taking a value raised, after all values before it.
    """
    source = iter(values)

    def take() -> tuple[list[T], Exception | None]:
        taken: list[T] = []
        try:
            taken.extend(islice(source, batch))
        except Exception as error:
            return taken, error
        return taken, None

    taken, error = take()
    yield from taken
    if error is None and len(taken) == batch:
        from concurrent.futures import ThreadPoolExecutor

        with _short_turns(), ThreadPoolExecutor(1) as thread:
            following = thread.submit(take)
            while error is None and len(taken) == batch:
                taken, error = following.result()
                if error is None and len(taken) == batch:
                    following = thread.submit(take)
                yield from taken
    if error is not None:
        raise error


@contextmanager
def _short_turns() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
