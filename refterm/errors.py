"""One tree of errors: each says in one sentence what happened and what to do, and knows its exit status."""

from __future__ import annotations


class RefTermError(Exception):
    """Anything a person can be told in one sentence. Exit status 1."""

    exit_status = 1


class ConfigurationError(RefTermError):
    """The configuration has an unknown key or a bad value."""


class StoreError(RefTermError):
    """The database cannot be used: locked, read-only, foreign, newer, full, unreadable."""


class ConnectionLostError(StoreError):
    """The database's server cannot be reached now; nothing was changed, and asking again later may help."""


class NotFoundError(RefTermError):
    """No such referral, contact or file."""


class NotAllowedError(RefTermError):
    """The person, or a read-only desk, may not do this."""


class WrongStateError(RefTermError):
    """The referral is not in a state in which this can be done (H2, T2)."""


class ConflictError(RefTermError):
    """Somebody else changed the same thing meanwhile (T2)."""


class UndoError(RefTermError):
    """The decision cannot be undone; the sentence says why (U1)."""


class InvalidInputError(RefTermError):
    """What was typed is not acceptable: a sentence for each field.

    Attributes:
        fields: sentence by field name, in the order of the form.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__("; ".join(f"{name.replace('_', '-')}: {sentence}" for name, sentence in fields.items()))
