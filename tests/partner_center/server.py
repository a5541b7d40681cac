"""A stand-in for Partner Center over real HTTP and TLS on loopback: behaves as documented, and fails as told."""

from __future__ import annotations

import json
import random
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import trustme

from tests.partner_center.authority import Authority
from tests.partner_center.referrals import Json, Referrals, RefusalError

PATH = "/v1.0/engagements/referrals"
# Faults before the work, faults after it, and faults of lists.
BEFORE = ("500", "502", "503", "504", "drop", "html", "broken", "409", "412", "429", "429-date", "503-after")
AFTER = ("500-after", "504-after", "drop-after", "truncated", "204", "html-after")
LISTS = ("empty", "doubled", "loop", "bad-token", "stale")
OTHERS = ("401", "401-mfa", "401-claims", "403", "redirect", "foreign-link", "huge", "hostile", "stop")


@dataclass
class Asked:
    """A request that came in."""

    method: str
    path: str
    query: Json
    headers: dict[str, str]
    body: bytes
    at: datetime


@dataclass
class StandIn:
    """The server and its switches.

    Attributes:
        scripted: faults for the next requests of a method, one each: `("PATCH", "drop-after")`.
        rate: the share of requests that fail by chance, with one of `chances`.
        asked: every request to the service that came in.
        early: requests that came before a pause was over.
        stop: called inside a request at which the client is to be killed, after the work.
    """

    now: Callable[[], datetime]
    certificates: Path
    authority: Authority = field(default_factory=Authority)
    scripted: list[tuple[str, str]] = field(default_factory=list)
    rate: float = 0.0
    chances: tuple[str, ...] = (*BEFORE, *AFTER, "401")
    random: random.Random = field(default_factory=lambda: random.Random(7))
    asked: list[Asked] = field(default_factory=list)
    early: list[Asked] = field(default_factory=list)
    pause_seconds: int = 57
    paused_until: datetime | None = None
    link: str = "http://api.partner.microsoft.com/v1.0/referrals"
    skew: timedelta = timedelta()
    stop: Callable[[Asked], None] | None = None
    before_each: Callable[[Asked], None] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    url: str = ""

    def __post_init__(self) -> None:
        self.referrals = Referrals(lambda: self.now() + self.skew)

    @property
    def trust(self) -> ssl.SSLContext:
        """The trust store of a client of this server."""
        return ssl.create_default_context(cafile=str(self.certificates))

    def fail(self, method: str, *faults: str) -> None:
        """Let the next requests of a method fail, one after another."""
        self.scripted += [(method, fault) for fault in faults]

    def of(self, method: str) -> list[Asked]:
        """The requests of a method that came in."""
        return [one for one in self.asked if one.method == method]

    def fault(self, asked: Asked) -> str:
        """The fault of a request; empty for none."""
        for place, (method, fault) in enumerate(self.scripted):
            if method in (asked.method, "*"):
                del self.scripted[place]
                return fault
        if self.rate and self.random.random() < self.rate:
            return self.random.choice(self.chances)
        return ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "stand-in", ""
    standin: StandIn

    def log_message(self, *_arguments: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        self._take("GET")

    def do_POST(self) -> None:
        self._take("POST")

    def do_PATCH(self) -> None:
        self._take("PATCH")

    def _take(self, method: str) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if not parts.path.startswith(PATH):
            form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
            with self.standin.lock:
                status, content = self.standin.authority.answer(method, parts.path, form)
            self._json(status, content)
            return
        given = {key.lower(): value for key, value in self.headers.items()}
        asked = Asked(method, unquote(parts.path), query, given, body, self.standin.now())
        if self.standin.before_each is not None:
            self.standin.before_each(asked)
        with self.standin.lock:
            self.standin.asked.append(asked)
            if self.standin.paused_until is not None and asked.at < self.standin.paused_until:
                self.standin.early.append(asked)
            fault = self.standin.fault(asked)
        self._serve(asked, fault)

    def _serve(self, asked: Asked, fault: str) -> None:
        standin = self.standin
        if self._refused_at_once(asked, fault):
            return
        try:
            with standin.lock:
                content = self._work(asked, fault)
        except RefusalError as refusal:
            words = refusal.words
            if fault == "hostile":
                words = f"\x1b]0;owned\x07\u202e[b]{asked.headers['authorization']}[/b] " + "x" * 5000
            self._error(refusal.status, refusal.code, words)
            return
        if fault == "stop" and standin.stop is not None:
            standin.stop(asked)
        if fault in ("500-after", "504-after"):
            self._error(int(fault[:3]), "generalException", "A general error occurred.")
        elif fault == "drop-after":
            self._drop()
        elif fault == "html-after":
            self._send(200, b"<html>maintenance</html>", "text/html")
        elif fault == "truncated":
            whole = json.dumps(content).encode()
            self._send(200, whole[: len(whole) // 2], "application/json", length=len(whole))
        elif fault == "204" and asked.method == "PATCH":
            self._send(204, b"", "")
        else:
            self._json(200, content, {"ETag": content.get("eTag", "")} if asked.path != PATH else {})

    def _refused_at_once(self, asked: Asked, fault: str) -> bool:
        standin = self.standin
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if fault == "401-mfa":
            self._json(401, {"code": "900421", "description": "MFA is required.", "data": [], "source": "PartnerApi"})
        elif fault == "401-claims":
            challenge = 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7fX19"'
            self._json(401, {"error": {"code": "unAuthorized", "message": "claims"}}, {"WWW-Authenticate": challenge})
        elif fault == "401" or token not in standin.authority.access:
            self._error(401, "unauthenticated", "The token has expired.")
        elif fault == "403":
            self._error(403, "accessDenied", "The role Referrals admin is missing.")
        elif fault in ("500", "502", "503", "504"):
            self._error(int(fault), "generalException", "A general error occurred.")
        elif fault in ("409", "412"):
            self._error(int(fault), "resourceModified", "The resource was modified.")
        elif fault in ("429", "429-date", "503-after"):
            self._pause(fault)
        elif fault == "drop":
            self._drop()
        elif fault == "html":
            self._send(200, b"<html>sign in</html>", "text/html")
        elif fault == "broken":
            self._send(200, b'{"value": [', "application/json")
        elif fault == "huge":
            self._send(200, b'{"value": [' + b" " * (17 << 20) + b"]}", "application/json")
        elif fault == "redirect":
            self._send(307, b"", "", more={"Location": "https://elsewhere.example/v1.0/engagements/referrals"})
        else:
            return False
        return True

    def _pause(self, fault: str) -> None:
        standin = self.standin
        now = standin.now()
        standin.paused_until = now + timedelta(seconds=standin.pause_seconds)
        said = str(standin.pause_seconds)
        if fault == "429-date":
            said = format_datetime(standin.paused_until + standin.skew, usegmt=True)
        words = f"Rate limit is exceeded. Try again in {standin.pause_seconds} seconds."
        status = 503 if fault == "503-after" else 429
        self._json(status, {"statusCode": status, "message": words}, {"Retry-After": said})

    def _work(self, asked: Asked, fault: str) -> Json:
        referrals = self.standin.referrals
        if asked.path != PATH:
            referral = asked.path.removeprefix(PATH + "/")
            if asked.method == "GET":
                return referrals.one(referral)
            etag, request = asked.headers.get("if-match"), asked.headers.get("request-id", "")
            return referrals.patch(referral, asked.body, etag, request)
        if fault == "bad-token":
            referrals.forget_tokens()
        ids, start = referrals.where(asked.query)
        records, following = referrals.page(ids, start)
        if fault == "empty":
            records, following = [], referrals.token(ids, start)
        if fault == "doubled":
            records = records + records
        if fault == "stale":
            records = [{**one, "updatedDateTime": one["createdDateTime"], "name": "stale"} for one in records]
        if fault == "loop":
            following = asked.query.get("$skiptoken") or referrals.token(ids, start)
        content: Json = {"@odata.count": len(records), "value": records}
        if following:
            link = "https://elsewhere.example/steal" if fault == "foreign-link" else self.standin.link
            content["@odata.nextLink"] = f"{link}?$skiptoken={quote(following, safe='')}"
        return content

    def _error(self, status: int, code: str, words: str) -> None:
        self._json(status, {"error": {"code": code, "message": words, "target": None, "innerError": None}})

    def _json(self, status: int, content: Json, more: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(content).encode(), "application/json; charset=utf-8", more=more or {})

    def _send(
        self, status: int, body: bytes, kind: str, *, more: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        try:
            self.send_response(status)
            if kind:
                self.send_header("Content-Type", kind)
            for name, value in (more or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            if length is not None:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` header: the service's own clock."""
        return format_datetime(self.standin.now() + self.standin.skew, usegmt=True)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error."""


@contextmanager
def standing_in(folder: Path, now: Callable[[], datetime]) -> Iterator[StandIn]:
    """A running stand-in; its certificate authority stands in `folder`."""
    made = trustme.CA()
    certificates = folder / "ca.pem"
    made.cert_pem.write_to_path(str(certificates))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    standin = StandIn(now, certificates)
    handler = type("Handler", (_Handler,), {"standin": standin})
    with _Server(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        standin.url = standin.authority.url = f"https://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield standin
        finally:
            server.shutdown()
            thread.join()
