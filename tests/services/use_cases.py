"""Every use case once, with what it must leave behind: the rules of the domain as a table that several tests go through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from refterm.domain.decisions import Context
from refterm.services.assigning import Assigning
from refterm.services.background.expiry import expire_due
from refterm.services.follow_ups import FollowUps
from refterm.services.marks import Marks
from refterm.services.replies import Replies
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from tests.conftest import import_into
from tests.samples import NOW, active_record, ahead, api_record, closed_record
from tests.store.support import seated

Json = dict[str, Any]

AT = "2026-03-02T09:00:00Z"
CONTEXT = Context(today=NOW.date())
ACCEPTANCE = {
    "name": "  Mailbox migration ",
    "value": "12,500.50",
    "currency": "EUR",
    "timeframe": "1-3 months",
    "notes": "80 mailboxes\nand a file server",
    "crm_id": "OPP-7",
    "campaign_id": "",
    "contacts": "Mara Voss; mara.voss@nordlicht.example; +49 431 10",
}
REFUSAL = {"reason": "2", "notes": "no answer\nfor a week"}
LETTER = {"to": "", "subject": "Your request", "text": "Dear Inga,\nmay we call?"}
PERSON = {"name": "Tom Ode", "email": "tom.ode@nordlicht.example", "phone": "+49 431 11"}

MARA = {"name": "Mara Voss", "email": "mara.voss@nordlicht-cloud.example", "phone": "+494310000010"}
ACCEPTED: Mapping[str, list[Any]] = {
    "status": ["new", "active"],
    "decided_at": [None, AT],
    "decided_by": [None, "ana"],
    "changed_here": [False, True],
    "deal.name": [None, "Mailbox migration"],
    "deal.value": [None, "12500.50"],
    "deal.currency": [None, "EUR"],
    "deal.timeframe": [None, "1-3 months"],
    "deal.purchase_date": [None, "2026-06-02"],
    "deal.notes": [None, "80 mailboxes\nand a file server"],
    "deal.crm_id": [None, "OPP-7"],
    "team": [[], [{"name": "Mara Voss", "email": "mara.voss@nordlicht.example", "phone": "+49 431 10"}]],
}
DECLINED: Mapping[str, list[Any]] = {
    "status": ["new", "archived"],
    "outcome": [None, "declined"],
    "decided_at": [None, AT],
    "decided_by": [None, "ana"],
    "closed_at": [None, AT],
    "closed_by": [None, "ana"],
    "reason": [None, "no-response"],
    "reason_notes": [None, "no answer\nfor a week"],
    "changed_here": [False, True],
}
WON: Mapping[str, list[Any]] = {
    "status": ["active", "archived"],
    "outcome": [None, "won"],
    "closed_at": [None, AT],
    "closed_by": [None, "ana"],
    "changed_here": [False, True],
    "deal.value": ["5000", "4800.5"],
    "deal.closed_on": [None, "2026-03-02"],
}
LOST: Mapping[str, list[Any]] = {
    "status": ["active", "archived"],
    "outcome": [None, "lost"],
    "closed_at": [None, AT],
    "closed_by": [None, "ana"],
    "changed_here": [False, True],
    "reason": [None, "no-response"],
    "reason_notes": [None, "no answer\nfor a week"],
}

FOLLOW_UP: Mapping[str, list[Any]] = {
    "deal.follow_up_at": [None, "2026-03-03T09:00:00Z"],
    "deal.follow_up_text": [None, "ring them"],
}
# What the history keeps that no column of a referral has.
OF_NO_COLUMN = ("note", "to", "subject", "text", "undone", "source")


def reversed_changes(changes: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
    return {name: [after, before] for name, (before, after) in changes.items()}


def new(workplace: Workplace, **overrides: Any) -> int:
    """A new referral; its customer is inga@kontor.example."""
    overrides.setdefault("customerProfile", {"team": [{"firstName": "Inga", "email": "inga@kontor.example"}]})
    return import_into(workplace, [api_record(**overrides)])[0]


def active(workplace: Workplace, **overrides: Any) -> int:
    """An engagement that was accepted at the source."""
    return import_into(workplace, [active_record(**overrides)])[0]


def closed(outcome: str) -> Callable[[Workplace], int]:
    """A referral that ended so at the source."""
    return lambda workplace: import_into(workplace, [closed_record(outcome)])[0]


# Each state in which a referral can stand; `due` is new in the file, but past its expiry.
STATES: dict[str, Callable[[Workplace], int]] = {
    "new": new,
    "active": active,
    "won": closed("Won"),
    "lost": closed("Lost"),
    "declined": closed("Declined"),
    "expired": closed("Expired"),
}

Act = Callable[[Workplace, int], object]
ACTIONS: dict[str, Act] = {
    "accept": lambda desk, number: Triage(desk).accept(number, ACCEPTANCE, CONTEXT),
    "decline": lambda desk, number: refuse_none(Triage(desk).decline([number], REFUSAL).refused),
    "edit": lambda desk, number: Triage(desk).edit(number, {"name": "Postfächer", "value": "9 usd"}, CONTEXT),
    "add contact": lambda desk, number: Triage(desk).add_contact(number, PERSON),
    "edit contact": lambda desk, number: Triage(desk).edit_contact(number, 1, {"phone": "+1"}),
    "remove contact": lambda desk, number: Triage(desk).remove_contact(number, 1),
    "won": lambda desk, number: Triage(desk).won(number, {"value": "4800.5", "date": "2026-03-02"}, CONTEXT),
    "lost": lambda desk, number: Triage(desk).lost(number, REFUSAL),
    "undo": lambda desk, number: refuse_none(Triage(desk).undo([number]).refused),
    "favorite": lambda desk, number: Marks(desk).favorite(number),
    "take": lambda desk, number: Marks(desk).take(number),
    "take over": lambda desk, number: Marks(desk).take(number, over=True),
    "release": lambda desk, number: Marks(desk).release(number),
    "contacted": lambda desk, number: Marks(desk).contacted(number, "rang twice"),
    "skip": lambda desk, number: Marks(desk).skip(number, "+2h"),
    "unskip": lambda desk, number: Marks(desk).unskip(number),
    "note": lambda desk, number: Marks(desk).note(number, "rang twice\nno answer"),
    "assign": lambda desk, number: refuse_none(
        Assigning(desk).assign([number], {"to": "ana", "notes": "you know them"}).refused
    ),
    "reply": lambda desk, number: Replies(desk).send(number, LETTER),
    "follow up": lambda desk, number: FollowUps(desk).set(number, {"at": "+1d", "text": "  ring   them "}),
    "followed up": lambda desk, number: FollowUps(desk).done(number),
    "expire": lambda desk, _number: expire_due(desk),
}


def refuse_none(refused: Any) -> None:
    """Of one referral, a refusal is raised as any other is."""
    for one in refused:
        raise one.error


def after(*names: str, by: str = "ana", start: Callable[[Workplace], int] = new) -> Callable[[Workplace], int]:
    """A referral that has been through some actions."""

    def prepare(workplace: Workplace) -> int:
        number = start(workplace)
        for name in names:
            ACTIONS[name](seated(workplace, by), number)
        return number

    return prepare


def about_to_expire(workplace: Workplace) -> int:
    """One whose expiry comes a minute after NOW; the clock is moved past it."""
    return new(workplace, expirationDateTime=ahead(minutes=1))


@dataclass(frozen=True)
class UseCase:
    """What one action must do.

    Attributes:
        prepare: makes the referral as it stands before.
        act: the name of the action.
        action: what the history calls it.
        changes: what the history keeps, exactly.
        by: who the history says did it.
        at: when, as the history has it.
        owed: the notices it leaves: kind, state, seconds from NOW until due.
        wait: how long after NOW it is done.
        counts: whether it changes the referral, so that its version counts up.
    """

    prepare: Callable[[Workplace], int]
    act: str
    action: str
    changes: Mapping[str, list[Any]]
    by: str = "ana"
    at: str = AT
    owed: tuple[tuple[str, str, int], ...] = ()
    wait: timedelta = timedelta(0)
    counts: bool = True


USE_CASES: dict[str, UseCase] = {
    "accept (I5)": UseCase(new, "accept", "accepted", ACCEPTED),
    "accept what is skipped (I5, I8)": UseCase(
        after("skip"), "accept", "accepted", {**ACCEPTED, "skipped_until": ["2026-03-02T11:00:00Z", None]}
    ),
    "decline (I6)": UseCase(new, "decline", "declined", DECLINED, owed=(("declined", "held", 60),)),
    "decline what is skipped (I6, I8)": UseCase(
        after("skip"),
        "decline",
        "declined",
        {**DECLINED, "skipped_until": ["2026-03-02T11:00:00Z", None]},
        owed=(("declined", "held", 60),),
    ),
    "edit (A2)": UseCase(
        active,
        "edit",
        "edited",
        {
            "deal.name": ["Mailbox migration", "Postfächer"],
            "deal.value": ["5000", "9"],
            "deal.currency": ["EUR", "USD"],
            "changed_here": [False, True],
        },
    ),
    "add a contact (A3)": UseCase(
        active, "add contact", "contact-added", {"team": [[MARA], [MARA, PERSON]], "changed_here": [False, True]}
    ),
    "correct a contact (A3)": UseCase(
        active,
        "edit contact",
        "contact-edited",
        {"team": [[MARA], [{**MARA, "phone": "+1"}]], "changed_here": [False, True]},
    ),
    "remove a contact (A3)": UseCase(
        active, "remove contact", "contact-removed", {"team": [[MARA], []], "changed_here": [False, True]}
    ),
    "won (A1)": UseCase(active, "won", "won", WON),
    "lost (A1)": UseCase(active, "lost", "lost", LOST),
    "undo accept (U1)": UseCase(after("accept"), "undo", "undone", reversed_changes(ACCEPTED)),
    "undo decline (U1)": UseCase(
        after("decline"), "undo", "undone", reversed_changes(DECLINED), owed=(("declined", "undone", 60),)
    ),
    "undo won (U1)": UseCase(after("won", start=active), "undo", "undone", reversed_changes(WON)),
    "undo lost (U1)": UseCase(after("lost", start=active), "undo", "undone", reversed_changes(LOST)),
    "favourite (I10)": UseCase(new, "favorite", "favorited", {"favorite": [False, True]}),
    "favourite an archived one (I10)": UseCase(closed("Won"), "favorite", "favorited", {"favorite": [False, True]}),
    "favourite no more (I10)": UseCase(after("favorite"), "favorite", "unfavorited", {"favorite": [True, False]}),
    "take (T3)": UseCase(new, "take", "taken", {"taken_by": [None, "ana"]}),
    "take over from another (T3)": UseCase(after("take", by="bob"), "take over", "taken", {"taken_by": ["bob", "ana"]}),
    "release (T3)": UseCase(after("take"), "release", "released", {"taken_by": ["ana", None]}),
    "release another's (T3)": UseCase(after("take", by="bob"), "release", "released", {"taken_by": ["bob", None]}),
    "contacted (F4)": UseCase(
        new,
        "contacted",
        "contacted",
        {"contacted_at": [None, AT], "contacted_by": [None, "ana"], "note": [None, "rang twice"]},
    ),
    "contacted an active customer (F4)": UseCase(
        active,
        "contacted",
        "contacted",
        {"contacted_at": [None, AT], "contacted_by": [None, "ana"], "note": [None, "rang twice"]},
    ),
    "contacted withdrawn (F4)": UseCase(
        after("contacted", by="bob"),
        "contacted",
        "contacted",
        {"contacted_at": [AT, None], "contacted_by": ["bob", None], "note": [None, "rang twice"]},
    ),
    "skip (I8)": UseCase(new, "skip", "skipped", {"skipped_until": [None, "2026-03-02T11:00:00Z"]}),
    "unskip (I8)": UseCase(after("skip"), "unskip", "unskipped", {"skipped_until": ["2026-03-02T11:00:00Z", None]}),
    "note (T4)": UseCase(new, "note", "noted", {"note": [None, "rang twice\nno answer"]}, counts=False),
    "note on an archived one (T4)": UseCase(
        closed("Lost"), "note", "noted", {"note": [None, "rang twice\nno answer"]}, counts=False
    ),
    "assign (T5)": UseCase(
        new,
        "assign",
        "assigned",
        {
            "taken_by": [None, "ana"],
            "assigned_by": [None, "ana"],
            "assigned_at": [None, AT],
            "note": [None, "you know them"],
        },
    ),
    "follow up (A5)": UseCase(active, "follow up", "follow-up-set", FOLLOW_UP),
    "followed up (A5)": UseCase(
        after("follow up", start=active), "followed up", "follow-up-done", reversed_changes(FOLLOW_UP)
    ),
    "reply (W1)": UseCase(
        new,
        "reply",
        "replied",
        {
            "to": [None, "inga@kontor.example"],
            "subject": [None, "Your request"],
            "text": [None, "Dear Inga,\nmay we call?"],
        },
        counts=False,
    ),
    "undo reply (U1, W1)": UseCase(after("reply"), "undo", "undone", {"undone": [None, "replied"]}, counts=False),
    "expire (I4)": UseCase(
        about_to_expire,
        "expire",
        "expired",
        {"status": ["new", "archived"], "outcome": [None, "expired"], "closed_at": [None, "2026-03-02T09:01:00Z"]},
        by="refterm",
        at="2026-03-02T09:01:00Z",
        owed=(("expired", "due", 60),),
        wait=timedelta(days=3),
    ),
}
