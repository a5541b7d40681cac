"""The text of an empty list: why it is empty, and what to do next. Pure: values to lines."""

from __future__ import annotations

from collections.abc import Mapping

from refterm.domain.deadline import span_text
from refterm.domain.history import Action
from refterm.domain.query import Tab, View
from refterm.i18n import _, ngettext
from refterm.services.today import Today
from refterm.text import display, fit, width
from refterm.tui.actions import keys_of
from refterm.tui.desk.bars import number_text, tab_keys
from refterm.tui.draw.row import Look, moment
from refterm.words import tab_word

# So many people are named; more would not fit in a line.
MOST_NAMED = 5


def narrowed(view: View, elsewhere: Mapping[Tab, int]) -> list[str]:
    """Of a search or a filter that leaves nothing here.

    Args:
        view: what is looked at.
        elsewhere: its hits in the other tabs.
    """
    keys = tab_keys()
    there = [
        f"{keys[tab]}: " + _("{n} in {tab}").format(n=number_text(n), tab=tab_word(tab))
        for tab, n in elsewhere.items()
        if n
    ]
    where = [", ".join(there) + "."] if there else []
    back = keys_of("back")
    if not view.search:
        changes = _("{key} changes it, {back} clears it.").format(key=keys_of("filter"), back=back)
        return [_("Nothing passes the filter."), *where, changes]
    searched = display(view.search)[:40]
    nothing = _("Nothing found for {search}.").format(search=searched)
    if there:
        nothing = _("Nothing in {tab} for {search}.").format(tab=tab_word(view.tab), search=searched)
    return [nothing, *where, _("{back} clears the search.").format(back=back)]


def nothing_in(tab: Tab) -> list[str]:
    """Of Active or Archived without a referral."""
    if tab is Tab.ACTIVE:
        where = _("{inbox} goes to the Inbox, where {accept} accepts a referral.")
        return [
            _("No engagement is being worked."),
            where.format(inbox=keys_of("tab_inbox"), accept=keys_of("accept")),
        ]
    return [_("Nothing is archived yet.")]


def first_steps(*, writes: bool, tour: bool) -> list[str]:
    """Of a desk without any referral.

    Args:
        writes: files can be imported and profiles made here.
        tour: the tour is offered, once.
    """
    begin = {
        "bring_in": _("import a file from Partner Center (JSON, NDJSON, CSV) or from refterm"),
        "profiles": _("say where you do business, so that somebody is told of new ones"),
    }
    offered = {"tour": _("the demo with its tour: made-up referrals, and nothing is kept")}
    keys = {**(begin if writes else {}), **(offered if tour else {}), "help": _("all keys")}
    shown = {keys_of(name): does for name, does in keys.items()}
    cells = max(len(key) for key in shown)
    return [
        _("The desk is empty."),
        "",
        *(f"{key:{cells}}  {does}" for key, does in shown.items()),
        "",
        _("On the command line:"),
        _("refterm import FILE imports, refterm demo --tour shows the program."),
    ]


def all_done(today: Today, look: Look) -> list[str]:
    """Of an Inbox that is done: what was done today, by whom, and what comes next."""
    rows: list[tuple[str, str]] = []
    if today.done:
        words = {
            Action.ACCEPTED: _("{n} accepted"),
            Action.DECLINED: _("{n} declined"),
            Action.WON: _("{n} won"),
            Action.LOST: _("{n} lost"),
        }
        done = ", ".join(words[action].format(n=count) for action, count in today.done.items())
        if today.answered_within is not None:
            done += "; " + _("answered within {time} (median)").format(time=span_text(today.answered_within))
        names = [f"{display(name)} {count}" for name, count in today.by[:MOST_NAMED]]
        more = [look.signs.ellipsis] if len(today.by) > MOST_NAMED else []
        rows += [(_("Today"), done), (_("By"), ", ".join((*names, *more)))]
    if today.put_aside:
        count, company, back = today.put_aside
        first = _("{customer} comes back {time}").format(customer=display(company), time=moment(back, look))
        if count > 1:
            first += " " + _("(of {n} put aside)").format(n=count)
        rows.append((_("Next"), first))
    if today.next_step:
        company, at = today.next_step
        step = _("follow up with {customer}, {time}") if at > look.now else _("follow up with {customer}, due {time}")
        rows.append(
            (_("Next") if not today.put_aside else "", step.format(customer=display(company), time=moment(at, look)))
        )
    if today.active:
        deals = ngettext("{n} engagement in Active", "{n} engagements in Active", today.active)
        said = deals.format(n=today.active)
        if today.passed:
            said += ", " + _("{n} past their date").format(n=number_text(today.passed))
        rows.append((keys_of("tab_active"), said))
    cells = max((width(head) for head, _said in rows), default=0)
    lines = [f"{fit(head, cells)}  {said}" for head, said in rows]
    return [_("All done: no referral waits for an answer."), *([""] if lines else []), *lines]
