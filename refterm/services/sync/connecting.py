"""The client of Partner Center as the settings describe it. msal and httpx are imported here only, where they are used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from refterm import paths
from refterm.config import PartnerCenterSettings
from refterm.errors import ConfigurationError, RefTermError
from refterm.i18n import _

if TYPE_CHECKING:
    import ssl

    from refterm.partner_center.client import PartnerCenter
    from refterm.partner_center.signing_in import SignIn
    from refterm.partner_center.transport import HttpTransport


def cache_path() -> Path:
    """The file that keeps this person's sign-in."""
    return paths.state_folder() / "partner-center.json"


def may_be_signed_in(settings: PartnerCenterSettings) -> bool:
    """Whether a token can probably be had, as far as can be told without asking anybody."""
    return bool(settings.token_command) or (settings.is_set_up and cache_path().exists())


def forget() -> bool:
    """Forget the sign-in of this person; whether there was one."""
    path = cache_path()
    if not path.exists():
        return False
    from refterm.partner_center.tokens import Cache

    return Cache(path).remove()


def transport(settings: PartnerCenterSettings, trust: ssl.SSLContext | None = None) -> HttpTransport:
    """The way out to the service and its sign-in.

    Raises:
        RefTermError: when the packages it needs are not installed.
        ConfigurationError: when an address is not https.
    """
    try:
        from refterm.partner_center.transport import HttpTransport
    except ImportError as error:
        raise _missing(error) from None
    return HttpTransport((settings.base_url, settings.authority), trust=trust)


def sign_in(settings: PartnerCenterSettings, way: HttpTransport) -> SignIn:
    """The sign-in of this person.

    Raises:
        ConfigurationError: when application or tenant are not set.
    """
    if not settings.client_id or not settings.tenant:
        raise ConfigurationError(
            _(
                "partner_center.client_id and partner_center.tenant are not set; refterm doctor says how to register an"
                " application"
            )
        )
    try:
        from refterm.partner_center.signing_in import SignIn
    except ImportError as error:
        raise _missing(error) from None
    from refterm.partner_center.tokens import Cache

    return SignIn(
        way,
        Cache(cache_path()),
        authority=settings.authority,
        tenant=settings.tenant,
        client_id=settings.client_id,
        base_url=settings.base_url,
    )


def client(
    settings: PartnerCenterSettings,
    *,
    token: str | None = None,
    trust: ssl.SSLContext | None = None,
    before: Callable[[], None] = lambda: None,
) -> PartnerCenter:
    """The service, with the token given, else that of `token_command`, else that of this person's sign-in.

    Args:
        settings: the addresses, and the ways to a token.
        token: from the environment.
        trust: whom to trust instead of the system's authorities; only tests have one of their own.
        before: called before each request.
    """
    way = transport(settings, trust)
    from refterm.partner_center.client import PartnerCenter
    from refterm.partner_center.tokens import CommandToken, GivenToken, TokenSource

    source: TokenSource
    if token:
        source = GivenToken(token)
    elif settings.token_command:
        source = CommandToken(settings.token_command)
    else:
        source = sign_in(settings, way)
    return PartnerCenter(way, source, settings.base_url, before=before)


def _missing(error: ImportError) -> RefTermError:
    return RefTermError(
        _("{module} is not installed; install refterm with it: pip install 'refterm[partner-center]'").format(
            module=error.name
        )
    )
