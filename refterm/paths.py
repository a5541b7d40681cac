"""Where things lie: the user's folders, and the database that a setting or an option names."""

from __future__ import annotations

import re
from pathlib import Path

from refterm.errors import ConfigurationError
from refterm.i18n import _

POSTGRES = ("postgresql+psycopg", "postgresql", "postgres")
# One letter is a drive of Windows, not a scheme.
_MISTYPED = re.compile(r"(?i)(?:sqlite|postgres(?:ql)?(?:\+\w+)?):|[a-z][a-z0-9+.-]+:/")


def config_folder() -> Path:
    """The user's folder for `config.toml`."""
    import platformdirs

    return platformdirs.user_config_path("refterm", appauthor=False)


def data_folder() -> Path:
    """The user's folder for `desk.db`."""
    import platformdirs

    return platformdirs.user_data_path("refterm", appauthor=False)


def state_folder() -> Path:
    """The user's folder for drafts, view state and `refterm.log`."""
    import platformdirs

    return platformdirs.user_state_path("refterm", appauthor=False)


def database_location(named: str | None) -> Path | str:
    """The location of the desk: a SQLite file, or the URL of a PostgreSQL database.

    Args:
        named: what the setting `database` says; None for the user's own file.

    Raises:
        ConfigurationError: for a URL of another kind.
    """
    if not named:
        return data_folder() / "desk.db"
    scheme, separator, rest = named.partition("://")
    if not separator:
        # This is a mistyped URL, or one that a Path shortened. As a path it would make folders of that name.
        if _MISTYPED.match(named):
            raise ConfigurationError(_not_a_database(named.partition(":")[0] + ":..."))
        return _expanded(named)
    if scheme.lower() in POSTGRES:
        return f"postgresql://{rest}"
    if scheme.lower() != "sqlite":
        raise ConfigurationError(_not_a_database(scheme + "://..."))
    path = rest.removeprefix("/")
    if path == rest or not path:
        raise ConfigurationError(
            _("{url}: name the file after three slashes: sqlite:///desk.db, or sqlite:////srv/desk.db").format(
                url=scheme + "://..."
            )
        )
    return _expanded(path)


def _not_a_database(url: str) -> str:
    return _(
        "{url}: name a SQLite file by its path or as sqlite:///desk.db,"
        " or a PostgreSQL database as postgresql+psycopg://host/name"
    ).format(url=url)


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # `~name` of nobody: then it is the name of a file
        return Path(path)
