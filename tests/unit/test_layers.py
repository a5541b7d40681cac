"""One direction domain <- store <- services <- command line and screens, and modules of one purpose."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

import refterm

PACKAGE = Path(refterm.__file__).parent
REPOSITORY = PACKAGE.parent
MODULES = sorted(path.relative_to(REPOSITORY) for path in PACKAGE.rglob("*.py"))
MOST_LINES = 450
HEAVY = ("textual", "rich", "sqlmodel", "sqlalchemy", "pydantic", "pendulum", "sqlite3", "alembic", "babel", "click")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_contracts_are_kept() -> None:
    """The import-linter contracts of pyproject.toml."""
    linter = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    found = run("-c", linter, "--no-cache")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout


def test_no_modules_of_the_screens_import_each_other_in_a_circle() -> None:
    """Imports for type checkers and within functions count, too."""
    graph = grimp.build_graph("refterm", cache_dir=None)
    circles = {
        (importer, imported)
        for importer in graph.find_descendants("refterm.tui")
        for imported in graph.find_modules_directly_imported_by(importer)
        if graph.chain_exists(importer=imported, imported=importer)
    }
    assert circles == set()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse((REPOSITORY / path).read_text("utf-8"))


def test_no_loop_variable_bears_a_name_of_its_module() -> None:
    """CPython 3.12.0 and 3.12.1 mix both up where one function has two comprehensions (UnboundLocalError)."""
    assert [f"{path}, line {line}: {name}" for path in MODULES for line, name in _mixed_up(_tree(path))] == []


def _mixed_up(tree: ast.Module) -> Iterator[tuple[int, str]]:
    module = set(_bound(tree.body))
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension)]
    names = (name for loop in loops for name in ast.walk(loop.target) if isinstance(name, ast.Name))
    yield from ((name.lineno, name.id) for name in names if name.id in module)


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """The names that statements bind outside functions and classes."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from ((one.asname or one.name).partition(".")[0] for one in statement.names)
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            yield from _bound([node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.stmt)])
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def test_a_module_says_what_it_is_for_and_is_not_long() -> None:
    assert [path for path in MODULES if not ast.get_docstring(_tree(path))] == []
    lengths = {path: len((REPOSITORY / path).read_text("utf-8").splitlines()) for path in MODULES}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def loaded_by(*modules: str, then: str = "pass") -> set[str]:
    """Which of the heavy libraries a fresh interpreter has loaded after importing the modules and doing something."""
    script = f"import sys, {', '.join(modules)}; {then}; print(*[name for name in {HEAVY} if name in sys.modules])"
    found = run("-c", script)
    assert found.returncode == 0, found.stderr
    return set(found.stdout.split())


def test_the_domain_loads_no_heavy_library() -> None:
    """A static graph cannot see what is imported inside a function at import time; a fresh interpreter can."""
    domain = [".".join(path.with_suffix("").parts) for path in MODULES if path.parts[1] == "domain"]
    names = [name.removesuffix(".__init__") for name in domain]
    assert "refterm.domain.deadline" in names
    assert loaded_by(*names) == set()


def test_reading_a_form_loads_only_what_reads_windows() -> None:
    typed = {
        "name": "Migración",
        "value": "5 EUR",
        "timeframe": "this month",
        "notes": "漢字",
        "contacts": "José",
    }
    then = (
        "from datetime import date; from refterm.domain.decisions import *; "
        f"read_acceptance({typed!r}, Context(date(2026, 3, 2)))"
    )
    assert loaded_by("refterm.domain.decisions", then=then) <= {"pendulum"}


def test_neither_do_the_leaves() -> None:
    assert loaded_by("refterm.clock", "refterm.errors", "refterm.text", "refterm.i18n", "refterm.config") == set()


# A circle that still stands; nothing is to be added.
def test_no_modules_import_each_other_in_a_circle() -> None:
    """Of two that do, neither can be read or tried without the other; imports for type checking count, too."""
    graph = grimp.build_graph("refterm", exclude_type_checking_imports=False)
    circular = {
        module
        for module in graph.modules
        if any(
            graph.chain_exists(importer=imported, imported=module)
            for imported in graph.find_modules_directly_imported_by(module)
        )
    }
    assert circular == set()


def _statements(module: ast.Module) -> Iterator[str]:
    """The texts in a module that begin as a statement of SQL does."""
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield f"line {node.lineno}: {node.value[:60]}"
        # Whatever the text: who runs statements writes them, or has them handed.
        if isinstance(node, ast.Attribute) and node.attr in ("execute", "executemany"):
            yield f"line {node.lineno}: .{node.attr}"


SQL = re.compile(
    r"\s*(select\s.+\sfrom|select\s\S+$|insert\s+into|update\s+\w+\s+set|delete\s+from|pragma\s)", re.I | re.S
)


@pytest.mark.parametrize("room", ["cli", "domain", "partner", "services", "tui"])
def test_statements_of_sql_stand_in_the_store_only(room: str) -> None:
    found = {str(path): list(_statements(_tree(path))) for path in MODULES if path.parts[1] == room}
    assert not {path: statements for path, statements in found.items() if statements}
