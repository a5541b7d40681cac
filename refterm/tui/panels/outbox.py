"""The outbox: what is owed, sent and failed; one's own letters first (N1, W1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from refterm.domain.when import local_text
from refterm.i18n import _
from refterm.services.background.delivery import Outbox
from refterm.tui.background.work import work
from refterm.tui.office import Office
from refterm.tui.panels.chooser import Chooser, Item
from refterm.words import field_word

if TYPE_CHECKING:
    from refterm.services.sync.conflicts import Conflict


def state_word(state: str) -> str:
    """What became of a notice, in the person's language."""
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


class OutboxScreen(Chooser):
    """What waits or failed, then what went out last. `enter` tries again, `x` drops."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "drop", show=False), Binding("r", "read", show=False)]

    def __init__(self, office: Office) -> None:
        super().__init__(_("Outbox"), "", office.signs, cells=110)
        self.office = office
        self.outbox = Outbox(office.workplace)
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
        lines = self.sentence(_("enter try again   x drop   r read again"), cells, "dim")
        if self.message:
            lines += self.sentence(self.message, cells, "strong")
        for number, fields in self._conflicts.items():
            # Below zero, so that it is no notice's number.
            lines.append(Item([(self._signs.sanitize(_both_changed(number, fields)), "strong")], -number))
        for one in self._found:
            due = local_text(one["due_at"], self.office.workplace.zone) if one["due_at"] else _("on hold")
            parts = [state_word(one["state"]), one["kind"], f"#{one['referral']}", one["to"] or "-", due]
            number = int(one["id"])
            text = self._signs.sanitize("  ".join([*parts, one["subject"] or ""]).rstrip())
            lines.append(Item([(text, "plain")], number))
            if one["error"]:
                lines.append(Item([("    " + self._signs.sanitize(one["error"]), "plain")], number))
        return lines

    def act(self, key: int) -> None:
        """Try it again; of what both sides changed, send what was typed here."""
        if key < 0:
            from refterm.services.sync.conflicts import send_again

            self._change(
                lambda: send_again(self.office.workplace, -key),
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

            return self.outbox.shown(), all_open(self.office.workplace)

        def known(found: tuple[list[dict[str, Any]], dict[int, list[Conflict]]]) -> None:
            self._found, self._conflicts = found
            self.message = message()
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
