"""The ways out: a Maildir, which works offline and which any mail reader opens, or a mail server."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from refterm import files
from refterm.config import NoticeSettings
from refterm.errors import ConfigurationError, RefTermError
from refterm.i18n import _
from refterm.services.background.letters import Letter

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


class UnreachableError(RefTermError):
    """The way out is closed for every letter: no connection, no sign-in, no folder. The run ends."""


class Transport(Protocol):
    """Delivers letters."""

    batch: int  # how many notices are claimed at once

    state: str  # what a delivered notice is: `sent`, or `written` where nothing was mailed

    def deliver(self, message: Letter, number: int) -> None:
        """Deliver one; it counts as delivered once `finish` has returned.

        Args:
            message: the letter.
            number: of the notice, which is delivered once.

        Raises:
            RefusedError: when it was not.
            UnreachableError: when no other would be, either.
        """
        ...

    def finish(self) -> None:
        """End the delivery of all letters since the last time.

        Raises:
            UnreachableError: when it failed; some may be delivered.
        """
        ...

    def close(self) -> None:
        """End what is open."""
        ...


class Maildir:
    """A Maildir. A notice has one file, however often it is delivered.

    A disk takes as long for many files that are forced to it at the same time as for a few, so the letters of a batch are
    written one by one and forced to it together.
    """

    state = "written"
    batch = 100

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[str, BinaryIO] = {}  # what lies in `tmp`, by the name that it gets

    def deliver(self, message: Letter, number: int) -> None:
        """Write it into `tmp`."""
        name = f"refterm-{number}"
        try:
            if not self._parts:
                self._prepare()
            writing = self._folder / "tmp" / f"{name}.{socket.gethostname()}.{os.getpid()}"
            file = self._parts[name] = open(writing, "wb", opener=_private)  # noqa: SIM115 - open until it is forced
            file.write(message.data.replace(b"\r\n", b"\n"))
            file.flush()
        except OSError as error:
            raise self._failed(error) from error

    def _prepare(self) -> None:
        """Make the folders. Customers' names and addresses: for the owner's eyes only, whatever the umask allows."""
        files.make_folder(self._folder)
        for folder in (self._folder, *(self._folder / part for part in ("tmp", "new", "cur"))):
            folder.mkdir(exist_ok=True, mode=0o700)
            if folder.stat().st_mode & 0o077 and folder.stat().st_uid == os.getuid():
                folder.chmod(0o700)  # made by another program, or by an older refterm

    def finish(self) -> None:
        """Force all that was written to the disk and move it into `new`, as the format asks."""
        new = self._folder / "new"
        try:
            files.force(self._parts.values())
            # A reader of mail moves letters from `new` to `cur`, so this is the order in which to look.
            there = {name for name in self._parts if (new / name).exists()}
            there |= {name.partition(":")[0] for name in os.listdir(self._folder / "cur")}
            for name in [name for name in self._parts if name not in there]:
                os.replace(self._parts[name].name, new / name)
                self._parts.pop(name).close()
            files.force_folder(new)
        except OSError as error:
            raise self._failed(error) from error
        finally:
            self.close()

    def _failed(self, error: OSError) -> UnreachableError:
        return UnreachableError(f"{error.filename or self._folder}: {error.strerror or error}")

    def close(self) -> None:
        """Remove what was written and not delivered."""
        for file in self._parts.values():
            with suppress(OSError):  # a full disk does not take what is left in the buffer
                file.close()
            Path(file.name).unlink(missing_ok=True)
        self._parts.clear()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, files.PRIVATE)


class Smtp:
    """A mail server, connected to when there is something to send."""

    state = "sent"
    batch = 1  # a slow server takes minutes for a letter: a claim of more would end before the last

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
        self._broken = 0  # connections in a row that broke within a letter

    def deliver(self, message: Letter, number: int) -> None:
        """Send it. A connection that breaks within a letter is that letter's failure; a second in a row ends the run."""
        server = self._connected()
        try:
            self._send(server, message)
            self._broken = 0
        except RefusedError:
            self._broken = 0
            if not self._reset(server):
                self.close()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            self._broken += 1
            if self._broken > 1:
                raise UnreachableError(_words(error)) from error
            raise RefusedError(_words(error)) from error

    def _send(self, server: smtplib.SMTP, message: Letter) -> None:
        options = []
        if message.international:
            if not server.has_extn("smtputf8"):
                raise RefusedError(
                    _("the mail server takes no address with letters beyond ASCII before the @: {address}").format(
                        address=message.to if not message.to.isascii() else message.sender
                    ),
                    for_good=True,
                )
            server.command_encoding = "utf-8"
            options.append("SMTPUTF8")
            if server.has_extn("8bitmime"):
                options.append("BODY=8BITMIME")
        if server.has_extn("size"):
            most = server.esmtp_features["size"]
            if most.isdecimal() and 0 < int(most) < len(message.data):
                raise RefusedError(
                    _("the mail server takes no letter of {n} bytes").format(n=len(message.data)), for_good=True
                )
            options.append(f"SIZE={len(message.data)}")
        _accepted(server.docmd("MAIL", " ".join([f"FROM:<{message.sender}>", *options])))
        _accepted(server.docmd("RCPT", f"TO:<{message.to}>"))
        try:
            _accepted(server.data(message.data))
        except smtplib.SMTPDataError as error:
            _accepted((error.smtp_code, _bytes(error.smtp_error)))
            raise

    def finish(self) -> None:
        """The server has said yes to each already."""

    @staticmethod
    def _reset(server: smtplib.SMTP) -> bool:
        try:
            return server.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def close(self) -> None:
        """Take leave of the server."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()  # it went away first

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            try:
                self._server = self._connect()
            except smtplib.SMTPResponseException as error:
                raise UnreachableError(_said(error.smtp_code, error.smtp_error)) from error
            except (smtplib.SMTPException, OSError, ValueError) as error:
                raise UnreachableError(_words(error)) from error
        return self._server

    def _connect(self) -> smtplib.SMTP:
        settings, context = self._settings, ssl.create_default_context()
        # Before the call: a server does not wait for a person who looks up a password.
        secret = self._secret() if settings.user else ""
        port = settings.port or _PORTS[settings.security]
        server: smtplib.SMTP
        if settings.security == "tls":
            server = smtplib.SMTP_SSL(settings.host or "", port, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(settings.host or "", port, timeout=SECONDS)
        try:
            server.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                code, said = server.starttls(context=context)
                if code != 220:
                    raise smtplib.SMTPResponseException(code, said)
                server.ehlo_or_helo_if_needed()
            if settings.user:
                self._sign_in(server, settings.user, secret)
        except BaseException:
            server.close()
            raise
        return server

    def _sign_in(self, server: smtplib.SMTP, user: str, secret: str) -> None:
        """Sign in by one way, once: a second try with the same password would count towards a lock."""
        offered = str(server.esmtp_features.get("auth", "")).upper().split()
        ways = ["XOAUTH2"] if self._settings.token_command else ["CRAM-MD5", "PLAIN", "LOGIN"]
        way = next((one for one in ways if one in offered), None)
        if way is None:
            raise UnreachableError(
                _(
                    "the mail server offers {offered} to sign in, and the settings have no way for that: set "
                    "notices.token_command for XOAUTH2 or a password for PLAIN and LOGIN, use a relay that needs no "
                    "sign-in (without notices.user), or set notices.transport to maildir"
                ).format(offered=", ".join(offered) or _("nothing"))
            )
        if way == "XOAUTH2":
            first = f"user={user}\x01auth=Bearer {secret}\x01\x01"
            # The server names the refusal of a token in a challenge; an empty answer makes it send the refusal itself.
            server.auth("XOAUTH2", lambda challenge=None: first if challenge is None else "")
            return
        server.user, server.password = user, secret
        server.auth(
            way, getattr(server, "auth_" + way.lower().replace("-", "_")), initial_response_ok=way != "CRAM-MD5"
        )

    def _secret(self) -> str:
        """The password, or the token where a command gives one."""
        if self._settings.token_command:
            return _output(self._settings.token_command, "notices.token_command")
        if given := self._environment.get(PASSWORD):
            return given
        if not self._settings.password_command:
            if kept := _from_keyring(self._settings.user or ""):
                return kept
            raise UnreachableError(
                _("no password: set {variable} or notices.password_command").format(variable=PASSWORD)
            )
        return _output(self._settings.password_command, "notices.password_command")


def _output(command: str, setting: str) -> str:
    """What a command of the site's or the person's own configuration prints."""
    try:
        done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S602
    except subprocess.TimeoutExpired as error:
        raise UnreachableError(
            _("{setting} did not answer within {n} s; run it by hand to see why").format(
                setting=setting, n=f"{SECONDS:g}"
            )
        ) from error
    if done.returncode:
        raise UnreachableError(_("{setting} failed with status {n}").format(setting=setting, n=done.returncode))
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
        raise UnreachableError(_("the keyring gives no password: {error}").format(error=error)) from error
    return None if found is None else str(found)


def _accepted(answer: tuple[int, bytes]) -> None:
    """Pass a yes of the server; a no is for good (5xx) or for now (4xx), at every stage (RFC 5321, 4.2.1)."""
    code, said = answer
    if 200 <= code < 300:
        return
    if code == 421 or code < 0:
        raise UnreachableError(_said(code, said))  # the server closes the connection
    raise RefusedError(_said(code, said), for_good=code >= 500)


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def _words(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(said.split())[:200] or type(error).__name__


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"[:200]
