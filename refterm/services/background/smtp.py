"""The way out through a mail server. It brings OpenSSL: nobody imports it whose notices go elsewhere."""

from __future__ import annotations

import smtplib
import ssl
import subprocess
from collections.abc import Mapping

from refterm.config import NoticeSettings
from refterm.errors import ConfigurationError
from refterm.i18n import _
from refterm.services.background.letters import Letter
from refterm.services.background.transport import RefusedError, UnreachableError

PASSWORD = "REFTERM_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
SECONDS = 20.0
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


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
