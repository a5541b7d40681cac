"""`make` on a fresh clone: what is missing is one sentence, and what stands is not built again."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ("sh", "sed", "cat", "test", "touch", "echo", "mkdir", "rm", "grep", "dirname")

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of what make needs, in a folder whose name has blanks."""
    copy = tmp_path / "a fresh clone"
    shutil.copytree(ROOT / "tools", copy / "tools")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, copy)
    return copy


def make(clone: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run make there, as it would run when typed: not as a part of the make that may run these tests."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment.pop("PYTHON", None)
    if path is not None:
        environment["PATH"] = path
    tool = shutil.which("make")
    assert tool
    return subprocess.run(
        [tool, *arguments], cwd=clone, env=environment, capture_output=True, text=True, timeout=180, check=False
    )


def program(path: Path, text: str) -> Path:
    """A shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """A PATH with the tools that every system has, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    return str(folder)


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line


def test_no_python_is_one_sentence(clone: Path, bare: str) -> None:
    line = one_sentence(make(clone, "demo", path=bare))
    assert "refterm needs Python 3.11 or newer, and there is none on the PATH: install it" in line
    assert not (clone / ".venv").exists()


def test_an_old_python_is_one_sentence(clone: Path, bare: str) -> None:
    program(Path(bare) / "python3", "exit 3")
    assert "refterm needs Python 3.11 or newer" in one_sentence(make(clone, "demo", path=bare))
    assert "and python3 is none" in one_sentence(make(clone, "demo", "PYTHON=python3", path=bare))


def test_a_python_that_is_not_there_is_one_sentence(clone: Path) -> None:
    line = one_sentence(make(clone, "test", "PYTHON=no such python"))
    assert "no such python is none: choose another with PYTHON=..." in line


def test_a_python_without_venv_is_one_sentence(clone: Path, tmp_path: Path, bare: str) -> None:
    """As Debian's is without its package python3-venv."""
    (tmp_path / "less").mkdir()
    (tmp_path / "less" / "ensurepip.py").write_text("raise ImportError", "utf-8")
    program(Path(bare) / "python3", f'PYTHONPATH="{tmp_path}/less" exec "{sys.executable}" "$@"')
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    line = one_sentence(make(clone, "demo", path=bare))
    assert f"Python {version} (python3) lacks its venv module: install it" in line
    assert f"apt install python{version}-venv" in line


def test_the_next_python_on_the_path_is_taken(clone: Path, bare: str) -> None:
    program(Path(bare) / "python3", "exit 3")
    program(Path(bare) / "python3.13", f'exec "{sys.executable}" "$@"')
    done = subprocess.run(
        ["sh", "tools/find-python"], cwd=clone, env={"PATH": bare}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == sys.executable


@pytest.fixture
def built(clone: Path) -> Path:
    """A clone whose environment stands; its Python only writes down what it is asked to do."""
    program(clone / ".venv" / "bin" / "python", 'echo "$@" >> "$(dirname "$0")/asked"')
    for stamp in (".installed", ".tested", ".prepared"):
        (clone / ".venv" / stamp).touch()
    return clone


def asked(clone: Path) -> list[str]:
    """What the environment's Python was asked to do."""
    return (clone / ".venv" / "bin" / "asked").read_text("utf-8").splitlines()


@pytest.mark.parametrize(("target", "command"), [("demo", "-m refterm demo"), ("run", "-m refterm")])
def test_a_second_make_only_opens_the_desk(built: Path, target: str, command: str) -> None:
    done = make(built, target)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert asked(built) == [command]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_what_the_environment_depends_on_makes_it_anew(built: Path, bare: str, name: str) -> None:
    """Seen by its asking for a Python, of which there is none here."""
    for path, time in (("pyproject.toml", 1), ("constraints.txt", 1), (".venv/.installed", 2)):
        os.utime(built / path, (time, time))
    assert make(built, "demo", path=bare).returncode == 0
    os.utime(built / name, (3, 3))
    assert "refterm needs Python" in one_sentence(make(built, "demo", path=bare))


def test_another_python_makes_it_anew(built: Path, bare: str) -> None:
    (built / ".venv" / ".python").write_text("python3.11\n", "utf-8")
    assert make(built, "demo", "PYTHON=python3.11", path=bare).returncode == 0
    assert "python3.99 is none" in one_sentence(make(built, "demo", "PYTHON=python3.99", path=bare))


def test_an_environment_whose_python_is_gone_is_made_anew(built: Path, bare: str) -> None:
    (built / ".venv" / "bin" / "python").unlink()
    assert "refterm needs Python" in one_sentence(make(built, "demo", path=bare))


def test_the_exit_status_of_the_desk_is_not_lost(built: Path) -> None:
    program(built / ".venv" / "bin" / "python", "exit 1")
    assert make(built, "demo").returncode != 0


def test_continuous_integration_runs_the_tests_last() -> None:
    """Its log ends with pytest's own summary."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = makefile.split("\ntest:", 1)[1].split("\n\n")[0].splitlines()
    assert "lint" in recipe[0]
    assert "pytest" in recipe[-1].split()
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "set -euo pipefail" in script
    assert script.rstrip().endswith("make --no-print-directory test")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
