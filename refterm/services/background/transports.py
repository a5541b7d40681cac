"""The ways out: a Maildir, which works offline and which any mail reader opens, or a mail server."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from refterm.config import NoticeSettings
from refterm.errors import ConfigurationError, RefTermError
from refterm.i18n import _

PASSWORD = "REFTERM_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
SECONDS = 20.0
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class RefusedError(RefTermError):
    """Not delivered, in the words of whoever refused.

    Attributes:
        for_good: trying again would not help.
    """

    def __init__(self, text: str, *, for_good: bool = False) -> None:
        super().__init__(text)
        self.for_good = for_good


class Transport(Protocol):
    """Delivers letters."""

    state: str  # what a delivered notice is: `sent`, or `written` where nothing was mailed

    def deliver(self, message: EmailMessage, number: int) -> None:
        """Deliver one.

        Args:
            message: the letter.
            number: of the notice, which is delivered once.

        Raises:
            RefusedError: when it was not.
        """
        ...

    def close(self) -> None:
        """End what is open."""
        ...


class Maildir:
    """A Maildir. A notice has one file, however often it is delivered."""

    state = "written"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, message: EmailMessage, number: int) -> None:
        """Write it into `tmp`, then move it into `new`, as the format asks."""
        name = f"refterm-{number}"
        try:
            for part in ("tmp", "new", "cur"):
                (self._folder / part).mkdir(parents=True, exist_ok=True, mode=0o770)
            if (self._folder / "new" / name).exists() or any((self._folder / "cur").glob(f"{name}:*")):
                return
            writing = self._folder / "tmp" / f"{name}.{socket.gethostname()}.{os.getpid()}"
            with writing.open("wb") as file:
                file.write(message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            os.replace(writing, self._folder / "new" / name)
        except OSError as error:
            raise RefusedError(f"{error.filename or self._folder}: {error.strerror or error}") from error

    def close(self) -> None:
        """Nothing is open."""


class Smtp:
    """A mail server, connected to when there is something to send."""

    state = "sent"

    def __init__(self, settings: NoticeSettings, environment: Mapping[str, str]) -> None:
        """
        Raises:
            ConfigurationError: when no server is named.
        """
        if not settings.host:
            raise ConfigurationError(_("notices.host must name the mail server, as notices.transport is smtp"))
        self._settings = settings
        self._environment = environment
        self._server: smtplib.SMTP | None = None

    def deliver(self, message: EmailMessage, number: int) -> None:
        """Send it."""
        try:
            server = self._connected()
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, said),) = list(error.recipients.values())[:1]
            raise RefusedError(_said(code, said), for_good=code >= 500) from error
        except smtplib.SMTPResponseException as error:
            self.close()
            raise RefusedError(_said(error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self.close()
            raise RefusedError(" ".join(str(error).split())[:200] or type(error).__name__) from error

    def close(self) -> None:
        """Take leave of the server."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()  # it went away first

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            return self._server
        settings, context = self._settings, ssl.create_default_context()
        port = settings.port or _PORTS[settings.security]
        server: smtplib.SMTP
        if settings.security == "tls":
            server = smtplib.SMTP_SSL(settings.host or "", port, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(settings.host or "", port, timeout=SECONDS)
        try:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user:
                server.login(settings.user, self._password())
        except BaseException:
            server.close()
            raise
        self._server = server
        return server

    def _password(self) -> str:
        if given := self._environment.get(PASSWORD):
            return given
        if not self._settings.password_command:
            if kept := _from_keyring(self._settings.user or ""):
                return kept
            raise RefusedError(_("no password: set {variable} or notices.password_command").format(variable=PASSWORD))
        # The site's or the person's own command, from their configuration.
        command = self._settings.password_command
        try:
            done = subprocess.run(  # noqa: S602
                command, shell=True, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.SubprocessError as error:  # it asks for a passphrase, say, where nobody is
            text = _("notices.password_command did not answer within {n} s; run it by hand to see why")
            raise RefusedError(text.format(n=f"{SECONDS:g}")) from error
        if done.returncode:
            raise RefusedError(_("notices.password_command failed with status {n}").format(n=done.returncode))
        return done.stdout.rstrip("\n")


def chosen(settings: NoticeSettings, database: Path | None, environment: Mapping[str, str]) -> Transport | None:
    """The transport that the settings name; None where nothing is delivered.

    Raises:
        ConfigurationError: when what it needs is not set.
    """
    if settings.transport == "off":
        return None
    if settings.transport == "smtp":
        return Smtp(settings, environment)
    if settings.maildir:
        return Maildir(Path(settings.maildir).expanduser())
    if database is None:
        raise ConfigurationError(_("with PostgreSQL set notices.maildir, or notices.transport to smtp or off"))
    return Maildir(database.parent / "notices")


def _from_keyring(user: str) -> str | None:
    """The password that the keyring keeps for `refterm` and the account; None where there is no keyring, or none in it."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found = keyring.get_password("refterm", user)
    except KeyringError as error:
        raise RefusedError(_("the keyring gives no password: {error}").format(error=error)) from error
    return None if found is None else str(found)


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"[:200]
