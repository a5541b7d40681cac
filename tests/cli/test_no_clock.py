"""Tried, and not only looked up: no flag, variable, key of the configuration or setting moves a real desk's time."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from refterm.cli.root import root
from tests.cli.conftest import Command, Outcome
from tests.samples import api_record

FAR = "2030-01-01T00:00:00Z"
FLAGS = ("--start", "--now", "--clock", "--time", "--today", "--speed", "--seed", "--live")


def named(command: click.Command, *path: str) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command and group below one, with the words that call it; not the demo, whose desk is thrown away."""
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            below = command.get_command(context, word)
            if below is not None and word != "demo":
                found += named(below, *path, word)
    return found


def test_no_command_takes_the_demo_s_flags_nor_any_like_them(refterm: Command) -> None:
    every = named(root)
    assert len(every) > 40
    for path, _command in every:
        for flag in FLAGS:
            refused = refterm(*path, flag, FAR)
            assert refused.status == 2, (path, flag)
            assert flag in refused.err, (path, flag)


def told(process: Command, folder: Path, *flags: str, environment: dict[str, str] | None = None) -> float:
    """Seconds between the machine's time and that at which a change made now stands in the history."""
    file = folder / "one.json"
    file.write_text(json.dumps(api_record()))
    before = time.time()
    done = process("import", file, *flags, environment=environment)
    assert done.status == 0, done.err
    entries = process("history", "--json", environment=environment).json
    at = datetime.fromisoformat(max(entry["at"] for entry in entries)).astimezone(UTC).timestamp()
    assert time.time() - before < 600
    return at - before


def test_no_variable_does(process: Command, tmp_path: Path) -> None:
    """Neither one of ours, nor one by which other programs are told the time."""
    names = {flag.strip("-").upper() for flag in FLAGS} | {"DATE", "OFFSET", "FAKETIME", "DEMO"}
    given = {f"REFTERM_{name}": FAR for name in names} | {f"REFTERM_DEMO_{name}": FAR for name in names}
    given |= {"SOURCE_DATE_EPOCH": "1893456000", "FAKETIME": "+1000d", "TZ": "Pacific/Kiritimati"}
    assert -5 < told(process, tmp_path, environment=given) < 120


@pytest.mark.parametrize(
    "line",
    ["clock", "now", "start", "time", "speed", "[demo]\nstart", "[clock]\nnow", "[deadlines]\nnow"],
)
def test_no_key_of_the_configuration_does(line: str, refterm: Command, tmp_path: Path) -> None:
    """Each is an error that names it."""
    file = tmp_path / "config.toml"
    file.write_text(f'{line} = "{FAR}"\n')
    refused: Outcome = refterm("list", "--config", file)
    assert refused.status == 1
    assert any(word in refused.err for word in line.replace("[", " ").replace("]", " ").split()), refused.err


def test_no_setting_does(process: Command, refterm: Command, tmp_path: Path) -> None:
    """The zone says how an instant is written, never which it is; of the desk's own settings none is a time of now."""
    for name in ("clock", "now", "start", "deadlines.now"):
        refused = refterm("db", "set", f"{name}={FAR}")
        assert (refused.status, name in refused.err) == (1, True), refused.err
    file = tmp_path / "config.toml"
    file.write_text('time_zone = "Pacific/Kiritimati"\n')
    assert -5 < told(process, tmp_path, "--config", str(file)) < 120
