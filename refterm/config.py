"""The configuration: one spec, read from flag > environment > user's file > site's file > default.

Every key stands in the dataclasses below with its type, its default and what is allowed; the loader reads the spec
from them. An unknown key or a bad value is an error that names file, key and what is allowed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

from refterm import files, paths
from refterm.errors import ConfigurationError
from refterm.i18n import _, languages
from refterm.text import clean

SITE_FILE = Path("/etc/refterm/config.toml")
SITE_ONLY = ("kiosk", "kiosk_commands", "editor", "locked", "roles", "views")
# Tables that are kept in the database, with an example of how to set them.
IN_DATABASE = {"deadlines": "deadlines.respond_hours=24", "people": "people.bob=bob@example.com"}
# The upper limit of every number: 100 000 days are 273 years.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """`[notices]`: how notices are delivered (N1)."""

    transport: str = field(default="maildir", metadata={"allowed": ("maildir", "smtp", "off")})
    maildir: str | None = None
    from_: str | None = None
    host: str | None = None
    port: int | None = field(default=None, metadata={"least": 1, "most": 65535})
    security: str = field(default="starttls", metadata={"allowed": ("starttls", "tls", "none")})
    user: str | None = None
    password_command: str | None = None
    token_command: str | None = None
    deliver: str = field(default="desk", metadata={"allowed": ("desk", "tick")})
    customers: str = field(default="auto", metadata={"allowed": ("auto", "always", "never")})
    remind_respond_hours: int = field(default=4, metadata={"least": 0})
    remind_expire_hours: int = field(default=24, metadata={"least": 0})


@dataclass(frozen=True, slots=True)
class PartnerCenterSettings:
    """`[partner_center]`: where the referrals are synchronised with."""

    base_url: str = "https://api.partner.microsoft.com"
    authority: str = "https://login.microsoftonline.com"
    tenant: str | None = None
    client_id: str | None = None
    interval_minutes: int = field(default=10, metadata={"least": 1})
    token_command: str | None = None

    @property
    def is_set_up(self) -> bool:
        """Whether there is a way to sign in at all."""
        return bool((self.client_id and self.tenant) or self.token_command)


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """`[alerts]`: how the terminal is asked to notify, and of what (S1)."""

    terminal: str = field(default="off", metadata={"allowed": ("osc9", "osc777", "ring", "off")})
    on: tuple[str, ...] = field(
        default=("flame", "assigned", "mine-due"), metadata={"each": ("flame", "assigned", "mine-due")}
    )


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """`[links]`: pages that can be opened from the desk."""

    crm: str | None = None


@dataclass(frozen=True, slots=True)
class SharedView:
    """One of `[[views]]`: a view that the site gives to all.

    Attributes:
        name: as people read it.
        key: its letter or figure in Views.
        filter: in the words of `refterm list`.
    """

    name: str
    key: str
    filter: str


@dataclass(frozen=True, slots=True)
class RoleSettings:
    """`[roles]`: who may do what, by login name or `@group`; empty everywhere means everyone is admin."""

    viewer: tuple[str, ...] = ()
    triager: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set."""

    database: str | None = None
    user: str | None = None
    language: str | None = None
    time_zone: str | None = None
    ascii: bool | None = None
    mouse: bool = True
    bell: bool = False
    theme: str | None = None
    read_only: bool = False
    undo_seconds: int = field(default=60, metadata={"least": 0, "most": 3600})
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    partner_center: PartnerCenterSettings = field(default_factory=PartnerCenterSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    links: LinkSettings = field(default_factory=LinkSettings)
    keys: Mapping[str, str] = field(default_factory=dict)
    editor: str | None = None
    phrases: Mapping[str, str] = field(default_factory=dict)
    kiosk: bool = False
    kiosk_commands: tuple[str, ...] = field(default=(), metadata={"each": ("list", "show", "insights")})
    locked: tuple[str, ...] = ()
    views: tuple[SharedView, ...] = ()
    roles: RoleSettings = field(default_factory=RoleSettings)

    def zone(self) -> tzinfo | None:
        """The viewer's zone; None is the machine's.

        Raises:
            ConfigurationError: when TZ is no zone with which Python can work, such as one that is a day ahead.
        """
        if self.time_zone is None:
            try:
                datetime.fromtimestamp(0, UTC).astimezone()
            except (ValueError, OverflowError):
                raise ConfigurationError(
                    _("the variable TZ is no time zone; set it, or the setting time_zone, to one such as Europe/Madrid")
                ) from None
            return None
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.time_zone)

    def overridden(self, **flags: Any) -> Settings:
        """The settings with what flags say put over them; None leaves a setting alone.

        Raises:
            ConfigurationError: when a flag would change what the site's file has locked.
        """
        given = {name: value for name, value in flags.items() if value is not None}
        for name, value in given.items():
            if name in self.locked and value != getattr(self, name):
                raise ConfigurationError(_("{key} is locked by the site's configuration").format(key=name))
        return replace(self, **given)


def load(
    *,
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    site: Path = SITE_FILE,
    kiosk: bool = False,
) -> Settings:
    """Read the site's file, the user's over it, and the environment over both; what is locked stays the site's.

    Args:
        config: the user's file, as `--config` names it; it must exist.
        environment: instead of the process's.
        site: the site's file; only tests name another.
        kiosk: no user's file is read, and no flag and no variable names another database; the site's file can say so,
            too.

    Raises:
        ConfigurationError: naming file, key and what is allowed.
    """
    environment = os.environ if environment is None else environment
    named = config or (Path(environment["REFTERM_CONFIG"]) if environment.get("REFTERM_CONFIG") else None)
    sites = _read(site)
    settings: Settings = _merge(Settings(), sites, site, "", site=True)
    _check_locked(settings.locked, site)
    if "notices" in sites:  # one way out for all; a password command of a user's would run for the desk
        settings = replace(settings, locked=(*settings.locked, "notices"))
    if "crm" in sites.get("links", ()):  # a link of the site's leads where the site says
        settings = replace(settings, locked=(*settings.locked, "links.crm"))
    if kiosk or settings.kiosk:  # else `--db` or REFTERM_DB would open another desk
        settings = replace(settings, kiosk=True, locked=(*settings.locked, "database"))
    else:
        path = named or paths.config_folder() / "config.toml"
        mine = _read(path, must_exist=named is not None)
        _refuse_locked(mine, settings.locked, path)
        settings = _merge(settings, mine, path, "", site=False)
    said = {"database": environment.get("REFTERM_DB"), "user": environment.get("REFTERM_USER")}
    return settings.overridden(**{key: value or None for key, value in said.items() if key not in settings.locked})


def _read(path: Path, *, must_exist: bool = False) -> dict[str, Any]:
    try:
        text = "" if path.samefile(os.devnull) else files.read(path).decode("utf-8-sig").replace("\r\n", "\n")
        import tomllib

        return tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError) as error:
        if must_exist:
            raise ConfigurationError(_("{path}: there is no such configuration file").format(path=path)) from error
        return {}
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except RecursionError as error:
        raise ConfigurationError(_("{path} is no TOML: its brackets are too deep").format(path=path)) from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise ConfigurationError(_("{path} is no TOML: {error}").format(path=path, error=error)) from error


def _check_locked(locked: tuple[str, ...], site: Path) -> None:
    """Refuse an unknown name, which would lock nothing."""
    known: list[str] = []
    for name, kind in get_type_hints(Settings).items():
        known += [name, *(f"{name}.{spec.name.rstrip('_')}" for spec in (fields(kind) if is_dataclass(kind) else ()))]
    for key in locked:
        if key not in known:
            raise ConfigurationError(
                _("{path}: locked names {key}, which is not a key; allowed are {allowed}").format(
                    path=site, key=key, allowed=", ".join(sorted(known))
                )
            )


def _refuse_locked(mine: Mapping[str, Any], locked: tuple[str, ...], path: Path) -> None:
    keys = {f"{key}.{inner}" for key, table in mine.items() if isinstance(table, dict) for inner in table} | set(mine)
    for key in sorted(keys & set(locked)):
        raise ConfigurationError(
            _("{path}: {key} is locked by the site's configuration; remove it here").format(path=path, key=key)
        )


def _merge(over: Any, given: Mapping[str, Any], path: Path, prefix: str, *, site: bool) -> Any:
    hints = get_type_hints(type(over))
    known = {spec.name.rstrip("_"): spec for spec in fields(over)}
    changes: dict[str, Any] = {}
    for key, value in given.items():
        if not prefix and key in IN_DATABASE:
            raise ConfigurationError(
                _(
                    "{path}: [{key}] belongs to the desk and is kept in its database; remove it here, and let an admin"
                    " set it with refterm db set {example}"
                ).format(path=path, key=key, example=IN_DATABASE[key])
            )
        spec = known.get(key)
        if spec is None or (not site and not prefix and key in SITE_ONLY):
            allowed = [name for name in known if site or prefix or name not in SITE_ONLY]
            text = (
                _("{path}: {key} is not a key; allowed are {allowed}")
                if spec is None
                else _("{path}: {key} belongs in the site's file")
            )
            raise ConfigurationError(text.format(path=path, key=prefix + key, allowed=", ".join(sorted(allowed))))
        present = getattr(over, spec.name)
        if is_dataclass(present):
            if not isinstance(value, dict):
                raise ConfigurationError(_("{path}: {key} must be a table").format(path=path, key=f"[{key}]"))
            changes[spec.name] = _merge(present, value, path, f"{prefix}{key}.", site=site)
        elif key == "views":
            changes[key] = _views(value, f"{path}: [[views]]")
        elif isinstance(present, Mapping):
            changes[spec.name] = {**present, **_texts(value, f"{path}: {prefix}{key}")}
        else:
            changes[spec.name] = _check(value, hints[spec.name], spec.metadata, f"{path}: {prefix}{key}", key)
    return replace(over, **changes)


def _views(value: Any, where: str) -> tuple[SharedView, ...]:
    """The site's views; the words of their filters are read where the desk opens."""
    names = {spec.name for spec in fields(SharedView)}
    found: list[SharedView] = []
    for one in value if isinstance(value, list) else [None]:
        if not isinstance(one, dict) or set(one) != names or not all(isinstance(text, str) for text in one.values()):
            raise ConfigurationError(
                _("{where} must have the texts {names} each, and no other").format(
                    where=where, names=", ".join(sorted(names))
                )
            )
        view = SharedView(**{name: clean(text).strip() for name, text in one.items()})
        if not view.name or len(view.key) != 1:
            raise ConfigurationError(
                _("{where} {name}: key must be one letter or figure, and the name not empty").format(
                    where=where, name=view.name
                )
            )
        found.append(view)
    return tuple(found)


def _texts(value: Any, where: str) -> dict[str, str]:
    """A table of texts under names of one's own; the user's stand beside the site's."""
    if not isinstance(value, dict) or not all(isinstance(text, str) and text.strip() for text in value.values()):
        raise ConfigurationError(_('{where} must be a table of texts, such as NAME = "text"').format(where=where))
    return {name: clean(text) for name, text in value.items()}


def _check(value: Any, hint: Any, metadata: Mapping[str, Any], where: str, key: str) -> Any:
    wanted = next(t for t in get_args(hint) if t is not type(None)) if isinstance(hint, UnionType) else hint
    if "allowed" in metadata and value not in metadata["allowed"]:
        raise ConfigurationError(
            _("{where} must be one of {allowed}").format(where=where, allowed=", ".join(metadata["allowed"]))
        )
    if wanted is bool and wanted is not hint and value == "auto":
        return None
    if wanted is bool and not isinstance(value, bool):
        raise ConfigurationError(_("{where} must be true or false").format(where=where))
    if wanted is int:
        least, most = metadata["least"], metadata.get("most", MOST)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ConfigurationError(
                _("{where} must be a whole number from {least} to {most}").format(where=where, least=least, most=most)
            )
    if wanted is str and not isinstance(value, str):
        raise ConfigurationError(_("{where} must be a text").format(where=where))
    if wanted not in (bool, int, str):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigurationError(_("{where} must be a list of texts").format(where=where))
        if unknown := [item for item in value if item not in metadata.get("each", value)]:
            raise ConfigurationError(
                _("{where} may name {allowed}, not {text}").format(
                    where=where, allowed=", ".join(metadata["each"]), text=unknown[0]
                )
            )
        return tuple(value)
    if key == "time_zone":
        _check_zone(value, where)
    if key == "language":
        _check_language(value, where)
    if key == "crm":
        _check_crm(value, where)
    return value


def _check_crm(url: str, where: str) -> None:
    if (
        not re.fullmatch(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?/[!-~]*", url)
        or url.partition("/")[2].count("{crm_id}") != 1
    ):
        raise ConfigurationError(
            _("{where} must be an https URL with {crm_id} in it, such as https://crm.example.com/deal/{crm_id}").format(
                where=where, crm_id="{crm_id}"
            )
        )


def _check_language(name: str, where: str) -> None:
    allowed = languages()
    if re.split("[_.@]", name)[0] not in allowed or os.sep in name:
        raise ConfigurationError(
            _("{where} must be one of {allowed}").format(where=where, allowed=", ".join(sorted(allowed)))
        )


def _check_zone(name: str, where: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ConfigurationError(_("{where} must be a time zone such as Europe/Madrid").format(where=where)) from None
