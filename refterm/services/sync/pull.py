"""Pull: what changed there since the last pass, and the Inbox first where everything is read (contract, sync)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from refterm.domain.history import Action, Actor
from refterm.domain.referral import Outcome, Status
from refterm.formats import record
from refterm.formats.api_json import RecordError
from refterm.i18n import _
from refterm.partner_center.client import Page, Record
from refterm.partner_center.errors import ForbiddenError, NoAnswerError, NotVisibleError, TokenRefusedError
from refterm.services.importing import columns_of
from refterm.services.profiles import Router
from refterm.services.sync import taking
from refterm.services.sync.adopting import adopt
from refterm.services.sync.passing import Pass, WrongTenantError
from refterm.services.sync.taking import Seen
from refterm.store import arrivals, codec, journal, remote, updates
from refterm.store.connection import Connection

OVERLAP = timedelta(minutes=2)
EVERYTHING = timedelta(days=1)
MOST_PAGES, MOST_STARTS = 10_000, 3
# How many referrals are looked at one by one after a full pass, and how many that were left behind.
MOST_LOOKED_AT = 100


def bind(one: Pass, *, anew: bool) -> None:
    """Bind the desk to the account's tenant, or refuse another one than its own.

    Raises:
        WrongTenantError: for another tenant.
        NotAllowedError: when somebody who is no admin binds it anew.
    """
    token = one.client.who()
    summary = one.summary
    summary.account, summary.tenant = token.account or None, token.tenant or None
    with one.workplace.database.reading() as connection:
        state = remote.state(connection)
    if state["tenant"] and summary.tenant and state["tenant"].casefold() != summary.tenant.casefold():
        if not anew:
            raise WrongTenantError(
                _(
                    "this desk belongs to the tenant {own}, and {account} is of {other}; sign in with another account, or"
                    " bind the desk anew with refterm sync --adopt"
                ).format(own=state["tenant"], account=token.account or _("this account"), other=summary.tenant)
            )
        state["organization"] = None
    if anew:
        one.workplace.require("sync --adopt")
        state["organization"] = None
    summary.organization = state["organization"]
    values = {"tenant": summary.tenant or state["tenant"], "organization": state["organization"]}
    if anew or (summary.account and state["account"] != summary.account):
        # Another account may see other referrals: it starts with everything.
        values |= {"account": summary.account, "watermark": None, "full_at": None}
    with one.workplace.database.writing() as connection:
        remote.put_state(connection, values)


def pull(one: Pass, *, full: bool) -> None:
    """Bring in what is new and what changed.

    Raises:
        NoAnswerError: when the service cannot be reached, or gives no list that ends.
        ForbiddenError: when the account may not read it.
    """
    with one.workplace.database.reading() as connection:
        state = remote.state(connection)
    begun = one.workplace.now()
    mark = codec.instant_or_none(state["watermark"])
    full_at = codec.instant_or_none(state["full_at"])
    full = full or mark is None or full_at is None or begun - full_at >= EVERYTHING
    if full:
        _walk(one, lambda token: one.client.page(inbox=True, token=token), None)
    newest = _walk(one, lambda token: one.client.page(token=token), None if full or mark is None else mark - OVERLAP)
    if full:
        _look_for_unseen(one, begun)
    _catch_up(one)
    values: dict[str, Any] = {"completed_at": one.moment, "organization": one.summary.organization}
    if newest is not None and (mark is None or newest > mark):
        values["watermark"] = codec.micros(newest)
    if full:
        values["full_at"] = codec.micros(begun)
    with one.workplace.database.writing() as connection:
        remote.put_state(connection, values)


def _walk(one: Pass, ask: Callable[[str | None], Page], down_to: datetime | None) -> datetime | None:
    """Read and store page after page; the greatest time of change that was seen.

    Raises:
        NoAnswerError: when there is no end to it after three starts.
    """
    newest: datetime | None = None
    for _start in range(MOST_STARTS):
        token: str | None = None
        tokens: set[str] = set()
        try:
            for _number in range(MOST_PAGES):
                page = one.ask(lambda wanted=token: ask(wanted))  # type: ignore[misc]
                moments = store(one, page.records)
                newest = max((*moments, *([newest] if newest else [])), default=None)
                if page.following is None:
                    return newest
                # A page out of order says nothing about what follows.
                ordered = all(first >= second for first, second in itertools.pairwise(moments))
                if down_to is not None and moments and (max(moments) if not ordered else moments[-1]) < down_to:
                    return newest
                if page.following in tokens:
                    break
                tokens.add(page.following)
                token = page.following
        except TokenRefusedError:
            continue
    raise NoAnswerError(_("Partner Center gives no list that ends; try again later"))


def store(one: Pass, records: Sequence[Record]) -> list[datetime]:
    """Store a page in a transaction of its own; when each was changed there, in the page's order."""
    workplace, now = one.workplace, one.workplace.now()
    there: dict[str, Seen] = {}
    moments = []
    for raw in records:
        try:
            found = taking.seen(workplace, raw.content, raw.etag, now)
        except RecordError:
            one.summary.failed += 1  # it cannot be read; the others come in
            continue
        one.summary.received += 1
        if found.incoming.updated_at is not None:
            moments.append(found.incoming.updated_at)
        before = there.get(found.source_id)
        if before is None or _at(found) >= _at(before):
            there[found.source_id] = found
    if there:
        _check_organization(one, list(there.values()))
        # A page that a power cut takes is read again: the watermark is written after it, and surely.
        with workplace.database.bulk(), workplace.database.writing() as connection:
            _store(one, connection, there, now)
            remote.put_state(connection, {"progress": one.summary.received})  # every desk shows it
    one.told(one.summary.received)
    return moments


def _at(there: Seen) -> int:
    return codec.micros_or_none(there.incoming.updated_at) or 0


def _check_organization(one: Pass, there: Sequence[Seen]) -> None:
    named = {str(given) for item in there if (given := item.content.get("organizationId"))}
    if not named:
        return
    if one.summary.organization is None:
        first = next(str(item.content["organizationId"]) for item in there if item.content.get("organizationId"))
        one.summary.organization = first
        with one.workplace.database.writing() as connection:
            remote.put_state(connection, {"organization": first})
    if one.summary.organization not in named:
        raise WrongTenantError(
            _(
                "this desk belongs to the organisation {own}, and these referrals are of {other}; bind it anew with"
                " refterm sync --adopt"
            ).format(own=one.summary.organization, other=min(named))
        )


def _store(one: Pass, connection: Connection, there: dict[str, Seen], now: datetime) -> None:
    rows = arrivals.known(connection, list(there))
    numbers = [row["id"] for row in rows.values()]
    remotes = remote.known(connection, numbers)
    pending = remote.pending(connection, numbers)
    new: list[Seen] = []
    for source_id, found in there.items():
        row = rows.get(source_id)
        if row is None:
            new.append(found)
            continue
        known = remotes.get(row["id"])
        if known is not None and not known["behind"] and _is_known(row, known, found):
            one.summary.unchanged += 1
            _seen_again(one, connection, row["id"], known)
        elif known is not None and row["id"] in pending:
            # What waits is merged with it when it is sent.
            remote.mark(connection, row["id"], behind=1, synced_at=one.moment)
            one.summary.unchanged += 1
        elif known is None:
            adopt(one, connection, row, found, now)
        else:
            take(one, connection, row, found, now)
    _insert(one, connection, new, now)


def _is_known(row: dict[str, Any], known: dict[str, Any], found: Seen) -> bool:
    """Whether a record says nothing that was not seen before; an older state says nothing either."""
    return bool(known["etag"] == found.etag != "" or _at(found) < (row["source_updated_at"] or 0))


def _seen_again(one: Pass, connection: Connection, referral_id: int, known: dict[str, Any]) -> None:
    values: dict[str, Any] = {"synced_at": one.moment}
    if known["not_visible_since"] is not None:
        values |= {"not_visible_since": None, "error": None, "account": one.summary.account}
    remote.mark(connection, referral_id, **values)


def take(one: Pass, connection: Connection, row: dict[str, Any], there: Seen, now: datetime) -> dict[str, Any]:
    """Take over what is newer of a referral of which nothing waits to be sent; the row as it is then."""
    text, incoming = taking.over(arrivals.record(connection, row["id"]), there, one.workplace, now)
    changes = taking.changes(row, incoming, now)
    after = row
    if incoming.updated_at is not None and codec.micros(incoming.updated_at) != row["source_updated_at"]:
        changes["source_updated_at"] = codec.micros(incoming.updated_at)
    if changes:
        after = updates.update(connection, row, {**changes, "changed_at": codec.micros(now)})
        shown = codec.changes(row, after)
        action = taking.action(row, after)
        if shown:
            # What does not stand is told to who decided it; what arrives is Partner Center's.
            mine = taking.decider(row) if action is Action.YIELDED else None
            by = Actor(mine, one.there.login) if mine else one.there
            journal.record(connection, row, after, action, by, now)
            one.summary.updated += 1
        else:
            one.summary.unchanged += 1
        if (row["status"], row["outcome"]) != (after["status"], after["outcome"]):
            remote.cancel_letters(connection, row["id"])
            one.summary.yielded += action is Action.YIELDED
    else:
        one.summary.unchanged += 1
    arrivals.replace_record(connection, row["id"], text)
    remote.keep(connection, [remembered(one, row["id"], there)])
    return after


def remembered(one: Pass, referral_id: int, there: Seen) -> dict[str, Any]:
    """What is kept of a referral as it was just seen there."""
    return {
        "referral_id": referral_id,
        "etag": there.etag,
        "record": there.text,
        "synced_at": one.moment,
        "account": one.summary.account,
    }


def _insert(one: Pass, connection: Connection, new: Sequence[Seen], now: datetime) -> None:
    if not new:
        return
    last = arrivals.last_number(connection)
    rows = [
        {"id": number, **columns_of(found.incoming, record.arriving(found.incoming, now))}
        for number, found in enumerate(new, last + 1)
    ]
    router = Router(one.workplace, connection)
    notices = [(row["id"], notice) for row in rows for notice in router.arrive(row, now)]
    arrivals.add(connection, rows, [found.text for found in new])
    expired = [
        row
        for row, found in zip(rows, new, strict=True)
        if row["outcome"] == Outcome.EXPIRED and found.incoming.referral.status is Status.NEW
    ]
    journal.record_imported(connection, rows, one.there, now, notices, expired)
    remote.keep(connection, [remembered(one, row["id"], found) for row, found in zip(rows, new, strict=True)])
    one.summary.new += len(new)


def look(one: Pass, referral_id: int, source_id: str) -> None:
    """Look at one referral there; where it is not visible, that is marked and nothing is deleted."""
    try:
        found = one.ask(lambda: one.client.one(source_id))
    except (NotVisibleError, ForbiddenError) as error:
        gone(one, referral_id, str(error))
        return
    store(one, [found])


def gone(one: Pass, referral_id: int, words: str) -> None:
    """Mark a referral that the account does not see any more; nothing is deleted."""
    with one.workplace.database.writing() as connection:
        known = remote.one(connection, referral_id)
        if known is None:
            return
        since = known["not_visible_since"] or one.moment
        account = one.summary.account or known["account"]
        remote.mark(connection, referral_id, not_visible_since=since, account=account, error=words, behind=0)


def _look_for_unseen(one: Pass, since: datetime) -> None:
    """Absence from a list proves nothing: what is open here and was not in it is asked for by itself."""
    with one.workplace.database.reading() as connection:
        unseen = remote.open_and_unseen(connection, codec.micros(since), MOST_LOOKED_AT)
    for item in unseen:
        look(one, item["referral_id"], item["source_id"])


def _catch_up(one: Pass) -> None:
    """Look again at what changed there while something waited here."""
    with one.workplace.database.reading() as connection:
        left_behind = remote.behind(connection, MOST_LOOKED_AT)
    for item in left_behind:
        look(one, item["referral_id"], item["source_id"])
