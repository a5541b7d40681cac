"""A real mail server on this machine, and what other programs do who deliver at the same time."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import Any, cast

from aiosmtpd.controller import Controller

from refterm.config import NoticeSettings
from refterm.services.background.delivery import deliver_due
from tests.services import racing


class Mailbox:
    """What the server was given. It refuses whom it is told to."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        # Each letter as it came: who sends it, to whom, and its bytes.
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.answer: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Take a recipient, or refuse."""
        if address in self.answer:
            return self.answer[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a letter."""
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        self.received.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=policy.default)))
        return self.answer.get("data", "250 OK")

    def to(self) -> list[str]:
        """The recipients, in order."""
        return sorted(str(letter["To"]) for letter in self.received)


class _Listening(Controller):
    """A server on a port that is its own already: one that was free a moment ago may be another's."""

    def __init__(self, mailbox: Mailbox, listening: socket.socket) -> None:
        address, port = listening.getsockname()
        super().__init__(mailbox, hostname=address, port=port, ready_timeout=60)
        self._listening = listening

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, NoticeSettings]]:
    """A server on a free port, and the settings that reach it."""
    mailbox = Mailbox()
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    controller = _Listening(mailbox, listening)
    controller.start()
    try:
        yield (
            mailbox,
            NoticeSettings(
                transport="smtp", host="127.0.0.1", port=port, security="none", from_="desk@refterm.example"
            ),
        )
    finally:
        controller.stop(no_assert=True)


class MailServer:
    """A mail server of a given temper, which counts what it is asked and keeps each line it hears.

    Args:
        answers: by stage (`connect`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `end`), what it says instead of yes.
            An empty answer closes the connection.
        offers: the extensions it names.
    """

    def __init__(self, answers: Mapping[str, str], offers: Sequence[str] = ()) -> None:
        self.answers, self.offers = answers, offers
        self.connections = self.sign_ins = 0
        self.heard: list[bytes] = []
        self.letters: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.settings = NoticeSettings(
            transport="smtp",
            host="127.0.0.1",
            port=self._listening.getsockname()[1],
            security="starttls" if "STARTTLS" in answers else "none",
            from_="desk@refterm.example",
        )

    def __enter__(self) -> MailServer:
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # else the thread goes on waiting for the next caller
        self._thread.join(5)
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _address = self._listening.accept()
                self.connections += 1
                with suppress(OSError), caller, caller.makefile("rwb") as talk:
                    self._talk(talk)

    def _talk(self, talk: Any) -> None:
        def say(text: str) -> bool:
            talk.write(text.encode() + b"\r\n")
            talk.flush()
            return bool(text) and not text.startswith("421")

        if not say(self.answers.get("connect", "220 ready")):
            return
        for line in talk:
            self.heard.append(line)
            verb = line.split()[0].upper().decode() if line.strip() else ""
            yes = {"QUIT": "221 bye", "DATA": "354 go", "AUTH": "235 welcome"}.get(verb, "250 ok")
            if verb == "EHLO" and self.offers:
                yes = "\r\n".join(f"250-{one}" for one in ["mx", *self.offers[:-1]]) + f"\r\n250 {self.offers[-1]}"
            self.sign_ins += verb == "AUTH"
            if not self.answers.get(verb, yes) or not say(self.answers.get(verb, yes)) or verb == "QUIT":
                return
            if verb == "DATA" and self.answers.get(verb, yes).startswith("354"):
                letter = b"".join(iter(talk.readline, b".\r\n"))
                answer = self.answers.get("end", "250 queued")
                if answer.startswith("2"):
                    self.letters.append(letter)
                if not answer or not say(answer):
                    return


def deliver(number: int, location: Path | str, now: datetime, settings: NoticeSettings) -> tuple[int, int]:
    """Deliver what is due, begun by all at the same moment."""
    place = racing._open(number, location, now)
    racing._barrier.wait(racing.PATIENCE)
    done = deliver_due(place, settings, environment={})
    place.close()
    return done.sent, done.failed
