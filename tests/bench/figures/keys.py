"""Keys: moving about, searching, changing tab and order, forms, decisions; also while others write."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from tests.bench import desks
from tests.bench.figures.starting import PANE, READY, desk_command, started
from tests.bench.report import Figure, percentile, shown
from tests.bench.terminal import QUIET, Answer, Program

ROWS = str(Path(__file__).parents[1] / "floors" / "rows.py")
WRITER = str(Path(__file__).parents[1] / "writer.py")
DOWN, UP, PAGE_DOWN, ESCAPE, SUBMIT = "\x1b[B", "\x1b[A", "\x1b[6~", "\x1b", "\x13"
WRITERS, WRITES = 10, 10_000
# A smaller desk stands on one screen.
SCROLLS = 1000
# Seconds without a key, after which a desk has collected what its closed forms left.
PAUSE = 2.0
TEN = 10
# Tab, key, a word of the form, what is typed into it.
KINDS = (
    ("1", "n", "─ Note ", "a note"),
    ("1", "d", "─ Decline referral ", "1"),
    ("1", "a", "─ Accept referral ", "Mailboxes\t500 EUR\t\t1-3 months\tnotes"),
    ("1", "z", "─ Skip ", "+2h"),
    ("2", "e", "─ Edit engagement ", "Another name"),
    ("2", "c", "─ Add contact ", "Uwe"),
    ("2", "z", "─ Follow up ", "+2h\tcall again"),
    ("2", "w", "─ Report won ", "500 EUR"),
    ("2", "l", "─ Report lost ", "1"),
)
TABS = {"1": "order: due", "2": "order: purchase date"}
FORM_GONE = r"\A(?s:(?!.*Decline referral))"


def moving(sizes: Sequence[int], runs: int) -> Iterator[Figure]:
    """Down and up, with and without scrolling, and pages; each key pressed in both programs in turn."""
    repeat = runs * 8
    for size in sizes:
        floor_command = (sys.executable, ROWS, str(desks.desk(size)))
        with (
            Program(desk_command(size), desks.environment()) as ours,
            Program(floor_command, desks.environment()) as floor,
        ):
            ours.until(READY), floor.until("READY")
            ours.quiet(), floor.quiet()
            plain = _paired(ours, floor, [DOWN, UP], repeat)
            yield from _keys("down and up", size, plain, 1.3, 1.8)
            if size < SCROLLS:
                continue
            scrolling = _paired(ours, floor, [DOWN], repeat)[0][-repeat // 3 :]
            base = median(one.settled for one in plain[1])
            value = median(one.settled for one in scrolling) / base
            yield Figure("a press that scrolls, to a plain one of the floor", str(size), value, "x", 3.5)
            pages = _paired(ours, floor, [PAGE_DOWN], repeat // 2)
            yield from _keys("page-down", size, pages, 1.2, None)


def _paired(ours: Program, floor: Program, keys: Sequence[str], repeat: int) -> tuple[list[Answer], list[Answer]]:
    answers: tuple[list[Answer], list[Answer]] = ([], [])
    for number in range(repeat):
        for program, found in zip((ours, floor), answers, strict=True):
            found.append(program.press(keys[number % len(keys)]))
    return answers


def _keys(
    name: str, size: int, answers: tuple[list[Answer], list[Answer]], target: float, bytes_target: float | None
) -> Iterator[Figure]:
    times = [[one.settled * 1000 for one in some] for some in answers]
    for share in (0.5, 0.95):
        mine, theirs = (percentile(some, share) for some in times)
        wanted = target if share == 0.5 or bytes_target else None
        note = f"{shown(mine)} to {shown(theirs)} ms"
        yield Figure(f"{name}, p{share * 100:.0f}", str(size), mine / theirs, "x", wanted, note)
    mine, theirs = (median(one.size for one in some) for some in answers)
    yield Figure(f"{name}, bytes", str(size), mine / theirs, "x", bytes_target, f"{shown(mine)} to {shown(theirs)} B")


def searching(sizes: Sequence[int], runs: int) -> Iterator[Figure]:
    """The search, letter by letter, of few hits and of many; and the changes of tab and order."""
    for size in sizes:
        with Program(desk_command(size), desks.environment()) as program:
            program.until(READY)
            program.quiet()
            echoes, found, changes, orders = [], [], [], []
            for number in range(runs + 1):
                program.press("/")
                for word in ("reference 7", "phishing", "kontor", "m"):
                    for letter in word:
                        answer = program.press(letter, QUIET)
                        echoes.append(answer.first * 1000)
                        found.append(answer.settled * 1000)
                    program.press("\x15")
                program.press(ESCAPE)
                changes += [program.press(key).settled * 1000 for key in "231"]
                orders += [program.press("o", QUIET).settled * 1000 for _ in range(5)]
                if not number:
                    echoes, found, changes, orders = [], [], [], []
        yield Figure("search, letter to hits, p50", str(size), median(found), "ms", 25)
        yield Figure("search, letter to hits, p95", str(size), percentile(found, 0.95), "ms", 50)
        yield Figure("search, echo of a letter, p50", str(size), median(echoes), "ms", 8)
        yield Figure("change of tab, p50", str(size), median(changes), "ms", 25)
        yield Figure("change of order, p50", str(size), median(orders), "ms", 25)


def deciding(sizes: Sequence[int], runs: int) -> Iterator[Figure]:
    """Forms and decisions, alone and while ten others write ten thousand times."""
    size = min(sizes[-1], 100_000)
    path = desks.copy(size)
    command = (sys.executable, "-m", "refterm", "--db", str(path))
    forms, first_form, first_decision, typed = [], 0.0, 0.0, []
    with Program(command, desks.environment()) as program:
        program.until(READY)
        program.quiet()
        for number in range(runs + 1):
            seconds = program.press("d").settled
            if not number:
                first_form = seconds * 1000
                typed = [program.press(letter).settled * 1000 for letter in "\t" + "no budget this year"]
                program.press("\x1b[Z")
            else:
                forms.append(seconds * 1000)
            program.quiet()
            program.press("1")
            seconds = program.press_until(SUBMIT, FORM_GONE)
            if not number:
                first_decision = seconds * 1000
            program.quiet()
            program.press("u")
            program.quiet()
    yield Figure("form drawn, the first", str(size), first_form, "ms", 160)
    yield Figure("form drawn, later, p50", str(size), median(forms), "ms", 100)
    yield Figure("keys in the first form, p95", str(size), percentile(typed, 0.95), "ms", 25)
    yield Figure("keys in the first form, the slowest", str(size), max(typed), "ms", 60)
    yield Figure("first decision of a session", str(size), first_decision, "ms", 450)
    for others in (False, True):
        yield from _decisions(path, size, runs, others=others)


def decided(sizes: Sequence[int]) -> Iterator[Figure]:
    """What a desk keeps after ten decisions of every kind, and of other work on a referral."""
    size = min(sizes[-1], 100_000)
    command = (sys.executable, "-m", "refterm", "--db", str(desks.copy(size)))
    with Program(command, desks.environment()) as program:
        program.until(READY)
        program.quiet()
        at_start = program.memory() / 2**20
        for _number in range(TEN):
            for tab, key, title, typed in KINDS:
                program.press_until(tab, TABS[tab])
                program.press_until(key, title)
                program.press(typed)
                program.press_until(SUBMIT, r"\A(?s:(?!.*ctrl\+s))")
                program.quiet()
            program.press_until("1", TABS["1"])
            for key in "st":
                program.press(key, QUIET)
        time.sleep(PAUSE)
        memory = program.memory() / 2**20
    floor = median(started((*PANE, "models"), "READY")[2] for _ in range(3)) / 2**20
    name = "memory after ten decisions of every kind"
    note = f"{shown(memory)} to {shown(floor)} MiB"
    yield Figure(f"{name}, to pane with the ORM", str(size), memory / floor, "x", 0.9, note)
    note = f"{shown(memory)} to {shown(at_start)} MiB"
    yield Figure(f"{name}, to its own at the start", str(size), memory / at_start, "x", 1.45, note)


def _decisions(path: Path, size: int, runs: int, *, others: bool) -> Iterator[Figure]:
    while_others = " while 10 others write" if others else ""
    command = (sys.executable, "-m", "refterm", "--db", str(path))
    with Program(command, desks.environment()) as program:
        program.until(READY)
        program.press("t")
        program.press_until("d", "Decline referral")
        program.press("1")
        program.press_until(SUBMIT, FORM_GONE)  # the first of a session is measured by itself
        program.quiet()
        writers = [
            subprocess.Popen(
                [sys.executable, WRITER, str(path), str(number), str(WRITES // WRITERS)],
                env=desks.environment(), stdout=subprocess.PIPE, text=True,
            )
            for number in range(WRITERS * others)
        ]  # fmt: skip
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()
        marks, decisions = [], []
        chance = random.Random(7)
        for number in range(runs * 3):
            marks.append(1000 * program.press("t").settled)
            program.press(chance.choice((DOWN, "j")))
            program.press(UP)
            if number % 3 == 0:
                program.press_until("d", "Decline referral")
                program.press("1")
                decisions.append(1000 * program.press_until(SUBMIT, FORM_GONE))
                program.press("t")
        said = [writer.communicate()[0].split() for writer in writers]
    errors = sum(int(words[0]) for words in said)
    yield Figure(f"mark to list{while_others}, p50", str(size), median(marks), "ms", 30)
    yield Figure(f"mark to list{while_others}, p95", str(size), percentile(marks, 0.95), "ms", 60)
    yield Figure(f"decision through a form to list{while_others}, p50", str(size), median(decisions), "ms", 60)
    yield Figure(
        f"decision through a form to list{while_others}, p95", str(size), percentile(decisions, 0.95), "ms", 120
    )
    if others:
        written = sum(int(words[1]) for words in said)
        yield Figure("errors of the ten others", str(size), errors, "", 0, f"in {written:,} writes")
        yield Figure("updates of theirs that were lost", str(size), WRITES - written, "", 0)
