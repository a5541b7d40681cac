"""The sync as a whole: one pass, what became of it, and what it would send (`refterm sync`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from refterm.formats import patch
from refterm.i18n import _
from refterm.partner_center.errors import ForbiddenError, NoAnswerError, PausedError, RefusedError, SignedOutError
from refterm.services.sync.passing import Pace, Pass, Summary, WrongTenantError
from refterm.services.sync.pull import bind, pull
from refterm.services.sync.push import push
from refterm.services.workplace import Workplace
from refterm.store import codec, queries, remote

if TYPE_CHECKING:
    from refterm.partner_center.client import PartnerCenter


def run(
    workplace: Workplace,
    client: PartnerCenter,
    *,
    full: bool = False,
    adopt: bool = False,
    pulls: bool = True,
    pace: Pace = Pace(),
    holder: str | None = None,
    told: Callable[[int], None] = lambda _count: None,
) -> tuple[Summary, int]:
    """Pull, then push what is due.

    Args:
        workplace: the desk.
        client: the service.
        full: read everything there, not only what changed.
        adopt: bind the desk to this account's tenant and organisation.
        pulls: False: only push.
        pace: how it waits.
        holder: who has the lease already.
        told: told how many referrals were received.

    Returns:
        What was done, and the exit status: 0 whole, 1 refused, 3 in part.

    Raises:
        BusyError: when another process syncs this desk.
        NotAllowedError: when this login may not.
    """
    workplace.require_writing()
    workplace.require("sync --full" if full else "sync")
    one = Pass(workplace, client, pace, told=told)
    if holder is not None:
        one.holder = holder
    one.begin()
    status, problem = 0, None
    try:
        bind(one, anew=adopt)
        try:
            if pulls:
                pull(one, full=full or adopt)
        finally:
            # What is decided goes out though the list cannot be read; a sign-in that is dead stops both.
            one.summary.organization = one.summary.organization or _bound(workplace)
        push(one)
    except (SignedOutError, ForbiddenError, WrongTenantError) as error:
        status = 1
        problem = "signed-out" if isinstance(error, SignedOutError) else "forbidden"
        one.summary.error = str(error)
    except PausedError as error:
        status, one.summary.error = 3, str(error)
    except RefusedError as error:  # of a list; what is refused of one change is that change's affair
        status, one.summary.error = 3, str(error)
    except NoAnswerError as error:
        status, problem, one.summary.error = 3, "offline", str(error)
    finally:
        _close(one, problem)
    if status == 0 and one.summary.failed:
        status = 3
    one.summary.complete = status == 0
    return one.summary, status


def _bound(workplace: Workplace) -> str | None:
    with workplace.database.reading() as connection:
        found = remote.state(connection)["organization"]
    return None if found is None else str(found)


def _close(one: Pass, problem: str | None) -> None:
    summary = one.summary
    with one.workplace.database.writing() as connection:
        summary.waiting = remote.waiting(connection)[0]
        values: dict[str, Any] = {"tried_at": one.moment, "problem": problem, "error": summary.error}
        remote.put_state(connection, values)
        remote.leave_lease(connection, one.holder)
    summary.requests = one.client.requests
    summary.ended_at = one.workplace.now()


def would_send(workplace: Workplace) -> Iterator[str]:
    """What the next pushes would send, in words, a line each; nothing is asked and nothing is sent."""
    with workplace.database.reading() as connection:
        items = [item for item in queries.outbox(connection) if item["kind"] == "push"]
    for item in items:
        if item["state"] not in ("held", "due", "failed"):
            continue
        with workplace.database.reading() as connection:
            referral = queries.referral(connection, item["referral_id"])
        changed = json.loads(item["text"] or "{}")
        parts = [_said(column, both[1], referral.need) for column, both in changed.items()]
        yield _("{id} {customer}: {changes}").format(
            id=referral.id, customer=referral.customer.company, changes=", ".join(part for part in parts if part)
        )


def _said(column: str, value: Any, need: str) -> str:
    if column == "team":
        value = "; ".join(" ".join(filter(None, member)) for member in patch.wanted(column, value, need))
    name = codec.FIELD_OF_COLUMN[column].removeprefix("deal.")
    return f"{name} = {value}" if value is not None else ""


def as_json(summary: Summary) -> dict[str, Any]:
    """The keys of `sync --json`."""
    found = {name: getattr(summary, name) for name in Summary.__slots__}
    return {
        name: codec.iso(value) if name.endswith(("_at", "_until")) and value is not None else value
        for name, value in found.items()
    }


def let_go(workplace: Workplace) -> None:
    """Let pushes be sent that were decided before the desk was connected.

    Raises:
        NotAllowedError: unless an admin does it.
    """
    workplace.require("sync --adopt")
    with workplace.database.writing() as connection:
        remote.let_go(connection, remote.on_hold(connection), codec.micros(workplace.now()))


def on_hold(workplace: Workplace) -> int:
    """How many pushes wait for somebody to let them go."""
    with workplace.database.reading() as connection:
        return len(remote.on_hold(connection))
