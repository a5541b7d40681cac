"""The actions that decide and write: a method `action_<id>` for each id of the registry."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from refterm.domain.query import Tab
from refterm.domain.referral import Status
from refterm.i18n import _, ngettext
from refterm.text import display
from refterm.tui.actions import keys_of, off_words, registry, why_off
from refterm.tui.desk.hand_actions import HandActions
from refterm.words import action_word, tab_word

if TYPE_CHECKING:
    from refterm.services.several import Done


class DeskActions(HandActions):
    """The actions that decide and write; what is handed to others is in hand_actions.py, what only looks in look_actions.py."""

    BINDINGS: ClassVar = [
        Binding(",".join(action.keys), action.id, action.label, show=False, id=action.id) for action in registry()
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Textual asks before it does an action; None says that it is off now."""
        return None if self.why_off(action) else True

    def why_off(self, action: str) -> str | None:
        """Why an action of the registry cannot be done now; None when it can, or is none of the desk's."""
        found = self.actions.get(action)
        return why_off(found, self.situation()) if found else None

    def off_words(self, action: str) -> str | None:
        """The same in the few words that stand beside its name."""
        found = self.actions.get(action)
        return off_words(found, self.situation()) if found else None

    def say_why_off(self, action: str) -> bool:
        """Say why an action cannot be done now; false when it can, or is none of the desk's."""
        reason = self.why_off(action)
        if reason:
            self.say(reason, "dim")
        return bool(reason)

    def action_help(self) -> None:
        """All keys: those that do something here first."""
        from refterm.tui.panels.help import HelpScreen, action_entries

        where = tab_word(self.state.tab) + (f" #{self.row.id}" if self.row else "")
        entries = action_entries(self.actions.values(), self.off_words, self.run_action)
        self.app.push_screen(HelpScreen(entries, where, self.session.signs, self.app.size.width))

    # Decisions and work

    def action_accept(self) -> None:
        """The form that accepts (I5)."""
        from refterm.tui.forms.accept import accept_form

        if referral := self.referral():
            self._open_form(accept_form(self.session, referral), referral.id, self._decided)

    def action_decline(self) -> None:
        """The form that declines the referral, or all marked ones as one (I6)."""
        from refterm.tui.forms.decline import decline_form

        marked = self.referral_list.marked
        chosen = self.session.desk.rows(sorted(marked)) if marked else [self.row] if self.row else []
        rows = [row for row in chosen if row.status is Status.NEW]
        if rows:
            form = decline_form(self.session, [(row.id, row.company) for row in rows])
            self._open_form(form, rows[0].id, self._decided)

    def action_won(self) -> None:
        """The form that reports a deal won (A1)."""
        from refterm.tui.forms.outcome import won_form

        if referral := self.referral():
            self._open_form(won_form(self.session, referral), referral.id, self._decided)

    def action_lost(self) -> None:
        """The form that reports a deal lost (A1)."""
        from refterm.tui.forms.outcome import lost_form

        if referral := self.referral():
            self._open_form(lost_form(self.session, referral), referral.id, self._decided)

    def action_edit(self) -> None:
        """The form that edits an engagement (A2)."""
        from refterm.tui.forms.edit import edit_form

        if referral := self.referral():
            self._open_form(edit_form(self.session, referral), referral.id, self._changed_here)

    def action_move_date(self) -> None:
        """The form that moves the purchase date (A2)."""
        from refterm.tui.forms.edit import move_date_form

        if referral := self.referral():
            self._open_form(move_date_form(self.session, referral), referral.id, self._changed_here)

    def action_add_contact(self) -> None:
        """The form that adds a contact of the deal (A3)."""
        self._contact_form()

    def _contact_form(self, number: int | None = None) -> None:
        """The form that adds a contact of the deal, or corrects one (A3)."""
        from refterm.tui.forms.contact import contact_form

        if referral := self.referral():
            self._open_form(contact_form(self.session, referral, number), referral.id, self._changed_here)

    def action_remove_contact(self) -> None:
        """In the detail: remove the contact under the cursor, after a question (A3)."""
        from refterm.tui.panels.confirm import Confirm

        shown, index = self.detail_pane.shown, self.contact_index
        if not self.whole:
            self.say(_("Contacts are removed in the detail: {key} opens it.").format(key=keys_of("detail")), "dim")
            return
        if shown is None or index is None:
            self.say(_("This deal has no contact; {key} adds one.").format(key=keys_of("add_contact")), "dim")
            return
        referral, person = shown.referral, shown.referral.team[index]

        def answered(yes: bool | None) -> None:
            if yes:
                sentence = _("Removed contact {name}.").format(name=display(person.name))
                self._do(lambda: self.session.triage.remove_contact(referral.id, index + 1, was=person), sentence)

        question = _("Remove {name} from this deal?").format(name=display(person.name))
        self.app.push_screen(Confirm(question, _("Remove"), _("Keep")), answered)

    def action_note(self) -> None:
        """The form that adds a note to the history (T4)."""
        from refterm.tui.forms.note import note_form

        if row := self.row:
            self._push_form(note_form(self.session, row.id, row.company), self._changed_here)

    def action_skip(self) -> None:
        """In the Inbox put aside until a time, which is asked, or bring back (I8); in Active follow up at a time (A5)."""
        from refterm.tui.forms.skip import skip_form, skip_several_form

        if self.state.tab is Tab.ACTIVE:
            self.follow_up()
            return
        if self.referral_list.marked:
            rows = self.chosen()
            self._push_form(
                skip_several_form(self.session, [(row.id, row.company) for row in rows]), self._after_several
            )
            return

        referral = self.referral()
        if referral is None:
            return
        if referral.skipped_until:
            from refterm.tui.background import news

            unskip = partial(self.session.marks.unskip, referral.id, was=True)
            self.write(unskip, lambda done: self.after_write(news.unskipped(done, referral.id)))
        else:
            self._push_form(skip_form(self.session, referral), self._changed_here)

    def action_contacted(self) -> None:
        """Say that the customer was contacted, with a word about it; again: withdrawn (F4)."""
        row = self.row
        if row is None:
            return
        if row.contacted_at is None:
            from refterm.tui.forms.contacted import contacted_form

            following = self.referral_list.following

            def closed(sentence: str | None) -> None:
                self._changed_here(sentence)
                # The referral goes to another place in the list; the cursor stays where the person works.
                if sentence is not None and following is not None and not self.whole:
                    self.referral_list.go_to(following)

            self._push_form(contacted_form(self.session, row), closed)
        else:
            from refterm.tui.background import news

            contacted = partial(self.session.marks.contacted, row.id, was=True)
            self.write(contacted, lambda done: self.after_write(news.contacted(done, row.company)))

    def action_take(self) -> None:
        """Take it, or release it; another's only after a question (T3)."""
        row, me = self.row, self.session.workplace.actor.name
        if self.referral_list.marked:
            rows = self.chosen()
            if all(one.taken_by == me for one in rows):
                release = partial(self.session.marks.release, was=me)
                self.several(rows, release, _("{referrals}: released."))
            else:
                self.several(rows, self.session.marks.take, _("{referrals}: yours."))
            return
        if row is None:
            return
        if row.taken_by is None:
            self._do(lambda: self.session.marks.take(row.id), _("#{id} is yours.").format(id=row.id))
            return
        if row.taken_by == me:
            self._do(lambda: self.session.marks.release(row.id, was=me), _("#{id} is released.").format(id=row.id))
            return
        from refterm.tui.panels.confirm import Confirm

        def answered(yes: bool | None) -> None:
            if yes:
                over = partial(self.session.marks.take, row.id, over=True, was=row.taken_by)
                self._do(over, _("#{id} is yours.").format(id=row.id))

        question = _("{who} has taken #{id}. Take it over?").format(who=display(row.taken_by), id=row.id)
        self.app.push_screen(Confirm(question, _("Take over"), _("Leave it")), answered)

    def action_favorite(self) -> None:
        """Set the favourite mark, or take it off (I10)."""
        if self.referral_list.marked:
            rows = self.chosen()
            was = all(one.favorite for one in rows)
            said = _("{referrals}: removed from favourites.") if was else _("{referrals}: favourites.")
            self.several(rows, partial(self.session.marks.favorite, was=was), said)
            return
        if row := self.row:
            from refterm.tui.background import news

            favorite = partial(self.session.marks.favorite, row.id, was=row.favorite)
            self.write(favorite, lambda done: self.after_write(news.favorite(done, row.id)))

    def action_undo(self) -> None:
        """Undo one's latest decision, marked ones as one (U1)."""
        triage = self.session.triage

        def done(result: Done) -> None:
            if not result.referrals:
                self.say("; ".join(f"#{one.referral}: {one.error}" for one in result.refused), "late")
                return
            self.messages.forget_undo()
            if result.letters:
                from refterm.services.personal.letters import keep_recalled

                keep_recalled(self.session.workplace, result.letters, self.session.drafts)
            named = [
                f"#{made.referral} {display(company)} ({action_word(made.action)})" for made, company in result.undone
            ]
            sentence = ngettext(
                "Undone: {referrals} stands as before.", "Undone: {referrals} stand as before.", len(named)
            ).format(referrals=", ".join(named))
            if result.letters:
                numbers = ", ".join(f"#{letter.referral}" for letter in result.letters)
                sentence = _("The letter on {referrals} is not sent; {key} has it again.").format(
                    referrals=numbers, key=keys_of("reply")
                )
            if result.refused:
                kept = "; ".join(f"#{one.referral}: {one.error}" for one in result.refused)
                sentence += " " + _("Not undone: {which}.").format(which=kept)
            self.after_write(sentence)
            self.referral_list.go_to(result.referrals[0])

        self.write(triage.undo_last, done)

    def action_detail(self) -> None:
        """All details on the full screen; there, the contact under the cursor."""
        if not self.whole:
            self.show_whole(True)
        elif self.contact_index is not None and self.state.tab is Tab.ACTIVE:
            self._contact_form(self.contact_index + 1)

    def action_mark(self) -> None:
        """Mark the row and go on."""
        self.referral_list.toggle_mark()
        self.draw()

    def action_mark_range(self) -> None:
        """Mark from the last mark to the cursor."""
        self.referral_list.mark_range()
        self.draw()

    def action_profiles(self) -> None:
        """The business profiles (P1)."""
        from refterm.tui.panels.profiles import ProfilesScreen

        self.app.push_screen(ProfilesScreen(self.session, self.after_write))

    def action_copy_email(self) -> None:
        """Send the customer's e-mail address to the person's own clipboard (I2)."""
        self._copy("email", _("e-mail address"))

    def action_copy_phone(self) -> None:
        """Send the customer's phone number to the person's own clipboard (I2)."""
        self._copy("phone", _("phone number"))

    # What several of them share

    def _do(self, job: Callable[[], None], sentence: str) -> None:
        """Do a service's work, then say what happened."""
        self.write(job, lambda _none: self.after_write(sentence))

    def _decided(self, sentence: str | None) -> None:
        """After a form that decides: the list without it, what happened, and for how long it can be undone."""
        if sentence is not None:
            self.after_write(sentence, undo=True)

    def _changed_here(self, sentence: str | None) -> None:
        """After a form that changes something else: what happened."""
        if sentence is not None:
            self.after_write(sentence)

    def _copy(self, part: str, name: str) -> None:
        """Copy a part of the customer's contact with OSC 52. No terminal confirms it."""
        referral = self.referral()
        people = referral.customer.contacts if referral else ()
        text = next((display(getattr(person, part)).strip() for person in people if getattr(person, part).strip()), "")
        if not text:
            self.say(_("This customer has no {part}.").format(part=name), "dim")
            return
        self.app.copy_to_clipboard(text)
        self.say(_("{text} was sent to your terminal's clipboard.").format(text=text))
