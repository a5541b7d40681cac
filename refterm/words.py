"""What the command line and the screens call things, in the person's language: one word or sentence for each.

Texts from outside (a company, a colleague's name) go in as they are; the caller sanitizes them for its terminal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo

from refterm.domain import reasons
from refterm.domain.deadline import HOUR, Deadlines, Flame, flame_left_text
from refterm.domain.history import Action, Entry
from refterm.domain.query import Tab
from refterm.domain.referral import Referral, Status
from refterm.domain.row import Row
from refterm.domain.when import local_time, month_short
from refterm.i18n import _, ngettext
from refterm.text import display

_WINDOW = re.compile(r"(?:(\d+)-)?(\d+) (day|week|month)s?")

_TAB_OF = {Status.NEW: Tab.INBOX, Status.ACTIVE: Tab.ACTIVE, Status.ARCHIVED: Tab.ARCHIVED}


# Who stands in the history for what arrives from the service.
PARTNER_CENTER = "Partner Center"


def tab_word(tab: Tab | Status) -> str:
    """The name of a tab, or of the tab in which referrals of a status stand."""
    return {Tab.INBOX: _("Inbox"), Tab.ACTIVE: _("Active"), Tab.ARCHIVED: _("Archived")}[
        _TAB_OF[tab] if isinstance(tab, Status) else tab
    ]


def outcome_word(outcome: str | None) -> str:
    """How a referral ended; empty where it did not."""
    words = {"won": _("won"), "lost": _("lost"), "declined": _("declined"), "expired": _("expired")}
    return words.get(outcome, "") if outcome else ""


def standing_word(standing: str) -> str:
    """How a referral stands: its outcome, or its status where it has none."""
    return {"new": _("new"), "active": _("active")}.get(standing) or outcome_word(standing)


def status_text(referral: Referral) -> str:
    """Where a referral stands, and how it ended: `archived won`."""
    status = {Status.NEW: _("new"), Status.ACTIVE: _("active"), Status.ARCHIVED: _("archived")}[referral.status]
    return " ".join(filter(None, (status, outcome_word(referral.outcome))))


def contradiction_text(said: str) -> str:
    """That the source decided otherwise than this desk."""
    return _("{standing} at the source; what was decided here stands").format(standing=standing_word(said))


def both_changed_text(fields: Sequence[str], key: str) -> str:
    """That the service's value of some fields stands, and the key of the outbox, which has ours and sends it again."""
    named = ", ".join(field_word(field) for field in fields)
    return _("changed at Partner Center too: {fields}; theirs stands, {key} shows and sends yours").format(
        fields=named, key=key
    )


def action_word(action: str) -> str:
    """What a history entry records; the action's own name for one that this version does not know."""
    words = {
        Action.IMPORTED: _("came in"),
        Action.UPDATED: _("updated from the source"),
        Action.ACCEPTED: _("accepted"),
        Action.DECLINED: _("declined"),
        Action.EXPIRED: _("expired"),
        Action.PUSHED: _("sent to Partner Center"),
        Action.MERGED: _("merged with Partner Center"),
        Action.YIELDED: _("yielded to Partner Center"),
        Action.RETURNED: _("back from Partner Center"),
        Action.ADOPTED: _("adopted from Partner Center"),
        Action.OUTBOX_DROPPED: _("not sent, dropped"),
        Action.OUTBOX_RETRIED: _("sent again"),
        Action.EDITED: _("edited"),
        Action.CONTACT_ADDED: _("contact added"),
        Action.CONTACT_EDITED: _("contact edited"),
        Action.CONTACT_REMOVED: _("contact removed"),
        Action.NOTED: _("note added"),
        Action.CONTACTED: _("customer contacted"),
        Action.TAKEN: _("taken"),
        Action.RELEASED: _("released"),
        Action.SKIPPED: _("skipped"),
        Action.UNSKIPPED: _("skip ended"),
        Action.FAVORITED: _("added to favourites"),
        Action.UNFAVORITED: _("removed from favourites"),
        Action.WON: _("won"),
        Action.LOST: _("lost"),
        Action.UNDONE: _("undone"),
        Action.SETTING_CHANGED: _("setting changed"),
        Action.ASSIGNED: _("given to a colleague"),
        Action.REPLIED: _("reply to the customer"),
        Action.FOLLOW_UP_SET: _("follow-up set"),
        Action.FOLLOW_UP_DONE: _("follow-up done"),
        Action.RESTORED: _("restored from a backup"),
        Action.PROFILE_ADDED: _("profile added"),
        Action.PROFILE_EDITED: _("profile edited"),
        Action.PROFILE_REMOVED: _("profile removed"),
        "outbox-dropped": _("letter dropped"),
        "outbox-retried": _("letter due again"),
    }
    return {str(known): word for known, word in words.items()}.get(action, action)


def action_sentence(entry: Entry, who: str) -> str:
    """What a colleague did, as a sentence: `ana added a note to #12`.

    Args:
        entry: the history entry; its changes say which way a mark went.
        who: the colleague, sanitized.
    """
    withdrawn = entry.changes.get("contacted_at", (None, None))[1] is None
    sentences = {
        Action.UPDATED: _("{who} updated #{id} from a file"),
        Action.ACCEPTED: _("{who} accepted #{id}"),
        Action.DECLINED: _("{who} declined #{id}"),
        Action.EDITED: _("{who} edited #{id}"),
        Action.CONTACT_ADDED: _("{who} added a contact to #{id}"),
        Action.CONTACT_EDITED: _("{who} corrected a contact of #{id}"),
        Action.CONTACT_REMOVED: _("{who} removed a contact from #{id}"),
        Action.NOTED: _("{who} added a note to #{id}"),
        Action.CONTACTED: _("{who} withdrew the contacted mark of #{id}")
        if withdrawn
        else _("{who} marked #{id} as contacted"),
        Action.TAKEN: _("{who} took #{id}"),
        Action.RELEASED: _("{who} released #{id}"),
        Action.SKIPPED: _("{who} skipped #{id}"),
        Action.UNSKIPPED: _("{who} ended the skip of #{id}"),
        Action.FAVORITED: _("{who} added #{id} to favourites"),
        Action.UNFAVORITED: _("{who} removed #{id} from favourites"),
        Action.WON: _("{who} reported #{id} as won"),
        Action.LOST: _("{who} reported #{id} as lost"),
        Action.UNDONE: _("{who} took a reply on #{id} back")
        if "undone" in entry.changes
        else _("{who} undid a decision on #{id}"),
        Action.ASSIGNED: _("{who} gave #{id} to {colleague}"),
        Action.REPLIED: _("{who} wrote to the customer of #{id}"),
        Action.FOLLOW_UP_SET: _("{who} set a follow-up on #{id}"),
        Action.FOLLOW_UP_DONE: _("{who} followed up #{id}"),
        Action.MERGED: _("Partner Center changed #{id} too; both changes are kept"),
        Action.YIELDED: _("Partner Center decided #{id} otherwise; that stands"),
        Action.RETURNED: _("#{id} is back: Partner Center has it open"),
        Action.ADOPTED: _("#{id} is in Partner Center, too"),
        Action.OUTBOX_DROPPED: _("{who} dropped what was to be sent of #{id}"),
        Action.OUTBOX_RETRIED: _("{who} sends again what is owed of #{id}"),
    }
    if entry.action == Action.UPDATED and entry.by == PARTNER_CENTER:
        return _("Partner Center updated #{id}").format(id=entry.referral)
    plain = {str(known): sentence for known, sentence in sentences.items()}
    colleague = display(str(entry.changes.get("taken_by", (None, "?"))[1]))
    sentence = plain.get(entry.action, _("{who} changed #{id}"))
    return sentence.format(who=who, id=entry.referral, colleague=colleague)


def field_word(field: str) -> str:
    """What a value of the history is; the field's own name for those that nobody types."""
    words = {
        "status": _("state"),
        "outcome": _("outcome"),
        "reason": _("reason"),
        "reason_notes": _("notes"),
        "team": _("contacts"),
        "taken_by": _("taken by"),
        "assigned_by": _("given by"),
        "assigned_at": _("given at"),
        "to": _("to"),
        "subject": _("subject"),
        "text": _("text"),
        "undone": _("undone"),
        "deal.follow_up_at": _("follow-up"),
        "deal.follow_up_text": _("follow-up text"),
        "favorite": _("favourite"),
        "skipped_until": _("skipped until"),
        "contacted_at": _("contacted at"),
        "contacted_by": _("contacted by"),
        "decided_at": _("decided at"),
        "decided_by": _("decided by"),
        "closed_at": _("closed at"),
        "closed_by": _("closed by"),
        "profile": _("profile"),
        "source": _("at the source"),
        "notice": _("notice"),
        "sent": _("sent"),
        "region": _("region"),
        "countries": _("countries"),
        "locations": _("locations"),
        "active": _("active"),
        "sizes": _("sizes"),
        "currency": _("currency"),
        "description": _("description"),
        "keywords": _("keywords"),
        "industries": _("industries"),
        "products": _("products"),
        "services": _("services"),
        "solutions": _("solutions"),
        "deal.name": _("name"),
        "deal.value": _("value"),
        "deal.currency": _("currency"),
        "deal.timeframe": _("timeframe"),
        "deal.purchase_date": _("purchase date"),
        "deal.closed_on": _("close date"),
        "deal.notes": _("notes"),
        "deal.crm_id": _("CRM ID"),
        "deal.campaign_id": _("campaign ID"),
    }
    return words.get(field, field)


def flame_text(flame: Flame, received_at: datetime, now: datetime, deadlines: Deadlines) -> str:
    """What the flame alert asks for, without the customer's name (F2, F3); empty once contacted or without a flame."""
    hours = deadlines.flame // HOUR
    if flame is Flame.HOT:
        left = flame_left_text(received_at, now, deadlines)
        return _("contact them now, {left} left of the {hours} h").format(left=left, hours=hours)
    if flame is Flame.COOLED:
        return _("{hours} h have passed; contact them still if you are interested").format(hours=hours)
    return ""


def same_customer_text(row: Row, zone: tzinfo | None) -> str:
    """Another referral of the same customer (I9): `#17, declined in May 2026 (timeline)`."""
    if row.status is Status.NEW:
        return _("#{id}, new in the Inbox").format(id=row.id)
    if row.status is Status.ACTIVE:
        by = _(", accepted by {who}").format(who=row.decided_by) if row.decided_by else ""
        return _("#{id}, active{by}").format(id=row.id, by=by)
    closed = local_time(row.closed_at, zone) if row.closed_at else None
    return _("#{id}, {outcome} in {month}{reason}").format(
        id=row.id,
        outcome=outcome_word(row.outcome or "expired"),
        month=f"{month_short(closed)} {closed.year}" if closed else "?",
        reason=f" ({reasons.word(row.reason)})" if row.reason else "",
    )


def notice_word(kind: str) -> str:
    """What a notice of the outbox is."""
    words = {
        "new-referral": _("new referral"),
        "reminder": _("reminder"),
        "declined": _("letter: declined"),
        "expired": _("letter: expired"),
        "assigned": _("given to a colleague"),
        "follow-up": _("follow-up"),
        "reply": _("reply to the customer"),
        "push": _("to Partner Center"),
    }
    return words.get(kind, kind)


def notice_state_word(state: str) -> str:
    """What became of a notice."""
    words = {
        "held": _("held"),
        "due": _("due"),
        "sent": _("sent"),
        "written": _("written, not mailed"),
        "failed": _("failed"),
        "dropped": _("dropped"),
        "undone": _("undone"),
    }
    return words.get(state, state)


def timeframe(text: str) -> str:
    """A window such as `12 weeks` or `1-3 months` in the person's language (I5); whatever else was typed as it is."""
    fixed = {"this month": _("this month"), "this quarter": _("this quarter")}
    found = _WINDOW.fullmatch(text)
    if found is None:
        return fixed.get(text, text)
    n = int(found[2])
    unit = {
        "day": ngettext("{n} day", "{n} days", n),
        "week": ngettext("{n} week", "{n} weeks", n),
        "month": ngettext("{n} month", "{n} months", n),
    }[found[3]]
    return unit.format(n=f"{found[1]}-{n}" if found[1] else n)
