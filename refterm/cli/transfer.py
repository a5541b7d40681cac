"""`refterm import` and `refterm export`: bring referrals in and take them out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import click

from refterm.cli import output
from refterm.cli.base import command, pass_invocation
from refterm.cli.invocation import Invocation
from refterm.cli.listing import filters, say_no_hit, view_of
from refterm.cli.main import PARTIAL, REFUSED
from refterm.cli.newfile import NewFile, check, written
from refterm.cli.terminal import is_terminal
from refterm.errors import NotAllowedError, RefTermError, StoreError
from refterm.i18n import _, ngettext

if TYPE_CHECKING:
    from refterm.domain.query import View
    from refterm.services.importing import Importer, Refused, Warned
    from refterm.services.workplace import Workplace

FORMATS = ("csv", "json", "ndjson", "xlsx")
STANDARD = "-"
# How many refusals and warnings are printed one by one; the rest is counted.
MOST_SHOWN = 20
Shape = Literal["auto", "csv", "json", "ndjson", "xlsx"]
OVERWRITE = click.option("--overwrite", is_flag=True, help=_("Replace the file if it exists."))


@dataclass
class Problems:
    """Refusals and warnings of all files: the first ones are printed at once, all of them with --json."""

    bar: Progress
    as_json: bool
    refused: list[dict[str, Any]] = field(default_factory=list)
    warned: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def refuse(self, name: str, record: Refused) -> None:
        """A record that is refused."""
        if self.as_json:
            self.refused.append({"file": name, "line": record.line, "reason": record.sentence})
        self._tell(record.sentence, f"{name}:{record.line}")

    def warn(self, name: str, record: Warned) -> None:
        """Something that was left out of a record that came in."""
        if self.as_json:
            self.warned.append({"file": name, "line": record.line, "warning": record.sentence})
        self._tell(_("warning: {text}").format(text=record.sentence), f"{name}:{record.line}")

    def _tell(self, sentence: str, where: str) -> None:
        self.count += 1
        if self.count <= MOST_SHOWN and not self.as_json:
            self.bar.clear()
            output.complain(sentence, where)

    def rest(self) -> None:
        """How many were not problems."""
        if self.count > MOST_SHOWN and not self.as_json:
            output.complain(_("and {n} more; --json names all of them").format(n=self.count - MOST_SHOWN))


@command(
    "import",
    more=_(
        "Reads Partner Center's JSON (an object, an array, a page, an object a line), its CSV, workbooks, and refterm's own"
        " exports. `-` is standard input. The same referral again changes nothing; what cannot be read is refused by itself."
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--format", "shape", type=click.Choice(("auto", *FORMATS)), default="auto", help=_("What they are."))
@click.option("--rejects", type=click.Path(), metavar="FILE", help=_("Keep refused records there, as they were."))
@OVERWRITE
@click.option(
    "--dates",
    type=click.Choice(("day-first", "month-first")),
    help=_("The order of dates that can be read in two ways."),
)
@click.option(
    "--decimal", type=click.Choice(("comma", "point")), help=_("The mark of amounts that can be read in two ways.")
)
@click.option("--json", "as_json", is_flag=True, help=_("Counts, refusals and warnings as JSON."))
@pass_invocation
def import_(
    invocation: Invocation,
    /,
    files: tuple[str, ...],
    shape: Shape,
    rejects: str | None,
    overwrite: bool,
    dates: Literal["day-first", "month-first"] | None,
    decimal: Literal["comma", "point"] | None,
    as_json: bool,
) -> int:
    """Bring referrals in."""
    invocation.forbid_in_kiosk(*files, rejects)
    # Looked at before a desk is made for them.
    unreadable = {name: why for name in files if (why := _why_unreadable(name, rejects))}
    for name, why in unreadable.items():
        output.complain(why, name)
    readable = [name for name in files if name not in unreadable]
    if not readable:
        return REFUSED
    if rejects:
        _check_target(invocation, rejects, overwrite=overwrite)
    read = 0
    with ExitStack() as stack:
        workplace = stack.enter_context(invocation.workplace(create=True))
        workplace.require_writing()
        from refterm.services.importing import Importer
        from refterm.services.importing import choices as chosen

        importer = Importer(workplace)
        kept = stack.enter_context(written(rejects, overwrite=overwrite)) if rejects else None
        bar = Progress(sum(os.path.getsize(name) for name in readable if os.path.isfile(name)))
        problems = Problems(bar, as_json)
        for name in readable:
            read += _import_one(importer, name, shape, kept, bar, problems, chosen(dates, decimal))
        bar.clear()
    problems.rest()
    total = importer.total
    if as_json:
        counts = {"new": total.new, "updated": total.updated, "unchanged": total.unchanged, "rejected": total.rejected}
        lists = {"refused": problems.refused, "warned": problems.warned, "guesses": importer.guesses}
        output.line(json.dumps({**counts, "warnings": total.warnings, **lists}, ensure_ascii=False))
    else:
        output.line(str(total))
        for guess in importer.guesses:
            output.line(guess)
    if not read:
        return REFUSED
    return PARTIAL if total.rejected or read < len(files) else 0


def _check_target(invocation: Invocation, target: str, *, overwrite: bool) -> None:
    """Refuse to write over the desk, the configuration, or any file that exists.

    Raises:
        RefTermError: saying which it is.
    """
    check(target, overwrite=overwrite, kept=invocation.own_files())


def _import_one(
    importer: Importer, name: str, shape: Shape, kept: NewFile | None, bar: Progress, problems: Problems, choices: Any
) -> bool:
    """Bring one file in; whether it could be read."""
    try:
        with _opened(name) as source:
            importer.run(
                source,
                name=name,
                format=shape,
                rejects=kept,
                progress=bar.show,
                on_refused=lambda record: problems.refuse(name, record),
                on_warned=lambda record: problems.warn(name, record),
                choices=choices,
            )
        bar.next_file()
        return True
    except (StoreError, NotAllowedError):
        raise  # the desk's fault, not this file's
    except RefTermError as error:
        bar.clear()
        output.complain(str(error), name)
    except OSError as error:
        bar.clear()
        output.complain(error.strerror or str(error), name)
    return False


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STANDARD:
        yield sys.stdin.buffer
        return
    with open(name, "rb") as source:
        yield source


def _why_unreadable(name: str, rejects: str | None) -> str | None:
    if name == STANDARD:
        return None
    if not os.path.exists(name):
        return _("there is no such file")
    if os.path.isdir(name):
        return _("is a folder; name the files in it")
    if not os.access(name, os.R_OK):
        return _("may not be read; check its permissions")
    if rejects and os.path.exists(rejects) and os.path.samefile(name, rejects):
        return _("is the file for the rejects, too; name another with --rejects")
    return None


class Progress:
    """How much of all files was read, in one line on the terminal that is drawn over; nothing where there is none."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._before = 0  # bytes of the files that are done
        self._taken = 0
        self._drawn_at = 0.0
        self._seen = is_terminal(sys.stderr)
        self._drawn = False

    def show(self, taken: int) -> None:
        """Show how many bytes of the present file were read."""
        self._taken = taken
        if not self._seen or monotonic() - self._drawn_at < 0.1:
            return
        self._drawn_at, self._drawn = monotonic(), True
        done = self._before + taken
        if self._total:
            share = min(1.0, done / self._total)
            text = f"{'#' * int(share * 40):<40} {share:4.0%}"
        else:
            text = _("{n} MB read").format(n=f"{done / 1e6:.1f}")
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()

    def next_file(self) -> None:
        """The present file is done."""
        self._before += self._taken
        self._taken = 0

    def clear(self) -> None:
        """Take the line away, so that something else can be said."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            self._drawn = False


@command("export", more=_("What it writes, import reads back: all fields, marks, skips and contacts."))
@filters
@click.option("--history", is_flag=True, help=_("Write the history of those referrals instead."))
@click.option(
    "--format", "shape", type=click.Choice(FORMATS), help=_("What to write; otherwise as FILE's name says, or csv.")
)
@click.option("-o", "--output", "target", type=click.Path(), default=STANDARD, metavar="FILE", help=_("Where to."))
@OVERWRITE
@pass_invocation
def export_(
    invocation: Invocation,
    /,
    shape: Literal["csv", "json", "ndjson", "xlsx"] | None,
    target: str,
    overwrite: bool,
    history: bool,
    **chosen: Any,
) -> None:
    """Take referrals out."""
    invocation.forbid_in_kiosk(target)
    form = shape or _shape_of(target)
    if target != STANDARD:
        _check_target(invocation, target, overwrite=overwrite)
    with invocation.workplace() as workplace:
        from refterm.domain.query import Tab

        view = view_of(workplace, chosen, Tab.ALL)
        write = partial(_export, workplace, view, form, history=history)
        if target == STANDARD:
            count = write(sys.stdout.buffer)
        else:
            with written(target, overwrite=overwrite) as file:
                count = write(file.file)
        if not count:
            say_no_hit(view)
    if target != STANDARD:
        if history:
            sentence = ngettext(
                "Exported {n} entry of the history to {file}.", "Exported {n} entries of the history to {file}.", count
            )
        else:
            sentence = ngettext("Exported {n} referral to {file}.", "Exported {n} referrals to {file}.", count)
        output.line(sentence.format(n=count, file=target))


def _export(
    workplace: Workplace,
    view: View,
    shape: Literal["csv", "json", "ndjson", "xlsx"],
    out: BinaryIO,
    *,
    history: bool,
) -> int:
    """Write the referrals of a view or their history, texts in UTF-8 whatever the locale; how many there are."""
    import io

    from refterm.services.exporting import Exporter

    exporter = Exporter(workplace)
    if shape == "xlsx":
        whole = io.BytesIO()
        count = exporter.write_history_workbook(whole, view) if history else exporter.write_workbook(whole, view=view)
        out.write(whole.getbuffer())
        return count
    stream = io.TextIOWrapper(out, "utf-8", newline="", write_through=out is sys.stdout.buffer)
    try:
        if history:
            return exporter.write_history(stream, view, format=shape)
        return exporter.write(stream, format=shape, view=view)
    finally:
        stream.detach()


def _shape_of(target: str) -> Literal["csv", "json", "ndjson", "xlsx"]:
    match os.path.splitext(target)[1].lower():
        case ".json":
            return "json"
        case ".ndjson" | ".jsonl":
            return "ndjson"
        case ".xlsx":
            return "xlsx"
    return "csv"
