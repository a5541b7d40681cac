"""A real mail server on this machine, and what other programs do who deliver at the same time."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller

from refterm.config import NoticeSettings
from refterm.services.background.delivery import deliver_due
from tests.services import racing


class Mailbox:
    """What the server was given. It refuses whom it is told to."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
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
        self.received.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=policy.default)))
        return self.answer.get("data", "250 OK")

    def to(self) -> list[str]:
        """The recipients, in order."""
        return sorted(str(letter["To"]) for letter in self.received)


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, NoticeSettings]]:
    """A server on a free port, and the settings that reach it."""
    mailbox = Mailbox()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
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


def deliver(number: int, location: Path | str, now: datetime, settings: NoticeSettings) -> tuple[int, int]:
    """Deliver what is due, begun by all at the same moment."""
    place = racing._open(number, location, now)
    racing._barrier.wait(racing.PATIENCE)
    done = deliver_due(place, settings, environment={})
    place.close()
    return done.sent, done.failed
