"""The calls: a page of referrals, one of them, a change of one. Errors are told apart by what has to be done."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from refterm.i18n import _
from refterm.partner_center.answer import Answer, Transport, require_pause
from refterm.partner_center.errors import (
    ChangedError,
    ForbiddenError,
    NoAnswerError,
    NotVisibleError,
    RefusedError,
    SignedOutError,
    TokenRefusedError,
    words,
)
from refterm.partner_center.tokens import Token, TokenSource

PATH = "/v1.0/engagements/referrals"
INBOX = "$filter=" + quote("direction eq 'Incoming' and substatus eq 'Pending'") + "&$orderby=createdDateTime%20desc"
NEWEST = "$orderby=updatedDateTime%20desc"
# 401 with this code: the sign-in lacks multifactor authentication, so that a fresh token is refused, too.
NO_MFA = "900421"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A referral as the service holds it; `text` is the JSON that came.

    Attributes:
        content: the record.
        etag: names this state of it; empty where none came.
    """

    content: Json = field(repr=False)
    etag: str = ""


class Page(NamedTuple):
    """A page of the list.

    Attributes:
        records: what is on it; may be empty though there is a next one.
        following: the token of the next page; None for the last one.
    """

    records: tuple[Record, ...]
    following: str | None = None


class PartnerCenter:
    """Partner Center's referrals, one request at a time.

    Attributes:
        requests: how many were sent.
        notes: which headers its answers have.
    """

    def __init__(
        self,
        transport: Transport,
        tokens: TokenSource,
        base_url: str,
        *,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin.

        Args:
            transport: the way out.
            tokens: where tokens come from.
            base_url: the service's address.
            before: called before each request; may raise, and then nothing is sent.
        """
        self._transport = transport
        self._tokens = tokens
        self._base = base_url.rstrip("/") + PATH
        self.before = before
        self.requests = 0
        self.notes: dict[str, str] = {}

    def who(self) -> Token:
        """Who is signed in.

        Raises:
            SignedOutError: when nobody is.
        """
        return self._tokens.token()

    def page(self, *, inbox: bool = False, token: str | None = None) -> Page:
        """A page of referrals: of those that wait for an answer, newest first, or of all, last changed first.

        Args:
            inbox: only what waits.
            token: of a page that follows; it says the rest by itself.

        Raises:
            TokenRefusedError: when the token is not taken.
        """
        query = f"$skiptoken={quote(token, safe='')}" if token is not None else INBOX if inbox else NEWEST
        try:
            content = self._content(self._call("GET", f"{self._base}?{query}"))
        except RefusedError as error:
            if token is not None and error.status in (400, 404, 410):
                raise TokenRefusedError(str(error), error.status, error.code) from None
            raise
        listed = content.get("value")
        if not isinstance(listed, list):
            raise NoAnswerError(_("the answer is no list of referrals"))
        records = tuple(_record(one, "") for one in listed if isinstance(one, dict))
        link = content.get("@odata.nextLink")
        return Page(records, _skip_token(link))

    def one(self, source_id: str) -> Record:
        """One referral as it stands there.

        Raises:
            NotVisibleError: when there is none for this account.
        """
        answer = self._call("GET", self._of(source_id))
        return self._same(_record(self._content(answer), answer.headers.get("etag", "")), source_id)

    def change(self, source_id: str, operations: Sequence[Mapping[str, Any]], *, etag: str, request_id: str) -> Record:
        """Change one referral, if it is still in the state that `etag` names.

        Args:
            source_id: which.
            operations: a JSON Patch of `add` and `replace`.
            etag: the state that was read.
            request_id: the same for every try of one change.

        Returns:
            The record as it stands afterwards.

        Raises:
            ChangedError: when it is in another state.
            RefusedError: when the service does not take the change.
            NoAnswerError: when it may have been done, or not.
        """
        headers = {
            "Content-Type": "application/json",
            "If-Match": etag,
            "Prefer": "return=representation",
            "request-id": request_id,
            "MS-RequestId": request_id,
        }
        body = json.dumps(list(operations), ensure_ascii=False, separators=(",", ":")).encode()
        answer = self._call("PATCH", self._of(source_id), headers, body)
        if answer.status == 204 or not answer.body:
            return self.one(source_id)
        return self._same(_record(self._content(answer), answer.headers.get("etag", "")), source_id)

    def probe(self, query: str, source_id: str | None = None) -> tuple[int, Json]:
        """Status and content of a question that may be refused; it only reads (`doctor --partner-center`)."""
        url = f"{self._base}?{query}" if source_id is None else self._of(source_id)
        answer = self._send("GET", url, self._tokens.token(), None, None)
        self.notes |= dict.fromkeys(answer.headers, "")
        try:
            return answer.status, self._content(answer)
        except NoAnswerError:
            return answer.status, {}

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _of(self, source_id: str) -> str:
        return f"{self._base}/{quote(source_id, safe='')}"

    @staticmethod
    def _same(record: Record, source_id: str) -> Record:
        if str(record.content.get("id", "")).strip("{}").lower() != source_id.lower():
            raise NoAnswerError(_("the answer is about another referral"))
        return record

    @staticmethod
    def _content(answer: Answer) -> Json:
        content = answer.json()
        if not isinstance(content, dict):
            raise NoAnswerError(_("the answer is no object"))
        return content

    def _call(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Answer:
        token = self._tokens.token()
        answer = self._send(method, url, token, headers, content)
        if answer.status == 401:
            if _error(answer)[0] == NO_MFA:
                raise SignedOutError(
                    _(
                        "Partner Center asks for multifactor authentication (900421): sign in again with it, refterm login"
                    )
                )
            token = self._tokens.token(fresh=True, claims=_claims(answer))
            answer = self._send(method, url, token, headers, content)
        if answer.status == 401:
            raise SignedOutError(
                _("Partner Center does not take the sign-in ({words}); run refterm login again").format(
                    words=self._words(answer, token)
                )
            )
        if answer.status == 403:
            raise ForbiddenError(
                _(
                    "{account} may not see these referrals; it needs the role Referrals admin or Referrals user in Partner"
                    " Center ({words})"
                ).format(account=token.account or _("this account"), words=self._words(answer, token))
            )
        require_pause(answer)
        if answer.status < 300:
            return answer
        if method == "GET" and answer.status in (409, 412):  # a question changes nothing: it can be asked again
            raise NoAnswerError(self._words(answer, token))
        kind = {404: NotVisibleError, 409: ChangedError, 412: ChangedError}.get(answer.status, RefusedError)
        raise kind(self._words(answer, token), answer.status, _error(answer)[0])

    def _send(
        self, method: str, url: str, token: Token, headers: Mapping[str, str] | None, content: bytes | None
    ) -> Answer:
        self.before()
        self.requests += 1
        given = {
            "Authorization": f"Bearer {token.text}",
            "Accept": "application/json",
            "client-request-id": str(uuid.uuid4()),
            **(headers or {}),
        }
        return self._transport.send(method, url, given, content)

    @staticmethod
    def _words(answer: Answer, token: Token) -> str:
        """The service's words, cleaned; a token that it repeats is left out."""
        text = _error(answer)[1] or _("error {n}").format(n=answer.status)
        return words(text.replace(token.text, "..."))


def _record(content: Json, etag: str) -> Record:
    stated = content.get("eTag") or content.get("@odata.etag") or etag
    return Record(content, stated if isinstance(stated, str) and stated.isprintable() else "")


def _skip_token(link: object) -> str | None:
    """The token of the next page from its link, of which nothing else is used; None where there is no link."""
    if not link:
        return None
    try:
        given = parse_qs(urlsplit(str(link)).query)
        return next(values[0] for key, values in given.items() if key.lower() == "$skiptoken")
    except (ValueError, StopIteration):
        raise TokenRefusedError(_("the link to the next page has no token"), 400) from None


def _error(answer: Answer) -> tuple[str, str]:
    """Code and words of an error, in any of the forms that are known."""
    try:
        body = answer.json()
    except NoAnswerError:
        return "", ""
    inner = body.get("error", body) if isinstance(body, dict) else {}
    if not isinstance(inner, dict):
        return "", str(inner)
    code = inner.get("code", inner.get("statusCode", ""))
    return str(code), str(inner.get("message") or inner.get("description") or inner.get("error_description") or code)


def _claims(answer: Answer) -> str | None:
    """What an answer demands of the token (continuous access evaluation); None for nothing."""
    found = re.search(r'claims="([^"]+)"', answer.headers.get("www-authenticate", ""))
    if not found:
        return None
    text = found[1]
    if not text.lstrip().startswith("{"):
        import base64

        try:
            text = base64.b64decode(text + "=" * (-len(text) % 4)).decode()
        except ValueError:
            return None
    return text if text.lstrip().startswith("{") else None
