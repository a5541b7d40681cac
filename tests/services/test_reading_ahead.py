"""Values taken by a thread while the last ones are worked on: the same, in the same order."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from refterm.services.reading_ahead import ahead


def test_order_and_the_threads_that_take_them() -> None:
    """Few values are taken without a thread."""
    takers: list[threading.Thread] = []

    def values(count: int) -> Iterator[int]:
        for number in range(count):
            takers.append(threading.current_thread())
            yield number

    for count in (0, 1, 9, 10, 11, 20, 35):
        takers.clear()
        assert list(ahead(values(count), 10)) == list(range(count))
        here = takers.count(threading.current_thread())
        assert here == min(count, 10)
    assert list(ahead(iter("ab"), 10)) == ["a", "b"]


@pytest.mark.parametrize("good", [3, 10, 14, 20])
def test_an_error_comes_after_what_was_before_it(good: int) -> None:
    def values() -> Iterator[int]:
        yield from range(good)
        raise ValueError("line")

    seen: list[int] = []
    with pytest.raises(ValueError, match="line"):
        seen.extend(ahead(values(), 10))
    assert seen == list(range(good))


def test_who_stops_leaves_no_thread() -> None:
    usual, before = sys.getswitchinterval(), threading.active_count()
    some = ahead(iter(range(1000)), 10)
    assert [next(some) for _n in range(15)] == list(range(15))
    some.close()
    assert threading.active_count() == before
    assert sys.getswitchinterval() == usual
