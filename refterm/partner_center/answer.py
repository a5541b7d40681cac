"""An answer of the service, the transport that brings it, and the pauses that it asks for; no HTTP library is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from refterm.i18n import _
from refterm.partner_center.errors import NoAnswerError, PausedError, words

LONGEST_PAUSE, USUAL_PAUSE = 3600.0, 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a server; its content never shows in a representation.

    Attributes:
        status: the HTTP status.
        headers: by their name in small letters.
        body: whole.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON, decimals exact.

        Raises:
            NoAnswerError: when it says that it is something else, or is broken.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            raise NoAnswerError(
                _("the answer is no JSON but {kind}").format(kind=words(kind) or _("of no stated kind"))
            )
        try:
            return json.loads(self.body, parse_float=Decimal)
        except (ValueError, RecursionError, ArithmeticError):
            raise NoAnswerError(_("the answer is broken JSON")) from None


class Transport(Protocol):
    """Carries a request to the service, and its answer back."""

    def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """Send a request.

        Raises:
            NoAnswerError: when there is no answer that can be used; the request may have been carried out.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


def pause_of(answer: Answer) -> float | None:
    """The pause that an answer asks for, in seconds, at most an hour; None where it asks for none.

    A date counts from the server's own, so that a clock that is wrong here changes nothing.
    """
    stated = answer.headers.get("retry-after", "").strip()
    if not stated:
        return None
    if stated.isdecimal():
        return min(float(stated[:9]), LONGEST_PAUSE)
    from email.utils import parsedate_to_datetime

    try:
        until = parsedate_to_datetime(stated)
        since = parsedate_to_datetime(answer.headers["date"])
        return min(max((until - since).total_seconds(), 0.0), LONGEST_PAUSE)
    except (ValueError, KeyError, TypeError):
        return USUAL_PAUSE


def require_pause(answer: Answer) -> None:
    """Refuse an answer that asks for a pause, or is an error of the server's.

    Raises:
        PausedError: for 429, and 503 that states how long.
        NoAnswerError: for any other error of the server's.
    """
    pause = pause_of(answer)
    if answer.status == 429 or (answer.status == 503 and pause is not None):
        pause = USUAL_PAUSE if pause is None else pause
        raise PausedError(_("Partner Center asks for a pause of {n} s").format(n=round(pause)), pause)
    if answer.status >= 500 or answer.status == 408:
        raise NoAnswerError(_("Partner Center answers with its error {n}").format(n=answer.status))
