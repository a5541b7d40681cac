"""Letters to customers that people write (W1): from a template, through the outbox, after the undo time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from refterm.domain.deadline import as_of
from refterm.domain.decisions import Typed, required
from refterm.domain.history import Action, Notice
from refterm.domain.referral import Contact, Referral
from refterm.errors import InvalidInputError
from refterm.i18n import _
from refterm.services import people
from refterm.services.background.addresses import usable
from refterm.services.workplace import Workplace
from refterm.store import codec, history, journal, outbox, updates
from refterm.text import clean_line, fold

REPLY = "reply"
KINDS = ("first-answer", "question", "appointment", "thanks")
_LONGEST_MAILTO = 1800  # longer links are cut by mail programs


class Written(NamedTuple):
    """A letter as a person wrote it, or as a template begins it."""

    to: str
    subject: str
    text: str


class Sent(NamedTuple):
    """What becomes of a letter.

    Attributes:
        due_at: when it goes out; until then it can be undone.
        handed_over: the person sends it: the desk mails nothing, and asks afterwards whether it was sent.
        answers_to: the address to which the customer answers; None where it is the desk's own.
    """

    letter: Written
    due_at: datetime
    handed_over: bool
    answers_to: str | None


class Replies:
    """Writes to customers."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    @property
    def hands_over(self) -> bool:
        """Whether letters are handed over to the person, as the desk mails none itself."""
        return self.workplace.transport != "smtp"

    def recipients(self, referral: Referral) -> list[tuple[Contact, str]]:
        """The customer's contacts that can be written to, each with the address as a letter takes it."""
        found = [(one, address) for one in referral.customer.contacts if (address := usable(one.email)) is not None]
        return list({address: (one, address) for one, address in reversed(found)}.values())[::-1]

    def prepare(self, referral: Referral, kind: str, to: str = "") -> Written:
        """A letter as a template begins it, in the customer's language.

        Args:
            referral: what it is about.
            kind: one of KINDS.
            to: to which of the contacts; the first who can be written to unless given.

        Raises:
            InvalidInputError: for a template that is not known or has a name that is not; or where nobody can be written to.
        """
        if kind not in KINDS:
            raise InvalidInputError(
                {
                    "template": _("{text} is no template; allowed are {allowed}").format(
                        text=kind, allowed=", ".join(KINDS)
                    )
                }
            )
        from refterm.services.background import letters  # not needed by `failed`, which the start asks

        contact, address = self._recipient(referral, to)
        try:
            subject, text = letters.begun(self.workplace, kind, referral, contact)
        except letters.LetterError as error:
            raise InvalidInputError({"template": str(error)}) from error
        return Written(address, subject, text)

    def first_kind(self, referral: Referral) -> str:
        """The template that fits best: the first answer, or a question once there was one."""
        with self.workplace.database.reading() as connection:
            answered = any(entry.action == Action.REPLIED for entry in history.entries(connection, referral.id))
        return KINDS[1] if answered else KINDS[0]

    def answers_to(self) -> str | None:
        """The person's own address, to which customers answer (`refterm db set people.NAME=ADDRESS`)."""
        with self.workplace.database.reading() as connection:
            return people.address_of(connection, self.workplace.actor.name)

    def send(self, referral_id: int, typed: Typed) -> Sent:
        """Send a letter: it waits in the outbox for the undo time, and the history keeps it.

        Args:
            referral_id: any referral, also an archived one.
            typed: `to`, one of the contacts' addresses; `subject`; `text`.

        Raises:
            InvalidInputError: with a sentence for each bad field.
        """
        workplace = self.workplace
        workplace.require_writing()
        with workplace.database.writing() as connection:
            now = workplace.now()
            row = updates.get(connection, referral_id)
            referral = as_of(codec.read_referral(row), now)
            letter = self._read(referral, typed)
            due = now + timedelta(seconds=workplace.undo_seconds)
            me = workplace.actor.name
            owed = Notice(REPLY, letter.to, due, person=me, subject=letter.subject, text=letter.text)
            outbox.replace_failed(connection, referral_id, me)
            entry = journal.record(
                connection,
                row,
                row,
                Action.REPLIED,
                workplace.actor,
                now,
                notices=[owed],
                extra={"to": letter.to, "subject": letter.subject, "text": letter.text},
            )
            if workplace.transport == "off":
                outbox.hand_over(connection, entry)
            answers = people.address_of(connection, me)
        return Sent(letter, due, self.hands_over, answers)

    def failed(self) -> list[tuple[int, int, Written, str]]:
        """One's own letters that could not be sent: notice, referral, letter and the reason."""
        with self.workplace.database.reading() as connection:
            rows = outbox.failed_letters(connection, self.workplace.actor.name)
        return [
            (row["id"], row["referral_id"], Written(row["recipient"], row["subject"], row["text"]), row["error"] or "")
            for row in rows
        ]

    def _read(self, referral: Referral, typed: Typed) -> Written:
        errors: dict[str, str] = {}
        read = {}
        for field, sentence, lines in (
            ("subject", _("a letter needs a subject"), False),
            ("text", _("a letter needs a text"), True),
        ):
            try:
                read[field] = required(typed.get(field, ""), field, sentence, lines=lines)
            except InvalidInputError as error:
                errors |= error.fields
        try:
            _contact, address = self._recipient(referral, typed.get("to", ""))
        except InvalidInputError as error:
            raise InvalidInputError({**error.fields, **errors}) from None
        if errors:
            raise InvalidInputError(errors)
        return Written(address, read["subject"], read["text"])

    def _recipient(self, referral: Referral, to: str) -> tuple[Contact, str]:
        able = self.recipients(referral)
        if not able:
            given = ", ".join(
                clean_line(one.email).strip()[:60] for one in referral.customer.contacts if one.email.strip()
            )
            raise InvalidInputError(
                {
                    "to": _("no contact of referral {id} has an address that can be written to: {given}").format(
                        id=referral.id, given=given or _("none is given")
                    )
                }
            )
        if not to.strip():
            return able[0]
        for contact, address in able:
            if fold(address) == fold(to):
                return contact, address
        raise InvalidInputError(
            {
                "to": _("{to} is no contact of this customer; choose one of {names}").format(
                    to=clean_line(to).strip()[:60], names=", ".join(address for _contact, address in able)
                )
            }
        )


def mailto(letter: Written) -> str:
    """A letter as a link for a mail program: one address, all of it percent-encoded; long texts are left out."""
    local, _at, domain = letter.to.rpartition("@")
    link = f"mailto:{quote(local, safe='')}@{quote(domain, safe='')}?subject={quote(letter.subject, safe='')}"
    whole = f"{link}&body={quote(letter.text.replace(chr(10), chr(13) + chr(10)), safe='')}"
    return whole if len(whole) <= _LONGEST_MAILTO else link
