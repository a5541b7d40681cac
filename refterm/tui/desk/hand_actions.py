"""The actions that hand something to somebody: a letter, a referral, a next step, the list itself (W1, T5, A5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from refterm.domain.row import Row
from refterm.errors import InvalidInputError, RefTermError
from refterm.i18n import _
from refterm.text import display
from refterm.tui.actions import keys_of
from refterm.tui.background.duties import Duties
from refterm.tui.desk.look_actions import LookActions
from refterm.tui.draw.detail import MOST_ENTRIES

if TYPE_CHECKING:
    from refterm.services.replies import Sent
    from refterm.services.several import Done
    from refterm.tui.forms.form import Form
    from refterm.tui.panels.panel import Panel


class HandActions(LookActions):
    """Replies, assignments, follow-ups, the outbox, and what is handed on."""

    def chosen(self) -> list[Row]:
        """The marked rows, else the one under the cursor."""
        marked = self.referral_list.marked
        return self.session.desk.rows(sorted(marked)) if marked else [self.row] if self.row else []

    def action_reply(self) -> None:
        """The form that writes to the customer (W1)."""
        from refterm.services.replies import Replies
        from refterm.tui.forms.reply import ReplyForm

        referral = self.referral()
        if referral is None:
            return
        try:
            form = ReplyForm(self.session, referral, Replies(self.session.workplace), self.app.editor)
        except InvalidInputError as error:
            self.say("; ".join(error.fields.values()), "late")
            return
        if warning := self.presence.warning(referral.id):
            form.tell(warning)
        self.presence.hold(referral.id, form.form)

        def answered(sent: Sent | None) -> None:
            self.presence.let_go()
            if sent is not None:
                self._replied(referral.id, sent)

        form.whole = self._whole
        self.app.push_screen(form, answered)

    def _replied(self, number: int, sent: Sent) -> None:
        to = display(sent.letter.to)
        if not sent.handed_over:
            self.after_write(_("Wrote to {to} about #{id}.").format(to=to, id=number), undo=True)
            return
        from refterm.services.replies import mailto
        from refterm.tui.panels.handed_over import HandedOver

        letter = sent.letter
        self.app.copy_to_clipboard(f"{letter.to}\n{letter.subject}\n\n{letter.text}")
        held = self.session.workplace.transport != "off"
        self.after_write(_("The letter to {to} was sent to your terminal's clipboard.").format(to=to), undo=held)

        def answered(yes: bool | None) -> None:
            if yes:
                self._do_sent(number)
            else:
                self.say(_("#{id}: {key} says that it was sent.").format(id=number, key=keys_of("contacted")), "dim")

        link = None if self.kiosk else mailto(letter)
        self.app.push_screen(HandedOver(to, link, self.session.signs), answered)

    def _do_sent(self, number: int) -> None:
        row = next(iter(self.session.desk.rows([number])), None)
        if row is None or row.contacted_at is not None:
            return
        contacted = partial(self.session.marks.contacted, number, was=False)
        self.write(
            contacted, lambda _done: self.after_write(_("#{id}: the customer counts as contacted.").format(id=number))
        )

    def action_assign(self) -> None:
        """The form that gives referrals to a colleague, marked ones together (T5)."""
        from refterm.services.assigning import Assigning
        from refterm.tui.forms.assign import assign_form

        rows, me = self.chosen(), self.session.workplace.actor.name
        if not rows:
            return

        def known(colleagues: list[str]) -> None:
            others = {row.id: row.taken_by for row in rows if row.taken_by not in (None, me)}
            form = assign_form(self.session, [(row.id, row.company) for row in rows], colleagues, others)
            self._open_form(form, rows[0].id, self._after_several)

        self.write(Assigning(self.session.workplace).colleagues, known)

    def follow_up(self) -> None:
        """The form that sets the next step of engagements (A5)."""
        from refterm.tui.forms.follow_up import follow_up_form

        rows = self.chosen()
        if not rows:
            return
        at = text = ""
        if len(rows) == 1 and (referral := self.referral()) is not None:
            text = referral.deal.follow_up_text or ""
        form = follow_up_form(self.session, [(row.id, row.company) for row in rows], at, text)
        self._open_form(form, rows[0].id, self._after_several)

    def action_follow_up_done(self) -> None:
        """The follow-up is done; then the next one is asked for (A5)."""
        from refterm.services.follow_ups import FollowUps

        referral = self.referral()
        if referral is None:
            return
        at = referral.deal.follow_up_at
        if at is None:
            self.say(_("#{id} has no follow-up; {key} sets one.").format(id=referral.id, key=keys_of("skip")), "dim")
            return

        def done(by_me: bool) -> None:
            self.after_write(
                _("#{id}: followed up.").format(id=referral.id)
                if by_me
                else _("#{id}: somebody else changed the follow-up.").format(id=referral.id)
            )
            if by_me:
                from refterm.tui.forms.follow_up import follow_up_form

                form = follow_up_form(self.session, [(referral.id, referral.customer.company)])
                self._open_form(form, referral.id, self._after_several)

        self.write(lambda: FollowUps(self.session.workplace).done(referral.id, was=at), done)

    def action_outbox(self) -> None:
        """What is owed, sent and failed (N1)."""
        from refterm.tui.panels.outbox import OutboxScreen

        self.app.push_screen(OutboxScreen(self.session))

    def action_hand_on(self) -> None:
        """Take the list, its history or the insights along."""
        from refterm.tui.forms.hand_on import hand_on_form

        def handed(done: tuple[str, str] | None) -> None:
            if done is not None:
                sentence, copied = done
                if copied:
                    self.app.copy_to_clipboard(copied)
                self.say(sentence)

        self.app.push_screen(hand_on_form(self.session, self.view, kiosk=self.kiosk), handed)

    def action_bring_in(self) -> None:
        """The form that brings a file of referrals in."""
        from refterm.tui.forms.import_form import BroughtIn, bring_in_form
        from refterm.tui.panels.told import Told

        shown = [-1]

        def progress(share: int) -> None:
            if share != shown[0]:
                shown[0] = share
                self.app.call_from_thread(form.say, _("{share} read").format(share=f"{share} %"))

        def closed(done: BroughtIn | None) -> None:
            if done is None:
                return
            self.after_write(done.sentence)
            self.messages.keep()  # the news of what it brought comes at once
            if done.problems:
                self.app.push_screen(Told(_("Import"), [done.sentence, "", *done.problems], self.signs))

        form = bring_in_form(self.session, progress)
        self.app.push_screen(form, closed)

    # What several of them share

    def _open_form(self, form: Form[str], referral: int, closed: Callable[[str | None], None]) -> None:
        """Open a form on a referral. Others see that it is open, and this person sees theirs (T1)."""
        if warning := self.presence.warning(referral):
            form.tell(warning)
        self.presence.hold(referral, form.form)

        def answered(sentence: str | None) -> None:
            self.presence.let_go()
            closed(sentence)

        self._push_form(form, answered)

    def _whole(self, number: int) -> Panel:
        from refterm.tui.panels.whole import WholeScreen

        return WholeScreen(self.read_shown(number, MOST_ENTRIES), self.look())

    def _push_form(self, form: Form[str], closed: Callable[[str | None], None]) -> None:
        """Open a form. Until it closes the detail stays on its referral, and it hears what others write."""
        self.form = form
        form.whole = self._whole

        def answered(sentence: str | None) -> None:
            self.form = None
            if self.whole and self.row and self.row.id not in form.referrals:
                self.show_whole(False)
            try:
                closed(sentence)
            except RefTermError as error:  # no key runs this, so the app does not catch it
                self.connection.failed(error)
            # The cursor may have moved to another referral while the form held the detail on its own.
            if self.detail_pane.referral_id != self.in_detail:
                self.show_detail()
            self.app.call_next(self.app.type_again, form.type_ahead)

        if self.row is None or self.row.id not in form.referrals:
            self.show_detail()
        self.app.push_screen(form, answered)

    def several(self, rows: list[Row], act: Callable[[int], object], sentence: str) -> None:
        """Do something to the marked rows, each by itself, and say what was done and what was not.

        Args:
            rows: the marked ones.
            act: a service's work on one.
            sentence: with `{referrals}`.
        """
        from refterm.services.several import each
        from refterm.tui.forms.parts import not_done

        def told(done: Done) -> None:
            numbers = ", ".join(f"#{number}" for number in done.referrals)
            said = sentence.format(referrals=numbers) if numbers else ""
            self._after_several((said + not_done(done)).strip())

        self.write(lambda: each([row.id for row in rows], act), told)

    def _after_several(self, sentence: str | None) -> None:
        if sentence is not None:
            self.referral_list.clear_marks()
            self.after_write(sentence)

    # By themselves

    def due(self, event: Duties.Due) -> None:
        """Follow-ups are due: say so; who holds one is alerted (A5, S1)."""
        from refterm.tui.background.news import due_sentence

        me = self.session.workplace.actor.name
        self.say(due_sentence(event.rows, self.look()), "soon")
        mine = [row for row in event.rows if (row.taken_by or row.decided_by) == me]
        if mine:
            self.app.alert_about("mine-due", _("follow up"), mine[0].id, mine[0].company, len(mine))
        self.reload()
        self.show_detail()

    def yielded(self, event: Duties.Yielded) -> None:
        """Say what Partner Center did not take while this person was away, once, and mark it until it is looked at."""
        from refterm.tui.background.news import yielded_sentence

        self.state.told = max(self.state.told, event.told)
        if event.referrals:
            self.say(yielded_sentence(event.referrals), "late")
            self.state.yielded.update(event.referrals)
            self.app.keep_view()
            self.referral_list.unseen.update(event.referrals)
            self.referral_list.refresh()

    def unsent(self, event: Duties.Unsent) -> None:
        """A letter came back: say why, and where it is."""
        sentence = _("Your letter on #{id} could not be sent ({why}); {key} has it again.")
        self.say(sentence.format(id=event.referral, why=display(event.why), key=keys_of("reply")), "late")
