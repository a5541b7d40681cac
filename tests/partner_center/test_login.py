"""`refterm login` and `logout` against the stand-in, as a person types them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.partner_center.authority import CLIENT, TENANT
from tests.partner_center.server import StandIn


@pytest.fixture
def configuration(standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration that names the stand-in; its authority is trusted by `SSL_CERT_FILE`."""
    path = tmp_path / "config.toml"
    path.write_text(
        f'[partner_center]\nbase_url = "{standin.url}"\nauthority = "{standin.url}"\n'
        f'tenant = "{TENANT}"\nclient_id = "{CLIENT}"\n'
    )
    monkeypatch.setenv("REFTERM_CONFIG", str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(standin.certificates))
    return path


def refterm(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "refterm", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def state() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "refterm" / "partner-center.json"


def test_device_code(standin: StandIn, configuration: Path) -> None:
    """The code is printed at once, on a pipe too; nothing that was issued is."""
    running = refterm("login")
    assert running.stdout is not None
    first = running.stdout.readline()
    assert "https://microsoft.example/devicelogin" in first
    assert "HJKL-4711" in first
    output, errors = running.communicate(timeout=120)
    assert (running.returncode, output) == (0, f"Signed in as mara.voss@nordlicht.example, tenant {TENANT}.\n"), errors
    assert state().stat().st_mode & 0o777 == 0o600
    assert not [secret for secret in standin.authority.issued if secret in first + output + errors]
    running = refterm("logout")
    assert running.communicate(timeout=120)[0] == "Signed out.\n"
    assert not state().exists()


def test_where_device_codes_are_blocked_the_other_ways_are_named(standin: StandIn, configuration: Path) -> None:
    standin.authority.refused = "53003"
    running = refterm("login")
    _output, errors = running.communicate(timeout=120)
    assert running.returncode == 1
    assert "AADSTS53003" in errors
    assert "--browser" in errors
    assert "token_command" in errors
    assert errors.count("\n") == 1
    assert not state().exists()


@pytest.mark.parametrize("honest", [True, False])
def test_browser(standin: StandIn, configuration: Path, honest: bool) -> None:
    """The authorization code with PKCE; an answer with another state is not taken."""
    running = refterm("login", "--browser")
    assert running.stdout is not None
    running.stdout.readline()
    address = running.stdout.readline().strip()
    forwarding = running.stdout.readline()
    query = dict(parse_qsl(urlsplit(address).query))
    assert query["code_challenge_method"] == "S256"
    port = urlsplit(query["redirect_uri"]).port
    assert re.search(rf"ssh -L {port}:127.0.0.1:{port} \S+", forwarding)
    if not honest:
        query["state"] = "another"
    back = standin.authority.authorize(query)
    urllib.request.urlopen(back.replace("localhost", "127.0.0.1"), timeout=60).read()
    output, errors = running.communicate(timeout=120)
    if honest:
        assert (running.returncode, output) == (0, f"Signed in as mara.voss@nordlicht.example, tenant {TENANT}.\n")
        assert state().exists()
    else:
        assert running.returncode == 1
        assert "another sign-in" in errors
        assert not state().exists()


def test_without_an_application_doctor_is_named(configuration: Path) -> None:
    configuration.write_text("")
    running = refterm("login")
    errors = running.communicate(timeout=120)[1]
    assert (running.returncode, "refterm doctor" in errors, errors.count("\n")) == (1, True, 1)
