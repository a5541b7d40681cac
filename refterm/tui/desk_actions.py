"""What each key of the desk does: one function for each action of the registry, by its id."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from refterm.domain.query import ORDERS, Filter, Order, Tab
from refterm.domain.referral import Status
from refterm.i18n import _, ngettext
from refterm.text import display
from refterm.tui import clipboard, news

if TYPE_CHECKING:
    from refterm.services.triage import Done
    from refterm.tui.desk_screen import DeskScreen
    from refterm.tui.screens.form import Form

# Forms and dialogs are imported where they open: they bring Textual's inputs, which the first frame does not need.


def accept(desk: DeskScreen) -> None:
    """The form that accepts (I5)."""
    from refterm.tui.screens.accept import accept_form

    if referral := desk.referral():
        open_form(desk, accept_form(desk.office, referral), referral.id, decided(desk))


def decline(desk: DeskScreen) -> None:
    """The form that declines the referral, or all marked ones as one (I6)."""
    from refterm.tui.screens.decline import decline_form

    marked = desk.referral_list.marked
    chosen = desk.office.desk.rows(sorted(marked)) if marked else [desk.row] if desk.row else []
    rows = [row for row in chosen if row.status is Status.NEW]
    if rows:
        form = decline_form(desk.office, [(row.id, row.company) for row in rows])
        open_form(desk, form, rows[0].id, decided(desk))


def won(desk: DeskScreen) -> None:
    """The form that reports a deal won (A1)."""
    from refterm.tui.screens.outcome import won_form

    if referral := desk.referral():
        open_form(desk, won_form(desk.office, referral), referral.id, decided(desk))


def lost(desk: DeskScreen) -> None:
    """The form that reports a deal lost (A1)."""
    from refterm.tui.screens.outcome import lost_form

    if referral := desk.referral():
        open_form(desk, lost_form(desk.office, referral), referral.id, decided(desk))


def edit(desk: DeskScreen) -> None:
    """The form that edits an engagement (A2)."""
    from refterm.tui.screens.edit import edit_form

    if referral := desk.referral():
        open_form(desk, edit_form(desk.office, referral), referral.id, changed(desk))


def contact(desk: DeskScreen, number: int | None = None) -> None:
    """The form that adds a contact of the deal, or corrects one (A3)."""
    from refterm.tui.screens.contact import contact_form

    if referral := desk.referral():
        open_form(desk, contact_form(desk.office, referral, number), referral.id, changed(desk))


def remove_contact(desk: DeskScreen) -> None:
    """In the detail: remove the contact under the cursor, after a question (A3)."""
    from refterm.tui.screens.confirm import confirm

    shown, index = desk.detail_pane.shown, desk.contact_index
    if not desk.whole:
        desk.say(_("Contacts are removed in the detail: enter opens it."), "dim")
        return
    if shown is None or index is None:
        desk.say(_("This deal has no contact; c adds one."), "dim")
        return
    referral, person = shown.referral, shown.referral.team[index]

    def answered(yes: bool | None) -> None:
        if yes:
            sentence = _("Removed contact {name}.").format(name=display(person.name))
            do(desk, lambda: desk.office.triage.remove_contact(referral.id, index + 1, was=person), sentence)

    question = _("Remove {name} from this deal?").format(name=display(person.name))
    desk.app.push_screen(confirm(question, _("Remove"), _("Keep")), answered)


def note(desk: DeskScreen) -> None:
    """The form that adds a note to the history (T4)."""
    from refterm.tui.screens.note import note_form

    if row := desk.row:
        desk.app.push_screen(note_form(desk.office, row.id, row.company), changed(desk))


def skip(desk: DeskScreen) -> None:
    """Put aside until a time, which is asked; or bring back (I8)."""
    from refterm.tui.screens.skip import skip_form

    referral = desk.referral()
    if referral is None:
        return
    if referral.skipped_until:
        work = partial(desk.office.marks.unskip, referral.id, was=True)
        desk.write(work, lambda done: desk.after_write(news.unskipped(done, referral.id)))
    else:
        desk.app.push_screen(skip_form(desk.office, referral), changed(desk))


def contacted(desk: DeskScreen) -> None:
    """Say that the customer was contacted; again: withdrawn (F4)."""
    if row := desk.row:
        work = partial(desk.office.marks.contacted, row.id, was=row.contacted_at is not None)
        desk.write(work, lambda done: desk.after_write(news.contacted(done, row.company)))


def take(desk: DeskScreen) -> None:
    """Take it, or release it; another's only after a question (T3)."""
    row, me = desk.row, desk.office.workplace.actor.name
    if row is None:
        return
    yours = _("#{id} is yours.").format(id=row.id)
    if row.taken_by is None:
        do(desk, lambda: desk.office.marks.take(row.id), yours)
        return
    if row.taken_by == me:
        do(desk, lambda: desk.office.marks.release(row.id, was=me), _("#{id} is released.").format(id=row.id))
        return
    from refterm.tui.screens.confirm import confirm

    def answered(yes: bool | None) -> None:
        if yes:
            over = partial(desk.office.marks.take, row.id, over=True, was=row.taken_by)
            do(desk, over, yours)

    question = _("{who} has taken #{id}. Take it over?").format(who=display(row.taken_by), id=row.id)
    desk.app.push_screen(confirm(question, _("Take over"), _("Leave it")), answered)


def favorite(desk: DeskScreen) -> None:
    """Set the favourite mark, or take it off (I10)."""
    if row := desk.row:
        work = partial(desk.office.marks.favorite, row.id, was=row.favorite)
        desk.write(work, lambda done: desk.after_write(news.favorite(done, row.id)))


def undo(desk: DeskScreen) -> None:
    """Undo one's latest decision, marked ones as one (U1)."""
    triage = desk.office.triage

    def done(result: Done) -> None:
        if not result.referrals:
            desk.say(str(result.refused[0].error), "late")
            return
        desk.forget_undo()
        numbers = ", ".join(f"#{number}" for number in result.referrals)
        sentence = ngettext(
            "Undone: {referrals} stands as before.", "Undone: {referrals} stand as before.", len(result.referrals)
        ).format(referrals=numbers)
        if result.refused:
            sentence += " " + "; ".join(f"#{one.referral}: {one.error}" for one in result.refused)
        desk.after_write(sentence)
        desk.referral_list.go_to(result.referrals[0])

    desk.write(lambda: triage.undo(triage.last_decision()), done)


def mark(desk: DeskScreen) -> None:
    """Mark the row and go on."""
    desk.referral_list.toggle_mark()
    desk.draw()


def mark_range(desk: DeskScreen) -> None:
    """Mark from the last mark to the cursor."""
    desk.referral_list.mark_range()
    desk.draw()


def detail(desk: DeskScreen) -> None:
    """All details on the full screen; there, the contact under the cursor."""
    if not desk.whole:
        desk.show_whole(True)
    elif desk.contact_index is not None and desk.state.tab is Tab.ACTIVE:
        contact(desk, desk.contact_index + 1)


def next_contact(desk: DeskScreen) -> None:
    """In the detail: the next contact of the deal."""
    shown = desk.detail_pane.shown
    if desk.whole and shown and shown.referral.team:
        desk.contact_index = ((desk.contact_index if desk.contact_index is not None else -1) + 1) % len(
            shown.referral.team
        )
        desk.show_detail()
        desk.detail_pane.show_chosen()


def search(desk: DeskScreen) -> None:
    """The search field."""
    if desk.whole:
        desk.show_whole(False)
    desk.searching.open()


def order(desk: DeskScreen) -> None:
    """The next order; the cursor stays on its referral."""
    orders = ORDERS[desk.state.tab]
    present = orders.index(desk.view.effective_order) if desk.view.effective_order in orders else 0
    chosen = orders[(present + 1) % len(orders)]
    desk.state.orders = {**desk.state.orders, desk.state.tab: chosen}
    desk.reload()
    if chosen is Order.FIT:
        from refterm.services.fitting import store_scores

        desk.write(lambda: store_scores(desk.office.workplace), lambda changed: desk.reload() if changed else None)
    desk.keep_view()


def filter(desk: DeskScreen) -> None:  # noqa: A001
    """The form that narrows the list."""
    from refterm.tui.screens.filter import filter_form

    def chosen(wanted: Filter | None) -> None:
        if wanted is not None:
            desk.set_filter(wanted)

    desk.app.push_screen(filter_form(desk.office, desk.view), chosen)


def next_flame(desk: DeskScreen) -> None:
    """The next customer who asked to be contacted: hot ones by time left, then cooled ones (F1)."""
    flames = desk.office.desk.flames()
    if not flames:
        desk.say(_("No customer waits to be contacted."), "dim")
        return
    here = desk.row.id if desk.row and desk.state.tab is Tab.INBOX else None
    if desk.state.tab is not Tab.INBOX:
        desk.show_tab(Tab.INBOX)
    after = flames.index(here) + 1 if here in flames else 0
    for number in (*flames[after:], *flames[:after]):
        if desk.referral_list.go_to(number):
            return
    desk.say(_("The filter hides those who wait to be contacted; escape clears it."), "dim")


def history(desk: DeskScreen) -> None:
    """Who did what to this referral (T4)."""
    from refterm.tui.screens.history import HistoryScreen

    if row := desk.row:
        desk.app.push_screen(HistoryScreen(desk.office, row.id, row.company))


def similar(desk: DeskScreen) -> None:
    """The past deals most like this referral; each opens its record (I7)."""
    from refterm.tui.screens.similar import SimilarScreen

    if row := desk.row:
        desk.app.push_screen(SimilarScreen(desk.office, row.id, row.company, desk.open_record))


def insights(desk: DeskScreen) -> None:
    """What the past says; a finding opens the referrals it speaks of (G0-G5)."""
    from refterm.tui.screens.insights import InsightsScreen

    desk.app.push_screen(InsightsScreen(desk.office, desk.show_only))


def profiles(desk: DeskScreen) -> None:
    """The business profiles (P1)."""
    from refterm.tui.screens.profiles import ProfilesScreen

    desk.app.push_screen(ProfilesScreen(desk.office, desk.after_write))


def refresh(desk: DeskScreen) -> None:
    """Read everything again."""
    desk.wake()
    desk.reload()
    desk.show_detail()
    desk.say(_("Read again."), "dim")


def help(desk: DeskScreen) -> None:  # noqa: A001
    """All keys."""
    from refterm.tui.actions import key_name, registry
    from refterm.tui.screens.help import HelpScreen

    rows = [(action.group, " ".join(key_name(key) for key in action.keys), action.label) for action in registry()]
    desk.app.push_screen(HelpScreen([*rows, (_("Desk"), "ctrl+p", _("Every action by name"))]))


def back(desk: DeskScreen) -> None:
    """One step back: out of the search, the detail, then the search's hits, the filter, the marks."""
    if desk.searching.is_open:
        desk.close_search(keep=False)
    elif desk.whole:
        desk.show_whole(False)
    elif desk.search:
        desk.close_search(keep=False)
    elif desk.referral_list.marked:
        desk.referral_list.clear_marks()
        desk.draw()
    elif desk.view.filter != Filter():
        desk.set_filter(Filter())


def move(desk: DeskScreen, rows: int) -> None:
    """Move the cursor, or scroll the detail."""
    if desk.whole:
        desk.detail_pane.scroll_lines(rows)
    else:
        desk.referral_list.move_by(rows)


def page(desk: DeskScreen, pages: int) -> None:
    """Move by a page."""
    if desk.whole:
        desk.detail_pane.scroll_lines(pages * max(1, desk.detail_pane.size.height - 1))
    else:
        desk.referral_list.move_by_page(pages)


def edge(desk: DeskScreen, far: int) -> None:
    """To the top or to the end."""
    if desk.whole:
        desk.detail_pane.scroll_lines(far)
    else:
        desk.referral_list.move_to(far)


def quit(desk: DeskScreen) -> None:  # noqa: A001
    """Leave at once: everything is written already."""
    desk.app.exit()


def suspend(desk: DeskScreen) -> None:
    """To the shell, and back with fg."""
    desk.app.action_suspend_process()


FAR = 10**9
HANDLERS: dict[str, Callable[[DeskScreen], None]] = {
    **{
        function.__name__: function
        for function in (
            *(
                accept,
                decline,
                won,
                lost,
                edit,
                contacted,
                take,
                skip,
                detail,
                search,
                undo,
                help,
                quit,
                note,
                favorite,
                mark,
            ),
            *(
                similar,
                insights,
                profiles,
                history,
                clipboard.copy_email,
                clipboard.copy_phone,
                mark_range,
                order,
                filter,
                next_flame,
                refresh,
                next_contact,
                back,
            ),
            *(remove_contact, suspend),
        )
    },
    "contact": lambda desk: contact(desk),
    "tab_inbox": lambda desk: desk.show_tab(Tab.INBOX),
    "tab_active": lambda desk: desk.show_tab(Tab.ACTIVE),
    "tab_archived": lambda desk: desk.show_tab(Tab.ARCHIVED),
    "down": lambda desk: move(desk, 1),
    "up": lambda desk: move(desk, -1),
    "page_down": lambda desk: page(desk, 1),
    "page_up": lambda desk: page(desk, -1),
    "top": lambda desk: edge(desk, -FAR),
    "bottom": lambda desk: edge(desk, FAR),
}


def open_form(desk: DeskScreen, form: Form[str], referral: int, closed: Callable[[str | None], None]) -> None:
    """Open a form on a referral: the others are told while it is open, and who opens it is told of theirs (T1)."""
    if warning := desk.neighbours.warning(referral):
        form.tell(warning)
    desk.neighbours.hold(referral, form.form)

    def answered(sentence: str | None) -> None:
        desk.neighbours.let_go()
        closed(sentence)

    desk.app.push_screen(form, answered)


def do(desk: DeskScreen, work: Callable[[], None], sentence: str) -> None:
    """Do a service's work, then say what happened."""
    desk.write(work, lambda _none: desk.after_write(sentence))


def decided(desk: DeskScreen) -> Callable[[str | None], None]:
    """After a decision: the list without it, what happened, and for how long it can be undone."""

    def closed(sentence: str | None) -> None:
        if sentence is not None:
            desk.after_write(sentence, undo=True)

    return closed


def changed(desk: DeskScreen) -> Callable[[str | None], None]:
    """After another change: what happened."""

    def closed(sentence: str | None) -> None:
        if sentence is not None:
            desk.after_write(sentence)

    return closed
