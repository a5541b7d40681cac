"""What all commands share: the common options, and opening the desk that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from refterm.cli.terminal import columns
from refterm.errors import ConfigurationError, InvalidInputError, NotAllowedError, RefTermError
from refterm.i18n import _

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from refterm.clock import Clock
    from refterm.config import Settings
    from refterm.services.desk import Desk
    from refterm.services.workplace import Workplace

    TextType = click.ParamType[str]
else:
    TextType = click.ParamType

# What a kiosk has not, whatever the role.
NOT_IN_KIOSK = ("demo", "login", "logout")
HELP = {"help_option_names": ["-h", "--help"], "terminal_width": min(columns() or 80, 100) - 2}


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

        from refterm import config

        location = config.database_location(self.settings())
        named = self.flags.get("config") or os.environ.get("REFTERM_CONFIG")
        mine = Path(named) if named else config.config_folder() / "config.toml"
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


pass_invocation = click.make_pass_decorator(Invocation)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is None or value is False:
        return
    if value == "":
        raise click.BadParameter(_("it cannot be empty"), context, parameter)
    invocation = context.find_object(Invocation)
    assert invocation is not None
    if invocation.remote and parameter.name in ("database", "config", "user"):
        raise NotAllowedError(_("{flag} cannot be used here: this is a kiosk").format(flag=parameter.opts[0]))
    # `--no-mouse` is the one that switches a setting off.
    invocation.flags[str(parameter.name)] = False if parameter.name == "mouse" else value


def _option(name: str, *flags: str, help: str, **attributes: Any) -> click.Option:  # noqa: A002
    return click.Option([*flags, name], help=help, expose_value=False, callback=_remember, **attributes)


def common_options() -> list[click.Parameter]:
    """`--db`, `--config` and `--as`, which stand before or after the command's name."""
    return [
        _option("database", "--db", metavar="PATH|URL", help=_("The desk's database.")),
        _option("config", "--config", type=click.Path(), metavar="FILE", help=_("Your configuration file.")),
        _option("user", "--as", metavar="NAME", help=_("Who acts; otherwise your login name.")),
    ]


def desk_options() -> list[click.Parameter]:
    """What only commands that open the desk take."""
    return [
        _option("read_only", "--read-only", is_flag=True, help=_("Look only; nothing can be changed.")),
        _option("ascii", "--ascii", is_flag=True, help=_("Draw with ASCII only.")),
        _option("mouse", "--no-mouse", is_flag=True, help=_("Leave the mouse to the terminal.")),
        _option("kiosk", "--kiosk", is_flag=True, help=_("For a public terminal: no file of yours is read.")),
    ]


class Command(click.Command):
    """A command with the common options, whose complaints about what was typed name the flags."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **{"context_settings": HELP, **attributes})
        self.params += common_options()

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            RefTermError: naming each option that is not acceptable, and why.
            NotAllowedError: for what a kiosk has not.
        """
        task = ctx.command_path.partition(" ")[2]
        invocation = ctx.find_object(Invocation)
        if task in NOT_IN_KIOSK and invocation is not None and invocation.settings().kiosk:
            raise NotAllowedError(_("this is a kiosk, where there is no refterm {command}").format(command=task))
        try:
            return super().invoke(ctx)
        except InvalidInputError as error:
            named = [self._complaint(field, sentence) for field, sentence in error.fields.items()]
            raise RefTermError("; ".join(named)) from error

    def _complaint(self, field: str, sentence: str) -> str:
        for parameter in self.params:
            if parameter.name == field:
                flag = parameter.human_readable_name if isinstance(parameter, click.Argument) else parameter.opts[0]
                return f"{flag}: {sentence}"
        return sentence


class Group(click.Group):
    """Several commands under one word, such as `contact add`."""

    command_class = Command

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **{"context_settings": HELP, "no_args_is_help": False, **attributes})
        self.params += common_options()


def command(
    name: str, *, more: str = "", params: Sequence[click.Parameter] = ()
) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command; its line of help stands in `root.COMMANDS`, more of it may be given here."""
    return click.command(name, cls=Command, help=more, params=list(params))


class Words(TextType):
    """A text for which some words are offered while it is typed; whether it is acceptable is for the rules to say."""

    def __init__(self, name: str, words: Callable[[], tuple[str, ...]]) -> None:
        self.name = name
        self._words = words

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The words that begin so."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self._words() if word.startswith(incomplete)]


def reason_codes() -> tuple[str, ...]:
    """The codes of the reasons for declining and losing."""
    from refterm.domain.reasons import CODES

    return CODES


REASON = Words("reason", reason_codes)
