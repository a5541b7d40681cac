"""What can go wrong between the desk and Partner Center, by what has to be done about it."""

from __future__ import annotations

from refterm.errors import RefTermError
from refterm.text import clean_line

MOST_WORDS = 300


class PartnerCenterError(RefTermError):
    """Anything that the service or the way to it refuses."""


class SignedOutError(PartnerCenterError):
    """Nobody is signed in, or the sign-in is dead: a person has to sign in again."""


class ForbiddenError(PartnerCenterError):
    """The account may not do this (403): a role is missing, or a policy forbids it."""


class NoAnswerError(PartnerCenterError):
    """No answer that can be used: not reached, broken off, an error of the server's. What was asked may have been done."""


class PausedError(PartnerCenterError):
    """The service asks for a pause (429, 503).

    Attributes:
        seconds: how long; at most an hour.
    """

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class RefusedError(PartnerCenterError):
    """The service refused a request, and would refuse it again.

    Attributes:
        status: the HTTP status.
        code: the service's own code; may be empty.
    """

    def __init__(self, words: str, status: int, code: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.code = code


class ChangedError(RefusedError):
    """The record was changed since it was read (412), or is being changed (409)."""


class NotVisibleError(RefusedError):
    """There is no such referral for this account (404)."""


class TokenRefusedError(RefusedError):
    """The token of the next page was refused, or none can be read from its link: the pass starts again."""


def words(text: object) -> str:
    """The service's words as they may be shown: cleaned like a customer's, in one line, not too long."""
    return " ".join(clean_line(str(text)).split())[:MOST_WORDS]
