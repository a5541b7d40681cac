"""The pages say what the program does: the manual page is its own, and no link and no option is dead."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from refterm.cli.root import root
from refterm.domain.history import Action
from refterm.tui.actions import registry

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])


def test_the_manual_page_is_of_this_program() -> None:
    """`make docs` writes it anew."""
    command = [sys.executable, str(ROOT / "tools" / "manpage.py"), "--print"]
    page = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    assert (ROOT / "docs" / "refterm.1").read_text("utf-8") == page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_is_dead(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_a_page_names_exists(page: Path) -> None:
    unknown = []
    for typed in re.findall(r"`(refterm [a-z][^`]*)`", page.read_text("utf-8")):
        words = typed.replace("\\|", "|").split()[1:]
        command: click.Command = root
        while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
            found = command.get_command(click.Context(command), words[0])
            if found is None:
                unknown.append(typed)
                break
            command, words = found, words[1:]
        named = {flag for word in words for flag in re.findall(r"--[a-z][a-z-]+", word)}
        flags = {
            flag
            for one in (command, root)
            for parameter in one.params
            for flag in (*parameter.opts, *parameter.secondary_opts, "--help")
        }
        unknown += [f"{typed}: {flag}" for flag in named - flags]
    assert not unknown


def test_every_page_is_in_the_site() -> None:
    named = set(re.findall(r"([\w-]+\.md)", (ROOT / "mkdocs.yml").read_text("utf-8")))
    assert {page.name for page in ROOT.glob("docs/*.md")} <= named


def test_the_page_of_keys_names_every_action_and_the_page_of_json_every_line_of_the_history() -> None:
    for page, names in (("keys.md", {one.id for one in registry()}), ("json.md", {str(one) for one in Action})):
        text = re.sub(r"(?ms)^```.*?^```", "", (ROOT / "docs" / page).read_text("utf-8"))
        named = set(re.findall(r"`([^`\n]+)`", text))
        assert names - named == set(), page
