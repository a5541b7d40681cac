"""What changes on an open desk without a key: by time (I4, F5) and by others (T1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refterm.errors import RefTermError
from refterm.i18n import _, ngettext
from refterm.services.expiry import expire_due
from refterm.tui.news import CLOSING, news

if TYPE_CHECKING:
    from refterm.tui.desk_screen import DeskScreen

# Seconds between two looks whether a notice is due.
DELIVER_EVERY = 30.0


class Watcher:
    """Looks, each time the sleeper wakes, what has changed, and lets the desk show that and nothing else."""

    def __init__(self, desk: DeskScreen) -> None:
        self._desk = desk
        self._token = 0
        self._written = 0
        self._expiring = self._delivering = False

    def begin(self) -> None:
        """What was written until now is no news."""
        self._desk.set_interval(DELIVER_EVERY, self.deliver)
        self._token = self._desk.office.desk.token()
        self._written = self._desk.office.desk.written()

    def deliver(self) -> None:
        """Deliver what is owed and due, in a thread, where desks do that (N1)."""
        desk = self._desk
        settings, workplace = desk.notices, desk.office.workplace
        if settings is None or settings.deliver != "desk" or workplace.looks_only or desk.link.lost or self._delivering:
            return
        try:
            if not desk.office.desk.notices_due():
                return
        except RefTermError as error:
            desk.link.failed(error)
            return

        def work() -> int:
            from refterm.services.delivery import deliver_due  # brings the standard library's mail

            return deliver_due(workplace, settings).failed

        def done(failures: int) -> None:
            self._delivering = False
            if failures:
                said = ngettext("{n} notice could not be delivered.", "{n} notices could not be delivered.", failures)
                desk.say(said.format(n=failures) + " " + _("refterm outbox tells why."), "late")

        def failed(_error: RefTermError) -> None:
            self._delivering = False

        self._delivering = True
        desk.write(work, done, failed)

    def own(self) -> None:
        """What was just written here is no news."""
        self._token = self._desk.office.desk.changes(self._token).token
        self._written = self._desk.office.desk.written()

    def look(self) -> None:
        """Look what has changed, then sleep again."""
        desk = self._desk
        sleeper, now = desk.sleeper, desk.office.workplace.now()
        if desk.link.lost:
            sleeper.sleep()
            return
        try:
            written = desk.office.desk.written()
            if written != self._written:
                self._written = written
                self.read()
                desk.neighbours.look()
            if sleeper.event and now >= sleeper.event:
                sleeper.event = None
                self.expire()
                self._follow()
                desk.detail_pane.update_times(desk.look())
            elif sleeper.texts and now >= sleeper.texts:
                desk.update_times()
        except RefTermError as error:
            desk.link.failed(error)
        sleeper.sleep()

    def expire(self) -> None:
        """Archive what is due, in a thread (I4)."""
        workplace = self._desk.office.workplace
        if self._expiring or workplace.database.read_only:
            return
        self._expiring = True

        def done(_archived: list[int]) -> None:
            self._expiring = False
            self.read()

        def failed(_error: RefTermError) -> None:
            self._expiring = False

        self._desk.write(lambda: expire_due(workplace), done, failed)

    def read(self) -> None:
        """Tell what others wrote since the last look, and read the list again."""
        desk = self._desk
        changes = desk.office.desk.changes(self._token)
        self._token, before = changes.token, dict(desk.counts)
        if not changes.entries:
            return
        desk.referral_list.unseen -= {entry.referral for entry in changes.entries if entry.action in CLOSING}
        self._follow()
        # Where there was more than can be told one by one, the tabs' counts tell how much.
        more = {tab: desk.counts[tab] - count for tab, count in before.items()} if changes.more else {}
        if told := news(desk.office.desk, changes.entries, more, desk.look()):
            desk.say(told.sentence, told.style)
            if told.arrived:
                desk.referral_list.unseen |= told.arrived
                desk.referral_list.refresh()
                if desk.rings:
                    desk.app.bell()
        desk.show_title()
        if desk.detail_pane.referral_id in {entry.referral for entry in changes.entries}:
            desk.show_detail()

    def _follow(self) -> None:
        """Read again what time or others changed. The full detail is left when its referral left the list: another in
        its place would take the keys that are meant for the first."""
        desk = self._desk
        here = desk.row.id if desk.row and desk.whole else None
        desk.reload()
        if here is not None and (desk.row is None or desk.row.id != here):
            desk.show_whole(False)
