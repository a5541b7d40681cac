"""Push: what was decided here goes there, referral by referral and in order; and what to do where both sides changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from refterm.domain.history import Action, Actor
from refterm.domain.referral import Status
from refterm.formats import patch
from refterm.formats.api_json import Json, RecordError
from refterm.i18n import _
from refterm.partner_center.client import Record
from refterm.partner_center.errors import (
    ChangedError,
    ForbiddenError,
    NoAnswerError,
    NotVisibleError,
    PausedError,
    RefusedError,
    SignedOutError,
    words,
)
from refterm.services.sync import taking
from refterm.services.sync.passing import Pass, backoff
from refterm.services.sync.pull import gone, remembered
from refterm.services.sync.taking import Seen
from refterm.store import arrivals, codec, journal, remote, updates

ROUNDS = 5
CLAIM = timedelta(minutes=10)
SOME = 50
Row = dict[str, Any]


class Plan(NamedTuple):
    """What to do about a push, given how the referral stands there now.

    Attributes:
        yields: it was closed or decided otherwise there; theirs stands.
        operations: what to send; nothing where all is as wanted already.
        conflicts: fields that both sides changed: theirs and ours, by column.
    """

    yields: bool
    operations: list[Json]
    conflicts: dict[str, tuple[Any, Any]]


def plan(changed: Mapping[str, list[Any]], need: str, base: patch.Columns, there: Seen) -> Plan:
    """Compare what was changed here with what changed there since both agreed, field by field.

    Args:
        changed: values before and after by column.
        need: the customer's words.
        base: the columns when both sides last agreed.
        there: the referral as it stands there.
    """
    theirs = there.columns
    send: dict[str, Any] = {}
    conflicts: dict[str, tuple[Any, Any]] = {}
    if "status" in changed or "outcome" in changed:
        standing = {column: changed[column][1] if column in changed else theirs[column] for column in patch.STANDING}
        if "outcome" not in changed:
            standing["outcome"] = None
        ours_now, theirs_now = (standing["status"], standing["outcome"]), (theirs["status"], theirs["outcome"])
        if ours_now != theirs_now:
            if theirs_now != (base["status"], base["outcome"]) or theirs["status"] == Status.ARCHIVED:
                return Plan(True, [], {})
            send |= {**standing, "reason": _after(changed, "reason"), "reason_notes": _after(changed, "reason_notes")}
    elif theirs["status"] != Status.ACTIVE:
        return Plan(True, [], {})
    for column in patch.FIELDS:
        if column not in changed:
            continue
        ours = patch.wanted(column, changed[column][1], need)
        if ours == theirs[column] or (not ours and not theirs[column]):
            continue
        if theirs[column] != base[column]:
            conflicts[column] = (theirs[column], changed[column][1])
        else:
            send[column] = ours
    before_team = patch.wanted("team", changed["team"][0], need) if "team" in changed else []
    return Plan(False, patch.operations(there.content, send, before_team=before_team), conflicts)


def _after(changed: Mapping[str, list[Any]], column: str) -> Any:
    return changed[column][1] if column in changed else None


def push(one: Pass) -> None:
    """Send what is due, each referral's changes in order.

    Raises:
        SignedOutError: when a person has to sign in; nothing is lost, and nothing counts as tried.
        NoAnswerError: when the service is not reached.
    """
    tried: set[int] = set()
    while True:
        with one.workplace.database.reading() as connection:
            due = [item for item in remote.due(connection, one.workplace.now()) if item["id"] not in tried]
        if not due:
            return
        for item in due[:SOME]:
            tried.add(item["id"])
            _send(one, item)


def _send(one: Pass, item: Row) -> None:
    workplace = one.workplace
    with workplace.database.writing() as connection:
        if not remote.claim(connection, item["id"], codec.micros(workplace.now() + CLAIM)):
            return
        row = updates.get(connection, item["referral_id"])
        known = remote.one(connection, item["referral_id"])
        item = _together([found for found in remote.pushes(connection, row["id"]) if found["id"] >= item["id"]])
    if known is None:  # its desk was bound anew
        _fail(one, item, _("Partner Center does not know this referral"))
        return
    try:
        _rounds(one, item, row, known)
    except NotVisibleError as error:
        gone(one, row["id"], str(error))
        _fail(
            one,
            item,
            _("Partner Center does not show this referral to {account}: {words}").format(
                account=one.summary.account or _("this account"), words=error
            ),
        )
    except (SignedOutError, ForbiddenError, PausedError):
        with workplace.database.writing() as connection:
            remote.unclaim(connection, item["id"], int(item["attempts"]) - 1)
        raise
    except NoAnswerError as error:
        later = workplace.now() + timedelta(seconds=backoff(int(item["attempts"]), one.pace))
        with workplace.database.writing() as connection:
            remote.put_off(connection, item["id"], codec.micros(later), words(error))
        raise
    except RefusedError as error:
        _fail(one, item, str(error))
    except RecordError as error:
        _fail(one, item, words(error))


def _together(items: list[Row]) -> Row:
    """The first of a referral's pushes, and with it the edits that follow before the next decision."""
    first, *rest = items
    changed = json.loads(first["text"] or "{}")
    along = []
    for item in rest:
        more = json.loads(item["text"] or "{}")
        if item["state"] == "failed" or more.keys() & set(patch.STANDING):
            break
        along.append(item["id"])
        for column, (was, now) in more.items():
            changed[column] = [changed[column][0] if column in changed else was, now]
    return {**first, "text": codec.dump(changed), "along": along}


def _rounds(one: Pass, item: Row, row: Row, known: Row) -> None:
    """Send, and where the record changed meanwhile read it again and send what is still to be sent, five times at most."""
    now = one.workplace.now()
    changed = json.loads(item["text"] or "{}")
    there = taking.kept(one.workplace, known["record"], known["etag"] or "", now)
    base = there.columns
    merged = not there.etag
    if not there.etag:
        there = _read(one, row["source_id"])
    for _round in range(ROUNDS):
        found = plan(changed, row["need"], base, there)
        if found.yields:
            _yield(one, item, there)
            return
        if not found.operations:
            _done(one, item, there, found, merged=merged)
            return
        try:
            answer = one.ask(lambda sent=found, at=there: _patch(one, row, item, sent, at))  # type: ignore[misc]
        except NotVisibleError:
            raise
        except RefusedError as error:
            again = _read(one, row["source_id"])
            same = again.etag == there.etag
            if same and not isinstance(error, ChangedError):
                raise
            if same:
                one.wait(backoff(_round + 1, one.pace))
            merged, there, last = merged or not same, again, error
            continue
        _done(one, item, taking.seen(one.workplace, answer.content, answer.etag, now), found, merged=merged)
        return
    # It may be as wanted by now.
    if not (found := plan(changed, row["need"], base, there)).yields and not found.operations:
        _done(one, item, there, found, merged=merged)
        return
    raise last


def _patch(one: Pass, row: Row, item: Row, found: Plan, there: Seen) -> Record:
    return one.client.change(row["source_id"], found.operations, etag=there.etag, request_id=item["message_id"])


def _read(one: Pass, source_id: str) -> Seen:
    answer = one.ask(lambda: one.client.one(source_id))
    return taking.seen(one.workplace, answer.content, answer.etag, one.workplace.now())


def _decider(one: Pass, item: Row) -> Actor:
    return Actor(item["person"] or one.workplace.actor.name, one.workplace.actor.login)


def _done(one: Pass, item: Row, there: Seen, found: Plan, *, merged: bool) -> None:
    """It is there: what else came with it is taken over, and what both changed is shown beside."""
    workplace, now = one.workplace, one.workplace.now()
    with workplace.database.writing() as connection:
        row = updates.get(connection, item["referral_id"])
        for number in (item["id"], *item["along"]):
            remote.settle(connection, number, "sent")
        later = {
            column
            for other in remote.pushes(connection, row["id"])
            if other["id"] not in (item["id"], *item["along"])
            for column in json.loads(other["text"] or "{}")
        }
        if later & set(patch.STANDING):
            later |= {"status"}
        sent = ", ".join(dict.fromkeys(_field(column) for column in json.loads(item["text"] or "{}")))
        journal.record(connection, row, row, Action.PUSHED, _decider(one, item), now, extra={"sent": sent})
        after = _take(one, connection, row, there, frozenset(later), now)
        if after != row and (merged or found.conflicts) and codec.changes(row, after):
            journal.record(connection, row, after, Action.MERGED, _decider(one, item), now)
            one.summary.merged += 1
        elif after != row and codec.changes(row, after):
            journal.record(connection, row, after, Action.UPDATED, one.there, now)
        if found.conflicts:
            shown = [
                {"field": _field(column), "column": column, "theirs": theirs, "ours": ours, "by": item["person"]}
                for column, (theirs, ours) in found.conflicts.items()
            ]
            remote.mark(connection, row["id"], conflict=codec.dump(shown))
        else:
            remote.mark(connection, row["id"], conflict=None)
    one.summary.pushed += 1


def _take(one: Pass, connection: Any, row: Row, there: Seen, leave: frozenset[str], now: datetime) -> Row:
    text, incoming = taking.over(arrivals.record(connection, row["id"]), there, one.workplace, now)
    changes = taking.changes(row, incoming, now, leave=leave)
    if incoming.updated_at is not None:
        changes["source_updated_at"] = codec.micros(incoming.updated_at)
    changes = {column: value for column, value in changes.items() if value != row[column]}
    after = row
    if changes:
        after = updates.update(connection, row, {**changes, "changed_at": codec.micros(now)})
    arrivals.replace_record(connection, row["id"], text)
    remote.keep(connection, [remembered(one, row["id"], there)])
    return after


def _yield(one: Pass, item: Row, there: Seen) -> None:
    """Decided otherwise there: theirs stands; what was typed here stays whole in the history."""
    workplace, now = one.workplace, one.workplace.now()
    with workplace.database.writing() as connection:
        row = updates.get(connection, item["referral_id"])
        why = _("Partner Center has it as {state}; that stands").format(
            state=there.content.get("substatus") or there.content.get("status")
        )
        for other in remote.pushes(connection, row["id"]):
            remote.settle(connection, other["id"], "undone", words(why))
        after = _take(one, connection, row, there, frozenset(), now)
        journal.record(connection, row, after, Action.YIELDED, _decider(one, item), now)
        remote.cancel_letters(connection, row["id"])
        remote.mark(connection, row["id"], conflict=None)
    one.summary.yielded += 1


def _fail(one: Pass, item: Row, sentence: str) -> None:
    with one.workplace.database.writing() as connection:
        remote.settle(connection, item["id"], "failed", sentence[:300])
        remote.mark(connection, item["referral_id"], error=sentence[:300])
    one.summary.failed += 1


def _field(column: str) -> str:
    return codec.FIELD_OF_COLUMN.get(column, column)
