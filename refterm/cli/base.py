"""What all commands share: the common options, and how a complaint names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from refterm.cli.invocation import Invocation
from refterm.cli.terminal import columns
from refterm.errors import InvalidInputError, NotAllowedError, RefTermError
from refterm.i18n import _

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    TextType = click.ParamType[str]
else:
    TextType = click.ParamType

# What a kiosk has not, whatever the role.
NOT_IN_KIOSK = ("demo", "login", "logout")
HELP = {"help_option_names": ["-h", "--help"], "terminal_width": min(columns() or 80, 100) - 2}


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
        # Read before --help after it, which shows the keys that it sets.
        _option(
            "config", "--config", is_eager=True, type=click.Path(), metavar="FILE", help=_("Your configuration file.")
        ),
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
