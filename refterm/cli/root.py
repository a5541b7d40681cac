"""The `refterm` command itself: its commands by name, each loaded when it is called, and `--help`."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

import click

from refterm import __version__
from refterm.cli.base import HELP, common_options, desk_options, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.i18n import _

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Name -> the module of this package that has it, and what it does in one line. Every command is called as its name
# with `_` at the end, since some names are Python's own.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("opening", _("Open a desk of made-up referrals, thrown away at the end.")),
    "import": ("transfer", _("Bring referrals in from files.")),
    "export": ("transfer", _("Take referrals out, with all that the desk knows of them.")),
    "list": ("listing", _("List referrals; without options the Inbox.")),
    "show": ("showing", _("Show one referral, whole.")),
    "accept": ("triage", _("Accept a new referral.")),
    "decline": ("triage", _("Decline new referrals.")),
    "edit": ("engagement", _("Edit an engagement.")),
    "contact": ("engagement", _("Add, edit or remove people of ours who work on a deal.")),
    "note": ("marks", _("Add a note to a referral's history.")),
    "contacted": ("marks", _("Say that the customer has been contacted; again, withdraw it.")),
    "take": ("marks", _("Take a referral, so that two don't call the same customer.")),
    "release": ("marks", _("Give a taken referral back.")),
    "assign": ("handing", _("Give referrals to a colleague.")),
    "reply": ("handing", _("Write to the customer.")),
    "follow-up": ("handing", _("Set the next step of an engagement, or say that it is done.")),
    "favorite": ("marks", _("Mark a referral as favourite; again, take the mark off.")),
    "skip": ("marks", _("Put a new referral aside until a time.")),
    "unskip": ("marks", _("Bring back what was put aside.")),
    "won": ("triage", _("Report a deal as won.")),
    "lost": ("triage", _("Report a deal as lost.")),
    "undo": ("triage", _("Undo your decision, as long as that is open.")),
    "history": ("showing", _("Show who did what, when, with values before and after.")),
    "profile": ("profile", _("Keep the business profiles: regions, contacts, what you want.")),
    "insights": ("insights", _("Show how you answer, what is won, and what to change.")),
    "tick": ("notices", _("Archive what is due and deliver notices, once; for cron or a systemd timer.")),
    "outbox": ("notices", _("Show what is owed, sent, failed; try again or drop.")),
    "login": ("partner_center", _("Sign in to Partner Center, by a device code or a browser.")),
    "logout": ("partner_center", _("Forget the sign-in to Partner Center.")),
    "sync": ("partner_center", _("Pull from Partner Center and push to it, once.")),
    "db": ("care", _("Upgrade, back up or check the database.")),
    "doctor": ("care", _("Check everything the desk needs, and say how to mend each fault.")),
    "completion": ("shell", _("Print the completion script of a shell.")),
}


class Root(click.Group):
    """Knows its commands by name and line; only the one that is called is loaded."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, line = COMMANDS[cmd_name]
        command = getattr(import_module(f"refterm.cli.{module}"), f"{cmd_name.replace('-', '_')}_")
        assert isinstance(command, click.Command)
        if command.short_help != line:
            command.short_help, command.help = line, f"{line}\n\n{command.help or ''}".strip()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, each with its line."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, line) for name, (_module, line) in COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what stands below the commands: keys, files, environment, exit statuses."""
        from refterm.cli.manual import sections, take_own_keys

        invocation = ctx.find_object(Invocation)
        take_own_keys(invocation.flags.get("config") if invocation else None)
        for title, pairs in sections():
            with formatter.section(title):
                formatter.write_dl(pairs)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, else the options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=line) for name, (_m, line) in COMMANDS.items() if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)


@click.command(
    "refterm",
    cls=Root,
    invoke_without_command=True,
    context_settings=HELP,
    params=[*desk_options(), *common_options()],
    help=_(
        "The keyboard desk for business referrals. Without a command it opens the desk; `refterm demo` shows one with"
        " made-up referrals. Each command has its own --help."
    ),
)
@click.version_option(__version__, message="refterm %(version)s", help=_("Show the version and exit."))
@pass_invocation
@click.pass_context
def root(context: click.Context, invocation: Invocation) -> int:
    """Open the desk where no command is given."""
    if context.invoked_subcommand is not None:
        return 0
    from refterm.cli.desk import open_desk

    if "SSH_ORIGINAL_COMMAND" in os.environ:
        from refterm.cli import kiosk

        if kiosk.asked(invocation):
            return kiosk.answer(invocation, context.command)
    return open_desk(invocation)
