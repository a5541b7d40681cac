"""The installed wheel works from any folder: stylesheet, migrations and demo data travel with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pexpect
import pyte
import pytest

import refterm
from tests.samples import api_record, ndjson

ROOT = Path(__file__).parents[2]
SIZE = (40, 120)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as an installer builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `refterm` command of an environment in which only the wheel is installed, beside what it needs."""
    environment = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    [packages] = environment.glob("lib/python*/site-packages")
    # Packages alone: the links by which these tests find the repository do not count there.
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    install = ["-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, *install], check=True)
    return environment / "bin" / "refterm"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another folder to work in, where nothing leads back to the repository."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(folder)
    return folder


def run(program: Path, *arguments: str) -> str:
    """What a command prints."""
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_wheel_carries_what_the_program_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert archive.read("refterm/refterm.tcss") == (ROOT / "refterm.tcss").read_bytes()
    read = [path for path in (ROOT / "refterm").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.relative_to(ROOT).as_posix() for path in read} - names == set()
    assert {"refterm/demo_data/present.json", "refterm/demo_data/prepared-en.db"} <= names
    assert "refterm/store/schema/migrations/env.py" in names
    assert any(name.startswith("refterm/store/schema/migrations/versions/0001") for name in names)
    assert "refterm/py.typed" in names


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    """No tests, no tools, no databases but the demo's, no logs."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"refterm", f"refterm-{refterm.__version__}.dist-info", f"refterm-{refterm.__version__}.data"}
    suffixes = {Path(name).suffix for name in names if name.startswith("refterm/")}
    assert suffixes <= {".py", ".typed", ".tcss", ".json", ".mo", ".po", ".txt", ".db", ""}, suffixes
    assert sorted(name for name in names if name.endswith(".db")) == [
        "refterm/demo_data/prepared-en.db",
        "refterm/demo_data/prepared-es.db",
    ]
    assert not [name for name in names if "test" in name]


def test_an_installer_gets_what_the_builder_needs() -> None:
    """It builds in an environment of its own, in which the demo is played: all that refterm needs but its screens."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    builder = set(project["build-system"]["requires"])
    missing = set(project["project"]["dependencies"]) - builder
    assert {library.partition("=")[0] for library in missing} == {"textual"}


def test_an_editable_installation_reads_the_stylesheet_where_it_stands() -> None:
    """So that a change of it shows at the next start."""
    from refterm.tui.app import stylesheet

    if Path(refterm.__file__).is_relative_to(ROOT):
        assert stylesheet() == ROOT / "refterm.tcss"


def test_the_installed_program_is_the_wheels(program: Path, elsewhere: Path) -> None:
    ask = "import refterm, sys; sys.stdout.write(refterm.__file__)"
    done = subprocess.run([program.parent / "python", "-c", ask], capture_output=True, text=True, check=True)
    assert Path(done.stdout).is_relative_to(program.parent.parent)
    assert not Path(done.stdout).is_relative_to(ROOT)


def test_commands_work_from_any_folder(program: Path, elsewhere: Path) -> None:
    assert run(program, "--version") == f"refterm {refterm.__version__}\n"
    (elsewhere / "records.ndjson").write_bytes(ndjson([api_record(customerProfile={"name": "Kontor Nord GmbH"})]))
    assert "1 new, 0 updated, 0 unchanged, 0 rejected" in run(program, "import", "records.ndjson")
    assert "Kontor Nord GmbH" in run(program, "list", "--tab", "all")
    [row] = json.loads(run(program, "list", "--tab", "all", "--json"))
    assert row["customer"]["company"] == "Kontor Nord GmbH"
    assert [path.name for path in elsewhere.iterdir()] == ["records.ndjson"]


def test_the_demo_opens_from_any_folder_and_leaves_nothing(program: Path, elsewhere: Path, tmp_path: Path) -> None:
    """Neither its database nor what was typed into a form and left there."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TERM": "xterm-256color", "TMPDIR": str(temporary)}
    child = pexpect.spawn(str(program), ["demo"], env=environment, dimensions=SIZE, timeout=120)  # type: ignore[arg-type]
    screen = pyte.Screen(SIZE[1], SIZE[0])
    stream = pyte.ByteStream(screen)

    def shown(text: str) -> bool:
        return any(text in line for line in screen.display)

    def see(*texts: str, gone: str = "\n") -> None:
        while shown(gone) or not all(shown(text) for text in texts):
            stream.feed(child.read_nonblocking(65536, timeout=120))

    try:
        see("Inbox", "Active", "Archived", "Hartwell", "contact them now")
        assert len(list(temporary.iterdir())) == 1
        child.send("a")
        see("Accept referral")
        child.send("typed and left")
        see("typed and left")
        child.send("\x1b")
        see("Hartwell", gone="Accept referral")
        child.send("q")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
    assert child.exitstatus == 0
    assert list(temporary.iterdir()) == []
    assert list(elsewhere.iterdir()) == []
    assert [path for path in Path(os.environ["HOME"]).rglob("*") if path.is_file()] == []
