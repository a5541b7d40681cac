"""The common options of a command, and opening the desk that they name. It needs no parser of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from refterm.errors import ConfigurationError, NotAllowedError
from refterm.i18n import _

if TYPE_CHECKING:
    from pathlib import Path

    from refterm.clock import Clock
    from refterm.config import Settings
    from refterm.services.desk import Desk
    from refterm.services.workplace import Workplace


class Invocation:
    """The common options as they were typed.

    Attributes:
        clock: instead of the machine's; None is the machine's.
        flags: what was given, by the name of the setting.
        token: the one of the environment for Partner Center; it never stays there.
        remote: whether the command came over SSH to a kiosk, which chooses no database, no file and no other person.
    """

    def __init__(self, clock: Clock | None = None, *, remote: bool = False) -> None:
        self.clock = clock
        self.remote = remote
        self.token: str | None = None
        self.flags: dict[str, Any] = {}

    @property
    def acting(self) -> str | None:
        """The name given with `--as`."""
        name = self.flags.get("user")
        return None if name is None else str(name)

    def settings(self) -> Settings:
        """The configuration with the flags over it.

        Raises:
            ConfigurationError: naming file, key and what is allowed; also for a flag that the site has locked.
        """
        from pathlib import Path

        from refterm import config, i18n

        flags = dict(self.flags)
        named = flags.pop("config", None)
        settings = config.load(config=Path(named) if named else None, kiosk="kiosk" in flags)
        for key, flag in (("database", "--db"), ("user", "--as")):
            if key in flags and key in settings.locked:
                why = (
                    _("{flag} cannot be used here: this is a kiosk")
                    if settings.kiosk
                    else _("{flag} cannot be used here: {key} is locked by the site's configuration")
                )
                raise ConfigurationError(why.format(flag=flag, key=key))
        if settings.language:
            i18n.use(settings.language)
        return settings.overridden(**flags)

    def own_files(self) -> tuple[Path | None, ...]:
        """The files that nothing is ever written over: the desk's database, and the configuration."""
        import os
        from pathlib import Path

        from refterm import config, paths

        location = paths.database_location(self.settings().database)
        named = self.flags.get("config") or os.environ.get("REFTERM_CONFIG")
        mine = Path(named) if named else paths.config_folder() / "config.toml"
        return location if isinstance(location, Path) else None, mine, config.SITE_FILE

    def forbid_in_kiosk(self, *names: object) -> None:
        """Refuse to touch files that the person names, where the desk is a kiosk; `-`, a pipe, is none.

        Raises:
            NotAllowedError: naming the first of them.
        """
        named = [str(name) for name in names if name is not None and str(name) != "-"]
        if named and self.settings().kiosk:
            raise NotAllowedError(_("this is a kiosk, where no file can be named: {file}").format(file=named[0]))

    @contextmanager
    def opened(self, *, create: bool = False) -> Iterator[Workplace]:
        """The desk, open; closed afterwards.

        Raises:
            StoreError: when it cannot be opened, or there is none and it is not to be made.
        """
        from refterm.services.workplace import open_workplace

        workplace = open_workplace(self.settings(), clock=self.clock, acting=self.acting, create=create)
        try:
            yield workplace
        finally:
            workplace.close()

    @contextmanager
    def workplace(self, *, create: bool = False) -> Iterator[Workplace]:
        """The desk, open, with what is due archived (I4)."""
        from refterm.services.background.expiry import expire_due

        with self.opened(create=create) as workplace:
            if not expire_due(workplace):
                self.tell_what_is_held(workplace)
            yield workplace

    def tell_what_is_held(self, workplace: Workplace) -> None:
        """Say on standard error that time archives nothing at present, where it would."""
        from refterm.cli import output
        from refterm.i18n import ngettext
        from refterm.services.desk import Desk

        if workplace.database.read_only or not (held := Desk(workplace).held()):
            return
        text = ngettext(
            "{n} referral is past its expiry and is not archived until somebody says so: refterm db set archiving=on",
            "{n} referrals are past their expiry and are not archived until somebody says so: refterm db set archiving=on",
            held.due,
        )
        output.say(text.format(n=held.due))

    @contextmanager
    def referral(self, identity: str) -> Iterator[tuple[Desk, int]]:
        """The desk, open, and the number of the referral that was named."""
        with self.workplace() as workplace:
            from refterm.services.desk import Desk

            desk = Desk(workplace)
            yield desk, desk.resolve(identity)
