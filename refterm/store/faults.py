"""What can go wrong with a database, told in one sentence that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from refterm.errors import ConnectionLostError, StoreError
from refterm.i18n import _

BUSY_SECONDS = 5.0


class FaultError(Exception):
    """The end of a sentence about the database, such as `is a folder`; `explained` puts its name before it."""


class LostError(FaultError):
    """The same, where the server cannot be reached, now; asking again later may help."""


@contextmanager
def explained(
    name: str, drivers: tuple[type[Exception], ...], fault_of: Callable[[Exception], FaultError]
) -> Iterator[None]:
    """Turn faults and the driver's errors into a StoreError: one sentence that names the database and says what to do.

    Args:
        name: the database's.
        drivers: the errors to explain.
        fault_of: what each of them means.

    Raises:
        StoreError: for every fault.
        ConnectionLostError: the same, where the server cannot be reached.
    """
    try:
        yield
    except FaultError as fault:
        raise _sentence(name, fault) from fault
    except drivers as error:
        raise _sentence(name, fault_of(error)) from error
    except Exception as error:
        cause = getattr(error, "orig", None)  # SQLAlchemy wraps the driver's error
        if not isinstance(cause, drivers):
            raise
        raise _sentence(name, fault_of(cause)) from error


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
