"""docs/json.md names the keys that `--json` prints, all of them and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from refterm.services.sync.passing import Summary
from refterm.services.sync.running import as_json
from tests.cli.conftest import Command
from tests.samples import api_record, ndjson

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text("utf-8")
# Of these the keys are not the program's but those of the data.
OF_DATA = ("changes", "declined_by_reason", "won_value")


def named(title: str) -> set[str]:
    """The keys in a section's table, those inside another behind its name and a dot."""
    section = re.split(r"(?m)^## ", PAGE.split(f"\n## {title}\n", 1)[1])[0]
    found: set[str] = set()
    nested: dict[str, list[str]] = {}
    for keys, means in re.findall(r"(?m)^\| (`[^|]+`) \| (.+) \|$", section):
        own = re.findall(r"`([^`]+)`", keys)
        found |= {key for key in own if "." not in key}
        if re.match(r"an object|an array of|null, or how", means):
            nested[own[0]] = re.findall(r"`([^`]+)`", means)
    figures = {key for key in found - nested.keys() if key not in ("since", "until")}
    for key, inner in nested.items():
        found |= {f"{key}.{one}" for one in inner}
        found |= {f"{key}.{one}" for one in figures} if key.startswith("by_") else set()
    return found


def printed(value: Any, within: str = "") -> Iterator[str]:
    """The keys of what was printed."""
    if isinstance(value, list):
        for one in value:
            yield from printed(one, within)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield within + key
            if key not in OF_DATA:
                yield from printed(inner, f"{within}{key}.")


def test_the_page_names_each_key_of_each_json_and_no_other(refterm: Command, tmp_path: Path) -> None:
    added = refterm(
        *("profile", "add", "--name", "Iberia", "--region", "Iberia", "--country", "ES", "--country", "DE"),
        *("--location", "Madrid;;Ana Ruiz;ana@example.com;1"),
    )
    assert added.status == 0, added
    file = tmp_path / "some.ndjson"
    file.write_bytes(
        ndjson([api_record(details__dealValue="many"), api_record(customerProfile__address__country="FR")])
        + b"nonsense\n"
    )
    imported = refterm("import", "--json", file)
    assert imported.json["refused"]
    assert imported.json["warned"]
    one = refterm("list", "--json").json[0]["id"]
    deal = ("--name", "N", "--value", "1", "--currency", "EUR", "--timeframe", "3m", "--notes", "N")
    assert refterm("accept", one, *deal, "--contact", "Eva;;").status == 0
    shown = refterm("list", "--tab", "all", "--json").json
    remote = {f"remote.{key}" for key in ("state", "synced_at", "account", "not_visible_since", "error")}
    assert set(printed(shown)) | remote == named("A referral")
    assert set(printed(refterm("show", one, "--json").json)) - named("A referral") == set()
    assert set(printed(refterm("history", "--json").json)) == named("The history")
    assert set(printed(refterm("outbox", "--json").json)) == named("The outbox")
    assert set(printed(refterm("insights", "--json").json)) == named("Insights")
    assert set(printed(refterm("profile", "list", "--json").json)) == named("Profiles")
    assert set(printed(imported.json)) == named("What an import did")
    assert set(as_json(Summary())) == named("What a sync did")
