"""Signing in: device code, or a browser with PKCE; and tokens from the sign-in that is kept."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msal

from refterm.errors import ConfigurationError, RefTermError
from refterm.i18n import _
from refterm.partner_center.errors import ForbiddenError, SignedOutError, words
from refterm.partner_center.tokens import Cache, Token, claims_of
from refterm.partner_center.transport import HttpTransport, MsalClient

BROWSER_SECONDS = 300
# A token is not used in its last minutes, so that a pass does not begin with one that dies on the way.
SPARE_SECONDS = 300


class SignIn:
    """The sign-in of this person to one tenant, kept in a file. It gives tokens without asking, as long as it lives."""

    def __init__(
        self, transport: HttpTransport, cache: Cache, *, authority: str, tenant: str, client_id: str, base_url: str
    ) -> None:
        self._http = MsalClient(transport)
        self._cache = cache
        self._authority = f"{authority.rstrip('/')}/{tenant}"
        self._tenant = tenant
        self._client_id = client_id
        self._scopes = [f"{base_url.rstrip('/')}/.default"]
        self._kept: Token | None = None
        self._kept_until = 0.0

    def token(self, *, fresh: bool = False, claims: str | None = None) -> Token:
        """A token; see TokenSource."""
        if self._kept is not None and not fresh and claims is None and time.monotonic() < self._kept_until:
            return self._kept
        with self._cache.locked():
            kept = self._loaded()
            # A new one each time: msal remembers errors for a minute, and would not ask again.
            application = self._application(kept)
            account = next(iter(application.get_accounts()), None)
            if account is None:
                raise SignedOutError(_("nobody is signed in to Partner Center; run refterm login"))
            result = application.acquire_token_silent_with_error(
                self._scopes, account, force_refresh=fresh, claims_challenge=claims
            )
            if kept.has_state_changed:
                self._cache.write(kept.serialize())
        return self._accepted(result or {}, str(account.get("username", "")))

    def by_device(self, say: Callable[[str], None]) -> Token:
        """Sign in with a code that is typed into a browser anywhere.

        Args:
            say: shows the sentence with the code at once.

        Raises:
            SignedOutError: saying why not.
        """
        kept = msal.SerializableTokenCache()
        application = self._application(kept)
        flow = application.initiate_device_flow(self._scopes)
        if "user_code" not in flow:
            raise _explained(flow)
        say(
            _("To sign in to Partner Center, open {url} in a browser and enter the code {code}").format(
                url=words(flow.get("verification_uri")), code=words(flow["user_code"])
            )
        )
        return self._signed_in(kept, application.acquire_token_by_device_flow(flow))

    def by_browser(self, say: Callable[[str], None]) -> Token:
        """Sign in with a browser that can reach a port of this machine, by ssh's forwarding too (PKCE).

        Raises:
            SignedOutError: saying why not.
        """
        kept = msal.SerializableTokenCache()
        application = self._application(kept)
        sockets, port = _listening()
        try:
            flow = application.initiate_auth_code_flow(self._scopes, redirect_uri=f"http://localhost:{port}")
            say(_("To sign in to Partner Center, open this address in a browser:"))
            say(words_of_url(flow["auth_uri"]))
            say(
                _(
                    "If the browser is on another machine, first type there: ssh -L {port}:127.0.0.1:{port} {host}"
                ).format(port=port, host=socket.gethostname())
            )
            answer = _one_request(sockets, BROWSER_SECONDS)
        finally:
            for one in sockets:
                one.close()
        try:
            return self._signed_in(kept, application.acquire_token_by_auth_code_flow(flow, answer))
        except ValueError:  # the state is not the one that was sent
            raise SignedOutError(_("the browser's answer belongs to another sign-in; begin again")) from None

    def _signed_in(self, kept: msal.SerializableTokenCache, result: dict[str, Any]) -> Token:
        claims = claims_of(result)
        token = self._accepted(result, str(claims.get("preferred_username") or claims.get("upn") or ""))
        with self._cache.locked():
            self._cache.write(kept.serialize())
        return token

    def _accepted(self, result: dict[str, Any], account: str) -> Token:
        if "access_token" not in result:
            raise _explained(result)
        tenant = str(claims_of(result).get("tid") or self._tenant)
        self._kept = Token(str(result["access_token"]), words(account), words(tenant))
        self._kept_until = time.monotonic() + float(result.get("expires_in") or 0) - SPARE_SECONDS
        return self._kept

    def _application(self, kept: msal.SerializableTokenCache) -> Any:
        try:
            return msal.PublicClientApplication(
                self._client_id,
                authority=self._authority,
                token_cache=kept,
                http_client=self._http,
                instance_discovery=False,
            )
        except ValueError as error:
            raise ConfigurationError(
                _("partner_center.authority or .tenant is not right: {error}").format(error=words(error))
            ) from None

    def _loaded(self) -> msal.SerializableTokenCache:
        kept = msal.SerializableTokenCache()
        text = self._cache.read()
        try:
            json.loads(text or "{}")
            kept.deserialize(text or None)
        except (ValueError, RecursionError):
            raise SignedOutError(
                _("{path} cannot be read; run refterm login again").format(path=self._cache.path)
            ) from None
        return kept


def _explained(result: dict[str, Any]) -> RefTermError:
    """Why a sign-in failed, in a sentence that says what to do."""
    said = f"{result.get('error', '')} {result.get('suberror', '')} {result.get('error_description', '')}"
    codes = {str(code) for code in result.get("error_codes") or ()}
    code = next((one for one in _CAUSES if one in codes or f"AADSTS{one}" in said), None)
    if code is not None:
        sentence = _CAUSES[code]()
        return ForbiddenError(sentence) if code in ("65001", "90094") else SignedOutError(sentence)
    if result.get("error") in ("authorization_declined", "access_denied"):
        return SignedOutError(_("the sign-in was declined; run refterm login again"))
    if result.get("error") in ("expired_token", "code_expired"):
        return SignedOutError(_("the code has run out; run refterm login again"))
    detail = words(result.get("error_description") or result.get("error") or "")
    return SignedOutError(
        _("the sign-in to Partner Center is not valid any more; run refterm login again")
        + (f" ({detail})" if detail else "")
    )


# The numbers of Microsoft's sign-in errors, and what a person can do.
_CAUSES: dict[str, Callable[[], str]] = {
    "53003": lambda: _(
        "a policy of your tenant blocks this way of signing in (AADSTS53003); use refterm login --browser, or set"
        " partner_center.token_command"
    ),
    "50076": lambda: _("the sign-in asks for multifactor authentication; run refterm login again and answer it"),
    "50079": lambda: _("the account must register for multifactor authentication first; then run refterm login again"),
    "700082": lambda: _("the sign-in was not used for too long and has run out; run refterm login again"),
    "50173": lambda: _("the account's password was changed; run refterm login again"),
    "50057": lambda: _("the account is switched off; sign in with another one: refterm login"),
    "65001": lambda: _(
        "nobody has consented for this application yet; let an administrator of the tenant grant user_impersonation"
    ),
    "90094": lambda: _(
        "an administrator must consent for this application; let one grant it user_impersonation of Microsoft Partner"
    ),
    "7000218": lambda: _(
        "the application does not allow public client flows; switch them on in its registration (Authentication)"
    ),
    "700016": lambda: _(
        "the tenant knows no application of this client_id; check partner_center.client_id and .tenant"
    ),
}


def words_of_url(url: str) -> str:
    """An address to be opened, whole, without anything that a terminal would interpret."""
    return "".join(letter for letter in url if letter.isascii() and letter.isprintable())


def _listening() -> tuple[list[socket.socket], int]:
    """One port on both loopback addresses; only on that of IPv4 where there is no other."""
    first = socket.create_server(("127.0.0.1", 0))
    port = int(first.getsockname()[1])
    try:
        return [first, socket.create_server(("::1", port), family=socket.AF_INET6)], port
    except OSError:
        return [first], port


def _one_request(sockets: list[socket.socket], seconds: float) -> dict[str, str]:
    """The query of the one request that is taken.

    Raises:
        SignedOutError: when none comes.
    """
    ready, _writable, _broken = select.select(sockets, [], [], seconds)
    if not ready:
        raise SignedOutError(_("no browser answered within {n} s; run refterm login again").format(n=round(seconds)))
    connection, _address = ready[0].accept()
    with connection:
        connection.settimeout(10)
        data = b""
        try:
            while b"\r\n\r\n" not in data and len(data) < 65536 and (piece := connection.recv(8192)):
                data += piece
            text = _("refterm has the answer. You can close this window.")
            head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
            connection.sendall((head + text).encode())
        except OSError:
            pass
    parts = data.split(b" ", 2)
    target = parts[1].decode("ascii", "replace") if len(parts) > 2 else ""
    return dict(parse_qsl(urlsplit(target).query))
