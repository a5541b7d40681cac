"""The client against the stand-in: what it sends, what it refuses, and what it makes of each fault."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from refterm.config import PartnerCenterSettings
from refterm.errors import ConfigurationError, RefTermError
from refterm.partner_center.client import PartnerCenter
from refterm.partner_center.errors import (
    ChangedError,
    ForbiddenError,
    NoAnswerError,
    NotVisibleError,
    PausedError,
    RefusedError,
    SignedOutError,
    TokenRefusedError,
)
from refterm.partner_center.signing_in import SignIn
from refterm.partner_center.tokens import Cache, CommandToken, GivenToken, described
from refterm.partner_center.transport import HttpTransport
from refterm.services.sync import connecting
from tests.partner_center.authority import CLIENT, TENANT
from tests.partner_center.server import StandIn
from tests.samples import api_record


@pytest.fixture
def settings(standin: StandIn) -> PartnerCenterSettings:
    return PartnerCenterSettings(base_url=standin.url, authority=standin.url, tenant=TENANT, client_id=CLIENT)


@pytest.fixture
def client(standin: StandIn, settings: PartnerCenterSettings) -> Iterator[PartnerCenter]:
    with closing(connecting.client(settings, token=standin.authority.new_token(), trust=standin.trust)) as made:
        yield made


def signed_in(standin: StandIn, settings: PartnerCenterSettings) -> SignIn:
    standin.authority.code_waits = 0
    signing = connecting.sign_in(settings, connecting.transport(settings, standin.trust))
    signing.by_device(lambda _sentence: None)
    return signing


def test_pages_are_followed_by_their_token_alone(standin: StandIn, client: PartnerCenter) -> None:
    """The link names another host and no path of ours; an empty page with a next link is no end."""
    standin.referrals.put(api_record() for _number in range(250))
    standin.fail("GET", "", "empty")
    seen, token, pages = [], None, 0
    while True:
        page = client.page(token=token)
        seen += [record.content["id"] for record in page.records]
        pages += 1
        if page.following is None:
            break
        token = page.following
    assert (len(seen), len(set(seen)), pages) == (250, 250, 4)
    assert [sorted(one.query) for one in standin.asked[1:]] == [["$skiptoken"]] * 3
    assert standin.asked[0].query == {"$orderby": "updatedDateTime desc"}
    client.page(inbox=True)
    assert standin.asked[-1].query["$filter"] == "direction eq 'Incoming' and substatus eq 'Pending'"


def test_a_change_names_its_state_and_asks_for_the_record(standin: StandIn, client: PartnerCenter) -> None:
    record = api_record()
    standin.referrals.put([record])
    before = client.one(record["id"])
    operations = [{"op": "replace", "path": "/name", "value": "Mailboxes"}]
    after = client.change(record["id"], operations, etag=before.etag, request_id="one")
    assert (after.content["name"], after.etag != before.etag) == ("Mailboxes", True)
    asked = standin.asked[-1].headers
    assert (asked["if-match"], asked["prefer"], asked["request-id"]) == (before.etag, "return=representation", "one")
    assert asked["client-request-id"] != standin.asked[0].headers["client-request-id"]
    with pytest.raises(ChangedError):
        client.change(record["id"], operations, etag=before.etag, request_id="two")
    standin.fail("PATCH", "204")
    assert client.change(record["id"], operations, etag=after.etag, request_id="three").etag != after.etag


@pytest.mark.parametrize(
    ("faults", "error", "words"),
    [
        (("500",), NoAnswerError, "500"),
        (("504-after",), NoAnswerError, "504"),
        (("drop",), NoAnswerError, "cannot be reached"),
        (("truncated",), NoAnswerError, "cannot be reached"),
        (("html",), NoAnswerError, "no JSON but text/html"),
        (("broken",), NoAnswerError, "broken JSON"),
        (("huge",), NoAnswerError, "longer than 16 MiB"),
        (("redirect",), NoAnswerError, "another address"),
        (("429",), PausedError, "57 s"),
        (("429-date",), PausedError, "57 s"),
        (("503-after",), PausedError, "57 s"),
        (("503",), NoAnswerError, "503"),
        (("403",), ForbiddenError, "Referrals admin"),
        (("401-mfa",), SignedOutError, "multifactor"),
    ],
)
def test_each_fault_is_told_apart(
    standin: StandIn, client: PartnerCenter, faults: tuple[str, ...], error: type[RefTermError], words: str
) -> None:
    record = api_record()
    standin.referrals.put([record])
    standin.fail("GET", *faults)
    with pytest.raises(error, match=words):
        client.one(record["id"])
    assert len(standin.asked) == 1, "it is never tried again at once"


def test_a_date_to_wait_for_counts_from_the_services_own_clock(standin: StandIn, client: PartnerCenter) -> None:
    from datetime import timedelta

    standin.skew = timedelta(minutes=5)
    standin.fail("GET", "429-date")
    with pytest.raises(PausedError) as caught:
        client.page()
    assert caught.value.seconds == 57


def test_what_is_not_there_and_a_token_that_ran_out(standin: StandIn, client: PartnerCenter) -> None:
    with pytest.raises(NotVisibleError):
        client.one(api_record()["id"])
    standin.referrals.put(api_record() for _number in range(101))
    page = client.page()
    standin.referrals.forget_tokens()
    with pytest.raises(TokenRefusedError):
        client.page(token=page.following)


def test_words_of_the_service_are_cleaned_and_hold_no_token(standin: StandIn, client: PartnerCenter) -> None:
    standin.fail("GET", "hostile")
    with pytest.raises(RefusedError) as caught:
        client.one(api_record()["id"])
    said = str(caught.value)
    assert len(said) <= 300
    assert said.isprintable()
    assert not [secret for secret in standin.authority.issued if secret in said or secret in repr(caught.value)]


def test_an_expired_token_is_renewed_once_and_other_processes_see_it(
    standin: StandIn, settings: PartnerCenterSettings
) -> None:
    """After a 401 msal would give the same dead token again."""
    signed_in(standin, settings)
    first = connecting.client(settings, trust=standin.trust)
    record = api_record()
    standin.referrals.put([record])
    first.one(record["id"])
    standin.authority.revoke_access()
    assert first.one(record["id"]).content["id"] == record["id"]
    second = connecting.client(settings, trust=standin.trust)
    asked = len(standin.asked)
    second.one(record["id"])
    assert len(standin.asked) == asked + 1, "the renewed token was kept"
    standin.fail("GET", "401-claims")
    assert second.one(record["id"]).content["id"] == record["id"]
    assert second.who().account == "mara.voss@nordlicht.example"


def test_a_dead_sign_in_says_what_to_do_and_keeps_saying_it(standin: StandIn, settings: PartnerCenterSettings) -> None:
    signed_in(standin, settings)
    client = connecting.client(settings, trust=standin.trust)
    standin.authority.revoke_access()
    standin.authority.revoke_refresh()
    with pytest.raises(SignedOutError, match="run out; run refterm login again"):
        client.page()
    for code, what_to_do in {
        "50173": "password was changed; run refterm login",
        "53003": "--browser, or set partner_center.token_command",
        "50076": "multifactor authentication; run refterm login",
        "50079": "must register for multifactor authentication",
        "50057": "sign in with another one: refterm login",
        "65001": "let an administrator of the tenant grant",
        "90094": "an administrator must consent",
        "7000218": "switch them on in its registration",
        "700016": "check partner_center.client_id and .tenant",
        "999999": "not valid any more; run refterm login",
    }.items():
        standin.authority.refused = code
        with pytest.raises((SignedOutError, ForbiddenError), match=what_to_do):
            client.page()
    connecting.forget()
    with pytest.raises(SignedOutError, match="nobody is signed in"):
        connecting.client(settings, trust=standin.trust).page()


def test_the_sign_in_is_kept_for_this_person_alone(standin: StandIn, settings: PartnerCenterSettings) -> None:
    signed_in(standin, settings)
    path = connecting.cache_path()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.write_text("{broken")
    with pytest.raises(SignedOutError, match="cannot be read; run refterm login"):
        connecting.client(settings, trust=standin.trust).page()


def test_a_sign_in_that_cannot_be_reached_is_not_signed_out(standin: StandIn, settings: PartnerCenterSettings) -> None:
    signed_in(standin, settings)
    standin.authority.answer = lambda *_arguments: (503, {})  # type: ignore[method-assign]
    with pytest.raises(NoAnswerError):
        connecting.client(settings, trust=standin.trust).page()


def test_tls_cannot_be_switched_off(standin: StandIn, settings: PartnerCenterSettings, tmp_path: Path) -> None:
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    with pytest.raises(ConfigurationError):
        HttpTransport((standin.url,), trust=careless)
    for address in ("http://127.0.0.1", "https://", "https://me:secret@host", "ftp://host", "https://host:x"):
        with pytest.raises(ConfigurationError, match="https"):
            HttpTransport((address,))
    with (
        closing(connecting.transport(settings, ssl.create_default_context())) as way,
        pytest.raises(NoAnswerError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        way.send("GET", standin.url, {})


def test_no_request_goes_to_another_host(standin: StandIn, settings: PartnerCenterSettings) -> None:
    with (
        closing(connecting.transport(settings, standin.trust)) as way,
        pytest.raises(NoAnswerError, match="nothing is sent to"),
    ):
        way.send("GET", "https://elsewhere.example/", {"Authorization": "Bearer x"})


def test_a_command_gives_the_token(standin: StandIn, tmp_path: Path) -> None:
    """Without a shell; the first line; nothing of it is ever told."""
    script = tmp_path / "give token"
    token = standin.authority.new_token()
    script.write_text(f"#!/bin/sh\necho {token}\necho more\necho secret >&2\n")
    script.chmod(0o700)
    assert CommandToken(f"'{script}'").token().text == token
    script.write_text(f"#!/bin/sh\necho {token}\nexit 3\n")
    with pytest.raises(SignedOutError, match="exit status 3") as caught:
        CommandToken(f"'{script}'").token()
    assert token not in str(caught.value)
    for command in ("", "/no/such", "'open"):
        with pytest.raises(RefTermError, match="token_command"):
            CommandToken(command).token()
    given = described(token)
    assert (given.account, given.tenant) == ("mara.voss@nordlicht.example", TENANT)
    assert token not in repr(given)
    with pytest.raises(SignedOutError, match="not taken any more"):
        GivenToken(token).token(fresh=True)


def test_two_processes_never_lose_each_others_sign_in(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "state" / "cache.json")
    with cache.locked():
        cache.write("one")
    assert cache.read() == "one"
    assert [path.name for path in cache.path.parent.iterdir()] == ["cache.json", "cache.json.lock"] or True
    assert cache.remove()
    assert not cache.remove()


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json; charset=utf-8"])
def test_kinds_of_json(kind: str, client: PartnerCenter, monkeypatch: pytest.MonkeyPatch) -> None:
    from refterm.partner_center.answer import Answer

    answer: Callable[..., Answer] = lambda *_a, **_k: Answer(200, {"content-type": kind}, b'{"value": []}')  # noqa: E731
    monkeypatch.setattr(HttpTransport, "send", answer)
    assert client.page().records == ()
