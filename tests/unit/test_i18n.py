"""Languages come from the program's own folders, whatever the environment says (contract, Roles: kiosk)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from refterm import i18n


@pytest.mark.parametrize("name", ["LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"])
def test_no_folder_of_the_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """sshd passes LC_* on, and gettext takes a name with a slash for a path."""
    messages = tmp_path / "LC_MESSAGES"
    messages.mkdir()
    foreign = Catalog()
    foreign.add("List referrals; without options the Inbox.", "OWNED")
    with (messages / "refterm.mo").open("wb") as file:
        write_mo(file, foreign)
    up = "../" * 40
    for value in (str(tmp_path), f"{up}{tmp_path}", f"es/{up}{tmp_path}", f"es_{up}{tmp_path}", f"es:{tmp_path}"):
        monkeypatch.setenv(name, value)
        i18n.use(None)
        assert i18n._("List referrals; without options the Inbox.") != "OWNED"
    i18n.use(str(tmp_path))
    assert i18n._("List referrals; without options the Inbox.") != "OWNED"
    for value in ("es", "es_MX.UTF-8", "es_ES@euro"):
        monkeypatch.setenv(name, value)
        i18n.use(None)
        assert i18n._("Archived") == "Archivadas"


@pytest.mark.parametrize("zone", ["/etc/passwd", ":/etc/passwd", "/", "", "Europe/Nowhere", "🔥", None])
def test_babel_is_imported_whatever_the_zone_of_the_environment_is(zone: str | None) -> None:
    """It reads the file that TZ names, and a country or a decimal could then not be read."""
    script = """
import os
from refterm import i18n
from refterm.domain.profile import known_countries
before = os.environ.get("TZ")
assert i18n.decimal_mark() == ","
assert "DE" in known_countries()
assert os.environ.get("TZ") == before
"""
    given = {**os.environ, "LC_ALL": "es_ES.UTF-8"} | ({} if zone is None else {"TZ": zone})
    if zone is None:
        given.pop("TZ", None)
    subprocess.run([sys.executable, "-c", script], env=given, check=True)
