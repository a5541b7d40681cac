"""One referral as lines of pieces: what the pane with the list and the full-screen detail show. Pure.

Where there is room for two columns the customer stands at the left, and at the right what one decides by.
"""

from __future__ import annotations

from typing import NamedTuple

from refterm.domain import deadline, reasons
from refterm.domain.api_words import in_words
from refterm.domain.history import Action, Entry
from refterm.domain.money import show_money
from refterm.domain.referral import Referral, Status, channel_word
from refterm.domain.row import Row
from refterm.domain.when import date_text
from refterm.history_words import entry_word
from refterm.i18n import _, decimal_mark, ngettext
from refterm.text import fit, width
from refterm.tui.actions import keys_of
from refterm.tui.draw import links
from refterm.tui.draw.alert import LEAST_NAME, alert_lines, flame_line
from refterm.tui.draw.row import Look, Piece, engagement, moment, one_line
from refterm.tui.draw.sheet import (
    BETWEEN,
    LABEL,
    Lines,
    beside,
    cells_of,
    cut,
    dotted,
    flow,
    kept,
    labelled,
    named,
    wrap,
    wrapped,
)
from refterm.words import outcome_word, same_customer_text, timeframe

# From this width on there are two columns.
TWO_COLUMNS = 100
# Of the history, in the pane with the list.
LATEST = 2
# In the full detail; h shows all of it.
MOST_ENTRIES = 50


class Shown(NamedTuple):
    """A referral, and what the screen shows beside it.

    Attributes:
        same: the newest referrals of the same customer (I9).
        same_count: how many there are.
        remarks: sentences about what the source has otherwise than this desk.
        contact: which contact of the deal the cursor is on, None outside the full-screen detail.
        entries: its latest history entries, the newest first (T4).
    """

    referral: Referral
    same: tuple[Row, ...] = ()
    same_count: int = 0
    contact: int | None = None
    entries: tuple[Entry, ...] = ()
    remarks: tuple[str, ...] = ()


def compact(shown: Shown, cells: int, look: Look) -> Lines:
    """Five lines for a low terminal: who it is and who has it, until when, what they want, whom to call."""
    referral = shown.referral
    facts = [_size(referral), _place(referral, look)]
    if referral.status is Status.NEW:
        known = look.fits.get(referral.id)
        facts.append(_("fit {score}").format(score=known.score if known else look.signs.ellipsis))
    rest = dotted(look, *facts)
    busy = look.busy.get(referral.id)
    said = _("{who} has a form open").format(who=one_line(busy, look)) if busy else _holder(referral, look)
    said = said if cells - width(said) > cells // 2 else ""
    room = cells - width(said) - 2 if said else cells
    alert = flame_line(referral, look, room)
    first: list[Piece] = alert or [(" " + one_line(referral.customer.company, look), "strong")]
    joined: list[Piece] = [*first, (f" {look.signs.dot} {rest}", "plain")] if rest else first
    is_joined = not alert or cells_of(joined) <= room
    first = cut(joined if is_joined else first, max(room, 0), look)
    if said:
        first = [*first, (" " * (cells - cells_of(first) - width(said)), "plain"), (said, "strong")]
    lines: Lines = [first]
    standing = _standing(referral, look)
    if cells_of(_in_one_line(standing, look)) >= cells:
        # The row of the list shows the time to answer as well.
        standing[0] = standing[0][:1]
    lines.append([(" ", "plain"), *_in_one_line(standing, look)])
    deal = _deal_text(referral, look, cells - 2)
    body: Lines = [[(" " + deal, "strong")]] if deal else []
    need = wrap(one_line(referral.need, look), cells - 2, look)
    if not is_joined and len(body) + len(need) < 2:
        body.append([(" " + rest, "plain")])  # what the alert left no room for
    wanted = 2 - len(body)
    body += [[(" " + line, "plain")] for line in need[:wanted]]
    if len(need) > wanted:
        body[-1] = [(" " + " ".join(need[wanted - 1 : wanted + 1]), "plain")]
    lines += body + [[]] * (2 - len(body))
    if person := referral.contact:
        linked = ((person.name, ""), (person.phone, "tel"), (person.email, "mailto"), (person.title, ""))
        parts = [
            (one_line(part, look), links.style(part, way, look.links)) for part, way in linked if part and part.strip()
        ]
        lines.append([piece for text, style in parts for piece in (("  ", "plain"), (text, style))][1:])
        lines[-1].insert(0, (" ", "plain"))
    return [cut(line, cells, look) for line in lines]


def pane(shown: Shown, cells: int, look: Look) -> Lines:
    """The lines of the pane: the customer, the need, the person to call; times, fit, deal, and the past."""
    return _sheet(shown, cells, look, whole=False)


def full(shown: Shown, cells: int, look: Look) -> Lines:
    """Everything known of a referral, with its timeline (I2, H1, T4)."""
    return _sheet(shown, cells, look, whole=True)


def _sheet(shown: Shown, cells: int, look: Look, *, whole: bool) -> Lines:
    referral = shown.referral
    two = cells >= TWO_COLUMNS
    own = (cells - BETWEEN) // 2 if two else cells
    other = cells - own - BETWEEN if two else cells
    top = alert_lines(flame_line(referral, look, cells), cells, look)
    head, asks, people = _head(referral, own, look), _asks(referral, own, look), _people(referral, own, look)
    deal = deal_lines(referral, own, look)
    for remark in shown.remarks:
        deal += labelled("", remark, own, look, "late")
    deal += team_lines(shown, own, look) if whole else []
    until, came = _until(referral, other, look), _came(referral, other, look)
    judging = _judging(referral, other, look)
    past = same_lines(shown, other, look) + _timeline(shown, other, look, whole=whole)
    numbers = _numbers(referral, own, look) if whole else []
    # Of an accepted referral the deal and the person to call matter more than the request.
    parts = (asks, people, deal) if referral.status is Status.NEW else (deal, people, asks)
    if referral.status is Status.NEW and not two and not whole:
        parts = (people, asks, deal)  # a pane of a few lines always has the person to call
    customer = [line for part in (*parts, numbers) if part for line in ([], *part)]
    if two:
        lines = top + beside(head + customer, until + came + judging + past, own, look)
    else:
        lines = top + head + until + customer + [[], *came, *judging] + ([[], *past] if past else [])
    return [cut(line, cells, look) for line in lines]


def _head(referral: Referral, cells: int, look: Look) -> Lines:
    """Who the customer is."""
    name: list[Piece] = [(" " + one_line(referral.customer.company, look), "strong"), (f"  #{referral.id}", "dim")]
    if cells_of(name) > cells:
        name = [
            (" " + fit(name[0][0].strip(), cells - width(name[1][0]) - 2, ellipsis=look.signs.ellipsis), "strong"),
            name[1],
        ]
    industry = one_line(in_words(referral.customer.industry or ""), look)
    facts = dotted(look, _size(referral), industry, _place(referral, look))
    return [name, *([[(" " + line, "plain")] for line in wrap(facts, cells - 2, look)] if facts else [])]


def _asks(referral: Referral, cells: int, look: Look) -> Lines:
    """What the customer asks for."""
    names = (*referral.products, *referral.services, *referral.solutions)
    wants = dotted(look, *(one_line(in_words(text), look) for text in names))
    return wrapped(referral.need, cells, look) + labelled(_("Wants"), wants, cells, look)


def _people(referral: Referral, cells: int, look: Look) -> Lines:
    """Whom to call; the keys copy what the first one has."""
    lines: Lines = []
    for number, person in enumerate(referral.customer.contacts):
        name = ", ".join(one_line(part, look) for part in (person.name, person.title) if part and part.strip())
        lines += [[(" " + line, "strong")] for line in wrap(name, cells - 2, look)] if name else []
        for key, text, way in (("copy_phone", person.phone, "tel"), ("copy_email", person.email, "mailto")):
            if text and text.strip():
                sign: Piece = (f" {keys_of(key)} ".ljust(4), "key") if number == 0 else ("    ", "plain")
                style = links.style(text, way, look.links)
                lines += [
                    [sign if part == 0 else ("    ", "plain"), (line, style)]
                    for part, line in enumerate(wrap(one_line(text, look), cells - 5, look))
                ]
    return lines


def _until(referral: Referral, cells: int, look: Look) -> Lines:
    """Until when to act; of one that was decided, where it stands."""
    lines: Lines = []
    labels = (_("Answer"), _("Expires"), "") if referral.status is Status.NEW else (_("State"), "", "")
    for label, parts in zip(labels, _standing(referral, look, named=True), strict=False):
        line: list[Piece] = [(named(label, look), "dim"), *parts]
        lines += [line] if cells_of(line) <= cells else [line[:2], [(" " * (LABEL - 1), "plain"), *parts[1:]]]
    return lines


def _came(referral: Referral, cells: int, look: Look) -> Lines:
    """Since when it is here, by which way it came, and for which profile."""
    received = _("Imported") if referral.received_estimated else _("Received")
    came = dotted(look, moment(referral.received_at, look), channel_word(referral.channel))
    return labelled(received, came, cells, look) + labelled(_("Profile"), _profile(referral, look), cells, look)


def _judging(referral: Referral, cells: int, look: Look) -> Lines:
    """Fit, who has it, and the marks; the fit's line stands from the start, so that nothing moves when it is known."""
    lines: Lines = []
    if busy := look.busy.get(referral.id):
        lines.append([(" " + _("{who} has a form open on it now.").format(who=one_line(busy, look)), "strong")])
    if referral.status is Status.NEW:
        known = look.fits.get(referral.id)
        text = dotted(look, str(known.score), *(one_line(why, look) for why in known.reasons)) if known else ""
        if not text:
            text = _("nothing to go by yet") if referral.id in look.no_fit else look.signs.ellipsis
        lines += labelled(_("Fit"), text, cells, look)
    given = _("given by {who}").format(who=one_line(referral.assigned_by, look)) if referral.assigned_by else ""
    lines += labelled(_("Taken by"), dotted(look, one_line(referral.taken_by or "", look), given), cells, look)
    if referral.deal.follow_up_at and referral.status is Status.ACTIVE:
        words = one_line(referral.deal.follow_up_text or "", look)
        lines += labelled(_("Follow up"), dotted(look, moment(referral.deal.follow_up_at, look), words), cells, look)
    if referral.contacted_at and not flame_line(referral, look):
        who = one_line(referral.contacted_by or "?", look)
        lines += labelled(_("Contacted"), dotted(look, moment(referral.contacted_at, look), who), cells, look)
    if referral.skipped_until:
        lines += labelled(_("Skipped until"), moment(referral.skipped_until, look), cells, look)
    return lines


def deal_lines(referral: Referral, cells: int, look: Look) -> Lines:
    """The lines about the deal and its outcome."""
    deal = referral.deal
    lines = labelled(_("Deal"), _deal_text(referral, look), cells, look)
    if referral.status is Status.ACTIVE and deadline.purchase_passed(deal.purchase_date, look.now, look.zone):
        passed = _("The purchase date has passed: report won or lost, or edit the date.")
        lines += labelled("", passed, cells, look, "late")
    if deal.notes and " ".join(deal.notes.split()) != " ".join(referral.need.split()):
        lines += labelled(_("Notes"), deal.notes, cells, look)
    crm = _("CRM {id}").format(id=one_line(deal.crm_id, look)) if deal.crm_id else ""
    campaign = _("campaign {id}").format(id=one_line(deal.campaign_id, look)) if deal.campaign_id else ""
    if crm and look.links and (page := look.links.page(deal.crm_id)):
        lines += labelled(_("References"), crm, cells, look, links.LINK + page)
        lines += labelled("", campaign, cells, look)
    else:
        lines += labelled(_("References"), dotted(look, crm, campaign), cells, look)
    if referral.outcome:
        why = reasons.label(referral.reason) if referral.reason else ""
        ended = dotted(look, outcome_word(referral.outcome), why, one_line(referral.reason_notes or "", look))
        lines += labelled(_("Outcome"), ended, cells, look)
    return lines


def team_lines(shown: Shown, cells: int, look: Look) -> Lines:
    """The people who work on the deal; the cursor on one of them (A3)."""
    lines: Lines = []
    for number, person in enumerate(shown.referral.team):
        parts = [one_line(part, look) for part in (person.name, person.email, person.phone) if part]
        chosen = number == shown.contact
        body = flow([f"{number + 1}  {parts[0]}", *parts[1:]] if parts else [str(number + 1)], "  ", cells - LABEL)
        for line, text in enumerate(body):
            label = named(_("Contacts") if number == line == 0 else "", look)
            lines.append([(label, "dim"), (text, "chosen" if chosen else "plain")])
        if chosen and shown.referral.status is Status.ACTIVE:
            edit, remove = keys_of("detail"), keys_of("remove_contact")
            keys = "   " + _("{edit} edit  {remove} remove").format(edit=edit, remove=remove)
            if LABEL + width(body[-1]) + width(keys) > cells:
                lines.append([(" " * LABEL, "plain")])
            lines[-1].append((keys, "dim"))
    return lines


def same_lines(shown: Shown, cells: int, look: Look) -> Lines:
    """The other referrals of the same customer (I9)."""
    others = [one_line(same_customer_text(row, look.zone), look) for row in shown.same]
    if shown.same_count > len(shown.same):
        others.append(_("and {n} more").format(n=shown.same_count - len(shown.same)))
    return labelled(_("Same customer"), dotted(look, *others), cells, look)


def _timeline(shown: Shown, cells: int, look: Look, *, whole: bool) -> Lines:
    """What happened, the newest first (T4); in the full detail a letter with its text (W1)."""
    lines: Lines = []
    for number, entry in enumerate(shown.entries if whole else shown.entries[:LATEST]):
        after = {name: str(values[1] or "") for name, values in entry.changes.items()}
        word = entry_word(entry)
        about = after.get("subject" if entry.action == Action.REPLIED else "note", "")
        said = f"{word}: {one_line(about, look)}" if about else word
        text = f"{moment(entry.at, look)}  {one_line(entry.by, look)}  {said}"
        lines += labelled(_("History") if number == 0 else " ", text, cells, look)
        if whole and entry.action == Action.REPLIED:
            letter = _("to {address}").format(address=after.get("to", "")) + "\n" + after.get("text", "")
            lines += labelled(" ", letter, cells, look, "dim")
    return lines


def _numbers(referral: Referral, cells: int, look: Look) -> Lines:
    """Address and numbers of the customer and the referral."""
    customer = referral.customer
    address = (customer.address, customer.postal_code, customer.city, customer.region, customer.country)
    lines: Lines = []
    for label, text in (
        (_("Address"), " ".join(part for part in address if part)),
        (_("D-U-N-S"), customer.duns or ""),
        (_("Referral ID"), referral.source_id),
        (_("Engagement ID"), referral.engagement_id or ""),
    ):
        lines += labelled(label, one_line(text, look), cells, look, "dim")
    return lines


def _standing(referral: Referral, look: Look, *, named: bool = False) -> Lines:
    """The state in parts: the time left to answer and to expiry, or the outcome. `named`: labels stand before them."""
    if referral.status is Status.ARCHIVED:
        parts = [outcome_word(referral.outcome) if referral.outcome else ""]
        if referral.closed_at:
            parts.append(moment(referral.closed_at, look))
        return [[(" ".join(part for part in parts if part), "strong")]]
    if referral.status is Status.ACTIVE:
        who = one_line(referral.decided_by or "", look)
        when = moment(referral.decided_at, look) if referral.decided_at else ""
        return [[(_("accepted {time} {who}").format(time=when, who=who).strip(), "plain")]]
    respond_by = look.deadlines.respond_by(referral.received_at)
    late = deadline.is_overdue(respond_by, look.now)
    text = deadline.respond_text(respond_by, look.now)
    answer = text if late or named else _("answer in {time}").format(time=text)
    if named and not late:
        answer = _("in {time}").format(time=text)
    parts_: Lines = [[(answer, "late" if late else "plain"), (f" ({moment(respond_by, look)})", "dim")]]
    if referral.expires_at:
        left = deadline.left_text(referral.expires_at, look.now)
        left = (_("in {time}") if named else _("expires in {time}")).format(time=left)
        estimated = _(", estimated") if referral.expiry_estimated else ""
        parts_.append([(left, "plain"), (f" ({moment(referral.expires_at, look)}{estimated})", "dim")])
    return parts_


def _deal_text(referral: Referral, look: Look, cells: int = 0) -> str:
    """Name, value, date and window of a deal; in so many cells, if said: the window it was
    given for is left out first, then a long name is cut, never value and date."""
    deal = referral.deal
    name = one_line(deal.name or "", look)
    value = kept(show_money(deal.value, deal.currency, decimal_mark()))
    by = kept(_("by {date}").format(date=date_text(deal.purchase_date))) if deal.purchase_date else ""
    rest = dotted(look, value, by)
    window = kept(one_line(timeframe(deal.timeframe or ""), look)) if deal.timeframe != str(deal.purchase_date) else ""
    if not cells:
        return dotted(look, name, rest, window)
    name = engagement(name, one_line(referral.customer.company, look))
    if width(whole := dotted(look, name, rest, window)) <= cells:
        return whole
    room = max(cells - width(rest) - 3, LEAST_NAME)
    if width(name) > room:
        name = fit(name, room, ellipsis=look.signs.ellipsis).rstrip()
    return dotted(look, name, rest)


def _size(referral: Referral) -> str:
    people = referral.customer.employees  # a number or a range
    return ngettext("{n} person", "{n} people", 1 if people == "1" else 2).format(n=people) if people else ""


def _place(referral: Referral, look: Look) -> str:
    return one_line(" ".join(part for part in (referral.customer.city, referral.customer.country) if part), look)


def _profile(referral: Referral, look: Look) -> str:
    if referral.profile:
        return one_line(referral.profile, look)
    if referral.status is not Status.NEW:
        return ""
    return _("no active profile ({key} adds one)").format(key=keys_of("profiles"))


def _holder(referral: Referral, look: Look) -> str:
    return _("{who} has it").format(who=one_line(referral.taken_by, look)) if referral.taken_by else ""


def _in_one_line(parts: Lines, look: Look) -> list[Piece]:
    """Parts that belong together, with dots between."""
    line: list[Piece] = list(parts[0])
    for part in parts[1:]:
        line += [(f" {look.signs.dot} ", "dim"), *part]
    return line
