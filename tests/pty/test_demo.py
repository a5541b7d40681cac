"""The demo leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

SIZE = (24, 80)


def hang_ups_count() -> None:
    """Undo what a test run that was itself started under nohup hands on."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def terminate(child: pexpect.spawn[bytes]) -> None:
    """As an administrator ends a program."""
    child.kill(signal.SIGTERM)


def hang_up(child: pexpect.spawn[bytes]) -> None:
    """As a connection that breaks ends it."""
    child.kill(signal.SIGHUP)


def close_terminal(child: pexpect.spawn[bytes]) -> None:
    """As the window's own button does."""
    child.ptyproc.fileobj.close()


def leave(child: pexpect.spawn[bytes]) -> None:
    """As a person does."""
    child.send("q")


@pytest.mark.parametrize(("end", "status"), [(leave, 0), (terminate, 143), (hang_up, 129), (close_terminal, 129)])
def test_the_demo_is_gone_however_it_ends(
    end: Callable[[pexpect.spawn[bytes]], None], status: int, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TERM": "xterm-256color", "TMPDIR": str(temporary)}
    child = pexpect.spawn(
        sys.executable,
        ["-m", "refterm", "demo"],
        env=environment,  # type: ignore[arg-type]
        dimensions=SIZE,
        timeout=120,
        preexec_fn=hang_ups_count,
    )
    try:
        child.expect("Hartwell")
        assert len(list(temporary.iterdir())) == 1
        end(child)
        if end is not close_terminal:
            child.expect(pexpect.EOF)
        assert child.wait() == status
    finally:
        if child.isalive():
            child.kill(signal.SIGKILL)
    assert list(temporary.iterdir()) == []
