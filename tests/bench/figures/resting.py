"""A desk that is left alone: CPU, bytes; one, and twenty at once."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from tests.bench import desks
from tests.bench.figures.keys import ESCAPE, FORM_GONE, SUBMIT
from tests.bench.figures.starting import PANE, READY, desk_command
from tests.bench.report import Figure, shown
from tests.bench.terminal import Program

CROWD = 20
MOVES = "jjjkjkjkkk"
# What is opened by which key, and the words at its top.
OPENED = {"?": "─ Keys ─", "h": "─ History ─", "V": "─ Views ─", "\x10": "Everything by name", "d": "Decline referral"}


def resting(sizes: Sequence[int], seconds: float) -> Iterator[Figure]:
    """A desk on which nothing is due, one that shows minutes in every row, one under an open form, and the pane."""
    size = min(sizes[-1], 100_000)
    with ExitStack() as stack:
        programs = [
            stack.enter_context(Program(command, desks.environment()))
            for command in (desk_command(size), desk_command(desks.COUNTING), desk_command(desks.COUNTING), PANE)
        ]
        for program, ready in zip(programs, (READY, READY, READY, "READY"), strict=True):
            program.until(ready)
        programs[2].press_until("d", "Decline referral")
        time.sleep(3)  # what follows the first screen
        (still, counting, form, pane), spent = _watched(programs, seconds)
    share = [100 * one[0] / spent for one in (still, counting, form, pane)]
    allowed = max(0.15, 1.5 * share[3])
    note = f"pane {shown(share[3])} %"
    yield Figure("at rest, nothing due: CPU", str(size), share[0], "%", allowed, note)
    yield Figure(f"at rest, nothing due: bytes in {spent:.0f} s", str(size), still[1], "B", 0)
    yield Figure("at rest, minutes in every row: CPU", "100", share[1], "%", 0.35)
    yield Figure("at rest, minutes in every row: bytes a minute", "100", 60 * counting[1] / spent, "B", 20_480)
    yield Figure("at rest under an open form: CPU", "100", share[2], "%", allowed, note)
    yield Figure(f"at rest under an open form: bytes in {spent:.0f} s", "100", form[1], "B", 0)


def worked(sizes: Sequence[int], seconds: float, keys: int) -> Iterator[Figure]:
    """What a desk keeps after much work, and what it costs at rest then: keys, then forms, panels and the palette.

    A second round of as much must keep next to nothing; the first one loads what forms and panels need.
    """
    size = min(sizes[-1], 100_000)
    with Program(desk_command(size), desks.environment()) as program:
        program.until(READY)
        program.quiet()
        memory = [program.memory()]
        for _round in range(2):
            for number in range(keys):
                program.press(MOVES[number % len(MOVES)])
            memory.append(program.memory())
            for key, title in [*OPENED.items()] * max(1, keys // 100):
                program.press_until(key, title)
                program.press_until(ESCAPE, rf"\A(?s:(?!.*{title}))")
            program.quiet()
            memory.append(program.memory())
        time.sleep(3)
        [(cpu, written)], spent = _watched([program], seconds)
    start, moved, opened, moved_again, opened_again = (value / 2**20 for value in memory)
    yield Figure(f"memory more after {keys} keys", str(size), moved - start, "MiB", 4)
    yield Figure("memory more after forms, panels and the palette", str(size), opened - start, "MiB", 20)
    more = opened_again - opened
    note = f"{shown(opened)} to {shown(moved_again)} to {shown(opened_again)} MiB"
    yield Figure("memory more after the same again", str(size), more, "MiB", 3, note)
    yield Figure("at rest after work: CPU", str(size), 100 * cpu / spent, "%", 0.35)
    yield Figure(f"at rest after work: bytes in {spent:.0f} s", str(size), written, "B", 0)


def crowd(sizes: Sequence[int], seconds: float) -> Iterator[Figure]:
    """Twenty desks open at once: before any decision, and after one decision at each."""
    path, size = desks.copy(min(sizes[-1], 100_000)), min(sizes[-1], 100_000)
    command = (sys.executable, "-m", "refterm", "--db", str(path))
    with ExitStack() as stack:
        programs = [stack.enter_context(Program(command, desks.environment())) for _ in range(CROWD)]
        for program in programs:
            program.until(READY)
        time.sleep(5)
        found, spent = _watched(programs, seconds)
        memory = sum(program.memory() for program in programs) / 2**20
        for place, program in enumerate(programs):
            for _ in range(place):  # each declines another referral
                program.press("j")
            program.press_until("d", "Decline referral")
            program.press("1")
            program.press_until(SUBMIT, FORM_GONE)
        time.sleep(5)
        later, later_spent = _watched(programs, seconds)
        later_memory = sum(program.memory() for program in programs) / 2**20
    share = 100 * sum(cpu for cpu, _written in found) / spent
    later_share = 100 * sum(cpu for cpu, _written in later) / later_spent
    yield Figure("20 desks at rest: CPU of a core", str(size), share, "%", 7)
    yield Figure("20 desks at rest: memory (PSS) together", str(size), memory, "MiB", 700)
    yield Figure("20 desks after a decision each: CPU of a core", str(size), later_share, "%", 7)
    yield Figure("20 desks after a decision each: memory (PSS) together", str(size), later_memory, "MiB", 760)


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
