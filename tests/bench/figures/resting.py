"""A desk that is left alone: CPU, bytes; one, and twenty at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from tests.bench import desks
from tests.bench.figures.starting import PANE, READY, desk_command
from tests.bench.report import Figure, shown
from tests.bench.terminal import Program

CROWD = 20


def resting(sizes: Sequence[int], seconds: float) -> Iterator[Figure]:
    """A desk on which nothing is due, one that shows minutes in every row, and the pane, side by side."""
    size = min(sizes[-1], 100_000)
    with ExitStack() as stack:
        programs = [
            stack.enter_context(Program(command, desks.environment()))
            for command in (desk_command(size), desk_command(desks.COUNTING), PANE)
        ]
        for program, ready in zip(programs, (READY, READY, "READY"), strict=True):
            program.until(ready)
        time.sleep(3)  # what follows the first screen
        (still, counting, pane), spent = _watched(programs, seconds)
    share = [100 * one[0] / spent for one in (still, counting, pane)]
    allowed = max(0.15, 1.5 * share[2])
    note = f"pane {shown(share[2])} %"
    yield Figure("at rest, nothing due: CPU", str(size), share[0], "%", allowed, note)
    yield Figure(f"at rest, nothing due: bytes in {spent:.0f} s", str(size), still[1], "B", 0)
    yield Figure("at rest, minutes in every row: CPU", "100", share[1], "%", 0.35)
    yield Figure("at rest, minutes in every row: bytes a minute", "100", 60 * counting[1] / spent, "B", 20_480)


def crowd(sizes: Sequence[int], seconds: float) -> Iterator[Figure]:
    """Twenty desks open at once, no decision made yet."""
    size = min(sizes[-1], 100_000)
    with ExitStack() as stack:
        programs = [stack.enter_context(Program(desk_command(size), desks.environment())) for _ in range(CROWD)]
        for program in programs:
            program.until(READY)
        time.sleep(5)
        found, spent = _watched(programs, seconds)
        memory = sum(program.memory() for program in programs) / 2**20
    share = 100 * sum(cpu for cpu, _written in found) / spent
    yield Figure("20 desks at rest: CPU of a core", str(size), share, "%", 7)
    yield Figure("20 desks at rest: memory (PSS) together", str(size), memory, "MiB", 600)


def _watched(programs: Sequence[Program], seconds: float) -> tuple[list[tuple[float, int]], float]:
    for program in programs:
        program.quiet(0)
    before = [(program.cpu(), program.written) for program in programs]
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        time.sleep(0.5)
        for program in programs:
            program.quiet(0)
    spent = time.perf_counter() - began
    after = [(program.cpu(), program.written) for program in programs]
    pairs = zip(before, after, strict=True)
    return [(late[0] - early[0], late[1] - early[1]) for early, late in pairs], spent
