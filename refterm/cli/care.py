"""`refterm db` and `refterm doctor`: the desk's own care."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from refterm.cli import newfile, output
from refterm.cli.base import Group, command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.cli.main import REFUSED
from refterm.cli.terminal import is_terminal
from refterm.errors import RefTermError
from refterm.i18n import _, ngettext

if TYPE_CHECKING:
    from refterm.services.care.doctor import Finding


@click.group("db", cls=Group, help="")
def db_() -> None:
    """The database's own care."""


@db_.command("upgrade", help=_("Bring the database's schema up to date; make the database where there is none."))
@pass_invocation
def upgrade(invocation: Invocation) -> None:
    """Bring the schema up to date."""
    from refterm.services.care import maintenance

    done = maintenance.upgrade(invocation.settings())
    if done.before is None:
        text = _("Made {path}, schema {after}.")
    elif done.before == done.after:
        text = _("{path} is up to date, schema {after}.")
    else:
        text = _("Upgraded {path} from schema {before} to {after}.")
    with invocation.workplace():
        output.line(text.format(path=done.name, before=done.before, after=done.after))


@db_.command("backup", help=_("Copy the database to a new file, whole, while others go on working."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help=_("Replace the file if it exists."))
@pass_invocation
def backup(invocation: Invocation, file: Path, overwrite: bool) -> None:
    """Copy the database."""
    from refterm.services.care import maintenance

    invocation.forbid_in_kiosk(file)
    newfile.check(str(file), overwrite=overwrite, kept=invocation.own_files())
    with invocation.workplace() as workplace:
        size = maintenance.backup(workplace, file, replace=overwrite)
    output.line(_("Copied the desk to {file}, {size} bytes.").format(file=file, size=size))


@db_.command(
    "restore", help=_("Go back to a backup, while desks are open; the present desk is kept beside it. Asks first.")
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help=_("Do not ask."))
@pass_invocation
def restore(invocation: Invocation, file: Path, yes: bool) -> int:
    """Go back to a backup."""
    from refterm.services.care import restoring

    invocation.forbid_in_kiosk(file)
    settings = invocation.settings()
    planned = restoring.plan(settings, file, acting=invocation.acting)
    if not yes:
        question = _("Restore {desk} from {file}? {lost}").format(
            desk=planned.desk, file=file, lost=_newer(planned.newer)
        )
        answer = output.ask(question)
        if answer is None:
            raise RefTermError(f"{_newer(planned.newer)} " + _("Add --yes to restore."))
        if not answer:
            output.say(_("Nothing was changed."))
            return REFUSED
    done = restoring.restore(settings, planned, clock=invocation.clock, acting=invocation.acting)
    output.line(_("Restored {desk} from {file}.").format(desk=planned.desk, file=file))
    if done.kept:
        output.line(_("The desk as it was is {kept}.").format(kept=done.kept) + " " + _newer(done.newer))
    if done.held:
        text = ngettext("{n} notice is on hold", "{n} notices are on hold", done.held).format(n=done.held)
        output.line(text + ": " + _("refterm outbox retry ID sends it, refterm outbox drop ID does not."))
    output.line(_("Nothing is archived until somebody says so: refterm db set archiving=on, or an open desk asks."))
    return 0


def _newer(entries: int | None) -> str:
    if entries is None:
        return _("What it lacks of the present desk cannot be told, since that one cannot be read.")
    text = ngettext(
        "{n} history entry is newer than the backup.", "{n} history entries are newer than the backup.", entries
    )
    return text.format(n=entries)


@db_.command("check", help=_("Look whether all in the database agrees; exit status 1 where it does not."))
@click.option("--mend", is_flag=True, help=_("Make counters and search index anew first."))
@pass_invocation
def check(invocation: Invocation, mend: bool) -> int:
    """Check the database."""
    from refterm.services.care import maintenance

    # Archive what is due only after the check: never write into a damaged file.
    findings = [] if mend else maintenance.damage(invocation.settings())
    if not findings:
        with invocation.opened() as workplace:
            if mend:
                maintenance.mend(workplace)
            findings = list(maintenance.check(workplace))
    for finding in findings:
        output.line(_("fault  {text}: {remedy}").format(text=finding.text, remedy=finding.remedy))
    if findings:
        return REFUSED
    with invocation.workplace() as workplace:
        output.line(_("ok     {path}: all in it agrees").format(path=workplace.database.name))
    return 0


@db_.command("set", help=_("Change a setting of the desk, for all who work at it; refterm doctor shows them."))
@click.argument("assignment", metavar="KEY=VALUE")
@pass_invocation
def set_(invocation: Invocation, assignment: str) -> None:
    """Change a setting of the desk."""
    from refterm.services import desk_settings

    with invocation.workplace() as workplace:
        done = desk_settings.change(workplace, assignment)
    if done.value is None:
        output.line(_("{key} is removed.").format(key=done.key))
    else:
        output.line(_("{key} is {value}.").format(key=done.key, value=done.value))


@db_.command("copy", help=_("Copy a desk, whole, into an empty database: a SQLite file or a PostgreSQL URL each."))
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@pass_invocation
def copy(invocation: Invocation, source: str, target: str) -> None:
    """Copy a desk to another database."""
    from refterm.services.care import copying

    invocation.forbid_in_kiosk(source, target)
    counts = copying.copy(invocation.settings(), source, target, acting=invocation.acting)
    referrals, entries, notices = counts["referral"], counts["history"], counts["outbox"]
    output.line(
        _("Copied {referrals}, {entries} and {notices}; every row was compared.").format(
            referrals=ngettext("{n} referral", "{n} referrals", referrals).format(n=referrals),
            entries=ngettext("{n} history entry", "{n} history entries", entries).format(n=entries),
            notices=ngettext("{n} notice", "{n} notices", notices).format(n=notices),
        )
    )


def _look(invocation: Invocation) -> Iterator[Finding]:
    """What only an open desk reads of the configuration: theme, keys and views."""
    from refterm.cli.desk import check_look
    from refterm.services.care.doctor import Finding

    with suppress(RefTermError):  # a file that cannot be read is another finding
        settings = invocation.settings()
        try:
            check_look(settings)
            yield Finding(_("theme and keys"), _("understood"))
        except RefTermError as error:
            yield Finding(_("theme and keys"), str(error), _("correct that file"))


@command("doctor")
@click.option(
    "--partner-center", is_flag=True, help=_("Also ask Partner Center, reading only, and report how it behaves.")
)
@pass_invocation
def doctor_(invocation: Invocation, /, partner_center: bool) -> int:
    """Look at everything the desk needs."""
    from refterm.clock import SystemClock
    from refterm.services.care import doctor_sync
    from refterm.services.care.doctor import examine

    terminals = any(is_terminal(stream) for stream in (sys.stdin, sys.stdout, sys.stderr))
    faults, ok, fault = 0, _("ok"), _("fault")
    named, clock = invocation.flags.get("config"), invocation.clock or SystemClock()
    found = examine(
        invocation.settings, clock, terminals=terminals, named=Path(named) if named else None, environment=os.environ
    )
    for finding in (*found, *_look(invocation), *doctor_sync.examine(invocation.settings)):
        if finding.remedy is None:
            output.line(f"{ok:<6} {finding.subject}: {finding.text}")
        else:
            faults += 1
            output.line(f"{fault:<6} {finding.subject}: {finding.text}; {finding.remedy}")
    if partner_center:
        for text in doctor_sync.report(invocation.settings().partner_center, invocation.token):
            output.line(text)
    return REFUSED if faults else 0
