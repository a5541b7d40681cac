"""On a real desk no clock can be set by any means of refterm's own: no flag, variable, key of the configuration, or key."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import click

import refterm
from refterm.cli.root import root
from refterm.config import Settings
from refterm.tui.actions import registry

PACKAGE = Path(refterm.__file__).parent
_NAMED = re.compile(r"clock|faketime|(^|[-_. ])now$", re.IGNORECASE)


def options(command: click.Command, name: str = "refterm") -> list[str]:
    """Every option of a command and of those below it."""
    found = [f"{name} {option}" for one in command.params for option in one.opts]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            below = command.get_command(context, word)
            if below is not None and word != "demo":
                found += options(below, f"{name} {word}")
    return found


def test_no_option_names_a_clock() -> None:
    assert len(options(root)) > 100
    assert [one for one in options(root) if _NAMED.search(one)] == []


def test_no_setting_and_no_key_does() -> None:
    assert [one.name for one in fields(Settings) if _NAMED.search(one.name)] == []
    assert [one.id for one in registry() if _NAMED.search(one.id)] == []


def test_no_variable_does() -> None:
    """Every variable that the program reads is named in its source."""
    texts = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    variables = {name for text in texts for name in re.findall(r"\bREFTERM_[A-Z_]+", text)}
    assert variables
    assert [name for name in variables if re.search(r"CLOCK|TIME|NOW", name)] == []


def test_nothing_but_the_demo_makes_a_clock_that_can_be_set() -> None:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Name | ast.alias) and {"SettableClock", "DemoClock"} & {
                getattr(node, "id", None),
                getattr(node, "name", None),
            }:
                found.add(path.relative_to(PACKAGE).as_posix())
    found.discard("clock.py")
    # The demo shows a throw-away desk.
    assert [name for name in found if not name.startswith(("services/demo", "tui/demo"))] == []


def test_a_command_gets_a_clock_from_nobody_who_types() -> None:
    """`main`, which runs what was typed, hands in none, so that the machine's or the server's decides (Z2)."""
    source = ast.parse((PACKAGE / "cli" / "main.py").read_text("utf-8"))
    (main,) = (node for node in source.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    assert "clock" not in ast.unparse(main)
