"""What `refterm doctor` looks at: terminal, locale, configuration, folders, database, clock; and how to mend each fault.

It only looks: nothing is made, archived or changed.
"""

from __future__ import annotations

import locale
import os
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from refterm import config, log, paths
from refterm.clock import Clock
from refterm.config import RoleSettings, Settings
from refterm.domain.holding import read_hold
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.services import desk_settings
from refterm.services.background import holding
from refterm.services.workplace import login_of, own_role
from refterm.store import codec, history, outbox, queries, sqlite
from refterm.store.connection import Connection
from refterm.store.opening import open_database
from refterm.store.schema import revision

MOUNTS = Path("/proc/self/mounts")
_NETWORK = ("nfs", "cifs", "smb", "sshfs", "9p", "afs", "ceph", "gluster", "lustre", "davfs", "beegfs", "gpfs")
# A smaller error of the clock is not reported; deadlines are in hours.
CLOCK_TOLERANCE = timedelta(minutes=5)
# A notice that is due goes out with the next look of a desk or the next `tick`.
STUCK_AFTER = timedelta(hours=1)
# From here on SQLite has all that the desk asks of it.
OLDEST_SQLITE = (3, 35, 0)


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        subject: what.
        text: how it stands.
        remedy: how to mend it; None where all is well.
    """

    subject: str
    text: str
    remedy: str | None = None


def examine(
    settings: Callable[[], Settings],
    clock: Clock,
    *,
    terminals: bool,
    named: Path | None,
    environment: Mapping[str, str],
) -> Iterator[Finding]:
    """Look at everything.

    Args:
        settings: reads the configuration; what is wrong with it is a finding.
        clock: the machine's.
        terminals: whether the person sits at a terminal.
        named: the configuration file that `--config` names.
        environment: the process's.
    """
    yield _terminal(environment) if terminals else Finding(_("terminal"), _("none here; only the desk needs one"))
    yield _locale()
    yield Finding(_("colours"), _colours(environment))
    if environment.get("TMUX"):
        yield _clipboard()
    chosen = Settings()
    try:
        chosen = settings()
        yield Finding(_("configuration"), _("understood"))
    except RefTermError as error:
        yield Finding(_("configuration"), str(error), _("correct that file"))
    if named is None and environment.get("REFTERM_CONFIG"):
        named = Path(environment["REFTERM_CONFIG"])
    if chosen.alerts.terminal in ("osc9", "osc777") and environment.get("TMUX"):
        yield _passthrough()
    yield from _folders(named or paths.config_folder() / "config.toml")
    try:
        location = paths.database_location(chosen.database)
    except RefTermError as error:
        yield Finding(_("database"), str(error), _("name a database with --db, REFTERM_DB or `database`"))
        return
    yield _roles(chosen, on_server=not isinstance(location, Path))
    if isinstance(location, Path):
        yield from _file_database(location.absolute(), clock)
    else:
        yield from _server_database(location, clock)


def _terminal(environment: Mapping[str, str]) -> Finding:
    kind = environment.get("TERM", "")
    if kind in ("", "dumb", "unknown"):
        text = _("TERM is {kind}: the desk cannot be drawn").format(kind=kind or _("empty"))
        return Finding(_("terminal"), text, _("set TERM to what your terminal is, such as xterm-256color"))
    return Finding(_("terminal"), kind)


def _locale() -> Finding:
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") == "utf8":
        return Finding(_("locale"), encoding)
    return Finding(
        _("locale"),
        _("{encoding}: only ASCII is drawn").format(encoding=encoding),
        _("set LANG to a UTF-8 locale, such as C.UTF-8"),
    )


def _colours(environment: Mapping[str, str]) -> str:
    if environment.get("NO_COLOR"):
        return _("none, as NO_COLOR says")
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return _("16 million")
    return "256" if "256" in environment.get("TERM", "") else _("as the terminal says")


def _tmux(option: str) -> str | None:
    """What tmux says of one of its options; None where it does not."""
    command = ["tmux", "show-options", "-gv", option]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603
        return done.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _passthrough() -> Finding:
    """Whether tmux hands on the sequences of alerts (S1)."""
    said = _tmux("allow-passthrough")
    if said in ("on", "all"):
        return Finding(_("alerts"), _("tmux hands them on"))
    return Finding(
        _("alerts"),
        _("tmux keeps alerts to itself (allow-passthrough is {said})").format(said=said or _("not known")),
        "tmux set-option -g allow-passthrough on",
    )


def _clipboard() -> Finding:
    """Whether tmux hands on what the desk copies (OSC 52)."""
    said = _tmux("set-clipboard")
    if said is None:
        return Finding(_("clipboard"), _("tmux does not say whether it hands on what is copied"))
    if said == "on":
        return Finding(_("clipboard"), _("tmux hands on what is copied"))
    return Finding(
        _("clipboard"),
        _("tmux keeps what the desk copies to itself (set-clipboard is {said})").format(said=said),
        "tmux set-option -g set-clipboard on",
    )


def _roles(settings: Settings, *, on_server: bool) -> Finding:
    """What the roles of the site's file protect, plainly (contract, Roles)."""
    if settings.roles == RoleSettings():
        return Finding(_("roles"), _("none: everyone who can open the desk is admin"))
    role = _(", you are {role}").format(role=own_role(settings, login_of()).name.lower())
    if on_server:
        return Finding(_("roles"), _("guard against mistakes; what protects are the server's own roles") + role)
    return Finding(
        _("roles"),
        _("guard against mistakes; they protect only where people reach the file through ForceCommand alone") + role,
    )


def _folders(mine: Path) -> Iterator[Finding]:
    """The files and folders of configuration and state: where they are, and that others cannot read or change them."""
    for subject, path in ((_("site's configuration"), config.SITE_FILE), (_("your configuration"), mine)):
        yield _file(subject, path, stat.S_IWGRP | stat.S_IWOTH, "go-w", _("others can change it"))
    closed, sentence = stat.S_IRWXG | stat.S_IRWXO, _("others can look into it")
    yield _file(_("state folder"), paths.state_folder(), closed, "700", sentence)
    yield _file(_("log"), log.log_path(), closed, "600", sentence)


def _file(subject: str, path: Path, forbidden: int, mode: str, sentence: str) -> Finding:
    try:
        permissions = path.stat().st_mode
    except FileNotFoundError:
        return Finding(subject, _("{path} (not there)").format(path=path))
    except OSError as error:
        return Finding(subject, f"{path}: {error.strerror}", _("see to it that you can read it"))
    if permissions & forbidden:
        return Finding(subject, f"{path}: {sentence}", f"chmod {mode} {path}")
    return Finding(subject, str(path))


def _file_database(path: Path, clock: Clock) -> Iterator[Finding]:
    subject = _("database")
    if not path.exists():
        yield Finding(subject, _("{path} is not there yet").format(path=path), _("refterm import FILE makes it"))
        return
    yield _access(path)
    yield _disk(path)
    try:
        with sqlite.look_at(path) as connection:
            yield from _inside(connection, clock)
    except RefTermError as error:
        yield Finding(subject, str(error), _("choose another file with --db, or restore the last backup"))


def _server_database(url: str, clock: Clock) -> Iterator[Finding]:
    """Whether the server can be reached, has a desk of this schema, and agrees about the time."""
    try:
        with closing(open_database(url, read_only=True)) as database:
            yield Finding(_("database"), database.name)
            yield Finding(_("schema"), str(database.revision_found))
            yield _server_clock(database.server_time(), clock.now())
            with database.reading() as connection:
                yield from _held(connection, clock.now())
                yield _notices(connection, clock.now())
                yield Finding(_("settings"), desk_settings.shown(queries.settings(connection)))
    except RefTermError as error:
        yield Finding(_("database"), str(error), _("see to the server and the address, or choose another with --db"))


def _server_clock(told: datetime | None, now: datetime) -> Finding:
    """Whether this machine's clock is far from the server's, which decides (Z2)."""
    if told is not None and abs(told - now) > CLOCK_TOLERANCE:
        return Finding(
            _("clock"),
            _("{now}, but the database server says {told}").format(now=codec.iso(now), told=codec.iso(told)),
            _("set the machine's clock, or let it be set (NTP); until then the server's time counts"),
        )
    return Finding(_("clock"), codec.iso(now.replace(microsecond=0)))


def _access(path: Path) -> Finding:
    if path.is_dir():
        return Finding(_("database"), _("{path} is a folder").format(path=path), _("choose a file with --db"))
    for place in (path, path.parent):
        if not os.access(place, os.R_OK | os.W_OK):
            return Finding(
                _("database"), _("{path} cannot be written").format(path=place), _("ask its owner, or use --read-only")
            )
    if path.stat().st_mode & stat.S_IRWXO:
        return Finding(_("database"), _("{path}: everybody can read it").format(path=path), f"chmod o-rwx {path}")
    return _sharing(path) or Finding(_("database"), str(path))


def _sharing(path: Path) -> Finding | None:
    """Where a group shares the folder: whether every file in it comes to belong to that group, and does now."""
    folder = path.parent.stat()
    if not folder.st_mode & stat.S_IWGRP or folder.st_mode & stat.S_ISVTX:
        return None
    if not folder.st_mode & stat.S_ISGID:
        text = _("{path}: a group works here, and what one of them makes belongs to another group")
        return Finding(_("database"), text.format(path=path.parent), f"chmod g+s {path.parent}")
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        try:
            found = file.stat()
        except FileNotFoundError:
            continue
        if found.st_gid != folder.st_gid:
            text = _("{path} belongs to another group than its folder")
            return Finding(_("database"), text.format(path=file), f"chgrp --reference={path.parent} {file}")
        if not found.st_mode & stat.S_IWGRP:
            text = _("{path}: the group cannot write it; see umask")
            return Finding(_("database"), text.format(path=file), f"chmod g+rw {file}")
    return None


def _disk(path: Path) -> Finding:
    system = file_system(path, MOUNTS)
    if system and any(kind in system for kind in _NETWORK):
        return Finding(
            _("disk"),
            _("{system}, a network file system, on which locks cannot be relied upon").format(system=system),
            _("keep the database on a disk of the machine that everybody works on"),
        )
    return Finding(_("disk"), system or _("unknown"))


def file_system(path: Path, mounts: Path) -> str | None:
    """The kind of file system that a file stands on, as the kernel names it; None where it cannot be told.

    Args:
        path: the file.
        mounts: a table of mounts such as `/proc/self/mounts`.
    """
    try:
        lines = [line.split() for line in mounts.read_text(errors="replace").splitlines()]
    except OSError:
        return None
    place = path.absolute().resolve()
    # Blanks in a mount point stand as \040; the longest one above the file counts, of several the last.
    points = [(Path(fields[1].replace("\\040", " ")), fields[2]) for fields in lines if len(fields) > 2]
    above = [(len(point.parts), number) for number, (point, _kind) in enumerate(points) if place.is_relative_to(point)]
    return points[max(above)[1]][1] if above else None


def _inside(connection: Connection, clock: Clock) -> Iterator[Finding]:
    found = revision.current(connection)
    if revision.is_behind(found):
        yield Finding(_("schema"), found or _("none"), _("refterm db upgrade"))
        return
    yield Finding(_("schema"), str(found))
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield Finding(_("SQLite"), sqlite3.sqlite_version, _("use a Python with SQLite 3.35 or newer"))
    mode = sqlite.journal_mode(connection)
    if mode == "wal":
        yield Finding(_("journal"), "WAL")
    else:
        text = _("{mode}: readers wait for writers").format(mode=mode)
        yield Finding(_("journal"), text, _("refterm db upgrade"))
    damage = sqlite.first_damage(connection)
    if damage is None:
        yield Finding(_("integrity"), _("sound"))
    else:
        yield Finding(_("integrity"), damage, _("refterm db check, then restore the last backup"))
    yield _clock(connection, clock.now())
    yield from _held(connection, clock.now())
    yield _notices(connection, clock.now())
    yield Finding(_("settings"), desk_settings.shown(queries.settings(connection)))


def _notices(connection: Connection, now: datetime) -> Finding:
    """Whether notices that are due go out."""
    failed, waiting = outbox.stuck(connection, now - STUCK_AFTER)
    if not failed and not waiting:
        return Finding(_("notices"), _("none is stuck"))
    text = _("{failed} failed, {waiting} wait for more than an hour").format(failed=failed, waiting=waiting)
    return Finding(_("notices"), text, _("refterm outbox tells why; refterm tick delivers what is due"))


def _held(connection: Connection, now: datetime) -> Iterator[Finding]:
    """What keeps time from archiving anything (I4)."""
    kept = queries.setting(connection, holding.KEY)
    found = read_hold(kept) if kept else None
    if found is None or not found.holds(now, os.uname().nodename):
        return
    why = _("the clock of {machine} was set by days").format(machine=found.machine)
    if found.reason != "clock":
        why = _("the desk was restored from a backup")
    text = _("on hold since {since}: {why}").format(since=codec.iso(found.since.replace(microsecond=0)), why=why)
    yield Finding(_("archiving"), text, _("if that is right: refterm db set archiving=on"))


def _clock(connection: Connection, now: datetime) -> Finding:
    """Whether this machine's clock is behind what others have written."""
    newest = history.newest_instant(connection)
    if newest is not None and newest > now + CLOCK_TOLERANCE:
        return Finding(
            _("clock"),
            _("{now}, but the history already knows {newest}").format(now=codec.iso(now), newest=codec.iso(newest)),
            _("set the machine's clock, or let it be set (NTP)"),
        )
    return Finding(_("clock"), codec.iso(now.replace(microsecond=0)))
