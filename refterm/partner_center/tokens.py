"""Where tokens come from: the kept sign-in, a command, or the environment; and the file that keeps a sign-in."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from refterm import files
from refterm.errors import ConfigurationError
from refterm.i18n import _
from refterm.partner_center.errors import SignedOutError, words

COMMAND_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and whose it is. The token never shows in a representation.

    Attributes:
        text: the token.
        account: the account's name; empty where the token does not say.
        tenant: the tenant's id; empty where it does not say.
    """

    text: str = field(repr=False)
    account: str = ""
    tenant: str = ""


class TokenSource(Protocol):
    """Gives tokens."""

    def token(self, *, fresh: bool = False, claims: str | None = None) -> Token:
        """A token.

        Args:
            fresh: the last one was refused; a new one is wanted.
            claims: what the service demands of it.

        Raises:
            SignedOutError: when a person has to sign in.
            NoAnswerError: when the sign-in cannot be reached now.
        """
        ...


class GivenToken:
    """A token that was handed in by the environment; there is no other."""

    def __init__(self, text: str) -> None:
        self._token = described(text)

    def token(self, *, fresh: bool = False, claims: str | None = None) -> Token:
        """The token."""
        if fresh or claims:
            raise SignedOutError(
                _("the token of REFTERM_PARTNER_CENTER_TOKEN is not taken any more; hand in a new one")
            )
        return self._token


class CommandToken:
    """The first line that a command of the configuration prints."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._token: Token | None = None

    def token(self, *, fresh: bool = False, claims: str | None = None) -> Token:
        """The token; the command runs again where a fresh one is wanted."""
        if self._token is None or fresh or claims:
            self._token = described(self._run())
        return self._token

    def _run(self) -> str:
        try:
            parts = shlex.split(self._command)
        except ValueError as error:
            raise ConfigurationError(f"partner_center.token_command: {error}") from None
        try:
            done = subprocess.run(  # noqa: S603 - the person's or the site's own configuration
                parts, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise SignedOutError(
                _("partner_center.token_command took longer than {n} s").format(n=COMMAND_SECONDS)
            ) from None
        except (OSError, ValueError, IndexError) as error:
            raise SignedOutError(
                _("partner_center.token_command cannot be run: {error}").format(error=words(error))
            ) from None
        line = next(iter(done.stdout.decode("utf-8", "replace").splitlines()), "").strip()
        if done.returncode or not line:
            # What it printed may hold a token.
            raise SignedOutError(
                _("partner_center.token_command gave no token (exit status {n}); run it by hand").format(
                    n=done.returncode
                )
            )
        return line


def described(text: str) -> Token:
    """A token with the account and tenant that it names; nothing depends on their being true."""
    try:
        if not text.isascii() or not text.isprintable() or " " in text:
            raise SignedOutError(_("what was given as a token is none"))
        middle = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        account = next((claims[key] for key in ("upn", "preferred_username", "unique_name") if claims.get(key)), "")
        return Token(text, words(account), words(claims.get("tid") or ""))
    except (IndexError, ValueError, AttributeError, TypeError, RecursionError):
        return Token(text)


class Cache:
    """The file of the sign-in: 0600 in a folder 0700, locked while it is used, replaced whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Whether somebody is signed in, as far as the file tells."""
        return self.path.exists()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else reads or writes the file meanwhile."""
        files.make_folder(self.path.parent)
        os.chmod(self.path.parent, 0o700)
        descriptor = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def read(self) -> str:
        """What is kept; empty for nothing."""
        try:
            return files.read(self.path).decode("utf-8")
        except FileNotFoundError:
            return ""

    def write(self, text: str) -> None:
        """Keep something else, whole or not at all."""
        files.write(self.path, text.encode())

    def remove(self) -> bool:
        """Forget the sign-in; whether there was one."""
        with self.locked():
            there = self.path.exists()
            self.path.unlink(missing_ok=True)
        return there


def claims_of(result: dict[str, Any]) -> dict[str, Any]:
    """What a sign-in says of the account."""
    claims = result.get("id_token_claims")
    return claims if isinstance(claims, dict) else {}
