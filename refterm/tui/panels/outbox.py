"""The outbox: what is owed, sent and failed; one's own letters first (N1, W1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from refterm.domain.when import moment_text
from refterm.i18n import _
from refterm.services.outbox import Outbox
from refterm.tui.background.work import work
from refterm.tui.forms import parts
from refterm.tui.panels.chooser import Chooser, Item
from refterm.tui.session import Session
from refterm.words import field_word, notice_state_word, notice_word

if TYPE_CHECKING:
    from refterm.services.sync.conflicts import Conflict


class OutboxScreen(Chooser):
    """What waits or failed, then what went out last. `enter` tries again, `x` drops."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "drop", show=False), Binding("r", "read", show=False)]

    def __init__(self, session: Session) -> None:
        super().__init__(_("Outbox"), "", session.signs, cells=118, keys=_("r read again   escape closes"))
        self.session = session
        self.outbox = Outbox(session.workplace)
        self.message = _("reading")
        self._found: list[dict[str, Any]] = []
        self._conflicts: dict[int, list[Conflict]] = {}

    def on_mount(self) -> None:
        """Read it in a thread."""
        self.action_read()

    def action_read(self) -> None:
        """Read again."""
        self.message = _("reading")
        self._read_on(lambda: "" if self._found or self._conflicts else _("Nothing is owed."))

    def items(self, cells: int) -> list[Item]:
        """A line for each, with the error below."""
        lines = self.sentence(self.message, cells, "strong") if self.message else []
        for number, fields in self._conflicts.items():
            # Below zero, so that it is no notice's number.
            lines.append(Item([(self._signs.sanitize(_both_changed(number, fields)), "strong")], -number))
        if not self._found:
            return lines
        place = self.session.workplace
        now, zone = place.now(), place.zone
        rows = [
            (
                notice_state_word(one["state"]),
                f"#{one['referral']}",
                notice_word(one["kind"]),
                one["to"] or "-",
                moment_text(one["due_at"], now, zone) if one["due_at"] else _("on hold"),
                parts.plain_line(one["subject"] or ""),
            )
            for one in self._found
        ]
        heads = (_("State"), _("Referral"), _("What"), _("To"), _("Time"), _("Subject"))
        head, *drawn = self.rows(heads, rows, cells)
        lines.append(head)
        for one, row in zip(self._found, drawn, strict=True):
            number = int(one["id"])
            lines.append(Item(row.pieces, number))
            if one["error"]:
                text = "  " + self._signs.sanitize(parts.plain_line(one["error"]))
                lines.append(Item([(text, "plain")], number))
        return lines

    def act(self, key: int) -> None:
        """Try it again; of what both sides changed, send what was typed here."""
        if key < 0:
            from refterm.services.sync.conflicts import send_again

            self._change(
                lambda: send_again(self.session.workplace, -key),
                _("What was typed here of #{number} is sent again.").format(number=-key),
            )
            return
        self._change(lambda: self.outbox.retry(key), _("Notice {id} is due again.").format(id=key))

    def action_drop(self) -> None:
        """Never deliver the one under the cursor."""
        keys = self.keys
        key = keys[min(self.chosen, len(keys) - 1)] if keys else 0
        if key > 0:
            self._change(lambda: self.outbox.drop(key), _("Dropped notice {id}.").format(id=key))

    def _change(self, job: Callable[[], None], sentence: str) -> None:
        def done(_none: object) -> None:
            self._read_on(lambda: sentence)

        work(self, job, done, self.fail, group="writes")

    def _read_on(self, message: Callable[[], str]) -> None:
        def read() -> tuple[list[dict[str, Any]], dict[int, list[Conflict]]]:
            from refterm.services.sync.conflicts import all_open

            return self.outbox.shown(), all_open(self.session.workplace)

        def known(found: tuple[list[dict[str, Any]], dict[int, list[Conflict]]]) -> None:
            self._found, self._conflicts = found
            self.message = message()
            if found[0] or found[1]:
                self.set_keys(_("enter try again   x drop   r read again   escape closes"))
            else:
                self.set_keys(_("r read again   escape closes"))
            self.draw()

        work(self, read, known, self.fail, group="outbox")


def _both_changed(number: int, fields: Sequence[Conflict]) -> str:
    """Field by field: what stands at Partner Center, and what was typed here (enter sends that again)."""
    told = "; ".join(
        _("{field}: theirs {theirs}, ours {ours} ({by})").format(
            field=field_word(one.field), theirs=one.theirs, ours=one.ours, by=one.by
        )
        for one in fields
    )
    return _("#{number} changed on both sides, enter sends ours: {fields}").format(number=number, fields=told)
