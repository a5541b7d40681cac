"""Errors of a database as one sentence that names it."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from refterm.errors import ConnectionLostError, StoreError
from refterm.i18n import _

BUSY_SECONDS = 5.0


class FaultError(Exception):
    """The end of a sentence about the database, such as `is a folder`; `Explained` puts its name before it."""


class LostError(FaultError):
    """The server cannot be reached now; a later try may succeed."""


class Explained:
    """A context that turns faults and the driver's errors into a StoreError: what happened and what to do.

    It keeps nothing from one use to the next, so that a database has one for all its reads. A class, not a generator:
    every read of a key press goes through it.
    """

    def __init__(
        self, name: str, drivers: tuple[type[Exception], ...], fault_of: Callable[[Exception], FaultError]
    ) -> None:
        """Explain the errors of one database.

        Args:
            name: the database's, with which each sentence begins.
            drivers: the errors to explain.
            fault_of: what each of them means.
        """
        self._name = name
        self._drivers = drivers
        self._fault_of = fault_of

    def __enter__(self) -> None:
        """Nothing is to be prepared."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Explain an error.

        Raises:
            StoreError: for every fault.
            ConnectionLostError: the same, where the server cannot be reached.
        """
        if error is not None and (sentence := self.sentence(error)):
            raise sentence from error

    def sentence(self, error: BaseException) -> StoreError | None:
        """What an error means; None where it is not the database's."""
        if isinstance(error, FaultError):
            return _sentence(self._name, error)
        # SQLAlchemy wraps the driver's error.
        cause = error if isinstance(error, self._drivers) else getattr(error, "orig", None)
        return _sentence(self._name, self._fault_of(cause)) if isinstance(cause, self._drivers) else None


def _sentence(name: str, fault: FaultError) -> StoreError:
    kind = ConnectionLostError if isinstance(fault, LostError) else StoreError
    return kind(f"{name} {fault}")


def busy() -> FaultError:
    """Somebody else has held the lock for too long."""
    return FaultError(
        _("is in use: another program has held it for {seconds:.0f} s; try again in a moment").format(
            seconds=BUSY_SECONDS
        )
    )


def disk_full() -> FaultError:
    """No room for what was to be written."""
    return FaultError(_("cannot be written: the disk is full; nothing was changed"))
