"""Every text a person reads is in every catalogue, whole, and the compiled one is that one."""

from __future__ import annotations

import ast
import gettext
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import refterm

PACKAGE = Path(refterm.__file__).parent
LANGUAGES = sorted(path.name for path in (PACKAGE / "locale").iterdir())
KEYWORDS = {"_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def _catalogue(language: str) -> Catalog:
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / "refterm.po").open("rb") as file:
        return read_po(file)


def _names(text: str) -> list[str]:
    return sorted({name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None})


def test_spanish_is_there() -> None:
    assert "es" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_program_is_translated(language: str) -> None:
    """`make catalog` brings a catalogue up to date; what it leaves empty is to be translated."""
    texts = {
        (message, context) for _file, _line, message, _comments, context in extract_from_dir(PACKAGE, keywords=KEYWORDS)
    }
    catalogue = _catalogue(language)
    translated = {(entry.id, entry.context) for entry in catalogue if entry.id and all(_strings(entry.string))}
    assert sorted(map(str, texts - translated)) == []


def test_no_text_stands_within_an_f_string() -> None:
    """Before Python 3.12 these are one token, in which the extraction finds nothing."""
    found = [
        f"{path.relative_to(PACKAGE)}, line {call.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
    ]
    assert found == []


def _strings(found: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else tuple(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_names_within_are_the_same_and_so_are_the_blanks_at_the_ends(language: str) -> None:
    for entry in _catalogue(language):
        if not entry.id:
            continue
        for text, other in zip(_strings(entry.id), _strings(entry.string), strict=True):
            assert _names(text) == _names(other), text
            assert (text[:1] == " ", text[-1:] == " ") == (other[:1] == " ", other[-1:] == " "), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_one_says_the_same(language: str) -> None:
    compiled = gettext.translation("refterm", PACKAGE / "locale", [language])
    for entry in _catalogue(language):
        if entry.id:
            text, other = _strings(entry.id)[0], _strings(entry.string)[0]
            one = (
                compiled.ngettext(*_strings(entry.id)[:2], 1)
                if len(_strings(entry.id)) == 2
                else compiled.pgettext(entry.context, text)
                if entry.context
                else compiled.gettext(text)
            )
            assert one == other
