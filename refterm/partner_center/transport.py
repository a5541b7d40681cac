"""One way out for sign-in and calls: TLS that cannot be switched off, no redirects, few hosts, bounded times and sizes."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from refterm.errors import ConfigurationError
from refterm.i18n import _
from refterm.partner_center.answer import Answer, require_pause
from refterm.partner_center.errors import NoAnswerError, words

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 10.0, 30.0, 120.0
MOST_BYTES = 16 * 1024 * 1024


class HttpTransport:
    """Sends requests to a few origins, over TLS that is always verified.

    A company's own certificate authority is added with `SSL_CERT_FILE`.
    """

    def __init__(self, addresses: Iterable[str], *, trust: ssl.SSLContext | None = None) -> None:
        """Prepare a client.

        Args:
            addresses: https addresses; nothing is ever sent to another host or port.
            trust: whom to trust instead of the system's authorities; only tests have one of their own.

        Raises:
            ConfigurationError: when an address is not https.
        """
        self._origins = {origin(address) for address in addresses}
        context = trust or ssl.create_default_context()
        if not context.check_hostname or context.verify_mode is not ssl.CERT_REQUIRED:
            raise ConfigurationError(_("the certificate of Partner Center is always verified"))
        self._client = httpx.Client(
            verify=context,
            follow_redirects=False,
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            headers={"Accept-Encoding": "identity", "User-Agent": "refterm"},
        )

    def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """Send a request and read the whole answer.

        Raises:
            NoAnswerError: when there is none that can be used; the request may have been carried out.
        """
        if origin(url) not in self._origins:
            raise NoAnswerError(_("nothing is sent to {host}, which is not set up").format(host=urlsplit(url).hostname))
        until = time.monotonic() + WHOLE_SECONDS
        body = bytearray()
        try:
            with self._client.stream(method, url, headers=dict(headers), content=content) as response:
                if "content-encoding" in response.headers and response.headers["content-encoding"] != "identity":
                    raise NoAnswerError(_("the answer is compressed, which was not asked for"))
                for piece in response.iter_raw():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise NoAnswerError(_("the answer is longer than {n} MiB").format(n=MOST_BYTES >> 20))
                    if time.monotonic() > until:
                        raise NoAnswerError(_("the answer took too long"))
                given = {name.lower(): value for name, value in response.headers.items()}
                answer = Answer(response.status_code, given, bytes(body))
        except httpx.TimeoutException:
            raise NoAnswerError(_("{host} did not answer in time").format(host=urlsplit(url).hostname)) from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            # Without the cause: its representation holds the request with its headers.
            raise NoAnswerError(
                _("{host} cannot be reached: {error}").format(host=urlsplit(url).hostname, error=words(error))
            ) from None
        if 300 <= answer.status < 400:
            raise NoAnswerError(_("{host} sends to another address").format(host=urlsplit(url).hostname))
        return answer

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def origin(address: str) -> tuple[str, int]:
    """Host and port of an https address.

    Raises:
        ConfigurationError: for any other.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise ConfigurationError(_("{url}: it must be an https address").format(url=address.partition("?")[0]))
    return parts.hostname, port or 443


@dataclass(frozen=True, slots=True)
class _MsalAnswer:
    """An answer as msal reads it."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)

    def raise_for_status(self) -> None:
        """Refuse an error; its text is explained by who asked."""
        if self.status_code >= 400:
            raise NoAnswerError(_("the sign-in answers with its error {n}").format(n=self.status_code))


class MsalClient:
    """The transport as msal uses it."""

    def __init__(self, transport: HttpTransport) -> None:
        self._transport = transport

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str | None] | None = None,
        **_more: Any,
    ) -> _MsalAnswer:
        """GET."""
        return self._send("GET", f"{url}?{urlencode(params)}" if params else url, headers, None)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str | None] | None = None,
        **_more: Any,
    ) -> _MsalAnswer:
        """POST of a form."""
        body = data if isinstance(data, str) else urlencode({k: v for k, v in (data or {}).items() if v is not None})
        given = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._send("POST", f"{url}?{urlencode(params)}" if params else url, given, body.encode())

    def close(self) -> None:
        """The transport is closed by who made it."""

    def _send(
        self, method: str, url: str, headers: Mapping[str, str | None] | None, content: bytes | None
    ) -> _MsalAnswer:
        given = {name: value for name, value in (headers or {}).items() if value is not None}
        answer = self._transport.send(method, url, given, content)
        require_pause(answer)  # else msal would take it for a sign-in that is dead
        answer.json()
        return _MsalAnswer(answer.status, answer.headers, answer.body.decode("utf-8", "replace"))
