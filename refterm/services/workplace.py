"""What every service works with: the database, the clock, who acts, and the site's rules. Handed in, never looked up."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from refterm import paths
from refterm.clock import Clock, SharedClock, SystemClock
from refterm.config import RoleSettings, Settings
from refterm.domain.deadline import Deadlines, deadlines_of
from refterm.domain.history import Actor
from refterm.errors import ConfigurationError, NotAllowedError, StoreError
from refterm.i18n import _
from refterm.services.roles import NEEDS, Role, duty, own_groups, role_of
from refterm.store import queries
from refterm.store.database import Database
from refterm.store.opening import open_database
from refterm.text import LONGEST_KEY


@dataclass(eq=False)
class Workplace:
    """An open desk and who sits at it.

    Attributes:
        database: the open database.
        clock: tells the present instant.
        actor: who acts.
        deadlines: the spans of I3, F2, I4; the desk's settings.
        zone: the viewer's zone; None is the machine's.
        undo_seconds: for how long a decision can be undone (U1).
        tell_customers: whether this desk sends notices to customers of imported referrals (`notices.customers`).
        tell_synced: also to those of referrals that a sync brought, whom Microsoft tells otherwise.
        role: what the login may do.
        remind_respond: how long before the recommended response's end the contacts are reminded.
        remind_expire: how long before the expiry.
        roles: whom the site's file names for each role.
        transport: how the desk's letters go out (`notices.transport`).
        sender: the address they come from, where one is set.
        own_letters: the folder of the person's own templates; None in a kiosk.
        desk_id: which desk this is, wherever its database lies; a restored one is another.
    """

    database: Database
    clock: Clock
    actor: Actor
    deadlines: Deadlines
    zone: tzinfo | None = None
    undo_seconds: int = 60
    tell_customers: bool = True
    tell_synced: bool = False
    role: Role = Role.ADMIN
    remind_respond: timedelta = timedelta(hours=4)
    remind_expire: timedelta = timedelta(hours=24)
    roles: RoleSettings = field(default_factory=RoleSettings)
    transport: str = "maildir"
    sender: str | None = None
    own_letters: Path | None = None
    desk_id: str = ""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return self.clock.now()

    def clock_jump(self) -> timedelta:
        """By how much the machine's clock was set since the desk was opened; a shared server's clock decides by itself (Z2)."""
        return self.clock.jump() if isinstance(self.clock, SystemClock) else timedelta()

    def believe_clock(self) -> None:
        """Take the machine's present time for the right one."""
        if isinstance(self.clock, SystemClock):
            self.clock.believe()

    def today(self) -> date:
        """The present day in the viewer's zone."""
        return self.clock.now().astimezone(self.zone).date()

    def tells(self, *, synced: bool) -> bool:
        """Whether the customer of a referral gets notices from this desk; of one that a sync brought Microsoft tells it."""
        return self.tell_customers and (self.tell_synced or not synced)

    @property
    def looks_only(self) -> bool:
        """Whether nothing can be changed here: a desk open for reading only, or a viewer's."""
        return self.database.read_only or self.role < Role.TRIAGER

    def require_writing(self) -> None:
        """Refuse a change on a desk that is open for reading only, or by a viewer.

        Raises:
            NotAllowedError: saying which of the two it is.
        """
        self.require("note")
        if self.database.read_only:
            raise NotAllowedError(
                _("this desk is open for reading only; open it without --read-only to change anything")
            )

    def require(self, task: str) -> None:
        """Refuse what this login's role may not do.

        Args:
            task: a key of `roles.NEEDS`.

        Raises:
            NotAllowedError: naming the role that it needs.
        """
        _require(self.role, self.actor.login, task)

    def read_settings(self) -> None:
        """Read the desk's settings from the database.

        Raises:
            StoreError: when they cannot be read.
        """
        with self.database.reading() as connection:
            kept = queries.settings(connection)
        self.desk_id = kept.get(queries.DESK_ID, "")
        self.deadlines = deadlines_of(kept)

    def reconnect(self) -> None:
        """Reach a database server again that was lost.

        Raises:
            ConnectionLostError: when it still cannot be reached.
        """
        self.database.reconnect()

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def open_workplace(
    settings: Settings, *, clock: Clock | None = None, acting: str | None = None, create: bool = True
) -> Workplace:
    """Open the desk that the settings name.

    Args:
        settings: the configuration, flags included.
        clock: instead of the machine's.
        acting: the name given with `--as`.
        create: make the database where there is none.

    Raises:
        StoreError: when it cannot be opened.
        NotAllowedError: when this person may not act under that name.
    """
    actor = who(settings, acting)
    # A viewer looks and changes nothing, be it the schema.
    keeps = own_role(settings, actor.login) > Role.VIEWER
    database = open_database(
        paths.database_location(settings.database), read_only=settings.read_only, create=create and keeps, upgrade=keeps
    )
    try:
        return workplace(database, settings, actor, clock or clock_of(database))
    except BaseException:
        database.close()
        raise


def clock_of(database: Database) -> Clock:
    """The clock that decides for a desk (Z2): the server's where there is one, else the machine's."""
    if database.file is not None:
        return SystemClock()

    def ask() -> datetime | None:
        try:
            return database.server_time()
        except StoreError:  # while it cannot be reached, the clock goes on by itself
            return None

    return SharedClock(ask)


def workplace(database: Database, settings: Settings, actor: Actor, clock: Clock) -> Workplace:
    """A workplace on an open database.

    Raises:
        StoreError: when the desk's settings cannot be read.
    """
    opened = Workplace(
        database=database,
        clock=clock,
        actor=actor,
        deadlines=Deadlines(),
        zone=settings.zone(),
        undo_seconds=settings.undo_seconds,
        tell_customers=settings.notices.customers != "never",
        tell_synced=settings.notices.customers == "always",
        role=min(own_role(settings, actor.login), server_role(database)),
        remind_respond=timedelta(hours=settings.notices.remind_respond_hours),
        remind_expire=timedelta(hours=settings.notices.remind_expire_hours),
        roles=settings.roles,
        transport=settings.notices.transport,
        sender=settings.notices.from_,
        own_letters=None if settings.kiosk else paths.config_folder() / "letters",
    )
    opened.read_settings()
    return opened


def server_role(database: Database) -> Role:
    """The most that the database's server lets this login do; a file says nothing of it."""
    if not database.may_write:
        return Role.VIEWER
    return Role.ADMIN if database.may_keep else Role.TRIAGER


def own_role(settings: Settings, login: str) -> Role:
    """The role of this process's login."""
    return Role.ADMIN if settings.roles == RoleSettings() else role_of(login, own_groups(), settings.roles)


def require(settings: Settings, task: str, acting: str | None = None) -> None:
    """Refuse what this login's role may not do, as `Workplace.require` does; for use before the database is open.

    Raises:
        NotAllowedError: naming the role that it needs.
    """
    login = who(settings, acting).login
    _require(own_role(settings, login), login, task)


def _require(role: Role, login: str, task: str) -> None:
    if role >= NEEDS[task]:
        return
    if NEEDS[task] < Role.ADMIN:
        raise NotAllowedError(
            _("{login} may only look here; ask an admin of this desk for the role triager").format(login=login)
        )
    raise NotAllowedError(
        _("{duty}: only an admin may do this; {login} is not one").format(duty=duty(task), login=login)
    )


def who(settings: Settings, acting: str | None = None) -> Actor:
    """The actor: the given name, else the configured one, else the login; the login is always the real one.

    Raises:
        ConfigurationError: for a name that is empty or has control characters.
        NotAllowedError: for another's name, where the site names roles and the login is no admin.
    """
    login = login_of()
    name = acting if acting is not None else settings.user if settings.user is not None else login
    if not name.strip():
        raise ConfigurationError(_("the name of who acts cannot be empty; give one with --as, REFTERM_USER or user"))
    if len(name) > LONGEST_KEY:
        raise ConfigurationError(
            _("the name of who acts is longer than {n} characters; give a shorter one").format(n=LONGEST_KEY)
        )
    if not name.isprintable():
        raise ConfigurationError(
            _("the name of who acts is one line of plain text; it has a line break or control character")
        )
    if name.strip() != login and own_role(settings, login) < Role.ADMIN:
        raise NotAllowedError(
            _("{login} may not act as {name}: only an admin may act as somebody else").format(
                login=login, name=name.strip()
            )
        )
    return Actor(name.strip(), login)


def login_of() -> str:
    """The real Unix login of this process; its number where no account has it. No variable changes it."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user that no account names, as in containers
        return str(os.getuid())
