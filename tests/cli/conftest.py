"""The command line as tests call it: in this process with a clock that stands still, or as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from refterm.cli.main import run
from refterm.clock import SettableClock

PYTHON = sys.executable


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """What it printed, line by line."""
        return self.out.splitlines()


Command = Callable[..., Outcome]


@pytest.fixture
def refterm(
    database_path: Path, clock: SettableClock, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Run a command as Ana on the test's desk, in this process; `stdin` is what it reads."""
    monkeypatch.setenv("REFTERM_DB", str(database_path))
    monkeypatch.setenv("REFTERM_USER", "ana")

    def call(*arguments: object, stdin: str | bytes = "") -> Outcome:
        typed = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(typed), "utf-8"))
        capfd.readouterr()
        status = run([str(argument) for argument in arguments], clock=clock)
        out, err = capfd.readouterr()
        return Outcome(status, out, err)

    return call


@pytest.fixture
def process(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command as Ana on the test's desk, in a process of its own, with the machine's clock."""
    monkeypatch.setenv("REFTERM_DB", str(database_path))
    monkeypatch.setenv("REFTERM_USER", "ana")

    def call(*arguments: object, stdin: str = "", environment: dict[str, str] | None = None) -> Outcome:
        done = subprocess.run(
            [PYTHON, "-m", "refterm", *(str(argument) for argument in arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            env={**os.environ, **(environment or {})},
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


def complaint(outcome: Outcome, status: int = 1) -> str:
    """The one line that a refused command says, without the program's name before it."""
    assert outcome.status == status, outcome
    assert outcome.out == "", outcome
    assert outcome.err.count("\n") == 1, outcome
    assert outcome.err.startswith("refterm: "), outcome
    return outcome.err.removeprefix("refterm: ").rstrip("\n")


def said(outcome: Outcome) -> str:
    """The one line that a command printed which did what it was asked."""
    assert (outcome.status, outcome.err) == (0, ""), outcome
    assert len(outcome.lines) == 1, outcome
    return outcome.lines[0]


def numbers(outcome: Outcome) -> Sequence[int]:
    """The referrals of a `list --json`."""
    assert outcome.status == 0, outcome
    return [referral["id"] for referral in outcome.json]
