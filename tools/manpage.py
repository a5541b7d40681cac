"""Writes docs/refterm.1, the manual page, from the commands themselves: `man docs/refterm.1`, `man refterm` once installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

TARGET = Path(__file__).parent.parent / "docs" / "refterm.1"


def page() -> str:
    """The whole page, in English, whoever asks for it."""
    os.environ |= {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "LANGUAGE": "en", "COLUMNS": "80"}
    from refterm import __version__, i18n
    from refterm.cli.manual import sections
    from refterm.cli.root import COMMANDS, root

    i18n.use("en")
    context = click.Context(root, info_name="refterm")
    lines = [
        f'.TH REFTERM 1 "" "refterm {__version__}" "User Commands"',
        ".SH NAME",
        "refterm \\- the keyboard desk for business referrals",
        ".SH SYNOPSIS",
        ".B refterm",
        "[\\fIOPTIONS\\fR] [\\fICOMMAND\\fR [\\fIARGUMENTS\\fR]]",
        ".SH DESCRIPTION",
        _text((root.help or "").split("\n\n")[0]),
        ".SH OPTIONS",
        *_options(context, root),
        ".SH COMMANDS",
    ]
    common = {parameter.name for parameter in root.params}
    for name in COMMANDS:
        command = root.get_command(context, name)
        assert command is not None
        lines += _command(command, ("refterm", name), common)
    for title, pairs in sections():
        lines.append(f".SH {_text(title.split(' (')[0].upper())}")
        for term, meaning in pairs:
            lines += [".TP", f".B {_text(term)}", _text(meaning)]
    return "\n".join(lines) + "\n"


def _command(command: click.Command, path: tuple[str, ...], common: set[str | None]) -> Iterator[str]:
    context = click.Context(command, info_name=" ".join(path))
    if not isinstance(command, click.Group) or command.invoke_without_command:
        usage = " ".join(command.collect_usage_pieces(context)).replace("[OPTIONS] ", "").replace("[OPTIONS]", "")
        yield from (".SS " + _text(" ".join((*path, usage)).strip()), _text(_first(command)))
        yield from _options(context, command, common)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, (*path, name), common)


def _first(command: click.Command) -> str:
    return " ".join((command.help or command.short_help or "").split())


def _options(context: click.Context, command: click.Command, common: set[str | None] = frozenset()) -> Iterator[str]:  # type: ignore[assignment]
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is None or parameter.name in common or parameter.name == "help":
            continue
        yield from (".TP", f".B {_text(record[0])}", _text(record[1]) or "\\&")


def _text(text: str) -> str:
    """A text that roff reads as text: no line of it is a request."""
    flat = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + flat if flat[:1] in (".", "'") else flat


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
    else:
        TARGET.write_text(page(), "utf-8")
