"""One sentence about what others did (T1): referrals that arrived, expired, or were changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from refterm.domain.history import DESK, Action, Entry
from refterm.domain.referral import Status
from refterm.domain.row import Row
from refterm.i18n import _, ngettext
from refterm.services.desk import Changes, Desk
from refterm.services.marks import Toggled
from refterm.text import display
from refterm.tui.actions import keys_of
from refterm.tui.draw.row import Look, one_line
from refterm.words import action_sentence

NAMED = 3
NAME_CELLS = 40
# After these a referral no longer counts as unseen.
CLOSING = (Action.ACCEPTED, Action.DECLINED, Action.EXPIRED)


class News(NamedTuple):
    """A sentence, its style, the numbers of what came in, and what the person is alerted of (S1): hot flames, and what
    was given to them.

    Attributes:
        yielded: of `arrived` those of which Partner Center did not take this person's decision.
    """

    sentence: str
    style: str
    arrived: frozenset[int] = frozenset()
    hot: tuple[Row, ...] = ()
    given: tuple[Row, ...] = ()
    yielded: frozenset[int] = frozenset()


def news(desk: Desk, changes: Changes, look: Look) -> News | None:
    """The sentence about new history entries of others; None without any.

    Args:
        desk: to look the referrals up.
        changes: what was written.
        look: how this terminal draws.
    """
    entries, me = changes.entries, desk.workplace.actor.name
    yielded = [
        entry.referral for entry in entries if entry.action == Action.YIELDED and entry.by == me and entry.referral
    ]
    marked = frozenset(yielded)
    imported = [entry.referral for entry in entries if entry.action == Action.IMPORTED and entry.referral]
    arrived = [row for row in desk.rows(imported) if row.status is Status.NEW]
    given = given_to(entries, me)
    if arrived or given:
        hot = [row for row in arrived if row.flame and look.now < look.deadlines.flame_until(row.received_at)]
        mine = desk.rows(list(dict.fromkeys(entry.referral for entry in given if entry.referral)))
        said = (
            given_sentence(given, mine, look) if mine else arrivals(arrived, max(changes.arrived, len(arrived)), look)
        )
        said, style = (f"{yielded_sentence(yielded)} {said}", "late") if yielded else (said, "strong")
        new = marked | {row.id for row in arrived}
        return News(said, style, new, hot=tuple(hot), given=tuple(mine), yielded=marked)
    if yielded:
        return News(yielded_sentence(yielded), "late", marked, yielded=marked)
    # What others sent is no news: what they decided was.
    others = [
        entry
        for entry in entries
        if entry.by != me and entry.referral and not _arrival(entry) and entry.action != Action.PUSHED
    ]
    gone = [entry.referral for entry in others if entry.by == DESK.name and entry.referral]
    if gone:
        return News(expired(desk.rows(gone[:NAMED]), max(changes.expired, len(gone)), look), "plain")
    return News(done_by_other(others[-1], len(others)), "dim") if others else None


def yielded_sentence(referrals: Sequence[int]) -> str:
    """The sentence about one's own decisions that Partner Center did not take."""
    names = ", ".join(f"#{number}" for number in dict.fromkeys(reversed(referrals)))
    return _("Partner Center decided {names} otherwise; that stands, and what you typed is in the history (h).").format(
        names=names
    )


def given_to(entries: Sequence[Entry], me: str) -> list[Entry]:
    """The entries by which somebody else gave this person a referral (T5)."""
    return [
        entry
        for entry in entries
        if entry.action == Action.ASSIGNED and entry.by != me and entry.changes.get("taken_by", (None, me))[1] == me
    ]


def given_sentence(entries: Sequence[Entry], rows: Sequence[Row], look: Look) -> str:
    """The sentence about what was given to this person: `ana gave you #12 Kontor AG: you know them`."""
    names = ", ".join(f"#{row.id} {one_line(row.company, look)[:NAME_CELLS]}" for row in rows[:NAMED])
    note = str(entries[-1].changes.get("note", (None, ""))[1] or "")
    said = _("{who} gave you {referrals}").format(who=display(entries[-1].by), referrals=names)
    return said + (", ..." if len(rows) > NAMED else "") + (f": {one_line(note, look)}" if note else ".")


def due_sentence(rows: Sequence[Row], look: Look) -> str:
    """The sentence about follow-ups that are due (A5)."""
    names = ", ".join(f"#{row.id} {one_line(row.company, look)[:NAME_CELLS]}" for row in rows[:NAMED])
    text = ngettext("Follow up: {names}", "{n} follow-ups: {names}", len(rows))
    return text.format(n=len(rows), names=names + (", ..." if len(rows) > NAMED else ""))


def _arrival(entry: Entry) -> bool:
    """Whether a referral came in; also past its expiry, which is archived with its first version."""
    return entry.action == Action.IMPORTED or (entry.action == Action.EXPIRED and entry.version == 1)


def arrivals(rows: Sequence[Row], count: int, look: Look) -> str:
    """The sentence about referrals that arrived."""
    names = ", ".join(one_line(row.company, look)[:NAME_CELLS] for row in rows[:NAMED])
    text = ngettext("{n} new referral: {names}", "{n} new referrals: {names}", count)
    return text.format(n=count, names=names + (", ..." if count > NAMED else ""))


def expired(rows: Sequence[Row], count: int, look: Look) -> str:
    """The sentence about referrals that expired (I4)."""
    names = ", ".join(f"#{row.id} {one_line(row.company, look)[:NAME_CELLS]}" for row in rows)
    text = ngettext("Expired: {names}. Archived.", "{n} expired: {names}. Archived.", count)
    return text.format(n=count, names=names + (", ..." if count > len(rows) else ""))


def contacted(done: Toggled, company: str) -> str:
    """The sentence after the contacted mark was set or withdrawn (F4)."""
    text = (
        _("{customer}: contacted by you; {key} on it again takes that back.")
        if done.is_set
        else _("{customer}: no longer marked as contacted.")
    )
    if done.is_set and done.already:
        text = _("{customer}: contacted already.")
    return _before_you(done, text.format(customer=display(company), key=keys_of("contacted")))


def favorite(done: Toggled, number: int) -> str:
    """The sentence after the favourite mark was set or removed (I10)."""
    text = _("#{id} is a favourite.") if done.is_set else _("#{id}: removed from favourites.")
    return _before_you(done, text.format(id=number))


def unskipped(done: Toggled, number: int) -> str:
    """The sentence after a skip was removed (I8)."""
    return _before_you(done, _("#{id} is back in the Inbox.").format(id=number))


def _before_you(done: Toggled, sentence: str) -> str:
    if done.already is None:
        return sentence
    return _("{sentence} {who} did it before you.").format(sentence=sentence, who=display(done.already))


def done_by_other(entry: Entry, count: int) -> str:
    """The sentence about another person's latest change."""
    sentence = action_sentence(entry, display(entry.by))
    if count == 1:
        return sentence
    return sentence + ngettext(" (and {n} more change)", " (and {n} more changes)", count - 1).format(n=count - 1)
