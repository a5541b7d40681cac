"""The repository as somebody finds it: it needs nothing outside itself, and its documents tell what there is."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import metadata
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import refterm
from refterm.cli.root import root
from refterm.config import Settings
from refterm.tui.actions import key_name, registry

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
# Put together here, so that this file does not find itself.
MACHINE_PATHS = tuple(f"/{name}/" for name in ("work", "tmp", "root", "opt"))
INDEX_WORDS = tuple("-".join(words) for words in (("index", "url"), ("find", "links"), ("trusted", "host")))
COMMON = {"--db", "--config", "--as", "--help"}
OPENING = {"--read-only", "--ascii", "--no-mouse", "--kiosk"}


def files() -> list[Path]:
    """What git keeps, or would keep."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git repository")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    named = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    return [path for path in named if path.is_file()]


def section(title: str) -> str:
    """A part of the README, from its heading to the next one of the same rank."""
    rank = title.partition(" ")[0]
    return re.split(rf"(?m)^{rank} ", README.split(f"\n{title}\n", 1)[1])[0]


def commands(group: click.Group, path: tuple[str, ...] = ("refterm",)) -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield " ".join((*path, name)), command
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_no_file_names_a_machine_path() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in files()
        for word in MACHINE_PATHS
        if word in path.read_text("utf-8", errors="replace")
    ]
    assert found == []


def test_nothing_names_a_package_index() -> None:
    """Where packages come from is the machine's affair."""
    for path in files():
        if path.name in ("Makefile", "constraints.txt", "pyproject.toml", "run") or path.parent.name == "tools":
            text = path.read_text("utf-8")
            assert not [word for word in (*INDEX_WORDS, "file://", "git+") if word in text], path


def test_file_names_are_plain() -> None:
    """They can be checked out on every system, and none is a URL that was taken for a path."""
    names = [str(path.relative_to(ROOT)) for path in files()]
    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9._/@+-]+", name)] == []


def test_no_file_is_large() -> None:
    assert [path for path in files() if path.stat().st_size > 1_000_000] == []


def test_constraints_pin_every_package_exactly() -> None:
    """The program's and its tests', and all that these need."""
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), lines
    pinned = {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = _needed([*project["dependencies"], *project["optional-dependencies"]["test"]])
    assert needed - pinned.keys() == set()
    assert pinned.keys() - needed == set(), "pinned, but needed by nothing"


def _needed(requirements: list[str]) -> set[str]:
    """Every package that is required, with those that these require in turn."""
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        one, extra = waiting.pop()
        if one.marker and not one.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *one.extras):
            key = (canonicalize_name(one.name), wanted)
            if key not in seen:
                seen.add(key)
                waiting += [(Requirement(text), wanted) for text in metadata.requires(one.name) or ()]
    return {name for name, _extra in seen}


def test_the_changelog_speaks_of_this_version() -> None:
    assert re.search(rf"(?m)^## {re.escape(refterm.__version__)}\b", (ROOT / "CHANGELOG.md").read_text("utf-8"))


def test_the_readme_names_every_make_target() -> None:
    targets = re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"))
    assert {"demo", "test", "run", "lint", "pictures", "lock"} <= set(targets)
    assert [target for target in targets if target != "help" and f"make {target}" not in README] == []


def test_the_readme_names_every_command_with_its_options() -> None:
    table = section("## Commands").splitlines()
    missing: list[str] = []
    for name, command in commands(root):
        row = next((line for line in table if re.search(rf"`{name}[ `]", line)), None)
        if row is None:
            missing.append(name)
            continue
        if "[the filters of list]" in row:
            row += next(line for line in table if "`refterm list" in line)
        options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
        for option in options:
            if not {*option.opts} & (COMMON | OPENING) and not any(flag in row for flag in option.opts):
                missing.append(f"{name} {option.opts[0]}")
    assert missing == []
    assert all(flag in section("## Commands") for flag in (COMMON | OPENING) - {"--help"})


def test_the_readme_names_no_command_that_is_not_there() -> None:
    there = {name for name, _command in commands(root)}
    told = set(re.findall(r"`(refterm(?: [a-z-]+)+)", section("## Commands").replace("--help", "")))
    # `refterm db backup` begins like `refterm completion bash`: a word more may be an argument.
    assert {name for name in told if name not in there and name.rpartition(" ")[0] not in there} == set()


def test_the_readme_names_every_key() -> None:
    keys = section("## Keys")
    missing = [key for action in registry() for key in action.keys if f"`{key_name(key)}`" not in keys]
    assert missing == []


def test_the_readme_names_every_setting() -> None:
    text = section("## Configuration")
    missing: list[str] = []
    for field in fields(Settings):
        inner = field.default_factory() if callable(field.default_factory) else None
        if not is_dataclass(inner):
            missing += [] if f"`{field.name}`" in text or f"`[{field.name}]`" in text else [field.name]
            continue
        rows = [line for line in text.splitlines() if f"`[{field.name}]`" in line]
        for key in (one.name.rstrip("_") for one in fields(inner)):
            missing += [] if any(f"`{key}`" in row for row in rows) else [f"{field.name}.{key}"]
    assert missing == []


def test_the_readme_shows_pictures_and_files_that_are_there() -> None:
    linked = re.findall(r"\]\(([^):]+)\)", README)
    assert "docs/pictures/recording.svg" in linked
    linked = [name.partition("#")[0] for name in linked]
    assert [name for name in linked if name and not (ROOT / name).is_file()] == []


def test_the_pictures_are_what_the_program_draws() -> None:
    """`make pictures` draws them anew."""
    target = ROOT / "docs" / "pictures"
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import pictures
    finally:
        sys.path.pop(0)
    drawn = pictures.draw([*pictures.PICTURES, "recording"])
    assert {path.stem for path in target.iterdir()} == set(drawn)
    old = [name for name, svg in drawn.items() if (target / f"{name}.svg").read_text("utf-8") != svg]
    assert old == []
    assert abs(sum(seconds for seconds, _key in pictures.RECORDING) - 20) < 0.01


def test_every_screen_can_be_drawn(tmp_path: Path) -> None:
    """What `make screens` runs, for one screen in two sizes and two looks."""
    command = [sys.executable, ROOT / "tools" / "screens.py", tmp_path / "new"]
    command += ["accept", "dark", "es", "80x24", "120x40"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=240)
    drawn = {path.stem: path.read_text("utf-8") for path in (tmp_path / "new").glob("*.svg")}
    assert set(drawn) == {f"accept-{size}-{look}" for size in ("80x24", "120x40") for look in ("dark", "es")}
    assert "Accept" in drawn["accept-80x24-dark"]
    assert "Aceptar" in drawn["accept-120x40-es"]
