"""One referral as lines of pieces: what the pane below the list and the full-screen detail show. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from refterm.domain import deadline, reasons
from refterm.domain.deadline import Flame
from refterm.domain.money import show_money
from refterm.domain.referral import Contact, Referral, Status, channel_word
from refterm.domain.row import Row
from refterm.domain.when import local_time, month_short, weekday_short
from refterm.i18n import _, decimal_mark, ngettext
from refterm.text import fit, width
from refterm.tui.draw.row import Look, Piece, one_line
from refterm.words import contradiction_text, flame_text, outcome_word, same_customer_text

Lines = list[list[Piece]]
LABEL = 16
GAP = "   "


@dataclass(frozen=True, slots=True)
class Shown:
    """A referral, and what the screen shows beside it.

    Attributes:
        same: the newest referrals of the same customer (I9).
        same_count: how many there are.
        said: what the source decided otherwise.
        contact: which contact of the deal the cursor is on, None outside the full-screen detail.
    """

    referral: Referral
    same: tuple[Row, ...] = ()
    same_count: int = 0
    contact: int | None = None
    said: str | None = None


def alert_text(
    company: str, flame: Flame, received_at: datetime, contacted: tuple[str | None, datetime | None], look: Look
) -> str:
    """The text of the flame alert (F2-F4)."""
    customer = one_line(company, look)
    if text := flame_text(flame, received_at, look.now, look.deadlines):
        return f"{customer}: {text}"
    who, at = contacted
    return _("{customer}: contacted by {who} on {time}").format(
        customer=customer, who=one_line(who or "?", look), time=moment(at, look) if at else "?"
    )


def moment(instant: datetime, look: Look) -> str:
    """An instant in the viewer's zone: `Mon 2 Mar 09:14`, with the year where it is another."""
    local = local_time(instant, look.zone)
    year = f" {local.year}" if local.year != look.now.astimezone(look.zone).year else ""
    return f"{weekday_short(local)} {local.day} {month_short(local)}{year} {local:%H:%M}"


def flame_line(referral: Referral, look: Look) -> list[Piece]:
    """The alert on top of a flamed referral's detail; nothing for the others."""
    state = deadline.flame_state(
        referral.flame, referral.status, referral.contacted_at, referral.received_at, look.now, look.deadlines
    )
    if state is Flame.NONE:
        return []
    sign = {Flame.HOT: look.signs.hot, Flame.COOLED: look.signs.cooled}.get(state, "")
    contacted = (referral.contacted_by, referral.contacted_at)
    text = alert_text(referral.customer.company, state, referral.received_at, contacted, look)
    return [(f" {sign} " if sign else " ", "flame"), (text, "flame" if state is Flame.HOT else "plain")]


def compact(shown: Shown, cells: int, look: Look) -> Lines:
    """Four lines for a low terminal."""
    referral, dot = shown.referral, f" {look.signs.dot} "
    head = _dotted(look, _company(referral, look), _size(referral), _place(referral, look))
    lines: Lines = [[(" " + head, "strong")]]
    if alert := flame_line(referral, look):
        lines = [alert]
    standing = _standing(referral, look)
    if len(_in_lines(standing, cells, look)) > 1:
        # There is no room for a fifth line; the row of the list shows the time to answer as well.
        standing[0] = standing[0][:1]
    lines.append(_in_lines(standing, cells, look)[0])
    lines.append([(" " + one_line(referral.deal.name or "", look) + dot if referral.deal.name else " ", "strong")])
    lines[-1].append((one_line(referral.need, look), "plain"))
    if person := referral.contact:
        lines.append([(" " + GAP.join(_person(person, look)), "plain")])
    busy = look.busy.get(referral.id)
    if busy or referral.taken_by:
        taken = _("taken by {who}").format(who=one_line(referral.taken_by or "", look))
        if busy:
            taken = _("{who} has a form open").format(who=one_line(busy, look))
        room = cells - width(taken) - 2
        if room > cells // 2:
            first = _cut(lines[0], room, look)
            gap = room - sum(width(text) for text, _style in first) + 2
            lines[0] = [*first, (" " * gap, "plain"), (taken, "strong")]
    return [_cut(line, cells, look) for line in lines]


def pane(shown: Shown, cells: int, look: Look) -> Lines:
    """The lines of the pane: the need, the person to call, the deal, and the marks."""
    referral, dot = shown.referral, f" {look.signs.dot} "
    alert = flame_line(referral, look)
    lines: Lines = _alert_lines(alert, cells, look)
    received = _("received {time}").format(time=moment(referral.received_at, look))
    if referral.received_estimated:
        received = _("imported {time}").format(time=moment(referral.received_at, look))
    right = _dotted(look, received, channel_word(referral.channel), _profile(referral, look))
    lines += _ends((" " + _company(referral, look), "strong"), (right, "dim"), cells)
    industry = one_line(referral.customer.industry or "", look)
    if left := _dotted(look, _size(referral), industry, _place(referral, look)):
        lines.append([(" " + left, "plain")])
    lines += _in_lines(_standing(referral, look), cells, look)
    if busy := look.busy.get(referral.id):
        lines.append([(" " + _("{who} has a form open on it now.").format(who=one_line(busy, look)), "strong")])
    lines.append([])
    lines += _wrapped(referral.need, cells, look)
    lines.append([])
    for person in referral.customer.contacts:
        lines += _person_lines(person, cells, look)
    wants = dot.join(one_line(text, look) for text in (*referral.products, *referral.services, *referral.solutions))
    lines += _labelled(_("Wants"), wants, cells, look)
    if referral.status is Status.NEW and (known := look.fits.get(referral.id)):
        fit_text = dot.join((str(known.score), *(one_line(reason, look) for reason in known.reasons)))
        lines += _labelled(_("Fit"), fit_text, cells, look, wrap=True)
    lines += deal_lines(referral, cells, look)
    if shown.said:
        lines.append([(" " * LABEL, "plain"), (contradiction_text(shown.said), "late")])
    given = _("given by {who}").format(who=one_line(referral.assigned_by, look)) if referral.assigned_by else ""
    lines += _labelled(_("Taken by"), _dotted(look, one_line(referral.taken_by or "", look), given), cells, look)
    if referral.deal.follow_up_at and referral.status is Status.ACTIVE:
        step = _dotted(
            look, moment(referral.deal.follow_up_at, look), one_line(referral.deal.follow_up_text or "", look)
        )
        lines += _labelled(_("Follow up"), step, cells, look, wrap=True)
    if referral.contacted_at and not alert:
        who = one_line(referral.contacted_by or "?", look)
        lines += _labelled(_("Contacted"), f"{moment(referral.contacted_at, look)}{dot}{who}", cells, look)
    if referral.skipped_until:
        lines += _labelled(_("Skipped until"), moment(referral.skipped_until, look), cells, look)
    lines += same_lines(shown, cells, look)
    return [_cut(line, cells, look) for line in lines]


def full(shown: Shown, cells: int, look: Look) -> Lines:
    """Everything known of a referral (I2, H1)."""
    referral = shown.referral
    customer = referral.customer
    lines = pane(shown, cells, look)
    lines.append([])
    lines += team_lines(shown, cells, look)
    address = (customer.address, customer.postal_code, customer.city, customer.region, customer.country)
    for label, text in (
        (_("Address"), " ".join(part for part in address if part)),
        (_("D-U-N-S"), customer.duns or ""),
        (_("Number"), f"#{referral.id}"),
        (_("Referral ID"), referral.source_id),
        (_("Engagement ID"), referral.engagement_id or ""),
        (_("Version"), str(referral.version)),
    ):
        lines += _labelled(label, one_line(text, look), cells, look)
    if referral.decided_at:
        by = one_line(referral.decided_by or _("elsewhere"), look)
        lines += _labelled(_("Decided"), f"{moment(referral.decided_at, look)} {look.signs.dot} {by}", cells, look)
    if referral.closed_at:
        lines += _labelled(_("Closed"), moment(referral.closed_at, look), cells, look)
    return [_cut(line, cells, look) for line in lines]


def deal_lines(referral: Referral, cells: int, look: Look) -> Lines:
    """The lines about the deal and its outcome."""
    deal, lines = referral.deal, []
    head = _dotted(
        look,
        one_line(deal.name or "", look),
        show_money(deal.value, deal.currency, decimal_mark()),
        _("by {date}").format(date=deal.purchase_date) if deal.purchase_date else "",
        one_line(deal.timeframe or "", look) if deal.timeframe != str(deal.purchase_date) else "",
    )
    lines += _labelled(_("Deal"), head, cells, look)
    if referral.status is Status.ACTIVE and deadline.purchase_passed(deal.purchase_date, look.now, look.zone):
        lines.append(
            [(" " * LABEL, "plain"), (_("The purchase date has passed: report won or lost, or edit the date."), "late")]
        )
    lines += _labelled(_("Notes"), deal.notes or "", cells, look, wrap=True)
    numbers = _dotted(
        look,
        _("CRM {id}").format(id=one_line(deal.crm_id, look)) if deal.crm_id else "",
        _("campaign {id}").format(id=one_line(deal.campaign_id, look)) if deal.campaign_id else "",
    )
    lines += _labelled(_("References"), numbers, cells, look)
    if referral.outcome:
        why = reasons.label(referral.reason) if referral.reason else ""
        ended = _dotted(look, outcome_word(referral.outcome), why, one_line(referral.reason_notes or "", look))
        lines += _labelled(_("Outcome"), ended, cells, look)
    return lines


def team_lines(shown: Shown, cells: int, look: Look) -> Lines:
    """The people who work on the deal; the cursor on one of them (A3)."""
    lines: Lines = []
    for number, person in enumerate(shown.referral.team):
        parts = [one_line(part, look) for part in (person.name, person.email, person.phone) if part]
        chosen = number == shown.contact
        body = _flow([f"{number + 1}  {parts[0]}", *parts[1:]] if parts else [str(number + 1)], "  ", cells - LABEL)
        for line, text in enumerate(body):
            label = fit(" " + (_("Contacts") if number == line == 0 else ""), LABEL)
            lines.append([(label, "dim"), (text, "chosen" if chosen else "plain")])
        if chosen and shown.referral.status is Status.ACTIVE:
            keys = "   " + _("enter edit  x remove")
            if LABEL + width(body[-1]) + width(keys) > cells:
                lines.append([(" " * LABEL, "plain")])
            lines[-1].append((keys, "dim"))
    return lines


def same_lines(shown: Shown, cells: int, look: Look) -> Lines:
    """The other referrals of the same customer (I9)."""
    others = [one_line(same_customer_text(row, look.zone), look) for row in shown.same]
    if shown.same_count > len(shown.same):
        others.append(_("and {n} more").format(n=shown.same_count - len(shown.same)))
    return _labelled(_("Same customer"), f" {look.signs.dot} ".join(others), cells, look)


def _standing(referral: Referral, look: Look) -> Lines:
    """The state in parts: the time left to answer and to expiry, or the outcome."""
    if referral.status is Status.ARCHIVED:
        outcome = outcome_word(referral.outcome) if referral.outcome else ""
        text = (
            _("{outcome} {time}").format(outcome=outcome, time=moment(referral.closed_at, look))
            if referral.closed_at
            else outcome
        )
        return [[(text, "strong")]]
    if referral.status is Status.ACTIVE:
        who = one_line(referral.decided_by or "", look)
        when = moment(referral.decided_at, look) if referral.decided_at else ""
        return [[(_("accepted {time} {who}").format(time=when, who=who).strip(), "plain")]]
    respond_by = look.deadlines.respond_by(referral.received_at)
    late = deadline.is_overdue(respond_by, look.now)
    text = deadline.respond_text(respond_by, look.now)
    answer = text if late else _("answer in {time}").format(time=text)
    parts: Lines = [[(answer, "late" if late else "plain"), (f" ({moment(respond_by, look)})", "dim")]]
    if referral.expires_at:
        left = _("expires in {time}").format(time=deadline.left_text(referral.expires_at, look.now))
        estimated = _(", estimated") if referral.expiry_estimated else ""
        parts.append([(left, "plain"), (f" ({moment(referral.expires_at, look)}{estimated})", "dim")])
    return parts


def _dotted(look: Look, *parts: str) -> str:
    """The parts that are not empty, with dots between."""
    return f" {look.signs.dot} ".join(part for part in parts if part)


def _company(referral: Referral, look: Look) -> str:
    return one_line(referral.customer.company, look)


def _size(referral: Referral) -> str:
    people = referral.customer.employees  # a number or a range
    return ngettext("{n} person", "{n} people", 1 if people == "1" else 2).format(n=people) if people else ""


def _place(referral: Referral, look: Look) -> str:
    return one_line(", ".join(part for part in (referral.customer.city, referral.customer.country) if part), look)


def _profile(referral: Referral, look: Look) -> str:
    if referral.profile:
        return _("profile {name}").format(name=one_line(referral.profile, look))
    return _("no active profile (p adds one)") if referral.status is Status.NEW else ""


def _person(person: Contact, look: Look) -> list[str]:
    return [one_line(part, look) for part in (person.name, person.title, person.email, person.phone) if part.strip()]


def _person_lines(person: Contact, cells: int, look: Look) -> Lines:
    return [[(" " + line, "plain")] for line in _flow(_person(person, look), GAP, cells - 1)]


def _labelled(label: str, text: str, cells: int, look: Look, *, wrap: bool = False) -> Lines:
    if not text.strip():
        return []
    body = _wrap(text, cells - LABEL, look) if wrap or width(text) > cells - LABEL else [text]
    return [
        [(fit(" " + (label if number == 0 else ""), LABEL, ellipsis=look.signs.ellipsis), "dim"), (line, "plain")]
        for number, line in enumerate(body)
    ]


def _wrapped(text: str, cells: int, look: Look) -> Lines:
    return [[(" " + line, "plain")] for line in _wrap(text, cells - 2, look)]


def _wrap(text: str, cells: int, look: Look) -> list[str]:
    """Break a text into lines of so many cells, at blanks where it can, inside a word where it must."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in look.signs.sanitize(paragraph).split(" "):
            joined = f"{line} {word}" if line else word
            if width(joined) <= cells:
                line = joined
                continue
            if line:
                lines.append(line)
            while width(word) > cells > 1:
                # fit() may end in one blank before a wide letter; a word may hold other kinds of blank.
                head = fit(word, cells, ellipsis="").removesuffix(" ")
                lines.append(head)
                word = word[len(head) :]
            line = word
        lines.append(line)
    return lines


def _flow(parts: Sequence[str], gap: str, cells: int) -> list[str]:
    """Put parts on lines without breaking one: a part that does not fit begins a new line."""
    lines: list[str] = []
    for part in parts:
        if lines and width(lines[-1]) + width(gap) + width(part) <= cells:
            lines[-1] += gap + part
        else:
            lines.append(part if not lines else "   " + part)
    return lines


def _alert_lines(alert: list[Piece], cells: int, look: Look) -> Lines:
    """The alert, on as many lines as it needs."""
    if not alert:
        return []
    sign, (text, style) = alert[0], alert[1]
    blank: Piece = (" " * width(sign[0]), "plain")
    return [
        [sign if number == 0 else blank, (line, style)]
        for number, line in enumerate(_wrap(text, max(cells - width(sign[0]), 2), look))
    ]


def _ends(left: Piece, right: Piece, cells: int) -> Lines:
    """Two pieces at the ends of a line; on two lines where they do not fit on one."""
    room = cells - width(left[0]) - width(right[0])
    if room < 2:
        return [[left], [(" " + right[0], right[1])]]
    return [[left, (" " * room, "plain"), right]]


def _in_lines(parts: Lines, cells: int, look: Look) -> Lines:
    """Parts that belong together on one line; each on its own where they do not fit."""
    blank: Piece = (" ", "plain")
    line = [blank, *parts[0]]
    for part in parts[1:]:
        line += [(f" {look.signs.dot} ", "dim"), *part]
    return [line] if sum(width(text) for text, _style in line) <= cells else [[blank, *part] for part in parts]


def _cut(line: list[Piece], cells: int, look: Look) -> list[Piece]:
    """Cut a line to its cells. Every text is sanitized here once more, so that none is forgotten."""
    drawn: list[Piece] = []
    room = cells
    for raw, style in line:
        text = look.signs.sanitize(raw)
        size = width(text)
        if size > room:
            drawn.append((fit(text, room, ellipsis=look.signs.ellipsis), style))
            break
        drawn.append((text, style))
        room -= size
    return drawn
