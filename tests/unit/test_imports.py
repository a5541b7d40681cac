"""What a start may load: counted in modules, so that no busy machine can fail it and none can hide a growth."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"sqlmodel", "sqlalchemy", "pydantic", "pendulum", "psycopg", "alembic", "babel"}
TEXTUAL = "import textual.app, textual.widgets, sqlite3"
PAGE = "import refterm.cli.main, refterm.cli.desk, refterm.tui.first_page, refterm.store.sqlite"
DESK = f"{PAGE}, refterm.tui.app"
# What the work in the background brings within a second of the first screen.
AT_REST = f"""{DESK}
from refterm.services import follow_ups, replies
from refterm.services.background import fitting, presence
from refterm.services.personal import letters, yielded"""


def loaded(statement: str) -> set[str]:
    """The modules that a fresh interpreter has after a statement."""
    script = f"{statement}\nimport sys\nprint('modules:', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("modules:")[2].split())


@pytest.fixture(scope="module")
def bare() -> set[str]:
    return loaded("pass")


def test_the_desk_brings_few_modules_beside_textual_and_sqlite() -> None:
    more = loaded(DESK) - loaded(TEXTUAL)
    own = {name for name in more if name.partition(".")[0] == "refterm"}
    assert len(own) <= 103, sorted(own)
    assert len(more - own) <= 10, sorted(more - own)
    assert not {name.partition(".")[0] for name in more} & HEAVY


def test_a_start_makes_few_dataclasses() -> None:
    """Each takes up to a millisecond of every start; a value is a NamedTuple."""
    script = f"""
{DESK}
import sys
found = {{value for module in list(sys.modules.values()) for value in vars(module).values()
         if isinstance(value, type) and value.__module__.startswith("refterm.") and hasattr(value, "__dataclass_fields__")}}
print(*sorted(value.__qualname__ for value in found))"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 0 < len(done.stdout.split()) <= 13, done.stdout


def test_the_first_page_loads_nothing_of_textual() -> None:
    """What is loaded while it is drawn, too: tests/pty/test_first_page.py."""
    more = {name.partition(".")[0] for name in loaded(PAGE)}
    assert not more & {"textual", "rich", "asyncio", "ssl", "click"}


def test_the_desk_loads_nothing_that_it_may_never_use() -> None:
    """No TLS of asyncio's, no OpenSSL, no mail, no palette and no field of Textual's."""
    unused = {"ssl", "textual.command", "textual.types", "textual.widgets._input", "textual.widgets._tree"}
    unused |= {"click", "email", "calendar", "hashlib", "_hashlib", "refterm.services.background.letters"}
    assert not loaded(AT_REST) & unused


def test_notices_that_go_into_a_maildir_need_no_open_ssl() -> None:
    assert not loaded("import refterm.services.background.delivery") & {"ssl", "smtplib", "subprocess"}


@pytest.mark.parametrize("arguments", [[], ["--db", "desk.db"]])
def test_a_desk_needs_no_parser_of_the_command_line(arguments: list[str]) -> None:
    script = f"""
import refterm.cli.desk
from refterm.cli.main import run
refterm.cli.desk.open_desk = lambda invocation: print(invocation.flags) or 0
run({arguments!r})"""
    assert "click" not in loaded(script)


@pytest.mark.parametrize(("arguments", "most"), [(["--version"], 75), (["--help"], 114), (["list", "--help"], 81)])
def test_what_only_prints_loads_neither_textual_nor_the_orm(bare: set[str], arguments: list[str], most: int) -> None:
    more = loaded(f"from refterm.cli.main import run; run({arguments!r})") - bare
    assert not {name.partition(".")[0] for name in more} & (HEAVY | {"textual", "rich", "sqlite3", "asyncio"})
    assert len(more) <= most, len(more)


def test_completing_a_word_loads_as_little(bare: set[str]) -> None:
    asked = {"_REFTERM_COMPLETE": "bash_complete", "COMP_WORDS": "refterm li", "COMP_CWORD": "1"}
    more = loaded(f"import os; os.environ.update({asked!r})\nfrom refterm.cli.main import run; run([])") - bare
    assert not {name.partition(".")[0] for name in more} & (HEAVY | {"textual", "rich", "sqlite3", "asyncio"})
    assert len(more) <= 78, len(more)
